//! Rule `cascade-cycle`: delete policies that set each other off.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::graph::{self, CascadeNode, CascadeStep, RowState};
use crate::semantic::Register;
use crate::semantic::model::Located;
use crate::source::Place;

pub(super) const RULE: Rule = Rule {
    name: "cascade-cycle",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports delete policies that lead from table to table and back. A foreign key with `on-delete=cascade` removes rows when
rows are removed; a reference with `on-delete=delete` removes rows, and one with `soft-delete` marks them, when rows of
the other service are removed or marked. Marking a row sets off no foreign key. A table that cascades to itself is fine:
it ends with its own rows.

## Why it is bad

Deleting one row may go around and take far more than anybody meant: which rows, only the data says. Across services
each round is a round of events, and the rows in between are half gone for as long as it takes.

## How to mend it

Decide which table owns the other. The policy in the other direction becomes `nullify` or `keep` (`set-null` or
`restrict` of a foreign key).
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service files {
    database files on=main
    table folders {
        column id uuid primary-key
        column cover_id uuid nullable
        foreign-key cover_id to=documents on-delete=cascade
        index cover_id
    }
    table documents {
        column id uuid primary-key
        column folder_id uuid
        foreign-key folder_id to=folders on-delete=cascade
        index folder_id
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service files {
    database files on=main
    table folders {
        column id uuid primary-key
        column cover_id uuid nullable
        foreign-key cover_id to=documents on-delete=set-null
        index cover_id
    }
    table documents {
        column id uuid primary-key
        column folder_id uuid
        foreign-key folder_id to=folders on-delete=cascade
        index folder_id
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let graph = graph::cascades(register);
    for cycle in graph::shortest_cycles(&graph) {
        let steps: Vec<(CascadeNode, CascadeNode, CascadeStep)> = cycle
            .iter()
            .filter_map(|edge| {
                let (from, to) = graph.edge_endpoints(*edge)?;
                Some((graph[from], graph[to], *graph.edge_weight(*edge)?))
            })
            .collect();
        let Some((first, ..)) = steps.first() else { continue };
        let path = steps.iter().map(|(from, ..)| from).chain([first]);
        let names: Vec<String> = path.map(|node| format!("`{}`", register.table_path(node.table))).collect();
        let mut finding = RULE.finding(format!("deleting goes around in a circle: {}", names.join(" -> ")));
        for (from, to, step) in &steps {
            finding = finding.at(place(register, *step), what_happens(register, *from, *to));
        }
        findings.push(
            finding.help("decide which table owns the other; let the other direction set to NULL, or keep"),
        );
    }
}

fn place(register: &Register, step: CascadeStep) -> Place {
    match step {
        CascadeStep::ForeignKey { table, number } => register.tables[table].foreign_keys[number].place,
        CascadeStep::Reference(reference) => register.references[reference].place,
    }
}

fn what_happens(register: &Register, from: CascadeNode, to: CascadeNode) -> String {
    let name = |node: CascadeNode| {
        let table = &register.tables[node.table];
        Located::as_str(&table.name).to_owned()
    };
    let word = |state| match state {
        RowState::Removed => "removed",
        RowState::Marked => "marked as deleted",
    };
    format!(
        "when a row of `{}` is {}, rows of `{}` are {}",
        name(from),
        word(from.state),
        name(to),
        word(to.state)
    )
}
