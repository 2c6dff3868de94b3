//! Triggers: what an update must set, and what it must not change; what wakes the relay.

use super::Lowering;
use crate::names::shortened;
use crate::schema::{Function, ObjectName, Table, Trigger, TriggerEvent, TriggerLevel, TriggerTiming};
use crate::semantic::model::{self, OUTBOX_CHANNEL, ROW_VERSION_COLUMN, TopicSubject};
use crate::sql::{Literal, columns_of, write_identifier};
use std::collections::{BTreeMap, BTreeSet};
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
            for column in fixed_columns(declaration, topic) {
                statements += &refuse_change(name, column, topic.name.as_str());
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

/// The columns that order and identify the events of a table, in the order of the table.
fn fixed_columns<'a>(table: &'a model::Table, topic: &model::Topic) -> Vec<&'a str> {
    let TopicSubject::Table { key, id, .. } = &topic.subject else { return Vec::new() };
    let numbers: BTreeSet<usize> = key.iter().chain(id).map(|column| column.value).collect();
    numbers
        .iter()
        .filter_map(|number| table.columns.get(*number))
        .map(|column| column.name.as_str())
        .collect()
}

fn refuse_change(table: &ObjectName, column: &str, topic: &str) -> String {
    let field = identifier(column);
    let detail = format!("Events of topic {topic} are identified or ordered by it.");
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
