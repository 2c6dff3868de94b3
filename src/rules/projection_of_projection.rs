//! Rule `projection-of-projection`: a copy of a copy.

use super::support::lines::line;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "projection-of-projection",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a `projection` of another service's projection.

## Why it is bad

A read copy publishes nothing, so a copy of it would never be filled. And it would come late twice, through a service
that does not own the data and may stop keeping it.

## How to mend it

Copy from the service that owns the table, whose events fill the copy.
",
    fires: r#"
server main class=db.t3.small storage-gb=20 max-connections=200
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column username text
    }
    topic identity.user of=users key=id {
        carries username
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service profiles {
    database profiles on=main
    projection accounts of=identity.users {
        carries username
    }
}
service search {
    database search on=main
    projection account_names of=profiles.accounts {
        carries username
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20 max-connections=200
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column username text
    }
    topic identity.user of=users key=id {
        carries username
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service profiles {
    database profiles on=main
    projection accounts of=identity.users {
        carries username
    }
}
service search {
    database search on=main
    projection account_names of=identity.users {
        carries username
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for projection in register.projections.values() {
        let Some(copied) = projection.source_projection.map(|id| &register.projections[id]) else { continue };
        let keeper = register.services[copied.service].name.as_str();
        let name = projection.name.as_str();
        let copied_name = copied.name.as_str();
        let message = format!("`{name}` copies `{keeper}.{copied_name}`, which is a copy itself");
        let finding = RULE
            .finding(message)
            .at(projection.source_place, "not a table")
            .at(copied.name.place, format!("`{keeper}` keeps this copy and does not own what is in it"));
        findings.push(match copied.source {
            Some(table) => {
                let path = register.table_path(table);
                let owner = register.tables[table].name.place;
                finding
                    .at(owner, "the table that both come from")
                    .help(format!("copy from the owner: `{path}`"))
                    .fix(line("projection", &[name], &[("of", &path)]))
            }
            None => finding.help("copy from the service that owns the table"),
        });
    }
}
