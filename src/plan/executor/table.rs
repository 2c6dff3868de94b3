//! Tables, their keys and their indexes.

use super::{ExecutionError, Executor, Object, namespace_of, repeats};
use crate::schema::{Expression, ForeignKey, Index, IndexKey, ObjectName, PartitionMethod, Table};
use crate::sql::{DataType, columns_of, extension_type, is_known_extension};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Executor {
    pub(super) fn create_table(&mut self, name: &ObjectName, table: &Table) -> Result<(), ExecutionError> {
        let object = Object::Table(name.clone());
        self.require_namespace(name)?;
        if self.schema.tables.contains_key(name) {
            return Err(ExecutionError::AlreadyExists(object));
        }
        self.require_free_type_name(name, &object)?;
        refuse_what_has_statements_of_its_own(&object, table)?;
        self.check_columns(name, table)?;
        self.check_keys(name, table)?;
        for (key_name, foreign_key) in &table.foreign_keys {
            self.check_foreign_key(name, table, key_name, foreign_key)?;
        }
        self.note_table(name, table);
        self.schema.tables.insert(name.clone(), table.clone());
        Ok(())
    }

    pub(super) fn drop_table(&mut self, name: &ObjectName) -> Result<(), ExecutionError> {
        self.table(name)?;
        self.refuse_if_needed(&Object::Table(name.clone()))?;
        if let Some(table) = self.schema.tables.remove(name) {
            for (relation, _) in relations_of(name, &table) {
                self.relations.remove(&relation);
            }
            for (needed, dependent) in self.needs_of(name, &table) {
                self.dependents.remove(&needed, &dependent);
            }
        }
        Ok(())
    }

    pub(super) fn add_foreign_key(
        &mut self,
        table: &ObjectName,
        name: &str,
        foreign_key: &ForeignKey,
    ) -> Result<(), ExecutionError> {
        let definition = self.table(table)?;
        if constraint_names(definition).any(|taken| taken == name) {
            return Err(ExecutionError::AlreadyExists(Object::Constraint(table.clone(), name.to_owned())));
        }
        self.check_foreign_key(table, definition, name, foreign_key)?;
        self.table_mut(table)?.foreign_keys.insert(name.to_owned(), foreign_key.clone());
        if let Some((needed, dependent)) = need_of_foreign_key(table, name, foreign_key) {
            self.dependents.add(needed, dependent);
        }
        Ok(())
    }

    pub(super) fn drop_foreign_key(&mut self, table: &ObjectName, name: &str) -> Result<(), ExecutionError> {
        let Some(foreign_key) = self.table_mut(table)?.foreign_keys.remove(name) else {
            return Err(ExecutionError::Missing(Object::Constraint(table.clone(), name.to_owned())));
        };
        if let Some((needed, dependent)) = need_of_foreign_key(table, name, &foreign_key) {
            self.dependents.remove(&needed, &dependent);
        }
        Ok(())
    }

    pub(super) fn create_index(
        &mut self,
        table: &ObjectName,
        name: &str,
        index: &Index,
    ) -> Result<(), ExecutionError> {
        let object = Object::Index(table.clone(), name.to_owned());
        let definition = self.table(table)?;
        if definition.indexes.contains_key(name) {
            return Err(ExecutionError::AlreadyExists(object));
        }
        self.require_free_relation_name(&ObjectName::new(&table.schema, name), &object)?;
        self.check_index(table, definition, &object, index)?;
        self.relations.insert(ObjectName::new(&table.schema, name), object);
        self.table_mut(table)?.indexes.insert(name.to_owned(), index.clone());
        Ok(())
    }

    pub(super) fn drop_index(&mut self, table: &ObjectName, name: &str) -> Result<(), ExecutionError> {
        let object = Object::Index(table.clone(), name.to_owned());
        let definition = self.table(table)?;
        let Some(index) = definition.indexes.get(name) else {
            return Err(ExecutionError::Missing(object));
        };
        if let Some(columns) = key_columns(index)
            && keys(definition).filter(|key| *key == columns).count() == 1
            && let Some(by) = self.foreign_key_over(table, &columns)
        {
            return Err(ExecutionError::InUse { object, by: Box::new(by) });
        }
        self.relations.remove(&ObjectName::new(&table.schema, name));
        self.table_mut(table)?.indexes.remove(name);
        Ok(())
    }

    fn check_index(
        &self,
        name: &ObjectName,
        table: &Table,
        object: &Object,
        index: &Index,
    ) -> Result<(), ExecutionError> {
        let malformed = |reason| Err(ExecutionError::Malformed { object: object.clone(), reason });
        if index.parts.is_empty() {
            return malformed("is over no column");
        }
        if index.comment.is_some() {
            return malformed("has a comment, which no CREATE INDEX can give");
        }
        if index.unique && index.method != "btree" {
            return malformed("is unique, which only an index of method btree can be");
        }
        require_columns(name, table, index_columns(index).chain(&index.include))?;
        let expressions = index.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Column(_) => None,
            IndexKey::Expression(expression) => Some(expression),
        });
        self.require_expression_columns(name, table, expressions.chain(&index.predicate))?;
        if index.unique {
            let columns = index_columns(index).map(String::as_str).collect();
            check_partition_columns(name, table, object, &columns)?;
        }
        Ok(())
    }

    /// A foreign key that points at exactly these columns of a table.
    fn foreign_key_over(&self, table: &ObjectName, columns: &BTreeSet<&str>) -> Option<Object> {
        let own = self.schema.tables.get(table)?.foreign_keys.keys();
        let own = own.map(|name| Object::Constraint(table.clone(), name.clone()));
        let object = Object::Table(table.clone());
        let others = self.dependents.all(&object).cloned();
        own.chain(others).find(|object| {
            let Object::Constraint(referrer, name) = object else { return false };
            let foreign_key = self.schema.tables.get(referrer).and_then(|table| table.foreign_keys.get(name));
            foreign_key.is_some_and(|key| key.target == *table && as_set(&key.target_columns) == *columns)
        })
    }

    fn check_columns(&self, name: &ObjectName, table: &Table) -> Result<(), ExecutionError> {
        for (column_name, column) in &table.columns {
            self.require_type(&column.data_type)?;
            let sources = [column.identity, column.default.is_some(), column.generated.is_some()];
            let reason = if sources.into_iter().filter(|source| *source).count() > 1 {
                "takes its value from two of default, identity and generated"
            } else if column.identity && column.nullable {
                "is an identity and nullable"
            } else if column.comment.is_some() {
                "has a comment, which no CREATE TABLE can give"
            } else if column
                .default
                .as_ref()
                .is_some_and(|default| !self.columns_used(&default.text).is_empty())
            {
                "has a default that uses a column"
            } else {
                self.require_expression_columns(name, table, column.generated.as_ref())?;
                continue;
            };
            let object = Object::Column(name.clone(), column_name.clone());
            return Err(ExecutionError::Malformed { object, reason });
        }
        Ok(())
    }

    /// The columns that an expression uses.
    fn columns_used(&self, text: &str) -> Arc<[String]> {
        if let Some(known) = self.columns_used.borrow().get(text) {
            return Arc::clone(known);
        }
        let used: Arc<[String]> = columns_of(text).into();
        self.columns_used.borrow_mut().insert(text.to_owned(), Arc::clone(&used));
        used
    }

    fn require_expression_columns<'a>(
        &self,
        name: &ObjectName,
        table: &Table,
        expressions: impl IntoIterator<Item = &'a Expression>,
    ) -> Result<(), ExecutionError> {
        expressions
            .into_iter()
            .try_for_each(|expression| require_columns(name, table, &*self.columns_used(&expression.text)))
    }

    fn check_keys(&self, name: &ObjectName, table: &Table) -> Result<(), ExecutionError> {
        let mut names = BTreeSet::new();
        for constraint in constraint_names(table) {
            if !names.insert(constraint) {
                let object = Object::Constraint(name.clone(), constraint.to_owned());
                return Err(ExecutionError::AlreadyExists(object));
            }
        }
        let primary_key = table.primary_key.iter().map(|key| (&key.name, &key.columns));
        let uniques = table.uniques.iter().map(|(name, unique)| (name, &unique.columns));
        for (key_name, columns) in primary_key.clone().chain(uniques) {
            let object = Object::Constraint(name.clone(), key_name.clone());
            if *key_name == name.name {
                return Err(ExecutionError::NameTaken {
                    object,
                    other: Box::new(Object::Table(name.clone())),
                });
            }
            self.require_free_relation_name(&ObjectName::new(&name.schema, key_name), &object)?;
            check_key_columns(name, table, &object, columns)?;
            check_partition_columns(name, table, &object, &as_set(columns))?;
        }
        let mut said: BTreeSet<(&[String], bool)> =
            table.primary_key.iter().map(|key| (key.columns.as_slice(), false)).collect();
        for (key_name, unique) in &table.uniques {
            if !said.insert((&unique.columns, unique.nulls_not_distinct)) {
                let object = Object::Constraint(name.clone(), key_name.clone());
                let reason = "says what another one says, so PostgreSQL makes one of both";
                return Err(ExecutionError::Malformed { object, reason });
            }
        }
        for (key_name, columns) in primary_key {
            if columns.iter().any(|column| table.columns.get(column).is_some_and(|column| column.nullable)) {
                let object = Object::Constraint(name.clone(), key_name.clone());
                return Err(ExecutionError::Malformed { object, reason: "is over a nullable column" });
            }
        }
        self.require_expression_columns(name, table, table.checks.values().map(|check| &check.expression))?;
        let divided_by = table.partitioning.iter().flat_map(|partitioning| &partitioning.columns);
        require_columns(name, table, divided_by)
    }

    fn check_foreign_key(
        &self,
        name: &ObjectName,
        table: &Table,
        key_name: &str,
        foreign_key: &ForeignKey,
    ) -> Result<(), ExecutionError> {
        let object = Object::Constraint(name.clone(), key_name.to_owned());
        check_key_columns(name, table, &object, &foreign_key.columns)?;
        let target = if foreign_key.target == *name { table } else { self.table(&foreign_key.target)? };
        check_key_columns(&foreign_key.target, target, &object, &foreign_key.target_columns)?;
        if foreign_key.columns.len() != foreign_key.target_columns.len() {
            let reason = "has another number of columns than what it points at";
            return Err(ExecutionError::Malformed { object, reason });
        }
        let columns = as_set(&foreign_key.target_columns);
        if !keys(target).any(|key| key == columns) {
            let target = Box::new(Object::Table(foreign_key.target.clone()));
            return Err(ExecutionError::TargetIsNoKey { foreign_key: object, target });
        }
        Ok(())
    }

    /// Enters a table's names, and what it needs.
    pub(super) fn note_table(&mut self, name: &ObjectName, table: &Table) {
        self.relations.extend(relations_of(name, table));
        for (needed, dependent) in self.needs_of(name, table) {
            self.dependents.add(needed, dependent);
        }
    }

    /// What a table needs of others, each with the part of it that does.
    fn needs_of(&self, name: &ObjectName, table: &Table) -> Vec<(Object, Object)> {
        let mut needs = vec![(namespace_of(name), Object::Table(name.clone()))];
        for (column_name, column) in &table.columns {
            if let Some(needed) = self.object_of_type(&column.data_type) {
                needs.push((needed, Object::Column(name.clone(), column_name.clone())));
            }
        }
        let foreign_keys = table.foreign_keys.iter();
        needs.extend(foreign_keys.filter_map(|(key, definition)| need_of_foreign_key(name, key, definition)));
        for (trigger_name, trigger) in &table.triggers {
            let trigger_object = Object::Trigger(name.clone(), trigger_name.clone());
            needs.push((Object::Function(trigger.function.clone()), trigger_object));
        }
        needs
    }

    fn require_type(&self, data_type: &str) -> Result<(), ExecutionError> {
        let stands = self.is_builtin(data_type) || self.object_of_type(data_type).is_some();
        if stands { Ok(()) } else { Err(ExecutionError::Missing(Object::Type(data_type.to_owned()))) }
    }

    fn is_builtin(&self, data_type: &str) -> bool {
        if let Some(known) = self.builtin_types.borrow().get(data_type) {
            return *known;
        }
        let is_builtin = DataType::parse(data_type).is_some();
        self.builtin_types.borrow_mut().insert(data_type.to_owned(), is_builtin);
        is_builtin
    }

    /// The enum or the extension that a type is of; `None` where it is built in, or unknown.
    fn object_of_type(&self, data_type: &str) -> Option<Object> {
        let element = match data_type.ends_with(']') {
            true => data_type.trim_end_matches("[]"),
            false => data_type,
        };
        if let Some(name) = self.enum_types.get(element) {
            return Some(Object::Enum(name.clone()));
        }
        if self.is_builtin(data_type) {
            return None;
        }
        let mut extensions = self.schema.extensions.iter();
        let brings_it = extensions.clone().find(|extension| extension_type(extension, data_type).is_some());
        let may_bring_it = || extensions.find(|extension| !is_known_extension(extension));
        brings_it.or_else(may_bring_it).map(|extension| Object::Extension(extension.clone()))
    }

    pub(super) fn require_free_type_name(
        &self,
        name: &ObjectName,
        object: &Object,
    ) -> Result<(), ExecutionError> {
        self.require_free_relation_name(name, object)?;
        if self.schema.enums.contains_key(name) {
            let other = Box::new(Object::Enum(name.clone()));
            return Err(ExecutionError::NameTaken { object: object.clone(), other });
        }
        Ok(())
    }

    fn require_free_relation_name(&self, name: &ObjectName, object: &Object) -> Result<(), ExecutionError> {
        match self.relations.get(name) {
            Some(other) => {
                Err(ExecutionError::NameTaken { object: object.clone(), other: Box::new(other.clone()) })
            }
            None => Ok(()),
        }
    }
}

