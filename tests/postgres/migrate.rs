//! The script that migrates in a cluster, against real servers, and beside sqlx, which keeps the same book.
#![expect(clippy::disallowed_methods, reason = "the script reads files, and a test has to wait for it")]

use crate::compare::contents;
use crate::on_every_server;
use crate::service::bootstrap;
use crate::support::services::compile;
use crate::support::{ADMINISTRATOR, Server};
use freehold::source::Disk;
use sqlx::migrate::{Migrate, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio_postgres::Client;

/// The shells and tools that the images of PostgreSQL have: Debian's, and those of busybox in the ones on Alpine.
#[derive(Clone, Copy, Debug)]
enum Tools {
    Debian,
    Busybox,
}

/// A database, a folder of migrations, and a role that applies them.
struct Migrations<'a> {
    server: &'a Server,
    database: &'a str,
    role: &'a str,
    folder: TempDir,
}

impl<'a> Migrations<'a> {
    fn new(server: &'a Server, database: &'a str, role: &'a str, files: &[(&str, &str)]) -> Migrations<'a> {
        let migrations = Migrations { server, database, role, folder: tempfile::tempdir().unwrap() };
        for (name, text) in files {
            migrations.write(name, text);
        }
        migrations
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn remove(&self, name: &str) {
        std::fs::remove_file(self.folder.path().join(name)).unwrap();
    }

    fn command(&self, tools: Tools, arguments: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/kubernetes/migrate.sh");
        let mut command = match tools {
            Tools::Debian => Command::new("sh"),
            Tools::Busybox => {
                let applets = busybox();
                let mut command = Command::new(applets.join("sh"));
                command.env("PATH", applets);
                command
            }
        };
        command.arg(script).args(arguments).env("PSQL", &self.server.installation.psql);
        command.env("PGHOST", &self.server.folder).env("PGDATABASE", self.database).env("PGUSER", self.role);
        command
    }

    fn start(&self, tools: Tools) -> Child {
        let mut command = self.command(tools, &["apply", self.folder.path().to_str().unwrap()]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    /// Applies the folder; what the script exits with, and what it says.
    fn apply(&self, tools: Tools) -> (i32, String) {
        ended(self.start(tools).wait_with_output().unwrap())
    }

    /// Applies the folder, which has to succeed.
    fn apply_all(&self, tools: Tools) -> String {
        let (code, said) = self.apply(tools);
        assert_eq!(code, 0, "{tools:?}: {said}");
        said
    }

    fn refused(&self, because: &str) {
        for tools in [Tools::Debian, Tools::Busybox] {
            let (code, said) = self.apply(tools);
            assert_eq!(code, 1, "{tools:?}: {said}");
            assert!(said.contains(because), "{tools:?}: {said}");
        }
    }

    /// Waits for a version as a role that may read.
    fn wait_for(&self, version: &str, seconds: &str) -> (i32, String) {
        ended(self.command(Tools::Debian, &["wait", version, seconds]).output().unwrap())
    }

    async fn client(&self) -> Client {
        self.server.connect(self.database, self.role).await
    }

    async fn sqlx(&self) -> PgConnection {
        let options = PgConnectOptions::new_without_pgpass().socket(&self.server.folder);
        options.database(self.database).username(self.role).connect().await.unwrap()
    }

    /// `sqlx migrate run`.
    async fn run_sqlx(&self) -> Result<(), sqlx::migrate::MigrateError> {
        let migrator = Migrator::new(self.folder.path()).await.unwrap();
        let mut connection = self.sqlx().await;
        let result = migrator.run_direct(None, &mut connection, false).await;
        connection.close().await.unwrap();
        result
    }
}

fn ended(output: Output) -> (i32, String) {
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "messages are for standard error");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A folder with the programs of busybox, and no others.
fn busybox() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("busybox");
    if !folder.is_dir() {
        let part = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let installed = Command::new("busybox").args(["--install", "-s"]).arg(part.path()).status();
        let installed = installed.expect("no busybox was found: `tests/run` installs what is missing");
        assert!(installed.success());
        // Another test may have been faster; its folder is as good.
        if std::fs::rename(part.path(), &folder).is_err() {
            assert!(folder.is_dir());
        }
    }
    folder
}

/// The book: version, description, checksum, and whether the time is known.
async fn book(client: &Client) -> Vec<(i64, String, Vec<u8>, bool)> {
    let query =
        "SELECT version, description, checksum, success AND execution_time > 0 AND installed_on <= now()
        FROM _sqlx_migrations ORDER BY version";
    let rows = client.query(query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2), row.get(3))).collect()
}

async fn versions(client: &Client) -> Vec<i64> {
    book(client).await.into_iter().map(|(version, ..)| version).collect()
}

#[test]
fn all_of_nova_is_applied_once_and_sqlx_agrees() {
    on_every_server(async |server| {
        let model = Disk::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("model"));
        for (index, service) in compile(&model, "nova.kdl").iter().enumerate() {
            bootstrap(server, service);
            let files =
                [("0001_initial.up.sql", service.up.as_str()), ("0001_initial.down.sql", "SELECT 1 / 0")];
            let migrations = Migrations::new(server, &service.database, &service.roles.owner, &files);
            let client = migrations.client().await;
            // One after the other applies first.
            match index % 3 {
                0 => migrations.run_sqlx().await.unwrap(),
                1 => drop(migrations.apply_all(Tools::Debian)),
                _ => drop(migrations.apply_all(Tools::Busybox)),
            }
            let first = (book(&client).await, contents(&client).await);
            assert_eq!(first.0.len(), 1, "{}", service.name);
            assert_eq!((first.0[0].1.as_str(), first.0[0].3), ("initial", true), "{}", service.name);
            migrations.apply_all(Tools::Debian);
            migrations.apply_all(Tools::Busybox);
            migrations.run_sqlx().await.unwrap();
            assert_eq!((book(&client).await, contents(&client).await), first, "{}", service.name);
            // The pods of the service wait as this role.
            let reader = Migrations { role: &service.roles.readonly, ..migrations };
            assert_eq!(reader.wait_for("1", "0").0, 0, "{}", service.name);
        }
    });
}

