//! Rule `delete-event-missing`: a delete policy that nothing would set off.

use super::support::lines::{column_property, line};
use super::support::references_across;
use super::support::text::singular;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{EventTrigger, OnDelete, Projection, Reference, Table, TableId, Topic};
use heck::ToUpperCamelCase;

pub(super) const RULE: Rule = Rule {
    name: "delete-event-missing",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a `reference` with `on-delete=delete`, `soft-delete` or `nullify` to a table for which its owner publishes no
event with `when=deleted`, and a `projection` of a table whose topic has none.

## Why it is bad

The policy is applied by a consumer of that event. Without the event nothing is ever applied, and every deleted row
leaves orphans in other services. A read copy keeps showing a row that its owner has deleted.

## How to mend it

The owner publishes the event. Where the rows are meant to stay, say `on-delete=keep`. Where the owner never deletes a
row, allow it in the `projection` with that as the reason.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column user_id uuid
        reference user_id to=identity.users on-delete=delete
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
    }
    topic identity.user of=users key=id {
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column user_id uuid
        reference user_id to=identity.users on-delete=delete
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for (reference, table, target) in references_across(register) {
        let needs_event = reference.on_delete.value != OnDelete::Keep;
        if needs_event && !publishes_deletes(register, target) {
            findings.push(finding(register, reference, table, target));
        }
    }
    for projection in register.projections.values() {
        // Without a topic there is no event at all: rule `projection-column-not-carried` reports that.
        let source = projection.source.filter(|source| !publishes_deletes(register, *source));
        let Some(topic) = source.and_then(|source| register.tables[source].topic) else { continue };
        findings.extend(
            source.map(|source| copy_of_deleted(register, projection, source, &register.topics[topic])),
        );
    }
}

/// A read copy that never hears of a deleted row.
fn copy_of_deleted(register: &Register, projection: &Projection, source: TableId, topic: &Topic) -> Finding {
    let path = register.table_path(source);
    let name = projection.name.as_str();
    let message = format!("`{name}` keeps rows of `{path}` that their owner has deleted");
    RULE.finding(message)
        .at(projection.source_place, "never hears of deleted rows")
        .at(topic.name.place, "has no event with `when=deleted`")
        .help(format!(
            "add the event to topic `{}`; where no row of `{path}` is ever deleted, allow it in `{name}` with that as the reason",
            topic.name.value
        ))
        .fix(deleted_event(&register.tables[source]))
}

fn deleted_event(table: &Table) -> String {
    line("event", &[&format!("{}Deleted", entity_name(table))], &[("when", "deleted")])
}

fn publishes_deletes(register: &Register, table: TableId) -> bool {
    register.tables[table].topic.is_some_and(|topic| {
        let mut triggers = register.topics[topic].events.iter().map(|event| register.events[*event].trigger);
        triggers.any(|trigger| trigger == Some(EventTrigger::Deleted))
    })
}

fn finding(register: &Register, reference: &Reference, table: &Table, target_id: TableId) -> Finding {
    let target = &register.tables[target_id];
    let owner = register.services[target.service].name.as_str();
    let path = register.table_path(target_id);
    let policy = match reference.on_delete.value {
        OnDelete::Delete => "delete",
        OnDelete::SoftDelete => "soft-delete",
        OnDelete::Nullify => "nullify",
        OnDelete::Keep => "keep",
    };
    let message = format!(
        "`on-delete={policy}` of `{}` never happens: `{owner}` publishes no delete event of `{path}`",
        table.name.value
    );
    let finding = RULE
        .finding(message)
        .at(reference.on_delete.place, "applied by a consumer of the delete event")
        .at(reference.place, format!("refers to `{path}`"));
    let event = deleted_event(target);
    match target.topic {
        Some(topic) => finding
            .at(register.topics[topic].place, "has no event with `when=deleted`")
            .help(format!(
                "add the event to topic `{}`; or keep the rows with `on-delete=keep`",
                register.topics[topic].name.value
            ))
            .fix(event),
        None => {
            let entity = entity_name(target);
            let name = format!("{owner}.{}", heck::ToSnakeCase::to_snake_case(entity.as_str()));
            let key = column_property(target, &target.primary_key_columns());
            let topic = line("topic", &[&name], &[("of", target.name.as_str()), ("key", &key)]);
            finding
                .at(target.name.place, "has no topic")
                .help(format!("publish the event in `{owner}`; or keep the rows with `on-delete=keep`"))
                .fix(format!("{topic} {{\n    {event}\n}}"))
        }
    }
}

fn entity_name(table: &Table) -> String {
    match &table.entity {
        Some(entity) => entity.value.clone(),
        None => singular(table.name.as_str()).to_upper_camel_case(),
    }
}
