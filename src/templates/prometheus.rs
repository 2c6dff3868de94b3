//! Text that is quoted for Prometheus: for its queries, and for the templates that its labels and annotations are.

use crate::text::is_control;
use std::fmt::{self, Display, Write};

/// A string of PromQL, in single quotes (Prometheus, "String literals").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromqlString(String);

impl PromqlString {
    /// Quotes a text.
    pub fn new(text: &str) -> PromqlString {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('\'');
        for character in text.chars() {
            match character {
                '\'' | '\\' => quoted.extend(['\\', character]),
                _ if is_control(character) => {
                    // Writing to a string cannot fail.
                    let _ = write!(quoted, "\\U{:08x}", u32::from(character));
                }
                _ => quoted.push(character),
            }
        }
        quoted.push('\'');
        PromqlString(quoted)
    }
}

impl Display for PromqlString {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

/// A regular expression of PromQL that matches texts with a known beginning. Prometheus anchors it at both ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromqlRegex(PromqlString);

impl PromqlRegex {
    /// Matches `start`, sign by sign, and behind it what `rest` matches, which the program writes.
    pub fn starting_with(start: &str, rest: &'static str) -> PromqlRegex {
        let mut pattern = String::with_capacity(start.len() + rest.len());
        for character in start.chars() {
            // What means something else in RE2 ("Syntax") means itself behind a backslash.
            if r"\.+*?()|[]{}^$".contains(character) {
                pattern.push('\\');
            }
            pattern.push(character);
        }
        PromqlRegex(PromqlString::new(&(pattern + rest)))
    }
}

impl Display for PromqlRegex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A text in a label or an annotation of an alert, which Prometheus takes for a template: nothing in it is evaluated
/// (Prometheus, "Template reference").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertText(String);

impl AlertText {
    /// Quotes a text.
    pub fn new(text: &str) -> AlertText {
        AlertText(text.replace('{', "{{ \"{\" }}"))
    }
}

impl Display for AlertText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_quotes() {
        let string = |text: &str| PromqlString::new(text).to_string();
        assert_eq!(string("pg-user"), "'pg-user'");
        assert_eq!(string("a'} or vector(1) #\\"), r"'a\'} or vector(1) #\\'");
        assert_eq!(string("a\nb\u{1b}"), r"'a\U0000000ab\U0000001b'");
        let regex = PromqlRegex::starting_with("a.b|c-d'", "-[0-9]+").to_string();
        assert_eq!(regex, r"'a\\.b\\|c-d\'-[0-9]+'");
        assert_eq!(AlertText::new("{{ $value }} {").to_string(), r#"{{ "{" }}{{ "{" }} $value }} {{ "{" }}"#);
    }
}
