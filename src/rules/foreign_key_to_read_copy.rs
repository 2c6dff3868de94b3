//! Rule `foreign-key-to-read-copy`: a foreign key to a table whose rows arrive when they arrive.

use super::support::lines::ReferenceLine;
use super::support::means::Means;
use super::support::text::located_columns;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ForeignKey, ForeignKeyAction, Projection, Table, column_indices};

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-to-read-copy",
    severity: Severity::Error,
    scope: Scope::Service,
    unsilenceable: Some("PostgreSQL would refuse rows whose counterpart has not arrived yet"),
    page: "
## What it does

Reports a `foreign-key` whose target is a read copy (`projection`) of the same service.

## Why it is bad

The rows of a read copy follow those of their owner, some time later and in any order. A foreign key would refuse each row
that is written before the copy has what it points at. It would also stop the copy from being filled anew, and hold nothing
when the owner deletes a row, since the copy keeps a tombstone.

## How to mend it

Write the `reference` that the finding offers: it points at the owner's table, and `verify=projection` looks into the copy where
rows are inserted.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
    }
    topic identity.user of=users key=id {
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    projection user_cache of=identity.users {
        key as=user_id
    }
    table search_history {
        column id uuid primary-key
        column user_id uuid
        index user_id
        foreign-key user_id to=user_cache on-delete=cascade
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
        event UserCreated when=created
        event UserUpdated when=updated
        event UserDeleted when=deleted
    }
}
service search {
    database search on=main
    projection user_cache of=identity.users {
        key as=user_id
    }
    table search_history {
        column id uuid primary-key
        column user_id uuid
        index user_id
        reference user_id to=identity.users on-delete=delete verify=projection
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let means = Means::new(register);
    for table in register.tables.values() {
        for foreign_key in &table.foreign_keys {
            if let Some(copy) = foreign_key.target_copy {
                findings.push(finding(register, &means, table, foreign_key, &register.projections[copy]));
            }
        }
    }
}

fn finding(
    register: &Register,
    means: &Means,
    table: &Table,
    foreign_key: &ForeignKey,
    copy: &Projection,
) -> Finding {
    let columns = located_columns(table, &foreign_key.columns);
    let name = copy.name.as_str();
    let message = format!(
        "foreign key `{}` ({columns}) points at the read copy `{name}`, whose rows may arrive later",
        table.name.value
    );
    let finding = RULE
        .finding(message)
        .at(foreign_key.target_place, "refuses rows whose counterpart has not arrived")
        .at(copy.name.place, "a read copy");
    let line = copy.source.and_then(|source| {
        let target_columns = register.identifying_columns(source);
        let on_delete = match foreign_key.on_delete {
            ForeignKeyAction::Cascade => "delete",
            ForeignKeyAction::SetNull => "nullify",
            _ => "keep",
        };
        let line = ReferenceLine {
            table,
            columns: &column_indices(&foreign_key.columns),
            target: source,
            target_columns: &target_columns,
            on_delete: Some(on_delete),
        };
        line.write(register, means)
    });
    let finding =
        finding.help("refer to the owner's table, without a constraint, in place of the foreign key");
    match line {
        Some(line) => finding.fix(line),
        None => finding,
    }
}
