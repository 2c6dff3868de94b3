//! Every event: its topic, what it carries, who publishes it and who consumes it.

use super::codes;
use crate::lock::{Locks, NameKind};
use crate::semantic::Register;
use crate::semantic::model::{
    Event, EventId, EventTrigger, Located, OnDelete, Table, TableId, Topic, TopicSubject,
};
use crate::templates::{MarkdownCode, MarkdownText};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct View {
    has_rows: bool,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    topic: MarkdownCode,
    key: Vec<MarkdownCode>,
    id: Vec<MarkdownCode>,
    event: MarkdownCode,
    version: u32,
    sent: MarkdownText,
    carries: Vec<MarkdownCode>,
    producer: MarkdownText,
    consumers: Vec<Consumer>,
}

#[derive(Serialize)]
struct Consumer {
    service: MarkdownCode,
    purpose: MarkdownText,
}

pub(super) fn view(register: &Register, locks: &Locks) -> View {
    let consumers = consumers(register);
    let mut events: Vec<(EventId, &Event)> = register.events.iter().collect();
    // Events of one topic stay in the order of the register.
    events.sort_by_key(|(_, event)| register.topics[event.topic].name.as_str());
    let rows: Vec<Row> =
        events.into_iter().map(|(id, event)| row(register, locks, &consumers, id, event)).collect();
    View { has_rows: !rows.is_empty(), rows }
}

fn row(
    register: &Register,
    locks: &Locks,
    consumers: &BTreeMap<EventId, Vec<(&str, String)>>,
    id: EventId,
    event: &Event,
) -> Row {
    let topic = &register.topics[event.topic];
    let lock = locks.service(register.services[topic.service].name.as_str());
    let frozen = lock.frozen_name(NameKind::Topic, topic.name.as_str());
    let (key, identity, carries) = columns(register, topic, event);
    let fields = event.fields.iter().map(|field| field.name.as_str());
    let producer = match topic.subject {
        TopicSubject::AllProducers { .. } => MarkdownText::new("any service"),
        _ => MarkdownText::new(register.services[topic.service].name.as_str()),
    };
    let mut of_event = consumers.get(&id).cloned().unwrap_or_default();
    of_event.sort();
    of_event.dedup();
    Row {
        topic: MarkdownCode::new(frozen),
        key: codes(key),
        id: codes(identity),
        event: MarkdownCode::new(event.name.as_str()),
        version: event.version,
        sent: MarkdownText::new(match event.trigger {
            Some(EventTrigger::Created) => "created",
            Some(EventTrigger::Updated) => "updated",
            Some(EventTrigger::Deleted) => "deleted",
            None => "by the application",
        }),
        carries: codes(carries.into_iter().chain(fields)),
        producer,
        consumers: of_event
            .iter()
            .map(|(service, purpose)| Consumer {
                service: MarkdownCode::new(service),
                purpose: MarkdownText::new(purpose),
            })
            .collect(),
    }
}

/// Names of the columns that order, identify, and are carried.
fn columns<'a>(
    register: &'a Register,
    topic: &'a Topic,
    event: &'a Event,
) -> (Vec<&'a str>, Vec<&'a str>, Vec<&'a str>) {
    let names = |table: &'a Table, columns: &[Located<usize>]| -> Vec<&'a str> {
        columns
            .iter()
            .filter_map(|column| table.columns.get(column.value))
            .map(|column| column.name.as_str())
            .collect()
    };
    match &topic.subject {
        TopicSubject::Table { table, key, id } => {
            let table = &register.tables[*table];
            let mut carries = names(table, &topic.carries);
            carries.extend(names(table, &event.carries));
            (names(table, key), names(table, id), carries)
        }
        TopicSubject::AllProducers { key } => {
            (key.iter().map(Located::as_str).collect(), Vec::new(), Vec::new())
        }
        TopicSubject::Unresolved => (Vec::new(), Vec::new(), Vec::new()),
    }
}

/// Who consumes an event, and for what: written handlers, read copies, delete policies of references.
fn consumers(register: &Register) -> BTreeMap<EventId, Vec<(&str, String)>> {
    let mut consumers: BTreeMap<EventId, Vec<(&str, String)>> = BTreeMap::new();
    for service in register.services.values() {
        let name = service.name.as_str();
        for consumption in &service.consumes {
            if let Some(event) = consumption.event {
                let group = consumption.group.as_ref().map(|group| format!(", group {}", group.as_str()));
                let purpose = format!("handler{}", group.unwrap_or_default());
                consumers.entry(event).or_default().push((name, purpose));
            }
        }
        for copy in service.projections.iter().map(|id| &register.projections[*id]) {
            for event in events_of(register, copy.source, |trigger| trigger.is_some()) {
                let purpose = format!("read copy {}", copy.name.as_str());
                consumers.entry(event).or_default().push((name, purpose));
            }
        }
    }
    for reference in register.references.values() {
        let table = &register.tables[reference.table];
        if reference.on_delete.value == OnDelete::Keep {
            continue;
        }
        for event in events_of(register, reference.target, |trigger| trigger == Some(EventTrigger::Deleted)) {
            let purpose = format!("delete policy of {}", table.name.as_str());
            consumers
                .entry(event)
                .or_default()
                .push((register.services[table.service].name.as_str(), purpose));
        }
    }
    consumers
}

/// The events of a table's topic that are sent so.
fn events_of(
    register: &Register,
    table: Option<TableId>,
    sent: fn(Option<EventTrigger>) -> bool,
) -> Vec<EventId> {
    let topic = table.and_then(|table| register.tables[table].topic);
    let events = topic.map(|topic| register.topics[topic].events.as_slice()).unwrap_or_default();
    events.iter().copied().filter(|event| sent(register.events[*event].trigger)).collect()
}
