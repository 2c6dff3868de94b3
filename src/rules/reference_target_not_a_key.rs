//! Rule `reference-target-not-a-key`: a reference to columns that do not identify a row.

use super::support::text::{column_list, count, located_columns};
use super::support::{Keys, references_across};
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, Reference, Table, TableId, same_columns};

pub(super) const RULE: Rule = Rule {
    name: "reference-target-not-a-key",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a `reference` whose target is neither the owner's primary key, nor a unique key without `where`, nor the `id` of
the owner's topic; or has another number of columns than the reference.

## Why it is bad

Such a reference may point at several rows, or at none in particular: no check on insert and no delete event could
say which.

## How to mend it

Refer to the table, which means the `id` of its topic or else its primary key, or to a unique column of it. If the
column is meant to identify rows, its owner has to declare it `unique`.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
        column username text
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column username text
        reference username to=identity.users.username on-delete=keep
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
        column username text unique
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column username text
        reference username to=identity.users.username on-delete=keep
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let mut keys = Keys::new(register);
    for (reference, table, target) in references_across(register) {
        let columns = register.reference_target(reference).unwrap_or_default();
        let is_id = register.topic_id(target).is_some_and(|id| same_columns(&id, &columns));
        let is_key = is_id || keys.has(target, &columns);
        if columns.is_empty() || !is_key {
            findings.push(not_a_key(register, reference, target, &columns));
        } else if columns.len() != reference.columns.len() {
            findings.push(other_number(register, reference, table, target, &columns));
        }
    }
}

fn not_a_key(register: &Register, reference: &Reference, id: TableId, columns: &[ColumnIndex]) -> Finding {
    let target = &register.tables[id];
    let path = register.table_path(id);
    let Some(column) = &reference.target_column else {
        return RULE
            .finding(format!("`{path}` has no key to refer to"))
            .at(reference.target_place, "refers to its primary key")
            .at(target.name.place, "neither a primary key nor a topic with an `id`")
            .help("give the table a primary key");
    };
    let name = column_list(target, columns);
    let finding = RULE
        .finding(format!("`{name}` of `{path}` does not identify a row"))
        .at(reference.target_place, "no primary key, no unique key without `where`, no `id` of a topic")
        .at(target.columns[column.value].place, "several rows may have the same value here");
    match partial_unique(target, column.value) {
        Some(place) => finding
            .at(place, "unique only among some rows")
            .help("refer to the primary key, or make the column unique over all rows"),
        None => finding.help("refer to the primary key, or make the column unique"),
    }
}

fn partial_unique(target: &Table, column: ColumnIndex) -> Option<crate::source::Place> {
    let mut partial = target.uniques.iter().filter(|unique| unique.predicate.is_some());
    partial
        .find(|unique| matches!(unique.columns.as_slice(), [only] if only.value == column))
        .map(|u| u.place)
}

fn other_number(
    register: &Register,
    reference: &Reference,
    table: &Table,
    id: TableId,
    columns: &[ColumnIndex],
) -> Finding {
    let target = &register.tables[id];
    let path = register.table_path(id);
    let message = format!(
        "{} of `{}` cannot refer to `{path}`, whose key has {}",
        count(reference.columns.len(), "column"),
        table.name.value,
        columns.len()
    );
    RULE.finding(message)
        .at(reference.place, format!("refers by ({})", located_columns(table, &reference.columns)))
        .at(target.name.place, format!("identified by ({})", column_list(target, columns)))
        .help("name as many columns as the key has, in its order")
}
