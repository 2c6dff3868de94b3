//! `outbox=trigger`: the trigger that writes a table's events to the outbox, for services that cannot do it themselves.
//!
//! A payload is JSON, as Protobuf writes the event; a relay makes the message of it. Names in it are those on the wire, which
//! never change, so a relay understands what was written before a migration as well as what is written after it.

use super::Lowering;
use super::triggers::identifier;
use crate::names::shortened;
use crate::schema::{Function, ObjectName, Table, Trigger, TriggerEvent, TriggerLevel, TriggerTiming};
use crate::semantic::model::{
    self, ColumnIndex, ColumnType, Event, EventId, EventTrigger, Located, OUTBOX_TABLE, ROW_VERSION_COLUMN,
    Topic, TopicSubject, column_indices,
};
use crate::sql::Literal;
use crate::wire::{EventOnWire, FieldType, Form, key_of_row};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the text of values depends on, set while the function runs: whoever changes a row may have other settings.
const SETTINGS: [(&str, &str); 4] = [
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "iso_8601"),
    ("TimeZone", "UTC"),
    ("extra_float_digits", "1"),
];

/// Headers of a row whose payload is JSON.
const HEADERS: &str = r#"{"content-type": "application/json"}"#;

/// PostgreSQL takes 100 arguments in a call; each field is two.
const FIELDS_OF_A_CALL: usize = 50;

impl Lowering<'_> {
    /// One trigger and one function for a table whose topic says `outbox=trigger`.
    pub(super) fn add_outbox_trigger(
        &mut self,
        declaration: &model::Table,
        name: &ObjectName,
        table: &mut Table,
    ) {
        let Some(topic) = declaration.topic.map(|id| &self.register.topics[id]) else { return };
        if !topic.outbox_by_trigger {
            return;
        }
        let branches = self.branches(declaration, topic);
        if branches.is_empty() {
            return;
        }
        let mut body = String::from("\nBEGIN\n");
        for (number, (event, statements)) in branches.iter().enumerate() {
            let word = if number == 0 { "IF" } else { "ELSIF" };
            let _ =
                writeln!(body, "    {word} TG_OP = '{}' THEN\n{}", operation(*event), statements.trim_end());
        }
        body += "    END IF;\n    RETURN NULL;\nEND\n";
        let own_name = shortened(&name.name, "_after_change");
        let called = ObjectName::new(&name.schema, &own_name);
        let settings = SETTINGS.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let function = Function {
            returns: "trigger".to_owned(),
            settings: BTreeMap::from(settings),
            body,
            comment: Some(format!("Generated: writes events of {} to the outbox.", topic.name.value)),
        };
        self.schema.functions.insert(called.clone(), function);
        let trigger = Trigger {
            timing: TriggerTiming::After,
            level: TriggerLevel::Row,
            events: branches.iter().map(|(event, _)| *event).collect(),
            function: called,
        };
        table.triggers.insert(own_name, trigger);
    }

    /// What is done on each change of a row on which an event may follow.
    fn branches(&self, declaration: &model::Table, topic: &Topic) -> Vec<(TriggerEvent, String)> {
        let row = Row { declaration, topic };
        let of = |occasion: EventTrigger| -> Vec<EventId> {
            let events = topic.events.iter().copied();
            events.filter(|id| self.register.events[*id].trigger == Some(occasion)).collect()
        };
        let [created, updated, deleted] =
            [EventTrigger::Created, EventTrigger::Updated, EventTrigger::Deleted].map(of);
        let write = |events: &[EventId], record, version: &str| -> String {
            events.iter().filter_map(|id| self.insertion(row, *id, record, version)).collect()
        };
        let mark = row.mark();
        let is_live = |record: &str| mark.as_ref().map(|mark| format!("{record}.{mark} IS NULL"));
        let version = |record: &str| format!("{record}.{ROW_VERSION_COLUMN}");
        let when_created = under(is_live("NEW").as_deref(), &write(&created, "NEW", &version("NEW")));
        let removed = write(&deleted, "OLD", &format!("{} + 1", version("OLD")));
        let when_removed = under(is_live("OLD").as_deref(), &removed);
        let mut when_updated = String::new();
        for id in &updated {
            let Some(statement) = self.insertion(row, *id, "NEW", &version("NEW")) else { continue };
            let condition = row.is_changed(&self.register.events[*id], mark.as_deref());
            when_updated +=
                &condition.map_or_else(String::new, |condition| under(Some(&condition), &statement));
        }
        if let Some(mark) = &mark {
            let marked = format!("NEW.{mark} IS NOT NULL AND OLD.{mark} IS NULL");
            when_updated += &under(Some(&marked), &write(&deleted, "NEW", &version("NEW")));
        }
        let all = [
            (TriggerEvent::Insert, when_created),
            (TriggerEvent::Update, when_updated),
            (TriggerEvent::Delete, when_removed),
        ];
        all.into_iter().filter(|(_, statements)| !statements.is_empty()).collect()
    }

    /// The statement that writes an event of a row to the outbox.
    fn insertion(&self, row: Row<'_>, id: EventId, record: &str, version: &str) -> Option<String> {
        let event = &self.register.events[id];
        let on_wire = self.wire.events.get(&id)?;
        let topic = self.wire.topics.get(&event.topic)?;
        let (TopicSubject::Table { key, id, .. }, payload) =
            (&row.topic.subject, self.payload(row, on_wire, record))
        else {
            return None;
        };
        Some(format!(
            "INSERT INTO public.{OUTBOX_TABLE} (
    topic, event_type, event_version, partition_key, aggregate_id, row_version, payload, headers
) VALUES (
    {}, {}, {},
    {},
    {},
    {version},
    convert_to(({payload})::text, 'UTF8'),
    {}
);
",
            Literal::text(topic),
            Literal::text(event.name.as_str()),
            event.version,
            row.key(key, record),
            row.key(id, record),
            Literal::text(HEADERS),
        ))
    }

    /// The event as JSON.
    fn payload(&self, row: Row<'_>, event: &EventOnWire, record: &str) -> String {
        let fields: Vec<String> = event
            .columns
            .iter()
            .zip(&event.fields)
            .map(|(column, field)| {
                let column = &row.declaration.columns[*column];
                let value = format!("{record}.{}", identifier(column.name.as_str()));
                let json = self.json(&column.data_type.value, &value, &field.kind);
                format!("\n        {}, {json}", Literal::text(&field.name))
            })
            .collect();
        let calls =
            fields.chunks(FIELDS_OF_A_CALL).map(|some| format!("jsonb_build_object({})", some.join(",")));
        calls.collect::<Vec<_>>().join(" || ")
    }

    /// A value as JSON; that of a nullable array is a message with the array in it.
    fn json(&self, column_type: &ColumnType, value: &str, kind: &FieldType) -> String {
        let labels: Vec<(&str, &str)> = match column_type {
            ColumnType::Enum(id, _) => {
                let labels = self.register.enums[*id].values.iter().map(|value| value.name.as_str());
                let names = self.wire.enums.get(id).into_iter().flat_map(|on_wire| &on_wire.values);
                labels.zip(names.map(String::as_str)).collect()
            }
            _ => Vec::new(),
        };
        let json = Form::of(column_type).to_json(value, &labels);
        let FieldType::Message(name) = kind else { return json };
        match self.wire.lists.get(name) {
            Some(values) => format!(
                "CASE WHEN {value} IS NOT NULL THEN jsonb_build_object({}, {json}) END",
                Literal::text(&values.name)
            ),
            None => json,
        }
    }
}

