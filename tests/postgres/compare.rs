//! Whether a database is what a schema says, object by object.

use freehold::live::{read_other_objects, read_schema};
use freehold::schema::{EnumType, Function, Schema, Table};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::Client;

/// Everything in a database: as a schema, and what a schema cannot hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Contents {
    pub schema: Schema,
    pub others: BTreeSet<String>,
}

pub async fn contents(client: &Client) -> Contents {
    let schema = read_schema(client).await.unwrap();
    Contents { schema, others: read_other_objects(client).await.unwrap() }
}

/// The objects in which a database differs from a schema, each with what is wrong. The `sql` nodes are not
/// compared: what they made cannot be read back.
pub fn differences(expected: &Schema, found: &Schema) -> BTreeMap<String, String> {
    let expected = objects(expected);
    let found = objects(found);
    let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let mut differences = BTreeMap::new();
    for name in names {
        let difference = match (expected.get(name), found.get(name)) {
            (Some(expected), Some(found)) if expected != found => line_difference(expected, found),
            (Some(_), None) => "missing from the database".to_owned(),
            (None, Some(found)) => format!("only in the database: {found:#?}"),
            _ => continue,
        };
        differences.insert(name.clone(), difference);
    }
    differences
}

/// An object of a schema. Two are compared by their own equality, which leaves out how an expression is spelt.
#[derive(Debug, PartialEq)]
enum Object<'a> {
    Name(&'a str),
    Enum(&'a EnumType),
    Function(&'a Function),
    Table(&'a Table),
}

fn objects(schema: &Schema) -> BTreeMap<String, Object<'_>> {
    let namespaces = schema.namespaces.iter().map(|name| (format!("namespace {name}"), Object::Name(name)));
    let extensions = schema.extensions.iter().map(|name| (format!("extension {name}"), Object::Name(name)));
    let enums = schema.enums.iter().map(|(name, value)| (format!("enum {name}"), Object::Enum(value)));
    let functions =
        schema.functions.iter().map(|(name, value)| (format!("function {name}"), Object::Function(value)));
    let tables = schema.tables.iter().map(|(name, value)| (format!("table {name}"), Object::Table(value)));
    namespaces.chain(extensions).chain(enums).chain(functions).chain(tables).collect()
}

fn line_difference(expected: &Object, found: &Object) -> String {
    let (expected, found) = (lines(expected), lines(found));
    TextDiff::from_lines(&expected, &found).unified_diff().header("expected", "in the database").to_string()
}

/// An object without how its expressions are spelt, where they have a normal form.
fn lines(object: &Object) -> String {
    let text = format!("{object:#?}");
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let is_spelt = lines.last().is_some_and(|line| line.trim_start().starts_with("text: "));
        if is_spelt && line.trim_start().starts_with("normal_form: Some(") {
            lines.pop();
        }
        lines.push(line);
    }
    lines.join("\n") + "\n"
}

/// Fails with every difference where a database is not what a schema says.
pub fn assert_same(expected: &Schema, found: &Schema, when: &str) {
    let differences = differences(expected, found);
    let texts: Vec<String> = differences.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    assert!(texts.is_empty(), "{when}:\n{}", texts.join("\n"));
}

#[test]
fn a_planted_fault_is_shown() {
    let name = freehold::schema::ObjectName::new("public", "mood");
    let mood = |values: &[&str]| EnumType {
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        comment: None,
    };
    let schema =
        |values| Schema { enums: BTreeMap::from([(name.clone(), mood(values))]), ..Schema::default() };
    let found = differences(&schema(&["low", "high"]), &schema(&["low"]));
    assert!(found["enum public.mood"].contains("-            \"high\","), "{found:?}");
    let missing = differences(&schema(&["low"]), &Schema::default());
    assert_eq!(missing["enum public.mood"], "missing from the database");
    assert!(differences(&schema(&["low"]), &schema(&["low"])).is_empty());
}
