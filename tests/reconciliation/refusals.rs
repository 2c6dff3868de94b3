//! What keeps the script from running: it says so, exits with 2 and never with 0 or 1, shows no password, and still reports
//! what it could look at.

#![expect(clippy::disallowed_methods, reason = "a program that stands in for psql is written to a folder")]

use crate::support::ADMINISTRATOR;
use crate::world::{Report, World};
use crate::{newest, run};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

const REGISTER: &str = r#"
platform shop { consistency percent=100 lag-seconds=1 }
server main class=db.t3.small storage-gb=20 max-connections=300
service first {
    database first on=main
    table items entity=Item { column id integer; column name text; primary-key id }
    topic first.item of=items { carries name; event ItemCreated when=created; event ItemUpdated when=updated; event ItemDeleted when=deleted }
}
service second {
    database second on=main
    table things { column id integer; primary-key id }
}
service keeper {
    database keeper on=main
    table tickets { column id bigint identity; column item_id integer; column thing_id integer; primary-key id
        reference item_id to=first.items on-delete=delete verify=none
        reference thing_id to=second.things on-delete=keep verify=none
    }
    projection copied of=first.items { carries name }
}
"#;

/// The script could not do its work, and its report has no more than these checks.
fn assert_refused(report: &Report, message: &str, failed: &[(&str, &str)]) {
    assert_eq!(report.code, Some(2), "{}\n{}", report.errors, report.json);
    assert!(report.errors.contains(message), "{message:?} is not in:\n{}", report.errors);
    let failures: Vec<(&str, &str)> = report
        .checks()
        .iter()
        .filter(|check| check["status"] == "failed")
        .map(|check| (check["kind"].as_str().unwrap(), check["owner"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(failures, failed, "{}", report.json);
    for check in report.checks() {
        assert_eq!(check["error"].is_null(), check["status"] != "failed", "{check}");
    }
    assert!(!format!("{}{}", report.errors, report.json).contains("hunter2"), "{}", report.errors);
}

#[test]
fn what_is_missing_is_named_and_the_rest_reported() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        let rows = "SELECT n, 'name ' || n FROM generate_series(1, 10) n";
        world.execute("first", &format!("INSERT INTO items (id, name) {rows}")).await;
        world.execute("keeper", "INSERT INTO copied (id, name, source_version) SELECT n, 'name ' || n, 1 FROM generate_series(1, 10) n").await;
        world
            .execute(
                "keeper",
                "INSERT INTO tickets (item_id, thing_id) SELECT n, n FROM generate_series(1, 10) n",
            )
            .await;
        world.execute("second", "INSERT INTO things SELECT n FROM generate_series(1, 10) n").await;
        world.reconcile("keeper", 4).assert_clean(4, 30);

        let of_first = [("reference", "first.items"), ("projection", "first.items")];
        let with = |value: &str| Report::of(world.command("keeper").env("FIRST_DATABASE_URL", value));
        assert_refused(&with("postgresql://u:hunter2@127.0.0.1:1/x"), "FIRST_DATABASE_URL", &of_first);
        assert_refused(&with("host=/nowhere password=hunter2 dbname=x"), "/nowhere", &of_first);
        assert_refused(&with("host=/nowhere password = 'hunter2 \\' x' dbname=x"), "/nowhere", &of_first);
        let of_server = server.connection_string("nothing", ADMINISTRATOR);
        assert_refused(&with(&of_server), "database \"nothing\" does not exist", &of_first);
        let stranger = server.connection_string("first", "nobody");
        assert_refused(&with(&stranger), "role \"nobody\" does not exist", &of_first);
        // Another database than the one that is meant.
        assert_refused(&with(&world.variables["SECOND_DATABASE_URL"]), "\"items\" does not exist", &of_first);
        assert_refused(
            &with(""),
            "FIRST_DATABASE_URL says how to connect to the database of first, and is not set",
            &[],
        );
        assert_refused(
            &with("postgresql://127.0.0.1/x?password=hunter2"),
            "FIRST_DATABASE_URL cannot be hidden",
            &[],
        );
        let own = Report::of(world.command("keeper").env("KEEPER_DATABASE_URL", "host=/nowhere"));
        assert_eq!((own.code, own.checks().len()), (Some(2), 4));
        assert!(own.checks().iter().all(|check| check["status"] == "failed"), "{}", own.json);

        world.execute("first", "REVOKE SELECT (name) ON items FROM first_reconciler").await;
        assert_refused(&world.reconcile("keeper", 4), "permission denied for table items", &of_first[1..]);
        world.execute("first", "REVOKE ALL ON items FROM first_reconciler").await;
        assert_refused(
            &world.reconcile("keeper", 4),
            "the database of first (FIRST_DATABASE_URL)",
            &of_first,
        );
        world.execute("second", "ALTER TABLE things RENAME TO gone").await;
        let all = [of_first[0], ("reference", "second.things"), of_first[1]];
        assert_refused(&world.reconcile("keeper", 4), "relation \"things\" does not exist", &all);
    });
}

