//! Rule `foreign-key-target-not-unique`: a foreign key to columns that PostgreSQL does not take as its target.

use super::support::text::{column_list, count, located_columns};
use super::support::{Keys, foreign_keys_within};
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, ForeignKey, Table};

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-target-not-unique",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: Some("PostgreSQL would refuse the migration"),
    page: "
## What it does

Reports a `foreign-key` whose target columns are neither the primary key of the table nor a unique key without `where`, and
one with another number of columns than its target.

## Why it is bad

PostgreSQL refuses it when the migration runs: such columns do not say which row is meant.

## How to mend it

Point at the primary key, which is what the name of the table alone means; or make the target columns unique.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint primary-key
        column number text
    }
    table lines {
        column id bigint primary-key
        column order_number text
        foreign-key order_number to=orders.number
        index order_number
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column id bigint primary-key
        column number text unique
    }
    table lines {
        column id bigint primary-key
        column order_number text
        foreign-key order_number to=orders.number
        index order_number
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let mut keys = Keys::new(register);
    for (foreign_key, id, target_id) in foreign_keys_within(register) {
        let (table, target) = (&register.tables[id], &register.tables[target_id]);
        let columns = foreign_key.target_columns.clone().unwrap_or_else(|| target.primary_key_columns());
        if columns.is_empty() || !keys.has(target_id, &columns) {
            findings.push(not_unique(foreign_key, table, target, &columns));
        } else if columns.len() != foreign_key.columns.len() {
            findings.push(other_number(foreign_key, table, target, &columns));
        }
    }
}

fn not_unique(foreign_key: &ForeignKey, table: &Table, target: &Table, columns: &[ColumnIndex]) -> Finding {
    let (own, other) = (table.name.as_str(), target.name.as_str());
    if columns.is_empty() {
        return RULE
            .finding(format!("`{own}` points at the primary key of `{other}`, which has none"))
            .at(foreign_key.target_place, "means the primary key")
            .at(target.name.place, "has no primary key")
            .help(format!("give `{other}` a primary key"));
    }
    let list = column_list(target, columns);
    let mut finding = RULE
        .finding(format!("`{own}` points at ({list}) of `{other}`, which is not unique"))
        .at(foreign_key.target_place, "neither the primary key nor a unique key without `where`");
    for column in columns {
        finding = finding.at(target.columns[*column].name.place, "several rows may have the same value here");
    }
    let names: Vec<&str> = columns.iter().map(|column| target.columns[*column].name.as_str()).collect();
    finding
        .help(format!("point at the primary key; or make the columns unique in `{other}`"))
        .fix(super::support::lines::line("unique", &names, &[]))
}

fn other_number(foreign_key: &ForeignKey, table: &Table, target: &Table, columns: &[ColumnIndex]) -> Finding {
    let message = format!(
        "{} of `{}` cannot point at `{}`, whose key has {}",
        count(foreign_key.columns.len(), "column"),
        table.name.value,
        target.name.value,
        columns.len()
    );
    RULE.finding(message)
        .at(foreign_key.place, format!("points by ({})", located_columns(table, &foreign_key.columns)))
        .at(target.name.place, format!("identified by ({})", column_list(target, columns)))
        .help("name as many columns as the key has, in its order")
}
