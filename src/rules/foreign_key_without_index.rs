//! Rule `foreign-key-without-index`: a foreign key whose every check from the other side scans the table.

use super::support::foreign_keys_within;
use super::support::lines::line;
use super::support::text::located_columns;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{ColumnIndex, ForeignKey, Index, IndexKey, Located, Table, column_indices};

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-index",
    severity: Severity::Warning,
    scope: Scope::Table,
    page: "
## What it does

Reports a `foreign-key` whose columns do not lead any index, unique key or primary key of its table, in whatever order. An
index with `where` counts if all it asks is that the column is not NULL.

## Why it is bad

PostgreSQL makes an index for the target of a foreign key, but none for the columns that refer. Every delete of a row
over there then reads this whole table, in the same transaction, and so does every join from there.

## How to mend it

Add the index. Where rows over there are never deleted and never joined from, allow it with the reason.
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
        column order_id bigint
        foreign-key order_id to=orders
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
        let table = &register.tables[id];
        let columns = column_indices(&foreign_key.columns);
        if !is_led(table, &columns) {
            findings.push(finding(foreign_key, table, &register.tables[target]));
        }
    }
}

fn is_led(table: &Table, columns: &[ColumnIndex]) -> bool {
    let primary_key = table.primary_key.as_ref().map(|key| &key.columns);
    let whole = |predicate: &Option<Located<String>>| {
        predicate.as_ref().is_none_or(|predicate| only_asks_for_a_value(table, columns, predicate.as_str()))
    };
    let uniques =
        table.uniques.iter().filter(|unique| whole(&unique.predicate)).map(|unique| &unique.columns);
    let by_key =
        primary_key.into_iter().chain(uniques).any(|key| leads(column_indices(key).into_iter(), columns));
    by_key || table.indexes.iter().any(|index| whole(&index.predicate) && index_leads(index, columns))
}

/// Only these methods find a row by one value.
fn index_leads(index: &Index, columns: &[ColumnIndex]) -> bool {
    let by_value = index.method.as_ref().is_none_or(|method| matches!(method.as_str(), "btree" | "hash"));
    let keys = index.parts.iter().map_while(|part| match part.value.key {
        IndexKey::Column(column) => Some(column),
        IndexKey::Expression(_) => None,
    });
    by_value && leads(keys, columns)
}

fn leads(key: impl Iterator<Item = ColumnIndex>, columns: &[ColumnIndex]) -> bool {
    let leading: Vec<ColumnIndex> = key.take(columns.len()).collect();
    crate::semantic::model::same_columns(&leading, columns)
}

fn only_asks_for_a_value(table: &Table, columns: &[ColumnIndex], predicate: &str) -> bool {
    let words: Vec<String> = predicate.split_whitespace().map(str::to_lowercase).collect();
    columns
        .iter()
        .any(|column| words.join(" ") == format!("{} is not null", table.columns[*column].name.value))
}

fn finding(foreign_key: &ForeignKey, table: &Table, target: &Table) -> Finding {
    let list = located_columns(table, &foreign_key.columns);
    let names: Vec<&str> =
        foreign_key.columns.iter().map(|column| table.columns[column.value].name.as_str()).collect();
    RULE.finding(format!(
        "no index of `{}` leads with ({list}), its foreign key to `{}`",
        table.name.value, target.name.value
    ))
    .at(
        foreign_key.place,
        format!("every delete in `{}` reads all of `{}`", target.name.value, table.name.value),
    )
    .at(target.name.place, "the table that it points at")
    .help("add an index that leads with these columns")
    .fix(line("index", &names, &[]))
}
