//! Read copies against the tables that they are copies of: what is missing, surplus or different, and where a tombstone
//! is missing. Both sides answer the same queries, each from its own table.

use super::bounds::{key_bounds, key_order};
use super::form::Form;
use super::key::{Key, KeyColumn, Range, qualified};
use super::query::{DIGEST, KEYS, LOWER, ORDER, Query, UPPER, list, where_all};
use crate::schema::ObjectName;
use crate::semantic::Register;
use crate::semantic::model::{
    PROJECTION_COLUMNS, ProjectedColumn, ProjectionId, ROW_VERSION_COLUMN, ServiceId, Table, TableId,
};
use crate::sql::QualifiedName;

/// A read copy and what it is a copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// The copy, as the register names it.
    pub copy_name: String,
    /// The table that is copied, as other services name it: `service.table`.
    pub owner_name: String,
    /// The service that owns the rows.
    pub owner: ServiceId,
    /// The table of the copy.
    pub copy: CopySide,
    /// The table of the owner.
    pub source: CopySide,
}

/// One of the two tables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopySide {
    /// The table in its database.
    pub table: ObjectName,
    /// What identifies a row.
    pub key: Key,
    /// The columns that are compared, in the order of the copy, with their forms; both sides have as many.
    pub compared: Vec<(String, Form)>,
    /// The column that is not NULL in a deleted row.
    pub deleted_at: Option<String>,
    /// The column that counts a row's changes.
    pub version: Option<String>,
}

impl Drift {
    /// What is copied, where that is looked at: `None` where it did not resolve or lies in a service without a database.
    pub(super) fn source(register: &Register, id: ProjectionId) -> Option<TableId> {
        let source = register.projections[id].source?;
        register.services[register.tables[source].service].database.as_ref().map(|_| source)
    }

    /// The drift of a read copy; `None` where nothing is looked at, or its columns did not resolve.
    pub(super) fn of(register: &Register, id: ProjectionId) -> Option<Drift> {
        let source_id = Drift::source(register, id)?;
        let projection = &register.projections[id];
        let source = &register.tables[source_id];
        let [version, deleted_at, _] = PROJECTION_COLUMNS;
        let copy = CopySide {
            table: ObjectName::new("public", projection.name.as_str()),
            key: key(source, &projection.key, |column| column.name.as_str())?,
            compared: compared(source, &projection.columns, |column| column.name.as_str())?,
            deleted_at: Some(deleted_at.to_owned()),
            version: Some(version.to_owned()),
        };
        let own_name =
            |column: &ProjectedColumn| source.columns.get(column.source).map_or("", |own| own.name.as_str());
        let source_side = CopySide {
            table: ObjectName::new(source.sql_schema(), source.sql_name()),
            key: key(source, &projection.key, own_name)?,
            compared: compared(source, &projection.columns, own_name)?,
            deleted_at: source
                .soft_delete
                .as_ref()
                .map(|column| source.columns[column.value].name.value.clone()),
            version: source.topic.is_some().then(|| ROW_VERSION_COLUMN.to_owned()),
        };
        Some(Drift {
            copy_name: projection.name.value.clone(),
            owner_name: register.table_path(source_id),
            owner: source.service,
            copy,
            source: source_side,
        })
    }

    /// Whether the two sides may order keys differently, so that they have to be asked.
    pub fn depends_on_collation(&self) -> bool {
        !self.copy.key.collated().is_empty()
    }
}

fn key<'a>(
    source: &'a Table,
    columns: &'a [ProjectedColumn],
    name: impl Fn(&'a ProjectedColumn) -> &'a str,
) -> Option<Key> {
    let column = |projected: &'a ProjectedColumn| {
        Some(KeyColumn::new(name(projected), &source.columns.get(projected.source)?.data_type.value))
    };
    Key::new(columns.iter().map(column).collect::<Option<Vec<_>>>()?)
}

fn compared<'a>(
    source: &'a Table,
    columns: &'a [ProjectedColumn],
    name: impl Fn(&'a ProjectedColumn) -> &'a str,
) -> Option<Vec<(String, Form)>> {
    let column = |projected: &'a ProjectedColumn| {
        let data_type = &source.columns.get(projected.source)?.data_type.value;
        Some((name(projected).to_owned(), Form::of(data_type)))
    };
    columns.iter().map(column).collect()
}

impl CopySide {
    /// Everything that this side is asked, in the order in which it is asked.
    pub fn queries(&self) -> Vec<Query> {
        vec![
            key_order(&self.table, &self.key),
            key_bounds(&self.table, &self.key, &self.is_live()),
            self.chunk_digest(),
            self.chunk_rows(),
            self.look_at_keys(),
        ]
    }

    /// The columns that the queries read.
    pub(super) fn columns_read(&self) -> impl Iterator<Item = &str> {
        let compared = self.compared.iter().map(|(name, _)| name.as_str());
        self.key.names().chain(compared).chain(self.deleted_at.as_deref()).chain(self.version.as_deref())
    }

