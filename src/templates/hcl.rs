//! Values of HCL, the language of Terraform, laid out as `terraform fmt` does.

use super::Quoted;
use crate::text::{is_control, one_line};
use serde::{Serialize, Serializer};
use std::fmt::Write;

/// A text of HCL in double quotes, in which nothing is evaluated. HCL Native Syntax Specification, "Template Literals".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct HclString(Quoted);

impl HclString {
    /// Quotes a text. It comes back from a reader sign by sign.
    pub fn new(text: &str) -> HclString {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        let mut rest = text.chars().peekable();
        while let Some(character) = rest.next() {
            match character {
                '"' | '\\' => quoted.extend(['\\', character]),
                '\n' => quoted.push_str("\\n"),
                '\r' => quoted.push_str("\\r"),
                '\t' => quoted.push_str("\\t"),
                // `${` and `%{` begin what is evaluated. Written so, neither sign stands there for the reader of templates;
                // doubled they would, where several stand in a row.
                '$' | '%' if rest.peek() == Some(&'{') => escape(&mut quoted, character),
                _ if is_control(character) => escape(&mut quoted, character),
                _ => quoted.push(character),
            }
        }
        quoted.push('"');
        HclString(Quoted::already(quoted))
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

fn escape(quoted: &mut String, character: char) {
    let code = u32::from(character);
    // Writing to a string cannot fail.
    let _ = if code > 0xffff { write!(quoted, "\\U{code:08x}") } else { write!(quoted, "\\u{code:04x}") };
}

/// A comment of HCL: one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct HclComment(Quoted);

impl HclComment {
    /// Writes a text as a comment.
    pub fn new(text: &str) -> HclComment {
        HclComment(Quoted::already(format!("# {}", one_line(text)).trim_end().to_owned()))
    }
}

/// A value of HCL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hcl {
    /// A text.
    Text(String),
    /// A whole number.
    Number(u64),
    /// A boolean.
    Flag(bool),
    /// A list of values, on one line.
    List(Vec<Hcl>),
    /// Values by keys, one below the other.
    Map(Vec<(String, Hcl)>),
    /// An expression that the program writes, in which nothing of a register stands.
    Expression(&'static str),
}

impl Hcl {
    /// A map.
    pub fn map<const N: usize>(entries: [(&str, Hcl); N]) -> Hcl {
        Hcl::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

impl From<&str> for Hcl {
    fn from(text: &str) -> Hcl {
        Hcl::Text(text.to_owned())
    }
}

impl From<String> for Hcl {
    fn from(text: String) -> Hcl {
        Hcl::Text(text)
    }
}

impl From<u32> for Hcl {
    fn from(number: u32) -> Hcl {
        Hcl::Number(number.into())
    }
}

impl From<bool> for Hcl {
    fn from(flag: bool) -> Hcl {
        Hcl::Flag(flag)
    }
}

/// Attributes of a body, one below the other, as `terraform fmt` lays them out. Names are those that the program gives.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HclAttributes {
    attributes: Vec<(&'static str, Hcl)>,
    indent: usize,
}

impl HclAttributes {
    /// None yet, in a block that is so deep: 0 is the top of a file.
    pub fn new(depth: usize) -> HclAttributes {
        HclAttributes { attributes: Vec::new(), indent: depth }
    }

    /// Adds one.
    pub fn set(&mut self, name: &'static str, value: impl Into<Hcl>) -> &mut HclAttributes {
        self.attributes.push((name, value.into()));
        self
    }

    /// The text, without the last line feed.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let named = self.attributes.iter().map(|(name, value)| ((*name).to_owned(), value));
        lines(&mut text, named, self.indent);
        text.trim_end_matches('\n').to_owned()
    }
}

impl Serialize for HclAttributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Quoted::already(self.text()).serialize(serializer)
    }
}

/// `name = value` lines. Those that follow each other and end on their line have their `=` below each other.
fn lines<'a>(text: &mut String, entries: impl Iterator<Item = (String, &'a Hcl)>, depth: usize) {
    let entries: Vec<(String, &Hcl)> = entries.collect();
    let is_long = |value: &Hcl| matches!(value, Hcl::Map(entries) if !entries.is_empty());
    let mut start = 0;
    while start < entries.len() {
        let group = entries[start..].iter().take_while(|(_, value)| !is_long(value)).count().max(1);
        let group = &entries[start..start + group];
        let width = group.iter().map(|(name, _)| columns(name)).max().unwrap_or(0);
        for (name, value) in group {
            let padding = if group.len() == 1 { 0 } else { width - columns(name) };
            text.push_str(&"  ".repeat(depth));
            text.push_str(name);
            text.push_str(&" ".repeat(padding));
            text.push_str(" = ");
            write_value(text, value, depth);
            text.push('\n');
        }
        start += group.len();
    }
}

