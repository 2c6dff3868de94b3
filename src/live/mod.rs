//! What a real PostgreSQL holds, read from its catalogs. The only user of `tokio-postgres`.
//!
//! A [`Schema`] read here equals the one that its migrations were rendered from, with these limits, which come from
//! what the catalogs hold and from what a [`Schema`] can say:
//!
//! - `sql` nodes cannot be read: a view is not the text that made it. [`read_schema`] leaves them empty, and
//!   [`read_other_objects`] names what they and others left behind.
//! - What belongs to an extension is left out, and so is `_sqlx_migrations`, the bookkeeping of sqlx.
//! - Partitions by range are data: a job adds and retires them. They count as other objects.
//! - Privileges, owners, storage parameters, collations, statistics targets, row security switches and comments on
//!   constraints, triggers and partitions are not compared.

mod bounds;
mod objects;
mod queries;
mod tables;

use crate::schema::Schema;
use std::collections::BTreeSet;
use tokio_postgres::{Client, Row};

/// Why the catalogs could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// The server refused a statement, or the connection broke.
    #[error("the server did not answer a query of its catalogs: {}", describe(.0))]
    Postgres(#[from] tokio_postgres::Error),
    /// The server is older than what the queries are written for.
    #[error("the server is PostgreSQL {major}; the oldest that can be read is {OLDEST_MAJOR}")]
    TooOld {
        /// The server's major version.
        major: i32,
    },
    /// A catalog holds something that the documentation of PostgreSQL rules out.
    #[error("the catalog says `{value}` of {object}, which is unknown")]
    Unreadable {
        /// What it was said of.
        object: String,
        /// What was said.
        value: String,
    },
}

/// The oldest major version of PostgreSQL whose catalogs the queries fit.
const OLDEST_MAJOR: i32 = 15;

/// The message of the server, which the error's own text leaves out.
fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(server) => format!("{} ({})", server.message(), server.code().code()),
        None => error.to_string(),
    }
}

/// Reads the schema of the database that the client is connected to, in a transaction of its own that only reads.
/// The number of queries is fixed, however many tables there are. The client must not be inside a transaction.
///
/// # Errors
/// When a query fails, the server is older than PostgreSQL 15, or a catalog holds what it should not.
pub async fn read_schema(client: &Client) -> Result<Schema, LiveError> {
    begin(client).await?;
    let schema = read_in_transaction(client).await;
    finish(client, schema).await
}

/// Names everything in the database that a [`Schema`] cannot hold: views, sequences of no column, functions with
/// arguments, policies, rules, partitions by range and so on, each as `pg_describe_object` writes it. What belongs to an
/// extension is left out. The client must not be inside a transaction.
///
/// # Errors
/// When a query fails, or the server is older than PostgreSQL 15.
pub async fn read_other_objects(client: &Client) -> Result<BTreeSet<String>, LiveError> {
    begin(client).await?;
    let names = match check_version(client).await {
        Ok(()) => objects::read_others(client).await,
        Err(error) => Err(error),
    };
    finish(client, names).await
}

async fn begin(client: &Client) -> Result<(), LiveError> {
    Ok(client.batch_execute(queries::BEGIN).await?)
}

/// Ends the transaction; an error of the reading comes before one of the ending.
async fn finish<T>(client: &Client, result: Result<T, LiveError>) -> Result<T, LiveError> {
    let ended = client.batch_execute("ROLLBACK").await;
    let value = result?;
    ended?;
    Ok(value)
}

async fn read_in_transaction(client: &Client) -> Result<Schema, LiveError> {
    check_version(client).await?;
    let mut schema = Schema {
        namespaces: objects::read_namespaces(client).await?,
        extensions: objects::read_extensions(client).await?,
        enums: objects::read_enums(client).await?,
        functions: objects::read_functions(client).await?,
        ..Schema::default()
    };
    schema.tables = tables::read_tables(client).await?;
    Ok(schema)
}

async fn check_version(client: &Client) -> Result<(), LiveError> {
    for row in rows(client, "SELECT current_setting('server_version_num')::int / 10000").await? {
        let major: i32 = row.try_get(0)?;
        if major < OLDEST_MAJOR {
            return Err(LiveError::TooOld { major });
        }
    }
    Ok(())
}

/// Runs a query in one round trip, without a named statement (which a pooler might not keep).
async fn rows(client: &Client, query: &str) -> Result<Vec<Row>, LiveError> {
    Ok(client.query_typed(query, &[]).await?)
}
