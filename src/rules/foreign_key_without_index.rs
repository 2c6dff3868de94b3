//! Rule `foreign-key-without-index`: a foreign key whose every check from the other side scans the table.

use super::support::foreign_keys_within;
use super::support::lines::line;
use super::support::text::located_columns;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;
use crate::semantic::model::{
    ColumnIndex, ForeignKey, Index, IndexKey, Located, Table, TableId, column_indices, column_set,
};
use foldhash::{HashMap, HashMapExt, HashSet};

/// PostgreSQL's limit of columns in an index (INDEX_MAX_KEYS).
const MOST_COLUMNS: usize = 32;

pub(super) const RULE: Rule = Rule {
    name: "foreign-key-without-index",
    severity: Severity::Warning,
    scope: Scope::Table,
    unsilenceable: None,
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
    let mut leading: HashMap<TableId, LeadingColumns> = HashMap::new();
    for (foreign_key, id, target) in foreign_keys_within(register) {
        let table = &register.tables[id];
        let leading = leading.entry(id).or_insert_with(|| LeadingColumns::of(table));
        if !leading.serve(&column_indices(&foreign_key.columns)) {
            findings.push(finding(foreign_key, table, &register.tables[target]));
        }
    }
}

/// The columns that indexes of a table begin with, for every number of columns, in the order of the table.
#[derive(Default)]
struct LeadingColumns {
    of_all_rows: HashSet<Vec<ColumnIndex>>,
    /// Of indexes over the rows in which a column is not NULL, with that column. NULL refers to nothing.
    of_rows_with: HashSet<(ColumnIndex, Vec<ColumnIndex>)>,
}

impl LeadingColumns {
    fn of(table: &Table) -> LeadingColumns {
        let mut leading = LeadingColumns::default();
        if let Some(key) = &table.primary_key {
            leading.add(table, column_indices(&key.columns), None);
        }
        for unique in &table.uniques {
            leading.add(table, column_indices(&unique.columns), unique.predicate.as_ref());
        }
        for index in table.indexes.iter().filter(|index| finds_by_value(index)) {
            let columns = index.parts.iter().map_while(|part| match part.value.key {
                IndexKey::Column(column) => Some(column),
                IndexKey::Expression(_) => None,
            });
            leading.add(table, columns.collect(), index.predicate.as_ref());
        }
        leading
    }

    fn add(&mut self, table: &Table, columns: Vec<ColumnIndex>, predicate: Option<&Located<String>>) {
        let with_value = predicate.map(|predicate| column_that_has_a_value(table, predicate.as_str()));
        for length in 1..=columns.len().min(MOST_COLUMNS) {
            let leading = column_set(&columns[..length]);
            match with_value {
                None => _ = self.of_all_rows.insert(leading),
                Some(Some(column)) => _ = self.of_rows_with.insert((column, leading)),
                Some(None) => {}
            }
        }
    }

    fn serve(&self, columns: &[ColumnIndex]) -> bool {
        let columns = column_set(columns);
        let mut with = columns.iter().map(|column| (*column, columns.clone()));
        self.of_all_rows.contains(&columns) || with.any(|with| self.of_rows_with.contains(&with))
    }
}

/// Only these methods find a row by one value.
fn finds_by_value(index: &Index) -> bool {
    index.method.as_ref().is_none_or(|method| matches!(method.as_str(), "btree" | "hash"))
}

/// The column of a condition that asks for nothing but that the column is not NULL.
fn column_that_has_a_value(table: &Table, predicate: &str) -> Option<ColumnIndex> {
    let mut words = predicate.split_whitespace();
    let column = words.next()?;
    let rest: Vec<String> = words.map(str::to_ascii_lowercase).collect();
    if rest == ["is", "not", "null"] { table.column_index(column) } else { None }
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