/// A table with its topic.
#[derive(Clone, Copy)]
struct Row<'a> {
    declaration: &'a model::Table,
    topic: &'a Topic,
}

impl Row<'_> {
    /// The column that marks a row as deleted.
    fn mark(self) -> Option<String> {
        let column = self.declaration.soft_delete.as_ref()?;
        Some(identifier(self.declaration.columns.get(column.value)?.name.as_str()))
    }

    /// Whether an update is one that the event tells of: what it carries has changed, or the row is no longer marked as
    /// deleted. Binary images are compared: every type has one, and what differs on the wire differs in it. Without the cast,
    /// PostgreSQL would compare value by value.
    fn is_changed(self, event: &Event, mark: Option<&str>) -> Option<String> {
        let carried = self
            .topic
            .carries
            .iter()
            .chain(&event.carries)
            .map(|column| &self.declaration.columns[column.value]);
        let names: Vec<String> = carried
            .filter(|column| column.on_update_sql.is_none())
            .map(|column| identifier(column.name.as_str()))
            .collect();
        let image = |record: &str| {
            let values: Vec<String> = names.iter().map(|name| format!("{record}.{name}")).collect();
            format!("ROW({})::record", values.join(", "))
        };
        let differs = (!names.is_empty()).then(|| format!("{} *<> {}", image("NEW"), image("OLD")));
        match (mark, differs) {
            (None, differs) => differs,
            (Some(mark), None) => Some(format!("NEW.{mark} IS NULL AND OLD.{mark} IS NOT NULL")),
            (Some(mark), Some(differs)) => {
                Some(format!("NEW.{mark} IS NULL AND (OLD.{mark} IS NOT NULL OR {differs})"))
            }
        }
    }

    /// Columns as the key of a message: text, of several columns a JSON array of texts.
    fn key(self, columns: &[Located<ColumnIndex>], record: &str) -> String {
        let columns = column_indices(columns);
        key_of_row(self.declaration, &columns, |column| format!("{record}.{}", identifier(column)))
    }
}

/// Statements under a condition, indented as the body of a function is; nothing where there are none.
fn under(condition: Option<&str>, statements: &str) -> String {
    let indented = |depth: usize| -> String {
        let lines = statements.lines().map(|line| format!("{}{line}\n", " ".repeat(depth)));
        lines.collect()
    };
    match condition {
        _ if statements.is_empty() => String::new(),
        None => indented(8),
        Some(condition) => format!("        IF {condition} THEN\n{}        END IF;\n", indented(12)),
    }
}

fn operation(event: TriggerEvent) -> &'static str {
    match event {
        TriggerEvent::Insert => "INSERT",
        TriggerEvent::Update => "UPDATE",
        TriggerEvent::Delete => "DELETE",
    }
}
