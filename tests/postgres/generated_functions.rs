//! What the compiler's functions do: the trigger of updates, and the makers of range partitions.

use crate::on_every_server;
use crate::support::Server;
use freehold::lowering::lower;
use freehold::source::Memory;
use freehold::wire::Index;
use freehold::{plan, semantic, sql};
use std::path::Path;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

const REGISTER: &str = r#"
service shop {
    database shop
    table items entity=Item {
        column id bigint identity
        column shelf bigint
        column title text
        column edits bigint default=0 on-update-sql="edits + length(title)"
        column edited_at timestamptz default-sql="'2000-01-01'" on-update-sql="now()"
        primary-key id
    }
    topic shop.item of=items key=shelf id=id {
        event ItemUpdated when=updated
    }
    table monthly {
        column id bigint identity
        column at timestamptz
        column item_id bigint
        primary-key id at
        foreign-key item_id to=items
        index item_id
        check positive "id > 0"
        partition by=range at { every month; from "2024-01"; ahead 2; keep-months 12 }
    }
    table daily schema="Side place" as="it's a day" {
        column at date primary-key
        partition by=range at { every day; from "2126-01-30"; ahead 2 }
    }
    table yearly {
        column at timestamp primary-key
        partition by=range at { every year; from "2020"; ahead 1 }
    }
}
"#;

/// A database in which the whole register stands.
async fn database(server: &Server) -> Client {
    let mut files = Memory::default();
    files.insert("model.kdl", REGISTER);
    let loaded = semantic::load(&files, Path::new("model.kdl"));
    let service = loaded.register.services.ids().next().unwrap();
    let plan = plan::initial(&lower(&loaded.register, &Index::default(), service)).unwrap();
    let client = server.new_database("shop").await;
    let statements: Vec<String> = plan.up.iter().map(sql::render).collect();
    client.batch_execute(&statements.join("\n")).await.unwrap_or_else(|error| panic!("{error:?}"));
    client
}

