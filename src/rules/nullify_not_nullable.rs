//! Rule `nullify-not-nullable`: a delete policy that sets to NULL what cannot be NULL.

use super::support::{foreign_keys_within, references_across};
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, ForeignKeyAction, Located, OnDelete, Table};
use crate::source::Place;

pub(super) const RULE: Rule = Rule {
    name: "nullify-not-nullable",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports a `reference` with `on-delete=nullify`, or a `foreign-key` with `on-delete=set-null` or `on-update=set-null`,
over a column that cannot be NULL: it is not `nullable`, or it is in the primary key.

## Why it is bad

The policy fails whenever it is needed. A foreign key then keeps the row from being deleted; a consumer of events
fails on that event for ever.

## How to mend it

Make the column `nullable`, or choose another policy.
",
    fires: r#"
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
        reference user_id to=identity.users on-delete=nullify
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
        column user_id uuid nullable
        reference user_id to=identity.users on-delete=nullify
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for (reference, table, _) in references_across(register) {
        if reference.on_delete.value == OnDelete::Nullify {
            let places = (reference.on_delete.place, reference.place);
            findings.extend(finding(table, &reference.columns, "on-delete=nullify", places));
        }
    }
    for (foreign_key, id, _) in foreign_keys_within(register) {
        let table = &register.tables[id];
        let actions =
            [("on-delete=set-null", foreign_key.on_delete), ("on-update=set-null", foreign_key.on_update)];
        for (policy, action) in actions {
            if action == ForeignKeyAction::SetNull {
                let places = (foreign_key.on_delete_place.unwrap_or(foreign_key.place), foreign_key.place);
                findings.extend(finding(table, &foreign_key.columns, policy, places));
            }
        }
    }
}

fn finding(
    table: &Table,
    columns: &[Located<ColumnIndex>],
    policy: &str,
    (policy_place, node): (Place, Place),
) -> Option<Finding> {
    let required: Vec<_> = columns.iter().filter(|column| table.is_required(column.value)).collect();
    let first = required.first()?;
    let message = format!(
        "`{policy}` sets `{}.{}` to NULL, which it cannot be",
        table.name.value, table.columns[first.value].name.value
    );
    let mut finding =
        RULE.finding(message).at(policy_place, "sets the columns to NULL").at(node, "of these rows");
    for column in required {
        let in_key = table.primary_key_columns().contains(&column.value);
        let why = if in_key { "part of the primary key" } else { "not `nullable`" };
        finding = finding.at(table.columns[column.value].name.place, why);
    }
    Some(finding.help("make the column `nullable`, or choose another policy"))
}
