//! Whether a type takes a literal: what PostgreSQL would refuse, cut or round is found before it runs.

use super::data_type::DataType;
use super::literal::Literal;
use super::{TypeFamily, literal::Number};

/// Why a type does not take a literal, as a phrase; `None` where it does, or where only PostgreSQL can tell.
pub fn literal_problem(data_type: &DataType, literal: &Literal) -> Option<String> {
    match literal {
        Literal::Null => None,
        Literal::Text(text) if text.contains('\0') => Some("PostgreSQL keeps no NUL".to_owned()),
        Literal::Text(text) if data_type.is_array() => {
            array_problem(text).or_else(|| element_problem(data_type, text))
        }
        _ if data_type.is_array() => Some("an array is written as text, such as `\"{}\"`".to_owned()),
        Literal::Text(text) => text_problem(data_type, text),
        Literal::Number(number) => number_problem(data_type, number),
        Literal::Boolean(_) => {
            (data_type.family() != TypeFamily::Boolean).then(|| format!("`{data_type}` is not a boolean"))
        }
    }
}

fn array_problem(text: &str) -> Option<String> {
    let trimmed = text.trim();
    let body = trimmed.split_once('=').filter(|_| trimmed.starts_with('[')).map_or(trimmed, |(_, body)| body);
    let is_braced = body.starts_with('{') && body.ends_with('}');
    (!is_braced).then(|| "an array is written in braces, such as `{a,b}`".to_owned())
}

/// The elements of an array that is written as plainly as `{a,b}`: of one dimension, without quotes and escapes.
pub fn plain_elements(text: &str) -> Option<Vec<&str>> {
    let inside = text.trim().strip_prefix('{')?.strip_suffix('}')?;
    if inside.contains(['{', '}', '"', '\\']) {
        return None;
    }
    if inside.trim().is_empty() {
        return Some(Vec::new());
    }
    let elements = inside.split(',').map(str::trim);
    Some(elements.filter(|element| !element.eq_ignore_ascii_case("null")).collect())
}

fn element_problem(data_type: &DataType, text: &str) -> Option<String> {
    let element_type = DataType::parse(data_type.element())?;
    plain_elements(text)?.into_iter().find_map(|element| {
        let nothing = element.is_empty().then(|| "an element is missing".to_owned());
        nothing.or_else(|| text_problem(&element_type, element))
    })
}

fn number_problem(data_type: &DataType, number: &Number) -> Option<String> {
    match data_type.family() {
        TypeFamily::Integer => integer_problem(data_type, number.as_str()),
        TypeFamily::Decimal => decimal_problem(data_type, number.as_str()),
        TypeFamily::Float | TypeFamily::Money => None,
        TypeFamily::ObjectIdentifier => number
            .as_str()
            .parse::<u32>()
            .is_err()
            .then(|| format!("`{data_type}` takes a whole number from 0 to 4294967295")),
        TypeFamily::Text => Some(format!("`{data_type}` takes text, which is written in quotes")),
        _ => Some(format!("`{data_type}` does not take a number")),
    }
}

fn integer_problem(data_type: &DataType, text: &str) -> Option<String> {
    let (low, high) = match data_type.base() {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    match text.trim().parse::<i64>() {
        Ok(value) if (low..=high).contains(&value) => None,
        Ok(_) => Some(format!("`{data_type}` holds numbers from {low} to {high}")),
        Err(_) if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') && !text.is_empty() => {
            Some(format!("`{data_type}` holds numbers from {low} to {high}"))
        }
        Err(_) => {
            Some(format!("`{data_type}` holds whole numbers, and PostgreSQL would refuse or round this"))
        }
    }
}

fn decimal_problem(data_type: &DataType, text: &str) -> Option<String> {
    let (precision, scale) = data_type.precision()?;
    let unsigned = text.trim().trim_start_matches(['-', '+']);
    if unsigned.contains(['e', 'E']) {
        return None;
    }
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let (precision, scale) = (i64::from(precision), i64::from(scale));
    let significant = |digits: &str| i64::try_from(digits.len()).unwrap_or(i64::MAX);
    let behind = significant(fraction.trim_end_matches('0'));
    let front = significant(whole.trim_start_matches('0'));
    if behind > scale.max(0) {
        return Some(format!(
            "`{data_type}` keeps {} digits after the point, and this would be rounded",
            scale.max(0)
        ));
    }
    let room = (precision - scale).max(0);
    (front > room).then(|| format!("`{data_type}` holds {room} digits before the point"))
}

