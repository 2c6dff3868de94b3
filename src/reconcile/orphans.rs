//! References against the tables that they point at: keys that are referred to and that the owner does not have.

use super::bounds::key_bounds;
use super::key::{Key, Range, qualified};
use super::query::{KEYS, LOWER, Query, UPPER, alias_beside, where_all};
use crate::schema::ObjectName;
use crate::semantic::Register;
use crate::semantic::model::{OnDelete, ReferenceId, ServiceId, Table, TableId, column_indices};
use crate::sql::{QualifiedName, columns_of};

/// How many of the rows that hold an orphaned key are named.
const NAMED_ROWS: u32 = 3;

/// A reference and what it points at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orphans {
    /// The table that refers, as the register names it.
    pub table_name: String,
    /// The table that is pointed at, as other services name it: `service.table`.
    pub owner_name: String,
    /// The service that owns the target.
    pub owner: ServiceId,
    /// The table that refers, in its database.
    pub table: ObjectName,
    /// The columns that refer.
    pub key: Key,
    /// What names a row that refers: the primary key, or the columns that refer where there is none.
    pub row: Key,
    /// The column that is not NULL in a deleted row of the table that refers. Such a row refers to nothing any more.
    pub deleted_at: Option<String>,
    /// An expression: only such rows point there.
    pub when: Option<String>,
    /// The table that is pointed at, in its database.
    pub target: ObjectName,
    /// Its columns that are pointed at.
    pub target_key: Key,
    /// The column that is not NULL in a deleted row of the target, where a deleted row counts as gone.
    pub target_deleted_at: Option<String>,
    /// Whether rows may stay when their target is gone (`on-delete=keep`), so that orphans are no mistake.
    pub may_stay: bool,
}

impl Orphans {
    /// What a reference points at, where that is looked at: `None` where it did not resolve, lies in the service itself or
    /// in one without a database.
    pub(super) fn target(register: &Register, id: ReferenceId) -> Option<TableId> {
        let reference = &register.references[id];
        let target = reference.target?;
        let owner = register.tables[target].service;
        register.services[owner].database.as_ref()?;
        (owner != register.tables[reference.table].service).then_some(target)
    }

    /// The orphans of a reference; `None` where nothing is looked at, or its columns did not resolve.
    pub(super) fn of(register: &Register, id: ReferenceId) -> Option<Orphans> {
        let target_id = Orphans::target(register, id)?;
        let reference = &register.references[id];
        let table = &register.tables[reference.table];
        let target = &register.tables[target_id];
        let target_columns = register.reference_target(reference)?;
        if target_columns.len() != reference.columns.len() {
            return None;
        }
        let key = Key::of(table, &column_indices(&reference.columns))?;
        let may_stay = reference.on_delete.value == OnDelete::Keep;
        Some(Orphans {
            table_name: table.name.value.clone(),
            owner_name: register.table_path(target_id),
            owner: target.service,
            table: ObjectName::new(table.sql_schema(), table.sql_name()),
            row: Key::of(table, &table.primary_key_columns()).unwrap_or_else(|| key.clone()),
            key,
            deleted_at: deleted_at(table),
            when: reference.when.as_ref().map(|when| when.value.clone()),
            target: ObjectName::new(target.sql_schema(), target.sql_name()),
            target_key: Key::of_target(target, &target_columns)?,
            target_deleted_at: deleted_at(target).filter(|_| !may_stay),
            may_stay,
        })
    }

    /// What the side that refers is asked, in the order in which it is asked.
    pub fn own_queries(&self) -> Vec<Query> {
        vec![key_bounds(&self.table, &self.key, &self.refers()), self.chunk_keys(), self.rows_of_keys()]
    }

    /// What the owner is asked.
    pub fn owner_queries(&self) -> Vec<Query> {
        vec![self.missing_keys()]
    }

