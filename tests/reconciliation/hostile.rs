//! Names, surroundings and moments that a script could stumble over.
#![expect(clippy::disallowed_methods, reason = "where shellcheck is, is told through the environment")]

use crate::pair::Pair;
use crate::support::{ADMINISTRATOR, Server};
use crate::world::{Found, Report, World};
use crate::{newest, run};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Names that the queries use themselves.
const OWN_NAMES: [&str; 10] =
    ["share", "sample", "bounds", "given", "found", "target", "chunk", "counted", "named", "key_1"];

/// Names that mean something to SQL, psql, the shell, awk, printf or JSON. A table of such a name has another one in the
/// register.
const OTHER_NAMES: [&str; 4] = [
    "it's a \"name\"; :USER :'x'",
    "$(touch pwned) `touch pwned`",
    r"back\slash \n \gexec %s %n",
    "&& true || # -- /* $$",
];

/// A table in the database, which is also the name of its key.
struct Named {
    name: &'static str,
    /// The name in the register.
    table: String,
    /// The name of the copy.
    copy: String,
}

impl Named {
    fn all() -> Vec<Named> {
        let own = OWN_NAMES.iter().map(|name| (*name, (*name).to_owned()));
        let other = OTHER_NAMES.iter().enumerate().map(|(number, name)| (*name, format!("other_{number}")));
        own.chain(other)
            .map(|(name, table)| Named { name, copy: format!("copy_of_{table}"), table })
            .collect()
    }

    fn quoted(&self) -> String {
        quoted(self.name)
    }

    /// The other column of both tables.
    fn text(&self) -> String {
        format!("text of {}", self.name)
    }

    /// The key of the copy.
    fn key(&self) -> String {
        format!("key of {}", self.name)
    }
}

/// A text of KDL.
fn raw(name: &str) -> String {
    format!("##\"{name}\"##")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// For each name a table and a column with it, its copy, and a reference to it.
fn register() -> String {
    let (mut owner, mut keeper) = (String::new(), String::new());
    for (number, named) in Named::all().iter().enumerate() {
        let Named { table, copy, .. } = named;
        let (name, text, key) = (raw(named.name), raw(&named.text()), raw(&named.key()));
        let condition = r"> 0 AND '%s $(touch pwned) \
-- == keys.table.name: 2 lines
' <> ''";
        let when = format!("##\"\"\"\n{} {condition}\n\"\"\"##", quoted(&named.text()));
        let _ = writeln!(
            owner,
            "    table {table} as={name} entity=E{number} {{ column {name} integer; column {text} text nullable; primary-key {name} }}
    topic owner.e{number} of={table} {{
        carries {text}
        event E{number}Created when=created; event E{number}Updated when=updated; event E{number}Deleted when=deleted
    }}",
        );
        let _ = writeln!(
            keeper,
            "    projection {copy} of=owner.{table} {{ key {name} as={key}; carry {text} as={name} }}
    table ref_{table} as={name} {{
        column {text} integer; column {name} integer nullable; primary-key {text}
        allow duplicate-table reason=name
        reference {name} to=owner.{table} on-delete=nullify verify=none when={when}
    }}",
        );
    }
    format!(
        "platform shop {{ consistency percent=100 lag-seconds=1 }}
server main class=db.t3.small storage-gb=20 max-connections=400
service owner {{\n    database owner on=main\n{owner}}}
service keeper {{\n    database keeper on=main\n{keeper}}}\n"
    )
}

/// Nine rows in every table.
async fn fill(world: &World) {
    for named in Named::all() {
        let (name, text, key) = (named.quoted(), quoted(&named.text()), quoted(&named.key()));
        let rows = "FROM generate_series(1, 9) n";
        world
            .execute("owner", &format!("INSERT INTO {name} ({name}, {text}) SELECT n, 'v' || n {rows}"))
            .await;
        let copied = format!(
            "INSERT INTO {} ({key}, {name}, source_version) SELECT n, 'v' || n, 1 {rows}",
            named.copy
        );
        world.execute("keeper", &copied).await;
        world.execute("keeper", &format!("INSERT INTO {name} ({text}, {name}) SELECT n, n {rows}")).await;
    }
}

/// A row of each kind in every table.
async fn plant(world: &World) -> BTreeSet<Found> {
    let mut planted = BTreeSet::new();
    for named in Named::all() {
        let (copy, name, key) = (&named.copy, named.quoted(), quoted(&named.key()));
        let change =
            format!("UPDATE {copy} SET {name} = 'x' WHERE {key} = 4; DELETE FROM {copy} WHERE {key} = 9");
        world.execute("keeper", &change).await;
        world.execute("owner", &format!("DELETE FROM {name} WHERE {name} = 1")).await;
        let referring = format!("ref_{}", named.table);
        for (table, kind, key) in
            [(copy, "different", 4), (copy, "missing", 9), (copy, "surplus", 1), (&referring, "orphan", 1)]
        {
            planted.insert((table.clone(), kind.to_owned(), format!("[\"{key}\"]")));
        }
    }
    planted
}

async fn prove_names(pair: &Pair) {
    let server = |service: &str| if service == "owner" { pair.owner() } else { pair.copy() };
    let world = World::new(&register(), server).await;
    fill(&world).await;
    let folder = tempfile::tempdir().unwrap();
    let mut command = world.command("keeper");
    command.current_dir(folder.path()).env("FREEHOLD_CHUNK_ROWS", "4");
    let tables = Named::all();
    // Besides the copies and the references the processed events.
    Report::of(&mut command).assert_clean(2 * tables.len() + 1, 18 * tables.len() as u64);
    let planted = plant(&world).await;
    let report = Report::of(&mut command);
    assert_eq!((report.code, report.found()), (Some(1), planted), "{}", report.errors);
    for check in report.checks().iter().filter(|check| check["kind"] == "projection") {
        let named = tables.iter().find(|named| check["table"] == named.copy.as_str()).unwrap();
        let mut listed = check["first"].as_array().unwrap().iter();
        let different = listed.find(|found| found["difference"] == "different").unwrap();
        assert_eq!(different["columns"][0], named.name);
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "something was run");
}

#[test]
fn names_of_any_kind_reach_neither_the_shell_nor_another_meaning() {
    let (_, pair) = Pair::all().last().expect("there are some");
    run(prove_names(&pair));
}

/// What `shellcheck` says of scripts.
///
/// # Panics
/// When there is none: a test that needs it is never skipped.
fn shellcheck(options: &[&str], scripts: &[PathBuf]) -> String {
    let program = std::env::var("FREEHOLD_TEST_SHELLCHECK").unwrap_or_else(|_| "shellcheck".to_owned());
    let output = Command::new(program).arg("--external-sources").args(options).args(scripts).output();
    let output = output.expect("`tests/run` installs shellcheck where it is missing, and runs the tests");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn scripts_in(folder: &Path) -> Vec<PathBuf> {
    let files = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter();
    let paths = files.map(|entry| entry.unwrap().into_path());
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "sh")).collect()
}