fn refuse_what_has_statements_of_its_own(object: &Object, table: &Table) -> Result<(), ExecutionError> {
    let partitions = match table.partitioning.as_ref().map(|partitioning| &partitioning.method) {
        None | Some(PartitionMethod::Range) => false,
        Some(PartitionMethod::Hash { partitions }) => !partitions.is_empty(),
        Some(PartitionMethod::List { partitions }) => !partitions.is_empty(),
    };
    if partitions || table.comment.is_some() || !table.indexes.is_empty() || !table.triggers.is_empty() {
        let reason = "has partitions, a comment, indexes or triggers, which no CREATE TABLE can give";
        return Err(ExecutionError::Malformed { object: object.clone(), reason });
    }
    Ok(())
}

fn check_key_columns(
    name: &ObjectName,
    table: &Table,
    object: &Object,
    columns: &[String],
) -> Result<(), ExecutionError> {
    if columns.is_empty() {
        return Err(ExecutionError::Malformed { object: object.clone(), reason: "is over no column" });
    }
    if repeats(columns) {
        return Err(ExecutionError::Malformed { object: object.clone(), reason: "names a column twice" });
    }
    require_columns(name, table, columns)
}

fn check_partition_columns(
    name: &ObjectName,
    table: &Table,
    key: &Object,
    columns: &BTreeSet<&str>,
) -> Result<(), ExecutionError> {
    let mut divided_by = table.partitioning.iter().flat_map(|partitioning| &partitioning.columns);
    match divided_by.find(|column| !columns.contains(column.as_str())) {
        None => Ok(()),
        Some(column) => Err(ExecutionError::KeyWithoutPartitionColumn {
            key: key.clone(),
            column: Box::new(Object::Column(name.clone(), column.clone())),
        }),
    }
}

