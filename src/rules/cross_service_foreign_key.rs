//! Rule `cross-service-foreign-key`: a foreign key into a table of another service.

use super::support::lines::ReferenceLine;
use super::support::means::Means;
use super::support::text::located_columns;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ForeignKey, ForeignKeyAction, Table, TableId, column_indices};

pub(super) const RULE: Rule = Rule {
    name: "cross-service-foreign-key",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a `foreign-key` whose target is a table of another service, and says how grave it is: **P0** when it changes
or deletes rows of the service that refers (`cascade`, `set-null`, `set-default`), **P1** when it blocks the owner
(`no-action`, `restrict`).

## Why it is bad

A constraint needs both tables in one database, so neither service can have its own. A P0 one lets the owner of the
target delete or change rows of another service without that service knowing. A P1 one stops the owner from
deleting its own row until somebody else has cleaned up.

## How to mend it

Write the `reference` that the finding offers. It yields an index, a check on insert, a consumer of the owner's delete
event that applies `on-delete`, and a query for orphans. `cascade` becomes `delete` (`soft-delete` where both tables
mark deleted rows), `set-null` becomes `nullify`, everything else `keep`.
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
        column user_id uuid
        index user_id
        foreign-key user_id to=identity.users on-delete=no-action
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
        index user_id
        reference user_id to=identity.users on-delete=keep verify=none
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let means = Means::new(register);
    for table in register.tables.values() {
        for foreign_key in &table.foreign_keys {
            let across = foreign_key.target.filter(|id| register.tables[*id].service != table.service);
            if let Some(target) = across {
                findings.push(finding(register, &means, table, foreign_key, target));
            }
        }
    }
}

fn finding(
    register: &Register,
    means: &Means,
    table: &Table,
    foreign_key: &ForeignKey,
    target_id: TableId,
) -> Finding {
    let target = &register.tables[target_id];
    let own_service = register.services[table.service].name.as_str();
    let owner = register.services[target.service].name.as_str();
    let path = register.table_path(target_id);
    let columns = located_columns(table, &foreign_key.columns);
    let effect = if changes_rows(foreign_key) {
        format!("P0: `{owner}` changes or deletes rows of `{own_service}`")
    } else {
        format!("P1: `{own_service}` blocks `{owner}`")
    };
    let message = format!("{effect}: foreign key `{}` ({columns}) points at `{path}`", table.name.value);
    let mut finding = RULE.finding(message).at(foreign_key.place, what_it_does(foreign_key, owner));
    if let Some(place) = foreign_key.on_delete_place {
        finding = finding.at(place, "what happens to these rows when that one goes");
    }
    finding = finding.at(target.name.place, format!("`{path}` is owned by `{owner}`"));
    let target_columns = foreign_key.target_columns.clone().unwrap_or_else(|| target.primary_key_columns());
    let line = ReferenceLine {
        table,
        columns: &column_indices(&foreign_key.columns),
        target: target_id,
        target_columns: &target_columns,
        on_delete: Some(policy(foreign_key.on_delete, table, target)),
    };
    match line.write(register, means) {
        Some(line) => finding.help("refer to it without a constraint, in place of the foreign key").fix(line),
        None => finding.help(format!("write a `reference` to the `id` or a key of `{path}` in its place")),
    }
}

fn changes_rows(foreign_key: &ForeignKey) -> bool {
    [foreign_key.on_delete, foreign_key.on_update]
        .into_iter()
        .any(|action| !matches!(action, ForeignKeyAction::NoAction | ForeignKeyAction::Restrict))
}

fn what_it_does(foreign_key: &ForeignKey, owner: &str) -> String {
    let by_delete = match foreign_key.on_delete {
        ForeignKeyAction::Cascade => Some("deletes these rows when"),
        ForeignKeyAction::SetNull => Some("sets these columns to NULL when"),
        ForeignKeyAction::SetDefault => Some("sets these columns to their defaults when"),
        ForeignKeyAction::NoAction | ForeignKeyAction::Restrict => None,
    };
    match by_delete {
        Some(effect) => format!("{effect} `{owner}` deletes its row"),
        None if changes_rows(foreign_key) => format!("changes these rows when `{owner}` changes its key"),
        None => format!("keeps `{owner}` from deleting its row while these are there"),
    }
}

/// The policy of a reference that comes closest. A default cannot be applied from an event.
fn policy(action: ForeignKeyAction, table: &Table, target: &Table) -> &'static str {
    match action {
        ForeignKeyAction::Cascade if table.soft_delete.is_some() && target.soft_delete.is_some() => {
            "soft-delete"
        }
        ForeignKeyAction::Cascade => "delete",
        ForeignKeyAction::SetNull => "nullify",
        ForeignKeyAction::SetDefault | ForeignKeyAction::NoAction | ForeignKeyAction::Restrict => "keep",
    }
}
