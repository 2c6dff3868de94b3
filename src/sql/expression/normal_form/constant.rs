//! Constants as PostgreSQL stores them: each kind in one spelling.

/// A number without sign as PostgreSQL prints it: `.5` is `0.5`, `1e3` is `1000`, `0xff` is `255`. The second
/// part says whether it is an integer. `None` where it is too long to write out.
pub(super) fn number(text: &str) -> Option<(String, bool)> {
    let lower = text.replace('_', "").to_ascii_lowercase();
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = lower.strip_prefix(prefix) {
            return Some((u128::from_str_radix(digits, radix).ok()?.to_string(), true));
        }
    }
    let (mantissa, exponent) = match lower.split_once('e') {
        None => (lower.as_str(), None),
        Some((mantissa, exponent)) => (mantissa, Some(exponent.parse::<i32>().ok()?)),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) || whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let is_integer = exponent.is_none() && !mantissa.contains('.');
    let shifted = shift(whole, fraction, exponent.unwrap_or(0))?;
    Some((shifted, is_integer))
}

/// Moves the point to the right by `exponent` digits.
fn shift(whole: &str, fraction: &str, exponent: i32) -> Option<String> {
    if exponent.unsigned_abs() > 1000 {
        return None;
    }
    let mut digits = format!("{whole}{fraction}");
    let scale = i32::try_from(fraction.len()).ok()? - exponent;
    if scale <= 0 {
        digits.push_str(&"0".repeat(usize::try_from(-scale).ok()?));
        return Some(trim_zeros(&digits).to_owned());
    }
    let scale = usize::try_from(scale).ok()?;
    while digits.len() <= scale {
        digits.insert(0, '0');
    }
    let (front, back) = digits.split_at(digits.len() - scale);
    Some(format!("{}.{back}", trim_zeros(front)))
}

fn trim_zeros(digits: &str) -> &str {
    let trimmed = digits.trim_start_matches('0');
    if trimmed.is_empty() { "0" } else { trimmed }
}

/// A boolean in any spelling that PostgreSQL's input takes.
pub(super) fn boolean(text: &str) -> Option<bool> {
    let word = text.trim().to_ascii_lowercase();
    let starts = |full: &str, shortest: usize| word.len() >= shortest && full.starts_with(&word);
    if starts("true", 1) || starts("yes", 1) || starts("on", 2) || word == "1" {
        Some(true)
    } else if starts("false", 1) || starts("no", 1) || starts("off", 2) || word == "0" {
        Some(false)
    } else {
        None
    }
}

/// An interval as PostgreSQL's default style prints it: `24 hours` is `24:00:00`, `1 week` is `7 days`.
/// `None` for signs, fractions of anything but seconds, and ISO 8601.
pub(super) fn interval(text: &str) -> Option<String> {
    let (mut months, mut days, mut microseconds) = (0u64, 0u64, 0u64);
    let mut words = text.split_ascii_whitespace().peekable();
    words.peek()?;
    while let Some(word) = words.next() {
        if word.contains(':') {
            microseconds = microseconds.checked_add(clock(word)?)?;
            continue;
        }
        let (amount, unit) = match word.find(|c: char| c.is_ascii_alphabetic()) {
            Some(at) => word.split_at(at),
            None => (word, words.next().unwrap_or("seconds")),
        };
        let unit = unit.to_ascii_lowercase();
        if let Some(factor) = seconds_unit(&unit) {
            microseconds = microseconds.checked_add(scaled_microseconds(amount, factor)?)?;
            continue;
        }
        let amount: u64 = whole(amount)?;
        let (months_each, days_each) = calendar_unit(&unit)?;
        months = months.checked_add(amount.checked_mul(months_each)?)?;
        days = days.checked_add(amount.checked_mul(days_each)?)?;
    }
    Some(print_interval(months, days, microseconds))
}

