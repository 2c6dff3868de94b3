//! Read copies with keys of every kind: what is planted at the borders of chunks is found and named, and nothing else.
#![expect(clippy::disallowed_methods, reason = "a program that stands in for psql is written to a folder")]

use crate::pair::oldest_and_newest;
use crate::support::Server;
use crate::world::{Found, Report, World, write_program};
use crate::{newest, run};
use std::collections::BTreeSet;

const REGISTER: &str = r#"
platform shop { consistency percent=100 lag-seconds=1 }
server main class=db.t3.small storage-gb=20 max-connections=300
shape row { column name text nullable; column deleted_at timestamptz nullable; soft-delete deleted_at }
service owner {
    database owner on=main
    table numbers entity=Number { column id bigint; use row; primary-key id }
    table uuids entity=Uuid { column id uuid; use row; primary-key id }
    table words entity=Word { column word "varchar(40)"; use row; primary-key word }
    table places entity=Place { column region text; column number integer; column day date; use row; primary-key region number day }
    topic owner.number of=numbers { carries name; event NumberCreated when=created; event NumberUpdated when=updated; event NumberDeleted when=deleted }
    topic owner.uuid of=uuids { carries name; event UuidCreated when=created; event UuidUpdated when=updated; event UuidDeleted when=deleted }
    topic owner.word of=words { carries name; event WordCreated when=created; event WordUpdated when=updated; event WordDeleted when=deleted }
    topic owner.place of=places { carries name; event PlaceCreated when=created; event PlaceUpdated when=updated; event PlaceDeleted when=deleted }
}
service keeper {
    database keeper on=main
    projection copied_numbers of=owner.numbers { key as=number_id; carries name }
    projection copied_uuids of=owner.uuids { carry name as=label }
    projection copied_words of=owner.words { key as="the word"; carry name as="order" }
    projection copied_places of=owner.places { key day as=date; key region as=land; carries name }
}
"#;

/// How many rows each table has.
const ROWS: usize = 30;

