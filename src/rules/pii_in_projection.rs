//! Rule `pii-in-projection`: personal data in a read copy.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "pii-in-projection",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a column flagged `pii` that a `projection` copies.

## Why it is bad

Every copy of personal data is one more place to protect, to back up, to export from when the person asks what is
known, and to delete from when the person goes.

## How to mend it

Leave the column out and ask the owner by RPC when it is needed. Where the copy has to be, allow it with the reason.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column email text pii
    }
    topic identity.user of=users key=id {
        allow pii-in-event reason="consumers are all within the company"
        carries email
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    projection accounts of=identity.users {
        carries email
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
        column email text pii
    }
    topic identity.user of=users key=id {
        allow pii-in-event reason="consumers are all within the company"
        carries email
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    projection accounts of=identity.users {
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for projection in register.projections.values() {
        let Some(source) = projection.source else { continue };
        let keeper = register.services[projection.service].name.as_str();
        for copied in projection.key.iter().chain(&projection.columns) {
            let column = &register.tables[source].columns[copied.source];
            if column.pii {
                let path = register.table_path(source);
                let message = format!("`{keeper}` copies personal data: `{path}.{}`", column.name.value);
                let finding = RULE
                    .finding(message)
                    .at(copied.name.place, format!("kept in `{}`", projection.name.value))
                    .at(column.name.place, "personal data")
                    .help("ask the owner by RPC when it is needed; or allow it with the reason");
                findings.push(finding);
            }
        }
    }
}
