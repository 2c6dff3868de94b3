//! Rule `projection-column-not-carried`: a read copy of what no event brings.

use super::support::lines::line;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{
    ColumnIndex, Event, EventTrigger, ProjectedColumn, Projection, Table, TableId, Topic,
};

pub(super) const RULE: Rule = Rule {
    name: "projection-column-not-carried",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a column of a `projection` that the owner's created and updated events do not both carry, and a projection
of a table for which there are no such events.

## Why it is bad

A read copy knows only what events bring. A column that none carries stays empty; one that only the created event
carries goes stale with the first update.

## How to mend it

The owner lets the topic carry the column, or the copy does without it. The columns of the topic's `id` are in every
event.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column username text
        column locale text
    }
    topic identity.user of=users key=id {
        carries username
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    projection accounts of=identity.users {
        carries username locale
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column username text
        column locale text
    }
    topic identity.user of=users key=id {
        carries username locale
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    projection accounts of=identity.users {
        carries username locale
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for projection in register.projections.values() {
        let Some(source) = projection.source else { continue };
        let Some(topic) = register.tables[source].topic.map(|topic| &register.topics[topic]) else {
            findings.push(without_topic(register, projection, source));
            continue;
        };
        let mut filling = Vec::new();
        for (trigger, word) in [(EventTrigger::Created, "created"), (EventTrigger::Updated, "updated")] {
            match newest(register, topic, trigger) {
                Some(event) => filling.push(event),
                None => findings.push(without_event(register, projection, source, topic, word)),
            }
        }
        check_columns(register, projection, source, topic, &filling, findings);
    }
}

fn check_columns(
    register: &Register,
    projection: &Projection,
    source: TableId,
    topic: &Topic,
    filling: &[&Event],
    findings: &mut Vec<Finding>,
) {
    let table = &register.tables[source];
    let id = register.topic_id(source).unwrap_or_default();
    for column in &projection.columns {
        // A private column is not to be carried: rule `private-column-exposed` reports the copy of it.
        if id.contains(&column.source) || table.columns[column.source].private {
            continue;
        }
        let missing = filling.iter().copied().filter(|event| !carries(topic, event, column.source));
        let missing: Vec<&Event> = missing.collect();
        if !missing.is_empty() {
            findings.push(not_carried(projection, table, topic, column, &missing));
        }
    }
}

/// A read copy is filled by the newest version; older ones are there for those who have not followed yet.
fn newest<'a>(register: &'a Register, topic: &Topic, trigger: EventTrigger) -> Option<&'a Event> {
    let events = topic.events.iter().map(|event| &register.events[*event]);
    events.filter(|event| event.trigger == Some(trigger)).max_by_key(|event| event.version)
}

fn carries(topic: &Topic, event: &Event, column: ColumnIndex) -> bool {
    topic.carries.iter().chain(&event.carries).any(|carried| carried.value == column)
}

fn not_carried(
    projection: &Projection,
    table: &Table,
    topic: &Topic,
    column: &ProjectedColumn,
    missing: &[&Event],
) -> Finding {
    let name = table.columns[column.source].name.as_str();
    let events: Vec<String> = missing.iter().map(|event| format!("`{}`", event.name.value)).collect();
    let message =
        format!("`{}` copies `{name}`, which {} do not carry", projection.name.value, events.join(" and "))
            .replace(" do not", if missing.len() == 1 { " does not" } else { " do not" });
    let mut finding = RULE
        .finding(message)
        .at(column.name.place, "copied here")
        .at(table.columns[column.source].name.place, "the column");
    for event in missing {
        finding = finding.at(event.name.place, format!("does not carry `{name}`"));
    }
    finding
        .help(format!("let topic `{}` carry the column; or do without it in the copy", topic.name.value))
        .fix(line("carries", &[name], &[]))
}

fn without_topic(register: &Register, projection: &Projection, source: TableId) -> Finding {
    let table = &register.tables[source];
    let path = register.table_path(source);
    RULE.finding(format!("`{}` copies `{path}`, which publishes no events", projection.name.value))
        .at(projection.source_place, "nothing would ever fill this copy")
        .at(table.name.place, "has no topic")
        .help(format!(
            "give `{path}` a topic with events for created, updated and deleted rows that carry the columns"
        ))
}

fn without_event(
    register: &Register,
    projection: &Projection,
    source: TableId,
    topic: &Topic,
    trigger: &str,
) -> Finding {
    let path = register.table_path(source);
    let table = register.tables[source].name.place;
    RULE.finding(format!(
        "`{}` copies `{path}`, but topic `{}` has no event with `when={trigger}`",
        projection.name.value, topic.name.value
    ))
    .at(projection.source_place, format!("never hears of {trigger} rows"))
    .at(topic.name.place, format!("has no event with `when={trigger}`"))
    .at(table, "the table that is copied")
    .help(format!("add an event with `when={trigger}` to the topic"))
}
