//! Fields and messages: what they hold comes from the register, their numbers from the lock.

use super::file::{Documentation, Field, FieldType, Message, Presence, Reserved, Scalar, TypeName};
use super::lowering::{Lowering, documentation, former};
use super::types::{text_of, type_format, wire_type};
use crate::lock::{MessageKey, NumberedType, Origin, Wanted};
use crate::names;
use crate::semantic::model::{self, ColumnIndex, ColumnType, Table};

/// A field that has no number yet.
#[derive(Clone, Debug)]
pub(super) struct WantedField {
    /// Its name in the register.
    pub key: String,
    /// The names that it had there.
    pub was: Vec<String>,
    /// The name that it takes if it is new.
    pub name: String,
    pub kind: FieldType,
    /// Whether each value is a list of values.
    pub is_list: bool,
    pub presence: Presence,
    pub documentation: Documentation,
    pub is_personal: bool,
}

impl WantedField {
    /// A field of the compiler's own.
    pub fn own(name: &str, kind: FieldType, presence: Presence, documentation: &str) -> WantedField {
        WantedField {
            key: name.to_owned(),
            was: Vec::new(),
            name: name.to_owned(),
            kind,
            is_list: false,
            presence,
            documentation: Some(documentation.to_owned())
                .filter(|text| !text.is_empty())
                .into_iter()
                .collect(),
            is_personal: false,
        }
    }

    pub fn scalar(name: &str, scalar: Scalar, documentation: &str) -> WantedField {
        WantedField::own(name, FieldType::Scalar(scalar), Presence::One, documentation)
    }

    /// A list is a repeated field, unless the field has to tell no list from an empty one, or is repeated itself.
    fn needs_message(&self) -> bool {
        self.is_list && self.presence != Presence::One
    }

    fn presence(&self) -> Presence {
        if self.is_list && !self.needs_message() { Presence::Repeated } else { self.presence }
    }
}

/// A message that has no name and no numbers yet.
pub(super) struct WantedMessage<'a> {
    pub version: u32,
    pub origin: Origin,
    /// What it is made from, by its name in the register.
    pub key: &'a str,
    /// The names that this had there.
    pub was: &'a [&'a str],
    /// The name that it takes if it is new; with a `.` in it where it is nested.
    pub name: String,
    pub documentation: Documentation,
    pub fields: Vec<WantedField>,
}

impl WantedMessage<'_> {
    fn message_key(&self) -> MessageKey {
        MessageKey { version: self.version, origin: self.origin, name: self.key.to_owned() }
    }
}

