//! Rule `reference-type-mismatch`: a reference between columns of different types.

use super::support::references_across;
use super::support::types::keys_agree;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "reference-type-mismatch",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a column of a `reference` whose type is not that of the column it points at. Texts may differ in their limit
as long as the referring one is not the shorter.

## Why it is bad

Keys that the owner hands out may not fit, or never be found again: every comparison needs a cast, and a cast keeps
the index from being used. There is no constraint to refuse the first wrong value.

## How to mend it

Give the column the type of the key that it holds.
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
        column user_id text
        reference user_id to=identity.users on-delete=keep
    }
}
"#,
    passes: r#"
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
        reference user_id to=identity.users on-delete=keep
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for (reference, table, target_id) in references_across(register) {
        let target = &register.tables[target_id];
        let columns = register.reference_target(reference).unwrap_or_default();
        if columns.len() != reference.columns.len() {
            continue;
        }
        for (own, other) in reference.columns.iter().zip(columns) {
            let (own, other) = (&table.columns[own.value], &target.columns[other]);
            if keys_agree(register, &own.data_type.value, &other.data_type.value) {
                continue;
            }
            let own_type = register.type_name(&own.data_type.value);
            let other_type = register.type_name(&other.data_type.value);
            let path = register.table_path(target_id);
            let message = format!(
                "`{}.{}` is `{own_type}`, but `{path}.{}` is `{other_type}`",
                table.name.value, own.name.value, other.name.value
            );
            let finding = RULE
                .finding(message)
                .at(own.data_type.place, format!("`{own_type}`"))
                .at(other.data_type.place, format!("`{other_type}`"))
                .at(reference.place, "the reference");
            findings.push(finding.help(format!("make `{}` a `{other_type}`", own.name.value)));
        }
    }
}
