//! Rows of tables as messages, and enums.

use super::fields::{WantedMessage, reserved};
use super::file::{EnumType, EnumValue, File, TypeName};
use super::index::EnumOnWire;
use super::lowering::{Lowering, documentation, former, type_name};
use crate::lock::{EnumKey, Origin, UNSPECIFIED, Wanted};
use crate::names;
use crate::semantic::model::{ColumnIndex, EnumId, TableId};
use foldhash::HashMap;

/// A row of a table as a message.
#[derive(Clone, Debug)]
pub(super) struct Entity {
    pub name: TypeName,
    /// The names of its fields, by column.
    pub fields: HashMap<ColumnIndex, String>,
}

/// The entities of a service, by table.
pub(super) type Entities = HashMap<TableId, Entity>;

impl Lowering<'_> {
    /// Entities and enums. They have no versions: a row is what its table says, and grows with it. So the packages of
    /// later versions use those of the first.
    pub fn entities(&mut self) -> File {
        let documentation = format!("Entities and enums of {}.", self.service.name.value);
        let mut file = self.file(self.package(1), "", &documentation);
        let uses = self.uses;
        for id in self.service.enums.iter().filter(|id| uses.messages.enums.contains(id)) {
            let lowered = self.enumeration(*id);
            let name = type_name(&file, &lowered.name);
            // The first value is the one that is not stated.
            let values = lowered.values.iter().skip(1).map(|value| value.name.clone()).collect();
            self.index.enums.insert(*id, EnumOnWire { name: name.clone(), values });
            self.enums.insert(*id, name);
            file.enums.push(lowered);
        }
        for id in self.service.tables.iter().filter(|id| uses.messages.entities.contains(id)) {
            self.add_entity(*id, &mut file);
        }
        file
    }

    fn add_entity(&mut self, id: TableId, file: &mut File) {
        let table = &self.register.tables[id];
        let shown: Vec<ColumnIndex> =
            (0..table.columns.len()).filter(|number| !table.columns[*number].private).collect();
        let is_whole = shown.len() == table.columns.len();
        let addition = format!(
            "A row of `{}`{}.",
            table.name.value,
            if is_whole { "" } else { ", without what is private" }
        );
        let wanted = WantedMessage {
            version: 1,
            origin: Origin::Table,
            key: table.name.as_str(),
            was: &former(table.was.as_ref()),
            name: self.entity_name(id),
            documentation: documentation(table.summary.as_ref(), &addition),
            fields: shown.iter().map(|number| self.column_field(table, *number, false)).collect(),
        };
        let message = self.message(&file.package, &file.path(), wanted);
        let names = message.fields.iter().map(|field| field.name.clone());
        let fields = shown.into_iter().zip(names).collect();
        self.entities.insert(id, Entity { name: type_name(file, &message.name), fields });
        file.messages.push(message);
    }

    fn enumeration(&mut self, id: EnumId) -> EnumType {
        let declaration = &self.register.enums[id];
        let names: Vec<String> =
            declaration.values.iter().map(|value| names::protobuf_enum_suffix(value.name.as_str())).collect();
        let was: Vec<Vec<&str>> = declaration.values.iter().map(|value| former(value.was.as_ref())).collect();
        let wanted: Vec<Wanted<'_>> = declaration
            .values
            .iter()
            .zip(&names)
            .zip(&was)
            .map(|((value, name), was)| Wanted { key: value.name.as_str(), was, name, kind: "" })
            .collect();
        let key = EnumKey { version: 1, name: declaration.name.value.clone() };
        let name = names::protobuf_message(declaration.name.as_str());
        let numbered = self.lock.enumeration(&key, &former(declaration.was.as_ref()), &name, &wanted);
        let prefix = format!("{}_", names::protobuf_enum_prefix(&numbered.name));
        let zero = EnumValue {
            name: format!("{prefix}{UNSPECIFIED}"),
            number: 0,
            documentation: vec!["Not stated.".to_owned()],
        };
        let values = declaration.values.iter().zip(&numbered.parts).map(|(value, part)| EnumValue {
            name: format!("{prefix}{}", part.name),
            number: part.number,
            documentation: documentation(value.summary.as_ref(), ""),
        });
        EnumType {
            documentation: documentation(declaration.summary.as_ref(), ""),
            values: std::iter::once(zero).chain(values).collect(),
            reserved: reserved(&numbered, &prefix),
            name: numbered.name,
        }
    }
}
