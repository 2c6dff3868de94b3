//! Comments of Protobuf. They end up in the comments of generated code, whose tools read them as Markdown or HTML.

use crate::text::one_line;

/// Columns of a line of a comment, with what stands before it.
const WIDTH: usize = 100;

/// Paragraphs as the lines of a comment, each with its line feed but the last; nothing for no text. `indent` is how many
/// spaces stand before each.
///
/// Line feeds of a text stay; other control characters become spaces. A text cannot leave the comment, since nothing
/// ends one but its line. Two things are taken out of it that a text of generated code would be run or obeyed for:
/// fences, in which rustdoc finds examples to test, and spaces at the beginning of a line, by which it finds them too.
pub(super) fn comment(paragraphs: &[String], indent: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for paragraph in paragraphs.iter().filter(|paragraph| !paragraph.trim().is_empty()) {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        for line in paragraph.trim().lines() {
            lines.extend(wrapped(&without_fences(&one_line(line)), WIDTH.saturating_sub(indent + 3)));
        }
    }
    let lines = lines.iter().map(|line| format!("{:indent$}// {line}", "").trim_end().to_owned());
    lines.collect::<Vec<_>>().join("\n")
}

/// Runs of three and more of the signs that open a fence, as one of them.
fn without_fences(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(['`', '~']) {
        let sign = &rest[start..=start];
        let run = rest[start..].len() - rest[start..].trim_start_matches(sign).len();
        text.push_str(&rest[..start]);
        text.push_str(if run < 3 { &rest[start..start + run] } else { sign });
        rest = &rest[start + run..];
    }
    text.push_str(rest);
    text
}

/// The words in lines of at most `width` characters; a longer word has a line of its own.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut length = 0;
    for word in text.split_whitespace() {
        let count = word.chars().count();
        if length > 0 && length + 1 + count > width {
            lines.push(String::new());
            length = 0;
        }
        if let Some(line) = lines.last_mut() {
            if length > 0 {
                line.push(' ');
                length += 1;
            }
            line.push_str(word);
            length += count;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        comment(&[text.to_owned()], 2)
    }

    #[test]
    fn a_text_cannot_leave_its_comment() {
        assert_eq!(of("a */ b\r\nmessage X {}\u{85}c\u{1b}[31m"), "  // a */ b\n  // message X {} c [31m");
        assert_eq!(of(" \n\n "), "");
        assert_eq!(
            comment(&["a".to_owned(), String::new(), "b\n\nc".to_owned()], 0),
            "// a\n//\n// b\n//\n// c"
        );
    }

    #[test]
    fn nothing_in_it_is_an_example_to_run() {
        assert_eq!(
            of("a\n    fn main() {}\n```rust\n~~~~ ``x`` ~y~"),
            "  // a\n  // fn main() {}\n  // `rust\n  // ~ ``x`` ~y~"
        );
    }

    #[test]
    fn long_lines_are_wrapped() {
        let text = of(&"word ".repeat(50));
        assert!(text.lines().count() == 3 && text.lines().all(|line| line.len() <= WIDTH), "{text}");
        assert_eq!(of(&"é".repeat(200)).lines().count(), 1);
    }
}
