//! Places inside of a text that was written in quotes.

use crate::semantic::model::Located;
use crate::source::{Place, Span};

/// The place of some bytes of a text. Where the text was written with escapes its bytes cannot be told from those
/// of the file, and the whole of it is meant.
pub fn within(text: &Located<String>, offset: usize, length: usize) -> Place {
    let written = text.place.span;
    let quotes = (written.len() as usize).checked_sub(text.value.len());
    let start = match quotes {
        // Without quotes, or with one on each side.
        Some(0) => 0,
        Some(2) => 1,
        _ => return text.place,
    };
    // Past the end there is the closing quote to point at.
    let begin = u32::try_from(start + offset.min(text.value.len())).unwrap_or(0);
    let end = begin + u32::try_from(length.max(1)).unwrap_or(1);
    let span = Span::new(written.start + begin, (written.start + end).min(written.end));
    Place { file: text.place.file, span }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn located(text: &str, start: u32, end: u32) -> Located<String> {
        Located::new(text.to_owned(), Place { file: FileId(0), span: Span::new(start, end) })
    }

    #[test]
    fn bytes_are_found_unless_escapes_hide_them() {
        let quoted = located("a > b", 10, 17);
        assert_eq!(within(&quoted, 4, 1).span, Span::new(15, 16));
        assert_eq!(within(&quoted, 5, 1).span, Span::new(16, 17));
        assert_eq!(within(&located("ab", 10, 12), 1, 1).span, Span::new(11, 12));
        assert_eq!(within(&located("a\tb", 10, 16), 1, 1).span, Span::new(10, 16));
    }
}