#[test]
fn the_text_of_a_file_reaches_the_server_as_it_is() {
    let hostile = "SELECT 'a\\! touch /tmp/x', ':PORT', $$`ls` \\q \\gset$$;\nCREATE TABLE \"o'x\" (a int[]);\n\
        INSERT INTO \"o'x\" SELECT (ARRAY[1, 2])[1:freehold_version] FROM (SELECT 1 AS freehold_version) AS one;\n\
        COMMENT ON TABLE \"o'x\" IS E'\\\\connect é 😀 ${HOME} $(ls) {{ x }}';\r\n-- the end \\";
    let long =
        format!("CREATE TABLE long (a text);\n{}\n\n\n", "INSERT INTO long VALUES ('é');\n".repeat(20_000));
    let files = [
        ("1_first.up.sql", "CREATE TABLE first (a int)"),
        ("02_second_Thing.x-y.up.sql", hostile),
        ("3_.up.sql", &long),
        ("10_ten__.up.sql", "ALTER TABLE first ADD b int;\n"),
        ("0020_nothing.up.sql", ""),
        ("21_comment.up.sql", "-- nothing\n"),
        ("notes.txt", "no migration"),
    ];
    on_every_server(async |server| {
        let mut books = Vec::new();
        // A name that only UTF-8 tells apart: the lock's number is made of its bytes.
        for database in ["by sqlx 'é😀", "by debian 'é😀", "by busybox 'é😀"] {
            let client = server.new_database(database).await;
            let migrations = Migrations::new(server, database, ADMINISTRATOR, &files);
            match &database[3..6] {
                "sql" => migrations.run_sqlx().await.unwrap(),
                "deb" => drop(migrations.apply_all(Tools::Debian)),
                _ => drop(migrations.apply_all(Tools::Busybox)),
            }
            let row = client
                .query_one("SELECT a::text, (SELECT count(*) FROM long) FROM \"o'x\"", &[])
                .await
                .unwrap();
            assert_eq!(
                (row.get::<_, String>(0), row.get::<_, i64>(1)),
                ("{1}".to_owned(), 20_000),
                "{database}"
            );
            books.push((book(&client).await, contents(&client).await));
            migrations.run_sqlx().await.unwrap();
            migrations.apply_all(Tools::Debian);
        }
        assert_eq!(books[0].0.len(), 6);
        assert_eq!(books[0], books[1]);
        assert_eq!(books[0], books[2]);
    });
}

