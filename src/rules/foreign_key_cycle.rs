//! Rule `foreign-key-cycle`: tables none of which can have the first row.

use super::support::text::located_columns;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::graph;
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-cycle",
    severity: Severity::Error,
    scope: Scope::Service,
    unsilenceable: Some("no order of statements makes such tables, and none fills them"),
    page: "
## What it does

Reports tables whose foreign keys lead from one to the next and back, all over columns that are not `nullable`; also a
table with such a foreign key to itself. A foreign key with a nullable column breaks the cycle.

## Why it is bad

Each row has to be there before the other: no order of inserts works, no order of deletes, no restore of a table alone.
Only constraints that are put off to the end of the transaction would let a first row in.

## How to mend it

Make one of the columns `nullable`, and fill it in once the other row is there. Often one direction is superfluous: it
says what the other one says already.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service chat {
    database chat on=main
    table conversations {
        column id uuid primary-key
        column last_message_id uuid
        foreign-key last_message_id to=messages
        index last_message_id
    }
    table messages {
        column id uuid primary-key
        column conversation_id uuid
        foreign-key conversation_id to=conversations
        index conversation_id
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service chat {
    database chat on=main
    table conversations {
        column id uuid primary-key
        column last_message_id uuid nullable
        foreign-key last_message_id to=messages
        index last_message_id
    }
    table messages {
        column id uuid primary-key
        column conversation_id uuid
        foreign-key conversation_id to=conversations
        index conversation_id
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let graph = graph::required_foreign_keys(register);
    for cycle in graph::shortest_cycles(&graph) {
        let edges: Vec<_> = cycle.iter().filter_map(|edge| graph.edge_weight(*edge)).collect();
        let Some(first) = edges.first() else { continue };
        let path = edges.iter().map(|edge| edge.table).chain([first.table]);
        let names: Vec<String> = path.map(|id| format!("`{}`", register.tables[id].name.value)).collect();
        let message = match edges.as_slice() {
            [_] => format!("every row of {} needs another of the same table", names[0]),
            _ => format!("no row can come first: {}", names.join(" -> ")),
        };
        let mut finding = RULE.finding(message);
        for edge in &edges {
            let table = &register.tables[edge.table];
            let foreign_key = &table.foreign_keys[edge.number];
            let target =
                foreign_key.target.map(|id| register.tables[id].name.value.clone()).unwrap_or_default();
            let columns = located_columns(table, &foreign_key.columns);
            let label = format!("a row of `{}` needs one of `{target}` by ({columns})", table.name.value);
            finding = finding.at(foreign_key.place, label);
        }
        findings.push(
            finding.help("make one of these columns `nullable`, and fill it in once the other row is there"),
        );
    }
}
