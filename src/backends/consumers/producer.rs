//! The crate that writes the events of a service to its outbox, and publishes what lies there.

use super::row_values::{ALIAS, FieldView, KeyView, Used, keys, qualified};
use super::{Context, rust, snapshots};
use crate::backends::sql_text::identifier;
use crate::names::rust_identifier;
use crate::semantic::Register;
use crate::semantic::model::{
    Event, EventId, EventTrigger, ROW_VERSION_COLUMN, Service, ServiceId, Table, TableId, Topic, TopicId,
    TopicSubject, column_indices,
};
use crate::templates::{MarkdownCode, Quoted, RustDoc, RustPath, RustString, TemplateError};
use crate::wire::{EventOnWire, FieldType, TypeName, key_of_row};
use serde::Serialize;

/// Crates that the library of a service needs.
pub(super) fn dependencies(context: Context<'_>, service: &Service) -> Vec<&'static str> {
    let events = service.topics.iter().flat_map(|topic| &context.register.topics[*topic].events);
    let on_wire = events.filter_map(|event| context.wire.events.get(event));
    let mut added = on_wire.flat_map(|event| event.fields.iter().skip(event.columns.len()));
    let has_times = added.any(|field| field.kind == FieldType::Message(TypeName::timestamp()));
    let has_snapshots = service.tables.iter().any(|table| context.wire.snapshots.contains_key(table));
    let all = [
        (true, "contracts"),
        (has_times, "prost-types"),
        (true, "runtime"),
        (true, "sqlx"),
        (has_snapshots, "tonic"),
    ];
    all.into_iter().filter(|(is_used, _)| *is_used).map(|(_, name)| name).collect()
}

#[derive(Serialize)]
struct View {
    summary: RustDoc,
    service: RustString,
    has_snapshots: bool,
    /// Names that are imported from the runtime's module for rows.
    from_row: Quoted,
    has_from_row: bool,
    has_rows: bool,
    has_messages: bool,
    has_events: bool,
    published: Vec<PublishedView>,
    of_rows: Vec<OfRowView>,
    of_messages: Vec<OfMessageView>,
}

/// An event as the relay knows it.
#[derive(Serialize)]
struct PublishedView {
    topic: RustString,
    event_type: RustString,
    version: u32,
    envelope: RustString,
    member: RustString,
}

/// What an envelope is made of.
#[derive(Serialize)]
struct EnvelopeView {
    path: RustPath,
    event: RustPath,
    variant: RustPath,
    kind: Quoted,
}

/// A function that tells of a row.
#[derive(Serialize)]
struct OfRowView {
    function: RustPath,
    doc: Quoted,
    missing: Quoted,
    envelope: EnvelopeView,
    message: RustPath,
    table: RustString,
    query: RustString,
    keys: Vec<KeyView>,
    fields: Vec<FieldView>,
    /// The struct of what the application adds, where it adds something.
    added: RustPath,
    has_added: bool,
    added_fields: Vec<AddedView>,
}

#[derive(Serialize)]
struct AddedView {
    name: RustPath,
    kind: Quoted,
    doc: Quoted,
}

/// A function that tells what a message says.
#[derive(Serialize)]
struct OfMessageView {
    function: RustPath,
    doc: Quoted,
    envelope: EnvelopeView,
    message: RustPath,
    key: Quoted,
}

/// The files of the crate, without its manifest, by path.
///
/// # Errors
/// A template that was overridden does not fit.
pub(super) fn files(
    context: Context<'_>,
    id: ServiceId,
    summary: &str,
    library: &str,
) -> Result<Vec<(&'static str, String)>, TemplateError> {
    let service = &context.register.services[id];
    let snapshots = snapshots::file(context, service)?;
    let mut maker = Maker {
        context,
        service,
        used: Used::default(),
        view: Vec::new(),
        rows: Vec::new(),
        messages: Vec::new(),
    };
    for topic in &service.topics {
        maker.topic(*topic);
    }
    let others = context.register.topics.iter().filter(|(_, topic)| topic.service != id);
    let of_all = others.filter(|(_, topic)| matches!(topic.subject, TopicSubject::AllProducers { .. }));
    for (topic, _) in of_all {
        maker.topic(topic);
    }
    let Maker { used, view: published, rows, messages, .. } = maker;
    let (has_rows, has_messages) = (!rows.is_empty(), !messages.is_empty());
    let from_row = used.imports(None);
    let view = View {
        summary: RustDoc::new(summary),
        service: RustString::new(service.name.as_str()),
        has_snapshots: snapshots.is_some(),
        has_from_row: !from_row.is_empty(),
        from_row: Quoted::already(from_row),
        has_rows,
        has_messages,
        has_events: has_rows || has_messages,
        published,
        of_rows: rows,
        of_messages: messages,
    };
    let program = ProgramView {
        library: RustPath::new(&library.replace('-', "_")),
        service: RustDoc::new(service.name.as_str()),
    };
    let mut files = vec![
        ("src/lib.rs", context.templates.render("consumers/producer/lib.rs", &view)?),
        ("src/bin/relay.rs", context.templates.render("consumers/producer/relay.rs", &program)?),
    ];
    files.extend(snapshots.map(|text| ("src/snapshots.rs", text)));
    Ok(files)
}

#[derive(Serialize)]
struct ProgramView {
    library: RustPath,
    service: RustDoc,
}

/// The function that publishes an event for a service: `publish_user_created`, `publish_user_created_v2`; of another service's topic
/// with that before it.
pub(super) fn function(register: &Register, service: &Service, topic: &Topic, event: &Event) -> RustPath {
    let owner = &register.services[topic.service];
    let of = if std::ptr::eq(owner, service) { String::new() } else { format!("{}_", owner.name.value) };
    let version = if event.version == 1 { String::new() } else { format!("_v{}", event.version) };
    RustPath::new(&rust_identifier(&format!("publish_{of}{}{version}", event.name.value)))
}

struct Maker<'a> {
    context: Context<'a>,
    service: &'a Service,
    used: Used,
    view: Vec<PublishedView>,
    rows: Vec<OfRowView>,
    messages: Vec<OfMessageView>,
}

