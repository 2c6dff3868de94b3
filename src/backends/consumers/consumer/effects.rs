//! What a service does about the events that it hears, by consumer group: what the register says, before any text.

use crate::infrastructure::dead_letter_topic;
use crate::lock::{Locks, NameKind};
use crate::semantic::Register;
use crate::semantic::model::{
    EventId, EventTrigger, OnDelete, ProjectionId, ReferenceId, ServiceId, TableId, TopicId,
};
use std::collections::BTreeMap;

/// A consumer group.
pub(super) struct Group<'a> {
    /// Its name in the register.
    pub key: &'a str,
    /// Its name on the wire.
    pub name: String,
    /// The topics that it hears, in the order of their names.
    pub topics: Vec<Heard>,
}

/// A topic that a group hears.
pub(super) struct Heard {
    pub topic: TopicId,
    /// Its name on the wire.
    pub name: String,
    pub dead_letters: String,
    pub retention_days: u32,
    /// Events that something is done about, in the order of the topic.
    pub events: Vec<(EventId, Effects)>,
}

/// What is done about an event, in this order.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects {
    /// References whose target is gone.
    pub policies: Vec<ReferenceId>,
    /// Read copies that it writes.
    pub copies: Vec<ProjectionId>,
    /// Whether people handle it.
    pub is_handled: bool,
}

/// The groups of a service, in the order of their names.
pub(super) fn groups<'a>(register: &'a Register, locks: &Locks, id: ServiceId) -> Vec<Group<'a>> {
    let service = &register.services[id];
    let own = service.name.as_str();
    let mut effects: BTreeMap<&str, BTreeMap<EventId, Effects>> = BTreeMap::new();
    for consumption in &service.consumes {
        let group = consumption.group.as_ref().map_or(own, |group| group.as_str());
        if let Some(event) = consumption.event {
            effects.entry(group).or_default().entry(event).or_default().is_handled = true;
        }
    }
    let derived = effects.entry(own).or_default();
    for copy in &service.projections {
        let Some(source) = register.projections[*copy].source else { continue };
        for trigger in [EventTrigger::Created, EventTrigger::Updated, EventTrigger::Deleted] {
            if let Some(event) = newest(register, source, trigger) {
                derived.entry(event).or_default().copies.push(*copy);
            }
        }
    }
    let references = service.tables.iter().flat_map(|table| &register.tables[*table].references);
    for id in references {
        let reference = &register.references[*id];
        let target = reference.target.filter(|_| reference.on_delete.value != OnDelete::Keep);
        if let Some(event) = target.and_then(|table| newest(register, table, EventTrigger::Deleted)) {
            derived.entry(event).or_default().policies.push(*id);
        }
    }
    effects.retain(|_, events| !events.is_empty());
    let lock = locks.service(own);
    let group = |(key, events)| {
        let name = lock.frozen_name(NameKind::Group, key).to_owned();
        Group { key, topics: topics(register, locks, &name, events), name }
    };
    effects.into_iter().map(group).collect()
}

/// The event that tells of what happened to rows of a table. Older versions of it are for those who have not followed yet.
fn newest(register: &Register, table: TableId, trigger: EventTrigger) -> Option<EventId> {
    let events = &register.topics[register.tables[table].topic?].events;
    let events = events.iter().copied().filter(|id| register.events[*id].trigger == Some(trigger));
    events.max_by_key(|id| register.events[*id].version)
}

fn topics(register: &Register, locks: &Locks, group: &str, events: BTreeMap<EventId, Effects>) -> Vec<Heard> {
    let mut topics: BTreeMap<TopicId, Vec<(EventId, Effects)>> = BTreeMap::new();
    for (event, effects) in events {
        topics.entry(register.events[event].topic).or_default().push((event, effects));
    }
    let heard = |(id, mut events): (TopicId, Vec<(EventId, Effects)>)| {
        let topic = &register.topics[id];
        let place = |event: EventId| topic.events.iter().position(|other| *other == event);
        events.sort_by_key(|(event, _)| place(*event));
        let lock = locks.service(register.services[topic.service].name.as_str());
        let name = lock.frozen_name(NameKind::Topic, topic.name.as_str()).to_owned();
        let retention = topic.retention_days.as_ref();
        Heard {
            topic: id,
            dead_letters: dead_letter_topic(&name, group),
            name,
            retention_days: retention.map_or(register.platform.kafka.retention_days, |days| days.value),
            events,
        }
    };
    let mut topics: Vec<Heard> = topics.into_iter().map(heard).collect();
    topics.sort_by(|one, other| one.name.cmp(&other.name));
    topics
}
