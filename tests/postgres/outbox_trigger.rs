//! `outbox=trigger`: which events a table's triggers write, and what those hold, whatever the session's settings.

use crate::on_every_server;
use crate::support::Server;
use crate::support::services::compile;
use freehold::source::Memory;
use freehold::sql;
use serde_json::{Value, json};
use tokio_postgres::Client;

const LIVING: &str = r#"
service shop {
    database shop on=small
    enum mood happy sad "it's \\ odd"
    table items entity=Item {
        column id bigint identity
        column shelf text
        column title text
        column price "numeric(9,2)" nullable
        column place point nullable
        column mood mood default=happy
        column note text nullable
        column edited_at timestamptz default-sql="now()" on-update-sql="clock_timestamp()"
        column "gone At" timestamptz nullable
        primary-key id
        soft-delete "gone At"
    }
    topic shop.item of=items key="shelf, id" id=id outbox=trigger {
        carries title edited_at mood
        event ItemCreated when=created
        event ItemUpdated when=updated { carries price place }
        event ItemUpdated when=updated version=2 { carries note }
        event ItemDeleted when=deleted
        event ItemPraised { field words text }
    }
    table parts entity=Part {
        column id uuid default-sql="gen_random_uuid()"
        column made_on date
        column name text
        primary-key id made_on
        partition made_on by=list { part early "2024-01-01"; part late "2025-01-01" }
    }
    topic shop.part of=parts id=id outbox=trigger {
        event PartCreated when=created { carries name }
        event PartUpdated when=updated { carries name }
        event PartDeleted when=deleted
    }
}
"#;

/// A database in which a register stands, whose lint is not asked.
async fn database(server: &Server, register: &str) -> Client {
    let mut files = Memory::default();
    let quiet = "platform test { lint event-without-consumer level=off; lint topic-id-not-unique level=off }\nserver small class=db.t3.small storage-gb=20";
    files.insert("model.kdl", format!("{quiet}\n{register}").as_str());
    let services = compile(&files, "model.kdl");
    let client = server.new_database("shop").await;
    let statements: Vec<String> = services[0].plan.up.iter().map(sql::render).collect();
    client.batch_execute(&statements.join("\n")).await.unwrap_or_else(|error| panic!("{error:?}"));
    client
}

