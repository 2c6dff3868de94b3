//! Why an event could not be handled, and what that means for trying again.

use crate::database::Failure;
use prost::DecodeError;
use std::error::Error;
use std::fmt;

/// Why a message is none of its topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is not of the topic's type.
    #[error("it is not of the topic's type: {0}")]
    Type(#[from] DecodeError),
    /// It has a key but no value.
    #[error("it has no value")]
    Empty,
    /// It says nothing about itself.
    #[error("it has no metadata")]
    NoMetadata,
    /// What it is known by is missing.
    #[error("its event_id is no UUID")]
    NoEventId,
    /// No database can hold its key, so nothing could wait behind it.
    #[error("its partition_key has a NUL")]
    Key,
    /// Nothing is known of its topic.
    #[error("the group hears no topic of this name")]
    Topic,
}

/// Why an event could not be handled. Every error becomes one with `?`; if a database's error is among its causes, that says
/// what it means for trying again.
pub struct HandlingError {
    /// What it means for trying again.
    pub(super) failure: Failure,
    source: Box<dyn Error + Send + Sync>,
}

impl HandlingError {
    /// What the handler needs for any event is away, such as another service: the event is tried until that is back, and
    /// those behind it wait. Any other error counts against the event, which is put aside after some tries.
    pub fn away(source: impl Into<Box<dyn Error + Send + Sync>>) -> HandlingError {
        HandlingError { failure: Failure::Away, source: source.into() }
    }
}

impl HandlingError {
    /// Whether trying again may help without anybody doing anything.
    pub(crate) fn passes(&self) -> bool {
        self.failure != Failure::Refused
    }
}

impl<E: Into<Box<dyn Error + Send + Sync>>> From<E> for HandlingError {
    fn from(source: E) -> HandlingError {
        let source = source.into();
        HandlingError { failure: failure(source.as_ref()), source }
    }
}

/// What the first error of the database among the causes means.
fn failure(error: &(dyn Error + 'static)) -> Failure {
    let found = causes(error).find_map(|cause| cause.downcast_ref::<sqlx::Error>());
    found.map_or(Failure::Refused, Failure::of)
}

/// An error, then its causes, each behind what it caused.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (**error).source())
}

impl fmt::Display for HandlingError {
    /// The error with its causes, each behind a colon, unless it is in the text of the one before.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.source.to_string();
        for cause in causes(self.source.as_ref()).skip(1).map(ToString::to_string) {
            if !text.contains(&cause) {
                text = format!("{text}: {cause}");
            }
        }
        formatter.write_str(&text)
    }
}

impl fmt::Debug for HandlingError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}: {:?}", self.failure, self.source)
    }
}

/// The most bytes of an error's text that are kept.
const LONGEST: usize = 1000;

/// An error as it is kept with a message: not endless, and without the character that PostgreSQL's texts cannot hold.
pub(super) fn kept_text(error: &impl fmt::Display) -> String {
    let mut text = error.to_string().replace('\0', "");
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the handler failed")]
    struct Outer(#[source] sqlx::Error);

    #[test]
    fn the_cause_says_whether_to_try_again() {
        assert_eq!(HandlingError::from("no").failure, Failure::Refused);
        assert_eq!(HandlingError::from(Outer(sqlx::Error::PoolTimedOut)).failure, Failure::Away);
        assert_eq!(HandlingError::from(Outer(sqlx::Error::RowNotFound)).failure, Failure::Refused);
        assert_eq!(HandlingError::away("no").failure, Failure::Away);
    }

    #[test]
    fn the_text_has_every_cause_once() {
        let error = HandlingError::from(Outer(sqlx::Error::PoolClosed));
        let cause = sqlx::Error::PoolClosed.to_string();
        assert_eq!(error.to_string(), format!("the handler failed: {cause}"));
        assert_eq!(kept_text(&format!("\0{}", "é".repeat(LONGEST))).len(), LONGEST);
    }
}
