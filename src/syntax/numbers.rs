//! Numbers: decimal, hexadecimal, octal and binary. They are recognised, never converted.

use super::tree::ValueKind;

/// Whether what stands at `at` begins like a number, so that it can be no bare word.
pub(super) fn begins_number(bytes: &[u8], at: usize) -> bool {
    let sign = usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    match bytes.get(at + sign) {
        Some(b'0'..=b'9') => true,
        Some(b'.') => matches!(bytes.get(at + sign + 1), Some(b'0'..=b'9')),
        _ => false,
    }
}

/// The longest number at `at`: its end and its kind. `None` where no number is complete.
pub(super) fn number(bytes: &[u8], at: usize) -> Option<(usize, ValueKind)> {
    let start = at + usize::from(matches!(bytes.get(at), Some(b'+' | b'-')));
    let radix: Option<fn(&u8) -> bool> = match bytes.get(start..start + 2) {
        Some(b"0x") => Some(u8::is_ascii_hexdigit),
        Some(b"0o") => Some(|byte| matches!(byte, b'0'..=b'7')),
        Some(b"0b") => Some(|byte| matches!(byte, b'0' | b'1')),
        _ => None,
    };
    if let Some(is_digit) = radix {
        return Some((digits(bytes, start + 2, is_digit)?, ValueKind::Integer));
    }
    let mut end = digits(bytes, start, u8::is_ascii_digit)?;
    let mut kind = ValueKind::Integer;
    if bytes.get(end) == Some(&b'.') {
        end = digits(bytes, end + 1, u8::is_ascii_digit)?;
        kind = ValueKind::Decimal;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        end = digits(bytes, end + 1 + sign, u8::is_ascii_digit)?;
        kind = ValueKind::Decimal;
    }
    Some((end, kind))
}

/// The end of a digit followed by digits and underscores.
fn digits(bytes: &[u8], at: usize, is_digit: fn(&u8) -> bool) -> Option<usize> {
    let rest = bytes.get(at..)?;
    if !rest.first().is_some_and(is_digit) {
        return None;
    }
    let length = rest.iter().take_while(|byte| **byte == b'_' || is_digit(byte)).count();
    Some(at + length)
}
