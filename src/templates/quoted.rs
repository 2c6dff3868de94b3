//! Text that is quoted for one target language. Only such text can be rendered.

use crate::text::one_line;
use serde::{Serialize, Serializer};
use tera::Value;

/// Text of a target language, ready to stand in its file. Types of other modules that write a target
/// language themselves (SQL that was rendered from statements) put it into one of these.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quoted(String);

impl Quoted {
    /// Takes text that already is of the target language. The caller vouches that nothing in it came from
    /// a register without being quoted.
    pub fn already(text: impl Into<String>) -> Quoted {
        Quoted(text.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Serialize for Quoted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Value::safe_string(&self.0).serialize(serializer)
    }
}

/// Running text in Markdown: one line, in which nothing is a mark.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct MarkdownText(Quoted);

impl MarkdownText {
    /// Quotes a text.
    pub fn new(text: &str) -> MarkdownText {
        let mut quoted = String::with_capacity(text.len());
        for character in one_line(text).chars() {
            if character.is_ascii_punctuation() && !",.;:'/()?!%=+-\"@".contains(character) {
                quoted.push('\\');
            }
            quoted.push(character);
        }
        // These mean something at the beginning of a line only: lists, headings set by underlines.
        if quoted.starts_with(['+', '-', '=']) {
            quoted.insert(0, '\\');
        } else if let Some(end) = quoted.find(|c: char| !c.is_ascii_digit())
            && end > 0
            && quoted[end..].starts_with(['.', ')'])
        {
            quoted.insert(end, '\\');
        }
        MarkdownText(Quoted(quoted))
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// A name in Markdown, as code; also within a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct MarkdownCode(Quoted);

impl MarkdownCode {
    /// Quotes a text.
    pub fn new(text: &str) -> MarkdownCode {
        let line = one_line(text);
        // Nearly every text.
        if !line.is_empty() && !line.contains(['`', '|']) {
            return MarkdownCode(Quoted(["`", &line, "`"].concat()));
        }
        let longest_run = line.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest_run + 1);
        let pad = if line.starts_with('`') || line.ends_with('`') || line.is_empty() { " " } else { "" };
        // A table's cells are cut before code is read, so a bar is escaped even within code.
        MarkdownCode(Quoted(format!("{fence}{pad}{}{pad}{fence}", line.replace('|', r"\|"))))
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The inside of a double-quoted label in Mermaid.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct MermaidText(Quoted);

impl MermaidText {
    /// Quotes a text. Mermaid reads labels as Markdown and HTML, so every other sign becomes an entity.
    pub fn new(text: &str) -> MermaidText {
        let mut quoted = String::with_capacity(text.len());
        for character in one_line(text).chars() {
            if character.is_alphanumeric() || " -_./:,".contains(character) {
                quoted.push(character);
            } else {
                quoted.push_str(&format!("#{};", u32::from(character)));
            }
        }
        MermaidText(Quoted(quoted))
    }

    /// The quoted text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// One word of a shell, in single quotes: nothing in it is expanded, split or run. The shell's manual (POSIX, "Single-Quotes").
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct ShellWord(Quoted);

impl ShellWord {
    /// Quotes a text. No argument can hold a NUL, so it is left out.
    pub fn new(text: &str) -> ShellWord {
        // Nearly every text.
        if !text.contains(['\0', '\'']) {
            return ShellWord(Quoted(["'", text, "'"].concat()));
        }
        ShellWord(Quoted(format!("'{}'", text.replace('\0', "").replace('\'', r"'\''"))))
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
    fn markdown_text_has_no_marks() {
        let quoted = MarkdownText::new("a|b `c` <img src=x> [l](u) *x*\n# h ${x} {{y}} \u{1b}[31m");
        assert_eq!(quoted.as_str(), r"a\|b \`c\` \<img src=x\> \[l\](u) \*x\* \# h \$\{x\} \{\{y\}\}  \[31m");
        assert_eq!(MarkdownText::new("- a").as_str(), r"\- a");
        assert_eq!(MarkdownText::new("12. a").as_str(), r"12\. a");
    }

    #[test]
    fn markdown_code_cannot_be_left() {
        assert_eq!(MarkdownCode::new("users").as_str(), "`users`");
        assert_eq!(MarkdownCode::new("a`b").as_str(), "``a`b``");
        assert_eq!(MarkdownCode::new("`a").as_str(), "`` `a ``");
        assert_eq!(MarkdownCode::new("a|b\nc").as_str(), r"`a\|b c`");
    }

    #[test]
    fn a_word_of_the_shell_cannot_be_left() {
        assert_eq!(ShellWord::new("users").as_str(), "'users'");
        assert_eq!(ShellWord::new("").as_str(), "''");
        assert_eq!(ShellWord::new("a'; $(ls) `ls` \\ \"\n\0").as_str(), "'a'\\''; $(ls) `ls` \\ \"\n'");
    }

    #[test]
    fn mermaid_labels_cannot_be_left() {
        assert_eq!(MermaidText::new("a\"]; end\n`x` <b>").as_str(), "a#34;#93;#59; end #96;x#96; #60;b#62;");
    }
}