fn whole(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Microseconds in one unit.
fn seconds_unit(unit: &str) -> Option<u64> {
    Some(match unit {
        "us" | "usec" | "usecs" | "microsecond" | "microseconds" => 1,
        "ms" | "msec" | "msecs" | "millisecond" | "milliseconds" => 1_000,
        "s" | "sec" | "secs" | "second" | "seconds" => 1_000_000,
        "m" | "min" | "mins" | "minute" | "minutes" => 60_000_000,
        "h" | "hr" | "hrs" | "hour" | "hours" => 3_600_000_000,
        _ => return None,
    })
}

/// Months and days in one unit.
fn calendar_unit(unit: &str) -> Option<(u64, u64)> {
    Some(match unit {
        "d" | "day" | "days" => (0, 1),
        "w" | "week" | "weeks" => (0, 7),
        "mon" | "mons" | "month" | "months" => (1, 0),
        "y" | "yr" | "yrs" | "year" | "years" => (12, 0),
        "dec" | "decs" | "decade" | "decades" => (120, 0),
        "c" | "cent" | "century" | "centuries" => (1_200, 0),
        "mil" | "mils" | "millennium" | "millennia" => (12_000, 0),
        _ => return None,
    })
}

/// `1.5` of a unit in microseconds; only what comes out whole.
fn scaled_microseconds(amount: &str, factor: u64) -> Option<u64> {
    let (front, fraction) = amount.split_once('.').unwrap_or((amount, ""));
    let front = if front.is_empty() { 0 } else { whole(front)? };
    let mut sum = front.checked_mul(factor)?;
    if !fraction.is_empty() {
        let divisor = 10u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
        let product = whole(fraction)?.checked_mul(factor)?;
        if product % divisor != 0 {
            return None;
        }
        sum = sum.checked_add(product / divisor)?;
    }
    Some(sum)
}

/// `04:05` and `04:05:06.7`.
fn clock(text: &str) -> Option<u64> {
    let mut parts = text.split(':');
    let hours = whole(parts.next()?)?.checked_mul(3_600_000_000)?;
    let minutes = whole(parts.next()?)?;
    let seconds = parts.next().map_or(Some(0), |part| scaled_microseconds(part, 1_000_000))?;
    if parts.next().is_some() || minutes > 59 || seconds >= 60_000_000 {
        return None;
    }
    hours.checked_add(minutes * 60_000_000)?.checked_add(seconds)
}

fn print_interval(months: u64, days: u64, microseconds: u64) -> String {
    let mut parts = Vec::new();
    for (amount, unit) in [(months / 12, "year"), (months % 12, "mon"), (days, "day")] {
        match amount {
            0 => {}
            1 => parts.push(format!("1 {unit}")),
            _ => parts.push(format!("{amount} {unit}s")),
        }
    }
    if microseconds > 0 || parts.is_empty() {
        let seconds = microseconds / 1_000_000;
        let mut clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = format!(".{:06}", microseconds % 1_000_000);
        clock.push_str(fraction.trim_end_matches('0').trim_end_matches('.'));
        parts.push(clock);
    }
    parts.join(" ")
}

/// A date as PostgreSQL prints it.
pub(super) fn date(text: &str) -> Option<String> {
    if is_infinite(text) {
        return Some(text.to_owned());
    }
    Some(text.trim().parse::<jiff::civil::Date>().ok()?.to_string())
}

/// A timestamp without time zone as PostgreSQL prints it.
pub(super) fn timestamp(text: &str) -> Option<String> {
    if is_infinite(text) {
        return Some(text.to_owned());
    }
    let trimmed = text.trim();
    let value = match trimmed.parse::<jiff::civil::Date>() {
        // A parser of dates also takes a date with a time, and drops the time.
        Ok(date) if trimmed.len() <= 10 => date.at(0, 0, 0, 0),
        _ => trimmed.parse::<jiff::civil::DateTime>().ok()?,
    };
    Some(value.to_string().replace('T', " "))
}

/// A time of day without time zone as PostgreSQL prints it.
pub(super) fn time(text: &str) -> Option<String> {
    Some(text.trim().parse::<jiff::civil::Time>().ok()?.to_string())
}

/// A moment, where the text names its distance from UTC: without that it depends on the session.
pub(super) fn moment(text: &str) -> Option<String> {
    if is_infinite(text) {
        return Some(text.to_owned());
    }
    let mut full = text.trim().to_owned();
    let zone = full.rfind(['+', '-']).filter(|at| *at > 10);
    if let Some(at) = zone
        && full.len() - at == 3
    {
        full.push_str(":00");
    }
    let moment: jiff::Timestamp = full.parse().ok()?;
    Some(moment.to_string())
}

fn is_infinite(text: &str) -> bool {
    matches!(text, "infinity" | "-infinity")
}

/// A JSON document in one spelling: keys sorted, without white space. `None` where numbers would lose digits.
pub(super) fn json(text: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(text).ok()?;
    only_whole_numbers(&value).then(|| value.to_string())
}

/// The depth is bounded by `serde_json`, which reads 128 levels.
fn only_whole_numbers(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) => number.is_i64() || number.is_u64(),
        serde_json::Value::Array(items) => items.iter().all(only_whole_numbers),
        serde_json::Value::Object(fields) => fields.values().all(only_whole_numbers),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_spelling() {
        let cases = [
            ("7", "7", true),
            ("007", "7", true),
            ("0", "0", true),
            (".5", "0.5", false),
            ("5.", "5", false),
            ("1.50", "1.50", false),
            ("1e3", "1000", false),
            ("1.5e-3", "0.0015", false),
            ("1.50e1", "15.0", false),
            ("1_000", "1000", true),
            ("0xFF", "255", true),
        ];
        for (text, digits, is_integer) in cases {
            assert_eq!(number(text), Some((digits.to_owned(), is_integer)), "{text}");
        }
        assert_eq!(number("1e99999"), None);
        assert_eq!(number("1.2.3"), None);
    }

    #[test]
    fn intervals_are_printed_as_postgresql_does() {
        let cases = [
            ("1 day", "1 day"),
            ("24 hours", "24:00:00"),
            ("90 minutes", "01:30:00"),
            ("1 week", "7 days"),
            ("13 months", "1 year 1 mon"),
            ("1 year 2 months 3 days 04:05:06", "1 year 2 mons 3 days 04:05:06"),
            ("1.5 hours", "01:30:00"),
            ("250ms", "00:00:00.25"),
            ("30", "00:00:30"),
            ("0 days", "00:00:00"),
            ("2d", "2 days"),
        ];
        for (text, expected) in cases {
            assert_eq!(interval(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "-1 day", "P1D", "1.5 days", "1 fortnight"] {
            assert_eq!(interval(text), None, "{text}");
        }
    }

    #[test]
    fn moments_are_told_only_with_their_zone() {
        assert_eq!(moment("2024-01-01 00:00:00+00").as_deref(), Some("2024-01-01T00:00:00Z"));
        assert_eq!(moment("2024-01-01 02:00:00+02"), moment("2024-01-01T00:00:00Z"));
        assert_eq!(moment("2024-01-01"), None);
        assert_eq!(timestamp("2024-01-01").as_deref(), Some("2024-01-01 00:00:00"));
        assert_eq!(date("2024-01-01").as_deref(), Some("2024-01-01"));
        assert_eq!(date("2024-02-30"), None);
    }

    #[test]
    fn json_ignores_spaces_and_the_order_of_keys() {
        assert_eq!(json("{\"b\": 1, \"a\": [ ]}").as_deref(), Some("{\"a\":[],\"b\":1}"));
        assert_eq!(json("{\"a\": 1.10}"), None);
        assert_eq!(json(&"[".repeat(100_000)), None);
    }
}