#[test]
fn shellcheck_finds_nothing_in_any_script() {
    let server = newest();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut scripts = scripts_in(&root.join("generated"));
    assert!(scripts.len() > 10, "{scripts:?}");
    scripts.extend(["tests/run", "tests/consumers/kafka.sh", ".ci/run"].map(|script| root.join(script)));
    let world = run(World::new(&register(), |_| &server));
    let hostile = scripts_in(world.folder());
    assert_eq!(hostile.len(), 3, "one for each service, and what they share");
    assert_eq!(shellcheck(&[], &scripts), "");
    // That nothing is expanded in single quotes is what these names need.
    assert_eq!(shellcheck(&["--exclude=SC2016"], &hostile), "");
    let planted = tempfile::Builder::new().suffix(".sh").tempfile().unwrap();
    std::fs::write(planted.path(), "#!/bin/sh\nrm $1\n").unwrap();
    assert!(shellcheck(&[], &[planted.path().to_owned()]).contains("SC2086"));
}

const SMALL: &str = r#"
platform shop { consistency percent=100 lag-seconds=3 }
server main class=db.t3.small storage-gb=20
service owner {
    database owner on=main
    table items entity=Item { column id text; column name text; primary-key id }
    topic owner.item of=items { carries name; event ItemCreated when=created; event ItemUpdated when=updated; event ItemDeleted when=deleted }
    table visits entity=Visit {
        column id uuid; column at timestamptz; column note text
        primary-key id at
        partition at by=range { every year; from "2025" }
    }
    topic owner.visit of=visits { carries note; event VisitCreated when=created; event VisitUpdated when=updated; event VisitDeleted when=deleted }
}
service keeper {
    database keeper on=main
    projection copied of=owner.items { carries name }
    projection seen of=owner.visits { carries note }
}
"#;

