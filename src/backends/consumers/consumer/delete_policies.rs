//! Delete policies: what happens to rows once the row of another service is gone that they refer to.

use super::binding::{Labels, bound, field_of};
use super::told::{IdView, Told, told};
use super::{Maker, Names, identifier, without_modifiers};
use crate::lowering::own_type;
use crate::semantic::model::{ColumnType, EventId, OnDelete, Reference, ReferenceId, Table, column_indices};
use crate::sql::{QualifiedName, TypeFamily};
use crate::templates::{MarkdownCode, Quoted, RustPath, RustString};
use crate::wire::Form;
use serde::Serialize;
use std::collections::BTreeMap;

/// What is said of a policy.
#[derive(Serialize)]
pub(super) struct PolicyView {
    doc: Quoted,
    name: RustPath,
    query: RustString,
    arguments: Vec<ArgumentView>,
    /// Whether a step changes a bounded number of rows.
    pub is_limited: bool,
    /// Whether events tell of what it does.
    pub is_told: bool,
    told: Vec<RustPath>,
    ids: Vec<IdView>,
    has_mark: bool,
    mark_place: usize,
    /// What removes a row that was told of; empty where that has happened.
    removal: RustString,
    has_removal: bool,
}

#[derive(Serialize)]
struct ArgumentView {
    name: RustPath,
    kind: Quoted,
}

/// A call of a policy's function, for an event.
#[derive(Serialize)]
pub(super) struct CallView {
    function: RustPath,
    /// Its arguments, of an event that is called `event`.
    pub values: Vec<Quoted>,
    /// Whether it publishes events, which then are of the same trace.
    is_told: bool,
}

/// The policies of a service, and how each is called.
pub(super) fn policies(
    maker: &Maker<'_>,
    references: &BTreeMap<ReferenceId, EventId>,
    labels: &mut Labels,
) -> (Vec<PolicyView>, BTreeMap<ReferenceId, CallView>) {
    let (mut names, mut calls) = (Names::default(), BTreeMap::new());
    let views = references.iter().filter_map(|(id, event)| {
        let reference = &maker.register.references[*id];
        let (view, call) = policy(maker, reference, *event, &mut names, labels)?;
        calls.insert(*id, call);
        Some(view)
    });
    let views = views.collect();
    (views, calls)
}

fn policy(
    maker: &Maker<'_>,
    reference: &Reference,
    event: EventId,
    names: &mut Names,
    labels: &mut Labels,
) -> Option<(PolicyView, CallView)> {
    let (register, on_wire) = (maker.register, maker.context.wire.events.get(&event)?);
    let (target, columns) = (reference.target?, register.reference_target(reference)?);
    let (table, owner) = (&register.tables[reference.table], &register.tables[target]);
    let own: Vec<&str> =
        reference.columns.iter().map(|column| table.columns[column.value].name.as_str()).collect();
    let name = format!("{}_{}", table.name.value, own.join("_"));
    // A column that points at several tables is told apart by the table.
    let twins = table.references.iter().filter(|id| {
        column_indices(&register.references[**id].columns) == column_indices(&reference.columns)
    });
    let name = match twins.count() {
        0 | 1 => name,
        _ => format!("{name}_to_{}_{}", register.services[owner.service].name.value, owner.name.value),
    };
    let name = RustPath::new(&names.take(&name));
    let mut taken = Names::default();
    let (mut arguments, mut values) = (Vec::new(), Vec::new());
    for column in &columns {
        let bound =
            bound("event", owner, *column, field_of(on_wire, *column)?, labels, |id| maker.enum_name(id));
        let name = RustPath::new(&taken.take(owner.columns[*column].name.as_str()));
        arguments.push(ArgumentView { name, kind: Quoted::already(bound.kind) });
        values.push(bound.expression);
    }
    let code = |text: &str| MarkdownCode::new(text).as_str().to_owned();
    let condition = reference.when.as_ref().map(|when| format!(" where {}", code(when.as_str())));
    let own: Vec<String> = own.into_iter().map(code).collect();
    let what = match reference.on_delete.value {
        OnDelete::Delete => "deleted".to_owned(),
        OnDelete::SoftDelete => "marked as deleted".to_owned(),
        OnDelete::Nullify | OnDelete::Keep => format!("left with {} = NULL", own.join(", ")),
    };
    let doc = format!(
        "Rows of {} whose {} refers to a row of {}{} are {what}.",
        code(table.name.as_str()),
        own.join(", "),
        code(&register.table_path(target)),
        condition.unwrap_or_default()
    );
    let told = told(maker, reference, table);
    let (query, is_limited) = statement(maker, reference, table, &columns, told.as_ref())?;
    let removal = told.as_ref().filter(|_| reference.on_delete.value == OnDelete::Delete).map(|told| {
        let name = QualifiedName::new(table.sql_schema(), table.sql_name());
        format!("DELETE FROM {name} WHERE {}", told.row)
    });
    let is_told = told.is_some();
    let has_mark = told.as_ref().is_some_and(|told| told.has_mark);
    let (told, ids) = told.map_or_else(Default::default, |told| (told.functions, told.ids));
    let view = PolicyView {
        doc: Quoted::already(doc),
        name: name.clone(),
        query: RustString::with_lines(&query),
        arguments,
        is_limited,
        is_told,
        told,
        mark_place: ids.len(),
        ids,
        has_mark,
        has_removal: removal.is_some(),
        removal: RustString::new(&removal.unwrap_or_default()),
    };
    Some((view, CallView { function: name, values, is_told }))
}

