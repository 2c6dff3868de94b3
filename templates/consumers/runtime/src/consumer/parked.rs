//! The table `parked_events`: events that failed, and behind each the later ones of its key, in their order.

use super::error::kept_text;
use rdkafka::Message;
use rdkafka::message::OwnedMessage;
use sqlx::{PgConnection, Row};
use std::collections::HashSet;
use std::fmt;
use std::time::Duration;
use uuid::Uuid;

/// An event that was put aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parked {
    /// The order in which events were put aside, which for one key is theirs.
    pub id: i64,
    /// The topic that it came from.
    pub topic: String,
    /// Events of one key stay in order.
    pub partition_key: String,
    /// What it is known by.
    pub event_id: Uuid,
    /// The message.
    pub message: Vec<u8>,
    /// The partition that it came from.
    pub source_partition: i32,
    /// Its offset there.
    pub source_offset: i64,
    /// How often it was tried since.
    pub attempts: i32,
}

/// The keys, of those given, that have events put aside.
pub(super) async fn keys(
    transaction: &mut PgConnection,
    group: &str,
    topic: &str,
    keys: &[&str],
) -> sqlx::Result<HashSet<String>> {
    let sql = "SELECT DISTINCT partition_key FROM parked_events
        WHERE consumer_group = $1 AND topic = $2 AND partition_key = ANY ($3)";
    let found: Vec<String> =
        sqlx::query_scalar(sql).bind(group).bind(topic).bind(keys).fetch_all(transaction).await?;
    Ok(found.into_iter().collect())
}

/// What puts an event aside.
pub(super) struct Parking<'a> {
    /// The group.
    pub group: &'a str,
    /// What the event says its key is.
    pub partition_key: &'a str,
    /// What it is known by.
    pub event_id: Uuid,
    /// The message as it came.
    pub message: &'a OwnedMessage,
    /// Why it failed, and how long to wait before it is tried again; `None` where it waits behind another one.
    pub failed: Option<(String, Duration)>,
}

/// Puts an event aside, once.
pub(super) async fn add(transaction: &mut PgConnection, parking: &Parking<'_>) -> sqlx::Result<()> {
    let sql = "INSERT INTO parked_events (
            consumer_group, topic, partition_key, event_id, message, source_partition, source_offset,
            next_attempt_at, last_error
        ) VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce(now() + make_interval(secs => $8), 'infinity'), $9)
        ON CONFLICT (consumer_group, event_id) DO NOTHING";
    sqlx::query(sql)
        .bind(parking.group)
        .bind(parking.message.topic())
        .bind(parking.partition_key)
        .bind(parking.event_id)
        .bind(parking.message.payload().unwrap_or_default())
        .bind(parking.message.partition())
        .bind(parking.message.offset())
        .bind(parking.failed.as_ref().map(|(_, wait)| wait.as_secs_f64()))
        .bind(parking.failed.as_ref().map(|(error, _)| error))
        .execute(transaction)
        .await?;
    Ok(())
}

/// An event that is due and the first of its key, and which no other transaction has; until this one ends no other gets it.
pub(super) async fn lock_due(transaction: &mut PgConnection, group: &str) -> sqlx::Result<Option<Parked>> {
    let sql = "SELECT id, topic, partition_key, event_id, message, source_partition, source_offset, attempts
        FROM parked_events AS head
        WHERE consumer_group = $1 AND dead_at IS NULL AND next_attempt_at <= now()
            AND NOT EXISTS (
                SELECT FROM parked_events AS earlier
                WHERE earlier.consumer_group = head.consumer_group AND earlier.topic = head.topic
                    AND earlier.partition_key = head.partition_key AND earlier.id < head.id
            )
        ORDER BY next_attempt_at, id
        LIMIT 1
        FOR UPDATE SKIP LOCKED";
    let row = sqlx::query(sql).bind(group).fetch_optional(transaction).await?;
    row.map(|row| {
        Ok(Parked {
            id: row.try_get("id")?,
            topic: row.try_get("topic")?,
            partition_key: row.try_get("partition_key")?,
            event_id: row.try_get("event_id")?,
            message: row.try_get("message")?,
            source_partition: row.try_get("source_partition")?,
            source_offset: row.try_get("source_offset")?,
            attempts: row.try_get("attempts")?,
        })
    })
    .transpose()
}

/// Removes an event that has had its effect. The next one of its key is due.
pub(super) async fn remove(transaction: &mut PgConnection, group: &str, parked: &Parked) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM parked_events WHERE id = $1").bind(parked.id).execute(&mut *transaction).await?;
    let sql = "UPDATE parked_events SET next_attempt_at = now()
        WHERE next_attempt_at = 'infinity' AND id = (
            SELECT id FROM parked_events
            WHERE consumer_group = $1 AND topic = $2 AND partition_key = $3
            ORDER BY id
            LIMIT 1
        )";
    sqlx::query(sql)
        .bind(group)
        .bind(&parked.topic)
        .bind(&parked.partition_key)
        .execute(transaction)
        .await?;
    Ok(())
}

/// Makes those due that wait behind none any more: one that was put aside just as the one before it was done with, or before
/// which people deleted one.
pub(super) async fn wake(transaction: &mut PgConnection, group: &str) -> sqlx::Result<()> {
    let sql = "UPDATE parked_events AS head SET next_attempt_at = now()
        WHERE consumer_group = $1 AND next_attempt_at = 'infinity' AND dead_at IS NULL
            AND NOT EXISTS (
                SELECT FROM parked_events AS earlier
                WHERE earlier.consumer_group = head.consumer_group AND earlier.topic = head.topic
                    AND earlier.partition_key = head.partition_key AND earlier.id < head.id
            )";
    sqlx::query(sql).bind(group).execute(transaction).await?;
    Ok(())
}

/// Notes that a try failed, and when the next one is.
pub(super) async fn postpone(
    transaction: &mut PgConnection,
    id: i64,
    error: &impl fmt::Display,
    wait: Duration,
) -> sqlx::Result<()> {
    let sql = "UPDATE parked_events
        SET attempts = attempts + 1, last_error = $2, next_attempt_at = now() + make_interval(secs => $3)
        WHERE id = $1";
    sqlx::query(sql).bind(id).bind(kept_text(error)).bind(wait.as_secs_f64()).execute(transaction).await?;
    Ok(())
}

/// Gives an event up. It stays, and those behind it wait, until people reset or delete it.
pub(super) async fn give_up(
    transaction: &mut PgConnection,
    id: i64,
    error: &impl fmt::Display,
) -> sqlx::Result<()> {
    let sql =
        "UPDATE parked_events SET attempts = attempts + 1, last_error = $2, dead_at = now() WHERE id = $1";
    sqlx::query(sql).bind(id).bind(kept_text(error)).execute(transaction).await?;
    Ok(())
}

/// How many events of a group are put aside: those that are tried again or wait behind others, and those that are given up.
pub(super) async fn count(transaction: &mut PgConnection, group: &str) -> sqlx::Result<(i64, i64)> {
    let sql = "SELECT count(*) FILTER (WHERE dead_at IS NULL), count(*) FILTER (WHERE dead_at IS NOT NULL)
        FROM parked_events WHERE consumer_group = $1";
    sqlx::query_as(sql).bind(group).fetch_one(transaction).await
}