impl Lowering<'_> {
    /// The message, in a package. It is new to the lock, or has the numbers that it had.
    pub fn message(&mut self, package: &str, path: &str, mut wanted: WantedMessage<'_>) -> Message {
        let mut messages = Vec::new();
        let mut fields = std::mem::take(&mut wanted.fields);
        for field in fields.iter_mut().filter(|field| field.needs_message()) {
            let list = self.list_message(&wanted, field);
            let name = list.name.clone();
            field.kind = FieldType::Message(TypeName { package: String::new(), path: path.to_owned(), name });
            messages.push(list);
        }
        let numbered = self.number(&wanted, &fields);
        let name = last_part(&numbered.name).to_owned();
        let mut numbers: Vec<Field> = with_numbers(fields, &numbered);
        for field in &mut numbers {
            if let FieldType::Message(nested) = &mut field.kind
                && nested.package.is_empty()
            {
                let list = messages.iter().find(|list| list.name == nested.name);
                nested.package = package.to_owned();
                nested.name = format!("{}.{}", numbered.name, nested.name);
                let values = list.and_then(|list| list.fields.first());
                self.index.lists.extend(values.map(|values| (nested.clone(), values.clone())));
            }
        }
        Message {
            name,
            documentation: wanted.documentation,
            fields: numbers,
            oneof: None,
            messages,
            reserved: reserved(&numbered, ""),
        }
    }

    pub fn number(&mut self, wanted: &WantedMessage<'_>, fields: &[WantedField]) -> NumberedType {
        let kinds: Vec<String> = fields.iter().map(kind_in_lock).collect();
        let was: Vec<Vec<&str>> = fields.iter().map(|field| strs(&field.was)).collect();
        let parts: Vec<Wanted<'_>> = fields
            .iter()
            .zip(&kinds)
            .zip(&was)
            .map(|((field, kind), was)| Wanted { key: &field.key, was, name: &field.name, kind })
            .collect();
        self.lock.message(&wanted.message_key(), wanted.was, &wanted.name, &parts)
    }

    /// The message that holds a list, so that there may be none.
    fn list_message(&mut self, outer: &WantedMessage<'_>, field: &WantedField) -> Message {
        let owners = std::iter::once(outer.key).chain(outer.was.iter().copied());
        let fields: Vec<&str> =
            std::iter::once(field.key.as_str()).chain(field.was.iter().map(String::as_str)).collect();
        let keys: Vec<String> =
            owners.flat_map(|owner| fields.iter().map(move |field| format!("{owner}.{field}"))).collect();
        let (key, was) = (keys[0].as_str(), strs(&keys[1..]));
        let values = WantedField {
            presence: Presence::Repeated,
            is_list: false,
            documentation: Vec::new(),
            key: "values".to_owned(),
            was: Vec::new(),
            name: "values".to_owned(),
            ..field.clone()
        };
        let wanted = WantedMessage {
            version: outer.version,
            origin: outer.origin,
            key,
            was: &was,
            name: format!("{}.{}List", outer.name, names::protobuf_message(&field.name)),
            documentation: vec![format!("The values of `{}`.", field.name)],
            fields: Vec::new(),
        };
        let numbered = self.number(&wanted, std::slice::from_ref(&values));
        Message {
            name: last_part(&numbered.name).to_owned(),
            documentation: wanted.documentation,
            fields: with_numbers(vec![values], &numbered),
            oneof: None,
            messages: Vec::new(),
            reserved: reserved(&numbered, ""),
        }
    }

    /// A column as a field. `is_required`: it has a value also where the column may have none.
    pub fn column_field(&self, table: &Table, number: ColumnIndex, is_required: bool) -> WantedField {
        let column = &table.columns[number];
        let presence =
            if is_required || table.is_required(number) { Presence::One } else { Presence::Optional };
        WantedField {
            key: column.name.value.clone(),
            was: former(column.was.as_deref()).into_iter().map(str::to_owned).collect(),
            name: names::protobuf_field(column.name.as_str()),
            presence,
            is_personal: column.pii,
            ..self.value(&column.data_type.value, column.summary.as_deref(), (column.pii, false))
        }
    }

    /// A `field` node as a field.
    pub fn declared_field(&self, field: &model::Field) -> WantedField {
        let presence = match (field.repeated, field.nullable) {
            (true, _) => Presence::Repeated,
            (false, true) => Presence::Optional,
            (false, false) => Presence::One,
        };
        let value = match &field.kind.value {
            model::FieldType::Column(column_type) => {
                self.value(column_type, field.summary.as_ref(), (false, field.repeated))
            }
            model::FieldType::Entity(table) => {
                let kind = match self.entity(*table) {
                    Some(entity) => FieldType::Message(entity.name.clone()),
                    None => FieldType::Scalar(Scalar::String),
                };
                WantedField {
                    documentation: documentation(field.summary.as_ref(), ""),
                    ..WantedField::own("", kind, presence, "")
                }
            }
        };
        WantedField {
            key: field.name.value.clone(),
            was: former(field.was.as_ref()).into_iter().map(str::to_owned).collect(),
            name: names::protobuf_field(field.name.as_str()),
            presence,
            ..value
        }
    }

    pub fn declared_fields(&self, fields: &[model::Field]) -> Vec<WantedField> {
        fields.iter().map(|field| self.declared_field(field)).collect()
    }

    /// A field without a name that holds values of a type.
    fn value(
        &self,
        column_type: &ColumnType,
        summary: Option<&model::Located<String>>,
        (is_personal, is_repeated): (bool, bool),
    ) -> WantedField {
        let (kind, is_list, format) = match column_type {
            ColumnType::Builtin(data_type) => {
                (wire_type(data_type), data_type.is_array(), type_format(data_type))
            }
            ColumnType::Enum(id, dimensions) => {
                let kind = match self.enums.get(id) {
                    Some(name) => FieldType::Enum(name.clone()),
                    None => FieldType::Scalar(Scalar::String),
                };
                (kind, *dimensions > 0, None)
            }
            ColumnType::Extension(text) | ColumnType::Unknown(text) => {
                let element = text.strip_suffix("[]");
                let name = element.unwrap_or(text);
                // citext is text that compares in another way.
                let format = (name != "citext").then(|| text_of(name));
                (FieldType::Scalar(Scalar::String), element.is_some(), format)
            }
        };
        let format = format.map(|format| if is_list || is_repeated { of_each(&format) } else { format });
        let notes: Vec<String> =
            format.into_iter().chain(is_personal.then(|| "Personal data.".to_owned())).collect();
        let documentation = documentation(summary, &notes.join(" "));
        WantedField { documentation, is_list, ..WantedField::own("", kind, Presence::One, "") }
    }
}

/// What is said of one value, said of each.
pub(super) fn of_each(format: &str) -> String {
    let mut characters = format.chars();
    let (first, second) = (characters.next(), characters.clone().next());
    match (first, second) {
        (Some(first), Some(second)) if !second.is_ascii_uppercase() => {
            format!("Each: {}{}", first.to_ascii_lowercase(), characters.as_str())
        }
        _ => format!("Each: {format}"),
    }
}

/// The type as the lock keeps it. Whether a field may be absent is no part of it: readers need not know.
fn kind_in_lock(field: &WantedField) -> String {
    let name = match &field.kind {
        FieldType::Message(name) if name.package.is_empty() => name.name.clone(),
        kind => kind.full_name(),
    };
    if field.presence() == Presence::Repeated { format!("repeated {name}") } else { name }
}

pub(super) fn with_numbers(fields: Vec<WantedField>, numbered: &NumberedType) -> Vec<Field> {
    let fields = fields.into_iter().zip(&numbered.parts).map(|(field, part)| Field {
        name: part.name.clone(),
        number: part.number,
        presence: field.presence(),
        kind: field.kind,
        documentation: field.documentation,
        is_personal: field.is_personal,
    });
    fields.collect()
}

/// What is reserved; names of enum values have the enum's name before them.
pub(super) fn reserved(numbered: &NumberedType, prefix: &str) -> Reserved {
    Reserved {
        numbers: numbered.reserved.iter().map(|(number, _)| *number).collect(),
        names: numbered.reserved.iter().map(|(_, name)| format!("{prefix}{name}")).collect(),
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

pub(super) fn strs(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}
