//! Events: what each tells.

use super::fields::{WantedField, WantedMessage};
use super::file::{File, TypeName};
use super::index::EventOnWire;
use super::lowering::{Lowering, documentation, former, type_name};
use crate::lock::Origin;
use crate::semantic::model::{
    ColumnIndex, Event, EventId, EventTrigger, Topic, TopicSubject, column_indices,
};
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

/// The events of a service.
pub(super) struct Events {
    /// A file for each version.
    pub files: Vec<File>,
    /// Their messages.
    pub names: HashMap<EventId, TypeName>,
}

impl Lowering<'_> {
    /// The events of all topics, each in the package of its version.
    pub fn events(&mut self) -> Events {
        let mut files: BTreeMap<u32, File> = BTreeMap::new();
        let mut names = HashMap::new();
        for topic in self.service.topics.iter().map(|id| &self.register.topics[*id]) {
            for id in &topic.events {
                let event = &self.register.events[*id];
                let file = files.entry(event.version).or_insert_with(|| {
                    let documentation = format!("Events of {}.", self.service.name.value);
                    self.file(self.package(event.version), "_events", &documentation)
                });
                let wanted = WantedMessage {
                    version: event.version,
                    origin: Origin::Event,
                    key: event.name.as_str(),
                    was: &former(event.was.as_ref()),
                    name: crate::names::protobuf_message(event.name.as_str()),
                    documentation: documentation(event.summary.as_ref(), &self.occasion(topic, event)),
                    fields: self.event_fields(topic, event),
                };
                let message = self.message(&file.package, &file.path(), wanted);
                let name = type_name(file, &message.name);
                let columns = self.event_columns(topic, event);
                let (fields, member) = (message.fields.clone(), String::new());
                let on_wire = EventOnWire { message: name.clone(), fields, columns, member };
                self.index.events.insert(*id, on_wire);
                names.insert(*id, name);
                file.messages.push(message);
            }
        }
        Events { files: files.into_values().collect(), names }
    }

    /// The `id` of the row, then what all events of the topic carry, then what this one does; or its own fields.
    fn event_fields(&self, topic: &Topic, event: &Event) -> Vec<WantedField> {
        let declared = self.declared_fields(&event.fields);
        let TopicSubject::Table { table, id, .. } = &topic.subject else { return declared };
        let table = &self.register.tables[*table];
        let id = column_indices(id);
        let columns = self.event_columns(topic, event);
        let fields = columns.iter().map(|column| self.column_field(table, *column, id.contains(column)));
        fields.chain(declared).collect()
    }

    /// The columns that an event carries: the `id` of the row, then the others, each once.
    fn event_columns(&self, topic: &Topic, event: &Event) -> Vec<ColumnIndex> {
        let TopicSubject::Table { id, .. } = &topic.subject else { return Vec::new() };
        let id = column_indices(id);
        let carried = topic.carries.iter().chain(&event.carries).map(|column| column.value);
        let mut columns: Vec<ColumnIndex> = id.clone();
        columns.extend(carried.filter(|column| !id.contains(column)));
        columns
    }

    /// When an event is sent.
    fn occasion(&self, topic: &Topic, event: &Event) -> String {
        let table = match &topic.subject {
            TopicSubject::Table { table, .. } => &self.register.tables[*table],
            _ => return "Sent by the application of any service.".to_owned(),
        };
        let name = &table.name.value;
        match event.trigger {
            Some(EventTrigger::Created) => format!("Sent when a row of `{name}` was created."),
            Some(EventTrigger::Updated) => {
                format!("Sent when what it carries of a row of `{name}` changed.")
            }
            Some(EventTrigger::Deleted) if table.soft_delete.is_some() => {
                format!("Sent when a row of `{name}` was marked as deleted, or removed without that.")
            }
            Some(EventTrigger::Deleted) => format!("Sent when a row of `{name}` was removed."),
            None => format!("Sent by the application, about a row of `{name}`."),
        }
    }
}