#[test]
fn rows_that_a_policy_hides_are_not_taken_for_missing() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        world.execute("first", "ALTER TABLE items ENABLE ROW LEVEL SECURITY").await;
        let of_first = [("reference", "first.items"), ("projection", "first.items")];
        world.execute("keeper", "INSERT INTO tickets (item_id, thing_id) VALUES (1, 1)").await;
        assert_refused(&world.reconcile("keeper", 4), "row-level security", &of_first);
    });
}

#[test]
fn queries_that_are_missing_are_named() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        let file = world.folder().join("reconciliation/keeper/owner.first.sql");
        let queries = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, queries.replace("-- == keys.items.id:", "-- == keys.items:")).unwrap();
        assert_refused(
            &world.reconcile("keeper", 4),
            "the queries keys.items.id cannot be read",
            &[("reference", "first.items")],
        );
        std::fs::remove_file(&file).unwrap();
        let of_first = [("reference", "first.items"), ("projection", "first.items")];
        assert_refused(&world.reconcile("keeper", 4), "owner.first.sql", &of_first);
    });
}

#[test]
fn a_program_or_a_setting_that_is_wrong_is_named() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        let report = Report::of(world.command("keeper").env("PSQL", "/nowhere/psql"));
        assert_refused(&report, "the program /nowhere/psql is missing", &[]);
        for wrong in ["0", "-1", "x", "1; ls", ""] {
            let report = Report::of(world.command("keeper").env("FREEHOLD_CHUNK_ROWS", wrong));
            match wrong {
                // Unset and empty are one.
                "" => assert_eq!(report.code, Some(0), "{}", report.errors),
                _ => assert_refused(&report, "FREEHOLD_CHUNK_ROWS has to be", &[]),
            }
        }
        assert_refused(&Report::of(world.command("keeper").arg("--json")), "it takes no arguments", &[]);
        let report = Report::of(world.command("keeper").env("TMPDIR", "/nowhere"));
        assert_eq!(report.code, Some(2), "{}", report.errors);
    });
}

#[test]
fn a_password_reaches_the_server_and_nobody_else() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        // Stands in for psql: keeps its arguments and the password that it is given.
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("psql");
        let seen = folder.path().join("seen");
        let script = format!(
            "#!/bin/sh\nprintf '%s|' \"$@\" \"$PGPASSWORD\" >>'{0}'\necho >>'{0}'\nexit 2\n",
            seen.display()
        );
        crate::world::write_program(&program, &script);
        for (connection, argument, password) in [
            (
                "postgresql://me:a%20b%5C%27@h:5/d?sslmode=require",
                "postgresql://me@h:5/d?sslmode=require",
                "a b\\'",
            ),
            ("postgres://me:p@ss@h/d", "postgres://me@h/d", "p@ss"),
            ("postgresql://me@h/d", "postgresql://me@h/d", "outer"),
            ("host=h password=x\\'y user=me", "host=h  user=me", "x'y"),
            ("password='a b\\\\' host=h", "  host=h", "a b\\"),
            ("service=first", "service=first", "outer"),
        ] {
            let _ = std::fs::remove_file(&seen);
            let mut command = world.command("keeper");
            command.env("PSQL", &program).env("PGPASSWORD", "outer").env("FIRST_DATABASE_URL", connection);
            assert_eq!(Report::of(&mut command).code, Some(2));
            let calls = std::fs::read_to_string(&seen).unwrap();
            let call = calls.lines().find(|line| line.contains(&format!("|{argument}|")));
            let call = call.unwrap_or_else(|| panic!("{argument:?} is not in {calls}"));
            assert!(call.ends_with(&format!("|{password}|")), "{call}");
            assert_eq!(call.matches(password).count(), 1, "{call}");
        }
    });
}

/// A connection that is lost in the middle of a check: the server ends the session that waits for a lock.
#[test]
fn a_connection_that_is_lost_fails_its_check_alone() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        world.execute("keeper", "INSERT INTO tickets (item_id, thing_id) VALUES (1, 1)").await;
        world.execute("first", "BEGIN; LOCK TABLE items").await;
        let mut command = world.command("keeper");
        let script = tokio::task::spawn_blocking(move || Report::of(&mut command));
        let end = "SELECT pg_terminate_backend(pid)::text FROM pg_stat_activity
            WHERE application_name = 'freehold reconciliation' AND wait_event_type = 'Lock'";
        // One session for each of the two checks.
        let mut ended = 0;
        while !script.is_finished() {
            ended += world.texts("second", end).await.len();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(ended >= 2, "{ended} sessions waited");
        let of_first = [("reference", "first.items"), ("projection", "first.items")];
        assert_refused(
            &script.await.unwrap(),
            "terminating connection due to administrator command",
            &of_first,
        );
    });
}

