//! Backslash escapes of quoted strings.

use super::characters::character_length;
use super::dedent::skip_whitespace;

/// A backslash that escapes nothing: where it stands, and how many bytes the attempt has.
#[derive(Clone, Copy, Debug)]
pub(super) struct BadEscape {
    /// Offset of the backslash.
    pub at: usize,
    /// Bytes of the attempt, backslash included.
    pub length: usize,
}

/// Appends the value of `text`, what stands between quotes. Where a backslash escapes nothing it is kept as it
/// stands, and the first such place is given.
pub(super) fn unescape(text: &str, out: &mut String) -> Option<BadEscape> {
    let bytes = text.as_bytes();
    let mut first_bad = None;
    let mut copied = 0;
    while let Some(offset) = memchr::memchr(b'\\', bytes.get(copied..).unwrap_or(&[])) {
        let at = copied + offset;
        out.push_str(text.get(copied..at).unwrap_or(""));
        match escape(text, at) {
            Ok((character, length)) => {
                out.extend(character);
                copied = at + length;
            }
            Err(length) => {
                first_bad = first_bad.or(Some(BadEscape { at, length }));
                out.push_str(text.get(at..at + length).unwrap_or(""));
                copied = at + length;
            }
        }
    }
    out.push_str(text.get(copied..).unwrap_or(""));
    first_bad
}

/// What the escape at `at` stands for, and its length; or the length of the attempt where it is none.
fn escape(text: &str, at: usize) -> Result<(Option<char>, usize), usize> {
    let bytes = text.as_bytes();
    let character = match bytes.get(at + 1) {
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b's') => ' ',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{C}',
        Some(b'\\') => '\\',
        Some(b'"') => '"',
        Some(b'u') => return unicode_escape(text, at),
        Some(byte) => {
            let end = skip_whitespace(bytes, at + 1);
            return if end > at + 1 { Ok((None, end - at)) } else { Err(1 + character_length(*byte)) };
        }
        None => return Err(1),
    };
    Ok((Some(character), 2))
}

fn unicode_escape(text: &str, at: usize) -> Result<(Option<char>, usize), usize> {
    let rest = text.get(at + 2..).unwrap_or("");
    let Some(digits) = rest.strip_prefix('{') else { return Err(2) };
    let count = digits.bytes().take(7).take_while(u8::is_ascii_hexdigit).count();
    let closed = digits.as_bytes().get(count) == Some(&b'}');
    let attempt = 3 + count + usize::from(closed);
    let value = digits.get(..count).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    match value.and_then(char::from_u32) {
        Some(character) if closed && (1..=6).contains(&count) => Ok((Some(character), attempt)),
        _ => Err(attempt),
    }
}
