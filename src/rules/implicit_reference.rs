//! Rule `implicit-reference`: a column that points at another service's table and does not say so.

use super::support::lines::ReferenceLine;
use super::support::means::Means;
use super::support::types::keys_agree;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::names;
use crate::semantic::Register;
use crate::semantic::model::{Column, ColumnIndex, ServiceId, Table, TableId};
use foldhash::{HashMap, HashMapExt, HashSet};
use heck::ToSnakeCase;

pub(super) const RULE: Rule = Rule {
    name: "implicit-reference",
    severity: Severity::Warning,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports a column named `<thing>_id` that is in no `reference` and no `foreign-key`, where exactly one table of another
service holds `<thing>`s (by its `entity`, or by its name in the plural), its key is one column, and the types agree.
It is silent where the service itself has a table or a read copy of that name.

## Why it is bad

The column refers, but nobody knows: there is no check on insert, nobody is told when the owner deletes the row, and
no query looks for orphans. In the graph of services the edge is missing.

## How to mend it

Write the `reference`, and decide what happens once the owner's row is gone. Where the column means something
else, rename it, or allow it with the reason.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column user_id uuid
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service identity {
    database identity on=main
    table users {
        column id uuid primary-key
    }
}
service search {
    database search on=main
    table search_history {
        column id uuid primary-key
        column user_id uuid
        reference user_id to=identity.users on-delete=keep verify=none
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let things = Things::new(register);
    let means = Means::new(register);
    for table in register.tables.values() {
        let spoken_for = columns_that_refer(register, table);
        for (number, column) in table.columns.iter().enumerate() {
            let Some(thing) = column.name.value.strip_suffix("_id") else { continue };
            if spoken_for.contains(&number) || things.service_has(table.service, thing) {
                continue;
            }
            if let Some(target) = things.only_owner(thing)
                && let [key] = register.identifying_columns(target).as_slice()
            {
                let key_column = &register.tables[target].columns[*key];
                if keys_agree(register, &column.data_type.value, &key_column.data_type.value) {
                    findings.push(finding(register, &means, (table, number), (target, *key)));
                }
            }
        }
    }
}

/// What tables hold, by the word that stands before `_id` in a column that refers to one.
struct Things<'a> {
    register: &'a Register,
    tables: HashMap<String, Vec<TableId>>,
    copies: HashSet<(ServiceId, String)>,
}

impl<'a> Things<'a> {
    fn new(register: &'a Register) -> Things<'a> {
        let mut tables: HashMap<String, Vec<TableId>> = HashMap::new();
        for (id, table) in register.tables.iter() {
            let entity = table.entity.as_ref().map(|entity| entity.value.to_snake_case());
            let by_name = Some(table.name.value.clone()).filter(|name| entity.as_ref() != Some(name));
            for word in entity.into_iter().chain(by_name) {
                tables.entry(word).or_default().push(id);
            }
        }
        let copies = register.projections.values().map(|copy| (copy.service, copy.name.value.clone()));
        Things { register, tables, copies: copies.collect() }
    }

    fn tables<'b>(&'b self, thing: &str) -> impl Iterator<Item = TableId> + use<'b> {
        spellings(thing).into_iter().filter_map(|word| self.tables.get(&word)).flatten().copied()
    }

    fn service_has(&self, service: ServiceId, thing: &str) -> bool {
        let owns = self.tables(thing).any(|table| self.register.tables[table].service == service);
        owns || spellings(thing).into_iter().any(|word| self.copies.contains(&(service, word)))
    }

    fn only_owner(&self, thing: &str) -> Option<TableId> {
        let mut tables = self.tables(thing);
        let first = tables.next()?;
        tables.all(|other| other == first).then_some(first)
    }
}

/// The word itself, which an entity is named by, and the plural that a table may be named by.
fn spellings(thing: &str) -> [String; 2] {
    [thing.to_owned(), names::plural(thing)]
}

fn columns_that_refer(register: &Register, table: &Table) -> HashSet<ColumnIndex> {
    let foreign_keys = table.foreign_keys.iter().flat_map(|foreign_key| &foreign_key.columns);
    let references = table.references.iter().flat_map(|reference| &register.references[*reference].columns);
    foreign_keys.chain(references).map(|column| column.value).collect()
}

fn finding(
    register: &Register,
    means: &Means,
    (table, number): (&Table, ColumnIndex),
    (target_id, key): (TableId, ColumnIndex),
) -> Finding {
    let column: &Column = &table.columns[number];
    let target = &register.tables[target_id];
    let path = register.table_path(target_id);
    let message = format!(
        "column `{}.{}` looks like a reference to `{path}` and does not say so",
        table.name.value, column.name.value
    );
    // Without a policy of the platform `keep` is the one that does nothing to rows.
    let on_delete = register.platform.defaults.reference_on_delete.is_none().then_some("keep");
    let line =
        ReferenceLine { table, columns: &[number], target: target_id, target_columns: &[key], on_delete };
    let finding = RULE
        .finding(message)
        .at(column.name.place, "in no reference and no foreign key")
        .at(target.name.place, format!("owned by `{}`", register.services[target.service].name.value))
        .help(
            "write the reference and decide what happens once the owner's row is gone; or rename the column",
        );
    match line.write(register, means) {
        Some(line) => finding.fix(line),
        None => finding,
    }
}
