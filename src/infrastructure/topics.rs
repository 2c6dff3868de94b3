//! Topics of Kafka, and who may do what with them.

use super::names::dead_letter_topic;
use super::workloads::{Workload, WorkloadKind};
use super::{Infrastructure, Service};
use crate::lock::{Locks, NameKind};
use crate::semantic::Register;
use crate::semantic::model::{self, EventTrigger, OnDelete, TableId, TopicId, TopicSubject};
use std::collections::{BTreeMap, BTreeSet};

/// Milliseconds of a day.
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// A topic of dead letters has one partition: they are few, and their order is the one in which they came.
const DEAD_LETTER_PARTITIONS: u32 = 1;
/// Dead letters wait for people longer than messages wait for consumers.
const DEAD_LETTER_RETENTION: u32 = 4;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// The name on the wire.
    pub name: String,
    /// The service that it belongs to.
    pub service: model::ServiceId,
    /// What it holds.
    pub kind: TopicKind,
    /// Partitions.
    pub partitions: u32,
    /// For how many milliseconds a message is kept.
    pub retention_ms: u64,
    /// Only the newest message of a key is kept.
    pub is_compacted: bool,
    /// Workloads that write to it, by name.
    pub producers: BTreeSet<String>,
    /// Workloads that read it, by name, each with its consumer group.
    pub consumers: BTreeMap<String, String>,
}

/// What a topic holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopicKind {
    /// Events of the register.
    Events,
    /// Messages that a consumer group could not handle.
    DeadLetters {
        /// The topic that they come from, by its name on the wire.
        of: String,
        /// The group.
        group: String,
    },
}

impl Topic {
    /// Its settings in Kafka ("Topic Configs"), by name. What is not here is as the brokers have it.
    pub fn settings(&self, replication: u32) -> Vec<(&'static str, String)> {
        let retention = self.retention_ms.to_string();
        let mut settings = match self.is_compacted {
            // A consumer that is no further behind than this still hears every message.
            true => vec![("cleanup.policy", "compact".to_owned()), ("min.compaction.lag.ms", retention)],
            false => vec![("cleanup.policy", "delete".to_owned()), ("retention.ms", retention)],
        };
        settings.push(("min.insync.replicas", min_in_sync_replicas(replication).to_string()));
        settings
    }
}

/// How many replicas have to hold a message before it counts as written: more than half, so that no message is lost with one
/// broker. Of two it is one: otherwise nothing could be written while one of them restarts.
fn min_in_sync_replicas(replication: u32) -> u32 {
    if replication < 3 { 1 } else { replication / 2 + 1 }
}

/// All topics, by name.
pub(super) fn topics(register: &Register, locks: &Locks, services: &[Service]) -> Vec<Topic> {
    let mut topics: BTreeMap<String, Topic> = BTreeMap::new();
    // Those that have no outbox to write to.
    let applications: Vec<&Workload> =
        of_kind(services, |kind| *kind == WorkloadKind::Service).filter(|it| it.uses_brokers).collect();
    for declared in register.topics.values() {
        let mut topic = of_events(register, declared, topic_name(register, locks, declared));
        let relay = services[declared.service.index()].workloads.iter();
        topic.producers.extend(relay.filter(|it| it.kind == WorkloadKind::Relay).map(|it| it.name.clone()));
        if matches!(declared.subject, TopicSubject::AllProducers { .. }) {
            topic.producers.extend(applications.iter().map(|workload| workload.name.clone()));
            let relays = of_kind(services, |kind| *kind == WorkloadKind::Relay);
            topic.producers.extend(relays.map(|workload| workload.name.clone()));
        }
        topics.insert(topic.name.clone(), topic);
    }
    for service in services {
        for workload in &service.workloads {
            let WorkloadKind::Consumer { group, topics: consumed } = &workload.kind else { continue };
            for name in consumed {
                add_consumer(&mut topics, name, service, workload, group);
            }
        }
    }
    topics.into_values().collect()
}

fn of_kind(services: &[Service], is_kind: impl Fn(&WorkloadKind) -> bool) -> impl Iterator<Item = &Workload> {
    services.iter().flat_map(|service| &service.workloads).filter(move |workload| is_kind(&workload.kind))
}

fn topic_name(register: &Register, locks: &Locks, topic: &model::Topic) -> String {
    let lock = locks.service(register.services[topic.service].name.as_str());
    lock.frozen_name(NameKind::Topic, topic.name.as_str()).to_owned()
}

fn of_events(register: &Register, topic: &model::Topic, name: String) -> Topic {
    let kafka = &register.platform.kafka;
    let days = topic.retention_days.as_ref().map_or(kafka.retention_days, |days| days.value);
    Topic {
        name,
        service: topic.service,
        kind: TopicKind::Events,
        partitions: topic.partitions.as_ref().map_or(kafka.partitions, |partitions| partitions.value),
        retention_ms: u64::from(days) * DAY_MS,
        is_compacted: topic.compact.is_some(),
        producers: BTreeSet::new(),
        consumers: BTreeMap::new(),
    }
}

