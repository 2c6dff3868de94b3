//! Tables with everything that hangs on them.

use super::bounds::{HashBound, hash_bound, list_bound};
use super::objects::name;
use super::{LiveError, queries, rows};
use crate::schema::{
    Check, Column, Expression, ForeignKey, ForeignKeyAction, Index, IndexKey, IndexPart, ObjectName,
    OrderedMap, PartitionMethod, Partitioning, PrimaryKey, Table, Trigger, TriggerEvent, TriggerLevel,
    TriggerTiming, Unique,
};
use crate::sql;
use std::collections::BTreeMap;
use tokio_postgres::{Client, Row};

type Tables = BTreeMap<ObjectName, Table>;

pub(super) async fn read_tables(client: &Client) -> Result<Tables, LiveError> {
    let mut tables = Tables::new();
    for row in rows(client, &queries::tables()).await? {
        let partitioning = partitioning(&row)?;
        let table = Table { comment: row.try_get(2)?, partitioning, ..Table::default() };
        tables.insert(name(&row)?, table);
    }
    for row in rows(client, &queries::columns()).await? {
        add(&mut tables, &row, add_column)?;
    }
    tables.values_mut().for_each(normalize_columns);
    for row in rows(client, &queries::constraints()).await? {
        add(&mut tables, &row, add_constraint)?;
    }
    for row in rows(client, &queries::indexes()).await? {
        add(&mut tables, &row, add_index)?;
    }
    for row in rows(client, &queries::triggers()).await? {
        add(&mut tables, &row, add_trigger)?;
    }
    read_partitions(client, &mut tables).await?;
    Ok(tables)
}

/// Hands a row to the table that its first two fields name. All queries see one snapshot, so the table is there.
fn add(
    tables: &mut Tables,
    row: &Row,
    part: fn(&mut Table, &Row) -> Result<(), LiveError>,
) -> Result<(), LiveError> {
    match tables.get_mut(&name(row)?) {
        Some(table) => part(table, row),
        None => Ok(()),
    }
}

fn add_column(table: &mut Table, row: &Row) -> Result<(), LiveError> {
    let stored: bool = row.try_get(6)?;
    let value: Option<String> = row.try_get(7)?;
    let (default, generated) = if stored { (None, value) } else { (value, None) };
    let column = Column {
        data_type: row.try_get(3)?,
        nullable: row.try_get(4)?,
        identity: row.try_get(5)?,
        default: default.map(as_printed),
        generated: generated.map(as_printed),
        comment: row.try_get(8)?,
    };
    table.columns.insert(row.try_get(2)?, column);
    Ok(())
}

/// Brings the expressions of columns to their normal forms, which takes the types of all columns.
fn normalize_columns(table: &mut Table) {
    let columns = table.columns.clone();
    for column in table.columns.values_mut() {
        if let Some(default) = &mut column.default {
            let text = std::mem::take(&mut default.text);
            *default = sql::default_expression(&text, &column.data_type).unwrap_or_else(|_| as_printed(text));
        }
        if let Some(generated) = &mut column.generated {
            *generated = expression(std::mem::take(&mut generated.text), &columns);
        }
    }
}

/// An expression as the catalogs print it, without a normal form.
fn as_printed(text: String) -> Expression {
    Expression { text, normal_form: None }
}

/// An expression of a table. Where it has no normal form, texts are what is compared.
fn expression(text: String, columns: &OrderedMap<String, Column>) -> Expression {
    let column_type = |name: &str| columns.get(name).map(|column| column.data_type.clone());
    sql::expression_with(&text, &column_type).unwrap_or_else(|_| as_printed(text))
}

fn add_constraint(table: &mut Table, row: &Row) -> Result<(), LiveError> {
    let constraint: String = row.try_get(2)?;
    let columns: Vec<String> = row.try_get(4)?;
    match row.try_get(3)? {
        "p" => table.primary_key = Some(PrimaryKey { name: constraint, columns }),
        "u" => {
            let unique = Unique { columns, nulls_not_distinct: row.try_get(5)? };
            table.uniques.insert(constraint, unique);
        }
        "c" => {
            let check = Check { expression: expression(row.try_get(6)?, &table.columns) };
            table.checks.insert(constraint, check);
        }
        _ => {
            let key = foreign_key(&constraint, columns, row)?;
            table.foreign_keys.insert(constraint, key);
        }
    }
    Ok(())
}

fn foreign_key(constraint: &str, columns: Vec<String>, row: &Row) -> Result<ForeignKey, LiveError> {
    Ok(ForeignKey {
        columns,
        target: ObjectName { schema: row.try_get(7)?, name: row.try_get(8)? },
        target_columns: row.try_get(9)?,
        on_delete: action(constraint, row.try_get(10)?)?,
        on_update: action(constraint, row.try_get(11)?)?,
        deferrable: row.try_get(12)?,
    })
}

