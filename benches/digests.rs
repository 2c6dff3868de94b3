//! The digests that reconciliation compares, on a real server: rows a second over millions of rows, of the queries as
//! the compiler writes them, beside what else one could compare. Run with `cargo bench --bench digests`; `-- 100000`
//! sets the number of rows.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark runs a server, reads its arguments and the clock"
)]

#[path = "../tests/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests use the rest")]
mod support;

use freehold::reconcile::{CopySide, Query, Reconciliation};
use freehold::semantic;
use freehold::source::Memory;
use freehold::sql::Literal;
use std::path::Path;
use std::time::{Duration, Instant};
use support::{Server, installations, services};
use tokio_postgres::{Client, SimpleQueryMessage};

const ROWS: u64 = 4_000_000;
const RUNS: usize = 3;
/// What the generated script takes where nobody says otherwise, and ten times as many: keys in no order lie all over the
/// table, so that small chunks read its pages again and again.
const ROWS_OF_A_CHUNK: [u64; 2] = [50_000, 500_000];

/// A table of nine columns and its copy.
const REGISTER: &str = r#"
platform bench { postgres version=18 }
server main class=db.t3.small storage-gb=20 max-connections=200
service accounts {
    database bench_accounts on=main
    enum state invited active closed
    table users entity=User {
        column id uuid
        column number bigint
        column email text
        column display_name "varchar(100)"
        column state state
        column balance "numeric(12,2)"
        column settings jsonb
        column is_verified boolean
        column created_at timestamptz
        primary-key id
    }
    topic accounts.user of=users {
        carries number email display_name state balance settings is_verified created_at
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service orders {
    database bench_orders on=main
    projection users of=accounts.users {
        key as=user_id
        carries number email display_name state balance settings is_verified created_at
    }
}
"#;

/// The rows, from their numbers alone.
const FILL: &str =
    "INSERT INTO users (id, number, email, display_name, state, balance, settings, is_verified, created_at)
SELECT
    md5(n::text)::uuid, n, 'user' || n || '@example.org', 'Näme ' || md5(n::text),
    (ARRAY['invited', 'active', 'closed'])[n % 3 + 1]::state, n % 100000 / 100.0,
    jsonb_build_object('theme', n % 7, 'language', 'de', 'beta', n % 2 = 0), n % 5 = 0,
    timestamptz '2025-01-01 00:00:00Z' + n * interval '1 second'
FROM generate_series(1, $1) AS n";

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(run());
}

async fn run() {
    let rows: u64 = std::env::args().filter_map(|argument| argument.parse().ok()).next().unwrap_or(ROWS);
    let mut files = Memory::default();
    files.insert("model.kdl", REGISTER);
    let accounts = services::compile(&files, "model.kdl").remove(0);
    let register = semantic::load(&files, Path::new("model.kdl")).register;
    let orders = register.services.ids().nth(1).expect("the second service");
    let side = Reconciliation::of(&register, orders).drifts.remove(0).source;

    let installation = installations().last().expect("there is one");
    // One core for each query, memory for the table, and none of the limits of tests.
    let settings = [
        "shared_buffers=2GB",
        "max_parallel_workers_per_gather=0",
        "statement_timeout=0",
        "max_wal_size=8GB",
    ];
    let server = Server::start_with(installation, &settings);
    assert!(server.psql(&accounts.bootstrap).status.success(), "the database is made");
    let owner = server.connect(&accounts.database, &accounts.roles.owner).await;
    owner.batch_execute("SET statement_timeout = 0").await.expect("a setting");
    owner.batch_execute(&accounts.up).await.expect("the migration runs");
    owner.batch_execute(&FILL.replace("$1", &rows.to_string())).await.expect("rows are made");
    owner.batch_execute("VACUUM (ANALYZE, FREEZE) users").await.expect("statistics");
    assert!(server.psql(&accounts.bootstrap).status.success(), "the reconciler gets its grants");
    let size = answer(&owner, "SELECT pg_size_pretty(pg_relation_size('users'))").await.remove(0).remove(0);
    println!("PostgreSQL {}, {rows} rows of 9 columns, {size}", installation.version);

    let reconciler = server.connect(&accounts.database, &accounts.roles.reconciler).await;
    measure_all(&reconciler, &side, rows).await;
}

async fn measure_all(client: &Client, side: &CopySide, rows: u64) {
    client
        .batch_execute("SET plan_cache_mode = force_custom_plan; SET statement_timeout = 0")
        .await
        .expect("settings");
    let queries = side.queries();
    for query in &queries {
        client.batch_execute(&query.prepare()).await.expect("the query is sound");
    }
    let digest = named(&queries, "chunk_digest");
    println!("{:<58} {:>9} {:>14}", "query", "seconds", "rows a second");
    measure("count(*)", rows, async || drop(answer(client, "SELECT count(*) FROM users").await)).await;
    for kind in ["record", "sha256"] {
        let whole = execute(digest, &[None, None, Some(kind), Some("native")]);
        measure(&format!("chunk_digest, {kind}, one chunk"), rows, async || {
            assert_eq!(answer(client, &whole).await[0][0], rows.to_string());
        })
        .await;
    }
    measure("MD5 of text", rows, async || drop(answer(client, &md5_of_text(side)).await)).await;
    for of_a_chunk in ROWS_OF_A_CHUNK {
        measure(&format!("key_bounds and chunk_digest, record, {of_a_chunk} rows each"), rows, async || {
            assert_eq!(
                count_in_chunks(client, &queries, of_a_chunk).await,
                rows,
                "every row is in one chunk"
            );
        })
        .await;
    }
}

/// Cuts the table into chunks and takes the digest of each, as the generated script does; gives the rows seen.
async fn count_in_chunks(client: &Client, queries: &[Query], of_a_chunk: u64) -> u64 {
    let of_a_chunk = of_a_chunk.to_string();
    let arguments = [Some(of_a_chunk.as_str()), None, Some("native")];
    let bounds = answer(client, &execute(named(queries, "key_bounds"), &arguments)).await;
    let mut rows = 0;
    let mut lower: Option<String> = None;
    for upper in bounds.into_iter().map(|mut row| Some(row.remove(0))).chain([None]) {
        let chunk = [lower.as_deref(), upper.as_deref(), Some("record"), Some("native")];
        let counted = answer(client, &execute(named(queries, "chunk_digest"), &chunk)).await;
        rows += counted[0][0].parse::<u64>().expect("a count");
        lower = upper;
    }
    rows
}

fn named<'a>(queries: &'a [Query], name: &str) -> &'a Query {
    queries.iter().find(|query| query.name == name).expect("a query of this name")
}