fn require_columns<'a>(
    name: &ObjectName,
    table: &Table,
    columns: impl IntoIterator<Item = &'a String>,
) -> Result<(), ExecutionError> {
    match columns.into_iter().find(|column| !table.columns.contains_key(*column)) {
        None => Ok(()),
        Some(column) => Err(ExecutionError::Missing(Object::Column(name.clone(), column.clone()))),
    }
}

fn need_of_foreign_key(table: &ObjectName, name: &str, foreign_key: &ForeignKey) -> Option<(Object, Object)> {
    let constraint = Object::Constraint(table.clone(), name.to_owned());
    (foreign_key.target != *table).then(|| (Object::Table(foreign_key.target.clone()), constraint))
}

/// The names that a table takes among relations.
fn relations_of(name: &ObjectName, table: &Table) -> Vec<(ObjectName, Object)> {
    let in_schema = |relation: &str| ObjectName::new(&name.schema, relation);
    let primary_key = table.primary_key.iter().map(|key| &key.name);
    let constraints = primary_key
        .chain(table.uniques.keys())
        .map(|key| (in_schema(key), Object::Constraint(name.clone(), key.clone())));
    let indexes =
        table.indexes.keys().map(|index| (in_schema(index), Object::Index(name.clone(), index.clone())));
    let partitions = super::partition::names(table)
        .map(|partition| (in_schema(partition), Object::Partition(name.clone(), partition.clone())));
    let own = std::iter::once((name.clone(), Object::Table(name.clone())));
    own.chain(constraints).chain(indexes).chain(partitions).collect()
}