/// The statement of one step, and whether it takes as its last parameter how many rows it may change.
fn statement(
    maker: &Maker<'_>,
    reference: &Reference,
    table: &Table,
    target: &[usize],
    told: Option<&Told>,
) -> Option<(String, bool)> {
    let owner = &maker.register.tables[reference.target?];
    let named = |column: usize| identifier(table.columns[column].name.as_str());
    let columns: Vec<String> = reference.columns.iter().map(|column| named(column.value)).collect();
    let own = |column: usize| &table.columns[column].data_type.value;
    let parameters = reference.columns.iter().zip(target).enumerate().map(|(place, (column, target))| {
        let form = Form::of(&owner.columns[*target].data_type.value);
        form.from_wire(
            &format!("${}", place + 1),
            &without_modifiers(&own_type(maker.register, own(column.value)), own(column.value)),
        )
    });
    let mut conditions: Vec<String> =
        columns.iter().zip(parameters).map(|(column, parameter)| format!("{column} = {parameter}")).collect();
    conditions.extend(reference.when.as_ref().map(|when| format!("({})", when.value)));
    let name = QualifiedName::new(table.sql_schema(), table.sql_name()).to_string();
    let change = match reference.on_delete.value {
        OnDelete::Delete => format!("DELETE FROM {name}"),
        OnDelete::SoftDelete => {
            let column = named(table.soft_delete.as_ref()?.value);
            conditions.push(format!("{column} IS NULL"));
            format!("UPDATE {name} SET {column} = {}", deletion_mark(table)?)
        }
        OnDelete::Nullify => {
            let assignments: Vec<String> = columns.iter().map(|column| format!("{column} = NULL")).collect();
            format!("UPDATE {name} SET {}", assignments.join(", "))
        }
        OnDelete::Keep => return None,
    };
    let conditions = conditions.join(" AND ");
    // What is to be removed is told of first, while it is there.
    if let (OnDelete::Delete, Some(told)) = (reference.on_delete.value, told) {
        let text = format!(
            "\n        SELECT {} FROM {name}\n        WHERE {conditions}\n        LIMIT ${}\n        FOR UPDATE\n    ",
            told.list,
            columns.len() + 1
        );
        return Some((text, true));
    }
    let returning = told.map(|told| format!("        RETURNING {}\n", told.list)).unwrap_or_default();
    let key: Vec<String> = table.primary_key_columns().into_iter().map(named).collect();
    // Without a key no part of the rows can be told from the rest.
    if key.is_empty() {
        return Some((format!("\n        {change}\n        WHERE {conditions}\n{returning}    "), false));
    }
    let row = if key.len() == 1 { key[0].clone() } else { format!("({})", key.join(", ")) };
    let text = format!(
        "\n        {change}\n        WHERE {row} IN (\n            SELECT {} FROM {name}\n            WHERE {conditions}\n            \
         LIMIT ${}\n            FOR UPDATE\n        )\n{returning}    ",
        key.join(", "),
        columns.len() + 1
    );
    Some((text, true))
}

/// Whether a row is not marked as deleted, as SQL.
pub(super) fn is_live(table: &Table, mark: usize) -> String {
    let name = identifier(table.columns[mark].name.as_str());
    match deletion_mark(table) {
        Some("true") => format!("{name} IS NOT TRUE"),
        _ => format!("{name} IS NULL"),
    }
}

/// What a row is marked with: the time, or true where the column holds no time.
fn deletion_mark(table: &Table) -> Option<&'static str> {
    let column = &table.columns[table.soft_delete.as_ref()?.value];
    match &column.data_type.value {
        ColumnType::Builtin(data_type) if data_type.family() == TypeFamily::Boolean => Some("true"),
        _ => Some("now()"),
    }
}
