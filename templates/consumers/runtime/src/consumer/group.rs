//! What a consumer group hears, and what it does.

use super::error::{HandlingError, Unreadable};
use crate::trace::{Trace, micros};
use contracts::freehold::events::v1::EventMetadata;
use sqlx::PgConnection;
use uuid::Uuid;

/// A topic that a group hears, by its name on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardTopic {
    /// Its name.
    pub name: &'static str,
    /// Where its messages go that the group cannot handle.
    pub dead_letters: &'static str,
    /// For how many days it keeps messages.
    pub retention_days: u32,
}

/// An event that a group does something about.
#[derive(Clone, Debug, PartialEq)]
pub struct Heard<E> {
    /// What says that the event is the same: whoever has seen it before does nothing.
    pub event_id: Uuid,
    /// What the event says about itself.
    pub metadata: EventMetadata,
    /// What happened.
    pub event: E,
}

/// What a message turned out to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Reading<E> {
    /// An event that the group does something about.
    Heard(Heard<E>),
    /// An event of the topic that the group does nothing about.
    NotHeard,
    /// An event that this program is too old to know.
    Unknown(EventMetadata),
}

impl<E> Heard<E> {
    /// The version of the row that the event tells of.
    ///
    /// # Errors
    /// It has none, although a row changed.
    pub fn row_version(&self) -> Result<i64, HandlingError> {
        self.metadata.row_version.ok_or_else(|| "the event has no row_version".into())
    }

    /// When the change was made, in microseconds since 1970.
    ///
    /// # Errors
    /// It does not say.
    pub fn occurred_at(&self) -> Result<i64, HandlingError> {
        let time = self.metadata.occurred_at.as_ref();
        time.map(micros).ok_or_else(|| "the event does not say when it occurred".into())
    }

    /// The trace that the change belongs to.
    pub fn trace(&self) -> Trace {
        Trace {
            traceparent: self.metadata.traceparent.clone(),
            tracestate: self.metadata.tracestate.clone(),
        }
    }
}

impl<E> Reading<E> {
    /// An event with what it says about itself.
    ///
    /// # Errors
    /// It says nothing, or has no id by which it would be known again, or no key that a database can hold.
    pub fn heard(metadata: Option<EventMetadata>, event: E) -> Result<Reading<E>, Unreadable> {
        let metadata = metadata.ok_or(Unreadable::NoMetadata)?;
        let event_id = Uuid::parse_str(&metadata.event_id).map_err(|_| Unreadable::NoEventId)?;
        if metadata.partition_key.contains('\0') {
            return Err(Unreadable::Key);
        }
        Ok(Reading::Heard(Heard { event_id, metadata, event }))
    }

    /// An envelope in which no event was found.
    ///
    /// # Errors
    /// It says nothing about itself either, so it is no envelope.
    pub fn unknown(metadata: Option<EventMetadata>) -> Result<Reading<E>, Unreadable> {
        metadata.map(Reading::Unknown).ok_or(Unreadable::NoMetadata)
    }
}

/// A consumer group of a service.
pub trait Group: Send + Sync + 'static {
    /// An event that the group does something about.
    type Event: Send + Sync;

    /// The name of the group on the wire.
    fn name(&self) -> &str;

    /// The topics that it hears.
    fn topics(&self) -> &'static [HeardTopic];

    /// Reads a message of a topic.
    ///
    /// # Errors
    /// It is none of the topic.
    fn read(&self, topic: &str, message: &[u8]) -> Result<Reading<Self::Event>, Unreadable>;
}

/// A group whose events have their effect in a database.
pub trait DatabaseGroup: Group {
    /// Does what the event asks for, in a transaction. It may be called again for the same event: after it failed, or after it
    /// said that there is more to do.
    fn apply(
        &self,
        event: &Heard<Self::Event>,
        transaction: &mut PgConnection,
    ) -> impl Future<Output = Result<Progress, HandlingError>> + Send;
}

/// A group of a service without a database.
pub trait SimpleGroup: Group {
    /// Does what the event asks for. It may be called again for the same event at any time.
    fn handle(
        &self,
        event: &Heard<Self::Event>,
    ) -> impl Future<Output = Result<(), HandlingError>> + Send;
}

/// How far the effect of an event has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Progress {
    /// All is done.
    Done,
    /// A part is done, which may be committed; there is more to do in another transaction.
    More,
}

impl Progress {
    /// After a step of a delete policy that changed so many rows: one that changed all that it may has left some.
    pub fn of_batch(changed: u64) -> Progress {
        let most = u64::try_from(super::DELETE_BATCH).unwrap_or(u64::MAX);
        if changed < most { Progress::Done } else { Progress::More }
    }

    /// After two steps.
    pub fn and(self, other: Progress) -> Progress {
        if self == Progress::Done { other } else { self }
    }
}
