//! The owner's side of filling read copies: the service of Protobuf that gives all rows of a table, page by page.

use super::producer::table_in_sql;
use super::row_values::{ALIAS, FieldView, Used, key_type, qualified};
use super::{Context, rust};
use crate::semantic::model::{ROW_VERSION_COLUMN, Service, Table};
use crate::templates::{Quoted, RustPath, RustString, TemplateError};
use crate::wire::{Form, SnapshotOnWire};
use serde::Serialize;

#[derive(Serialize)]
struct View {
    server: RustPath,
    name: RustPath,
    title: RustString,
    from_row: Quoted,
    methods: Vec<MethodView>,
}

#[derive(Serialize)]
struct MethodView {
    function: RustPath,
    request: RustPath,
    response: RustPath,
    row: RustPath,
    size_field: RustPath,
    token_field: RustPath,
    rows_field: RustPath,
    next_field: RustPath,
    page_size: u32,
    parts: usize,
    key: Quoted,
    keys: Vec<Quoted>,
    first: RustString,
    next: RustString,
    fields: Vec<FieldView>,
}

/// The file of a service whose tables others copy.
///
/// # Errors
/// A template that was overridden does not fit.
pub(super) fn file(context: Context<'_>, service: &Service) -> Result<Option<String>, TemplateError> {
    let mut used = Used::default();
    let copied = service.tables.iter().filter_map(|id| Some((*id, context.wire.snapshots.get(id)?)));
    let copied: Vec<_> = copied.collect();
    let Some((_, first)) = copied.first() else { return Ok(None) };
    let server = &first.method.service;
    let methods = copied
        .iter()
        .filter_map(|(id, on_wire)| method(context, &context.register.tables[*id], on_wire, &mut used));
    let methods: Vec<MethodView> = methods.collect();
    let view = View {
        server: rust::server(server),
        name: rust::variant(&server.name),
        title: RustString::new(&server.full()),
        from_row: Quoted::already(used.imports(Some("RowError"))),
        methods,
    };
    context.templates.render("consumers/producer/snapshots.rs", &view).map(Some)
}

fn method(
    context: Context<'_>,
    table: &Table,
    on_wire: &SnapshotOnWire,
    used: &mut Used,
) -> Option<MethodView> {
    let SnapshotOnWire { method, columns, row_fields, identifying, .. } = on_wire;
    let (size, token) = (method.request_fields.first()?, method.request_fields.get(1)?);
    let (rows, next) = (method.response_fields.first()?, method.response_fields.get(1)?);
    let identity = columns.get(..*identifying)?;
    let mut selected: Vec<String> = identity
        .iter()
        .map(|number| {
            let column = &table.columns[*number];
            Form::of(&column.data_type.value).to_key(&qualified(column.name.as_str()))
        })
        .collect();
    let mut fields: Vec<FieldView> = Vec::new();
    let version = row_fields.get(*identifying)?;
    let without_version = row_fields.iter().enumerate().filter(|(place, _)| place != identifying);
    for (column, (_, field)) in columns.iter().zip(without_version) {
        let column = &table.columns[*column];
        let column_type = &column.data_type.value;
        fields.push(context.field_of_row(column_type, field, selected.len(), used));
        selected.push(context.selected(column_type, column.name.as_str()));
    }
    let place = selected.len();
    fields.push(FieldView {
        name: rust::field(&version.name),
        value: Quoted::already(format!("row.try_get({place})?")),
    });
    selected.push(qualified(ROW_VERSION_COLUMN));
    let query = |behind: Option<String>| query(table, identity, &selected, behind);
    let names: Vec<String> =
        identity.iter().map(|number| qualified(table.columns[*number].name.as_str())).collect();
    let parameters = identity.iter().enumerate().map(|(place, number)| {
        let column_type = &table.columns[*number].data_type.value;
        Form::of(column_type).from_key(&format!("${}", place + 2), &key_type(context.register, column_type))
    });
    let behind = format!("({}) > ({})", names.join(", "), parameters.collect::<Vec<_>>().join(", "));
    let keys: Vec<String> = (0..identity.len()).map(|place| format!("key_{place}")).collect();
    Some(MethodView {
        function: rust::field(&method.name),
        request: rust::message(&method.request),
        response: rust::message(&method.response),
        row: rust::message(&on_wire.row),
        size_field: rust::field(&size.name),
        token_field: rust::field(&token.name),
        rows_field: rust::field(&rows.name),
        next_field: rust::field(&next.name),
        page_size: on_wire.page_size,
        parts: identity.len(),
        key: Quoted::already(keys.join(", ")),
        keys: keys.into_iter().map(Quoted::already).collect(),
        first: RustString::with_lines(&query(None)),
        next: RustString::with_lines(&query(Some(behind))),
        fields,
    })
}

fn query(table: &Table, identity: &[usize], selected: &[String], behind: Option<String>) -> String {
    let mark = table.soft_delete.as_ref().and_then(|mark| table.columns.get(mark.value));
    let is_live = mark.map(|mark| format!("{} IS NULL", qualified(mark.name.as_str())));
    let conditions: Vec<String> = is_live.into_iter().chain(behind).collect();
    let conditions = match conditions.as_slice() {
        [] => String::new(),
        conditions => format!("\nWHERE {}", conditions.join(" AND ")),
    };
    let order: Vec<String> =
        identity.iter().map(|number| qualified(table.columns[*number].name.as_str())).collect();
    format!(
        "SELECT {}\nFROM {} AS {ALIAS}{conditions}\nORDER BY {}\nLIMIT $1",
        selected.join(",\n    "),
        table_in_sql(table),
        order.join(", ")
    )
}
