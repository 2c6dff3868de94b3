//! Connections to PostgreSQL, and what its errors mean for what was tried.

use crate::health::Metrics;
use crate::settings::SettingsError;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::gauge::ConstGauge;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How long a task waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a connection may be idle.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);
/// How old a connection may become.
const MAX_LIFETIME: Duration = Duration::from_secs(1800);
/// Begins a transaction. The limits are longer than anybody waits for what is done in it.
const BEGIN: &str = "BEGIN; SET LOCAL statement_timeout = '60s'; SET LOCAL idle_in_transaction_session_timeout = '90s'";

/// A pool of at most `most` connections. None is opened before it is needed, so that a program starts while its database is
/// away.
///
/// # Errors
/// The URL, which is the value of the variable `name`, is none.
pub fn pool(name: &'static str, url: &str, most: u32) -> Result<PgPool, SettingsError> {
    let options = options(name, url)?;
    Ok(PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE_TIMEOUT)
        .max_lifetime(MAX_LIFETIME)
        .connect_lazy_with(options))
}

/// Shows how many connections of a pool are in use, and how many there may be.
pub fn show(pool: &PgPool, metrics: &Metrics) {
    let shown = PoolMetrics { pool: pool.clone() };
    metrics.register(|registry| registry.register_collector(Box::new(shown)));
}

/// Connections of a pool, counted when somebody asks.
#[derive(Debug)]
struct PoolMetrics {
    pool: PgPool,
}

impl Collector for PoolMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let idle = i64::try_from(self.pool.num_idle()).unwrap_or(i64::MAX);
        let in_use = i64::from(self.pool.size()).saturating_sub(idle);
        let most = i64::from(self.pool.options().get_max_connections());
        for (name, help, value) in [
            ("freehold_pool_connections_in_use", "Connections to the database that are in use", in_use),
            ("freehold_pool_connections_max", "Most connections to the database", most),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        Ok(())
    }
}

/// How to connect, from a URL that is the value of the variable `name`.
///
/// # Errors
/// It is none. The error does not show it: it holds a password.
pub fn options(name: &'static str, url: &str) -> Result<PgConnectOptions, SettingsError> {
    let problem = "is no URL of a PostgreSQL database";
    PgConnectOptions::from_str(url).map_err(|_| SettingsError::Invalid { name, problem })
}

/// Begins a transaction that ends even if this program does not end it: neither a statement that nobody waits for any more nor a
/// machine that is gone holds up for long those who wait for its locks.
///
/// # Errors
/// The database does not begin one.
pub async fn begin(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with(BEGIN).await
}

/// Has found now what only the end of a transaction would find: constraints that are checked there, and a statement that failed
/// while somebody passed over its error. PostgreSQL answers the COMMIT of such a transaction with a rollback, which is no error.
///
/// # Errors
/// What was done cannot be committed.
pub async fn check(transaction: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query("SET CONSTRAINTS ALL IMMEDIATE").execute(transaction).await?;
    Ok(())
}

/// What an error says about trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The database cannot be used now: whatever is tried fails, and nothing is wrong with what was tried.
    Away,
    /// Another transaction was in the way: trying again at once may do.
    Conflict,
    /// What was tried is refused.
    Refused,
}

impl Failure {
    /// What an error means.
    pub fn of(error: &sqlx::Error) -> Failure {
        match error {
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Failure::Away,
            sqlx::Error::Database(error) => of_database(error.as_ref()),
            _ => Failure::Refused,
        }
    }
}

/// PostgreSQL's manual, "PostgreSQL Error Codes".
fn of_database(error: &dyn DatabaseError) -> Failure {
    match error.code().as_deref().unwrap_or_default() {
        // Serialization failure, deadlock, a lock that was not to be had in time.
        "40001" | "40P01" | "55P03" => Failure::Conflict,
        // Shutting down or starting, a server that became a replica, a disk that fails.
        "57P01" | "57P02" | "57P03" | "57P05" | "25006" | "58030" => Failure::Away,
        // Too many connections, a disk or a memory that is full.
        code if code.starts_with("53") => Failure::Away,
        // Connection exceptions, PgBouncer's among them; a role that may not connect (yet).
        code if code.starts_with("08") || code.starts_with("28") || code.starts_with("3D") => Failure::Away,
        _ => Failure::Refused,
    }
}