#[test]
fn a_file_that_fails_leaves_a_state_from_which_the_next_run_goes_on() {
    on_every_server(async |server| {
        let client = server.new_database("failing").await;
        let files = [
            ("0001_one.up.sql", "CREATE TABLE one (a int); INSERT INTO one VALUES (1), (1);\n"),
            ("0002_two.up.sql", "CREATE TABLE two (a int);\nSELECT 1 / 0;\n"),
            ("0003_three.up.sql", "-- no-transaction\nCREATE UNIQUE INDEX CONCURRENTLY one_a ON one (a);\n"),
            ("0004_four.up.sql", "CREATE TABLE four (a int);\n"),
        ];
        let migrations = Migrations::new(server, "failing", ADMINISTRATOR, &files);
        migrations.refused("division by zero");
        assert_eq!(versions(&client).await, [1]);
        migrations.write("0002_two.up.sql", "CREATE TABLE two (a int);\n");
        // Two runs: the second one meets the invalid index that the first one left.
        migrations.refused("could not create unique index \"one_a\"");
        assert_eq!(versions(&client).await, [1, 2]);
        client.batch_execute("DELETE FROM one WHERE ctid = '(0,1)'").await.unwrap();
        migrations.apply_all(Tools::Busybox);
        assert_eq!(versions(&client).await, [1, 2, 3, 4]);
        let valid = "SELECT count(*) FROM pg_index WHERE indexrelid = 'one_a'::regclass AND indisvalid";
        assert_eq!(client.query_one(valid, &[]).await.unwrap().get::<_, i64>(0), 1);
        migrations.run_sqlx().await.unwrap();
    });
}

#[test]
fn only_the_remains_of_the_file_itself_are_dropped() {
    on_every_server(async |server| {
        let client = server.new_database("remains").await;
        let one = "CREATE TABLE parts (a int) PARTITION BY LIST (a);
            CREATE TABLE part PARTITION OF parts FOR VALUES IN (1);
            CREATE INDEX parts_a ON ONLY parts (a);
            CREATE TABLE one (a int); INSERT INTO one VALUES (1), (1);\n";
        let migrations = Migrations::new(server, "remains", ADMINISTRATOR, &[("0001_one.up.sql", one)]);
        migrations.apply_all(Tools::Debian);
        let failing = "CREATE UNIQUE INDEX CONCURRENTLY of_others ON one (a)";
        assert!(client.batch_execute(failing).await.is_err());
        let two = "-- no-transaction\nCREATE INDEX CONCURRENTLY part_a /* parts_a */ ON part (a);\n";
        migrations.write("0002_two.up.sql", two);
        migrations.apply_all(Tools::Debian);
        let invalid = "SELECT string_agg(indexrelid::regclass::text, ' ' ORDER BY 1) FROM pg_index WHERE NOT indisvalid";
        let invalid: String = client.query_one(invalid, &[]).await.unwrap().get(0);
        assert_eq!(invalid.split(' ').count(), 2, "{invalid}");
    });
}

#[test]
fn what_was_applied_must_not_change_or_vanish() {
    on_every_server(async |server| {
        let client = server.new_database("changed").await;
        let files = [("0001_one.up.sql", "CREATE TABLE one (a int);\n"), ("0002_two.up.sql", "SELECT 2;\n")];
        let migrations = Migrations::new(server, "changed", ADMINISTRATOR, &files);
        migrations.apply_all(Tools::Debian);
        migrations.write("0003_three.up.sql", "CREATE TABLE three (a int);\n");
        for edited in ["SELECT 2;", "SELECT 2;\n\n", "SELECT 3;\n"] {
            migrations.write("0002_two.up.sql", edited);
            migrations.refused("was changed after it was applied: 0002_two.up.sql");
        }
        migrations.remove("0002_two.up.sql");
        migrations.refused("no longer among the files: 2");
        assert_eq!(versions(&client).await, [1, 2]);
        migrations.write("0002_two.up.sql", files[1].1);
        migrations.apply_all(Tools::Busybox);
        // An older release is rolled out again: the database stays ahead of it.
        migrations.remove("0003_three.up.sql");
        let said = migrations.apply_all(Tools::Debian);
        assert!(said.contains("the database is ahead of these files by 3"), "{said}");
        client.batch_execute("UPDATE _sqlx_migrations SET success = false WHERE version = 1").await.unwrap();
        migrations.refused("half applied, which only people can mend: 1");
    });
}

