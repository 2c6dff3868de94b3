//! Read copies: the statements that keep them, and a function for each event that brings a change.

use super::super::rust;
use super::binding::{Labels, bound, field_of, uses_labels};
use super::{Maker, Names, identifier, without_modifiers};
use crate::lowering::copied_type;
use crate::semantic::model::{
    ColumnIndex, EventId, EventTrigger, PROJECTION_COLUMNS, ProjectedColumn, Projection, ProjectionId,
};
use crate::templates::{MarkdownCode, Quoted, RustPath, RustString};
use crate::wire::{EventOnWire, Form};
use heck::ToShoutySnakeCase;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is said of a read copy.
#[derive(Serialize)]
pub(super) struct CopyView {
    doc: MarkdownCode,
    source: MarkdownCode,
    name: RustPath,
    replace: RustString,
    bury_name: RustPath,
    bury: RustString,
    has_bury: bool,
    functions: Vec<FunctionView>,
}

impl CopyView {
    /// Whether values of enums are written.
    pub fn uses_labels(&self) -> bool {
        let mut values = self.functions.iter().flat_map(|function| &function.values);
        values.any(uses_labels)
    }
}

#[derive(Serialize)]
struct FunctionView {
    name: RustPath,
    event_doc: MarkdownCode,
    event: RustPath,
    statement: RustPath,
    values: Vec<Quoted>,
    is_deletion: bool,
}

/// The functions that apply events to read copies.
pub(super) type Functions = BTreeMap<(ProjectionId, EventId), RustPath>;

/// The read copies of a service, and the functions that apply events to them.
pub(super) fn copies(
    maker: &Maker<'_>,
    events: &BTreeMap<ProjectionId, Vec<EventId>>,
    labels: &mut Labels,
) -> (Vec<CopyView>, Functions) {
    let (mut names, mut functions) = (Names::default(), Functions::new());
    let views = events.iter().filter_map(|(id, events)| {
        let copy = &maker.register.projections[*id];
        let source = copy.source?;
        let name = |names: &mut Names, verb: &str| {
            RustPath::new(&names.take(&format!("{verb}_{}", copy.name.value)).to_shouty_snake_case())
        };
        let (replace_name, bury_name) = (name(&mut names, "replace"), name(&mut names, "bury"));
        let mut has_bury = false;
        let mut bury = String::new();
        let views = events.iter().filter_map(|event| {
            let on_wire = maker.context.wire.events.get(event)?;
            let declared = &maker.register.events[*event];
            let is_deletion = declared.trigger == Some(EventTrigger::Deleted);
            let columns = carried(copy, on_wire);
            if is_deletion {
                has_bury = true;
                bury = statement(maker, copy, &columns, Comparison::Deletion);
            }
            let name = format!("{}_on_{}", copy.name.value, on_wire.message.name);
            let name = RustPath::new(&names.take(&name));
            functions.insert((*id, *event), name.clone());
            Some(FunctionView {
                name,
                event_doc: maker.event_doc(*event),
                event: rust::message(&on_wire.message),
                statement: if is_deletion { bury_name.clone() } else { replace_name.clone() },
                values: values(maker, copy, &columns, on_wire, labels),
                is_deletion,
            })
        });
        let functions = views.collect();
        let all: Vec<&ProjectedColumn> = copy.key.iter().chain(&copy.columns).collect();
        Some(CopyView {
            doc: MarkdownCode::new(copy.name.as_str()),
            source: MarkdownCode::new(&maker.register.table_path(source)),
            name: replace_name,
            replace: RustString::with_lines(&statement(maker, copy, &all, Comparison::Older)),
            bury_name,
            bury: RustString::with_lines(&bury),
            has_bury,
            functions,
        })
    });
    let views = views.collect();
    (views, functions)
}

/// The columns of a copy that an event carries: of the key all.
fn carried<'a>(copy: &'a Projection, event: &EventOnWire) -> Vec<&'a ProjectedColumn> {
    let columns = copy.key.iter().chain(&copy.columns);
    columns.filter(|column| field_of(event, column.source).is_some()).collect()
}