#[test]
fn surroundings_do_not_matter() {
    let server = newest();
    run(async {
        let world = World::new(SMALL, |_| &server).await;
        world.execute("owner", "INSERT INTO items (id, name) VALUES ('a', 'ä'), ('ä', 'z')").await;
        world
            .execute(
                "keeper",
                "INSERT INTO copied (id, name, source_version) VALUES ('a', 'ä', 1), ('ä', 'z', 1)",
            )
            .await;
        let elsewhere =
            tempfile::Builder::new().prefix("it's a $(touch pwned) \"folder\" ").tempdir().unwrap();
        let generated = world.folder().join("reconciliation");
        let copied = Command::new("cp").arg("-r").arg(&generated).arg(elsewhere.path()).status().unwrap();
        assert!(copied.success());
        for variables in [
            [("CDPATH", ".:.."), ("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Asia/Tokyo")],
            [("PGTZ", "Asia/Tokyo"), ("PGDATESTYLE", "German"), ("PGCLIENTENCODING", "LATIN1")],
            [
                ("PGOPTIONS", "-c default_transaction_read_only=off"),
                ("POSIXLY_CORRECT", "1"),
                ("GREP_OPTIONS", "-v"),
            ],
            [("IFS", "x"), ("BASH_ENV", "/dev/null"), ("PAGER", "false")],
        ] {
            let mut command = world.command("keeper");
            let mut relative = Command::new("bash");
            relative
                .arg("keeper/reconcile.sh")
                .current_dir(elsewhere.path().join("reconciliation"))
                .env_clear();
            for (name, value) in command.get_envs() {
                relative.env(name, value.unwrap());
            }
            relative.envs(variables);
            Report::of(&mut relative).assert_clean(3, 2);
            Report::of(command.envs(variables)).assert_clean(3, 2);
        }
    });
}

#[test]
fn a_copy_that_was_ahead_and_then_is_behind_is_no_difference() {
    let server = newest();
    run(async {
        let world = World::new(SMALL, |_| &server).await;
        // As if the owner had been asked just before a change whose event arrives at once.
        world
            .execute(
                "owner",
                "INSERT INTO items (id, name, row_version) VALUES ('hot', 'first', 1), ('lost', 'first', 1), ('wrong', 'first', 1)",
            )
            .await;
        world.execute("keeper", "INSERT INTO copied (id, name, source_version) VALUES ('hot', 'second', 2), ('lost', 'zeroth', 0), ('wrong', 'other', 1)").await;
        let mut script =
            world.command("keeper").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut errors = BufReader::new(script.stderr.take().unwrap());
        let mut line = String::new();
        while !line.contains("rows differ") {
            line.clear();
            assert_ne!(errors.read_line(&mut line).unwrap(), 0, "the script did not wait");
        }
        // Two more changes while it waits, of which the last is still on its way when it looks again.
        world
            .execute(
                "owner",
                "UPDATE items SET name = 'second' WHERE true; UPDATE items SET name = 'third' WHERE true",
            )
            .await;
        let mut rest = String::new();
        errors.read_to_string(&mut rest).unwrap();
        let output = script.wait_with_output().unwrap();
        let report = Report {
            code: output.status.code(),
            json: serde_json::from_slice(&output.stdout).unwrap(),
            errors: rest,
        };
        let named = |key: &str| ("copied".to_owned(), "different".to_owned(), format!("[\"{key}\"]"));
        assert_eq!(report.found(), BTreeSet::from([named("lost"), named("wrong")]), "{}", report.errors);
    });
}

#[test]
fn rows_of_a_partitioned_table_are_compared() {
    for (_, pair) in Pair::all().skip(4) {
        run(async {
            let world =
                World::new(SMALL, |service| if service == "owner" { pair.owner() } else { pair.copy() })
                    .await;
            let at = "timestamptz '2025-06-01 00:00Z' + n * interval '10 days'";
            world.execute("owner", &format!("INSERT INTO visits (id, at, note) SELECT md5(n::text)::uuid, {at}, 'n' || n FROM generate_series(1, 100) n")).await;
            world.execute("keeper", "INSERT INTO seen (id, note, source_version) SELECT md5(n::text)::uuid, 'n' || n, 1 FROM generate_series(1, 100) n").await;
            world.reconcile("keeper", 7).assert_clean(3, 100);
            world.execute("owner", "DELETE FROM visits WHERE id = md5('42')::uuid").await;
            let key = world.texts("keeper", "SELECT md5('42')::uuid::text").await.remove(0);
            let expected = ("seen".to_owned(), "surplus".to_owned(), format!("[\"{key}\"]"));
            assert_eq!(world.reconcile("keeper", 7).found(), BTreeSet::from([expected]));
        });
    }
}