#[test]
fn two_runs_at_once_take_turns_also_with_sqlx() {
    on_every_server(async |server| {
        let client = server.new_database("Turns é").await;
        let files = [
            (
                "0001_one.up.sql",
                "CREATE TABLE one (a int); INSERT INTO one VALUES (1); SELECT pg_sleep(1);\n",
            ),
            ("0002_two.up.sql", "-- no-transaction\nCREATE INDEX CONCURRENTLY one_a ON one (a);\n"),
        ];
        let migrations = Migrations::new(server, "Turns é", ADMINISTRATOR, &files);
        let runs: Vec<Child> =
            [Tools::Debian, Tools::Busybox, Tools::Debian].map(|tools| migrations.start(tools)).into();
        let mut applied = 0;
        for run in runs {
            let (code, said) = ended(run.wait_with_output().unwrap());
            assert_eq!(code, 0, "{said}");
            applied += said.matches("applying").count();
        }
        assert_eq!(applied, 2);
        assert_eq!(versions(&client).await, [1, 2]);

        let mut holder = migrations.sqlx().await;
        holder.lock().await.unwrap();
        let folder = migrations.folder.path().to_str().unwrap().to_owned();
        let mut impatient = migrations.command(Tools::Debian, &["apply", &folder]);
        let (code, said) = ended(impatient.env("MIGRATE_LOCK_SECONDS", "1").output().unwrap());
        assert_eq!(code, 1, "{said}");
        assert!(said.contains("another run has held the lock"), "{said}");
        let patient = migrations.start(Tools::Debian);
        tokio::time::sleep(Duration::from_millis(500)).await;
        holder.unlock().await.unwrap();
        let (code, said) = ended(patient.wait_with_output().unwrap());
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("waiting"), "{said}");
    });
}

#[test]
fn a_pod_waits_until_the_version_is_applied() {
    on_every_server(async |server| {
        let _client = server.new_database("waiting").await;
        let files = [("0007_seven.up.sql", "SELECT pg_sleep(1);\n")];
        let migrations = Migrations::new(server, "waiting", ADMINISTRATOR, &files);
        let (code, said) = migrations.wait_for("7", "1");
        assert_eq!(code, 1);
        assert!(said.contains("relation \"_sqlx_migrations\" does not exist"), "{said}");
        let pod =
            migrations.command(Tools::Busybox, &["wait", "7", "60"]).stderr(Stdio::piped()).spawn().unwrap();
        migrations.apply_all(Tools::Debian);
        assert!(pod.wait_with_output().unwrap().status.success());
        let (code, said) = migrations.wait_for("8", "0");
        assert_eq!(code, 1);
        assert!(said.contains("version 8 is not applied"), "{said}");
        let nowhere = Migrations { database: "nowhere", ..migrations };
        assert!(nowhere.wait_for("7", "0").1.contains("database \"nowhere\" does not exist"));
    });
}

#[test]
fn wrong_files_and_calls_are_refused_before_anything_is_applied() {
    let server = Server::start(&crate::support::installations()[0]);
    let one = ("0001_one.up.sql", "CREATE TABLE one (a int);\n");
    let refusals = [
        ("one.up.sql", "one.up.sql is not called VERSION_DESCRIPTION.up.sql"),
        ("x_two.up.sql", "the version of x_two.up.sql is not a whole number"),
        ("-2_two.up.sql", "the version of -2_two.up.sql is not a whole number"),
        ("2_t'wo.up.sql", "2_t'wo.up.sql holds more than letters"),
        ("2_$(ls).up.sql", "holds more than letters"),
        ("2_a b\n.up.sql", "holds more than letters"),
        ("1_again.up.sql", "two files have the version 1"),
        ("1234567890123456_long.up.sql", "has more than 15 digits"),
    ];
    for (name, because) in refusals {
        Migrations::new(&server, "postgres", ADMINISTRATOR, &[one, (name, "SELECT 1;\n")]).refused(because);
    }
    let empty = Migrations::new(&server, "postgres", ADMINISTRATOR, &[]);
    empty.refused("there is no migration in");
    let calls: [&[&str]; 6] = [
        &[],
        &["apply"],
        &["apply", "/none"],
        &["wait", "1"],
        &["wait", "1; SELECT", "1"],
        &["wait", "1", "x"],
    ];
    for arguments in calls {
        let (code, said) = ended(empty.command(Tools::Busybox, arguments).output().unwrap());
        assert_eq!(code, 2, "{arguments:?}: {said}");
    }
    let output =
        server.psql("SELECT 1 / count(*) FROM pg_class WHERE relname IN ('one', '_sqlx_migrations')");
    assert!(String::from_utf8_lossy(&output.stderr).contains("division by zero"), "something was applied");
}
