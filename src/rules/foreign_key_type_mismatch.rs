//! Rule `foreign-key-type-mismatch`: a foreign key between columns of different types.

use super::support::foreign_keys_within;
use super::support::types::keys_agree;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-type-mismatch",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: Some("PostgreSQL would refuse the migration, or keys that do not fit"),
    page: "
## What it does

Reports a column of a `foreign-key` whose type is not that of the column it points at. Texts may differ in their limit
as long as the referring one is not the shorter.

## Why it is bad

PostgreSQL refuses some pairs (`uuid` and `text`) when the migration runs. Others it takes (`integer` and `bigint`), until
the first key that does not fit; and every join casts.

## How to mend it

Give the column the type of the key that it holds.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint primary-key
    }
    table lines {
        column id bigint primary-key
        column order_id integer
        foreign-key order_id to=orders
        index order_id
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint primary-key
    }
    table lines {
        column id bigint primary-key
        column order_id bigint
        foreign-key order_id to=orders
        index order_id
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for (foreign_key, id, target) in foreign_keys_within(register) {
        let (table, target) = (&register.tables[id], &register.tables[target]);
        let columns = foreign_key.target_columns.clone().unwrap_or_else(|| target.primary_key_columns());
        // Another number of columns is for rule `foreign-key-target-not-unique`.
        if columns.len() != foreign_key.columns.len() {
            continue;
        }
        for (own, other) in foreign_key.columns.iter().zip(columns) {
            let (own, other) = (&table.columns[own.value], &target.columns[other]);
            if keys_agree(register, &own.data_type.value, &other.data_type.value) {
                continue;
            }
            let own_type = register.type_name(&own.data_type.value);
            let other_type = register.type_name(&other.data_type.value);
            let message = format!(
                "`{}.{}` is `{own_type}`, but `{}.{}` is `{other_type}`",
                table.name.value, own.name.value, target.name.value, other.name.value
            );
            let finding = RULE
                .finding(message)
                .at(own.data_type.place, format!("`{own_type}`"))
                .at(other.data_type.place, format!("`{other_type}`"))
                .at(foreign_key.place, "the foreign key");
            findings.push(finding.help(format!("make `{}` a `{other_type}`", own.name.value)));
        }
    }
}