fn values(
    maker: &Maker<'_>,
    copy: &Projection,
    columns: &[&ProjectedColumn],
    event: &EventOnWire,
    labels: &mut Labels,
) -> Vec<Quoted> {
    let Some(source) = copy.source.map(|source| &maker.register.tables[source]) else { return Vec::new() };
    let value = |column: &&ProjectedColumn| {
        let field = field_of(event, column.source)?;
        Some(bound("event", source, column.source, field, labels, |id| maker.enum_name(id)).expression)
    };
    columns.iter().filter_map(value).collect()
}

/// What of a copy gives way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    /// A row that is older.
    Older,
    /// The same, to a tombstone.
    Deletion,
    /// A row that is no newer: what the owner gives mends one that came apart from it.
    NotOlder,
}

/// Writes a row unless what is there is to stay. The parameters are the given columns, then the version, and the time of the
/// deletion where it is one; all other columns become NULL then.
pub(super) fn statement(
    maker: &Maker<'_>,
    copy: &Projection,
    columns: &[&ProjectedColumn],
    comparison: Comparison,
) -> String {
    let is_deletion = comparison == Comparison::Deletion;
    let older = if comparison == Comparison::NotOlder { "<=" } else { "<" };
    let Some(source) = copy.source.map(|source| &maker.register.tables[source]) else { return String::new() };
    let [version, deleted_at, synced_at] = PROJECTION_COLUMNS.map(identifier);
    let column_type = |column: ColumnIndex| {
        let column_type = &source.columns[column].data_type.value;
        without_modifiers(&copied_type(maker.register, maker.service, column_type), column_type)
    };
    let mut names: Vec<String> = columns.iter().map(|column| identifier(column.name.as_str())).collect();
    let mut parameters: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(place, column)| {
            let form = Form::of(&source.columns[column.source].data_type.value);
            form.from_wire(&format!("${}", place + 1), &column_type(column.source))
        })
        .collect();
    let next = columns.len() + 1;
    names.extend([version.clone(), deleted_at.clone(), synced_at.clone()]);
    parameters.extend([
        format!("${next}"),
        match is_deletion {
            true => format!("'epoch'::timestamptz + ${}::bigint * interval '1 microsecond'", next + 1),
            false => "NULL".to_owned(),
        },
        "now()".to_owned(),
    ]);
    let key: Vec<String> = copy.key.iter().map(|column| identifier(column.name.as_str())).collect();
    let kept =
        names.iter().filter(|name| !key.contains(name)).map(|name| format!("{name} = excluded.{name}"));
    let gone = copy.columns.iter().map(|column| identifier(column.name.as_str()));
    let gone = gone.filter(|name| !names.contains(name)).map(|name| format!("{name} = NULL"));
    let assignments: Vec<String> = kept.chain(gone).collect();
    format!(
        "\n    INSERT INTO {} AS copy (\n        {}\n    ) VALUES (\n        {}\n    )\n    ON CONFLICT ({}) DO UPDATE SET\n        \
         {}\n    WHERE copy.{version} {older} excluded.{version}\n",
        identifier(copy.name.as_str()),
        names.join(", "),
        parameters.join(", "),
        key.join(", "),
        assignments.join(",\n        "),
    )
}

/// Whether a row has the key that the first parameters are.
pub(super) fn key_condition(maker: &Maker<'_>, copy: &Projection) -> String {
    let Some(source) = copy.source.map(|source| &maker.register.tables[source]) else { return String::new() };
    let conditions = copy.key.iter().enumerate().map(|(place, column)| {
        let data_type = &source.columns[column.source].data_type.value;
        let column_type = copied_type(maker.register, maker.service, data_type);
        let value = Form::of(data_type).from_wire(&format!("${}", place + 1), &column_type);
        format!("{} = {value}", identifier(column.name.as_str()))
    });
    conditions.collect::<Vec<_>>().join(" AND ")
}
