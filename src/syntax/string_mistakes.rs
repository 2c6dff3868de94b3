//! The findings of strings and block comments, and where those that are not closed are taken to end.

use super::characters::{line_end, newline_length, skip_spaces};
use super::cursor::{excerpt, span};
use super::dedent::DedentMistake;
use super::escapes::unescape;
use super::habits::LONGEST_FIX;
use super::mistakes::quoted;
use super::parser::Parser;
use super::rules::{ESCAPE, MULTI_LINE_STRING, QUOTES, UNCLOSED};
use super::tree::{Storage, Text};
use crate::source::Span;

impl Parser<'_> {
    pub(super) fn report_escape(&mut self, text: Span, at: Span) {
        let attempt = excerpt(self.source(at));
        let whole = self.source(text);
        let inner = whole.get(1..whole.len().saturating_sub(1)).unwrap_or("");
        let (help, fix) = match attempt.as_bytes().get(1) {
            Some(b'/' | b'\'') => (
                "write the character without a backslash",
                Some(whole.replace("\\/", "/").replace("\\'", "'")),
            ),
            Some(b'u' | b'x') => (
                "a character by its number is `\\u{...}` with one to six hexadecimal digits, and has to exist",
                with_braces(whole),
            ),
            _ => (
                "write a raw string, in which a backslash stands for itself, or two backslashes",
                (!has_good_escape(inner)).then(|| quoted(inner)),
            ),
        };
        let finding = self
            .error(ESCAPE, at, "escapes nothing", format!("`{attempt}` is no escape of a quoted string"))
            .help(help);
        let is_one_line = !whole.starts_with("\"\"\"");
        let finding = match fix.filter(|_| is_one_line && whole.len() <= LONGEST_FIX) {
            Some(fix) => finding.fix(fix),
            None => finding,
        };
        self.report(finding);
    }

    pub(super) fn report_unclosed_string(&mut self, text: Span, value: Span, closed_later: bool) {
        let hashes = self.source(text).bytes().skip_while(|b| *b == b'r').take_while(|b| *b == b'#').count();
        let opening = span(text.start as usize, value.start as usize);
        let close = format!("\"{}", "#".repeat(hashes.min(LONGEST_FIX)));
        if let Some(bad) = self.escape_of_closing_quote(text, value) {
            return self.report_escape(text, bad);
        }
        let finding = if closed_later {
            self.error(
                MULTI_LINE_STRING,
                opening,
                "opens here",
                "a string in single quotation marks ends on its line",
            )
            .at(
                self.tree.place(span(text.end as usize - 1, text.end as usize)),
                "closed here, on a later line",
            )
            .help("a text of several lines stands between `\"\"\"`, each on a line of its own")
        } else {
            let end = span(value.end as usize, value.end as usize);
            let finding = self
                .error(UNCLOSED, opening, "opens here", format!("the string is not closed by `{close}`"))
                .at(self.tree.place(end), "its line ends here")
                .help(format!("write `{close}` where the text ends"));
            self.with_fix(finding, text, |source| format!("{source}{close}"))
        };
        self.report(finding);
    }

    /// Where a string is not closed because a backslash stands before its last quote, as in a path of Windows: the first
    /// backslash in it that escapes nothing, which shows that none was meant to.
    fn escape_of_closing_quote(&self, text: Span, value: Span) -> Option<Span> {
        let inner = self.source(value);
        if !self.source(text).starts_with('"') || !inner.ends_with("\\\"") {
            return None;
        }
        let bad = unescape(inner, &mut String::new())?;
        let at = value.start as usize + bad.at;
        Some(span(at, at + bad.length))
    }

    /// Reports a multi-line string that is not closed, and says where it is taken to end.
    pub(super) fn unclosed_multi_line_string(&mut self, start: usize, end_of_line: usize) -> Text {
        let end = self.end_by_indentation(end_of_line);
        self.at = end;
        let hashes = self.bytes.get(start..).unwrap_or(&[]).iter().take_while(|byte| **byte == b'#').count();
        let close = format!("\"\"\"{}", "#".repeat(hashes.min(LONGEST_FIX)));
        let finding = self
            .error(
                UNCLOSED,
                span(start, start + hashes + 3),
                "opens here",
                format!("the string is not closed by `{close}`"),
            )
            .at(self.tree.place(span(end, end)), "taken to end here")
            .help(format!("write `{close}` on a line of its own after the text"));
        self.report(finding);
        let body = end_of_line + newline_length(self.bytes, end_of_line);
        Text { span: span(start, end), storage: Storage::Source(span(body.min(end), end)) }
    }

    /// Reports a block comment that is not closed, and says where it is taken to end.
    pub(super) fn report_unclosed_comment(&mut self, start: usize) -> usize {
        let end_of_line = self.end_of_line(start);
        let end = self.end_by_indentation(end_of_line);
        let finding = self
            .error(UNCLOSED, span(start, start + 2), "opens here", "the comment is not closed by `*/`")
            .at(self.tree.place(span(end, end)), "taken to end here")
            .help("write `*/` where the comment ends; every `/*` within a comment needs a `*/` of its own");
        self.report(finding);
        end
    }

    /// Where something that is not closed may end: before the first line that is indented no deeper than the line that
    /// it opens on. After some of these in one text, at its end.
    fn end_by_indentation(&mut self, end_of_line: usize) -> usize {
        if self.rescans == 0 {
            return self.bytes.len();
        }
        self.rescans -= 1;
        let indentation = skip_spaces(self.bytes, self.line_start) - self.line_start;
        let mut end = end_of_line;
        loop {
            let line = end + newline_length(self.bytes, end);
            let text = skip_spaces(self.bytes, line);
            if line == end {
                return end;
            }
            let is_blank = newline_length(self.bytes, text) > 0;
            if !is_blank && text - line <= indentation {
                return end;
            }
            end = line_end(self.bytes, text);
        }
    }

    pub(super) fn report_multi_line_on_one_line(
        &mut self,
        text: Span,
        value: Span,
        hashes: usize,
        closed: bool,
    ) {
        let opening = span(text.start as usize, text.start as usize + hashes + 3);
        let close = format!("\"\"\"{}", "#".repeat(hashes.min(LONGEST_FIX)));
        let finding = self
            .error(MULTI_LINE_STRING, opening, "a newline has to follow", "text follows the quotation marks of a multi-line string")
            .help(format!("text on one line stands between single quotation marks; a text of several lines begins on the line after `\"\"\"` and ends before a `{close}` on a line of its own"));
        let finding = if closed { self.with_fix(finding, value, quoted) } else { finding };
        self.report(finding);
    }

    pub(super) fn report_multi_line_string(&mut self, text: Span, closing: usize, mistake: DedentMistake) {
        let quotes = span(closing, text.end as usize);
        let finding = match mistake {
            DedentMistake::Escape(bad) => {
                return self.report_escape(text, span(bad.at, bad.at + bad.length));
            }
            DedentMistake::ClosingLine => self
                .error(
                    MULTI_LINE_STRING,
                    quotes,
                    "closes here",
                    "text stands before the closing quotation marks of a multi-line string",
                )
                .at(self.tree.place(span(text.start as usize, text.start as usize + 3)), "opens here")
                .help("the closing quotation marks stand on a line of their own"),
            DedentMistake::Indentation(line) => {
                let end = skip_spaces(self.bytes, line).max(line);
                self.error(MULTI_LINE_STRING, span(line, end), "indented differently", "a line of a multi-line string is not indented like its last line")
                    .at(self.tree.place(quotes), "this line's indentation is taken from every line")
                    .help("begin every line with the whitespace that stands before the closing quotation marks, character by character")
            }
        };
        self.report(finding);
    }

    pub(super) fn report_old_raw_string(&mut self, text: Text, hashes: usize) {
        let hashes = "#".repeat(hashes.clamp(1, LONGEST_FIX));
        let value = match text.storage {
            Storage::Source(value) | Storage::Unescaped(value) => value,
        };
        let finding = self
            .error(QUOTES, text.span, "raw string of KDL 1", "a raw string has no `r` before it")
            .help("KDL 2 marks a raw string by `#` alone: `#\"...\"#`");
        let finding = self.with_fix(finding, value, |inner| format!("{hashes}\"{inner}\"{hashes}"));
        self.report(finding);
    }
}

/// Whether a backslash in the text is an escape that a raw string would not keep.
fn has_good_escape(inner: &str) -> bool {
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character == '\\' && characters.next().is_some_and(|next| "\"\\nrtsbf".contains(next)) {
            return true;
        }
    }
    false
}

/// The escapes `\u0000` and `\x00` of other languages as KDL has them; `None` where there is none of these.
fn with_braces(source: &str) -> Option<String> {
    let mut parts = source.split('\\');
    let mut mended = parts.next()?.to_owned();
    let mut changed = false;
    for part in parts {
        let count = match part.as_bytes().first() {
            Some(b'u') => 4,
            Some(b'x') => 2,
            _ => 0,
        };
        let digits = part
            .get(1..1 + count)
            .filter(|digits| count > 0 && digits.bytes().all(|b| b.is_ascii_hexdigit()));
        match digits {
            Some(digits) => {
                changed = true;
                mended.push_str(&format!("\\u{{{digits}}}{}", part.get(1 + count..).unwrap_or("")));
            }
            None => mended.push_str(&format!("\\{part}")),
        }
    }
    changed.then_some(mended)
}
