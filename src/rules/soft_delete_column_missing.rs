//! Rule `soft-delete-column-missing`: rows that are to be marked, and nothing to mark them with.

use super::support::references_across;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{OnDelete, Table};

pub(super) const RULE: Rule = Rule {
    name: "soft-delete-column-missing",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports a `reference` with `on-delete=soft-delete` in a table that has no `soft-delete` column.

## Why it is bad

The rows are to be marked as deleted once the owner's row is gone, and there is nothing to mark them with.

## How to mend it

Give the table a nullable column and name it in `soft-delete`; or choose another policy.
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
        reference user_id to=identity.users on-delete=soft-delete
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
        column deleted_at timestamptz nullable
        reference user_id to=identity.users on-delete=soft-delete
        soft-delete deleted_at
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for (reference, table, _) in references_across(register) {
        if reference.on_delete.value == OnDelete::SoftDelete && table.soft_delete.is_none() {
            let message =
                format!("`on-delete=soft-delete` in `{}`, which has no soft-delete column", table.name.value);
            let finding = RULE
                .finding(message)
                .at(reference.on_delete.place, "marks rows as deleted")
                .at(reference.place, "the reference")
                .at(table.name.place, "has nothing to mark them with");
            findings.push(mend(table, finding));
        }
    }
}

fn mend(table: &Table, finding: Finding) -> Finding {
    match table.column_index("deleted_at") {
        Some(column) => finding
            .at(table.columns[column].place, "this is not declared as the mark")
            .help("declare the column as the mark")
            .fix("soft-delete deleted_at"),
        None => finding
            .help("give the table a column for the mark")
            .fix("column deleted_at timestamptz nullable\nsoft-delete deleted_at"),
    }
}
