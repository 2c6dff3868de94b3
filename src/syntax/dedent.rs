//! The value of a multi-line string: escaped whitespace goes first, then the indentation, then the other escapes.

use super::characters::{line_end, newline_length, skip_spaces};
use super::escapes::{BadEscape, unescape};
use std::borrow::Cow;
use std::ops::Range;

/// What is wrong with a multi-line string; offsets are bytes of the source.
#[derive(Debug)]
pub(super) enum DedentMistake {
    /// Something other than whitespace stands before the closing quotes.
    ClosingLine,
    /// The line that begins here does not begin with the indentation of the last line.
    Indentation(usize),
    /// A backslash that escapes nothing.
    Escape(BadEscape),
}

/// Text without escaped whitespace, and where its parts stood.
struct Logical<'a> {
    text: Cow<'a, str>,
    /// Offset in `text`, and the source offset of that byte; sorted.
    jumps: Vec<(usize, usize)>,
}

impl Logical<'_> {
    fn source_offset(&self, at: usize) -> usize {
        let after = self.jumps.partition_point(|(logical, _)| *logical <= at);
        let (logical, source) = self.jumps.get(after.saturating_sub(1)).copied().unwrap_or_default();
        source + (at - logical)
    }
}

/// Appends the value of the multi-line string whose body is `body`: what stands between the newline after the
/// opening quotes and the closing quotes. Gives the first mistake; the value is then as near as can be.
pub(super) fn dedent(source: &str, body: Range<usize>, raw: bool, out: &mut String) -> Option<DedentMistake> {
    let logical = resolve_escaped_whitespace(source, body, raw);
    let text: &str = &logical.text;
    let bytes = text.as_bytes();
    let last_line = last_line_start(bytes);
    let mut mistake = None;
    let mut prefix = text.get(last_line..).unwrap_or("");
    let indentation_length = skip_spaces(bytes, last_line) - last_line;
    let mut content_end = last_line;
    if indentation_length < prefix.len() {
        mistake = Some(DedentMistake::ClosingLine);
        prefix = prefix.get(..indentation_length).unwrap_or("");
        content_end = bytes.len();
    }
    let mut at = 0;
    let mut first = true;
    while at < content_end {
        let end = line_end(bytes, at);
        if !first {
            out.push('\n');
        }
        first = false;
        let line = text.get(at..end).unwrap_or("");
        if skip_spaces(bytes, at) < end {
            let (content, removed) = strip_indentation(line, prefix);
            if removed < prefix.len() && mistake.is_none() {
                mistake = Some(DedentMistake::Indentation(logical.source_offset(at)));
            }
            if raw {
                out.push_str(content);
            } else if let Some(bad) = unescape(content, out) {
                let moved = logical.source_offset(at + removed + bad.at);
                mistake = mistake.or(Some(DedentMistake::Escape(BadEscape { at: moved, ..bad })));
            }
        }
        at = end + newline_length(bytes, end).max(1);
    }
    mistake
}

/// Takes the indentation away, or as much of it as is there.
fn strip_indentation<'a>(line: &'a str, prefix: &str) -> (&'a str, usize) {
    if let Some(content) = line.strip_prefix(prefix) {
        return (content, prefix.len());
    }
    let mut same = line.bytes().zip(prefix.bytes()).take_while(|(left, right)| left == right).count();
    while !line.is_char_boundary(same) {
        same -= 1;
    }
    (line.get(same..).unwrap_or(""), same)
}

fn last_line_start(bytes: &[u8]) -> usize {
    let mut start = 0;
    loop {
        let end = line_end(bytes, start);
        match newline_length(bytes, end) {
            0 => return start,
            length => start = end + length,
        }
    }
}

fn resolve_escaped_whitespace(source: &str, body: Range<usize>, raw: bool) -> Logical<'_> {
    let bytes = source.as_bytes();
    let whole = source.get(body.clone()).unwrap_or("");
    let mut resolved = String::new();
    let mut jumps = vec![(0, body.start)];
    let mut copied = body.start;
    let mut at = body.start;
    while !raw && let Some(offset) = memchr::memchr(b'\\', bytes.get(at..body.end).unwrap_or(&[])) {
        let backslash = at + offset;
        let end = skip_whitespace(bytes, backslash + 1).min(body.end);
        if end == backslash + 1 {
            at = (backslash + 2).min(body.end);
            continue;
        }
        resolved.push_str(source.get(copied..backslash).unwrap_or(""));
        jumps.push((resolved.len(), end));
        (copied, at) = (end, end);
    }
    if copied == body.start {
        return Logical { text: Cow::Borrowed(whole), jumps };
    }
    resolved.push_str(source.get(copied..body.end).unwrap_or(""));
    Logical { text: Cow::Owned(resolved), jumps }
}

/// The end of whitespace and newlines that begin at `at`.
pub(super) fn skip_whitespace(bytes: &[u8], mut at: usize) -> usize {
    loop {
        at = skip_spaces(bytes, at);
        match newline_length(bytes, at) {
            0 => return at,
            length => at += length,
        }
    }
}
