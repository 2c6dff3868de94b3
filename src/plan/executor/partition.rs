//! Partitions by hash and by list; those by range are data.

use super::{ExecutionError, Executor, Object};
use crate::plan::PartitionBounds;
use crate::schema::{ObjectName, PartitionMethod, Table};

impl Executor {
    pub(super) fn create_partition(
        &mut self,
        table: &ObjectName,
        name: &str,
        bounds: &PartitionBounds,
    ) -> Result<(), ExecutionError> {
        let object = Object::Partition(table.clone(), name.to_owned());
        if names(self.table(table)?).any(|partition| partition == name) {
            return Err(ExecutionError::AlreadyExists(object));
        }
        let relation = ObjectName::new(&table.schema, name);
        self.require_free_type_name(&relation, &object)?;
        insert(self.table_mut(table)?, name, bounds)
            .map_err(|reason| ExecutionError::Malformed { object: object.clone(), reason })?;
        self.relations.insert(relation, object);
        Ok(())
    }

    pub(super) fn drop_partition(&mut self, table: &ObjectName, name: &str) -> Result<(), ExecutionError> {
        let object = Object::Partition(table.clone(), name.to_owned());
        let method =
            self.table_mut(table)?.partitioning.as_mut().map(|partitioning| &mut partitioning.method);
        let dropped = match method {
            None | Some(PartitionMethod::Range) => false,
            Some(PartitionMethod::List { partitions }) => partitions.remove(name).is_some(),
            Some(PartitionMethod::Hash { partitions }) => {
                let found = partitions.iter().position(|partition| partition == name);
                if found.is_some_and(|remainder| remainder + 1 < partitions.len()) {
                    let reason = "is not the one with the highest remainder";
                    return Err(ExecutionError::Malformed { object, reason });
                }
                found.is_some() && partitions.pop().is_some()
            }
        };
        if !dropped {
            return Err(ExecutionError::Missing(object));
        }
        self.relations.remove(&ObjectName::new(&table.schema, name));
        Ok(())
    }
}

fn insert(table: &mut Table, name: &str, bounds: &PartitionBounds) -> Result<(), &'static str> {
    let method = table.partitioning.as_mut().map(|partitioning| &mut partitioning.method);
    match (method, bounds) {
        (Some(PartitionMethod::Hash { partitions }), PartitionBounds::Hash { modulus, remainder }) => {
            if *remainder != partitions.len() {
                return Err("does not have the next remainder");
            }
            if remainder >= modulus {
                return Err("has a remainder that its modulus cannot leave");
            }
            partitions.push(name.to_owned());
        }
        (Some(PartitionMethod::List { partitions }), PartitionBounds::List { values }) => {
            if values.is_empty() || super::repeats(values) {
                return Err("takes no value, or one twice");
            }
            if values.iter().any(|value| partitions.values().flatten().any(|taken| taken == value)) {
                return Err("takes a value that another partition takes");
            }
            partitions.insert(name.to_owned(), values.clone());
        }
        _ => return Err("is of another kind than its table is partitioned by"),
    }
    Ok(())
}

/// The names of the partitions by hash or by list.
pub(super) fn names(table: &Table) -> impl Iterator<Item = &String> {
    let method = table.partitioning.as_ref().map(|partitioning| &partitioning.method);
    let (hash, list) = match method {
        None | Some(PartitionMethod::Range) => (None, None),
        Some(PartitionMethod::Hash { partitions }) => (Some(partitions), None),
        Some(PartitionMethod::List { partitions }) => (None, Some(partitions)),
    };
    hash.into_iter().flatten().chain(list.into_iter().flat_map(|partitions| partitions.keys()))
}
