//! Topics: one message each, which is every message of the topic.

use super::events::Events;
use super::fields::{WantedField, WantedMessage, reserved, with_numbers};
use super::file::{FieldType, File, Message, Oneof, Presence, TypeName};
use super::lowering::{Lowering, documentation, former, type_name};
use crate::lock::{NameKind, Origin};
use crate::names;
use crate::semantic::model::{Event, Topic, TopicSubject};

impl Lowering<'_> {
    /// The envelopes of all topics, in a package of their own: it uses every version of the events, and none uses it.
    pub fn envelopes(&mut self, events: &Events) -> File {
        let documentation = format!("Messages of the topics of {}.", self.service.name.value);
        let package = format!("{}.topics.v1", self.stem);
        let mut file = self.file(package, "_topics", &documentation);
        for id in &self.service.topics {
            let topic = &self.register.topics[*id];
            if !topic.events.is_empty() {
                let envelope = self.envelope(topic, events);
                let wire_name = self.lock.frozen_name(NameKind::Topic, topic.name.as_str());
                self.index.topics.insert(*id, wire_name.to_owned());
                self.index.envelopes.insert(*id, type_name(&file, &envelope.name));
                file.messages.push(envelope);
            }
        }
        file
    }

    fn envelope(&mut self, topic: &Topic, events: &Events) -> Message {
        let was = former(topic.was.as_ref());
        let wire_name = self.lock.name(NameKind::Topic, topic.name.as_str(), &was, topic.name.as_str());
        let metadata = FieldType::Message(TypeName::event_metadata());
        let metadata = WantedField::own("metadata", metadata, Presence::One, "What every event has.");
        let members = topic.events.iter().filter_map(|id| {
            let event = &self.register.events[*id];
            Some(member(event, events.names.get(id)?))
        });
        let fields: Vec<WantedField> = std::iter::once(metadata).chain(members).collect();
        let wanted = WantedMessage {
            version: 1,
            origin: Origin::Topic,
            key: topic.name.as_str(),
            was: &was,
            name: names::protobuf_envelope(&wire_name),
            documentation: documentation(topic.summary.as_ref(), &self.envelope_contract(topic, &wire_name)),
            fields: Vec::new(),
        };
        let numbered = self.number(&wanted, &fields);
        let mut fields = with_numbers(fields, &numbered);
        let members = fields.split_off(1);
        for (id, member) in topic.events.iter().zip(&members) {
            if let Some(event) = self.index.events.get_mut(id) {
                event.member.clone_from(&member.name);
            }
        }
        Message {
            reserved: reserved(&numbered, ""),
            name: numbered.name,
            documentation: wanted.documentation,
            fields,
            oneof: Some(Oneof {
                name: "event".to_owned(),
                documentation: vec![
                    "What happened. Not set: an event that the reader does not know yet; the metadata names it."
                        .to_owned(),
                ],
                fields: members,
            }),
            messages: Vec::new(),
        }
    }

    /// What holds for all messages of a topic.
    fn envelope_contract(&self, topic: &Topic, wire_name: &str) -> String {
        let key = match &topic.subject {
            TopicSubject::Table { table, key, .. } => {
                let table = &self.register.tables[*table];
                let columns = key.iter().map(|column| table.columns[column.value].name.as_str());
                super::lowering::listed(columns)
            }
            TopicSubject::AllProducers { key } => super::lowering::listed(key.iter().map(|key| key.as_str())),
            TopicSubject::Unresolved => String::new(),
        };
        let mut contract = format!("Every message of the topic `{wire_name}`.");
        if !key.is_empty() {
            contract.push_str(&format!(" Those of one {key} come in the order in which they were sent."));
        }
        if topic.compact.is_some() {
            contract.push_str(
                " The broker keeps the newest of each key, also where that is a deletion: no message is without a value.",
            );
        }
        contract
    }
}

/// An event as a member of the envelope.
fn member(event: &Event, name: &TypeName) -> WantedField {
    let in_version = |name: &str| match event.version {
        1 => name.to_owned(),
        version => format!("{name} v{version}"),
    };
    WantedField {
        key: in_version(event.name.as_str()),
        was: former(event.was.as_ref()).into_iter().map(in_version).collect(),
        documentation: Vec::new(),
        ..WantedField::own(
            &names::protobuf_envelope_field(event.name.as_str(), event.version),
            FieldType::Message(name.clone()),
            Presence::One,
            "",
        )
    }
}
