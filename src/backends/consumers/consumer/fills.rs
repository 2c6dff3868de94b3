//! How read copies are filled from their owners.

use super::super::rust;
use super::binding::{Labels, bound};
use super::projections::{Comparison, key_condition, statement};
use super::{Maker, Names, identifier};
use crate::names::variable;
use crate::semantic::model::{PROJECTION_COLUMNS, ProjectedColumn, Projection, ProjectionId};
use crate::templates::{MarkdownCode, Quoted, RustPath, RustString};
use crate::wire::{Field, SnapshotOnWire};
use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use serde::Serialize;
use std::collections::BTreeSet;

/// The read copies of a service.
#[derive(Serialize)]
pub(super) struct FillsView {
    uses_labels: bool,
    clients: BTreeSet<RustPath>,
    pub copies: Vec<FillView>,
}

/// What is said of filling a read copy.
#[derive(Serialize)]
pub(super) struct FillView {
    doc: MarkdownCode,
    source: MarkdownCode,
    pub name: RustPath,
    client: RustPath,
    variable: RustString,
    table: RustString,
    row: RustPath,
    request: RustPath,
    method: RustPath,
    page_size: u32,
    timeout_ms: u32,
    write_name: RustPath,
    write: RustString,
    see_name: RustPath,
    see: RustString,
    bury_name: RustPath,
    bury: RustString,
    values: Vec<Quoted>,
    keys: Vec<Quoted>,
    version: Quoted,
}

/// How the read copies of a service are filled.
pub(super) fn fills(maker: &Maker<'_>, labels: &mut Labels) -> FillsView {
    let (mut names, mut clients) = (Names::default(), BTreeSet::new());
    let copies = maker.service.projections.iter().filter_map(|id| {
        let copy = &maker.register.projections[*id];
        let snapshot = maker.context.wire.snapshots.get(&copy.source?)?;
        clients.insert(rust::client(&snapshot.method.service));
        fill(maker, *id, snapshot, &mut names, labels)
    });
    let copies: Vec<FillView> = copies.collect();
    let values = copies.iter().flat_map(|copy| &copy.values);
    let uses_labels = values.into_iter().any(|value| value.as_str().contains("labels::"));
    FillsView { uses_labels, clients, copies }
}

fn fill(
    maker: &Maker<'_>,
    id: ProjectionId,
    snapshot: &SnapshotOnWire,
    names: &mut Names,
    labels: &mut Labels,
) -> Option<FillView> {
    let copy = &maker.register.projections[id];
    let source = copy.source?;
    let owner = &maker.register.services[maker.register.tables[source].service];
    let name = names.take(copy.name.as_str());
    let constant = |verb: &str| RustPath::new(&format!("{verb}_{}", name.to_shouty_snake_case()));
    let columns: Vec<&ProjectedColumn> = copy.key.iter().chain(&copy.columns).collect();
    let mut value = |column: &&ProjectedColumn| {
        let field = field_of(snapshot, column)?;
        let table = &maker.register.tables[source];
        Some(bound("row", table, column.source, field, labels, |id| maker.enum_name(id)).expression)
    };
    let values: Vec<Quoted> = columns.iter().filter_map(&mut value).collect();
    let keys = values.iter().take(copy.key.len()).cloned().collect();
    let version = snapshot.row_fields.get(snapshot.identifying)?;
    let variable = variable::address_of(owner.name.as_str());
    let is_raw = |name: &RustPath| name.as_str().starts_with("r#");
    let method = rust::field(&snapshot.method.name);
    Some(FillView {
        doc: MarkdownCode::new(copy.name.as_str()),
        source: MarkdownCode::new(&maker.register.table_path(source)),
        name: Some(RustPath::new(&name.to_upper_camel_case())).filter(|name| !is_raw(name))?,
        client: rust::client_name(&snapshot.method.service),
        variable: RustString::new(&variable),
        table: RustString::new(copy.name.as_str()),
        row: rust::message(&snapshot.row),
        request: rust::message(&snapshot.method.request),
        method,
        page_size: snapshot.page_size,
        timeout_ms: snapshot.method.timeout_ms,
        write_name: constant("WRITE"),
        write: RustString::with_lines(&statement(maker, copy, &columns, Comparison::NotOlder)),
        see_name: constant("SEE"),
        see: RustString::with_lines(&see(maker, copy)),
        bury_name: constant("BURY"),
        bury: RustString::with_lines(&bury(copy)),
        values,
        keys,
        version: Quoted::already(format!("row.{}", rust::field(&version.name).as_str())),
    })
}

/// The field of a row that holds a column: the version stands behind what identifies it.
fn field_of<'a>(snapshot: &'a SnapshotOnWire, column: &ProjectedColumn) -> Option<&'a Field> {
    let place = snapshot.columns.iter().position(|held| *held == column.source)?;
    snapshot.row_fields.get(if place < snapshot.identifying { place } else { place + 1 })
}

fn see(maker: &Maker<'_>, copy: &Projection) -> String {
    let [_, _, synced_at] = PROJECTION_COLUMNS.map(identifier);
    format!(
        "\n    UPDATE {} SET {synced_at} = now()\n    WHERE {}\n",
        identifier(copy.name.as_str()),
        key_condition(maker, copy)
    )
}

fn bury(copy: &Projection) -> String {
    let [_, deleted_at, synced_at] = PROJECTION_COLUMNS.map(identifier);
    format!(
        "\n    UPDATE {} SET {deleted_at} = now(), {synced_at} = now()\n    WHERE {deleted_at} IS NULL AND {synced_at} < \
         'epoch'::timestamptz + $1::bigint * interval '1 microsecond'\n",
        identifier(copy.name.as_str()),
    )
}
