//! Rules of the SQL in a register: types, literals, expressions, statements.

use super::super::check;
use super::{SERVER, assert_found, messages, service};

fn column(column: &str) -> String {
    service("a", &format!("enum kind one two; table t {{ column id uuid primary-key; column c {column} }}"))
}

#[test]
fn types_are_those_of_postgresql_the_service_and_its_extensions() {
    for known in
        ["int8", "\"timestamp(3) with time zone\"", "\"text[]\"", "kind", "\"kind[]\"", "\"numeric(5,2)\""]
    {
        assert_found(&column(known), &[]);
    }
    for unknown in
        ["citext", "strng", "\"varchar(0)\"", "anyelement", "bigserial", "\"int unsigned\"", "other"]
    {
        assert_found(&column(unknown), &["unknown-type"]);
    }
    assert_found(
        &service("a", "extension citext; table t { column id uuid primary-key; column c citext }"),
        &[],
    );
    let unlisted = "extension timescaledb; table t { column id uuid primary-key; column c hyper }";
    assert_found(&service("a", unlisted), &[]);
    let rpc = "rpc Do { request { field a strng }; response { field b text } }";
    let served = format!("table t entity=T {{ column id uuid primary-key }}; api {{ get t; {rpc} }}");
    assert_found(&service("a", &served), &["unknown-type"]);
}

fn help(text: &str) -> String {
    let (_, findings) = check(&format!("{SERVER}{text}"));
    findings[0].help.clone().unwrap_or_default()
}

#[test]
fn the_type_that_is_meant_is_suggested() {
    let cases = [
        ("string", "in PostgreSQL it is called `text`"),
        ("\"nvarchar(20)\"", "in PostgreSQL it is called `varchar(20)`"),
        ("\"datetime[]\"", "in PostgreSQL it is called `timestamptz[]`"),
        ("timestampz", "in PostgreSQL it is called `timestamptz`"),
        ("\"varcha(20)\"", "perhaps `varchar(20)` is meant"),
        ("kid", "perhaps `kind` is meant"),
        ("citext", "the type comes with an extension: add `extension citext` to the service"),
        ("bigserial", "write `bigint` with the flag `identity`"),
    ];
    for (written, expected) in cases {
        assert_eq!(help(&column(written)), expected, "{written}");
    }
}

#[test]
fn the_line_in_place_of_a_serial_is_one_that_can_be_written() {
    let fix = |name: &str| {
        let table =
            service("a", &format!("table t {{ column id uuid primary-key; column {name} bigserial }}"));
        check(&format!("{SERVER}{table}")).1.remove(0).fix
    };
    assert_eq!(fix("number").as_deref(), Some("column number bigint identity"));
    assert_eq!(fix("\"a number\""), None);
}

#[test]
fn a_default_is_a_value_of_its_type() {
    for good in [
        "integer default=5",
        "kind default=one",
        "boolean default=#true",
        "text nullable default=#null",
        "\"numeric(4,2)\" default=12.50",
        "\"text[]\" default=\"{}\"",
        "timestamptz default=now",
        "jsonb default=\"{}\"",
    ] {
        assert_found(&column(good), &[]);
    }
    for bad in [
        "integer default=x",
        "smallint default=40000",
        "kind default=three",
        "text default=#true",
        "text default=5",
        "boolean default=1",
        "text default=#null",
        "uuid default=x",
        "date default=\"2024-02-30\"",
        "\"varchar(2)\" default=abc",
        "\"numeric(4,2)\" default=123.4",
        "\"kind[]\" default=one",
    ] {
        assert_found(&column(bad), &["default-type-mismatch"]);
    }
    let listed = |value: &str| {
        service(
            "a",
            &format!(
                "table t {{ column id integer; primary-key id; partition by=list id {{ part low {value} }} }}"
            ),
        )
    };
    assert_found(&listed("1"), &[]);
    assert_found(&listed("one"), &["default-type-mismatch"]);
}

