//! The tables that events pass through, which a service's own database holds: what is stuck in the outbox, and what
//! should be gone from the processed events.

use super::query::Query;
use crate::semantic::Register;
use crate::semantic::model::{
    EventId, OUTBOX_TABLE, OnDelete, PROCESSED_EVENTS_TABLE, ServiceId, TableId, TopicId,
};

/// For how many days a processed event may stay beyond its keeping, until the job that removes it has to have run.
pub const PROCESSED_EVENTS_GRACE_DAYS: u32 = 2;

/// At most so many rows are named.
const NAMED_ROWS: u32 = 1000;

/// The columns of the outbox that [`stuck_outbox`] reads.
pub(super) const OUTBOX_COLUMNS: [&str; 8] =
    ["id", "event_id", "topic", "event_type", "aggregate_id", "occurred_at", "attempts", "parked_at"];

/// The columns of the processed events that [`undead_processed_events`] reads.
pub(super) const PROCESSED_EVENTS_COLUMNS: [&str; 3] = ["consumer_group", "event_id", "processed_at"];

/// For how many days a service keeps the events that it processed: one day longer than the topic keeps messages that
/// keeps them longest. `None`: no event leaves a trace in its database.
pub fn processed_events_keep_days(register: &Register, service: ServiceId) -> Option<u32> {
    let declaration = &register.services[service];
    declaration.database.as_ref()?;
    if !register.records_processed_events(declaration) {
        return None;
    }
    let topic_of_event = |id: EventId| register.events[id].topic;
    let topic_of_table = |id: TableId| register.tables[id].topic;
    let consumed =
        declaration.consumes.iter().filter_map(|consumption| consumption.event.map(topic_of_event));
    let copied = declaration.projections.iter().filter_map(|id| register.projections[*id].source);
    let references = declaration.tables.iter().flat_map(|table| &register.tables[*table].references);
    let references = references.map(|id| &register.references[*id]);
    let followed = references.filter(|reference| reference.on_delete.value != OnDelete::Keep);
    let followed = followed.filter_map(|reference| reference.target);
    let topics = consumed.chain(copied.chain(followed).filter_map(topic_of_table));
    let retention = |id: TopicId| {
        let topic = &register.topics[id];
        topic.retention_days.as_ref().map_or(register.platform.kafka.retention_days, |days| days.value)
    };
    let longest = topics.map(retention).max().unwrap_or(register.platform.kafka.retention_days);
    Some(longest.saturating_add(1))
}

/// Rows of the outbox that the relay has given up, and those that are older than they may be.
pub fn stuck_outbox() -> Query {
    let text = format!(
        "SELECT
    count(*) OVER (),
    jsonb_build_object(
        'event_id', event_id, 'topic', topic, 'event_type', event_type, 'aggregate_id', aggregate_id,
        'occurred_at', occurred_at, 'attempts', attempts, 'parked_at', parked_at)
FROM {OUTBOX_TABLE}
WHERE parked_at IS NOT NULL OR occurred_at < statement_timestamp() - make_interval(secs => $1)
ORDER BY id
LIMIT {NAMED_ROWS}"
    );
    Query {
        name: "stuck_outbox",
        purpose: "Events that the relay has given up, or should have sent: how many there are, and the first of them.",
        parameters: vec![("bigint", "for how many seconds an event may be on its way")],
        text,
    }
}

/// Processed events that are older than they are kept.
pub fn undead_processed_events() -> Query {
    let text = format!(
        "SELECT
    count(*) OVER (),
    jsonb_build_object('consumer_group', consumer_group, 'event_id', event_id, 'processed_at', processed_at)
FROM {PROCESSED_EVENTS_TABLE}
WHERE processed_at < statement_timestamp() - make_interval(days => $1)
ORDER BY processed_at
LIMIT {NAMED_ROWS}"
    );
    Query {
        name: "undead_processed_events",
        purpose: "Processed events that should have been removed: how many there are, and the first of them.",
        parameters: vec![("integer", "for how many days an event may stay")],
        text,
    }
}