/// A table and its copy: their names, the columns of the key on either side, and the compared column.
struct Copied {
    table: &'static str,
    copy: &'static str,
    key: &'static str,
    copy_key: &'static str,
    copy_name: &'static str,
    /// The key as JSON, on either side.
    json: [&'static str; 2],
    /// Values of the key from the number of a row.
    values: &'static str,
}

const PAIRS: [Copied; 4] = [
    Copied {
        table: "numbers",
        copy: "copied_numbers",
        key: "id",
        copy_key: "number_id",
        copy_name: "name",
        json: ["jsonb_build_array(id::text)", "jsonb_build_array(number_id::text)"],
        // With a gap of nearly the whole range, and both ends of it.
        values: "CASE n WHEN 1 THEN -9223372036854775808 WHEN 30 THEN 9223372036854775807 ELSE n * 7 - 100 END",
    },
    Copied {
        table: "uuids",
        copy: "copied_uuids",
        key: "id",
        copy_key: "id",
        copy_name: "label",
        json: ["jsonb_build_array(id::text)"; 2],
        values: "md5(n::text)::uuid",
    },
    Copied {
        table: "words",
        copy: "copied_words",
        key: "word",
        copy_key: "\"the word\"",
        copy_name: "\"order\"",
        json: ["jsonb_build_array(word)", "jsonb_build_array(\"the word\")"],
        values: r#"(ARRAY['', ' ', 'a', 'A', 'ä', 'Ä', 'ß', '日本', E'tab\there', E'line\nfeed', '"', '''', E'\\', '$(touch x)', '`x`', '%s', ',', '€', '🦀', E'\u0001'])[n]"#,
    },
    Copied {
        table: "places",
        copy: "copied_places",
        key: "region, number, day",
        copy_key: "land, number, date",
        copy_name: "name",
        json: [
            "jsonb_build_array(region, number::text, to_char(day, 'YYYY-MM-DD'))",
            "jsonb_build_array(land, number::text, to_char(date, 'YYYY-MM-DD'))",
        ],
        values: "(ARRAY['nord', 'süd', 'Ost'])[n % 3 + 1], n / 3, date '2026-02-27' + n % 4",
    },
];

const KINDS: [&str; 4] = ["missing", "surplus", "different", "tombstone_missing"];

/// The first row of the table, the last and the first of chunks of ten, and the last of the table.
const POSITIONS: [usize; 5] = [0, 9, 10, 19, ROWS - 1];

/// Both sides hold the same rows again.
async fn fill(world: &World) {
    for pair in &PAIRS {
        let Copied { table, copy, key, copy_key, copy_name, values, .. } = pair;
        // Words run out of odd ones.
        let values = match *table {
            "words" => format!("coalesce({values}, 'word ' || n)"),
            _ => (*values).to_owned(),
        };
        let name = "CASE n % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'näme ' || n END";
        let rows = format!("FROM generate_series(1, {ROWS}) AS n");
        let statements =
            format!("TRUNCATE {table}; INSERT INTO {table} ({key}, name) SELECT {values}, {name} {rows}");
        world.execute("owner", &statements).await;
        let columns = format!("{copy_key}, {copy_name}, source_version");
        let statements =
            format!("TRUNCATE {copy}; INSERT INTO {copy} ({columns}) SELECT {values}, {name}, 1 {rows}");
        world.execute("keeper", &statements).await;
    }
}

/// Makes a row differ.
async fn plant(world: &World, pair: &Copied, kind: &str, key: &str) {
    let [own, copied] = pair.json.map(|json| format!("{json} = '{}'::jsonb", key.replace('\'', "''")));
    let Copied { table, copy, copy_name, .. } = pair;
    match kind {
        "missing" => world.execute("keeper", &format!("DELETE FROM {copy} WHERE {copied}")).await,
        "surplus" => world.execute("owner", &format!("DELETE FROM {table} WHERE {own}")).await,
        "different" => {
            // From NULL to an empty text, or to another one.
            let change = format!("UPDATE {copy} SET {copy_name} = {copy_name} || ' ' WHERE {copied}");
            let null = format!("UPDATE {copy} SET {copy_name} = '' WHERE {copied} AND {copy_name} IS NULL");
            world.execute("keeper", &format!("{change}; {null}")).await;
        }
        _ => world.execute("owner", &format!("UPDATE {table} SET deleted_at = now() WHERE {own}")).await,
    }
}

/// The keys of a table in their order, as JSON.
async fn keys(world: &World, pair: &Copied) -> Vec<String> {
    let query = format!("SELECT {}::text FROM {} ORDER BY {}", pair.json[0], pair.table, pair.key);
    world.texts("owner", &query).await.iter().map(|key| compact(key)).collect()
}

fn compact(json: &str) -> String {
    serde_json::from_str::<serde_json::Value>(json).unwrap().to_string()
}

/// Every kind of difference at the first and last row of the table and of chunks, and where each row is a chunk.
async fn prove(owner: &Server, keeper: &Server) {
    let world = World::new(REGISTER, |service| if service == "owner" { owner } else { keeper }).await;
    // An empty pair is one chunk on either side.
    world.reconcile("keeper", 10).assert_clean(PAIRS.len() + 1, 0);
    fill(&world).await;
    for chunk_rows in [10, 1, 1000] {
        world.reconcile("keeper", chunk_rows).assert_clean(PAIRS.len() + 1, (PAIRS.len() * ROWS) as u64);
    }
    // Of one kind at a time one side lacks no row, and so cuts its chunks at the same keys as before.
    let one_kind = KINDS.map(|kind| (10, [kind; POSITIONS.len()]));
    let [missing, surplus, different, tombstone] = KINDS;
    let all_kinds = [
        (1, [missing, surplus, different, tombstone, missing]),
        (1000, [tombstone, missing, surplus, different, tombstone]),
    ];
    for (chunk_rows, kinds) in one_kind.into_iter().chain(all_kinds) {
        fill(&world).await;
        let mut planted: BTreeSet<Found> = BTreeSet::new();
        let mut last_of_chunks = BTreeSet::new();
        for pair in &PAIRS {
            let keys = keys(&world, pair).await;
            assert_eq!(keys.len(), ROWS);
            for (position, kind) in POSITIONS.into_iter().zip(kinds) {
                plant(&world, pair, kind, &keys[position]).await;
                planted.insert((pair.copy.to_owned(), kind.to_owned(), keys[position].clone()));
            }
            last_of_chunks.extend(keys.into_iter().skip(chunk_rows - 1).step_by(chunk_rows));
        }
        let (report, bounds) = reconcile_and_listen(&world, chunk_rows);
        let what = format!("chunks of {chunk_rows} rows, {kinds:?}:\n{}\n{}", report.json, report.errors);
        assert_eq!(report.found(), planted, "{what}");
        assert_eq!((report.code, report.json["result"].as_str()), (Some(1), Some("beyond_goal")));
        let elsewhere: Vec<_> = last_of_chunks.difference(&bounds).collect();
        assert!(elsewhere.is_empty(), "no chunk ends at {elsewhere:?}, {what}");
    }
}

/// Runs the script, and gives the keys with which the chunks that it compared ended.
fn reconcile_and_listen(world: &World, chunk_rows: usize) -> (Report, BTreeSet<String>) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("psql");
    let mut command = world.command("keeper");
    let psql = command.get_envs().find(|(name, _)| *name == "PSQL").and_then(|(_, value)| value).unwrap();
    let heard = folder.path().join("heard");
    std::fs::create_dir(&heard).unwrap();
    let listen = format!("#!/bin/sh\ntee '{}'/$$ | '{}' \"$@\"\n", heard.display(), psql.display());
    write_program(&program, &listen);
    command.env("PSQL", &program).env("FREEHOLD_CHUNK_ROWS", chunk_rows.to_string());
    let report = Report::of(&mut command);
    let mut bounds = BTreeSet::new();
    for file in std::fs::read_dir(heard).unwrap() {
        let statements = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for arguments in statements.lines().filter_map(|line| line.strip_prefix("EXECUTE chunk_digest(")) {
            // NULL behind the last key.
            if let Some(upper) = arguments.split(", ").nth(1).and_then(|upper| upper.strip_prefix('\'')) {
                bounds.insert(compact(&from_hexadecimal(upper.trim_end_matches('\''))));
            }
        }
    }
    (report, bounds)
}