fn action(constraint: &str, letter: &str) -> Result<ForeignKeyAction, LiveError> {
    match letter {
        "a" => Ok(ForeignKeyAction::NoAction),
        "r" => Ok(ForeignKeyAction::Restrict),
        "c" => Ok(ForeignKeyAction::Cascade),
        "n" => Ok(ForeignKeyAction::SetNull),
        "d" => Ok(ForeignKeyAction::SetDefault),
        _ => Err(unreadable(format!("foreign key {constraint}"), letter)),
    }
}

fn add_index(table: &mut Table, row: &Row) -> Result<(), LiveError> {
    let columns: Vec<Option<String>> = row.try_get(6)?;
    let expressions: Vec<Option<String>> = row.try_get(7)?;
    let options: Vec<i16> = row.try_get(8)?;
    let operator_classes: Vec<Option<String>> = row.try_get(9)?;
    let include = columns.iter().skip(options.len()).flatten().cloned().collect();
    let keys = columns.into_iter().zip(expressions).map(|key| match key {
        (_, Some(text)) => IndexKey::Expression(expression(text, &table.columns)),
        (column, None) => IndexKey::Column(column.unwrap_or_default()),
    });
    // Of `indoption`, bit 1 is DESC and bit 2 NULLS FIRST (`catalog/pg_index.h`).
    let parts = keys.zip(options).zip(operator_classes).map(|((key, option), operator_class)| IndexPart {
        key,
        descending: option & 1 != 0,
        nulls_first: option & 2 != 0,
        operator_class,
    });
    let predicate: Option<String> = row.try_get(10)?;
    let index = Index {
        unique: row.try_get(4)?,
        method: row.try_get(3)?,
        parts: parts.collect(),
        include,
        predicate: predicate.map(|text| expression(text, &table.columns)),
        nulls_not_distinct: row.try_get(5)?,
        comment: row.try_get(11)?,
    };
    table.indexes.insert(row.try_get(2)?, index);
    Ok(())
}

/// The bits are those of `catalog/pg_trigger.h`.
fn add_trigger(table: &mut Table, row: &Row) -> Result<(), LiveError> {
    let bits: i16 = row.try_get(3)?;
    let timing = if bits & 2 != 0 { TriggerTiming::Before } else { TriggerTiming::After };
    let level = if bits & 1 != 0 { TriggerLevel::Row } else { TriggerLevel::Statement };
    let events = [(4, TriggerEvent::Insert), (16, TriggerEvent::Update), (8, TriggerEvent::Delete)];
    let events = events.into_iter().filter(|(bit, _)| bits & bit != 0).map(|(_, event)| event).collect();
    let function = ObjectName { schema: row.try_get(4)?, name: row.try_get(5)? };
    table.triggers.insert(row.try_get(2)?, Trigger { timing, level, events, function });
    Ok(())
}

/// How a table is partitioned, as yet without its partitions.
fn partitioning(row: &Row) -> Result<Option<Partitioning>, LiveError> {
    let strategy: Option<&str> = row.try_get(3)?;
    let method = match strategy {
        None => return Ok(None),
        Some("r") => PartitionMethod::Range,
        Some("h") => PartitionMethod::Hash { partitions: Vec::new() },
        Some("l") => PartitionMethod::List { partitions: BTreeMap::new() },
        Some(other) => return Err(unreadable(format!("table {}", name(row)?), other)),
    };
    Ok(Some(Partitioning { columns: row.try_get(4)?, method }))
}

async fn read_partitions(client: &Client, tables: &mut Tables) -> Result<(), LiveError> {
    let mut hashed: BTreeMap<ObjectName, Vec<(HashBound, String)>> = BTreeMap::new();
    for row in rows(client, &queries::partitions()).await? {
        let parent = name(&row)?;
        let partition: String = row.try_get(2)?;
        let bound: &str = row.try_get(3)?;
        let partitioning = tables.get_mut(&parent).and_then(|table| table.partitioning.as_mut());
        if let Some(Partitioning { method: PartitionMethod::List { partitions }, .. }) = partitioning {
            let values =
                list_bound(bound).ok_or_else(|| unreadable(format!("partition {partition}"), bound))?;
            partitions.insert(partition, values);
        } else {
            let bound =
                hash_bound(bound).ok_or_else(|| unreadable(format!("partition {partition}"), bound))?;
            hashed.entry(parent).or_default().push((bound, partition));
        }
    }
    for (parent, mut found) in hashed {
        let partitioning = tables.get_mut(&parent).and_then(|table| table.partitioning.as_mut());
        if let Some(Partitioning { method: PartitionMethod::Hash { partitions }, .. }) = partitioning {
            found.sort();
            *partitions = found.into_iter().map(|(_, partition)| partition).collect();
        }
    }
    Ok(())
}

fn unreadable(object: String, value: &str) -> LiveError {
    LiveError::Unreadable { object, value: value.to_owned() }
}
