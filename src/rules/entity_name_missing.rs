//! Rule `entity-name-missing`: a table that has to be named in the singular and is not.

use super::support::text::singular;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{TableId, TopicSubject};
use crate::source::Place;
use heck::ToUpperCamelCase;
use std::collections::BTreeMap;

pub(super) const RULE: Rule = Rule {
    name: "entity-name-missing",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports a table that a `topic` or the `api` uses and that has no `entity`.

## Why it is bad

Messages, events and RPCs speak of one row: `GetUser` gives a `User`. The singular of a table's name cannot be
derived reliably, and it is on the wire for good.

## How to mend it

Give the table `entity=`, in the singular, such as `entity=User`.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
    }
    api {
        get users name=GetUser
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
    api {
        get users name=GetUser
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let mut uses: BTreeMap<TableId, Vec<(Place, &str)>> = BTreeMap::new();
    for topic in register.topics.values() {
        if let TopicSubject::Table { table, .. } = &topic.subject {
            uses.entry(*table).or_default().push((topic.name.place, "its events are named after a row"));
        }
    }
    for rpc in register.rpcs.values() {
        if let Some(table) = rpc.table {
            uses.entry(table).or_default().push((rpc.place, "serves rows of it"));
        }
    }
    for (id, places) in uses {
        let table = &register.tables[id];
        if table.entity.is_some() {
            continue;
        }
        let suggested = singular(table.name.as_str()).to_upper_camel_case();
        let message = format!("table `{}` has no `entity`, which its messages need", register.table_path(id));
        let mut finding = RULE.finding(message).at(table.name.place, "what is one row called?");
        for (place, why) in places {
            finding = finding.at(place, why);
        }
        let line = super::support::lines::line("table", &[table.name.as_str()], &[("entity", &suggested)]);
        findings.push(finding.help("name a row in the singular, in the line that opens the table").fix(line));
    }
}
