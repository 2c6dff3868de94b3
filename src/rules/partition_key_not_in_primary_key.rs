//! Rule `partition-key-not-in-primary-key`: a key that PostgreSQL cannot keep over partitions.

use super::support::lines::line;
use super::support::text::column_list;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, IndexKey, Partition, Table, column_indices};
use crate::source::Place;

pub(super) const RULE: Rule = Rule {
    name: "partition-key-not-in-primary-key",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: Some("PostgreSQL would refuse the migration"),
    page: "
## What it does

Reports a primary key, a unique key or a unique index of a partitioned table that does not hold all columns that the table
is partitioned by.

## Why it is bad

Each partition has an index of its own, so PostgreSQL cannot tell whether another partition has the same value. It refuses
such a key when the migration runs.

## How to mend it

Add the columns to the key. The events of the table go on identifying rows without them.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table visits {
        column id bigint identity
        column at timestamptz
        primary-key id
        partition at by=range { every month; from "2026-01" }
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table visits {
        column id bigint identity
        column at timestamptz
        primary-key id at
        partition at by=range { every month; from "2026-01" }
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for table in register.tables.values() {
        let Some(partition) = &table.partition else { continue };
        if let Some(key) = &table.primary_key {
            let columns = column_indices(&key.columns);
            findings.extend(finding(table, partition, "primary key", &columns, key.place));
        }
        for unique in &table.uniques {
            let columns = column_indices(&unique.columns);
            findings.extend(finding(table, partition, "unique key", &columns, unique.place));
        }
        for index in table.indexes.iter().filter(|index| index.unique) {
            let column = |key: &IndexKey| match key {
                IndexKey::Column(column) => Some(*column),
                IndexKey::Expression(_) => None,
            };
            let columns: Vec<ColumnIndex> =
                index.parts.iter().filter_map(|part| column(&part.value.key)).collect();
            findings.extend(finding(table, partition, "unique index", &columns, index.place));
        }
    }
}

fn finding(
    table: &Table,
    partition: &Partition,
    what: &str,
    key: &[ColumnIndex],
    place: Place,
) -> Option<Finding> {
    let mut missing = column_indices(&partition.columns);
    missing.retain(|column| !key.contains(column));
    if missing.is_empty() {
        return None;
    }
    let list = column_list(table, &missing);
    let message = format!(
        "the {what} of `{}` goes without `{list}`, by which the table is partitioned",
        table.name.value
    );
    let finding = RULE
        .finding(message)
        .at(place, format!("does not hold `{list}`"))
        .at(partition.place, "partitions the table")
        .help(format!("add `{list}` to the {what}"));
    let names = key.iter().chain(&missing).map(|column| table.columns[*column].name.as_str());
    let names: Vec<&str> = names.collect();
    Some(match what {
        "primary key" => finding.fix(line("primary-key", &names, &[])),
        _ => finding,
    })
}
