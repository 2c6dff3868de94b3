//! The findings of tokens and strings: what is wrong, and the text to write instead.

use super::characters::{is_disallowed, line_end, newline_length, skip_spaces};
use super::cursor::{excerpt, span};
use super::dedent::{DedentMistake, skip_whitespace};
use super::entries::reserved;
use super::habits::LONGEST_FIX;
use super::parser::{OpenNode, Parser};
use super::rules::{
    CHARACTER, COLON, COMMA, COMMENT, ESCAPE, MISSING_SPACE, MULTI_LINE_STRING, NUMBER, QUOTES,
    RESERVED_WORD, SYNTAX, UNCLOSED, UNQUOTED_WORD,
};
use super::tree::{Storage, Text};
use crate::diagnostic::Finding;
use crate::source::Span;

/// A text of one line as a KDL string: raw where it holds quotes or backslashes.
pub(super) fn quoted(text: &str) -> String {
    if !text.contains(['"', '\\']) {
        return format!("\"{text}\"");
    }
    if text.starts_with('"') {
        // After `#"`, these would look like the quotation marks of a multi-line string.
        return format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    let mut hashes = String::from("#");
    while text.contains(&format!("\"{hashes}")) {
        hashes.push('#');
    }
    format!("{hashes}\"{text}\"{hashes}")
}

impl Parser<'_> {
    pub(super) fn source(&self, at: Span) -> &str {
        self.text.get(at.start as usize..at.end as usize).unwrap_or("")
    }

    fn error(&self, rule: &'static str, at: Span, label: &str, message: impl Into<String>) -> Finding {
        Finding::error(rule, message).at(self.tree.place(at), label)
    }

    fn with_fix(&self, finding: Finding, at: Span, fix: impl FnOnce(&str) -> String) -> Finding {
        if at.len() as usize > LONGEST_FIX { finding } else { finding.fix(fix(self.source(at))) }
    }

    pub(super) fn report_reserved_word(&mut self, at: Span) {
        let word = self.source(at);
        let finding = self
            .error(RESERVED_WORD, at, "reserved word", format!("`{word}` is a reserved word"))
            .help(format!("write `#{word}` for the value, or `\"{word}\"` for the text"))
            .fix(format!("#{word}"));
        self.report(finding);
    }

    pub(super) fn report_name_not_string(&mut self, at: Span, what: &str) {
        let word = self.excerpt(at);
        let rule = if reserved(self.source(at)).is_some() { RESERVED_WORD } else { SYNTAX };
        let message = match rule {
            RESERVED_WORD => format!("`{word}` is a reserved word and cannot be the name of {what}"),
            _ => format!("the name of {what} is a string, not `{word}`"),
        };
        let finding = self.error(rule, at, "name", message).help("a name like this is written in quotes");
        let finding = self.with_fix(finding, at, quoted);
        self.report(finding);
    }

    pub(super) fn report_unquoted_word(&mut self, at: Span) {
        let whole = self.source(at);
        let word = excerpt(whole);
        let (message, help) = match whole.as_bytes().first() {
            Some(b'[') => (
                format!("`{word}` is no list, as KDL has none"),
                "write values one after the other, with spaces between them; quote what is one text",
            ),
            Some(b'(') => (
                format!("`{word}` stands in parentheses, but is no type annotation of a value"),
                "text with parentheses is written in quotes, together with the word that it belongs to",
            ),
            _ => {
                let held = whole.chars().find(|c| "()[]{}/\\#=".contains(*c)).unwrap_or('"');
                (
                    format!("the bare word `{word}` cannot hold `{held}`"),
                    "a word with any of `( ) [ ] { } / \\ ; # \" =` is written in quotes",
                )
            }
        };
        let finding = self.error(UNQUOTED_WORD, at, "has to be quoted", message).help(help);
        let finding = self.with_fix(finding, at, quoted);
        self.report(finding);
    }

    pub(super) fn report_number_word(&mut self, at: Span) {
        let whole = self.source(at);
        let word = excerpt(whole);
        let plain = whole.replace([',', '_'], "");
        let fix = number_fix(whole);
        let help = match &fix {
            Some(number) => format!("write the number as `{number}`, or quote what is no number"),
            None => {
                "quote it; a quantity is a whole number, with its unit in the name of the property".to_owned()
            }
        };
        let message = if plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+'))
        {
            format!("`{word}` is not a number that KDL knows")
        } else {
            format!("the bare word `{word}` begins like a number")
        };
        let finding = self.error(NUMBER, at, "neither a number nor a word", message).help(help);
        let finding = match fix {
            Some(number) if at.len() as usize <= LONGEST_FIX => finding.fix(number),
            _ => self.with_fix(finding, at, quoted),
        };
        self.report(finding);
    }

    pub(super) fn report_unknown_keyword(&mut self, at: Span) {
        let whole = self.source(at);
        let lower = whole.get(1..).unwrap_or("").to_ascii_lowercase();
        let meant = match lower.as_str() {
            "true" | "yes" | "on" => Some("#true"),
            "false" | "no" | "off" => Some("#false"),
            "null" | "nil" | "none" => Some("#null"),
            "inf" | "+inf" | "infinity" => Some("#inf"),
            "-inf" | "-infinity" => Some("#-inf"),
            "nan" => Some("#nan"),
            _ => None,
        };
        let message = format!("`{}` is no keyword", excerpt(whole));
        let finding = self.error(UNQUOTED_WORD, at, "begins with `#`", message);
        let finding = match meant {
            Some(keyword) => finding.help(format!("the keyword is `{keyword}`")).fix(keyword),
            None => {
                let help = "the keywords are `#true`, `#false`, `#null`, `#inf`, `#-inf` and `#nan`; other text with \
                            `#` is written in quotes, and a comment begins with `//`";
                self.with_fix(finding.help(help), at, quoted)
            }
        };
        self.report(finding);
    }

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
        if self.holds_bad_escape(text, value) && hashes == 0 {
            let at = value.start as usize + self.source(value).find('\\').unwrap_or(0);
            return self.report_escape(text, span(at, (at + 2).min(value.end as usize).max(at + 1)));
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

    /// Whether a string that is not closed has a backslash before its last quote, as a path of Windows has.
    fn holds_bad_escape(&self, text: Span, value: Span) -> bool {
        let inner = self.source(value);
        self.source(text).starts_with('"')
            && inner.ends_with("\\\"")
            && !has_good_escape(inner.trim_end_matches("\\\""))
            && inner.matches('\\').count() > 1
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

    /// Something follows a token without a space. Says whether it was passed over: a comma or a bracket.
    pub(super) fn glued(&mut self, node: &mut OpenNode) -> bool {
        let at = span(self.at, self.at + 1);
        match self.peek() {
            Some(b',') => {
                if node.comma.is_none() {
                    node.comma = Some(self.findings.len());
                    let finding = self
                        .error(COMMA, at, "comma", "a comma stands between values")
                        .help("values are separated by spaces alone");
                    self.report(finding);
                }
            }
            Some(b':') => {
                let finding = self
                    .error(COLON, at, "colon", "a colon follows a text in quotes")
                    .help("a property is `name=value`; the values of a node follow its name after a space");
                self.report(finding);
            }
            Some(b')' | b']') => {
                let message = format!("`{}` closes nothing", self.source(at));
                let finding = self.error(SYNTAX, at, "nothing is open here", message);
                let finding = finding.help("text with brackets is written in quotes");
                self.report(finding);
            }
            Some(b'=') => return false,
            _ => {
                self.report_missing_space();
                return false;
            }
        }
        self.at += 1;
        true
    }

    pub(super) fn report_missing_space(&mut self) {
        let at = span(self.at, self.at);
        let finding = self
            .error(MISSING_SPACE, at, "a space has to stand here", "a space is missing between two values")
            .help("names, values and `/-` are separated by spaces");
        self.report(finding);
    }

    /// Whether the `#` at the position begins a comment as shells have them, where a node is expected.
    pub(super) fn is_hash_comment(&self) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let hashes = rest.iter().take_while(|byte| **byte == b'#').count();
        let word = super::characters::word_end(self.bytes, self.at + 1);
        let word = self.text.get(self.at + 1..word).unwrap_or("");
        rest.get(hashes) != Some(&b'"') && reserved(word).is_none()
    }

    /// Whether the `#` at the position begins a comment as shells have them, after a name or a value.
    pub(super) fn is_hash_comment_after_value(&self) -> bool {
        let after = skip_whitespace(self.bytes, self.at + 1);
        after > self.at + 1 || after >= self.bytes.len()
    }

    pub(super) fn report_hash_comment(&mut self) {
        let start = self.at;
        self.at = self.end_of_line(start);
        let at = span(start, self.at);
        self.tree.comments.push(at);
        let finding = self
            .error(COMMENT, span(start, start + 1), "no comment in KDL", "`#` does not begin a comment")
            .help("a comment begins with `//`");
        let finding =
            self.with_fix(finding, at, |source| format!("// {}", source.trim_start_matches('#').trim()));
        self.report(finding);
    }

    /// Reports every character that KDL forbids, by runs.
    pub(super) fn report_disallowed_characters(&mut self, from: usize) {
        let mut found = Vec::new();
        super::characters::disallowed_runs(self.text, from, |run| {
            found.push(run);
            found.len() <= super::MOST_FINDINGS
        });
        for run in found {
            let character = self.source(run).chars().find(|c| is_disallowed(*c)).unwrap_or('\0');
            let number = u32::from(character);
            let finding = self
                .error(
                    CHARACTER,
                    run,
                    "not allowed",
                    format!("the character U+{number:04X} is not allowed in KDL"),
                )
                .help(format!("take it out; in a quoted string it can be written as `\\u{{{number:X}}}`"));
            self.report(finding);
        }
    }
}

/// The number that was meant, where only its spelling is wrong.
fn number_fix(word: &str) -> Option<String> {
    let digits = word.trim_start_matches(['-', '+']);
    let sign = word.get(..word.len() - digits.len()).filter(|sign| sign.len() <= 1)?;
    let is_number =
        |text: &str| super::numbers::number(text.as_bytes(), 0).is_some_and(|(end, _)| end == text.len());
    let mended = if let Some(fraction) = digits.strip_prefix('.') {
        format!("{sign}0.{fraction}")
    } else if let Some(whole) = digits.strip_suffix('.') {
        format!("{sign}{whole}")
    } else if digits.starts_with("0X") || digits.starts_with("0O") || digits.starts_with("0B") {
        word.to_ascii_lowercase()
    } else if digits.contains(',') && digits.split(',').skip(1).all(|group| group.len() == 3) {
        word.replace(',', "_")
    } else {
        return None;
    };
    is_number(&mended).then_some(mended)
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