async fn texts(client: &Client, query: &str) -> Vec<String> {
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn text(client: &Client, query: &str) -> String {
    texts(client, query).await.join(" | ")
}

/// Bounds by partition, in UTC.
async fn partitions(client: &Client, table: &str) -> Vec<String> {
    client.batch_execute("SET timezone = 'UTC'; SET datestyle = 'ISO'").await.unwrap();
    let query = format!(
        "SELECT relname || ' ' || pg_get_expr(relpartbound, pg_class.oid) FROM pg_inherits \
         JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = $table${table}$table$::regclass ORDER BY relname"
    );
    texts(client, &query).await
}

#[test]
fn an_update_sets_counts_and_keeps() {
    on_every_server(async |server| {
        let client = database(server).await;
        client
            .batch_execute("INSERT INTO items (shelf, title, row_version) VALUES (1, 'one', 1)")
            .await
            .unwrap();
        let state = "SELECT concat_ws(' ', title, edits, row_version, edited_at > '2020-01-01') FROM items";
        assert_eq!(text(&client, state).await, "one 0 1 f");
        client.batch_execute("UPDATE items SET title = 'other'").await.unwrap();
        assert_eq!(text(&client, state).await, "other 5 2 t");
        let forged = "UPDATE items SET row_version = 90, edited_at = '1990-01-01'";
        client.batch_execute(forged).await.unwrap();
        assert_eq!(text(&client, state).await, "other 10 3 t");
        for column in ["id", "shelf"] {
            let change = format!("UPDATE items SET {column} = 77");
            let error = client.batch_execute(&change).await.unwrap_err();
            let error = error.as_db_error().unwrap();
            assert_eq!(error.code(), &SqlState::INTEGRITY_CONSTRAINT_VIOLATION);
            let expected = format!("column \"{column}\" of table \"items\" cannot change");
            assert_eq!((error.message(), error.column()), (expected.as_str(), Some(column)));
        }
        assert_eq!(text(&client, state).await, "other 10 3 t");
    });
}

#[test]
fn a_row_that_comes_back_is_newer_than_it_was() {
    on_every_server(async |server| {
        let client = database(server).await;
        let insert = "INSERT INTO items (id, shelf, title) VALUES (7, 1, 'one') RETURNING row_version";
        let first: i64 = client.query_one(insert, &[]).await.unwrap().get(0);
        let now = "SELECT (extract(epoch FROM now()) * 1000000)::bigint";
        let now: i64 = client.query_one(now, &[]).await.unwrap().get(0);
        assert!((now - first).abs() < 60_000_000, "{first} is not the time in microseconds, {now}");
        let last = "UPDATE items SET title = 'two' RETURNING row_version";
        let last: i64 = client.query_one(last, &[]).await.unwrap().get(0);
        assert_eq!(last, first + 1);
        // Also within one transaction, where now() stands still.
        let again =
            "BEGIN; DELETE FROM items; INSERT INTO items (id, shelf, title) VALUES (7, 1, 'one'); COMMIT";
        client.batch_execute(again).await.unwrap();
        let again: i64 = client.query_one("SELECT row_version FROM items", &[]).await.unwrap().get(0);
        assert!(again > last, "{again} is not above {last}");
    });
}

#[test]
fn rows_in_the_outbox_are_told_once_they_are_committed() {
    on_every_server(async |server| {
        let client = database(server).await;
        let (_listener, mut told) = server.listen("shop", "outbox_events").await;
        let event = "INSERT INTO outbox_events (topic, event_type, partition_key, aggregate_id, payload) \
                     SELECT 'shop.item', 'ItemUpdated', 'k', 'k', '' FROM generate_series(1, 3)";
        client.batch_execute(&format!("BEGIN; {event}; {event}")).await.unwrap();
        assert!(told.try_recv().is_err(), "told before the rows can be seen");
        client.batch_execute("COMMIT").await.unwrap();
        let wait = Duration::from_secs(10);
        assert_eq!(timeout(wait, told.recv()).await.unwrap().as_deref(), Some("outbox_events"));
        client
            .batch_execute("UPDATE outbox_events SET attempts = 1; DELETE FROM outbox_events")
            .await
            .unwrap();
        client.batch_execute("NOTIFY outbox_events, 'last'").await.unwrap();
        assert_eq!(
            timeout(wait, told.recv()).await.unwrap().as_deref(),
            Some("outbox_events last"),
            "told twice"
        );
    });
}

#[test]
fn partitions_begin_and_end_at_midnight_utc_wherever_one_is() {
    on_every_server(async |server| {
        let client = database(server).await;
        let days = partitions(&client, "\"Side place\".\"it's a day\"").await;
        assert_eq!(
            days,
            [
                "it's a day_2126_01_30 FOR VALUES FROM ('2126-01-30') TO ('2126-01-31')",
                "it's a day_2126_01_31 FOR VALUES FROM ('2126-01-31') TO ('2126-02-01')",
                "it's a day_2126_02_01 FOR VALUES FROM ('2126-02-01') TO ('2126-02-02')",
            ]
        );
        let years = partitions(&client, "yearly").await;
        assert_eq!(
            years[0],
            "yearly_2020 FOR VALUES FROM ('2020-01-01 00:00:00') TO ('2021-01-01 00:00:00')"
        );
        let months = partitions(&client, "monthly").await;
        assert_eq!(months.len(), 12 + 1 + 2, "the month in which the oldest rows are kept, to two ahead");
        client.batch_execute(&drop_all(&months)).await.unwrap();
        let elsewhere = "SET timezone = 'Pacific/Kiritimati'; SET datestyle = 'SQL, DMY'; \
                         SELECT maintain_monthly_partitions()";
        client.batch_execute(elsewhere).await.unwrap();
        assert_eq!(partitions(&client, "monthly").await, months);
        let now = "INSERT INTO items (shelf, title) VALUES (1, 'one'); \
                   INSERT INTO monthly (at, item_id) SELECT now(), id FROM items; \
                   INSERT INTO monthly (at, item_id) SELECT now() - interval '11 months', id FROM items; \
                   INSERT INTO yearly VALUES (now())";
        client.batch_execute(now).await.unwrap();
        assert_eq!(text(&client, "SELECT count(DISTINCT tableoid)::text FROM monthly").await, "2");
    });
}

fn drop_all(partitions: &[String]) -> String {
    let names = partitions.iter().map(|line| line.split(' ').next().unwrap());
    names.map(|name| format!("DROP TABLE {name};")).collect()
}

#[test]
fn a_partition_is_like_its_table() {
    on_every_server(async |server| {
        let client = database(server).await;
        let name =
            text(&client, "SELECT max(relname)::text FROM pg_class WHERE relname ~ '^monthly_[0-9_]+$'")
                .await;
        let constraints = format!(
            "SELECT contype::text FROM pg_constraint WHERE conrelid = '{name}'::regclass AND contype <> 'n' ORDER BY 1"
        );
        assert_eq!(text(&client, &constraints).await, "c | f | p");
        let indexes = format!("SELECT count(*)::text FROM pg_index WHERE indrelid = '{name}'::regclass");
        assert_eq!(text(&client, &indexes).await, "2");
        let attached = "SELECT count(*)::text FROM pg_index JOIN pg_inherits ON inhrelid = indexrelid JOIN pg_class \
             ON pg_class.oid = inhparent WHERE relname IN ('monthly_pkey', 'monthly_item_id_idx')";
        assert_eq!(
            text(&client, attached).await,
            "30",
            "no partition has an index of its own beside the table's"
        );
    });
}

#[test]
fn old_partitions_go_and_strangers_stay() {
    on_every_server(async |server| {
        let client = database(server).await;
        let before = partitions(&client, "monthly").await;
        let add = "CREATE TABLE monthly_2020_12 PARTITION OF monthly FOR VALUES FROM ('2020-12-01 00:00+00') TO \
                   ('2021-01-01 00:00+00'); \
                   CREATE TABLE monthly_archive PARTITION OF monthly FOR VALUES FROM (MINVALUE) TO \
                   ('2020-12-01 00:00+00'); \
                   CREATE TABLE monthly_2019_01 (LIKE monthly)";
        client.batch_execute(add).await.unwrap();
        client.batch_execute("SELECT maintain_monthly_partitions()").await.unwrap();
        let after = partitions(&client, "monthly").await;
        let strangers: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
        assert_eq!(strangers.len(), 1, "{strangers:?}");
        assert!(strangers[0].starts_with("monthly_archive "), "{strangers:?}");
        let apart = "SELECT count(*)::text FROM pg_class WHERE relname = 'monthly_2019_01'";
        assert_eq!(text(&client, apart).await, "1", "a table that is no partition is none of its business");
    });
}

#[test]
fn two_runs_at_once_make_each_partition_once() {
    on_every_server(async |server| {
        let client = database(server).await;
        let before = partitions(&client, "monthly").await;
        for _ in 0..3 {
            client.batch_execute(&drop_all(&before)).await.unwrap();
            let run = "SELECT maintain_monthly_partitions()";
            let other = server.connect("shop", "postgres").await;
            let two = tokio::spawn(async move { other.batch_execute(run).await });
            let one = client.batch_execute(run).await;
            one.and(two.await.unwrap()).unwrap_or_else(|error| panic!("{:?}", error.as_db_error()));
            assert_eq!(partitions(&client, "monthly").await, before);
        }
    });
}
