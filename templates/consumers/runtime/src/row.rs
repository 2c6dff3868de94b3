//! Values of rows as values of messages.

use crate::trace;
use prost_types::Timestamp;
use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type};

/// The first and the last microsecond since 1970 that a message can hold: those of the years 1 and 9999.
const SENDABLE_MICROS: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_300_799_999_999;

/// A value that no message can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// A point in time that is infinite, or before the year 1 or after the year 9999.
    #[error("a time that is infinite or not within the years 1 to 9999 cannot be sent")]
    Time,
    /// A label that the enum did not have when this program was built.
    #[error("a value of an enum that this program does not know cannot be sent")]
    Label,
}

/// Why a row cannot be made a message.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    /// A value has no place in a message.
    #[error("column {place}: {problem}")]
    Unsendable {
        /// The place of the value in the row, from 0.
        place: usize,
        /// What is wrong with it.
        problem: Unsendable,
    },
    /// A value is none of the type that was expected; an array with a NULL in it, or of several dimensions, too.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// A point in time, from microseconds since 1970.
///
/// # Errors
/// No message can hold it.
pub fn instant(micros: i64) -> Result<Timestamp, Unsendable> {
    if SENDABLE_MICROS.contains(&micros) { Ok(trace::timestamp(micros)) } else { Err(Unsendable::Time) }
}

/// The number of a value of an enum, from its name.
///
/// # Errors
/// The enum has no such value.
pub fn number<E: Into<i32>>(name: &str, by_name: impl Fn(&str) -> Option<E>) -> Result<i32, Unsendable> {
    by_name(name).map(E::into).ok_or(Unsendable::Label)
}

/// A value at a place, made into what the message holds.
///
/// # Errors
/// No message can hold it.
pub fn value<'r, T, U>(
    row: &'r PgRow,
    place: usize,
    make: impl Fn(T) -> Result<U, Unsendable>,
) -> Result<U, RowError>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    make(row.try_get(place)?).map_err(|problem| RowError::Unsendable { place, problem })
}

/// The same of a value that may be NULL.
///
/// # Errors
/// No message can hold it.
pub fn optional<'r, T, U>(
    row: &'r PgRow,
    place: usize,
    make: impl Fn(T) -> Result<U, Unsendable>,
) -> Result<Option<U>, RowError>
where
    T: Decode<'r, Postgres> + Type<Postgres>,
{
    value(row, place, |found: Option<T>| found.map(&make).transpose())
}

/// The same of each value of an array.
///
/// # Errors
/// No message can hold one of them.
pub fn list<'r, T, U>(
    row: &'r PgRow,
    place: usize,
    make: impl Fn(T) -> Result<U, Unsendable>,
) -> Result<Vec<U>, RowError>
where
    Vec<T>: Decode<'r, Postgres> + Type<Postgres>,
{
    value(row, place, |found: Vec<T>| found.into_iter().map(&make).collect())
}

/// The same of each value of an array that may be NULL.
///
/// # Errors
/// No message can hold one of them.
pub fn optional_list<'r, T, U>(
    row: &'r PgRow,
    place: usize,
    make: impl Fn(T) -> Result<U, Unsendable>,
) -> Result<Option<Vec<U>>, RowError>
where
    Vec<T>: Decode<'r, Postgres> + Type<Postgres>,
{
    value(row, place, |found: Option<Vec<T>>| {
        found.map(|values| values.into_iter().map(&make).collect()).transpose()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_no_message_can_hold_are_refused() {
        assert!(instant(*SENDABLE_MICROS.start()).is_ok() && instant(*SENDABLE_MICROS.end()).is_ok());
        assert_eq!(instant(SENDABLE_MICROS.end() + 1), Err(Unsendable::Time));
        assert_eq!(instant(i64::MAX), Err(Unsendable::Time));
        assert_eq!(instant(*SENDABLE_MICROS.end()).map(|time| time.seconds), Ok(253_402_300_799));
    }
}