fn text_problem(data_type: &DataType, text: &str) -> Option<String> {
    let trimmed = text.trim();
    let wrong =
        |is_right: bool, what: &str| (!is_right).then(|| format!("{what}, as `{data_type}` takes it"));
    match data_type.family() {
        TypeFamily::Text => length_problem(data_type, text),
        TypeFamily::Integer if depends_on_the_version(trimmed) => None,
        TypeFamily::Integer => integer_problem(data_type, trimmed),
        TypeFamily::Decimal | TypeFamily::Float => match Number::new(trimmed) {
            Some(number) => number_problem(data_type, &number),
            None => wrong(may_be_number(trimmed), "this is not a number"),
        },
        TypeFamily::Boolean => wrong(is_boolean(trimmed), "this is neither `true` nor `false`"),
        TypeFamily::Uuid => wrong(is_uuid(trimmed), "this is not a UUID of 32 hexadecimal digits"),
        TypeFamily::Date | TypeFamily::Timestamp => wrong(may_be_moment(trimmed), "this is no date"),
        TypeFamily::Time => wrong(may_be_time(trimmed), "this is no time of day"),
        TypeFamily::Interval => {
            let has_digit = trimmed.contains(|c: char| c.is_ascii_digit());
            wrong(has_digit || trimmed.ends_with("infinity"), "this is no interval, such as `1 day`")
        }
        TypeFamily::Json if data_type.base() != "jsonpath" => {
            let is_json = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
            wrong(is_json, "this is not JSON")
        }
        TypeFamily::Bits => bits_problem(data_type, text),
        TypeFamily::Network if matches!(data_type.base(), "inet" | "cidr") => {
            let address = trimmed.split('/').next().unwrap_or("");
            let is_short = |byte: u8| byte.is_ascii_digit() || byte == b'.';
            let may_be_short =
                data_type.base() == "cidr" || (trimmed.contains('/') && address.bytes().all(is_short));
            let is_address = address.parse::<std::net::IpAddr>().is_ok() || may_be_short;
            wrong(is_address, "this is no address of a network")
        }
        TypeFamily::Network => {
            let digits = trimmed.bytes().filter(u8::is_ascii_hexdigit).count();
            let bytes = if data_type.base() == "macaddr" { 6 } else { 8 };
            // `macaddr8` also takes the six bytes of a `macaddr`.
            let is_address = digits > 0
                && digits <= 2 * bytes
                && trimmed.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'-' | b'.'))
                && (trimmed.contains([':', '-', '.']) || digits >= 12);
            wrong(is_address, "this is no hardware address")
        }
        TypeFamily::Money => {
            let has_digit = trimmed.contains(|c: char| c.is_ascii_digit());
            wrong(has_digit || trimmed.is_empty(), "this is no amount of money")
        }
        TypeFamily::Range => {
            let is_range = trimmed.eq_ignore_ascii_case("empty") || trimmed.starts_with(['[', '(', '{']);
            wrong(is_range, "this is no range, such as `[1,5)`")
        }
        _ => None,
    }
}

fn length_problem(data_type: &DataType, text: &str) -> Option<String> {
    let limit = usize::try_from(data_type.length()?).ok()?;
    // PostgreSQL lets spaces at the end go.
    let length = text.trim_end_matches(' ').chars().count();
    (length > limit).then(|| format!("`{data_type}` holds {limit} characters, and this has {length}"))
}

fn bits_problem(data_type: &DataType, text: &str) -> Option<String> {
    let bits = text.strip_prefix(['b', 'B']).unwrap_or(text);
    if !bits.bytes().all(|byte| matches!(byte, b'0' | b'1')) {
        // Hexadecimal digits after an `x` are taken, too.
        let is_hex =
            text.strip_prefix(['x', 'X']).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        return (!is_hex).then(|| format!("`{data_type}` is written with the digits 0 and 1"));
    }
    let limit = usize::try_from(data_type.length()?).ok()?;
    let fits = if data_type.base() == "bit" { bits.len() == limit } else { bits.len() <= limit };
    (!fits).then(|| format!("`{data_type}` does not hold {} bits", bits.len()))
}

/// Whether only some versions read it: since 16 numbers may have another base, and underscores.
fn depends_on_the_version(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let has_base = unsigned
        .strip_prefix('0')
        .is_some_and(|rest| rest.starts_with(['x', 'X', 'o', 'O', 'b', 'B']) && rest.len() > 1);
    has_base || (unsigned.starts_with(|c: char| c.is_ascii_digit()) && unsigned.contains('_'))
}

/// Whether a text that is not written as SQL's own numbers are may be read as one: `.5`, `5.`, `+inf`.
fn may_be_number(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let is_special = ["nan", "infinity", "inf"].iter().any(|word| unsigned.eq_ignore_ascii_case(word));
    let of_numbers = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    let is_short = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().any(|byte| byte.is_ascii_digit())
        && unsigned.bytes().all(of_numbers);
    is_special || is_short || depends_on_the_version(text)
}

fn is_boolean(text: &str) -> bool {
    let word = text.to_ascii_lowercase();
    let starts = |full: &str, shortest: usize| word.len() >= shortest && full.starts_with(&word);
    starts("true", 1)
        || starts("false", 1)
        || starts("yes", 1)
        || starts("no", 1)
        || starts("on", 2)
        || starts("off", 2)
        || matches!(word.as_str(), "0" | "1")
}