impl Maker<'_> {
    fn topic(&mut self, id: TopicId) {
        let register = self.context.register;
        let topic = &register.topics[id];
        for event_id in &topic.events {
            let event = &register.events[*event_id];
            let Some(on_wire) = self.context.wire.events.get(event_id) else { continue };
            let Some(envelope) = self.envelope(id, *event_id) else { continue };
            match &topic.subject {
                TopicSubject::Table { table, .. } => {
                    // Triggers write those that follow from a change of a row.
                    if !(topic.outbox_by_trigger && event.trigger.is_some()) {
                        let view = self.of_row(topic, *table, event, on_wire, envelope);
                        self.rows.push(view);
                    }
                }
                TopicSubject::AllProducers { key } => {
                    let key = key
                        .as_ref()
                        .and_then(|key| event.fields.iter().position(|field| field.name.value == key.value));
                    let key =
                        key.and_then(|place| on_wire.fields.get(place)).map(|field| rust::field(&field.name));
                    let key = key.map_or_else(
                        || "String::new()".to_owned(),
                        |field| format!("event.{}.to_string()", field.as_str()),
                    );
                    self.messages.push(OfMessageView {
                        function: self.function(topic, event),
                        doc: Quoted::already(self.doc(event, "the application says so")),
                        envelope,
                        message: rust::message(&on_wire.message),
                        key: Quoted::already(key),
                    });
                }
                TopicSubject::Unresolved => {}
            }
        }
    }

    /// The envelope of an event, which the relay learns of, too.
    fn envelope(&mut self, topic: TopicId, id: EventId) -> Option<EnvelopeView> {
        let (register, wire) = (self.context.register, self.context.wire);
        let (event, on_wire) = (&register.events[id], wire.events.get(&id)?);
        let (name, envelope) = (wire.topics.get(&topic)?, wire.envelopes.get(&topic)?);
        let kind = format!(
            "Kind {{ producer: SERVICE, topic: {}, event_type: {}, version: {} }}",
            RustString::new(name).as_str(),
            RustString::new(event.name.as_str()).as_str(),
            event.version
        );
        self.view.push(PublishedView {
            topic: RustString::new(name),
            event_type: RustString::new(event.name.as_str()),
            version: event.version,
            envelope: RustString::new(&envelope.full()),
            member: RustString::new(&on_wire.member),
        });
        Some(EnvelopeView {
            path: rust::message(envelope),
            event: rust::envelope_event(envelope),
            variant: rust::variant(&on_wire.member),
            kind: Quoted::already(kind),
        })
    }

    /// `publish_user_created`, `publish_user_created_v2`; of another service's topic with that before it.
    fn function(&self, topic: &Topic, event: &Event) -> RustPath {
        function(self.context.register, self.service, topic, event)
    }

    fn doc(&self, event: &Event, occasion: &str) -> String {
        let version = if event.version == 1 { String::new() } else { format!(", version {}", event.version) };
        format!("Publishes {}{version}: {occasion}.", MarkdownCode::new(event.name.as_str()).as_str())
    }

    fn of_row(
        &mut self,
        topic: &Topic,
        table_id: TableId,
        event: &Event,
        on_wire: &EventOnWire,
        envelope: EnvelopeView,
    ) -> OfRowView {
        let register = self.context.register;
        let table = &register.tables[table_id];
        let name = MarkdownCode::new(table.name.as_str());
        let name = name.as_str();
        let occasion = match event.trigger {
            Some(EventTrigger::Created) => format!("a row of {name} was created"),
            Some(EventTrigger::Updated) => format!("a row of {name} has changed"),
            Some(EventTrigger::Deleted) if table.soft_delete.is_some() => {
                format!("a row of {name} was marked as deleted, or is about to be removed")
            }
            Some(EventTrigger::Deleted) => format!("a row of {name} is about to be removed"),
            None => format!("about a row of {name}"),
        };
        let identifying = register.identifying_columns(table_id);
        let (keys, conditions) = keys(table, &identifying, register);
        // In front are the key, what the event tells of, the version and the time.
        let fields =
            on_wire.columns.iter().zip(&on_wire.fields).enumerate().map(|(place, (column, field))| {
                let column_type = &table.columns[*column].data_type.value;
                self.context.field_of_row(column_type, field, place + 4, &mut self.used)
            });
        let mut fields: Vec<FieldView> = fields.collect();
        let added: Vec<AddedView> = on_wire
            .fields
            .iter()
            .skip(on_wire.columns.len())
            .map(|field| AddedView {
                name: rust::field(&field.name),
                kind: rust::field_type(field),
                doc: Quoted::already(format!("The field {}.", MarkdownCode::new(&field.name).as_str())),
            })
            .collect();
        fields.extend(added.iter().map(|field| FieldView {
            name: field.name.clone(),
            value: Quoted::already(format!("added.{}", field.name.as_str())),
        }));
        let missing = match event.trigger {
            Some(EventTrigger::Created | EventTrigger::Updated) if table.soft_delete.is_some() => {
                "There is no such row, or it is marked as deleted"
            }
            _ => "There is no such row",
        };
        OfRowView {
            function: self.function(topic, event),
            doc: Quoted::already(self.doc(event, &occasion)),
            missing: Quoted::already(missing),
            envelope,
            message: rust::message(&on_wire.message),
            table: RustString::new(table.name.as_str()),
            query: RustString::with_lines(&self.query(topic, table, event, on_wire, &conditions)),
            keys,
            fields,
            added: RustPath::new(&format!("{}Fields", rust::type_name(&event_type(event)))),
            has_added: !added.is_empty(),
            added_fields: added,
        }
    }

    /// Reads a row, and locks it: whoever changes it next writes its event behind this one.
    fn query(
        &self,
        topic: &Topic,
        table: &Table,
        event: &Event,
        on_wire: &EventOnWire,
        conditions: &[String],
    ) -> String {
        let TopicSubject::Table { key, id, .. } = &topic.subject else { return String::new() };
        let mark = table.soft_delete.as_ref().and_then(|mark| table.columns.get(mark.value));
        let mark = mark.map(|column| qualified(column.name.as_str()));
        let version = qualified(ROW_VERSION_COLUMN);
        let version = match (event.trigger, &mark) {
            (Some(EventTrigger::Deleted), Some(mark)) => {
                format!("CASE WHEN {mark} IS NULL THEN {version} + 1 ELSE {version} END")
            }
            (Some(EventTrigger::Deleted), None) => format!("{version} + 1"),
            (Some(_), _) => version,
            (None, _) => "NULL::bigint".to_owned(),
        };
        let mut selected = vec![
            key_of_row(table, &column_indices(key), qualified),
            key_of_row(table, &column_indices(id), qualified),
            version,
            "(extract(epoch FROM now()) * 1000000)::bigint".to_owned(),
        ];
        selected.extend(on_wire.columns.iter().map(|column| {
            let column = &table.columns[*column];
            self.context.selected(&column.data_type.value, column.name.as_str())
        }));
        let is_live = match (event.trigger, mark) {
            (Some(EventTrigger::Created | EventTrigger::Updated), Some(mark)) => {
                Some(format!("{mark} IS NULL"))
            }
            _ => None,
        };
        let conditions: Vec<&str> = conditions.iter().map(String::as_str).chain(is_live.as_deref()).collect();
        format!(
            "SELECT {}\nFROM {} AS {ALIAS}\nWHERE {}\nFOR NO KEY UPDATE",
            selected.join(",\n    "),
            table_in_sql(table),
            conditions.join(" AND ")
        )
    }
}

/// What is told apart by version.
fn event_type(event: &Event) -> String {
    if event.version == 1 {
        event.name.value.clone()
    } else {
        format!("{}_v{}", event.name.value, event.version)
    }
}

/// A table with its schema, whatever the search path is.
pub(super) fn table_in_sql(table: &Table) -> String {
    format!("{}.{}", identifier(table.sql_schema()).as_str(), identifier(table.sql_name()).as_str())
}