fn constraint_names(table: &Table) -> impl Iterator<Item = &str> {
    let primary_key = table.primary_key.iter().map(|key| &key.name);
    let others = table.uniques.keys().chain(table.checks.keys()).chain(table.foreign_keys.keys());
    primary_key.chain(others).map(String::as_str)
}

/// The sets of columns that a foreign key can point at.
fn keys(table: &Table) -> impl Iterator<Item = BTreeSet<&str>> {
    let primary_key = table.primary_key.iter().map(|key| as_set(&key.columns));
    let uniques = table.uniques.values().map(|unique| as_set(&unique.columns));
    primary_key.chain(uniques).chain(table.indexes.values().filter_map(key_columns))
}

/// The columns of an index that can stand in for a key.
fn key_columns(index: &Index) -> Option<BTreeSet<&str>> {
    let plain = index.parts.iter().all(|part| matches!(part.key, IndexKey::Column(_)));
    (index.unique && index.predicate.is_none() && plain)
        .then(|| index_columns(index).map(String::as_str).collect())
}

fn index_columns(index: &Index) -> impl Iterator<Item = &String> {
    index.parts.iter().filter_map(|part| match &part.key {
        IndexKey::Column(column) => Some(column),
        IndexKey::Expression(_) => None,
    })
}

fn as_set(columns: &[String]) -> BTreeSet<&str> {
    columns.iter().map(String::as_str).collect()
}