#[test]
fn a_signal_ends_it_at_once_and_leaves_nothing_behind() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        world.execute("keeper", "INSERT INTO tickets (item_id, thing_id) VALUES (1, 1)").await;
        world.execute("first", "BEGIN; LOCK TABLE items").await;
        for (signal, code) in [("-TERM", 143), ("-INT", 130)] {
            let temporary = tempfile::tempdir().unwrap();
            let mut script = world
                .command("keeper")
                .env("TMPDIR", temporary.path())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            let waiting = "SELECT pid::text FROM pg_stat_activity
                WHERE application_name = 'freehold reconciliation' AND wait_event_type = 'Lock'";
            while world.texts("second", waiting).await.is_empty() {
                assert!(script.try_wait().unwrap().is_none(), "it ended before it waited");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 1);
            let kill = Command::new("kill").arg(signal).arg(script.id().to_string()).status().unwrap();
            assert!(kill.success());
            // The lock would hold it for five seconds.
            assert_eq!(script.wait().unwrap().code(), Some(code));
            assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
            while !world.texts("second", waiting).await.is_empty() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    });
}

#[test]
fn a_wrong_password_is_named_and_not_shown() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        world.execute("first", "ALTER ROLE first_reconciler PASSWORD 'right'").await;
        let rules = server.folder.join("data/pg_hba.conf");
        let before = std::fs::read_to_string(&rules).unwrap();
        std::fs::write(&rules, format!("local first first_reconciler scram-sha-256\n{before}")).unwrap();
        world.execute("first", "SELECT pg_reload_conf()").await;
        let with = |password: &str| {
            let connection = format!("{} password={password}", world.variables["FIRST_DATABASE_URL"]);
            Report::of(world.command("keeper").env("FIRST_DATABASE_URL", connection))
        };
        // The server reads its rules a moment later.
        while with("hunter2").code == Some(0) {}
        let of_first = [("reference", "first.items"), ("projection", "first.items")];
        assert_refused(&with("hunter2"), "password authentication failed", &of_first);
        assert_refused(&world.reconcile("keeper", 4), "no password supplied", &of_first);
        with("right").assert_clean(4, 0);
    });
}

#[test]
fn a_server_that_does_not_answer_counts_as_away() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        // The system takes the connection, and nobody says a word.
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = format!("postgresql://me@{}/x?sslmode=disable", silent.local_addr().unwrap());
        let report = Report::of(world.command("keeper").env("FIRST_DATABASE_URL", connection));
        let of_first = [("reference", "first.items"), ("projection", "first.items")];
        assert_refused(&report, "timeout expired", &of_first);
    });
}

#[test]
fn another_shell_is_told_so() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        let plain = world.command("keeper");
        let mut command = Command::new("sh");
        command.args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let report = Report::of(&mut command);
        let shell = Command::new("sh").args(["-c", "echo \"${BASH_VERSION:-}\""]).output().unwrap();
        match shell.stdout.trim_ascii() {
            b"" => assert_refused(&report, "it needs bash", &[]),
            // Bash under the name of sh is bash.
            _ => report.assert_clean(4, 0),
        }
    });
}

/// A limit for the size of files, at which writing fails as it does where the disk is full.
#[test]
fn a_full_disk_gives_no_wrong_report() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        world
            .execute("first", "INSERT INTO items (id, name) SELECT n, 'name' FROM generate_series(1, 300) n")
            .await;
        world.execute("keeper", "INSERT INTO copied (id, name, source_version) SELECT n, 'other', 1 FROM generate_series(1, 300) n").await;
        world
            .execute(
                "keeper",
                "INSERT INTO tickets (item_id, thing_id) SELECT n, n FROM generate_series(1, 300) n",
            )
            .await;
        let expected = world.reconcile("keeper", 40).found();
        assert_eq!(expected.len(), 600);
        let mut complete = BTreeSet::new();
        for kilobytes in [0, 1, 2, 4, 8, 16, 32, 64, 256] {
            let plain = world.command("keeper");
            let mut command = Command::new("bash");
            command.args(["-c", &format!("trap '' XFSZ; ulimit -f {kilobytes}; exec bash \"$@\""), "bash"]);
            command.args(plain.get_args()).env_clear().env("FREEHOLD_CHUNK_ROWS", "40");
            command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
            let report = Report::of(&mut command);
            complete.insert(report.code == Some(1));
            match report.code {
                Some(1) => assert_eq!(report.found(), expected, "{kilobytes} KiB: {}", report.errors),
                code => assert_eq!(code, Some(2), "{kilobytes} KiB: {}", report.errors),
            }
        }
        assert_eq!(complete, BTreeSet::from([false, true]), "some limits are too low, and some high enough");
        let plain = world.command("keeper");
        let mut command = Command::new("bash");
        command.args(["-c", "exec bash \"$@\" >/dev/full", "bash"]).args(plain.get_args()).env_clear();
        command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let report = Report::of(&mut command);
        assert_eq!(report.code, Some(2), "{}", report.errors);
    });
}
