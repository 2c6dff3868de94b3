//! Rule `unknown-extension`: an extension that nobody knows by this name.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::suggest::nearest;
use crate::sql::extension_names;
use foldhash::HashSet;

pub(super) const RULE: Rule = Rule {
    name: "unknown-extension",
    severity: Severity::Warning,
    scope: Scope::Service,
    unsilenceable: None,
    page: "
## What it does

Reports an `extension` that neither comes with PostgreSQL nor is one of those that are well known.

## Why it is bad

It may be misspelt: then PostgreSQL refuses the migration when it runs. Besides, a service with an extension that is not
known may use types, functions and operators that nobody can check here, so that less is found in its expressions.

## How to mend it

Write the extension as PostgreSQL does: `CREATE EXTENSION` takes this very name. Where it is one of your own, `allow` this
rule in the service, with that as the reason.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    extension citex
    table orders {
        column id bigint identity primary-key
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    extension citext
    table orders {
        column id bigint identity primary-key
    }
}
"#,
    check,
};

/// Names that people write for others: of a project, of a package.
const HABITS: &[(&str, &str)] = &[
    ("pgvector", "vector"),
    ("uuid", "uuid-ossp"),
    ("uuid_ossp", "uuid-ossp"),
    ("trgm", "pg_trgm"),
    ("crypto", "pgcrypto"),
    ("timescale", "timescaledb"),
];

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let known: HashSet<&str> = extension_names().collect();
    for service in register.services.values() {
        let unknown = service.extensions.iter().filter(|extension| !known.contains(extension.as_str()));
        findings.extend(unknown.map(|extension| {
            let name = extension.as_str();
            let finding = RULE
                .finding(format!("no extension `{name}` comes with PostgreSQL or is well known"))
                .at(extension.place, "not a known extension");
            let habit = HABITS.iter().find(|(habit, _)| *habit == name).map(|(_, meant)| *meant);
            match habit.or_else(|| nearest(name, extension_names())) {
                Some(near) => finding.help(format!("perhaps `{near}` is meant")),
                None => finding.help("if it is one of your own, `allow` this rule in the service"),
            }
        }));
    }
}
