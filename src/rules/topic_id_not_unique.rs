//! Rule `topic-id-not-unique`: events that do not say which row they are about.

use super::support::text::column_list;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, Table, Topic, TopicSubject, column_indices};

pub(super) const RULE: Rule = Rule {
    name: "topic-id-not-unique",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports a topic whose `id` holds no key of its table: not the primary key (in a partitioned table it may go without
the partition columns), no unique key without `where` over columns that are never NULL. Also one that has no `id` since
the table has no primary key.

## Why it is bad

Consumers know a row by the `id` of its events. With one that several rows share, a read copy mixes them up, a delete
event deletes too much, and versions are compared between rows that have nothing to do with each other.

## How to mend it

Leave `id` out, so that it is the primary key; or name columns that are unique.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column username text
    }
    topic identity.user of=users key=username id=username {
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
        column username text unique
    }
    topic identity.user of=users key=username id=username {
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
        let TopicSubject::Table { table, id, .. } = &topic.subject else { continue };
        let table = &register.tables[*table];
        let columns = column_indices(id);
        if !identifies(table, &columns) {
            let place = id.first().map_or(topic.place, |column| column.place);
            findings.push(finding(topic, table, &columns, place));
        }
    }
}

fn identifies(table: &Table, id: &[ColumnIndex]) -> bool {
    if id.is_empty() {
        return false;
    }
    let partition =
        table.partition.as_ref().map_or_else(Vec::new, |partition| column_indices(&partition.columns));
    let mut primary_key = table.primary_key_columns();
    primary_key.retain(|column| !partition.contains(column) || id.contains(column));
    let holds = |key: &Vec<ColumnIndex>| {
        !key.is_empty() && key.iter().all(|column| id.contains(column) && table.is_required(*column))
    };
    holds(&primary_key) || table.keys().iter().any(holds)
}

fn finding(topic: &Topic, table: &Table, id: &[ColumnIndex], place: crate::source::Place) -> Finding {
    let name = topic.name.as_str();
    let rows = table.name.as_str();
    if id.is_empty() {
        return RULE
            .finding(format!("events of topic `{name}` cannot say which row of `{rows}` they are about"))
            .at(place, "has no `id`")
            .at(table.name.place, "has no primary key")
            .help("give the table a primary key, or name columns that are unique in `id`");
    }
    let columns = column_list(table, id);
    let mut finding = RULE
        .finding(format!("`{columns}`, the `id` of topic `{name}`, does not identify a row of `{rows}`"))
        .at(place, "several rows may share it");
    for column in id {
        let column = &table.columns[*column];
        let why = if column.nullable { "may be NULL" } else { "in no key that the `id` holds as a whole" };
        finding = finding.at(column.name.place, why);
    }
    finding
        .help("leave `id` out, so that it is the primary key; or name columns that are unique and never NULL")
}