#[test]
fn a_database_that_disappears_in_the_middle_is_no_report() {
    let server = newest();
    run(async {
        let world = World::new(SMALL, |_| &server).await;
        world
            .execute(
                "owner",
                "INSERT INTO items (id, name) SELECT n, 'n' || n FROM generate_series(1, 20000) n",
            )
            .await;
        world.execute("keeper", "INSERT INTO copied (id, name, source_version) SELECT n, 'n' || n, 1 FROM generate_series(1, 20000) n").await;
        for (number, service) in ["owner", "keeper"].into_iter().enumerate() {
            let mut command = world.command("keeper");
            command.env("FREEHOLD_CHUNK_ROWS", "1");
            let script = tokio::task::spawn_blocking(move || Report::of(&mut command));
            let end = format!(
                "SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE usename = '{service}_reconciler' AND query LIKE 'EXECUTE chunk_digest%'"
            );
            while world.texts(service, &end).await == ["0"] {
                assert!(!script.is_finished(), "the script was too fast");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            let report = script.await.unwrap();
            assert_eq!(
                (report.code, report.json["result"].as_str()),
                (Some(2), Some("failed")),
                "{number} {}",
                report.errors
            );
            assert!(report.errors.contains("terminating connection"), "{}", report.errors);
        }
    });
}

/// How a database is made whose texts are in another order than that of their bytes, or at least in one that this server
/// cannot vouch for.
async fn other_locale(server: &Server) -> String {
    let client = server.connect("postgres", ADMINISTRATOR).await;
    let rows = client
        .query(
            "SELECT collprovider = 'i', collcollate FROM pg_collation
            WHERE collname = 'de-x-icu' OR collprovider = 'c' AND collcollate NOT IN ('C', 'POSIX')
            ORDER BY 1 DESC",
            &[],
        )
        .await
        .unwrap();
    let row = rows.first().expect("the server has some locale besides C");
    match row.get(0) {
        true => "LOCALE_PROVIDER icu ICU_LOCALE 'de' LOCALE 'C'".to_owned(),
        false => format!("LOCALE '{}'", row.get::<_, String>(1)),
    }
}

#[test]
fn keys_are_compared_where_databases_order_texts_differently() {
    for (servers, pair) in Pair::all().skip(4) {
        run(async {
            let locale = other_locale(pair.copy()).await;
            println!("{servers}: {locale}");
            let administrator = pair.copy().connect("postgres", ADMINISTRATOR).await;
            let create = format!("CREATE DATABASE keeper TEMPLATE template0 ENCODING 'UTF8' {locale}");
            administrator.batch_execute(&create).await.unwrap();
            let server = |service: &str| if service == "owner" { pair.owner() } else { pair.copy() };
            let world = World::new(SMALL, server).await;
            let words = "SELECT chr(64 + n) || chr(97 + n * 7 % 26) || chr(228 + n), 'v' FROM generate_series(1, 50) n";
            world.execute("owner", &format!("INSERT INTO items (id, name) {words}")).await;
            world
                .execute(
                    "keeper",
                    &format!("INSERT INTO copied (id, name) {words}")
                        .replace("'v'", "'v', 1")
                        .replace("name)", "name, source_version)"),
                )
                .await;
            world.reconcile("keeper", 7).assert_clean(3, 50);
            let ids = world.texts("owner", "SELECT id FROM items ORDER BY id COLLATE \"C\"").await;
            let mut planted = BTreeSet::new();
            for (position, kind) in
                [(0, "missing"), (6, "different"), (7, "surplus"), (13, "missing"), (49, "different")]
            {
                let id = &ids[position];
                match kind {
                    "missing" => {
                        world.execute("keeper", &format!("DELETE FROM copied WHERE id = '{id}'")).await
                    }
                    "surplus" => {
                        world.execute("owner", &format!("DELETE FROM items WHERE id = '{id}'")).await
                    }
                    _ => {
                        world
                            .execute("keeper", &format!("UPDATE copied SET name = 'w' WHERE id = '{id}'"))
                            .await
                    }
                }
                planted.insert(("copied".to_owned(), kind.to_owned(), serde_json::json!([id]).to_string()));
            }
            for chunk_rows in [1, 7, 1000] {
                let report = world.reconcile("keeper", chunk_rows);
                assert_eq!(report.found(), planted, "{servers}, {chunk_rows}: {}", report.errors);
            }
        });
    }
}