/// The topics that a service reads, by their names on the wire, by the group as the register names it: its own name for what
/// it consumes without one.
pub(super) fn consumed(
    register: &Register,
    locks: &Locks,
    declared: &model::Service,
) -> BTreeMap<String, BTreeSet<String>> {
    let mut consumed: BTreeMap<String, BTreeSet<TopicId>> = BTreeMap::new();
    for consumption in &declared.consumes {
        let group = consumption.group.as_ref().unwrap_or(&declared.name).value.clone();
        if let Some(event) = consumption.event {
            consumed.entry(group).or_default().insert(register.events[event].topic);
        }
    }
    let topic_of = |table: TableId| register.tables[table].topic;
    let copied = declared.projections.iter().filter_map(|id| register.projections[*id].source);
    let references = declared.tables.iter().flat_map(|table| &register.tables[*table].references);
    let followed = references.map(|id| &register.references[*id]);
    let followed = followed.filter(|reference| reference.on_delete.value != OnDelete::Keep);
    let deleted = |topic: &TopicId| {
        let mut events = register.topics[*topic].events.iter();
        events.any(|event| register.events[*event].trigger == Some(EventTrigger::Deleted))
    };
    let followed = followed.filter_map(|reference| topic_of(reference.target?)).filter(deleted);
    let own: BTreeSet<TopicId> = copied.filter_map(topic_of).chain(followed).collect();
    if !own.is_empty() {
        consumed.entry(declared.name.value.clone()).or_default().extend(own);
    }
    let names = |topics: BTreeSet<TopicId>| {
        topics.into_iter().map(|id| topic_name(register, locks, &register.topics[id])).collect()
    };
    consumed.into_iter().map(|(group, topics)| (group, names(topics))).collect()
}

fn add_consumer(
    topics: &mut BTreeMap<String, Topic>,
    name: &str,
    service: &Service,
    workload: &Workload,
    group: &str,
) {
    let Some(topic) = topics.get_mut(name) else { return };
    topic.consumers.insert(workload.name.clone(), group.to_owned());
    let dead_letters = Topic {
        name: dead_letter_topic(name, group),
        service: service.id,
        kind: TopicKind::DeadLetters { of: name.to_owned(), group: group.to_owned() },
        partitions: DEAD_LETTER_PARTITIONS,
        retention_ms: topic.retention_ms.saturating_mul(DEAD_LETTER_RETENTION.into()),
        is_compacted: false,
        producers: BTreeSet::from([workload.name.clone()]),
        consumers: BTreeMap::from([(workload.name.clone(), group.to_owned())]),
    };
    topics.insert(dead_letters.name.clone(), dead_letters);
}

/// What a user of Kafka may do.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Acl {
    /// The user: the name of a workload.
    pub user: String,
    /// With what.
    pub resource: AclResource,
    /// What it may do.
    pub operations: Vec<Operation>,
}

/// What an ACL is about. Names are literal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AclResource {
    /// A topic.
    Topic(String),
    /// A consumer group.
    Group(String),
}

/// What may be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Ask what it is.
    Describe,
    /// Read it, or read as it.
    Read,
    /// Write to it.
    Write,
}

impl Operation {
    /// The name that Kafka has for it.
    pub fn name(self) -> &'static str {
        match self {
            Operation::Describe => "Describe",
            Operation::Read => "Read",
            Operation::Write => "Write",
        }
    }
}

/// Everything that users of Kafka may do, by user and resource. What is not here nobody may do.
pub fn acls(infrastructure: &Infrastructure) -> Vec<Acl> {
    let mut acls: BTreeMap<(String, AclResource), BTreeSet<Operation>> = BTreeMap::new();
    let mut allow = |user: &str, resource: AclResource, operation: Operation| {
        let operations = acls.entry((user.to_owned(), resource)).or_default();
        operations.extend([Operation::Describe, operation]);
    };
    for topic in &infrastructure.topics {
        for producer in &topic.producers {
            allow(producer, AclResource::Topic(topic.name.clone()), Operation::Write);
        }
        for (consumer, group) in &topic.consumers {
            allow(consumer, AclResource::Topic(topic.name.clone()), Operation::Read);
            allow(consumer, AclResource::Group(group.clone()), Operation::Read);
        }
    }
    let acl = |((user, resource), operations): ((String, AclResource), BTreeSet<Operation>)| Acl {
        user,
        resource,
        operations: operations.into_iter().collect(),
    };
    acls.into_iter().map(acl).collect()
}

#[cfg(test)]
mod tests {
    use super::min_in_sync_replicas;

    #[test]
    fn a_message_outlives_one_broker_where_there_are_three() {
        let of = |replication| min_in_sync_replicas(replication);
        assert_eq!([1, 2, 3, 4, 5].map(of), [1, 1, 2, 3, 3]);
    }
}
