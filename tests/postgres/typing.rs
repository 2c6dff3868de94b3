//! What `sql` says of the types of expressions, against real servers: whatever it reports, PostgreSQL refuses.
//! `tests/data/typed_expressions.txt` holds expressions by hand with what becomes of them; others are made at random.

use crate::support::{Server, installations};
use freehold::sql::{
    DataType, EnumValues, ParsedExpression, Place, Surroundings, TypeId, TypeProblem, Wanted,
};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::collections::BTreeMap;
use tokio_postgres::Client;

const TABLE: &str = include_str!("../data/typed_expressions.txt");

/// How many random expressions each server sees.
const CASES: usize = 2500;

/// The least share of random expressions that PostgreSQL refuses, of which we say so, in percent.
const LEAST_FOUND: usize = 90;

const ENUM: &str = "mood";
const ENUM_VALUES: [&str; 3] = ["sad", "ok", "happy"];
const EXTENSIONS: [&str; 4] = ["citext", "hstore", "ltree", "pg_trgm"];

/// The table that the expressions are about: a column of every type, and its type.
pub fn columns() -> BTreeMap<&'static str, &'static str> {
    let lines = TABLE.lines().filter_map(|line| line.strip_prefix("column\t"));
    lines.filter_map(|line| line.split_once('\t')).collect()
}

fn surroundings(version: &str) -> Surroundings {
    let major = version.split('.').next().and_then(|major| major.parse().ok());
    let values = ENUM_VALUES.map(str::to_owned).to_vec();
    let enums = vec![EnumValues { name: ENUM.to_owned(), values }];
    Surroundings::new(major, EXTENSIONS.into_iter(), enums, std::iter::empty())
}

fn type_of(surroundings: &Surroundings, name: &str) -> Option<TypeId> {
    match name.strip_suffix("[]") {
        _ if name == ENUM => surroundings.enum_type(0, false),
        Some(ENUM) => surroundings.enum_type(0, true),
        _ => match DataType::parse(name) {
            Some(data_type) => surroundings.builtin(&data_type),
            None => surroundings.extension_type(name),
        },
    }
}

/// Where an expression stands, as the files write it: `check`, `index`, `where`, `default COLUMN`, `generated TYPE`.
fn place(surroundings: &Surroundings, kind: &str) -> Option<Place> {
    let (wanted, is_unchanging) = match kind.split_once(' ') {
        Some(("default", column)) => (Wanted::Value(type_of(surroundings, columns().get(column)?)?), false),
        Some(("generated", name)) => (Wanted::Value(type_of(surroundings, name)?), true),
        _ if kind == "index" => (Wanted::Anything, true),
        _ => (Wanted::Condition, kind == "where"),
    };
    Some(Place { wanted, is_unchanging })
}

/// What is said of an expression; `Err` where it is no expression at all.
fn said(surroundings: &Surroundings, kind: &str, text: &str) -> Result<Option<TypeProblem>, String> {
    let parsed = ParsedExpression::read(text).map_err(|error| error.to_string())?;
    let columns = columns();
    let types = |name: &str| columns.get(name).and_then(|name| type_of(surroundings, name));
    let place = place(surroundings, kind).unwrap_or_else(|| panic!("{kind}"));
    let problem = parsed.problem(surroundings, &types, place);
    if let Some(problem) = &problem {
        assert!(problem.offset + problem.length <= text.len(), "{text}: {problem:?}");
    }
    Ok(problem)
}

async fn prepare(client: &Client) {
    let definitions: Vec<String> =
        columns().iter().map(|(name, data_type)| format!("\"{name}\" {data_type}")).collect();
    let extensions: Vec<String> = EXTENSIONS.iter().map(|name| format!("CREATE EXTENSION {name};")).collect();
    let script = format!(
        "{} CREATE TYPE {ENUM} AS ENUM ('{}'); CREATE TABLE t ({})",
        extensions.concat(),
        ENUM_VALUES.join("', '"),
        definitions.join(", ")
    );
    client.batch_execute(&script).await.unwrap();
}

