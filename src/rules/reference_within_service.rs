//! Rule `reference-within-service`: a reference where a foreign key can be.

use super::support::lines::line;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{OnDelete, Reference, Table};

pub(super) const RULE: Rule = Rule {
    name: "reference-within-service",
    severity: Severity::Error,
    scope: Scope::Service,
    unsilenceable: None,
    page: "
## What it does

Reports a `reference` to a table of the same service.

## Why it is bad

Both tables are in one database, so PostgreSQL can keep them consistent at every moment. A reference keeps them so
only in the end, and the service would have to consume its own events.

## How to mend it

Write a `foreign-key`. Where rows are only marked as deleted, the service marks the others in the same transaction.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
    }
    table sessions {
        column id uuid primary-key
        column user_id uuid
        index user_id
        reference user_id to=identity.users on-delete=delete
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
    table sessions {
        column id uuid primary-key
        column user_id uuid
        index user_id
        foreign-key user_id to=users on-delete=cascade
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for reference in register.references.values() {
        let table = &register.tables[reference.table];
        let Some(target) = reference.target.map(|id| &register.tables[id]) else { continue };
        if target.service != table.service {
            continue;
        }
        let owner = &register.services[table.service];
        let message = format!("`{}` refers to `{}` of the same service", table.name.value, target.name.value);
        let finding = RULE
            .finding(message)
            .at(reference.place, "crosses no service")
            .at(target.name.place, format!("owned by `{}` as well", owner.name.value))
            .help("in one database a foreign key does this better");
        findings.push(match foreign_key_line(reference, table, target) {
            Some(line) => finding.fix(line),
            None => finding,
        });
    }
}

/// A column that points there only in some rows cannot be a foreign key.
fn foreign_key_line(reference: &Reference, table: &Table, target: &Table) -> Option<String> {
    if reference.when.is_some() {
        return None;
    }
    let to = match &reference.target_column {
        Some(column) => format!("{}.{}", target.name.value, target.columns[column.value].name.value),
        None => target.name.value.clone(),
    };
    let on_delete = match reference.on_delete.value {
        OnDelete::Delete => "cascade",
        OnDelete::Nullify => "set-null",
        OnDelete::SoftDelete | OnDelete::Keep => "no-action",
    };
    let columns = reference.columns.iter().map(|column| table.columns[column.value].name.as_str());
    Some(line("foreign-key", &columns.collect::<Vec<_>>(), &[("to", &to), ("on-delete", on_delete)]))
}
