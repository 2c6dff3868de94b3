//! What several rules share, and how their findings become those of a run.

pub(super) mod accounts;
pub(super) mod allowances;
pub(super) mod apply;
pub(super) mod lines;
pub(super) mod means;
pub(super) mod objects;
pub(super) mod service_types;
pub(super) mod text;
pub(super) mod types;
pub(super) mod within;

use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, ForeignKey, Reference, Table, TableId, column_set};
use foldhash::{HashMap, HashMapExt, HashSet};

/// References whose target resolved and is a table of another service, each with its table and its target.
/// Those within a service are left to rule `reference-within-service`.
pub fn references_across(register: &Register) -> impl Iterator<Item = (&Reference, &Table, TableId)> {
    register.references.values().filter_map(|reference| {
        let table = &register.tables[reference.table];
        let target = reference.target?;
        (register.tables[target].service != table.service).then_some((reference, table, target))
    })
}

/// Foreign keys whose target resolved and is a table of the same service, each with its table and its target.
/// Those across services are left to rule `cross-service-foreign-key`.
pub fn foreign_keys_within(register: &Register) -> impl Iterator<Item = (&ForeignKey, TableId, TableId)> {
    register.tables.iter().flat_map(move |(id, table)| {
        table.foreign_keys.iter().filter_map(move |foreign_key| {
            let target = foreign_key.target?;
            (register.tables[target].service == table.service).then_some((foreign_key, id, target))
        })
    })
}

/// The keys of tables, worked out once for each table that is asked for: many may point at one.
pub struct Keys<'a> {
    register: &'a Register,
    by_table: HashMap<TableId, HashSet<Vec<ColumnIndex>>>,
}

impl<'a> Keys<'a> {
    pub fn new(register: &'a Register) -> Keys<'a> {
        Keys { register, by_table: HashMap::new() }
    }

    /// Whether these columns, in whatever order, are a key of the table over all its rows.
    pub fn has(&mut self, table: TableId, columns: &[ColumnIndex]) -> bool {
        let keys = || self.register.tables[table].keys().iter().map(|key| column_set(key)).collect();
        self.by_table.entry(table).or_insert_with(keys).contains(&column_set(columns))
    }
}
