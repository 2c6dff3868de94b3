//! The plan from an empty database: what something needs stands before it, and a table's things stand with it.

use super::order::table_order;
use super::{Commented, PartitionBounds, Plan, PlanError, Statement};
use crate::schema::{Index, ObjectName, PartitionMethod, Partitioning, Schema, SqlNode, Table};
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeMap;

/// What functions return that make and retire range partitions; trigger functions return `trigger`.
const MAINTENANCE_RETURNS: &str = "void";

/// Plans a database from nothing: namespaces, extensions, enums, functions, tables in the order of their foreign
/// keys, each with its indexes, triggers and comments and the `sql` nodes that follow it, the other `sql` nodes,
/// then the first run of the functions that make range partitions.
///
/// # Errors
/// Tables that cannot be ordered because foreign keys with required columns form a cycle.
pub fn initial(target: &Schema) -> Result<Plan, PlanError> {
    let mut up = Vec::new();
    up.extend(target.namespaces.iter().map(|name| Statement::CreateNamespace { name: name.clone() }));
    up.extend(target.extensions.iter().map(|name| Statement::CreateExtension { name: name.clone() }));
    for (name, enum_type) in &target.enums {
        up.push(Statement::create_enum(name, enum_type));
        up.extend(comment(Commented::Enum(name.clone()), enum_type.comment.as_deref()));
    }
    for (name, function) in &target.functions {
        up.push(Statement::create_function(name, function));
        up.extend(comment(Commented::Function(name.clone()), function.comment.as_deref()));
    }
    create_tables(target, &mut up)?;
    let last = target.sql_nodes.iter().filter(|(_, node)| !follows_table(target, node));
    up.extend(last.map(|(name, node)| Statement::RunSqlNode { name: name.clone(), node: node.clone() }));
    let maintained = target.functions.iter().filter(|(_, function)| function.returns == MAINTENANCE_RETURNS);
    up.extend(maintained.map(|(name, _)| Statement::MaintainPartitions { function: name.clone() }));
    let down = undo(&up);
    Ok(Plan { up, down })
}

fn create_tables(target: &Schema, up: &mut Vec<Statement>) -> Result<(), PlanError> {
    let nodes_after = nodes_by_table(target);
    let mut made: HashSet<&ObjectName> = HashSet::with_capacity(target.tables.len());
    let mut waiting: BTreeMap<&ObjectName, Vec<Statement>> = BTreeMap::new();
    for name in table_order(&target.tables)? {
        let Some(table) = target.tables.get(name) else { continue };
        made.insert(name);
        let mut definition = bare(table);
        for (key_name, foreign_key) in &table.foreign_keys {
            // The executor refuses a key whose target is nowhere; here it only must not be lost.
            let comes_later =
                !made.contains(&foreign_key.target) && target.tables.contains_key(&foreign_key.target);
            if comes_later {
                waiting.entry(&foreign_key.target).or_default().push(Statement::AddForeignKey {
                    table: name.clone(),
                    name: key_name.clone(),
                    foreign_key: foreign_key.clone(),
                });
            } else {
                definition.foreign_keys.insert(key_name.clone(), foreign_key.clone());
            }
        }
        up.push(Statement::CreateTable { name: name.clone(), table: Box::new(definition) });
        belongings(name, table, up);
        up.extend(waiting.remove(name).unwrap_or_default());
        for (node_name, node) in nodes_after.get(name).into_iter().flatten() {
            up.push(Statement::RunSqlNode { name: (*node_name).clone(), node: (*node).clone() });
        }
    }
    Ok(())
}

/// A table without what has statements of its own.
fn bare(table: &Table) -> Table {
    let mut columns = table.columns.clone();
    columns.values_mut().for_each(|column| column.comment = None);
    let partitioning = table.partitioning.as_ref().map(|partitioning| Partitioning {
        columns: partitioning.columns.clone(),
        method: match &partitioning.method {
            PartitionMethod::Range => PartitionMethod::Range,
            PartitionMethod::Hash { .. } => PartitionMethod::Hash { partitions: Vec::new() },
            PartitionMethod::List { .. } => PartitionMethod::List { partitions: BTreeMap::new() },
        },
    });
    Table {
        columns,
        primary_key: table.primary_key.clone(),
        uniques: table.uniques.clone(),
        checks: table.checks.clone(),
        partitioning,
        ..Table::default()
    }
}

/// What stands with a table: comments, indexes, partitions, triggers.
fn belongings(name: &ObjectName, table: &Table, up: &mut Vec<Statement>) {
    up.extend(comment(Commented::Table(name.clone()), table.comment.as_deref()));
    for (column, definition) in &table.columns {
        up.extend(comment(Commented::Column(name.clone(), column.clone()), definition.comment.as_deref()));
    }
    for (index_name, index) in &table.indexes {
        let without_comment = Index { comment: None, ..index.clone() };
        up.push(Statement::CreateIndex {
            table: name.clone(),
            name: index_name.clone(),
            index: without_comment,
        });
        up.extend(comment(Commented::Index(name.clone(), index_name.clone()), index.comment.as_deref()));
    }
    // After the indexes: PostgreSQL names those of partitions by itself, and then avoids the names of these.
    partitions(name, table, up);
    for (trigger_name, trigger) in &table.triggers {
        up.push(Statement::CreateTrigger {
            table: name.clone(),
            name: trigger_name.clone(),
            trigger: trigger.clone(),
        });
    }
}

fn partitions(name: &ObjectName, table: &Table, up: &mut Vec<Statement>) {
    let partition = |partition: &String, bounds| Statement::CreatePartition {
        table: name.clone(),
        name: partition.clone(),
        bounds,
    };
    match table.partitioning.as_ref().map(|partitioning| &partitioning.method) {
        None | Some(PartitionMethod::Range) => {}
        Some(PartitionMethod::Hash { partitions }) => {
            let modulus = partitions.len();
            up.extend(
                partitions
                    .iter()
                    .enumerate()
                    .map(|(remainder, part)| partition(part, PartitionBounds::Hash { modulus, remainder })),
            );
        }
        Some(PartitionMethod::List { partitions }) => {
            up.extend(
                partitions
                    .iter()
                    .map(|(part, values)| partition(part, PartitionBounds::List { values: values.clone() })),
            );
        }
    }
}

fn comment(on: Commented, text: Option<&str>) -> Option<Statement> {
    text.map(|text| Statement::SetComment { on, text: Some(text.to_owned()) })
}

/// Whether a node runs right after a table. One whose table is missing runs last, where the executor refuses it.
fn follows_table(target: &Schema, node: &SqlNode) -> bool {
    node.after.as_ref().is_some_and(|table| target.tables.contains_key(table))
}

fn nodes_by_table(target: &Schema) -> BTreeMap<&ObjectName, Vec<(&String, &SqlNode)>> {
    let mut nodes: BTreeMap<&ObjectName, Vec<(&String, &SqlNode)>> = BTreeMap::new();
    for (name, node) in &target.sql_nodes {
        if let Some(table) = &node.after {
            nodes.entry(table).or_default().push((name, node));
        }
    }
    nodes
}

/// The way back of statements that only make things: their reverses from last to first, without those of things
/// that go away together with another one.
fn undo(up: &[Statement]) -> Vec<Statement> {
    let backwards = up.iter().rev().filter(|statement| !statement.goes_with_its_owner());
    backwards.filter_map(Statement::reverse).collect()
}
