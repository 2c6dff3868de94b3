//! Rule `table-without-primary-key`: rows that cannot be told apart.

use super::support::text::column_list;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{Table, column_indices};

pub(super) const RULE: Rule = Rule {
    name: "table-without-primary-key",
    severity: Severity::Error,
    scope: Scope::Table,
    unsilenceable: None,
    page: "
## What it does

Reports a table without a primary key.

## Why it is bad

Nothing can name one row: no reference, no event, no RPC, no comparison of two copies, no repair. PostgreSQL's
logical replication refuses to update or delete in such a table.

## How to mend it

Say what identifies a row: `primary-key` with its columns. A table whose rows have nothing of the kind gets
`column id bigint identity primary-key`.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column number bigint
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service shop {
    database shop on=main
    table orders {
        column number bigint
        primary-key number
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    for (id, table) in register.tables.iter().filter(|(_, table)| table.primary_key.is_none()) {
        let message = format!("table `{}` has no primary key", register.table_path(id));
        findings.push(mend(table, RULE.finding(message).at(table.name.place, "nothing identifies a row")));
    }
}

fn mend(table: &Table, finding: Finding) -> Finding {
    let required = |columns: &[usize]| columns.iter().all(|column| !table.columns[*column].nullable);
    let whole = table.uniques.iter().filter(|unique| unique.predicate.is_none());
    let candidate =
        whole.map(|unique| (unique, column_indices(&unique.columns))).find(|(_, key)| required(key));
    if let Some((unique, key)) = candidate {
        let names = key.iter().map(|column| table.columns[*column].name.as_str());
        return finding
            .at(unique.place, "these columns identify a row already")
            .help(format!("make the unique key over {} the primary key", column_list(table, &key)))
            .fix(super::support::lines::line("primary-key", &names.collect::<Vec<_>>(), &[]));
    }
    if let Some(column) = table.column_index("id") {
        let column = &table.columns[column];
        return finding
            .at(column.place, "most likely this does")
            .help("make the column the primary key")
            .fix("primary-key id");
    }
    finding
        .help("name the columns that identify a row; where there are none, number the rows")
        .fix("column id bigint identity primary-key")
}
