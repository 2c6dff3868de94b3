//! Values and comments in SQL, written so that no text can end them early.

use std::fmt;

/// A constant in SQL. Its `Display` is safe to write into a statement under `standard_conforming_strings`,
/// which is on since PostgreSQL 9.1: only `'` ends a string, and it is doubled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Literal {
    /// A string. No statement can hold a NUL, so it is left out.
    Text(String),
    /// A number: digits with a sign, a point, an exponent.
    Number(Number),
    /// `true` or `false`.
    Boolean(bool),
    /// `NULL`.
    Null,
}

/// The text of a number that SQL reads as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(String);

impl Number {
    /// Takes `-12`, `0.50`, `1e9`; `None` for anything else, such as `inf`.
    pub fn new(text: &str) -> Option<Number> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            None => (unsigned, None),
            Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let good_exponent = exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)));
        (digits(whole) && digits(fraction) && good_exponent).then(|| Number(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Literal {
    /// A string.
    pub fn text(text: impl Into<String>) -> Literal {
        Literal::Text(text.into())
    }

    /// A number; `None` where the text is not one.
    pub fn number(text: &str) -> Option<Literal> {
        Number::new(text).map(Literal::Number)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Literal::Text(text) => write_text(formatter, text),
            // In parentheses, a sign cannot join an operator or begin a comment before it.
            Literal::Number(Number(text)) if text.starts_with(['-', '+']) => write!(formatter, "({text})"),
            Literal::Number(Number(text)) => formatter.write_str(text),
            Literal::Boolean(true) => formatter.write_str("true"),
            Literal::Boolean(false) => formatter.write_str("false"),
            Literal::Null => formatter.write_str("NULL"),
        }
    }
}

fn write_text(formatter: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    formatter.write_str("'")?;
    let mut rest = text;
    while let Some(at) = rest.find(['\'', '\0']) {
        let (front, back) = rest.split_at(at);
        formatter.write_str(front)?;
        if back.starts_with('\'') {
            formatter.write_str("''")?;
        }
        rest = &back[1..];
    }
    formatter.write_str(rest)?;
    formatter.write_str("'")
}

/// Text in `--` comments: each of its lines becomes one, so that nothing of it can be read as SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineComment<'a>(pub &'a str);

impl fmt::Display for LineComment<'_> {
    /// Lines joined by a line feed, without one at the end.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Nearly every comment is one line of plain text, and there are very many.
        if self.0.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            let text = self.0.trim_end();
            formatter.write_str(if text.is_empty() { "--" } else { "-- " })?;
            return formatter.write_str(text);
        }
        // PostgreSQL ends a comment at CR and LF; other programs also at what Unicode calls a line break.
        let breaks = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];
        let text = self.0.replace("\r\n", "\n");
        for (index, line) in text.split(breaks).enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            formatter.write_str("--")?;
            let clean = line.replace(char::is_control, " ");
            if !clean.trim_end().is_empty() {
                write!(formatter, " {}", clean.trim_end())?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_double_their_quotes_and_keep_the_rest() {
        assert_eq!(Literal::text("it's").to_string(), "'it''s'");
        assert_eq!(Literal::text("a\\'b\n--").to_string(), "'a\\''b\n--'");
        assert_eq!(Literal::text("a\0'b").to_string(), "'a''b'");
        assert_eq!(Literal::text("").to_string(), "''");
    }

    #[test]
    fn only_numbers_are_numbers() {
        for text in ["0", "-12", "0.50", "1e9", "1.5E-3", "+2"] {
            assert!(Number::new(text).is_some(), "{text}");
        }
        for text in ["", "-", ".5", "5.", "inf", "nan", "1e", "0x1f", "1;2", "1 2", "1_000", "--1"] {
            assert!(Number::new(text).is_none(), "{text}");
        }
        assert_eq!(Literal::number("-1").map(|literal| literal.to_string()), Some("(-1)".to_owned()));
    }

    #[test]
    fn a_comment_keeps_every_line_commented() {
        let hostile = "a\r\nDROP TABLE x;\rDROP TABLE y;\n\n\u{2028}z\u{1b}[31m";
        let text = LineComment(hostile).to_string();
        assert_eq!(text, "-- a\n-- DROP TABLE x;\n-- DROP TABLE y;\n--\n--\n-- z [31m");
    }
}