fn from_hexadecimal(digits: &str) -> String {
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    String::from_utf8((0..digits.len()).step_by(2).map(byte).collect()).unwrap()
}

#[test]
fn what_is_planted_is_found_on_one_version() {
    let server = newest();
    run(prove(&server, &server));
}

#[test]
fn what_is_planted_is_found_across_versions() {
    let (oldest, newest) = oldest_and_newest();
    for (owner, copy) in [(oldest, newest), (newest, oldest)] {
        let pair = crate::pair::Pair::on_two_servers(owner, copy);
        run(prove(pair.owner(), pair.copy()));
    }
}

/// Where the servers order texts differently, chunks are cut in the order of the bytes. The oldest server is Debian's
/// where there is one, which knows the orders of ICU; a server that does not can only be asked in the order of bytes.
#[test]
fn texts_are_compared_under_any_two_collations() {
    for collations in [["und-x-icu", "C"], ["und-x-icu", "und-x-icu"], ["C", "ucs_basic"]] {
        let server = Server::start(oldest_and_newest().0);
        run(async {
            let world = World::new(REGISTER, |_| &server).await;
            let names = world.texts("owner", "SELECT collname::text FROM pg_collation").await;
            let known = |name: &str| {
                if names.iter().any(|known| known == name) { name.to_owned() } else { "C".to_owned() }
            };
            let [own, copied] = collations.map(|name| format!("COLLATE \"{}\"", known(name)));
            fill(&world).await;
            world.execute("owner", &format!("ALTER TABLE words ALTER word TYPE varchar(40) {own}")).await;
            world.execute("owner", &format!("ALTER TABLE places ALTER region TYPE text {own}")).await;
            world
                .execute(
                    "keeper",
                    &format!("ALTER TABLE copied_words ALTER \"the word\" TYPE varchar(40) {copied}"),
                )
                .await;
            world
                .execute("keeper", &format!("ALTER TABLE copied_places ALTER land TYPE text {copied}"))
                .await;
            world.reconcile("keeper", 7).assert_clean(PAIRS.len() + 1, (PAIRS.len() * ROWS) as u64);
            plant(&world, &PAIRS[2], "different", "[\"Ä\"]").await;
            plant(&world, &PAIRS[2], "missing", "[\"\"]").await;
            plant(&world, &PAIRS[3], "surplus", "[\"süd\", \"0\", \"2026-02-28\"]").await;
            let expected = [
                ("copied_words", "different", "[\"Ä\"]"),
                ("copied_words", "missing", "[\"\"]"),
                ("copied_places", "surplus", "[\"süd\",\"0\",\"2026-02-28\"]"),
            ];
            let expected =
                expected.map(|(table, kind, key)| (table.to_owned(), kind.to_owned(), key.to_owned()));
            assert_eq!(world.reconcile("keeper", 7).found(), BTreeSet::from(expected), "{collations:?}");
        });
    }
}

