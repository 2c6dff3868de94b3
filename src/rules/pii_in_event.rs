//! Rule `pii-in-event`: personal data in an event.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, Event, FieldType, Located, TableId, TopicSubject};
use crate::source::Place;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    name: "pii-in-event",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a column flagged `pii` that an event carries, that keys or identifies a topic, or that is in an entity which an
event has as a field.

## Why it is bad

An event lies in the topic for as long as it is retained, and with every consumer for as long as that likes. When the
person asks to be forgotten, there is no row to delete.

## How to mend it

Take the column out and let those who need it ask the owner by RPC. Where it has to be carried, allow it with the reason.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column email text pii
    }
    topic identity.user of=users key=id {
        carries email
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    consumes identity.UserDeleted
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column email text pii
    }
    topic identity.user of=users key=id {
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    consumes identity.UserDeleted
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for topic in register.topics.values() {
        let name = topic.name.as_str();
        if let TopicSubject::Table { table, key, id } = &topic.subject {
            // One column in several roles is one thing to mend: it is reported where it is named first.
            let mut reported = BTreeSet::new();
            for columns in [key, id, &topic.carries] {
                report(register, *table, columns, &format!("topic `{name}`"), &mut reported, findings);
            }
            for event in &topic.events {
                let event = &register.events[*event];
                let by = format!("event `{}`", event.name.value);
                report(register, *table, &event.carries, &by, &mut reported, findings);
            }
        }
        for event in &topic.events {
            report_entities(register, &register.events[*event], findings);
        }
    }
}

fn report(
    register: &Register,
    table: TableId,
    columns: &[Located<ColumnIndex>],
    by: &str,
    reported: &mut BTreeSet<ColumnIndex>,
    findings: &mut Vec<Finding>,
) {
    for column in columns {
        let is_personal = register.tables[table].columns[column.value].pii;
        if is_personal && reported.insert(column.value) {
            findings.push(finding(register, table, column.value, column.place, by));
        }
    }
}

/// A message made from a table has all its columns but the private ones.
fn report_entities(register: &Register, event: &Event, findings: &mut Vec<Finding>) {
    for field in &event.fields {
        let FieldType::Entity(table) = field.kind.value else { continue };
        for (number, column) in register.tables[table].columns.iter().enumerate() {
            if column.pii && !column.private {
                let by = format!("event `{}`", event.name.value);
                findings.push(finding(register, table, number, field.kind.place, &by));
            }
        }
    }
}

fn finding(register: &Register, table: TableId, column: ColumnIndex, place: Place, by: &str) -> Finding {
    let column = &register.tables[table].columns[column];
    let path = register.table_path(table);
    RULE.finding(format!("{by} carries personal data: `{path}.{}`", column.name.value))
        .at(place, "kept by the topic and by every consumer")
        .at(column.name.place, "personal data")
        .help("let those who need it ask the owner by RPC; or allow it with the reason")
}