    /// The columns of the table that refers that the queries read.
    pub(super) fn columns_read(&self) -> Vec<String> {
        let used = self.when.as_deref().map(columns_of).unwrap_or_default();
        let names = self.key.names().chain(self.row.names()).chain(self.deleted_at.as_deref());
        names.map(str::to_owned).chain(used).collect()
    }

    /// The columns of the target that the queries read.
    pub(super) fn target_columns_read(&self) -> impl Iterator<Item = &str> {
        self.target_key.names().chain(self.target_deleted_at.as_deref())
    }

    /// Which rows refer: those with all columns, as in a foreign key, that are not deleted and meet the condition.
    fn refers(&self) -> Vec<String> {
        let mut conditions: Vec<String> =
            self.key.columns(None).iter().map(|column| format!("{column} IS NOT NULL")).collect();
        conditions
            .extend(self.deleted_at.iter().map(|column| format!("{} IS NULL", qualified(None, column))));
        conditions.extend(self.when.iter().map(|when| format!("({when})")));
        conditions
    }

    fn chunk_keys(&self) -> Query {
        let columns = self.key.columns(None);
        let range = Range { lower: "$1", upper: "$2", order: None };
        let conditions: Vec<String> =
            self.refers().into_iter().chain(self.key.within(range, "    ")).collect();
        let text = format!(
            "SELECT {}, count(*)\nFROM {}{}\nGROUP BY {}",
            self.key.travelling(&columns),
            QualifiedName::from(&self.table),
            where_all(&conditions, ""),
            columns.join(", "),
        );
        Query {
            name: "chunk_keys",
            purpose: "The keys that rows of a chunk refer to, each with how many do.",
            parameters: vec![LOWER, UPPER],
            text,
        }
    }

    fn missing_keys(&self) -> Query {
        let mut conditions = self.target_key.equals(Some("target"), "given.key");
        conditions.extend(
            self.target_deleted_at
                .iter()
                .map(|column| format!("{} IS NULL", qualified(Some("target"), column))),
        );
        let text = format!(
            "SELECT given.key
FROM unnest(string_to_array($1, ',')) AS given (key)
WHERE NOT EXISTS (
    SELECT FROM {} AS target{}
)",
            QualifiedName::from(&self.target),
            where_all(&conditions, "    "),
        );
        Query {
            name: "missing_keys",
            purpose: "Those of some keys that no row has.",
            parameters: vec![KEYS],
            text,
        }
    }

    /// Within the inner query the table keeps its name, which the condition may use.
    fn rows_of_keys(&self) -> Query {
        let given = alias_beside(&self.table.name, "given");
        let table = QualifiedName::from(&self.table);
        let mut conditions = self.key.equals(None, &format!("{given}.key"));
        conditions.extend(self.refers());
        let row = self.row.columns(None);
        let text = format!(
            "SELECT {given}.key, convert_from(decode({given}.key, 'hex'), 'UTF8'), counted.rows, named.rows
FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS {given} (key, number)
CROSS JOIN LATERAL (
    SELECT count(*) AS rows
    FROM {table}{}
) AS counted
CROSS JOIN LATERAL (
    SELECT jsonb_agg(first_rows.name) AS rows
    FROM (
        SELECT {} AS name
        FROM {table}{}
        ORDER BY {}
        LIMIT {NAMED_ROWS}
    ) AS first_rows
) AS named
WHERE counted.rows > 0
ORDER BY {given}.number",
            where_all(&conditions, "    "),
            self.row.json(&row),
            where_all(&conditions, "        "),
            self.row.order_by(&self.row.ordered(&row, false), None),
        );
        Query {
            name: "rows_of_keys",
            purpose: "How many rows refer to each of some keys, and the first of them.",
            parameters: vec![KEYS],
            text,
        }
    }
}

fn deleted_at(table: &Table) -> Option<String> {
    table.soft_delete.as_ref().map(|column| table.columns[column.value].name.value.clone())
}
