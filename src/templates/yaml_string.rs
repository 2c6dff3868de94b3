//! Text that is quoted for YAML.

use super::Quoted;
use crate::text::is_control;
use serde::Serialize;
use std::fmt::Write;

/// A string of YAML 1.1 and 1.2 on one line, in double quotes: a key or a value that no reader takes for a boolean, a number, null or
/// a date, and that nothing in it can leave. YAML 1.2.2, "Double-Quoted Style" and "Escaped Characters".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct YamlString(Quoted);

impl YamlString {
    /// Quotes a text. It comes back from a reader sign by sign.
    pub fn new(text: &str) -> YamlString {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => quoted.extend(['\\', character]),
                '\n' => quoted.push_str("\\n"),
                '\t' => quoted.push_str("\\t"),
                // What YAML does not call printable, and what would turn the text around for a reviewer.
                _ if is_control(character) || is_no_character(character) => {
                    // Writing to a string cannot fail.
                    let _ = write!(quoted, "\\U{:08X}", u32::from(character));
                }
                _ => quoted.push(character),
            }
        }
        quoted.push('"');
        YamlString(Quoted::already(quoted))
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Code points that Unicode keeps from ever being characters.
fn is_no_character(character: char) -> bool {
    let code = u32::from(character);
    code & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::YamlString;
    use proptest::prelude::*;

    fn read(quoted: &str) -> serde_norway::Value {
        serde_norway::from_str(quoted).unwrap_or_else(|error| panic!("{quoted}: {error}"))
    }

    #[test]
    fn a_string_is_a_string_whatever_it_looks_like() {
        let looks = [
            "",
            " ",
            "no",
            "NO",
            "y",
            "on",
            "off",
            "true",
            "null",
            "~",
            "Null",
            "1e3",
            "0x10",
            "0o17",
            "017",
            "12",
            "-1",
            "1_000",
            ".5",
            ".inf",
            ".NaN",
            "190:20:30",
            "2026-01-31",
            "<<",
            "=",
            "---",
            "...",
            "- a",
            "? a",
            "a: b",
            "a #b",
            "#b",
            "&a",
            "*a",
            "!a",
            "!!int 3",
            "|",
            ">",
            "%TAG",
            "@a",
            "`a`",
            "[a]",
            "{a: b}",
            "{{ .Values.a }}",
            "{% raw %}",
            "${HOME}",
            "$(HOME)",
            "'a'",
            "\"a\"",
            "a\\nb",
            "\\",
            "a\nb\n",
            "\n---\nkind: Secret",
            "\ta",
            "a\r\nb",
            "\0",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\u{202e}",
            "\u{fffe}",
            "é",
            "😀",
            "trailing ",
            "a\"\n  b: \"c",
        ];
        for text in looks {
            let quoted = YamlString::new(text);
            assert_eq!(quoted.as_str().lines().count(), 1, "{text:?}");
            let document = format!("- {0}\n- {{{0}: {0}}}\n", quoted.as_str());
            let serde_norway::Value::Sequence(items) = read(&document) else { panic!("{document}") };
            let serde_norway::Value::Mapping(mapping) = &items[1] else { panic!("{document}") };
            assert_eq!(items.len(), 2, "{document}");
            assert_eq!(items[0], serde_norway::Value::String(text.to_owned()), "{document}");
            assert_eq!(mapping.get(text), Some(&items[0]), "{document}");
        }
    }

    #[test]
    fn what_turns_text_around_is_written_out() {
        assert_eq!(YamlString::new("a\u{202e}b\u{1b}[0m").as_str(), "\"a\\U0000202Eb\\U0000001B[0m\"");
        assert_eq!(YamlString::new("a\"b\\c\td\n").as_str(), "\"a\\\"b\\\\c\\td\\n\"");
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let quoted = YamlString::new(&text);
            prop_assert_eq!(read(quoted.as_str()), serde_norway::Value::String(text));
        }
    }
}
