//! Rule `verify-without-means`: a check on insert that has nothing to check with.

use super::support::lines::{column_property, line};
use super::support::means::Means;
use super::support::references_across;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, Reference, Table, TableId, Verify, same_columns};

pub(super) const RULE: Rule = Rule {
    name: "verify-without-means",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a `reference` with `verify=rpc` whose owner serves no `exists` by the columns that are referred to, and one
with `verify=projection` in a service that keeps no read copy with these columns.

## Why it is bad

Before a row is stored, the service is to make sure that what it refers to exists. It has no way to.

## How to mend it

For `rpc` the owner serves `exists` of the table. For `projection` the service keeps a `projection` of it. Or say
`verify=none`, where a row that refers to nothing does no harm.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users entity=User {
        column id uuid primary-key
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column user_id uuid
        reference user_id to=identity.users on-delete=keep verify=rpc
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
        exists users
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column user_id uuid
        reference user_id to=identity.users on-delete=keep verify=rpc
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let means = Means::new(register);
    for (reference, table, target) in references_across(register) {
        let columns = register.reference_target(reference).unwrap_or_default();
        let found = match reference.verify.value {
            Verify::None => continue,
            Verify::Rpc if means.rpc(target, &columns) => continue,
            Verify::Projection if means.projection(table.service, target, &columns) => continue,
            Verify::Rpc => without_exists(register, reference, target, &columns),
            Verify::Projection => without_copy(register, reference, table, target),
        };
        findings.push(found);
    }
}

fn without_exists(
    register: &Register,
    reference: &Reference,
    id: TableId,
    columns: &[ColumnIndex],
) -> Finding {
    let target = &register.tables[id];
    let owner = register.services[target.service].name.as_str();
    let path = register.table_path(id);
    let identifying = register.identifying_columns(id);
    let by = column_property(target, columns);
    let properties = if same_columns(&identifying, columns) { vec![] } else { vec![("by", by.as_str())] };
    RULE.finding(format!("`verify=rpc`, but `{owner}` serves no `exists` of `{path}` by `{by}`"))
        .at(reference.verify.place, "asks the owner before a row is stored")
        .at(reference.place, "the reference")
        .at(target.name.place, format!("`{owner}` serves nothing that could answer"))
        .help(format!("add to the `api` of `{owner}`; or say `verify=none`"))
        .fix(line("exists", &[target.name.as_str()], &properties))
}

fn without_copy(register: &Register, reference: &Reference, table: &Table, id: TableId) -> Finding {
    let target = &register.tables[id];
    let own = register.services[table.service].name.as_str();
    let path = register.table_path(id);
    RULE.finding(format!(
        "`verify=projection`, but `{own}` keeps no read copy of `{path}` with what it refers to"
    ))
    .at(reference.verify.place, "looks into the read copy before a row is stored")
    .at(reference.place, "the reference")
    .at(target.name.place, format!("`{own}` keeps no such copy of this"))
    .help(format!("add a read copy to `{own}`, with the columns that it needs; or say `verify=none`"))
    .fix(line("projection", &[target.name.as_str()], &[("of", &path)]))
}
