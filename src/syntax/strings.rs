//! Strings in quotes: quoted and raw, on one line and on several.

use super::characters::{line_start, newline_length, skip_spaces, string_stop};
use super::cursor::span;
use super::dedent::{dedent, skip_whitespace};
use super::escapes::unescape;
use super::parser::Parser;
use super::tree::{Storage, Text};
use crate::source::Span;

/// A string that may run over several lines: where its parts are.
struct Opening {
    start: usize,
    body: usize,
    hashes: usize,
}

impl Parser<'_> {
    /// Reads the string that begins with the `"` at the position.
    pub(super) fn quoted_string(&mut self) -> Text {
        let start = self.at;
        if self.bytes.get(start..start + 3) == Some(b"\"\"\"") {
            return self.multi_line_string(&Opening { start, body: start + 3, hashes: 0 });
        }
        let mut escaped = false;
        let mut at = start + 1;
        loop {
            at = string_stop(self.bytes, at);
            match self.bytes.get(at) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    at = self.after_backslash(at);
                }
                _ => return self.unclosed_string(start, start + 1, at),
            }
        }
        self.at = at + 1;
        let text = span(start, at + 1);
        let inner = span(start + 1, at);
        Text {
            span: text,
            storage: if escaped { self.unescaped(text, inner) } else { Storage::Source(inner) },
        }
    }

    /// Where to look on after the `\` at `at` of a quoted string.
    fn after_backslash(&self, at: usize) -> usize {
        let after = skip_whitespace(self.bytes, at + 1);
        match self.bytes.get(after) {
            Some(b'"' | b'\\') if after == at + 1 => after + 1,
            _ => after,
        }
    }

    fn unescaped(&mut self, text: Span, inner: Span) -> Storage {
        let from = self.tree.unescaped.len();
        let source = self.text.get(inner.start as usize..inner.end as usize).unwrap_or("");
        let bad = unescape(source, &mut self.tree.unescaped);
        if let Some(bad) = bad {
            let at = inner.start as usize + bad.at;
            self.report_escape(text, span(at, at + bad.length));
        }
        Storage::Unescaped(span(from, self.tree.unescaped.len()))
    }

    /// Reads the raw string that begins with the `#` at the position; `None`, and nothing read, where the hashes are
    /// not followed by a quote.
    pub(super) fn raw_string(&mut self) -> Option<Text> {
        let start = self.at;
        let hashes = self.bytes.get(start..)?.iter().take_while(|byte| **byte == b'#').count();
        let quote = start + hashes;
        if self.bytes.get(quote) != Some(&b'"') {
            return None;
        }
        if self.bytes.get(quote..quote + 3) == Some(b"\"\"\"") {
            return Some(self.multi_line_string(&Opening { start, body: quote + 3, hashes }));
        }
        Some(self.raw_string_body(start, quote + 1, hashes))
    }

    /// Reads the rest of a raw string on one line; its text begins at `body`.
    pub(super) fn raw_string_body(&mut self, start: usize, body: usize, hashes: usize) -> Text {
        let end_of_line = self.end_of_line(body);
        match self.find_closing(body, end_of_line, 1, hashes) {
            Some(end) => {
                self.at = end + 1 + hashes;
                Text { span: span(start, self.at), storage: Storage::Source(span(body, end)) }
            }
            None => self.unclosed_string(start, body, end_of_line),
        }
    }

    /// Where the closing `quotes` with `hashes` after them begin, between `from` and `to`.
    fn find_closing(&self, from: usize, to: usize, quotes: usize, hashes: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += memchr::memchr(b'"', self.bytes.get(at..to)?)?;
            let rest = self.bytes.get(at..to)?;
            let found = rest.iter().take(quotes).take_while(|byte| **byte == b'"').count();
            if found < quotes {
                at += found;
                continue;
            }
            let after = rest.get(quotes..)?.iter().take(hashes).take_while(|byte| **byte == b'#').count();
            if after == hashes {
                return Some(at);
            }
            // With three quotes, the closing ones may begin at the second of these.
            at += if after == 0 { 1 } else { quotes + after };
        }
    }

    /// Where the closing `"""` of a multi-line string with escapes begins.
    fn find_closing_escaped(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            at += memchr::memchr2(b'"', b'\\', self.bytes.get(at..)?)?;
            match self.bytes.get(at..at + 3) {
                Some(b"\"\"\"") => return Some(at),
                Some([b'\\', next, _]) => at += 1 + usize::from(next.is_ascii()),
                Some(_) => at += 1,
                None => return None,
            }
        }
    }

    fn multi_line_string(&mut self, opening: &Opening) -> Text {
        let newline = newline_length(self.bytes, opening.body);
        if newline == 0 {
            return self.multi_line_string_on_one_line(opening);
        }
        let closing = match opening.hashes {
            0 => self.find_closing_escaped(opening.body),
            hashes => self.find_closing(opening.body, self.bytes.len(), 3, hashes),
        };
        let Some(closing) = closing.filter(|closing| !self.opens_another_string(opening, *closing)) else {
            return self.unclosed_multi_line_string(opening.start, opening.body);
        };
        self.at = closing + 3 + opening.hashes;
        let from = self.tree.unescaped.len();
        let body = opening.body + newline..closing;
        let mistake = dedent(self.text, body, opening.hashes > 0, &mut self.tree.unescaped);
        let text = span(opening.start, self.at);
        if let Some(mistake) = mistake {
            self.report_multi_line_string(text, closing, mistake);
        }
        Text { span: text, storage: Storage::Unescaped(span(from, self.tree.unescaped.len())) }
    }

    /// Whether the quotes that would close a string look like those that open the next one: after a space or `=`, and
    /// before a newline, on a line with other text.
    fn opens_another_string(&self, opening: &Opening, closing: usize) -> bool {
        let after = closing + 3 + opening.hashes;
        if opening.hashes > 0
            || !matches!(self.bytes.get(closing - 1), Some(b' ' | b'='))
            || newline_length(self.bytes, after) == 0
        {
            return false;
        }
        let line = self.text.get(line_start(self.bytes, closing)..closing).unwrap_or("");
        !line.trim_start().is_empty() && !line.trim_end().ends_with('\\')
    }

    /// `"""` with text on its own line: everything to the closing quotes, or to the end of the line.
    fn multi_line_string_on_one_line(&mut self, opening: &Opening) -> Text {
        let end_of_line = self.end_of_line(opening.body);
        let closing = self.find_closing(opening.body, end_of_line, 3, opening.hashes);
        let end = closing.unwrap_or(end_of_line);
        self.at = closing.map_or(end_of_line, |closing| closing + 3 + opening.hashes);
        let text = span(opening.start, self.at);
        self.report_multi_line_on_one_line(text, span(opening.body, end), opening.hashes, closing.is_some());
        Text { span: text, storage: Storage::Source(span(opening.body, end)) }
    }

    /// A string that reaches the end of its line, or of the text: it ends with its line, but not with the brace that
    /// opens a block there.
    fn unclosed_string(&mut self, start: usize, body: usize, end_of_line: usize) -> Text {
        let end = match self.closing_quote_on_next_lines(body, end_of_line) {
            Some(quote) => quote,
            None => self.end_before_block(body, end_of_line),
        };
        let closed = end > end_of_line;
        self.at = end + usize::from(closed);
        let text = span(start, self.at);
        self.report_unclosed_string(text, span(body, end), closed);
        Text { span: text, storage: Storage::Source(span(body, end)) }
    }

    /// The end of the text of a line, without ` {` at its end.
    fn end_before_block(&self, body: usize, end_of_line: usize) -> usize {
        let line = self.text.get(body..end_of_line).unwrap_or("");
        let trimmed = line.trim_end();
        let text = trimmed.strip_suffix('{').filter(|text| text.ends_with(' ')).unwrap_or(trimmed);
        body + text.trim_end().len()
    }

    /// The quote on a later line that was meant to close the string: the first quote there, where it does not look
    /// like an opening one.
    fn closing_quote_on_next_lines(&self, body: usize, end_of_line: usize) -> Option<usize> {
        const MOST_BYTES: usize = 4096;
        if self.text.get(body..end_of_line).unwrap_or("").trim_end().ends_with(['{', ';']) {
            return None;
        }
        let window = self.bytes.get(end_of_line..self.bytes.len().min(end_of_line + MOST_BYTES))?;
        let quote = end_of_line + memchr::memchr(b'"', window)?;
        let before = self.bytes.get(quote - 1)?;
        let after = skip_spaces(self.bytes, quote + 1);
        let line = self.text.get(line_start(self.bytes, quote)..quote)?;
        let stands_alone = line.trim().is_empty() && newline_length(self.bytes, after) > 0;
        let opens =
            !stands_alone && matches!(before, b' ' | b'=' | b'(' | b'"' | b'\t' | b'#' | b'\n' | b'\r');
        let ends = newline_length(self.bytes, after) > 0
            || matches!(self.bytes.get(after), None | Some(b'{' | b';' | b'}'))
            || after > quote + 1;
        (!opens && ends).then_some(quote)
    }
}
