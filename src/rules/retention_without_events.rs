//! Rule `retention-without-events`: rows that go without anybody being told.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::PartitionMethod;

pub(super) const RULE: Rule = Rule {
    name: "retention-without-events",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports `keep-months` in a table that has a topic.

## Why it is bad

`keep-months` drops whole partitions. No row is deleted, so no delete event is sent, and read copies and references in
other services keep what is gone here.

## How to mend it

Remove `keep-months` and delete old rows one by one, so that each is told of; or take the topic away, if nobody needs to
know about these rows.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service content {
    database content on=main
    table posts entity=Post {
        column id uuid
        column created_at timestamptz
        primary-key id created_at
        partition created_at by=range { every month; from "2026-01"; keep-months 24 }
    }
    topic content.post of=posts key=id {
        event PostDeleted when=deleted
    }
}
service feed {
    database feed on=main
    consumes content.PostDeleted
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service content {
    database content on=main
    table posts entity=Post {
        column id uuid
        column created_at timestamptz
        primary-key id created_at
        partition created_at by=range { every month; from "2026-01" }
    }
    topic content.post of=posts key=id {
        event PostDeleted when=deleted
    }
}
service feed {
    database feed on=main
    consumes content.PostDeleted
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for table in register.tables.values() {
        let Some(PartitionMethod::Range(range)) = table.partition.as_ref().map(|partition| &partition.method)
        else {
            continue;
        };
        if let (Some(months), Some(topic)) = (&range.keep_months, table.topic) {
            let topic = &register.topics[topic];
            let message = format!(
                "`{}` drops rows after {} months, and topic `{}` tells nobody",
                table.name.value, months.value, topic.name.value
            );
            findings.push(
                RULE.finding(message)
                    .at(months.place, "drops whole partitions, without an event for any row")
                    .at(topic.name.place, "promises to tell of every row")
                    .help("remove `keep-months` and delete old rows one by one; or take the topic away"),
            );
        }
    }
}
