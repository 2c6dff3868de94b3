//! Which characters can be shown: text of a register may steer a terminal or the layout of a page.

use std::borrow::Cow;
use std::path::Path;

/// Whether a character steers a terminal or the direction of writing instead of being shown.
pub fn is_control(character: char) -> bool {
    let turns =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(character, '\u{2028}' | '\u{2029}' | '\u{feff}');
    character.is_control() || turns || breaks
}

/// The text on one line: a space for every control character.
pub fn one_line(text: &str) -> Cow<'_, str> {
    replace_controls(text, |_| false, |_, shown| shown.push(' '))
}

/// The text with control characters written out, such as `\u{1b}`; line feeds stay.
pub fn printable(text: &str) -> Cow<'_, str> {
    replace_controls(text, |c| c == '\n', |c, shown| shown.extend(c.escape_unicode()))
}

/// The text on one line with control characters written out, such as `\u{1b}` and `\n`.
pub fn printable_on_one_line(text: &str) -> Cow<'_, str> {
    replace_controls(
        text,
        |_| false,
        |c, shown| match c {
            '\n' => shown.push_str("\\n"),
            _ => shown.extend(c.escape_unicode()),
        },
    )
}

/// A path for a message: on one line, whatever its names hold.
pub fn printable_path(path: &Path) -> String {
    printable_on_one_line(&path.to_string_lossy()).into_owned()
}

/// The text with control characters replaced by others of the same length in bytes, so that spans of
/// the one are spans of the other; tabs and line ends stay.
pub fn printable_in_place(text: &str) -> Cow<'_, str> {
    let replaced = replace_controls(
        text,
        |c| matches!(c, '\n' | '\r' | '\t'),
        |c, shown| {
            shown.push_str(match c.len_utf8() {
                1 => "?",
                2 => "\u{b7}",
                _ => "\u{fffd}",
            });
        },
    );
    match memchr::memchr(b'\r', text.as_bytes()) {
        Some(_) => Cow::Owned(replace_lone_returns(&replaced)),
        None => replaced,
    }
}

/// A carriage return that no line feed follows would go back over what a terminal has shown.
fn replace_lone_returns(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let lone = character == '\r' && characters.peek() != Some(&'\n');
        shown.push(if lone { '?' } else { character });
    }
    shown
}

fn replace_controls(text: &str, keep: fn(char) -> bool, write: fn(char, &mut String)) -> Cow<'_, str> {
    let refused = |c: char| is_control(c) && !keep(c);
    let is_plain = text.bytes().all(|b| matches!(b, b' '..=b'~'));
    if is_plain || !text.contains(refused) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if refused(character) {
            write(character, &mut shown);
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[31m\tb\r\nc\rd\u{202e}e\u{85}f";

    #[test]
    fn no_control_character_is_left() {
        assert_eq!(one_line(HOSTILE), "a [31m b  c d e f");
        assert_eq!(printable("a\u{1b}\nb"), "a\\u{1b}\nb");
        assert_eq!(printable_on_one_line("a\u{1b}\nb"), "a\\u{1b}\\nb");
        assert_eq!(printable_in_place(HOSTILE), "a?[31m\tb\r\nc?d\u{fffd}e\u{b7}f");
        assert_eq!(printable_in_place(HOSTILE).len(), HOSTILE.len());
    }

    #[test]
    fn plain_text_is_not_copied() {
        assert!(matches!(printable_in_place("a\nñ€𝄞"), Cow::Borrowed(_)));
    }
}
