//! Rule `private-column-exposed`: a private column that leaves its service.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, Located, Rpc, RpcKind, Table, TableId, Topic, TopicSubject};
use crate::source::Place;
use std::collections::BTreeSet;

pub(super) const RULE: Rule = Rule {
    name: "private-column-exposed",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a column flagged `private` that an event carries, a topic is keyed or identified by, a `projection` copies, an
RPC selects or orders by, or a `reference` of another service points at. Messages made from a table leave private
columns out by themselves.

## Why it is bad

`private` says that the value never leaves the service. An event keeps it for as long as the topic does, in everybody's
hands; an order or a selection by it lets a caller work it out.

## How to mend it

Take the column out of there. If it is not a secret after all, remove the flag.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column password_hash text private
    }
    topic identity.user of=users key=id {
        carries password_hash
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
        column password_hash text private
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
    let mut exposures = Exposures { register, reported: BTreeSet::new(), findings };
    for topic in register.topics.values() {
        exposures.topic(topic);
    }
    for projection in register.projections.values() {
        let Some(source) = projection.source else { continue };
        for column in projection.key.iter().chain(&projection.columns) {
            let how = format!("copied by `{}`", register.services[projection.service].name.value);
            exposures.column(source, column.source, column.name.place, &how);
        }
    }
    for rpc in register.rpcs.values() {
        if let Some(table) = rpc.table {
            exposures.rpc(rpc, table);
        }
    }
    for reference in register.references.values() {
        if let (Some(target), Some(column)) = (reference.target, &reference.target_column) {
            let referring = register.tables[reference.table].service;
            let how = format!("stored by `{}`", register.services[referring].name.value);
            if referring != register.tables[target].service {
                exposures.column(target, column.value, column.place, &how);
            }
        }
    }
}

struct Exposures<'a> {
    register: &'a Register,
    /// A key that is the `id` by default is written nowhere but once: each column at each place counts once.
    reported: BTreeSet<(Place, TableId, ColumnIndex)>,
    findings: &'a mut Vec<Finding>,
}

impl Exposures<'_> {
    fn topic(&mut self, topic: &Topic) {
        let TopicSubject::Table { table, key, id } = &topic.subject else { return };
        self.columns(*table, key, "orders the events of the topic");
        self.columns(*table, id, "identifies rows in the events of the topic");
        self.columns(*table, &topic.carries, "carried by every event of the topic");
        for event in &topic.events {
            let event = &self.register.events[*event];
            self.columns(*table, &event.carries, &format!("carried by `{}`", event.name.value));
        }
    }

    fn rpc(&mut self, rpc: &Rpc, table: TableId) {
        self.columns(table, &rpc.by, &format!("`{}` selects by it", rpc.name.value));
        if let RpcKind::List { order, .. } = &rpc.kind {
            for (column, _) in order {
                self.column(table, column.value, column.place, &format!("`{}` orders by it", rpc.name.value));
            }
        }
        let lists_all = matches!(rpc.kind, RpcKind::List { .. });
        if rpc.by.is_empty() && !lists_all && self.register.tables[table].topic.is_none() {
            for column in self.register.tables[table].primary_key_columns() {
                self.column(table, column, rpc.place, &format!("`{}` selects by it", rpc.name.value));
            }
        }
    }

    fn columns(&mut self, table: TableId, columns: &[Located<ColumnIndex>], how: &str) {
        for column in columns {
            self.column(table, column.value, column.place, how);
        }
    }

    fn column(&mut self, id: TableId, number: ColumnIndex, place: Place, how: &str) {
        let table: &Table = &self.register.tables[id];
        let column = &table.columns[number];
        if column.private && self.reported.insert((place, id, number)) {
            let owner = self.register.services[table.service].name.as_str();
            let message =
                format!("private column `{}.{}` leaves `{owner}`", table.name.value, column.name.value);
            let finding = RULE
                .finding(message)
                .at(place, how)
                .at(column.name.place, "private")
                .help("take the column out of there; or remove `private`, if it is no secret");
            self.findings.push(finding);
        }
    }
}
