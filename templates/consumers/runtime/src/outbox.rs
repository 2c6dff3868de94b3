//! Writing events to the outbox, in the transaction that makes the change they tell of.

use crate::row::RowError;
use crate::trace::{self, Trace};
use contracts::freehold::events::v1::EventMetadata;
use prost::Message;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};
use uuid::Uuid;

const INSERT: &str = "INSERT INTO public.outbox_events (event_id, topic, event_type, event_version, partition_key, \
    aggregate_id, row_version, payload, headers, occurred_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::text::jsonb, \
    'epoch'::timestamptz + $10 * interval '1 microsecond')";

/// The id of an event. Consumers know by it an event that they have seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId(pub Uuid);

impl EventId {
    /// A new one.
    fn new() -> EventId {
        EventId(Uuid::now_v7())
    }
}

/// Why an event was not written. The transaction goes on unless it is [`PublishError::Database`].
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// There is no row that the event could tell of.
    #[error("there is no row of {table} with this key, or it is marked as deleted: there is nothing to tell")]
    NoRow {
        /// The table.
        table: &'static str,
    },
    /// A value cannot be sent.
    #[error("the event cannot be made of the row: {0}")]
    Row(RowError),
    /// The database refused something.
    #[error("the event cannot be written: {0}")]
    Database(#[from] sqlx::Error),
}

impl From<RowError> for PublishError {
    fn from(error: RowError) -> PublishError {
        match error {
            RowError::Database(error) => PublishError::Database(error),
            error @ RowError::Unsendable { .. } => PublishError::Row(error),
        }
    }
}

/// Which event it is.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The service that publishes it.
    pub producer: &'static str,
    /// The topic, as the broker knows it.
    pub topic: &'static str,
    /// The name of the event.
    pub event_type: &'static str,
    /// The version of its message.
    pub version: u32,
}

/// What it tells of.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The key of the message.
    pub partition_key: String,
    /// The row that it tells of; for an event that is about no row, the key.
    pub aggregate_key: String,
    /// The version of that row.
    pub row_version: Option<i64>,
    /// When the change was made, in microseconds since 1970; none: now.
    pub occurred_at: Option<i64>,
}

/// Writes an event. `envelope` makes the message of the topic from what every event says about itself.
///
/// # Errors
/// The database refuses it.
pub async fn write<M: Message>(
    connection: &mut PgConnection,
    kind: Kind,
    subject: Subject,
    trace: &Trace,
    envelope: impl FnOnce(EventMetadata) -> M,
) -> Result<EventId, PublishError> {
    let id = EventId::new();
    let occurred_at = subject.occurred_at.unwrap_or_else(now);
    let metadata = EventMetadata {
        event_id: id.0.to_string(),
        event_type: kind.event_type.to_owned(),
        event_version: kind.version,
        partition_key: subject.partition_key.clone(),
        aggregate_key: subject.aggregate_key.clone(),
        row_version: subject.row_version,
        occurred_at: Some(trace::timestamp(occurred_at)),
        producer: kind.producer.to_owned(),
        traceparent: trace.traceparent.clone(),
        tracestate: trace.tracestate.clone(),
    };
    sqlx::query(INSERT)
        .bind(id.0)
        .bind(kind.topic)
        .bind(kind.event_type)
        .bind(i64::from(kind.version))
        .bind(subject.partition_key)
        .bind(subject.aggregate_key)
        .bind(subject.row_version)
        .bind(envelope(metadata).encode_to_vec())
        .bind(headers(trace))
        .bind(occurred_at)
        .execute(connection)
        .await?;
    Ok(id)
}

/// Headers of the message, as a JSON object.
fn headers(trace: &Trace) -> String {
    let all = [("traceparent", &trace.traceparent), ("tracestate", &trace.tracestate)];
    let set: BTreeMap<&str, &String> = all.into_iter().filter(|(_, value)| !value.is_empty()).collect();
    serde_json::json!(set).to_string()
}

/// The clock of this machine, in microseconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_hold_what_is_set() {
        assert_eq!(headers(&Trace::default()), "{}");
        let trace = Trace { traceparent: "00-\"".to_owned(), tracestate: String::new() };
        assert_eq!(headers(&trace), r#"{"traceparent":"00-\""}"#);
    }
}