/// What lies in the outbox, a line for each event, which then is empty: event, version, key, id, and how much the version of
/// the row is above what it was at first.
async fn told(client: &Client) -> Vec<String> {
    let query = "WITH taken AS (DELETE FROM outbox_events RETURNING *)
        SELECT concat_ws(' ', event_type, event_version, partition_key, aggregate_id, row_version - 100) FROM taken ORDER BY id";
    client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

async fn payloads(client: &Client) -> Vec<Value> {
    let query = "WITH taken AS (DELETE FROM outbox_events RETURNING *)
        SELECT convert_from(payload, 'UTF8'), headers ->> 'content-type' FROM taken ORDER BY id";
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter()
        .map(|row| {
            assert_eq!(row.get::<_, &str>(1), "application/json");
            serde_json::from_str(row.get(0)).unwrap()
        })
        .collect()
}

#[test]
fn each_change_is_told_as_what_it_is() {
    on_every_server(async |server| {
        let client = database(server, LIVING).await;
        let run = async |statement: &str| {
            client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
            told(&client).await
        };
        let key = r#"["a", "1"]"#;
        let insert = "INSERT INTO items (id, shelf, title, row_version) VALUES";
        assert_eq!(
            run(&format!("{insert} (1, 'a', 'one', 100)")).await,
            [format!("ItemCreated 1 {key} 1 0")]
        );
        let both = [format!("ItemUpdated 1 {key} 1 1"), format!("ItemUpdated 2 {key} 1 1")];
        assert_eq!(run("UPDATE items SET title = 'two'").await, both);
        assert_eq!(run("UPDATE items SET title = 'two'").await, [""; 0], "nothing has changed");
        assert_eq!(run("UPDATE items SET edited_at = '2001-01-01'").await, [""; 0], "set by every update");
        assert_eq!(run("UPDATE items SET price = 1").await, [format!("ItemUpdated 1 {key} 1 4")]);
        assert_eq!(run("UPDATE items SET place = '(1,2)'").await, [format!("ItemUpdated 1 {key} 1 5")]);
        assert_eq!(run("UPDATE items SET note = ''").await, [format!("ItemUpdated 2 {key} 1 6")]);
        assert_eq!(run("UPDATE items SET note = NULL").await, [format!("ItemUpdated 2 {key} 1 7")]);
        // Marked as deleted, even where something else changes with it; then nothing until the mark goes.
        let mark = r#"UPDATE items SET "gone At" = now(), title = 'x'"#;
        assert_eq!(run(mark).await, [format!("ItemDeleted 1 {key} 1 8")]);
        assert_eq!(run(r#"UPDATE items SET "gone At" = '2001-01-01', title = 'y'"#).await, [""; 0]);
        let back = [format!("ItemUpdated 1 {key} 1 10"), format!("ItemUpdated 2 {key} 1 10")];
        assert_eq!(run(r#"UPDATE items SET "gone At" = NULL"#).await, back);
        assert_eq!(run("DELETE FROM items").await, [format!("ItemDeleted 1 {key} 1 11")]);
        // One that was marked before is gone already; one that comes with its mark has never been there.
        let dead = r#"INSERT INTO items (id, shelf, title, "gone At") VALUES (2, 'a', 'two', now())"#;
        assert_eq!(run(dead).await, [""; 0]);
        assert_eq!(run("DELETE FROM items").await, [""; 0]);
        // Several rows of one statement, in one transaction that fails, too.
        let rows = format!("{insert} (3, 'b', 'x', 100), (4, 'b', 'y', 100)");
        let expected = [r#"ItemCreated 1 ["b", "3"] 3 0"#, r#"ItemCreated 1 ["b", "4"] 4 0"#];
        assert_eq!(run(&rows).await, expected);
        assert_eq!(run("BEGIN; UPDATE items SET title = 'z'; ROLLBACK").await, [""; 0]);
    });
}

#[test]
fn a_row_keeps_its_partition() {
    on_every_server(async |server| {
        let client = database(server, LIVING).await;
        let id = "6f1c2b0e-0000-4000-8000-00000000000a";
        let insert = format!(
            "INSERT INTO parts (id, made_on, name, row_version) VALUES ('{id}', '2024-01-01', 'a', 100)"
        );
        client.batch_execute(&insert).await.unwrap();
        let error = client.batch_execute("UPDATE parts SET made_on = '2025-01-01'").await.unwrap_err();
        let error = error.as_db_error().unwrap();
        assert_eq!(error.message(), "column \"made_on\" of table \"parts\" cannot change");
        assert!(error.detail().unwrap().contains("another partition"), "{error:?}");
        client.batch_execute("UPDATE parts SET name = 'b'; DELETE FROM parts").await.unwrap();
        let expected = [
            format!("PartCreated 1 {id} {id} 0"),
            format!("PartUpdated 1 {id} {id} 1"),
            format!("PartDeleted 1 {id} {id} 2"),
        ];
        assert_eq!(told(&client).await, expected);
    });
}

/// A type, a value of it, and the value in JSON.
fn values() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("boolean", "true", json!(true)),
        ("smallint", "-32768", json!(-32768)),
        ("integer", "7", json!(7)),
        ("bigint", "9223372036854775807", json!("9223372036854775807")),
        ("real", "0.1", json!(0.1)),
        ("double precision", "0.30000000000000004", json!(0.30000000000000004)),
        ("float8", "NaN", json!("NaN")),
        ("real", "-Infinity", json!("-Infinity")),
        ("numeric(12,2)", "12.30", json!("12.30")),
        ("numeric", "NaN", json!("NaN")),
        ("numeric", "123456789012345678901234567890.10", json!("123456789012345678901234567890.10")),
        ("money", "1.5", json!("1.50")),
        ("text", "it's \\ \"é\" \u{1F600}", json!("it's \\ \"é\" \u{1F600}")),
        ("varchar(9)", "x", json!("x")),
        ("name", "x", json!("x")),
        ("\\\"char\\\"", "c", json!("c")),
        ("bytea", "\\x00ff10", json!("AP8Q")),
        ("uuid", "6F1C2B0E-0000-4000-8000-00000000000A", json!("6f1c2b0e-0000-4000-8000-00000000000a")),
        ("timestamptz", "2026-01-31 13:45:00.5+02", json!("2026-01-31T11:45:00.5Z")),
        ("timestamptz", "infinity", json!("infinityZ")),
        ("timestamp", "2026-01-31 13:45:00.5", json!("2026-01-31T13:45:00.5")),
        ("date", "2026-01-31", json!("2026-01-31")),
        ("time", "13:45:00.5", json!("13:45:00.5")),
        ("timetz", "13:45:00.5+02", json!("13:45:00.5+02:00")),
        ("timetz", "13:45:00-05:30", json!("13:45:00-05:30")),
        ("interval", "1 year 2 months 3 days 4 hours 5 minutes 6.5 seconds", json!("P1Y2M3DT4H5M6.5S")),
        ("interval", "-1 day +2 hours", json!("P0Y0M-1DT2H0M0S")),
        ("json", "{ \"a\": 1.00 }", json!("{ \"a\": 1.00 }")),
        ("jsonb", "{\"a\": 1.00}", json!("{\"a\": 1.00}")),
        ("jsonpath", "$.a", json!("$.\"a\"")),
        ("xml", "<a/>", json!("<a/>")),
        ("bit(4)", "1010", json!("1010")),
        ("varbit", "101", json!("101")),
        ("inet", "10.0.0.1/8", json!("10.0.0.1/8")),
        ("cidr", "10.0.0.0/8", json!("10.0.0.0/8")),
        ("macaddr", "08:00:2b:01:02:03", json!("08:00:2b:01:02:03")),
        ("macaddr8", "08:00:2b:01:02:03:04:05", json!("08:00:2b:01:02:03:04:05")),
        ("point", "(1,2.5)", json!("(1,2.5)")),
        ("line", "{1,2,3}", json!("{1,2,3}")),
        ("lseg", "[(1,2),(3,4)]", json!("[(1,2),(3,4)]")),
        ("box", "(3,4),(1,2)", json!("(3,4),(1,2)")),
        ("path", "((1,2),(3,4))", json!("((1,2),(3,4))")),
        ("polygon", "((1,2),(3,4))", json!("((1,2),(3,4))")),
        ("circle", "<(1,2),3>", json!("<(1,2),3>")),
        ("int4range", "[1,5)", json!("[1,5)")),
        ("numrange", "(1.5,)", json!("(1.5,)")),
        ("daterange", "[2026-01-31,2026-02-02)", json!("[2026-01-31,2026-02-02)")),
        ("tstzrange", "[2026-01-31 12:00+00,)", json!("[\"2026-01-31 12:00:00+00\",)")),
        ("int8multirange", "{[1,2),[5,7)}", json!("{[1,2),[5,7)}")),
        ("tsvector", "a b", json!("'a' 'b'")),
        ("tsquery", "a & b", json!("'a' & 'b'")),
        ("oid", "17", json!("17")),
        ("regclass", "pg_class", json!("pg_class")),
        ("pg_lsn", "16/B374D848", json!("16/B374D848")),
        ("xid8", "12", json!("12")),
        ("citext", "MiXed", json!("MiXed")),
        ("mood", "it's \\ odd", json!("MOOD_IT_S_ODD")),
        ("text[]", "{a,\"b c\"}", json!(["a", "b c"])),
        ("bigint[]", "{1,-2}", json!(["1", "-2"])),
        ("smallint[]", "{1,2}", json!([1, 2])),
        ("bytea[]", "{\"\\\\x00ff\"}", json!(["AP8="])),
        ("mood[]", "{sad,happy}", json!(["MOOD_SAD", "MOOD_HAPPY"])),
        (
            "timestamptz[]",
            "{2026-01-31 12:00+00,2026-02-01 12:00+00}",
            json!(["2026-01-31T12:00:00Z", "2026-02-01T12:00:00Z"]),
        ),
        ("interval[]", "{}", json!([])),
        ("date[]", "{2026-01-31}", json!(["2026-01-31"])),
        ("citext[]", "{Ab}", json!(["Ab"])),
        // What cannot be sent holds a null, or a list, and so is no JSON of the message.
        ("text[]", "{a,NULL}", json!(["a", null])),
        ("text[]", "{{a},{b}}", json!([["a"], ["b"]])),
        ("date[]", "{{2026-01-31},{2026-02-01}}", json!([null])),
    ]
}

/// A table with two columns of each type, a nullable one behind one that is not, and the event of its inserts.
fn register_of(values: &[(&str, &str, Value)], names: &[String]) -> String {
    let columns = values.iter().enumerate().map(|(number, (kind, ..))| {
        format!("        column c{number} \"{kind}\"\n        column n{number} \"{kind}\" nullable\n")
    });
    format!(
        "service shop {{
    database shop on=small
    extension citext
    enum mood happy sad \"it's \\\\ odd\"
    table items entity=Item {{
        column id uuid
{}        primary-key id
    }}
    topic shop.item of=items outbox=trigger {{
        event ItemCreated when=created {{ carries {} }}
    }}
}}",
        columns.collect::<String>(),
        names.join(" ")
    )
}

#[test]
fn every_type_has_its_form_whatever_the_session_has_set() {
    on_every_server(async |server| {
        let mut values = values();
        // Some servers are built without it.
        let probe = server.new_database("probe").await;
        if probe.batch_execute("SELECT '<a/>'::xml").await.is_err() {
            values.retain(|(kind, ..)| *kind != "xml");
        }
        let names = (0..values.len()).flat_map(|number| [format!("c{number}"), format!("n{number}")]);
        let names: Vec<String> = names.collect();
        let client = database(server, &register_of(&values, &names)).await;
        let insert = |is_filled: bool| {
            let literals = values.iter().map(|(_, value, _)| {
                let literal = format!("'{}'", value.replace('\'', "''"));
                let other = if is_filled { literal.as_str() } else { "NULL" };
                format!("{literal}, {other}")
            });
            let literals: Vec<String> = literals.collect();
            let columns = names.join(", ");
            format!("INSERT INTO items (id, {columns}) VALUES (gen_random_uuid(), {})", literals.join(", "))
        };
        client.batch_execute(&insert(true)).await.unwrap_or_else(|error| panic!("{error:?}"));
        let settings = "SET DateStyle = 'SQL, DMY'; SET IntervalStyle = 'sql_standard'; SET extra_float_digits = 0; \
                        SET TimeZone = 'Asia/Kolkata'; SET bytea_output = 'escape'";
        client.batch_execute(&format!("{settings}; {}", insert(false))).await.unwrap();
        let found = payloads(&client).await;
        for (number, (kind, value, expected)) in values.iter().enumerate() {
            let name = format!("c{number}");
            assert_eq!(&found[0][&name], expected, "{kind} {value}");
            assert_eq!(&found[1][&name], expected, "{kind} {value}, under other settings");
            let nullable = format!("n{number}");
            let wrapped = if kind.ends_with("[]") { json!({ "values": expected }) } else { expected.clone() };
            assert_eq!(found[0][&nullable], wrapped, "{kind} {value}, of a nullable column");
            assert_eq!(found[1][&nullable], Value::Null, "{kind}");
        }
    });
}