/// Why the server refuses an expression.
async fn refusal(client: &Client, kind: &str, text: &str) -> Option<String> {
    let store = match kind.split_once(' ') {
        Some(("default", column)) => format!("ALTER TABLE t ALTER \"{column}\" SET DEFAULT {text}"),
        Some((_, data_type)) => {
            format!("ALTER TABLE t ADD g {data_type} GENERATED ALWAYS AS ({text}) STORED")
        }
        _ if kind == "index" => format!("CREATE INDEX ON t (({text}))"),
        _ if kind == "where" => format!("CREATE INDEX ON t (i) WHERE {text}"),
        _ => format!("ALTER TABLE t ADD CONSTRAINT c CHECK ({text}) NOT VALID"),
    };
    client.batch_execute("BEGIN").await.unwrap();
    let result = client.batch_execute(&store).await;
    client.batch_execute("ROLLBACK").await.unwrap();
    result.err().map(|error| error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string))
}

fn unescape(text: &str) -> String {
    text.replace("\\n", "\n")
}

#[test]
fn expressions_by_hand_are_judged_as_the_servers_judge_them() {
    for installation in installations() {
        let server = Server::start(installation);
        let runtime = crate::runtime();
        let surroundings = surroundings(&installation.version);
        let faults: Vec<String> = runtime.block_on(async {
            let client = server.new_database("typed").await;
            prepare(&client).await;
            let (mut faults, mut judged) = (Vec::new(), 0);
            for line in TABLE.lines().filter(|line| !line.starts_with('#') && !line.starts_with("column\t")) {
                let [kind, verdict, text] = line
                    .splitn(3, '\t')
                    .collect::<Vec<_>>()
                    .try_into()
                    .unwrap_or_else(|_| panic!("three parts: {line}"));
                let text = unescape(text);
                let refusal = refusal(&client, kind, &text).await;
                let said = said(&surroundings, kind, &text);
                // `taken from 18`: refused before.
                let (verdict, from) = verdict.split_once(" from ").unwrap_or((verdict, "0"));
                let is_older = installation.version.split('.').next() < Some(from) && from != "0";
                let expected = match verdict {
                    "taken" if is_older => (true, true),
                    "taken" => (false, false),
                    "refused" => (true, true),
                    // PostgreSQL refuses it, and we do not see it.
                    "unseen" => (true, false),
                    other => panic!("{other}"),
                };
                let found = (refusal.is_some(), !matches!(said, Ok(None)));
                if found != expected {
                    faults.push(format!(
                        "{line}\n    PostgreSQL {}: {refusal:?}\n    we: {said:?}",
                        installation.version
                    ));
                }
                judged += 1;
            }
            assert!(judged > 250, "only {judged} expressions");
            faults
        });
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
}

#[test]
fn whatever_is_reported_of_random_expressions_postgresql_refuses() {
    let seed = crate::seed();
    for installation in installations() {
        let server = Server::start(installation);
        let runtime = crate::runtime();
        println!("on PostgreSQL {}, FREEHOLD_TEST_SEED={seed}", installation.version);
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let config = Config { failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let strategy = crate::random_expressions::placed_expression();
        let surroundings = surroundings(&installation.version);
        let (mut refused, mut found, mut unread) = (0, 0, 0);
        let (mut unfounded, mut unseen) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
        runtime.block_on(async {
            let client = server.new_database("random").await;
            prepare(&client).await;
            for _ in 0..CASES {
                let (kind, text) = strategy.new_tree(&mut runner).unwrap().current();
                let Ok(said) = said(&surroundings, &kind, &text) else {
                    unread += 1;
                    continue;
                };
                match (refusal(&client, &kind, &text).await, said) {
                    (None, Some(said)) => unfounded.push(format!("{kind}\t{text}\n    {said:?}")),
                    (Some(_), Some(_)) => (refused, found) = (refused + 1, found + 1),
                    (Some(refusal), None) => {
                        refused += 1;
                        unseen
                            .entry(refusal.chars().take(34).collect())
                            .or_default()
                            .push(format!("{kind}\t{text}\t{refusal}"));
                    }
                    (None, None) => {}
                }
            }
        });
        println!("{CASES} expressions, {unread} not read, {refused} refused, {found} of them found");
        for (refusal, texts) in &unseen {
            println!("{:4} {refusal}: {}", texts.len(), texts[0]);
        }
        assert!(unfounded.is_empty(), "{} without a reason:\n{}", unfounded.len(), unfounded.join("\n"));
        assert!(refused > CASES / 10 && refused < CASES * 9 / 10, "{refused} of {CASES} refused");
        assert!(found * 100 >= refused * LEAST_FOUND, "{found} of {refused} found");
    }
}
