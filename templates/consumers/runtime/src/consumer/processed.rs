//! The table `processed_events`: events that had their effect, so that none has it twice.

use super::retries::sleep_unless_stopped;
use sqlx::{PgConnection, PgPool};
use std::collections::HashSet;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often old rows are deleted.
const FORGET_EVERY: Duration = Duration::from_secs(3600);
/// How many rows are deleted in one transaction.
const FORGET_BATCH: i64 = 1000;

/// Notes events as processed, and says which of them were not before. Whoever notes one that another transaction is about
/// to note waits until that has ended.
pub(super) async fn note(
    transaction: &mut PgConnection,
    group: &str,
    events: &[Uuid],
) -> sqlx::Result<HashSet<Uuid>> {
    // In one order everywhere, so that two transactions never wait for each other.
    let sql = "INSERT INTO processed_events (consumer_group, event_id)
        SELECT $1, event_id FROM unnest($2::uuid[]) AS event_id ORDER BY event_id
        ON CONFLICT DO NOTHING
        RETURNING event_id";
    let new: Vec<Uuid> =
        sqlx::query_scalar(sql).bind(group).bind(events).fetch_all(transaction).await?;
    Ok(new.into_iter().collect())
}

/// Takes back that an event was noted in this transaction: there is more to do in another one.
pub(super) async fn take_back(transaction: &mut PgConnection, group: &str, event: Uuid) -> sqlx::Result<()> {
    let sql = "DELETE FROM processed_events WHERE consumer_group = $1 AND event_id = $2";
    sqlx::query(sql).bind(group).bind(event).execute(transaction).await?;
    Ok(())
}

/// Deletes, from time to time, what no topic keeps any more and so cannot come again. A message is kept for as long as the newest of
/// its segment is, and a segment is written for a week (Kafka's `segment.ms`); a day is added to that.
pub(super) async fn forget_old(
    database: PgPool,
    group: String,
    retention_days: u32,
    stop: CancellationToken,
) {
    let days = i32::try_from(retention_days.saturating_add(8)).unwrap_or(i32::MAX);
    let sql = "DELETE FROM processed_events
        WHERE (consumer_group, event_id) IN (
            SELECT consumer_group, event_id FROM processed_events
            WHERE consumer_group = $1 AND processed_at < now() - make_interval(days => $2)
            ORDER BY processed_at
            LIMIT $3
            FOR UPDATE SKIP LOCKED
        )";
    loop {
        let query = sqlx::query(sql).bind(&group).bind(days).bind(FORGET_BATCH).execute(&database);
        let Some(result) = stop.run_until_cancelled(query).await else { return };
        let wait = match result {
            Ok(deleted) if deleted.rows_affected() > 0 => Duration::ZERO,
            Ok(_) => FORGET_EVERY,
            Err(error) => {
                tracing::warn!(%error, "old processed events could not be deleted");
                FORGET_EVERY
            }
        };
        if !sleep_unless_stopped(wait, &stop).await {
            return;
        }
    }
}
