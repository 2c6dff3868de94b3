//! The position in the text, and how whitespace and comments are passed over.

use super::characters::{line_end, newline_length, skip_spaces, space_length};
use super::parser::Parser;
use crate::source::Span;

/// A span of offsets that are known to fit: a longer text is refused before it is read.
pub(super) const fn span(start: usize, end: usize) -> Span {
    Span::new(start as u32, end as u32)
}

impl Parser<'_> {
    /// The byte at the position.
    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The byte after the one at the position.
    pub(super) fn peek_second(&self) -> Option<u8> {
        self.bytes.get(self.at + 1).copied()
    }

    /// The end of the line that `at` is on. A line is gone through once, however often its end is asked for from places
    /// further on in it.
    pub(super) fn end_of_line(&mut self, at: usize) -> usize {
        let known = self.known_line.start as usize..=self.known_line.end as usize;
        if !known.contains(&at) {
            self.known_line = span(at, line_end(self.bytes, at));
        }
        self.known_line.end as usize
    }

    /// The text of a span, shortened to what a message can hold.
    pub(super) fn excerpt(&self, span: Span) -> String {
        excerpt(self.text.get(span.start as usize..span.end as usize).unwrap_or(""))
    }

    /// Whether nothing of a node can follow at the position: a newline, the end of the text, `;`, `}` or a comment
    /// that ends with its line.
    pub(super) fn at_node_end(&self) -> bool {
        match self.peek() {
            None | Some(b';' | b'}') => true,
            Some(b'/') => self.peek_second() == Some(b'/'),
            Some(_) => newline_length(self.bytes, self.at) > 0,
        }
    }

    /// Whether the `\` at `at` continues the line: nothing but whitespace and comments follows on it.
    pub(super) fn is_line_continuation(&self, at: usize) -> bool {
        let after = skip_spaces(self.bytes, at + 1);
        match self.bytes.get(after) {
            None => true,
            Some(b'/') => matches!(self.bytes.get(after + 1), Some(b'/' | b'*')),
            Some(_) => newline_length(self.bytes, after) > 0,
        }
    }

    /// Passes over whitespace within a node: spaces, block comments, continued lines. Says whether there was any.
    pub(super) fn skip_node_space(&mut self) -> bool {
        let start = self.at;
        loop {
            match self.peek() {
                Some(b' ' | b'\t') => self.at += 1,
                Some(b'/') if self.peek_second() == Some(b'*') => self.block_comment(),
                Some(b'\\') if self.is_line_continuation(self.at) => self.line_continuation(),
                Some(0x80..) if space_length(self.bytes, self.at) > 0 => {
                    self.at = skip_spaces(self.bytes, self.at)
                }
                _ => return self.at > start,
            }
        }
    }

    /// Passes over whitespace between nodes, which newlines and line comments are part of.
    pub(super) fn skip_line_space(&mut self) {
        loop {
            self.skip_node_space();
            let newline = newline_length(self.bytes, self.at);
            if newline > 0 {
                self.at += newline;
                self.line_start = self.at;
            } else if self.peek() == Some(b'/') && self.peek_second() == Some(b'/') {
                self.line_comment();
            } else {
                return;
            }
        }
    }

    /// Passes over `\` and the rest of its line.
    fn line_continuation(&mut self) {
        let backslash = self.at;
        self.at += 1;
        loop {
            self.at = skip_spaces(self.bytes, self.at);
            match self.peek() {
                Some(b'/') if self.peek_second() == Some(b'*') => self.block_comment(),
                Some(b'/') if self.peek_second() == Some(b'/') => {
                    self.line_comment();
                    self.at += newline_length(self.bytes, self.at);
                    return;
                }
                None => return,
                Some(_) => break,
            }
        }
        match newline_length(self.bytes, self.at) {
            0 => self.report_continuation_with_text(backslash),
            length => self.at += length,
        }
    }

    /// Passes over a comment up to, but without, the newline that ends it.
    pub(super) fn line_comment(&mut self) {
        let end = self.end_of_line(self.at);
        self.tree.comments.push(span(self.at, end));
        self.at = end;
    }

    /// Passes over a block comment and those nested in it.
    fn block_comment(&mut self) {
        let start = self.at;
        let mut depth = 0_usize;
        let mut at = start;
        loop {
            let Some(offset) = memchr::memchr2(b'*', b'/', self.bytes.get(at..).unwrap_or(&[])) else {
                self.at = self.report_unclosed_comment(start);
                break;
            };
            at += offset;
            match self.bytes.get(at..at + 2) {
                Some(b"/*") => (depth, at) = (depth + 1, at + 2),
                Some(b"*/") => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
            if depth == 0 {
                self.at = at;
                break;
            }
        }
        self.tree.comments.push(span(start, self.at));
    }
}

/// A text as it can stand in a message: on one line, at most 60 characters.
pub(super) fn excerpt(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String =
        text.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