fn is_uuid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
    let digits: String = inner.split('-').collect();
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// PostgreSQL reads very many forms of dates; refused is what looks like ISO 8601 and is no date, and what holds
/// neither a digit nor a word that stands for a moment.
fn may_be_moment(text: &str) -> bool {
    let special = ["now", "today", "tomorrow", "yesterday", "epoch", "infinity", "-infinity", "allballs"];
    let words = text.to_ascii_lowercase();
    // Years before Christ have leap days of their own.
    if words.split_whitespace().any(|word| special.contains(&word) || word.ends_with("bc")) {
        return true;
    }
    let looks_like_iso = text.len() >= 10
        && text.bytes().take(10).enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    match text.get(..10) {
        Some(date) if looks_like_iso => date.parse::<jiff::civil::Date>().is_ok(),
        _ => text.contains(|c: char| c.is_ascii_digit()),
    }
}

fn may_be_time(text: &str) -> bool {
    let hours = text.split(':').next().and_then(|hours| hours.parse::<u32>().ok());
    match hours {
        Some(hours) if text.contains(':') => hours <= 24,
        _ => may_be_moment(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(data_type: &str, literal: Literal) -> Option<String> {
        literal_problem(&DataType::parse(data_type).expect(data_type), &literal)
    }

    #[test]
    fn what_postgresql_takes_is_taken() {
        let texts = [
            ("text", "x"),
            ("varchar(3)", "abc  "),
            ("int", "5"),
            ("bool", "yes"),
            ("date", "2024-02-29"),
            ("date", "Jan 1, 2024"),
            ("timestamptz", "now"),
            ("time", "10:00"),
            ("interval", "1 day"),
            ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ("jsonb", "{\"a\": 1}"),
            ("inet", "10.0.0.1/8"),
            ("text[]", "{}"),
            ("int[]", "[0:1]={1,2}"),
            ("bit(3)", "101"),
            ("int4range", "[1,5)"),
            ("numeric(4,2)", "12.50"),
            ("real", "NaN"),
            ("bytea", "\\x00"),
        ];
        for (data_type, text) in texts {
            assert_eq!(problem(data_type, Literal::text(text)), None, "{data_type} {text}");
        }
        let numbers = [
            ("int", "-5"),
            ("numeric(12,2)", "0"),
            ("numeric", "1e3"),
            ("float8", "1.5"),
            ("money", "1.5"),
            ("smallint", "32767"),
            ("numeric(3,-2)", "12300"),
        ];
        for (data_type, text) in numbers {
            let literal = Literal::number(text).expect(text);
            assert_eq!(problem(data_type, literal), None, "{data_type} {text}");
        }
    }

    #[test]
    fn what_only_some_versions_read_is_left_to_them() {
        for text in ["0x1F", "-0b101", "1_000"] {
            for data_type in ["int", "numeric", "real"] {
                assert_eq!(problem(data_type, Literal::text(text)), None, "{data_type} {text}");
            }
        }
        for text in ["0x", "_1", "x_1"] {
            assert!(problem("int", Literal::text(text)).is_some(), "{text}");
        }
    }

    #[test]
    fn what_postgresql_refuses_cuts_or_rounds_is_found() {
        let texts = [
            ("int", "x"),
            ("int", "1.5"),
            ("varchar(3)", "abcd"),
            ("bool", "maybe"),
            ("date", "2024-02-30"),
            ("date", "soon"),
            ("time", "25:00"),
            ("interval", "soon"),
            ("uuid", "x"),
            ("jsonb", "{a: 1}"),
            ("inet", "localhost"),
            ("text[]", "a"),
            ("bit(3)", "10"),
            ("bit(3)", "abc"),
            ("int4range", "1-5"),
            ("numeric(4,2)", "123.4"),
            ("numeric", "x"),
            ("smallint", "40000"),
            ("int", ""),
        ];
        for (data_type, text) in texts {
            assert!(problem(data_type, Literal::text(text)).is_some(), "{data_type} {text}");
        }
        let numbers = [
            ("int", "1.5"),
            ("int", "3000000000"),
            ("bigint", "99999999999999999999"),
            ("text", "5"),
            ("numeric(4,2)", "1.555"),
            ("boolean", "1"),
            ("date", "5"),
            ("int[]", "5"),
            ("uuid", "5"),
        ];
        for (data_type, text) in numbers {
            let literal = Literal::number(text).expect(text);
            assert!(problem(data_type, literal).is_some(), "{data_type} {text}");
        }
        assert!(problem("text", Literal::Boolean(true)).is_some());
        assert_eq!(problem("boolean", Literal::Boolean(true)), None);
        assert_eq!(problem("int", Literal::Null), None);
    }
}
