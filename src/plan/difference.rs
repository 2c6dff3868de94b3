//! Where two schemas differ, in words.

use crate::schema::{ObjectName, Schema, Table};
use std::collections::BTreeMap;
use std::fmt::Display;

/// The first thing in which two schemas differ, as a phrase about `actual`; `None` where they are equal.
pub fn difference(actual: &Schema, expected: &Schema) -> Option<String> {
    if actual == expected {
        return None;
    }
    let sets = || {
        let namespaces = (actual.namespaces.iter(), expected.namespaces.iter());
        let extensions = (actual.extensions.iter(), expected.extensions.iter());
        set_difference("schema", namespaces.0, namespaces.1)
            .or_else(|| set_difference("extension", extensions.0, extensions.1))
    };
    sets()
        .or_else(|| map_difference("enum", &actual.enums, &expected.enums))
        .or_else(|| map_difference("function", &actual.functions, &expected.functions))
        .or_else(|| tables_difference(&actual.tables, &expected.tables))
        .or_else(|| set_difference("sql node", actual.sql_nodes.keys(), expected.sql_nodes.keys()))
        .or_else(|| {
            let mut nodes = actual.sql_nodes.iter();
            let changed = nodes.find(|(name, node)| expected.sql_nodes.get(*name) != Some(node));
            changed.map(|(name, _)| format!("sql node `{name}` differs"))
        })
}

fn tables_difference(
    actual: &BTreeMap<ObjectName, Table>,
    expected: &BTreeMap<ObjectName, Table>,
) -> Option<String> {
    set_difference("table", actual.keys(), expected.keys()).or_else(|| {
        let mut pairs = actual.iter().filter_map(|(name, table)| Some((name, table, expected.get(name)?)));
        pairs.find_map(|(name, table, other)| {
            table_difference(table, other).map(|what| format!("{what} of table `{name}`"))
        })
    })
}

fn table_difference(actual: &Table, expected: &Table) -> Option<String> {
    let parts = [
        (actual.primary_key != expected.primary_key, "primary key differs"),
        (actual.partitioning != expected.partitioning, "partitioning differs"),
        (actual.comment != expected.comment, "comment differs"),
    ];
    set_difference("column", actual.columns.keys(), expected.columns.keys())
        .or_else(|| {
            let mut columns = actual.columns.iter();
            let changed = columns.find(|(name, column)| expected.columns.get(*name) != Some(column));
            changed.map(|(name, _)| format!("column `{name}` differs"))
        })
        .or_else(|| map_difference("unique constraint", &actual.uniques, &expected.uniques))
        .or_else(|| map_difference("check", &actual.checks, &expected.checks))
        .or_else(|| map_difference("foreign key", &actual.foreign_keys, &expected.foreign_keys))
        .or_else(|| map_difference("index", &actual.indexes, &expected.indexes))
        .or_else(|| map_difference("trigger", &actual.triggers, &expected.triggers))
        .or_else(|| parts.into_iter().find(|(differs, _)| *differs).map(|(_, what)| what.to_owned()))
}

fn map_difference<K: Ord + Display, V: PartialEq>(
    kind: &str,
    actual: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
) -> Option<String> {
    set_difference(kind, actual.keys(), expected.keys()).or_else(|| {
        let changed = actual.iter().find(|(name, value)| expected.get(name) != Some(value));
        changed.map(|(name, _)| format!("{kind} `{name}` differs"))
    })
}

fn set_difference<'a, K: Ord + Display + 'a>(
    kind: &str,
    actual: impl Iterator<Item = &'a K> + Clone,
    expected: impl Iterator<Item = &'a K> + Clone,
) -> Option<String> {
    let present: std::collections::BTreeSet<&K> = actual.clone().collect();
    let wanted: std::collections::BTreeSet<&K> = expected.collect();
    if let Some(name) = wanted.difference(&present).next() {
        return Some(format!("{kind} `{name}` is missing"));
    }
    present.difference(&wanted).next().map(|name| format!("{kind} `{name}` is too much"))
}
