//! What KDL 2 counts as whitespace, as a newline, as part of a bare word, and what it forbids.

use crate::source::Span;

/// The byte may stand in a bare word, and is no byte of whitespace.
const WORD: u8 = 1;
/// The byte ends the plain run of a quoted string: `"`, `\`, or perhaps a newline.
const STRING_STOP: u8 = 2;
/// The byte begins a character outside ASCII that may be whitespace or a newline.
const LOOK: u8 = 4;

const CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut classes = [WORD; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'"' | b'\\' => STRING_STOP,
            0x0A..=0x0D => STRING_STOP,
            b'\t' | b' ' | b'/' | b'(' | b')' | b'{' | b'}' | b'[' | b']' | b';' | b'#' | b'=' => 0,
            0xC2 | 0xE1 | 0xE2 | 0xE3 => LOOK | STRING_STOP,
            _ => WORD,
        };
        byte += 1;
    }
    classes
}

/// The length in bytes of the newline at `at`; 0 where there is none. CR LF is one newline.
pub(super) fn newline_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\n' | 0x0B | 0x0C) => 1,
        Some(b'\r') => 1 + usize::from(bytes.get(at + 1) == Some(&b'\n')),
        Some(0xC2) if bytes.get(at + 1) == Some(&0x85) => 2,
        Some(0xE2) if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0xA8 | 0xA9])) => 3,
        _ => 0,
    }
}

/// The length in bytes of the whitespace character at `at`, newlines apart; 0 where there is none.
pub(super) fn space_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b' ' | b'\t') => 1,
        Some(0xC2) if bytes.get(at + 1) == Some(&0xA0) => 2,
        Some(0xE1) if matches!(bytes.get(at + 1..at + 3), Some([0x9A, 0x80])) => 3,
        Some(0xE2)
            if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0x80..=0x8A | 0xAF] | [0x81, 0x9F])) =>
        {
            3
        }
        Some(0xE3) if matches!(bytes.get(at + 1..at + 3), Some([0x80, 0x80])) => 3,
        _ => 0,
    }
}

/// The end of the whitespace, newlines apart, that begins at `at`.
pub(super) fn skip_spaces(bytes: &[u8], mut at: usize) -> usize {
    loop {
        match space_length(bytes, at) {
            0 => return at,
            length => at += length,
        }
    }
}

/// Where the next newline begins at or after `at`; the end of the text where there is none.
pub(super) fn line_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        if (matches!(byte, 0x0A..=0x0D) || CLASSES[*byte as usize] & LOOK != 0)
            && newline_length(bytes, at) > 0
        {
            return at;
        }
        at += 1;
    }
    at
}

/// Where the line begins that `at` is on.
pub(super) fn line_start(bytes: &[u8], at: usize) -> usize {
    let is_start = |start: usize| {
        (1..=3).any(|length| start >= length && newline_length(bytes, start - length) == length)
    };
    (1..=at).rev().find(|start| is_start(*start)).unwrap_or(0)
}

/// The end of the bare word that begins at `at`, which is `at` itself where none does.
pub(super) fn word_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        let class = CLASSES[*byte as usize];
        if class & WORD != 0 {
            at += 1;
        } else if class & LOOK != 0 && space_length(bytes, at) == 0 && newline_length(bytes, at) == 0 {
            at += character_length(*byte);
        } else {
            break;
        }
    }
    at
}

/// The next byte at or after `at` that is `"`, `\`, or begins a newline; the end of the text where there is none.
pub(super) fn string_stop(bytes: &[u8], mut at: usize) -> usize {
    while let Some(byte) = bytes.get(at) {
        let class = CLASSES[*byte as usize];
        if class & STRING_STOP != 0 {
            if class & LOOK == 0 || newline_length(bytes, at) > 0 {
                return at;
            }
            at += character_length(*byte);
        } else {
            at += 1;
        }
    }
    at
}

/// The length in bytes of the character that begins with `byte`.
pub(super) const fn character_length(byte: u8) -> usize {
    match byte {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// Whether KDL forbids a character outside of escapes. A byte order mark is allowed at the very beginning.
pub(super) const fn is_disallowed(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{8}'
            | '\u{E}'..='\u{1F}'
            | '\u{7F}'
            | '\u{200E}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}'
            | '\u{FEFF}'
    )
}

/// Calls `found` for every run of characters that KDL forbids, until it answers `false`.
pub(super) fn disallowed_runs(text: &str, from: usize, mut found: impl FnMut(Span) -> bool) {
    /// Small enough to stay in the cache, large enough to be compared many bytes at a time.
    const CHUNK: usize = 256;
    let bytes = text.as_bytes();
    let mut run: Option<Span> = None;
    let mut start = from;
    while start < bytes.len() {
        let mut end = bytes.len().min(start + CHUNK);
        while !text.is_char_boundary(end) {
            end += 1;
        }
        let chunk = text.get(start..end).unwrap_or("");
        if chunk.bytes().fold(false, |any, byte| any | may_be_disallowed(byte)) {
            for (offset, character) in chunk.char_indices().filter(|(_, character)| is_disallowed(*character))
            {
                let at = (start + offset) as u32;
                let next = at + character.len_utf8() as u32;
                match &mut run {
                    Some(open) if open.end == at => open.end = next,
                    _ => {
                        if run.replace(Span::new(at, next)).is_some_and(|done| !found(done)) {
                            return;
                        }
                    }
                }
            }
        }
        start = end;
    }
    if let Some(done) = run {
        found(done);
    }
}

const fn may_be_disallowed(byte: u8) -> bool {
    (byte < 0x20 && (byte < 0x09 || byte > 0x0D)) | (byte == 0x7F) | (byte == 0xE2) | (byte == 0xEF)
}
