//! Rule `compact-key-not-id`: a compacted topic that forgets rows.

use super::support::lines::column_property;
use super::support::text::column_list;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{TopicSubject, column_indices, same_columns};

pub(super) const RULE: Rule = Rule {
    name: "compact-key-not-id",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports a topic flagged `compact` whose `key` is not its `id`.

## Why it is bad

Kafka keeps only the newest message of each key of a compacted topic. With a key that several rows share, the newest event of
one row removes those of the others, and whoever reads the topic from its start never hears of them.

## How to mend it

Key the topic by its `id`, or leave `compact` out.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service orders {
    database orders on=main
    table orders entity=Order {
        column id bigint primary-key
        column buyer_id uuid
    }
    topic orders.order of=orders key=buyer_id compact {
        event OrderDeleted when=deleted
    }
}
service search {
    database search on=main
    consumes orders.OrderDeleted
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service orders {
    database orders on=main
    table orders entity=Order {
        column id bigint primary-key
        column buyer_id uuid
    }
    topic orders.order of=orders key=id compact {
        event OrderDeleted when=deleted
    }
}
service search {
    database search on=main
    consumes orders.OrderDeleted
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for topic in register.topics.values() {
        let (Some(compact), TopicSubject::Table { table, key, id }) = (topic.compact, &topic.subject) else {
            continue;
        };
        let (key_columns, id_columns) = (column_indices(key), column_indices(id));
        if id.is_empty() || same_columns(&key_columns, &id_columns) {
            continue;
        }
        let table = &register.tables[*table];
        let message = format!(
            "compacted topic `{}` is keyed by ({}), which is not its `id` ({})",
            topic.name.value,
            column_list(table, &key_columns),
            column_list(table, &id_columns)
        );
        let mut finding = RULE.finding(message).at(compact, "keeps only the newest message of each key");
        for column in key {
            finding = finding.at(column.place, "several rows may share it");
        }
        let mend = format!("key={}", column_property(table, &id_columns));
        findings.push(finding.help("key the topic by its `id`, or leave `compact` out").fix(mend));
    }
}