/// Runs something once without counting, then several times, and prints the median.
async fn measure(what: &str, rows: u64, run: impl AsyncFn()) {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..=RUNS {
        let begin = Instant::now();
        run().await;
        times.push(begin.elapsed());
    }
    times.remove(0);
    times.sort_unstable();
    let seconds = times[times.len() / 2].as_secs_f64();
    println!("{what:<58} {seconds:>9.2} {:>14.0}", rows as f64 / seconds);
}

/// A call of a prepared query.
fn execute(query: &Query, arguments: &[Option<&str>]) -> String {
    let literal = |argument: &Option<&str>| {
        argument.map_or_else(|| "NULL".to_owned(), |text| Literal::text(text).to_string())
    };
    let arguments: Vec<String> = arguments.iter().map(literal).collect();
    format!("EXECUTE {} ({})", query.name, arguments.join(", "))
}

/// What others compare: 64 bits of the MD5 of each row's text, summed.
fn md5_of_text(side: &CopySide) -> String {
    let columns: Vec<&str> =
        side.key.names().chain(side.compared.iter().map(|(name, _)| name.as_str())).collect();
    format!(
        "SELECT count(*), sum(('x' || substr(md5(ROW({})::text), 1, 16))::bit(64)::bigint::numeric) FROM users",
        columns.join(", ")
    )
}

/// The rows of an answer, as text.
async fn answer(client: &Client, query: &str) -> Vec<Vec<String>> {
    let messages = client.simple_query(query).await.unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let rows = messages.into_iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let texts = |row: tokio_postgres::SimpleQueryRow| {
        (0..row.len()).map(|column| row.get(column).unwrap_or_default().to_owned()).collect()
    };
    rows.map(texts).collect()
}
