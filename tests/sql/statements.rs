//! Single statements: what has to be quoted, put into parentheses, or kept from ending early.

use freehold::plan::{Commented, Statement};
use freehold::schema::*;
use freehold::sql::render;
use std::collections::BTreeMap;

fn name(table: &str) -> ObjectName {
    ObjectName::new("public", table)
}

fn expression(text: &str) -> Expression {
    Expression { text: text.into(), normal_form: None }
}

fn column(data_type: &str, default: Option<&str>) -> Column {
    Column {
        data_type: data_type.into(),
        nullable: true,
        default: default.map(expression),
        identity: false,
        generated: None,
        comment: None,
    }
}

/// The line of a column in CREATE TABLE.
fn column_line(name_of_column: &str, column: Column) -> String {
    let columns = [(name_of_column.to_owned(), column)].into_iter().collect();
    let statement =
        Statement::CreateTable { name: name("t"), table: Box::new(Table { columns, ..Table::default() }) };
    let text = render(&statement);
    let inside = text.strip_prefix("CREATE TABLE t (\n    ").and_then(|rest| rest.strip_suffix("\n);"));
    inside.expect("one column").to_owned()
}

#[test]
fn defaults_stand_in_parentheses_unless_they_are_plain() {
    for plain in
        ["0", "-1", "'it''s'", "true", "now()", "nextval_of()", "current_timestamp", "(1 + 2)", "1.5"]
    {
        let expected =
            if plain == "-1" { "a text DEFAULT (-1)".into() } else { format!("a text DEFAULT {plain}") };
        assert_eq!(column_line("a", column("text", Some(plain))), expected);
    }
    for complex in ["1 + 2", "now() - now()", "not(true)", "'a' || 'b'", "a(b(1))", "'a'::text", "f('x)')"] {
        assert_eq!(column_line("a", column("text", Some(complex))), format!("a text DEFAULT ({complex})"));
    }
}

#[test]
fn a_type_cannot_end_its_column() {
    for good in ["vector(3)", "geometry(Point,4326)[]", "public.mood", "\"odd; type\"", "numeric(12,2)"] {
        assert_eq!(column_line("a", column(good, None)), format!("a {good}"));
    }
    for hostile in ["text); DROP TABLE x; --", "a, b text", "a'b", "f(", "\"x", "", "a--b", "a/*"] {
        let quoted = format!("a \"{}\"", hostile.replace('"', "\"\""));
        assert_eq!(column_line("a", column(hostile, None)), quoted);
    }
}

#[test]
fn names_and_comments_cannot_end_their_statement() {
    let hostile = "x\"; DROP TABLE y; --";
    let drop = Statement::DropIndex { table: ObjectName::new(hostile, "t"), name: hostile.into() };
    assert_eq!(render(&drop), "DROP INDEX \"x\"\"; DROP TABLE y; --\".\"x\"\"; DROP TABLE y; --\";");
    let comment = Statement::SetComment {
        on: Commented::Column(name("t"), hostile.into()),
        text: Some("it's; -- \\'\nover".into()),
    };
    assert_eq!(
        render(&comment),
        "COMMENT ON COLUMN t.\"x\"\"; DROP TABLE y; --\" IS 'it''s; -- \\''\nover';"
    );
    let none = Statement::SetComment { on: Commented::Enum(name("order")), text: None };
    assert_eq!(render(&none), "COMMENT ON TYPE \"order\" IS NULL;");
}

#[test]
fn a_body_cannot_end_its_quotes() {
    for (body, quote) in [
        ("plain", "$function$"),
        ("a $function$ b", "$function1$"),
        ("$function$ $function1$", "$function2$"),
        // With the quote behind it, the text would end too early.
        ("a $function", "$function1$"),
    ] {
        let create = Statement::CreateFunction {
            name: name("f"),
            returns: "void".into(),
            settings: BTreeMap::new(),
            body: body.into(),
        };
        let expected =
            format!("CREATE FUNCTION f() RETURNS void\nLANGUAGE plpgsql\nAS {quote}{body}{quote};");
        assert_eq!(render(&create), expected);
    }
}

#[test]
fn what_people_wrote_ends_once() {
    for (written, expected) in [
        ("DROP VIEW v", "DROP VIEW v;"),
        ("  DROP VIEW v ; ;\n", "DROP VIEW v;"),
        ("DROP VIEW v -- the old one", "DROP VIEW v -- the old one\n;"),
        ("-- first\nDROP VIEW v", "-- first\nDROP VIEW v;"),
    ] {
        let undo = Statement::UndoSqlNode { name: "n".into(), down: written.into() };
        assert_eq!(render(&undo), expected);
    }
}

#[test]
fn only_the_owners_extensions_are_dropped_for_certain() {
    let drop = |name: &str| render(&Statement::DropExtension { name: name.into() });
    assert_eq!(drop("uuid-ossp"), "DROP EXTENSION \"uuid-ossp\";");
    assert!(drop("postgis").contains("EXCEPTION WHEN insufficient_privilege"), "{}", drop("postgis"));
}

#[test]
fn long_lists_get_a_line_for_each_item() {
    let values: Vec<String> = (1..12).map(|number| format!("a value with number {number}")).collect();
    let create = render(&Statement::CreateEnum { name: name("e"), values });
    assert!(create.starts_with("CREATE TYPE e AS ENUM (\n    'a value with number 1',\n"), "{create}");
    assert!(create.ends_with("    'a value with number 11'\n);"), "{create}");
}
