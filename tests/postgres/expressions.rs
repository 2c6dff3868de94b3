//! What every PostgreSQL stores of the expressions in `tests/data/expressions.txt` has the normal form of what
//! people write. With `UPDATE_EXPRESSIONS=1` the file gets what the oldest server stores.
#![expect(clippy::disallowed_methods, reason = "the variable says whether to rewrite the file of pairs")]

use crate::support::{Server, installations};
use freehold::sql;
use std::collections::BTreeMap;
use tokio_postgres::Client;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/expressions.txt");

fn unescape(part: &str) -> String {
    part.replace("\\n", "\n").replace("\\t", "\t").replace("\\\\", "\\")
}

fn escape(part: &str) -> String {
    part.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t")
}

/// The columns of the table that the expressions are about, with their types.
fn columns(file: &str) -> BTreeMap<&str, &str> {
    let lines = file.lines().filter_map(|line| line.strip_prefix("column\t"));
    lines.filter_map(|line| line.split_once('\t')).collect()
}

async fn prepare(client: &Client, columns: &BTreeMap<&str, &str>) {
    let definitions: Vec<String> =
        columns.iter().map(|(name, data_type)| format!("\"{name}\" {data_type}")).collect();
    let script = format!(
        "CREATE EXTENSION citext; CREATE SEQUENCE t_seq; CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped'); \
         CREATE TABLE t ({}); SET TIME ZONE 'UTC'",
        definitions.join(", ")
    );
    client.batch_execute(&script).await.unwrap();
}

/// What the server prints of an expression that was stored where its kind says.
async fn stored(client: &Client, kind: &str, own: &str) -> String {
    let (store, ask) = match kind.split_once(' ') {
        Some(("default", column)) => (
            format!("ALTER TABLE t ALTER \"{column}\" SET DEFAULT {own}"),
            "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef",
        ),
        Some(("generated", data_type)) => (
            format!("ALTER TABLE t ADD g {data_type} GENERATED ALWAYS AS ({own}) STORED"),
            "SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef",
        ),
        _ if kind == "index" => {
            (format!("CREATE INDEX i ON t (({own}))"), "SELECT pg_get_indexdef('i'::regclass, 1, false)")
        }
        _ => (
            format!("ALTER TABLE t ADD CONSTRAINT c CHECK ({own})"),
            "SELECT pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE conname = 'c'",
        ),
    };
    client.batch_execute("BEGIN").await.unwrap();
    client.batch_execute(&store).await.unwrap_or_else(|error| panic!("{own}: {:?}", error.as_db_error()));
    let text = client.query_one(ask, &[]).await.unwrap().get(0);
    client.batch_execute("ROLLBACK").await.unwrap();
    text
}

fn normal_form(kind: &str, text: &str, columns: &BTreeMap<&str, &str>) -> Option<String> {
    let column_type = |name: &str| columns.get(name).map(|data_type| (*data_type).to_owned());
    let expression = match kind.strip_prefix("default ") {
        Some(column) => sql::default_expression(text, columns[column]),
        None => sql::expression_with(text, &column_type),
    };
    expression.ok()?.normal_form
}

/// The file as this server would have it, and what does not have one normal form.
async fn judged(client: &Client, file: &str) -> (String, Vec<String>) {
    let columns = columns(file);
    let (mut text, mut faults) = (String::new(), Vec::new());
    for line in file.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let ([kind, own, _], false) = (parts.as_slice(), line.starts_with("column\t")) else {
            text += &format!("{line}\n");
            continue;
        };
        let stored = stored(client, kind, &unescape(own)).await;
        text += &format!("{kind}\t{own}\t{}\n", escape(&stored));
        let (left, right) =
            (normal_form(kind, &unescape(own), &columns), normal_form(kind, &stored, &columns));
        if *kind != "uncomparable" && (left.is_none() || left != right) {
            faults.push(format!("{line}\n    {left:?}\n    {right:?}\n    {stored}"));
        }
    }
    (text, faults)
}

#[test]
fn what_every_version_stores_has_the_normal_form_of_what_people_write() {
    let file = std::fs::read_to_string(PATH).unwrap();
    for (index, installation) in installations().iter().enumerate() {
        let server = Server::start(installation);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (text, faults) = runtime.block_on(async {
            let client = server.new_database("expressions").await;
            prepare(&client, &columns(&file)).await;
            judged(&client, &file).await
        });
        assert!(faults.is_empty(), "on PostgreSQL {}:\n{}", installation.version, faults.join("\n"));
        if index == 0 && std::env::var_os("UPDATE_EXPRESSIONS").is_some() {
            std::fs::write(PATH, &text).unwrap();
        } else if index == 0 && installation.version.starts_with("15.") {
            assert_eq!(text, file, "`UPDATE_EXPRESSIONS=1` rewrites the file");
        }
    }
}
