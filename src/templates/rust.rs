//! Rust and its manifests as targets.

use super::quoted::{MarkdownText, Quoted};
use serde::Serialize;

/// A string literal of Rust.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RustString(Quoted);

impl RustString {
    /// Quotes a text. What `Debug` prints of a text is a literal of it (the standard library, `str::escape_debug`).
    pub fn new(text: &str) -> RustString {
        RustString(Quoted::already(format!("{text:?}")))
    }

    /// Quotes a text whose line feeds stay line feeds, so that people can read it.
    pub fn with_lines(text: &str) -> RustString {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for (number, line) in text.split('\n').enumerate() {
            if number > 0 {
                quoted.push('\n');
            }
            let is_plain = line.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'"' && b != b'\\');
            if is_plain {
                quoted.push_str(line);
            } else {
                let line = format!("{line:?}");
                let inside = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
                quoted.push_str(inside.unwrap_or_default());
            }
        }
        quoted.push('"');
        RustString(Quoted::already(quoted))
    }

    /// The literal.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// An identifier of Rust, or a path of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RustPath(Quoted);

impl RustPath {
    /// Takes a path such as `v1::UserCreated` or `r#type`. What no identifier can hold becomes `_`, whatever a lock that was
    /// edited says.
    pub fn new(path: &str) -> RustPath {
        let is_legal = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if path.bytes().all(is_legal) {
            return RustPath(Quoted::already(path));
        }
        let part = |part: &str| {
            let (raw, name) = part.strip_prefix("r#").map_or(("", part), |name| ("r#", name));
            let legal = |c: char| if u8::try_from(c).is_ok_and(is_legal) { c } else { '_' };
            format!("{raw}{}", name.chars().map(legal).collect::<String>())
        };
        RustPath(Quoted::already(path.split("::").map(part).collect::<Vec<_>>().join("::")))
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Running text in a comment that documents something: one line, in which nothing is a mark or a link.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct RustDoc(MarkdownText);

impl RustDoc {
    /// Quotes a text; it stands behind `/// ` or `//! `.
    pub fn new(text: &str) -> RustDoc {
        RustDoc(MarkdownText::new(text.trim()))
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A string of TOML.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct TomlString(Quoted);

impl TomlString {
    /// Quotes a text as a basic string (TOML 1.0, "String").
    pub fn new(text: &str) -> TomlString {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for character in text.chars() {
            match character {
                '"' | '\\' => quoted.extend(['\\', character]),
                _ if character.is_control() => quoted.push_str(&format!("\\u{:04X}", u32::from(character))),
                _ => quoted.push(character),
            }
        }
        quoted.push('"');
        TomlString(Quoted::already(quoted))
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_of_rust_cannot_be_left() {
        assert_eq!(RustString::new("a\"b\\\n{}\u{202e}\0").as_str(), r#""a\"b\\\n{}\u{202e}\0""#);
    }

    #[test]
    fn lines_of_a_string_of_rust_stay() {
        assert_eq!(RustString::with_lines("a \"b\"\n  c\\\n\r").as_str(), "\"a \\\"b\\\"\n  c\\\\\n\\r\"");
    }

    #[test]
    fn a_path_of_rust_holds_identifiers_alone() {
        assert_eq!(RustPath::new("v1::r#type::User").as_str(), "v1::r#type::User");
        assert_eq!(RustPath::new("a\"; b::{}").as_str(), "a___b::__");
    }

    #[test]
    fn documentation_is_one_line_without_marks() {
        assert_eq!(RustDoc::new(" a\n/// [b](c) <x> ").as_str(), r"a /// \[b\](c) \<x\>");
    }

    #[test]
    fn a_string_of_toml_cannot_be_left() {
        assert_eq!(TomlString::new("a\"b\\\n\u{7f}").as_str(), r#""a\"b\\\u000A\u007F""#);
    }
}