#[test]
fn the_value_that_is_meant_is_suggested() {
    let other = "write a value of the type, or an expression in `default-sql`; or give the column the type that the value has";
    let cases = [
        ("timestamptz default=\"now()\"", "an expression goes into `default-sql`"),
        ("text default=5", "write `\"5\"`"),
        ("text default=#true", "write `\"true\"`"),
        ("boolean default=0", "write `#false`"),
        ("boolean default=1", "write `#true`"),
        ("boolean default=2", other),
        ("integer default=x", other),
    ];
    for (written, expected) in cases {
        assert_eq!(help(&column(written)), expected, "{written}");
    }
}

#[test]
fn expressions_stand_alone_and_use_their_own_columns() {
    for good in [
        "integer check=\"c > 0 AND t.c < 9\"",
        "text default-sql=\"lower('A')\"",
        "timestamptz default-sql=\"now()\" on-update-sql=\"now()\"",
        "text generated-sql=\"id::text\"",
        "integer backfill-sql=\"length(id::text)\"",
        "integer check=\"\\\"c\\\" > 0\"",
    ] {
        assert_found(&column(good), &[]);
    }
    for bad in [
        "integer check=\"c >\"",
        "integer check=\"c > 0; DROP TABLE t\"",
        "integer check=\"c > 0 -- x\"",
        "integer check=\"(c > 0\"",
        "integer check=\"d > 0\"",
        "integer check=\"u.c > 0\"",
        "integer check=\"C' > 0\"",
        "integer check=\"c > (SELECT 1)\"",
        "integer check=\"sum(c) > 0\"",
        "integer check=\"c > $1\"",
        "integer default-sql=\"c + 1\"",
        "text generated-sql=\"c || 'x'\"",
        "timestamptz generated-sql=\"now()\"",
        "integer check=\"\\\"C\\\" > 0\"",
        "integer check=\"c > 0 c\"",
    ] {
        assert_found(&column(bad), &["invalid-expression"]);
    }
}

#[test]
fn a_generated_column_uses_neither_itself_nor_another() {
    let own = messages(&column("text generated-sql=\"c || 'x'\""));
    assert_eq!(own, ["a generated column cannot use itself: `c`"]);
    let other =
        messages(&column("text generated-sql=\"id::text\"; column d text generated-sql=\"c || 'x'\""));
    assert_eq!(other, ["a generated column cannot use another generated column: `c`"]);
}

#[test]
fn indexes_and_conditions_are_read_too() {
    let with = |node: &str| {
        service(
            "a",
            &format!(
                "table t {{ column id uuid primary-key; column at timestamptz; column n text; {node} }}"
            ),
        )
    };
    assert_found(&with("index \"(lower(n))\" where=\"at IS NULL\""), &[]);
    assert_found(&with("index \"(lower(m))\""), &["invalid-expression"]);
    assert_found(&with("index n where=\"at > now()\""), &["invalid-expression"]);
    assert_found(&with("unique n where=\"m IS NULL\""), &["invalid-expression"]);
}

#[test]
fn the_mistake_is_pointed_at_inside_of_the_text() {
    let text = column("integer check=\"c > 0 AND totl > 1\"");
    let (sources, findings) = check(&format!("{SERVER}{text}"));
    let place = findings[0].primary().unwrap();
    assert_eq!(sources.text(place), "totl");
    let qualified = column("integer check=\"c > 0 AND t.totl > 1\"");
    let (sources, findings) = check(&format!("{SERVER}{qualified}"));
    assert_eq!(sources.text(findings[0].primary().unwrap()), "totl");
    let (sources, findings) = check(&format!("{SERVER}{}", column("integer check=\"c > 0 -- x\"")));
    assert_eq!(sources.text(findings[0].primary().unwrap()), "-");
}

/// The message and the help of the only finding in a column.
fn said(text: &str) -> (String, String) {
    let (sources, findings) = check(&format!("{SERVER}{text}"));
    let [finding] = findings.as_slice() else { panic!("{text}: {findings:#?}") };
    assert_eq!(finding.rule, "invalid-expression", "{text}");
    let place = sources.text(finding.primary().unwrap());
    (format!("{} [{place}]", finding.message), finding.help.clone().unwrap_or_default())
}

