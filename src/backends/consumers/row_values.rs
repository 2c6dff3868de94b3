//! Values of a row as fields of a message: the expression of SQL that gives each, and that of Rust which takes it.

use super::{Context, rust};
use crate::backends::sql_text::identifier;
use crate::lowering::own_type;
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, ColumnType, Table};
use crate::templates::{Quoted, RustPath};
use crate::wire::{Carrier, Field, FieldType, Form, Presence};
use serde::Serialize;
use std::collections::BTreeSet;

/// What a table is called in a query, so that no name in it is taken for a column.
pub(super) const ALIAS: &str = "told";

/// What functions take beside keys.
const ARGUMENTS: [&str; 3] = ["added", "connection", "trace"];

/// A column in a query.
pub(super) fn qualified(column: &str) -> String {
    format!("{ALIAS}.{}", identifier(column).as_str())
}

/// A field of a message, from a value of a row.
#[derive(Serialize)]
pub(super) struct FieldView {
    /// The field.
    pub name: RustPath,
    /// What it gets; `row` is the row.
    pub value: Quoted,
}

/// A value that a function takes: a part of a key.
#[derive(Clone, Serialize)]
pub(super) struct KeyView {
    /// What it is called.
    pub name: RustPath,
    /// Its type.
    pub kind: Quoted,
}

/// What is used of the runtime's module for rows, and of enums: collected while fields are made.
#[derive(Default)]
pub(super) struct Used {
    /// Names from `runtime::row`.
    pub from_row: BTreeSet<&'static str>,
    /// Whether the module itself is used.
    pub module: bool,
}

impl Used {
    /// What is imported, with a type.
    pub fn imports(&self, a_type: Option<&'static str>) -> String {
        let functions = self.from_row.iter().copied();
        let all: Vec<&str> =
            self.module.then_some("self").into_iter().chain(a_type).chain(functions).collect();
        all.join(", ")
    }
}

impl Context<'_> {
    /// The value of a column in a query, in the form that [`Context::field_of_row`] takes.
    pub(super) fn selected(&self, column_type: &ColumnType, name: &str) -> String {
        let form = Form::of(column_type);
        let value = qualified(name);
        match column_type {
            // Labels become names of values here, so that the program has no table of them.
            ColumnType::Enum(id, _) => {
                let labels = self.register.enums[*id].values.iter().map(|value| value.name.as_str());
                let names = self.wire.enums.get(id).into_iter().flat_map(|on_wire| &on_wire.values);
                let values: Vec<(&str, &str)> = labels.zip(names.map(String::as_str)).collect();
                form.to_json(&value, &values)
            }
            _ => form.to_wire(&value),
        }
    }

    /// A field from the value at a place of a row. `row::...` stands for the runtime's module.
    pub(super) fn field_of_row(
        &self,
        column_type: &ColumnType,
        field: &Field,
        place: usize,
        used: &mut Used,
    ) -> FieldView {
        let form = Form::of(column_type);
        let name = rust::field(&field.name);
        let list = match &field.kind {
            FieldType::Message(list) => self.wire.lists.get(list).map(|values| (list, values)),
            _ => None,
        };
        let make = match form.carrier() {
            Carrier::Instant => {
                used.from_row.insert("instant");
                Some("instant".to_owned())
            }
            Carrier::Enum => {
                used.from_row.insert("number");
                let kind = match (&field.kind, list.map(|(_, values)| &values.kind)) {
                    (FieldType::Enum(kind), _) | (_, Some(FieldType::Enum(kind))) => {
                        Some(rust::message(kind))
                    }
                    _ => None,
                };
                kind.map(|kind| format!("|name: String| number(&name, {}::from_str_name)", kind.as_str()))
            }
            _ => None,
        };
        used.module |= make.is_some();
        let is_message = form.carrier() == Carrier::Instant;
        let value = match (make, list, field.presence) {
            (None, None, _) => format!("row.try_get({place})?"),
            (None, Some((list, values)), _) => format!(
                "row.try_get::<Option<_>, _>({place})?.map(|list| {} {{ {}: list }})",
                rust::message(list).as_str(),
                rust::field(&values.name).as_str()
            ),
            (Some(make), Some((list, values)), _) => format!(
                "row::optional_list(row, {place}, {make})?.map(|list| {} {{ {}: list }})",
                rust::message(list).as_str(),
                rust::field(&values.name).as_str()
            ),
            (Some(make), None, Presence::One) if is_message => {
                format!("Some(row::value(row, {place}, {make})?)")
            }
            (Some(make), None, Presence::One) => format!("row::value(row, {place}, {make})?"),
            (Some(make), None, Presence::Optional) => format!("row::optional(row, {place}, {make})?"),
            (Some(make), None, Presence::Repeated) => format!("row::list(row, {place}, {make})?"),
        };
        FieldView { name, value: Quoted::already(value) }
    }
}

/// The type that a key is compared as: the column's without its length or precision, since a cast to those would cut a key that is
/// too long, and find another row.
pub(super) fn key_type(register: &Register, column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Builtin(data_type) if !data_type.is_array() => match data_type.base() {
            // Without a length it means one character.
            "character" => "bpchar".to_owned(),
            "bit" => data_type.to_string(),
            base => base.to_owned(),
        },
        _ => own_type(register, column_type),
    }
}

/// The columns by which a row is found, as what a function takes, and the condition for each; the first is the parameter `$1`.
pub(super) fn keys(
    table: &Table,
    columns: &[ColumnIndex],
    register: &Register,
) -> (Vec<KeyView>, Vec<String>) {
    let columns = columns.iter().filter_map(|number| table.columns.get(*number)).enumerate();
    columns
        .map(|(place, column)| {
            let column_type = &column.data_type.value;
            let form = Form::of(column_type);
            let element = rust::carrier(form.carrier());
            let kind = match (form.is_array(), form.carrier()) {
                (true, _) => format!("&[{element}]"),
                (false, Carrier::Text | Carrier::Enum) => "&str".to_owned(),
                (false, Carrier::Bytes) => "&[u8]".to_owned(),
                (false, _) => element.to_owned(),
            };
            let parameter = form.from_wire(&format!("${}", place + 1), &key_type(register, column_type));
            let name = rust::field(column.name.as_str());
            let is_taken = ARGUMENTS.contains(&name.as_str());
            let name = if is_taken { RustPath::new(&format!("{}_", name.as_str())) } else { name };
            let key = KeyView { name, kind: Quoted::already(kind) };
            (key, format!("{} = {parameter}", qualified(column.name.as_str())))
        })
        .unzip()
}
