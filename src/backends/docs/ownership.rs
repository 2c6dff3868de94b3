//! Who owns which data: a line for every table, read copy and store, with what its rows refer to elsewhere.

use super::{codes, services_by_name};
use crate::semantic::Register;
use crate::semantic::model::{
    Located, OnDelete, Projection, Reference, Service, Store, StoreKind, Table, Verify,
};
use crate::templates::{MarkdownCode, MarkdownText};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct View {
    has_rows: bool,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    service: MarkdownCode,
    store: MarkdownText,
    store_name: MarkdownCode,
    owned: Vec<MarkdownCode>,
    kind: MarkdownText,
    summary: MarkdownText,
    references: Vec<ReferenceView>,
}

#[derive(Serialize)]
struct ReferenceView {
    columns: Vec<MarkdownCode>,
    target: MarkdownCode,
    on_delete: MarkdownText,
    verify: MarkdownText,
}

pub(super) fn view(register: &Register) -> View {
    let mut rows = Vec::new();
    for (_, service) in services_by_name(register) {
        rows.extend(service_rows(register, service));
    }
    View { has_rows: !rows.is_empty(), rows }
}

fn service_rows(register: &Register, service: &Service) -> Vec<Row> {
    let database = service.database.as_ref().map_or("", |database| database.name.as_str());
    let mut tables: Vec<&Table> = service.tables.iter().map(|id| &register.tables[*id]).collect();
    tables.sort_by_key(|table| table.name.as_str());
    let mut copies: Vec<&Projection> =
        service.projections.iter().map(|id| &register.projections[*id]).collect();
    copies.sort_by_key(|copy| copy.name.as_str());
    let tables = tables.into_iter().map(|table| table_row(register, service, database, table));
    let copies = copies.into_iter().map(|copy| copy_row(register, service, database, copy));
    let stores = service.stores.iter().map(|store| store_row(service, store));
    tables.chain(copies).chain(stores).collect()
}

fn table_row(register: &Register, service: &Service, database: &str, table: &Table) -> Row {
    Row {
        service: MarkdownCode::new(service.name.as_str()),
        store: MarkdownText::new("PostgreSQL"),
        store_name: MarkdownCode::new(database),
        owned: codes([table.name.as_str()]),
        kind: MarkdownText::new("table"),
        summary: MarkdownText::new(table.summary.as_ref().map_or("", Located::as_str)),
        references: table
            .references
            .iter()
            .map(|id| reference_view(register, table, &register.references[*id]))
            .collect(),
    }
}

fn reference_view(register: &Register, table: &Table, reference: &Reference) -> ReferenceView {
    let columns = reference.columns.iter().filter_map(|column| table.columns.get(column.value));
    let target = reference.target.map(|target| &register.tables[target]);
    let path = target.map(|target| {
        let service = register.services[target.service].name.as_str();
        let column = reference.target_column.as_ref().and_then(|column| target.columns.get(column.value));
        let column = column.map(|column| format!(".{}", column.name.as_str())).unwrap_or_default();
        format!("{service}.{}{column}", target.name.as_str())
    });
    ReferenceView {
        columns: codes(columns.map(|column| column.name.as_str())),
        target: MarkdownCode::new(&path.unwrap_or_default()),
        on_delete: MarkdownText::new(match reference.on_delete.value {
            OnDelete::Delete => "deleted with it",
            OnDelete::SoftDelete => "marked as deleted with it",
            OnDelete::Nullify => "set to NULL with it",
            OnDelete::Keep => "kept without it",
        }),
        verify: MarkdownText::new(match reference.verify.value {
            Verify::Projection => "checked against the read copy",
            Verify::Rpc => "checked with the owner",
            Verify::None => "not checked",
        }),
    }
}

fn copy_row(register: &Register, service: &Service, database: &str, copy: &Projection) -> Row {
    let source = copy.source.map(|source| {
        let table = &register.tables[source];
        format!("{}.{}", register.services[table.service].name.as_str(), table.name.as_str())
    });
    Row {
        service: MarkdownCode::new(service.name.as_str()),
        store: MarkdownText::new("PostgreSQL"),
        store_name: MarkdownCode::new(database),
        owned: codes([copy.name.as_str()]),
        kind: MarkdownText::new(&format!("read copy of {}", source.unwrap_or_default())),
        summary: MarkdownText::new(copy.summary.as_ref().map_or("", Located::as_str)),
        references: Vec::new(),
    }
}

fn store_row(service: &Service, store: &Store) -> Row {
    Row {
        service: MarkdownCode::new(service.name.as_str()),
        store: MarkdownText::new(match store.kind {
            StoreKind::Redis => "Redis",
            StoreKind::Neo4j => "Neo4j",
            StoreKind::ClickHouse => "ClickHouse",
            StoreKind::OpenSearch => "OpenSearch",
            StoreKind::S3 => "S3",
        }),
        store_name: MarkdownCode::new(store.name.as_str()),
        owned: codes(store.holds.iter().map(Located::as_str)),
        kind: MarkdownText::new("not migrated"),
        summary: MarkdownText::new(""),
        references: Vec::new(),
    }
}
