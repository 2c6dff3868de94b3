//! What the other tests stand on: pairs of servers that share nothing, reached with psql.

use crate::pair::{Pair, oldest_and_newest, path_with_psql};
use crate::support::{ADMINISTRATOR, Installation, Server};
use std::collections::BTreeSet;
use std::process::Command;

/// The first column of the first row that psql shows.
fn shown(server: &Server, database: &str, role: &str, query: &str) -> String {
    let connection = server.connection_string(database, role);
    let mut psql = Command::new("psql");
    psql.env("PATH", path_with_psql()).args(["-XAtq", "-d", &connection, "-c", query]);
    let output = psql.output().unwrap();
    assert!(output.status.success(), "{query}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

#[test]
fn databases_lie_on_one_server_and_on_two_of_the_same_and_of_different_versions() {
    let mut seen = BTreeSet::new();
    for (name, pair) in Pair::all() {
        let both = |query: &str| {
            [pair.owner(), pair.copy()].map(|server| shown(server, "postgres", ADMINISTRATOR, query))
        };
        let majors = both("SELECT current_setting('server_version_num')::int / 10000");
        let folders = both("SHOW data_directory");
        assert!(majors.iter().all(|major| name.contains(&format!(" {major}."))), "{name}: {majors:?}");
        seen.insert((folders[0] != folders[1], majors));
    }
    let (oldest, newest) = oldest_and_newest();
    let major = |installation: &Installation| installation.version.split('.').next().unwrap().to_owned();
    let (old, new) = (major(oldest), major(newest));
    let pairs = [(false, &old, &old), (false, &new, &new), (true, &old, &old), (true, &new, &new)]
        .into_iter()
        .chain([(true, &old, &new), (true, &new, &old)])
        .map(|(two, owner, copy)| (two, [owner.clone(), copy.clone()]));
    assert_eq!(seen, pairs.collect());
}

#[test]
fn no_setting_that_shows_in_the_text_of_a_value_is_the_same_on_two_servers() {
    let (_, pair) = Pair::all().last().expect("there are some");
    let values = [
        "'2025-11-21 12:00Z'::timestamptz",
        "'2025-11-21'::date",
        "'1 day 2 hours'::interval",
        "0.1::float8 + 0.2::float8",
        r"'\\x5c'::bytea",
        "'{NULL}'::text[]",
    ];
    for value in values {
        let query = format!("SELECT {value}");
        let texts =
            [pair.owner(), pair.copy()].map(|server| shown(server, "postgres", ADMINISTRATOR, &query));
        assert_ne!(texts[0], texts[1], "{value}");
    }
}

#[test]
fn psql_reaches_databases_and_roles_of_any_name() {
    let server = Server::start(oldest_and_newest().1);
    let name = r#"it's a \ "name" = $(of) `mine`"#;
    let quoted = format!("\"{}\"", name.replace('"', "\"\""));
    let script = format!("CREATE ROLE {quoted} LOGIN;\nCREATE DATABASE {quoted};\n");
    let output = server.psql(&script);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(shown(&server, name, name, "SELECT current_database()"), name);
    assert_eq!(shown(&server, name, name, "SELECT current_user"), name);
}
