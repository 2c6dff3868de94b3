//! How a field of an event becomes a parameter of a statement.

use super::super::rust;
use super::Names;
use crate::semantic::model::{ColumnIndex, ColumnType, EnumId, Table};
use crate::templates::{Quoted, RustPath};
use crate::wire::{Carrier, EventOnWire, Field, Form, Presence};
use std::collections::BTreeMap;

/// A value that is bound to a parameter.
pub(super) struct Bound {
    /// The expression, of an event that is called `event`.
    pub expression: Quoted,
    /// Its type as an argument of a function.
    pub kind: &'static str,
}

/// The functions that give labels of enums.
#[derive(Default)]
pub(super) struct Labels {
    /// Which there are.
    pub functions: BTreeMap<EnumId, LabelFunction>,
    names: Names,
}

/// A function that gives the label of a value, and perhaps one that gives those of a list.
pub(super) struct LabelFunction {
    pub name: RustPath,
    pub list: Option<RustPath>,
}

impl Labels {
    /// The path of the function for a value, or a list of them.
    fn function(&mut self, id: EnumId, name: &str, is_list: bool) -> String {
        let names = &mut self.names;
        let function = self
            .functions
            .entry(id)
            .or_insert_with(|| LabelFunction { name: RustPath::new(&names.take(name)), list: None });
        let path = match is_list {
            true => function.list.get_or_insert_with(|| RustPath::new(&names.take(&format!("{name}_list")))),
            false => &function.name,
        };
        format!("labels::{}", path.as_str())
    }
}

/// Whether an expression asks for a label.
pub(super) fn uses_labels(expression: &Quoted) -> bool {
    expression.as_str().contains("labels::")
}

/// The field of an event that holds a column; none where the event does not carry it.
pub(super) fn field_of(event: &EventOnWire, column: ColumnIndex) -> Option<&Field> {
    let place = event.columns.iter().position(|carried| *carried == column)?;
    event.fields.get(place)
}

/// The value of a column of a message, which is called `of`, as a parameter.
pub(super) fn bound(
    of: &str,
    table: &Table,
    column: ColumnIndex,
    field: &Field,
    labels: &mut Labels,
    enum_name: impl Fn(EnumId) -> String,
) -> Bound {
    let data_type: &ColumnType = &table.columns[column].data_type.value;
    let form = Form::of(data_type);
    let path = format!("{of}.{}", rust::field(&field.name).as_str());
    let label = match data_type {
        ColumnType::Enum(id, _) => Some(labels.function(*id, &enum_name(*id), form.is_array())),
        _ => None,
    };
    let is_optional = field.presence == Presence::Optional;
    let expression = match (form.is_array(), is_optional) {
        (false, _) => single(&path, form.carrier(), label.as_deref(), is_optional),
        (true, false) => list(&path, form.carrier(), label.as_deref()).unwrap_or_else(|| format!("&{path}")),
        (true, true) => match (list("list.values", form.carrier(), None), &label) {
            (_, Some(label)) => format!("{path}.as_ref().map(|list| {label}(&list.values)).transpose()?"),
            (Some(inner), None) => format!("{path}.as_ref().map(|list| {inner})"),
            (None, None) => format!("{path}.as_ref().map(|list| &list.values)"),
        },
    };
    Bound { expression: Quoted::already(expression), kind: kind(form.carrier(), is_optional) }
}

fn single(path: &str, value: Carrier, label: Option<&str>, is_optional: bool) -> String {
    match (label, value, is_optional) {
        (Some(label), _, false) => format!("{label}({path})?"),
        (Some(label), _, true) => format!("{path}.map({label}).transpose()?"),
        (None, Carrier::Instant, _) => format!("{path}.as_ref().map(runtime::trace::micros)"),
        (None, Carrier::Text | Carrier::Bytes, false) => format!("&{path}"),
        (None, Carrier::Text | Carrier::Bytes, true) => format!("{path}.as_deref()"),
        (None, _, _) => path.to_owned(),
    }
}

/// A list whose elements have to change; none where they are bound as they are.
fn list(path: &str, value: Carrier, label: Option<&str>) -> Option<String> {
    match (label, value) {
        (Some(label), _) => Some(format!("{label}(&{path})?")),
        (None, Carrier::Instant) => {
            Some(format!("{path}.iter().map(runtime::trace::micros).collect::<Vec<_>>()"))
        }
        (None, _) => None,
    }
}

/// What a function takes that binds a single value.
fn kind(value: Carrier, is_optional: bool) -> &'static str {
    match (value, is_optional) {
        (Carrier::Instant, _) => "Option<i64>",
        (Carrier::Text | Carrier::Enum, false) => "&str",
        (Carrier::Text | Carrier::Enum, true) => "Option<&str>",
        (Carrier::Bytes, false) => "&[u8]",
        (Carrier::Bytes, true) => "Option<&[u8]>",
        (Carrier::Boolean, false) => "bool",
        (Carrier::Boolean, true) => "Option<bool>",
        (Carrier::Integer, false) => "i32",
        (Carrier::Integer, true) => "Option<i32>",
        (Carrier::BigInteger, false) => "i64",
        (Carrier::BigInteger, true) => "Option<i64>",
        (Carrier::Real, false) => "f32",
        (Carrier::Real, true) => "Option<f32>",
        (Carrier::Double, false) => "f64",
        (Carrier::Double, true) => "Option<f64>",
    }
}
