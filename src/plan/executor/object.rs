//! What statements speak of, and what stands in the way of dropping it.

use crate::schema::ObjectName;
use foldhash::HashMap;
use std::collections::BTreeSet;
use std::fmt;

/// Something in a database. Ordered by kind, then by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Object {
    /// A PostgreSQL schema.
    Namespace(String),
    /// An extension.
    Extension(String),
    /// A type, as a column spells it.
    Type(String),
    /// An enum.
    Enum(ObjectName),
    /// A function.
    Function(ObjectName),
    /// A table.
    Table(ObjectName),
    /// A column of a table.
    Column(ObjectName, String),
    /// A constraint of a table.
    Constraint(ObjectName, String),
    /// A partition of a table.
    Partition(ObjectName, String),
    /// An index of a table.
    Index(ObjectName, String),
    /// A trigger of a table.
    Trigger(ObjectName, String),
    /// A `sql` node.
    SqlNode(String),
}

impl fmt::Display for Object {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Object::Namespace(name) => write!(formatter, "schema `{name}`"),
            Object::Extension(name) => write!(formatter, "extension `{name}`"),
            Object::Type(name) => write!(formatter, "type `{name}`"),
            Object::Enum(name) => write!(formatter, "enum `{name}`"),
            Object::Function(name) => write!(formatter, "function `{name}`"),
            Object::Table(name) => write!(formatter, "table `{name}`"),
            Object::Column(table, name) => write!(formatter, "column `{name}` of table `{table}`"),
            Object::Constraint(table, name) => write!(formatter, "constraint `{name}` of table `{table}`"),
            Object::Partition(table, name) => write!(formatter, "partition `{name}` of table `{table}`"),
            Object::Index(table, name) => write!(formatter, "index `{name}` of table `{table}`"),
            Object::Trigger(table, name) => write!(formatter, "trigger `{name}` of table `{table}`"),
            Object::SqlNode(name) => write!(formatter, "sql node `{name}`"),
        }
    }
}

/// Which objects need which others.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    by_needed: HashMap<Object, BTreeSet<Object>>,
}

impl Dependents {
    pub(super) fn add(&mut self, needed: Object, dependent: Object) {
        self.by_needed.entry(needed).or_default().insert(dependent);
    }

    pub(super) fn remove(&mut self, needed: &Object, dependent: &Object) {
        if let Some(dependents) = self.by_needed.get_mut(needed) {
            dependents.remove(dependent);
        }
    }

    /// The objects that need this one, by kind and name.
    pub(super) fn all(&self, needed: &Object) -> impl Iterator<Item = &Object> {
        self.by_needed.get(needed).into_iter().flatten()
    }

    /// The first object by kind and name that needs this one.
    pub(super) fn first(&self, needed: &Object) -> Option<&Object> {
        self.by_needed.get(needed).and_then(BTreeSet::first)
    }
}
