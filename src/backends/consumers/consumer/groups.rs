//! Consumer groups: their topics, their events, and what is done about each.

use super::super::rust;
use super::binding::uses_labels;
use super::delete_policies::CallView;
use super::effects::{Effects, Group, Heard};
use super::projections::Functions;
use super::{Maker, Names, used};
use crate::names::rust_identifier;
use crate::semantic::model::{EventId, EventTrigger, ReferenceId};
use crate::templates::{MarkdownCode, Quoted, RustPath, RustString};
use serde::Serialize;
use std::collections::BTreeMap;

/// A group, as its module shows it.
#[derive(Serialize)]
pub(super) struct GroupView {
    doc: MarkdownCode,
    name: RustString,
    has_database: bool,
    has_handlers: bool,
    has_policies: bool,
    has_copies: bool,
    uses_labels: bool,
    topics: Vec<TopicView>,
    pub events: Vec<EventView>,
    handlers: Vec<RustPath>,
    from_runtime: Quoted,
}

#[derive(Serialize)]
struct TopicView {
    name: RustString,
    dead_letters: RustString,
    retention_days: u32,
    envelope: RustPath,
    members: RustPath,
    arms: Vec<ArmView>,
    has_others: bool,
}

#[derive(Serialize)]
struct ArmView {
    member: RustPath,
    variant: RustPath,
}

#[derive(Serialize)]
pub(super) struct EventView {
    doc: MarkdownCode,
    variant: RustPath,
    pub message: RustPath,
    pub is_handled: bool,
    pub handler: RustPath,
    pub method: RustPath,
    policies: Vec<CallView>,
    copies: Vec<CopyCallView>,
}

#[derive(Serialize)]
struct CopyCallView {
    function: RustPath,
    is_deletion: bool,
}

/// The functions that effects call.
pub(super) struct Calls<'a> {
    pub copies: &'a Functions,
    pub policies: &'a mut BTreeMap<ReferenceId, CallView>,
}

/// A group as its module shows it.
pub(super) fn group(maker: &Maker<'_>, group: &Group<'_>, calls: &mut Calls<'_>) -> GroupView {
    let mut names = Names::default();
    let (mut topics, mut events) = (Vec::new(), Vec::new());
    for heard in &group.topics {
        let Some((topic, of_topic)) = topic(maker, heard, calls, &mut names) else { continue };
        topics.push(topic);
        events.extend(of_topic);
    }
    let has_database = maker.service.database.is_some();
    let handled: Vec<&EventView> = events.iter().filter(|event| event.is_handled).collect();
    let handlers: Vec<RustPath> = handled.iter().map(|event| event.handler.clone()).collect();
    GroupView {
        doc: MarkdownCode::new(&group.name),
        name: RustString::new(&group.name),
        has_database,
        has_handlers: !handlers.is_empty(),
        has_policies: events.iter().any(|event| !event.policies.is_empty()),
        has_copies: events.iter().any(|event| !event.copies.is_empty()),
        uses_labels: events
            .iter()
            .flat_map(|event| &event.policies)
            .any(|call| call.values.iter().any(uses_labels)),
        handlers,
        from_runtime: used(&[
            (has_database, "DatabaseGroup"),
            (true, "Group"),
            (true, "HandlingError"),
            (true, "Heard"),
            (true, "HeardTopic"),
            (has_database, "Progress"),
            (true, "Reading"),
            (!has_database, "SimpleGroup"),
            (true, "Unreadable"),
        ]),
        topics,
        events,
    }
}

fn topic(
    maker: &Maker<'_>,
    heard: &Heard,
    calls: &mut Calls<'_>,
    names: &mut Names,
) -> Option<(TopicView, Vec<EventView>)> {
    let envelope = maker.context.wire.envelopes.get(&heard.topic)?;
    let (mut arms, mut events) = (Vec::new(), Vec::new());
    for (id, effects) in &heard.events {
        let Some(on_wire) = maker.context.wire.events.get(id) else { continue };
        let event = event(maker, *id, effects, calls, names)?;
        arms.push(ArmView { member: rust::variant(&on_wire.member), variant: event.variant.clone() });
        events.push(event);
    }
    let declared = &maker.register.topics[heard.topic];
    let view = TopicView {
        name: RustString::new(&heard.name),
        dead_letters: RustString::new(&heard.dead_letters),
        retention_days: heard.retention_days,
        envelope: rust::message(envelope),
        members: rust::envelope_event(envelope),
        has_others: arms.len() < declared.events.len(),
        arms,
    };
    Some((view, events))
}

fn event(
    maker: &Maker<'_>,
    id: EventId,
    effects: &Effects,
    calls: &mut Calls<'_>,
    names: &mut Names,
) -> Option<EventView> {
    let on_wire = maker.context.wire.events.get(&id)?;
    let declared = &maker.register.events[id];
    // Two services may have events of one name.
    let own = rust::variant(&on_wire.member).as_str().to_owned();
    let owner = &maker.register.services[maker.register.topics[declared.topic].service];
    let variant = match names.take_exactly(&own) {
        Some(name) => name,
        None => names.take(&format!("{}{own}", rust::variant(owner.name.as_str()).as_str())),
    };
    let is_deletion = declared.trigger == Some(EventTrigger::Deleted);
    let copies = effects.copies.iter().filter_map(|copy| {
        let function = calls.copies.get(&(*copy, id))?.clone();
        Some(CopyCallView { function, is_deletion })
    });
    let copies = copies.collect();
    let policies = effects.policies.iter().filter_map(|policy| calls.policies.remove(policy)).collect();
    Some(EventView {
        doc: maker.event_doc(id),
        message: rust::message(&on_wire.message),
        is_handled: effects.is_handled,
        handler: RustPath::new(&format!("Handle{variant}")),
        method: RustPath::new(&format!("handle_{}", rust_identifier(&variant).trim_start_matches("r#"))),
        variant: RustPath::new(&variant),
        policies,
        copies,
    })
}