#[test]
fn types_of_expressions_are_found_as_postgresql_finds_them() {
    for good in [
        "text check=\"length(c) > 0 AND c ~ '^[a-z]+$'\"",
        "kind check=\"c IN ('one', 'two')\"",
        "kind default-sql=\"'one'::kind\"",
        "jsonb default-sql=\"'{}'\" check=\"jsonb_typeof(c) = 'object'\"",
        "bigint default-sql=\"extract(epoch from now())\"",
        "text on-update-sql=\"now()\"",
        "int on-update-sql=\"md5('1')\"",
    ] {
        assert_found(&column(good), &[]);
    }
    let cases = [
        ("text check=c", "a condition is wanted here, and this is `text` [c]", ""),
        (
            "text check=\"lenght(c) > 0\"",
            "there is no function `lenght` [lenght]",
            "perhaps `length` is meant",
        ),
        ("int check=\"length(c) > 0\"", "no function `length` takes `integer` [length]", ""),
        (
            "kind check=\"c = 'tow'\"",
            "`kind` does not take 'tow': the enum has no such value ['tow']",
            "perhaps `two` is meant",
        ),
        (
            "int check=\"c > 0 AND c = id\"",
            "PostgreSQL has no operator `=` between `integer` and `uuid` [c = id]",
            "",
        ),
        (
            "int default-sql=\"'1'::text\"",
            "this is `text`, which PostgreSQL does not turn into `integer` by itself ['1']",
            "if it is meant, write a cast: `(...)::integer`",
        ),
        (
            "text generated-sql=\"clock_timestamp()::text\"",
            "a generated column cannot use `clock_timestamp`, whose result changes by itself [clock_timestamp]",
            "",
        ),
        (
            "text check=\"similarity(c, 'x') > 0.3\"",
            "the function `similarity` is of an extension that the service lacks [similarity]",
            "write `extension pg_trgm` in the service",
        ),
        ("int on-update-sql=\"'x'\"", "`integer` does not take 'x': ", ""),
    ];
    for (text, message, help) in cases {
        let said = said(&column(text));
        assert!(said.0.starts_with(message), "{text}: {said:?}");
        assert!(help.is_empty() || said.1 == help, "{text}: {said:?}");
    }
}

#[test]
fn what_the_service_brings_itself_is_not_known_and_not_refused() {
    let with = |head: &str| {
        format!("{head}; table t {{ column id uuid primary-key; column c text check=\"fine(c)\" }}")
    };
    assert_found(
        &service("a", &with("sql f { up \"CREATE VIEW v AS SELECT 1\"; down \"DROP VIEW v\" }")),
        &["invalid-expression"],
    );
    let own = "sql f { up \"CREATE FUNCTION fine(text) RETURNS boolean IMMUTABLE RETURN true\"; down \"DROP FUNCTION fine\" }";
    assert_found(&service("a", &with(own)), &[]);
    assert_found(&service("a", &with("extension timescaledb")), &[]);
    assert_found(&service("a", &with("extension of_ours")), &["unknown-extension"]);
    assert_found(&service("a", &with("extension citext")), &["invalid-expression"]);
}

#[test]
fn the_version_decides_which_functions_there_are() {
    let with = |version: &str| {
        format!(
            "platform p {{ postgres version=\"{version}\" }}\n{}",
            service("a", "table t { column id uuid primary-key default-sql=\"uuidv7()\" }")
        )
    };
    assert_found(&with("15.2"), &["invalid-expression"]);
    assert_found(&with("16"), &[]);
    assert_found(&with("18.1"), &[]);
}

#[test]
fn statements_of_sql_nodes_are_whole() {
    let node = |up: &str| {
        service(
            "a",
            &format!(
                "table t {{ column id uuid primary-key }}; sql v {{ up \"{up}\"; down \"DROP VIEW v\" }}"
            ),
        )
    };
    assert_found(&node("CREATE VIEW v AS SELECT id FROM t"), &[]);
    assert_found(&node("((SELECT 1) UNION (VALUES (2)))"), &[]);
    for bad in [
        "((1))",
        "(DROP TABLE t)",
        "()",
        "CREATE VIEW v AS SELECT 'x",
        "COMMIT",
        "\\\\! rm",
        "CREATE INDEX CONCURRENTLY i ON t (id)",
    ] {
        assert_found(&node(bad), &["invalid-expression"]);
    }
    assert!(messages(&node("COMMIT"))[0].contains("`v` is not SQL that a migration can run"));
}
