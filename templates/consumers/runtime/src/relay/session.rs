//! The one connection of a relay. The lock that makes it the only relay of its database is the connection's: when it is lost, so is the
//! lock, and with it whatever this relay would still do.

use super::Options;
use super::metrics::Waiting;
use super::window::Row;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use std::io;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// The advisory lock of relays; every database has its own.
const LOCK: i64 = 7_233_173_838_382_854_770;
/// The channel on which rows of the outbox are told.
const CHANNEL: &str = "outbox_events";
/// How long a statement may take before the connection counts as lost.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
/// So that the server soon notices that this machine is gone, and the lock goes to another relay; by itself it would take hours.
const NOTICE: &str = "SET tcp_keepalives_idle = '15s'; SET tcp_keepalives_interval = '5s'; SET tcp_keepalives_count = 3; \
    SET tcp_user_timeout = '30s'; SET statement_timeout = '30s'";

/// The rows that nothing keeps back: not parked, due, and behind no row of their key that is parked or not due. Whether a row is settled is
/// asked of the same snapshot; one that this server has not come to yet was written by another one, from which the rows were copied.
/// What cannot be sent as a time must not stop the others.
const WINDOW: &str = "\
    WITH head AS MATERIALIZED (
        SELECT id FROM public.outbox_events AS event
        WHERE parked_at IS NULL AND next_attempt_at <= now() AND NOT EXISTS (
            SELECT FROM public.outbox_events AS earlier
            WHERE earlier.attempts > 0 AND earlier.topic = event.topic AND earlier.partition_key = event.partition_key
                AND earlier.id < event.id AND (earlier.parked_at IS NOT NULL OR earlier.next_attempt_at > now()))
        ORDER BY id LIMIT $1
    ), measured AS (
        SELECT event.*, sum(octet_length(payload)) OVER (ORDER BY id) - octet_length(payload) AS bytes_before
        FROM public.outbox_events AS event JOIN head USING (id)
    )
    SELECT id, event_id, topic, event_type, event_version, partition_key, aggregate_id, row_version, payload,
        headers::text AS headers, CASE WHEN occurred_at >= '0001-01-01' AND occurred_at < '10000-01-01'
            THEN (extract(epoch FROM occurred_at) * 1000000)::bigint END AS occurred_at, attempts,
        transaction_id < pg_snapshot_xmin(pg_current_snapshot())
            OR transaction_id >= pg_snapshot_xmax(pg_current_snapshot()) AS is_settled
    FROM measured WHERE bytes_before < $2 ORDER BY id";

/// The age of the oldest row that is not parked, in seconds, and how many are.
const WAITING: &str = "\
    SELECT coalesce((
            SELECT extract(epoch FROM clock_timestamp() - occurred_at)::double precision FROM public.outbox_events
            WHERE parked_at IS NULL AND isfinite(occurred_at) ORDER BY id LIMIT 1), 0),
        (SELECT count(*) FROM public.outbox_events WHERE attempts > 0 AND parked_at IS NOT NULL)";

const FAILED: &str = "\
    UPDATE public.outbox_events SET attempts = attempts + 1, last_error = $2,
        next_attempt_at = now() + $3 * interval '1 second', parked_at = CASE WHEN $4 THEN now() END
    WHERE id = $1";

/// A connection that listens.
pub(super) struct Session {
    listener: PgListener,
}

impl Session {
    /// Connects, and listens.
    pub async fn open(database: &PgConnectOptions) -> Result<Session, sqlx::Error> {
        limited(async {
            let pool = PgPoolOptions::new()
                .max_connections(1)
                .acquire_timeout(STATEMENT_TIMEOUT)
                .connect_lazy_with(database.clone());
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.eager_reconnect(false);
            sqlx::raw_sql(NOTICE).execute(&mut listener).await?;
            listener.listen(CHANNEL).await?;
            Ok(Session { listener })
        })
        .await
    }

    /// Whether this is the relay that works, from now on.
    pub async fn take_turn(&mut self) -> Result<bool, sqlx::Error> {
        let query = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)").bind(LOCK);
        limited(query.fetch_one(&mut self.listener)).await
    }

    /// The first rows that nothing keeps back, in the order of `id`.
    pub async fn window(&mut self, options: &Options) -> Result<Vec<Row>, sqlx::Error> {
        // It holds what all that was told by now tells of.
        while self.listener.next_buffered().is_some() {}
        let query = sqlx::query_as(WINDOW).bind(options.rows).bind(options.bytes);
        limited(query.fetch_all(&mut self.listener)).await
    }

    /// Deletes rows that were sent.
    pub async fn delete(&mut self, ids: &[i64]) -> Result<(), sqlx::Error> {
        if ids.is_empty() {
            return Ok(());
        }
        let query = sqlx::query("DELETE FROM public.outbox_events WHERE id = ANY ($1)").bind(ids);
        limited(query.execute(&mut self.listener)).await?;
        Ok(())
    }

    /// Notes that a row could not be sent: for when it is tried again, or that it is parked.
    pub async fn note_failure(
        &mut self,
        id: i64,
        problem: &str,
        delay: Duration,
        is_last: bool,
    ) -> Result<(), sqlx::Error> {
        // PostgreSQL's texts hold no NUL.
        let problem = problem.replace('\0', "");
        let query = sqlx::query(FAILED).bind(id).bind(problem).bind(delay.as_secs_f64()).bind(is_last);
        limited(query.execute(&mut self.listener)).await?;
        Ok(())
    }

    /// What waits in the outbox.
    pub async fn waiting(&mut self) -> Result<Waiting, sqlx::Error> {
        let query = sqlx::query_as(WAITING);
        let (oldest_seconds, parked) = limited(query.fetch_one(&mut self.listener)).await?;
        Ok(Waiting { oldest_seconds, parked })
    }

    /// Waits until rows are told, for `longest`, or until `stop`.
    pub async fn wait(&mut self, longest: Duration, stop: &CancellationToken) -> Result<(), sqlx::Error> {
        let told = tokio::select! {
            told = self.listener.try_recv() => told?,
            () = tokio::time::sleep(longest) => return Ok(()),
            () = stop.cancelled() => return Ok(()),
        };
        match told {
            Some(_) => Ok(()),
            None => Err(lost("the connection was closed")),
        }
    }
}

/// Without a limit, a connection whose other end vanished would be waited for until TCP gives up.
async fn limited<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
    timeout(STATEMENT_TIMEOUT, work).await.unwrap_or_else(|_| Err(lost("a statement took too long")))
}

fn lost(problem: &str) -> sqlx::Error {
    sqlx::Error::Io(io::Error::new(io::ErrorKind::ConnectionAborted, problem.to_owned()))
}