#[test]
fn a_copy_that_was_never_filled_is_all_missing() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        fill(&world).await;
        world
            .execute("keeper", "TRUNCATE copied_numbers; UPDATE copied_uuids SET source_deleted_at = now()")
            .await;
        world.execute("owner", "TRUNCATE words").await;
        let report = world.reconcile("keeper", 7);
        let counted = |table: &str| {
            let check = report.checks().iter().find(|check| check["table"] == table).unwrap();
            (check["differences"].to_string(), check["rows"].as_u64().unwrap())
        };
        assert_eq!(counted("copied_numbers"), ("{\"missing\":30}".to_owned(), 30));
        assert_eq!(counted("copied_uuids"), ("{\"missing\":30}".to_owned(), 30));
        assert_eq!(counted("copied_words"), ("{\"surplus\":30}".to_owned(), 30));
        assert_eq!(counted("copied_places"), ("{}".to_owned(), 30));
    });
}

#[test]
fn what_the_goal_leaves_is_reported_and_fine() {
    let server = newest();
    run(async {
        let register = REGISTER.replace("percent=100", "percent=96.6");
        let world = World::new(&register, |_| &server).await;
        fill(&world).await;
        world.execute("keeper", "DELETE FROM copied_numbers WHERE number_id = 5").await;
        let report = world.reconcile("keeper", 10);
        // One of thirty is 3.33 %.
        assert_eq!(
            (report.code, report.json["result"].as_str()),
            (Some(0), Some("within_goal")),
            "{}",
            report.errors
        );
        let expected = ("copied_numbers".to_owned(), "missing".to_owned(), "[\"5\"]".to_owned());
        assert_eq!(report.found(), BTreeSet::from([expected]));
        world.execute("keeper", "DELETE FROM copied_numbers WHERE number_id = 12").await;
        assert_eq!(world.reconcile("keeper", 10).code, Some(1));
    });
}

#[test]
fn rows_that_the_owner_deleted_may_be_missing_or_tombstones() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        fill(&world).await;
        world.execute("owner", "UPDATE numbers SET deleted_at = now() WHERE id IN (5, 12); DELETE FROM numbers WHERE id = 19").await;
        world.execute("keeper", "UPDATE copied_numbers SET source_deleted_at = now() WHERE number_id IN (5, 19); DELETE FROM copied_numbers WHERE number_id = 12").await;
        world.reconcile("keeper", 10).assert_clean(PAIRS.len() + 1, (PAIRS.len() * ROWS) as u64 - 3);
    });
}
