//! Rule `duplicate-table`: one table with two owners.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::TableId;
use indexmap::IndexMap;

pub(super) const RULE: Rule = Rule {
    name: "duplicate-table",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a table that two services own: one name in one PostgreSQL schema, as the databases see it (`as=` and
`schema=` count). Read copies are no owners and may have the name of what they copy.

## Why it is bad

Two tables of one name hold the same facts twice, and nothing keeps them in step; or they hold different facts, and
every conversation, query and grant about them has to say which is meant.

## How to mend it

Decide who owns the facts. The others call the owner, or keep a `projection`. Where the two are different things,
give one another name, or allow it with the reason.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
    }
}
service profiles {
    database profiles on=main
    table users {
        column id uuid primary-key
        column display_name text
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
service profiles {
    database profiles on=main
    table user_profiles {
        column id uuid primary-key
        column display_name text
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let mut by_name: IndexMap<(&str, &str), Vec<TableId>> = IndexMap::new();
    for (id, table) in register.tables.iter() {
        by_name.entry((table.sql_schema(), table.sql_name())).or_default().push(id);
    }
    for ((_, name), tables) in by_name {
        findings.extend(finding(register, name, &tables));
    }
}

/// The second owner is where the mistake is; a table that is twice in one service is a collision of names.
fn finding(register: &Register, name: &str, tables: &[TableId]) -> Option<Finding> {
    let first = tables.first()?;
    let owner = register.tables[*first].service;
    let others: Vec<&TableId> = tables.iter().filter(|id| register.tables[**id].service != owner).collect();
    if others.is_empty() {
        return None;
    }
    let owners = tables.iter().map(|id| register.services[register.tables[*id].service].name.as_str());
    let mut owners: Vec<String> = owners.map(|name| format!("`{name}`")).collect();
    owners.dedup();
    let mut finding = RULE.finding(format!("table `{name}` has several owners: {}", owners.join(", ")));
    for id in others.into_iter().chain([first]) {
        let table = &register.tables[*id];
        let service = register.services[table.service].name.as_str();
        finding = finding
            .at(table.name.place, format!("`{service}` owns it with {}", columns(table.columns.len())));
    }
    Some(finding.help(
        "decide who owns it; the others call the owner or keep a `projection`; rename one where they are different things",
    ))
}

fn columns(number: usize) -> String {
    super::support::text::count(number, "column")
}
