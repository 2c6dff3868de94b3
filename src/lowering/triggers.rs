//! Triggers: what an update must set, and what it must not change; what wakes the relay.

use super::Lowering;
use crate::names::shortened;
use crate::schema::{Function, ObjectName, Table, Trigger, TriggerEvent, TriggerLevel, TriggerTiming};
use crate::semantic::model::{self, OUTBOX_CHANNEL, ROW_VERSION_COLUMN, TopicSubject};
use crate::sql::{Literal, columns_of, write_identifier};
use std::collections::BTreeMap;
use std::fmt::Write;

impl Lowering<'_> {
    /// One trigger and one function for each table with `on-update-sql` or a topic.
    pub(super) fn add_update_trigger(
        &mut self,
        declaration: &model::Table,
        name: &ObjectName,
        table: &mut Table,
    ) {
        let mut statements = String::new();
        let mut purposes = Vec::new();
        if let Some(topic) = declaration.topic {
            let topic = &self.register.topics[topic];
            for (column, reason) in fixed_columns(declaration, topic) {
                statements += &refuse_change(name, column, &reason);
            }
            purposes.push(format!("counts {ROW_VERSION_COLUMN} up"));
            purposes
                .push(format!("keeps what the events of {} are identified and ordered by", topic.name.value));
        }
        for column in &declaration.columns {
            if let Some(text) = &column.on_update_sql {
                statements += &assignment(name, column.name.as_str(), text.as_str());
                purposes.push(format!("sets {}", column.name.value));
            }
        }
        if declaration.topic.is_some() {
            let _ = writeln!(statements, "    NEW.{ROW_VERSION_COLUMN} := OLD.{ROW_VERSION_COLUMN} + 1;");
        }
        if statements.is_empty() {
            return;
        }
        let own_name = shortened(&name.name, "_before_update");
        let function = Function {
            returns: "trigger".to_owned(),
            settings: BTreeMap::new(),
            body: format!("\nBEGIN\n{statements}    RETURN NEW;\nEND\n"),
            comment: Some(format!("Generated: {}.", purposes.join(", "))),
        };
        let called = ObjectName::new(&name.schema, &own_name);
        self.schema.functions.insert(called.clone(), function);
        let trigger = Trigger {
            timing: TriggerTiming::Before,
            level: TriggerLevel::Row,
            events: vec![TriggerEvent::Update],
            function: called,
        };
        table.triggers.insert(own_name, trigger);
    }

    /// Wakes the relay when rows of the outbox are committed. A transaction notifies once, however many rows it writes.
    pub(super) fn add_outbox_notification(&mut self, name: &ObjectName, table: &mut Table) {
        let own_name = shortened(&name.name, "_after_insert");
        let function = Function {
            returns: "trigger".to_owned(),
            settings: BTreeMap::new(),
            body: format!("\nBEGIN\n    NOTIFY {};\n    RETURN NULL;\nEND\n", identifier(OUTBOX_CHANNEL)),
            comment: Some("Generated: wakes the relay once the rows are committed.".to_owned()),
        };
        let called = ObjectName::new(&name.schema, &own_name);
        self.schema.functions.insert(called.clone(), function);
        let trigger = Trigger {
            timing: TriggerTiming::After,
            level: TriggerLevel::Statement,
            events: vec![TriggerEvent::Insert],
            function: called,
        };
        table.triggers.insert(own_name, trigger);
    }
}

/// The columns that cannot change, in the order of the table, each with the reason: those that order and identify events, and with
/// `outbox=trigger` those that choose the partition, since a row that moves to another one is deleted and inserted.
fn fixed_columns<'a>(table: &'a model::Table, topic: &model::Topic) -> Vec<(&'a str, String)> {
    let TopicSubject::Table { key, id, .. } = &topic.subject else { return Vec::new() };
    let topic_name = &topic.name.value;
    let identified = format!("Events of topic {topic_name} are identified or ordered by it.");
    let moved =
        format!("The row would move to another partition, and topic {topic_name} tell of a deletion.");
    let chosen = table.partition.iter().flat_map(|partition| &partition.columns);
    let chosen = chosen.filter(|_| topic.outbox_by_trigger).map(|column| (column.value, moved.clone()));
    let identifying = key.iter().chain(id).map(|column| (column.value, identified.clone()));
    // The later of two reasons for a column counts.
    let reasons: BTreeMap<usize, String> = chosen.chain(identifying).collect();
    let named = |(number, reason): (usize, String)| Some((table.columns.get(number)?.name.as_str(), reason));
    reasons.into_iter().filter_map(named).collect()
}

fn refuse_change(table: &ObjectName, column: &str, detail: &str) -> String {
    let field = identifier(column);
    format!(
        "    IF NEW.{field} IS DISTINCT FROM OLD.{field} THEN
        RAISE EXCEPTION 'column \"%\" of table \"%\" cannot change', {column}, {name}
            USING ERRCODE = 'integrity_constraint_violation',
                DETAIL = {detail},
                HINT = 'Delete the row and insert another one.',
                SCHEMA = {schema}, TABLE = {name}, COLUMN = {column};
    END IF;
",
        column = Literal::text(column),
        name = Literal::text(&table.name),
        schema = Literal::text(&table.schema),
        detail = Literal::text(detail),
    )
}

/// An expression that uses columns sees those of the new row.
fn assignment(table: &ObjectName, column: &str, text: &str) -> String {
    let field = identifier(column);
    if columns_of(text).is_empty() {
        return format!("    NEW.{field} := {text};\n");
    }
    format!("    SELECT {text} INTO NEW.{field} FROM (SELECT NEW.*) AS {};\n", identifier(&table.name))
}

/// A name as it stands in SQL.
pub(super) fn identifier(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    // Writing to a String cannot fail.
    let _ = write_identifier(&mut text, name);
    text
}