    /// A deleted row counts as none.
    fn is_live(&self) -> Vec<String> {
        self.deleted_at.iter().map(|column| format!("{} IS NULL", qualified(None, column))).collect()
    }

    fn chunk_digest(&self) -> Query {
        let text = format!(
            "SELECT count(*), coalesce(sum(digest), 0)
FROM (
    SELECT CASE $3
        WHEN 'record' THEN {}::numeric
        ELSE {}::bit(64)::bigint::numeric
    END AS digest
    FROM {}{}
) AS chunk",
            self.record_hash("        "),
            self.text_hash("        "),
            QualifiedName::from(&self.table),
            where_all(&self.in_chunk("        "), "    "),
        );
        Query {
            name: "chunk_digest",
            purpose: "How many rows a chunk has, and the sum of their digests.",
            parameters: vec![LOWER, UPPER, DIGEST, ORDER],
            text,
        }
    }

    fn chunk_rows(&self) -> Query {
        let text = format!(
            "SELECT
    {},
    CASE $3
        WHEN 'record' THEN {}::text
        ELSE {}::bit(64)::bigint::text
    END
FROM {}{}",
            self.key.travelling(&self.key.columns(None)),
            self.record_hash("        "),
            self.text_hash("        "),
            QualifiedName::from(&self.table),
            where_all(&self.in_chunk("    "), ""),
        );
        Query {
            name: "chunk_rows",
            purpose: "The keys of the rows of a chunk, each with the digest of its row.",
            parameters: vec![LOWER, UPPER, DIGEST, ORDER],
            text,
        }
    }

    fn in_chunk(&self, indent: &str) -> Vec<String> {
        let range = Range { lower: "$1", upper: "$2", order: Some("$4") };
        self.is_live().into_iter().chain(self.key.within(range, indent)).collect()
    }

    /// The columns of the digest of a row: its key, then what is compared.
    fn record_hash(&self, indent: &str) -> String {
        let columns = self.digested().map(|(name, form)| form.hashed(&qualified(None, name)));
        format!("hash_record_extended({}, 0)", record(columns, indent))
    }

    fn text_hash(&self, indent: &str) -> String {
        let columns = self.digested().map(|(name, form)| form.canonical(&qualified(None, name)));
        format!("('x' || {})", first_bytes_of_sha256(&record(columns, indent)))
    }

    fn digested(&self) -> impl Iterator<Item = (&str, &Form)> {
        self.key.forms().chain(self.compared.iter().map(|(name, form)| (name.as_str(), form)))
    }

    fn look_at_keys(&self) -> Query {
        let column = |name: &str| qualified(Some("found"), name);
        let digest = |of: &dyn Fn(&str, &Form) -> String| {
            let digests: Vec<String> =
                self.compared.iter().map(|(name, form)| of(&column(name), form)).collect();
            format!("array_to_string(ARRAY[{}]::text[], ',')", list(&digests, "            "))
        };
        let hashes = digest(&|name, form| format!("hash_record_extended(ROW({}), 0)", form.hashed(name)));
        let texts = digest(&|name, form| first_bytes_of_sha256(&format!("ROW({})", form.canonical(name))));
        let is_absent = format!("{} IS NULL", column(self.key.names().next().unwrap_or_default()));
        let is_deleted = self
            .deleted_at
            .as_deref()
            .map_or_else(|| "false".to_owned(), |deleted_at| format!("{} IS NOT NULL", column(deleted_at)));
        let version = self.version.as_deref().map_or_else(|| "0".to_owned(), column);
        let text = format!(
            "SELECT
    given.key,
    convert_from(decode(given.key, 'hex'), 'UTF8'),
    CASE WHEN {is_absent} THEN 'absent' WHEN {is_deleted} THEN 'deleted' ELSE 'live' END,
    {version},
    CASE WHEN $2 = 'record'
        THEN {hashes}
        ELSE {texts}
    END
FROM unnest(string_to_array($1, ',')) WITH ORDINALITY AS given (key, number)
LEFT JOIN {} AS found
    ON {}
ORDER BY given.number",
            QualifiedName::from(&self.table),
            self.key.equals(Some("found"), "given.key").join("\n    AND "),
        );
        Query {
            name: "look_at_keys",
            purpose: "How a row stands for each of some keys, in their order: whether it lives, its version, and the \
                      digests of the compared columns.",
            parameters: vec![KEYS, DIGEST],
            text,
        }
    }
}

/// 64 bits of the SHA-256 of a record's text, in hexadecimal digits. The text of a record tells NULL from an empty text,
/// and where columns end.
fn first_bytes_of_sha256(record: &str) -> String {
    format!("encode(substr(sha256(convert_to({record}::text, 'UTF8')), 1, 8), 'hex')")
}

fn record(columns: impl Iterator<Item = String>, indent: &str) -> String {
    format!("ROW({})", list(&columns.collect::<Vec<_>>(), indent))
}
