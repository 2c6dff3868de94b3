//! Rule `shared-database`: two services with one database.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{Database, Service};
use indexmap::IndexMap;

pub(super) const RULE: Rule = Rule {
    name: "shared-database",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports services that name the same `database`. Several databases may live on one `server`; a name on two servers
still counts as one database, since the roles that are made for it carry its name.

## Why it is bad

Whoever shares a database reads and locks the other's tables, waits for the other's migrations, and uses up the
other's connections. No grant can tell the two apart, so ownership is only a promise.

## How to mend it

Give each service a database of its own. They may stay on one server.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service orders {
    database shop on=main
    table orders {
        column id bigint primary-key
    }
}
service payments {
    database shop on=main
    table payments {
        column id bigint primary-key
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service orders {
    database shop_orders on=main
    table orders {
        column id bigint primary-key
    }
}
service payments {
    database shop_payments on=main
    table payments {
        column id bigint primary-key
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let mut by_name: IndexMap<&str, Vec<(&Service, &Database)>> = IndexMap::new();
    for service in register.services.values() {
        if let Some(database) = &service.database {
            by_name.entry(database.name.as_str()).or_default().push((service, database));
        }
    }
    for (name, mut users) in by_name {
        if users.len() < 2 {
            continue;
        }
        let names: Vec<String> =
            users.iter().map(|(service, _)| format!("`{}`", service.name.value)).collect();
        // The first service has it; the mistake is where the second takes it too.
        users.rotate_left(1);
        let mut finding = RULE.finding(format!("database `{name}` is shared by {}", names.join(", ")));
        for (service, database) in users {
            let own = format!("{name}_{}", service.name.value);
            finding =
                finding.at(database.place, format!("`{}` keeps its tables in `{name}`", service.name.value));
            if finding.help.is_none() {
                finding = finding.help(format!("give each service a database of its own, such as `{own}`"));
            }
        }
        findings.push(finding);
    }
}