/// How many signs a name takes, as `terraform fmt` counts.
fn columns(name: &str) -> usize {
    name.chars().count()
}

/// How deep values are written; what is deeper is left empty. No view is.
const DEEPEST: usize = 8;

fn write_value(text: &mut String, value: &Hcl, depth: usize) {
    match value {
        Hcl::Text(value) => text.push_str(HclString::new(value).as_str()),
        Hcl::Number(number) => text.push_str(&number.to_string()),
        Hcl::Flag(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Hcl::Expression(expression) => text.push_str(expression),
        Hcl::List(values) if depth < DEEPEST => {
            text.push('[');
            for (number, value) in values.iter().enumerate() {
                text.push_str(if number > 0 { ", " } else { "" });
                write_value(text, value, depth + 1);
            }
            text.push(']');
        }
        Hcl::Map(entries) if depth < DEEPEST && !entries.is_empty() => {
            text.push_str("{\n");
            let keyed = entries.iter().map(|(key, value)| (HclString::new(key).as_str().to_owned(), value));
            lines(text, keyed, depth + 1);
            text.push_str(&"  ".repeat(depth));
            text.push('}');
        }
        Hcl::List(_) => text.push_str("[]"),
        Hcl::Map(_) => text.push_str("{}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hcl_edit::expr::Expression;
    use hcl_edit::structure::Body;
    use proptest::prelude::*;

    /// The value of the attribute of a file, where it is a text in which nothing is evaluated.
    fn read(text: &str) -> String {
        let body: Body = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(body.len(), 1, "{text}");
        let attribute = body.get_attribute("value").unwrap_or_else(|| panic!("{text}"));
        match &attribute.value {
            Expression::String(value) => value.value().clone(),
            other => panic!("{text}: {other:?}"),
        }
    }

    fn written(text: &str) -> String {
        let mut attributes = HclAttributes::new(0);
        attributes.set("value", text);
        attributes.text()
    }

    #[test]
    fn hostile_texts_are_texts() {
        for hostile in [
            "",
            "no",
            "true",
            "null",
            "1e3",
            "${file(\"/etc/passwd\")}",
            "$${x}",
            "$$${x}",
            "$$$${x}",
            "%{ for x in y }",
            "%%{x}",
            "$",
            "${",
            "%{",
            "$ {",
            "<<EOF\nx\nEOF",
            "\"",
            "\\",
            "\\\"",
            "a\nb\r\t\u{0}\u{1b}[31m",
            "\u{202e}x",
            "\u{feff}",
            "é😀",
            "# x",
            "/* x */",
            "}\nresource \"x\" \"y\" {",
        ] {
            assert_eq!(read(&written(hostile)), hostile);
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in "(\\PC|[\\$%{}\"\\\\\n\r]){0,20}") {
            prop_assert_eq!(read(&written(&text)), text);
        }
    }

    #[test]
    fn a_comment_is_one_line() {
        assert_eq!(HclComment::new("a\nresource \"x\" {}").0.as_str(), "# a resource \"x\" {}");
        assert_eq!(HclComment::new("").0.as_str(), "#");
    }

    #[test]
    fn attributes_are_laid_out_as_terraform_does() {
        let mut attributes = HclAttributes::new(1);
        attributes
            .set("a", "x")
            .set("longer", 2)
            .set("tags", Hcl::map([("b", true.into()), ("long\"er", Hcl::List(vec![1.into(), "y".into()]))]));
        attributes.set("none", Hcl::Map(Vec::new())).set("x", Hcl::Expression("var.x"));
        insta::assert_snapshot!(attributes.text(), @r#"
          a      = "x"
          longer = 2
          tags = {
            "b"        = true
            "long\"er" = [1, "y"]
          }
          none = {}
          x    = var.x
        "#);
    }
}
