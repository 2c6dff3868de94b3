//! The findings of words, numbers, separators and characters: what is wrong, and the text to write instead.

use super::characters::word_end;
use super::cursor::{excerpt, span};
use super::dedent::skip_whitespace;
use super::entries::reserved;
use super::habits::LONGEST_FIX;
use super::parser::{OpenNode, Parser};
use super::rules::{COLON, COMMA, COMMENT, MISSING_SPACE, NUMBER, RESERVED_WORD, SYNTAX, UNQUOTED_WORD};
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

    /// An error with its place.
    pub(super) fn error(
        &self,
        rule: &'static str,
        at: Span,
        label: &str,
        message: impl Into<String>,
    ) -> Finding {
        Finding::error(rule, message).at(self.tree.place(at), label)
    }

    /// Adds the text to write instead, where it is short.
    pub(super) fn with_fix(&self, finding: Finding, at: Span, fix: impl FnOnce(&str) -> String) -> Finding {
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
        let word = word_end(self.bytes, self.at + 1);
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
