//! What stands outside tables: namespaces, extensions, enums, functions, and what a schema has no place for.

use super::{LiveError, queries, rows};
use crate::schema::{EnumType, Function, ObjectName};
use std::collections::{BTreeMap, BTreeSet};
use tokio_postgres::{Client, Row};

pub(super) async fn read_namespaces(client: &Client) -> Result<BTreeSet<String>, LiveError> {
    read_names(client, queries::NAMESPACES).await
}

pub(super) async fn read_extensions(client: &Client) -> Result<BTreeSet<String>, LiveError> {
    read_names(client, queries::EXTENSIONS).await
}

pub(super) async fn read_others(client: &Client) -> Result<BTreeSet<String>, LiveError> {
    read_names(client, &queries::other_objects()).await
}

async fn read_names(client: &Client, query: &str) -> Result<BTreeSet<String>, LiveError> {
    let mut names = BTreeSet::new();
    for row in rows(client, query).await? {
        names.insert(row.try_get(0)?);
    }
    Ok(names)
}

pub(super) async fn read_enums(client: &Client) -> Result<BTreeMap<ObjectName, EnumType>, LiveError> {
    let mut enums = BTreeMap::new();
    for row in rows(client, queries::ENUMS).await? {
        enums.insert(name(&row)?, EnumType { comment: row.try_get(2)?, values: row.try_get(3)? });
    }
    Ok(enums)
}

pub(super) async fn read_functions(client: &Client) -> Result<BTreeMap<ObjectName, Function>, LiveError> {
    let mut functions = BTreeMap::new();
    for row in rows(client, &queries::functions()).await? {
        let settings: Option<Vec<String>> = row.try_get(5)?;
        let settings = settings.iter().flatten().filter_map(|setting| setting.split_once('='));
        let function = Function {
            returns: row.try_get(2)?,
            settings: settings.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: row.try_get(3)?,
            comment: row.try_get(4)?,
        };
        functions.insert(name(&row)?, function);
    }
    Ok(functions)
}

/// The name that the first two fields of a row spell.
pub(super) fn name(row: &Row) -> Result<ObjectName, LiveError> {
    Ok(ObjectName { schema: row.try_get(0)?, name: row.try_get(1)? })
}
