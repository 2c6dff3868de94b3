//! Tables of the register, with the names of what hangs on them.

use super::expressions::{Expressions, default, literal};
use super::{Lowering, names, summary, types};
use crate::schema::{
    Check, Column, ForeignKey, ForeignKeyAction, Index, IndexKey, IndexPart, ObjectName, OrderedMap,
    PrimaryKey, Table, Unique,
};
use crate::semantic::model::{self, Located, ROW_VERSION_COLUMN, TableId};
use foldhash::HashSet;
use std::collections::BTreeSet;

impl Lowering<'_> {
    pub(super) fn add_table(&mut self, id: TableId) {
        let declaration = &self.register.tables[id];
        let name = self.table_name(id);
        if name.schema != super::PUBLIC {
            self.schema.namespaces.insert(name.schema.clone());
        }
        let mut table = Table {
            columns: self.columns(declaration),
            comment: summary(declaration.summary.as_ref()),
            ..Table::default()
        };
        // The partitions come first: people see their names most.
        table.partitioning = self.partitioning(declaration, &name);
        table.primary_key = declaration.primary_key.as_ref().map(|key| PrimaryKey {
            name: self.taken.relation(&name.schema, &[&name.name], "pkey"),
            columns: column_names(declaration, &key.columns),
        });
        self.add_uniques(declaration, &name, &mut table);
        add_checks_and_foreign_keys(self, declaration, &name, &mut table);
        self.add_indexes(&declaration.indexes, &name, &mut table);
        self.add_reference_indexes(declaration, &name, &mut table);
        self.add_update_trigger(declaration, &name, &mut table);
        self.add_outbox_trigger(declaration, &name, &mut table);
        self.schema.tables.insert(name, table);
    }

    fn columns(&mut self, declaration: &model::Table) -> OrderedMap<String, Column> {
        let mut columns: OrderedMap<String, Column> =
            OrderedMap::with_capacity_and_hasher(declaration.columns.len() + 1, Default::default());
        for column in &declaration.columns {
            let lowered = Column {
                data_type: types::own_type(self.register, &column.data_type.value),
                nullable: column.nullable,
                default: None,
                identity: column.identity,
                generated: None,
                comment: summary(column.summary.as_deref()),
            };
            columns.insert(column.name.value.clone(), lowered);
        }
        // Normal forms take the types of all columns.
        for column in &declaration.columns {
            let text = match (&column.default, &column.default_sql) {
                // PostgreSQL takes DEFAULT NULL for no default.
                (Some(value), _) if value.value == model::DefaultValue::Null => None,
                (Some(value), _) => Some(literal(&value.value).to_string()),
                (None, text) => text.as_ref().map(|text| text.value.clone()),
            };
            let generated =
                column.generated_sql.as_ref().map(|text| self.expressions.over(&columns, text.as_str()));
            if let Some(lowered) = columns.get_mut(column.name.as_str()) {
                lowered.default = text.map(|text| self.expressions.default_of(text, &lowered.data_type));
                lowered.generated = generated;
            }
        }
        if declaration.topic.is_some() {
            columns.insert(ROW_VERSION_COLUMN.to_owned(), row_version());
        }
        columns
    }

    fn add_uniques(&mut self, declaration: &model::Table, name: &ObjectName, table: &mut Table) {
        for unique in &declaration.uniques {
            let columns = column_names(declaration, &unique.columns);
            if unique.predicate.is_none() && is_said(table, &columns, unique.nulls_not_distinct) {
                continue;
            }
            let label = if unique.predicate.is_some() { "idx" } else { "key" };
            let own_name = match &unique.name {
                Some(own_name) => own_name.value.clone(),
                None => self.taken.relation(&name.schema, &parts(name, &columns), label),
            };
            let nulls_not_distinct = unique.nulls_not_distinct;
            let Some(predicate) = &unique.predicate else {
                table.uniques.insert(own_name, Unique { columns, nulls_not_distinct });
                continue;
            };
            let index = Index {
                unique: true,
                predicate: Some(self.expressions.over(&table.columns, predicate.as_str())),
                nulls_not_distinct,
                ..plain_index(&columns)
            };
            table.indexes.insert(own_name, index);
        }
    }

    /// Declared indexes, of a table or a read copy. Their columns are counted in the order of the table's.
    pub(super) fn add_indexes(&mut self, indexes: &[model::Index], name: &ObjectName, table: &mut Table) {
        for index in indexes {
            let lowered = lower_index(index, &table.columns, &mut self.expressions);
            let own_name = match &index.name {
                Some(own_name) => own_name.value.clone(),
                None => {
                    let words: Vec<&str> = lowered.parts.iter().map(name_part).collect();
                    let parts: Vec<&str> = std::iter::once(name.name.as_str()).chain(words).collect();
                    self.taken.relation(&name.schema, &parts, "idx")
                }
            };
            table.indexes.insert(own_name, lowered);
        }
    }

    /// Deletes of the owner, and orphan queries, look rows up by the columns that refer.
    fn add_reference_indexes(&mut self, declaration: &model::Table, name: &ObjectName, table: &mut Table) {
        for id in &declaration.references {
            let reference = &self.register.references[*id];
            let columns = column_names(declaration, &reference.columns);
            if columns.is_empty() || leads_with(table, &columns) {
                continue;
            }
            let own_name = self.taken.relation(&name.schema, &parts(name, &columns), "idx");
            let target = reference.target.map(|target| {
                let target = &self.register.tables[target];
                format!("{}.{}", self.register.services[target.service].name.value, target.name.value)
            });
            let comment =
                target.map(|target| format!("Generated: finds rows by the {target} that they refer to."));
            table.indexes.insert(own_name, Index { comment, ..plain_index(&columns) });
        }
    }
}

/// A row that is deleted and inserted again with the same key is newer than the tombstone that copies have of it: nobody
/// updates a row once in a microsecond.
fn row_version() -> Column {
    Column {
        data_type: "bigint".to_owned(),
        nullable: false,
        default: Some(default("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint", "bigint")),
        identity: false,
        generated: None,
        comment: Some(
            "Generated: begins at the time of the insert in microseconds, one up with every update; every event carries it."
                .to_owned(),
        ),
    }
}

fn add_checks_and_foreign_keys(
    lowering: &mut Lowering<'_>,
    declaration: &model::Table,
    name: &ObjectName,
    table: &mut Table,
) {
    let checks = declaration.checks.iter().filter_map(|check| check.name.as_ref());
    let foreign_keys = declaration.foreign_keys.iter().filter_map(|foreign_key| foreign_key.name.as_ref());
    let written = checks.chain(foreign_keys);
    let mut taken: HashSet<String> = written.map(|name| name.value.clone()).collect();
    taken.extend(table.primary_key.iter().map(|key| key.name.clone()));
    taken.extend(table.uniques.keys().cloned());
    for check in &declaration.checks {
        let own_name = match &check.name {
            Some(own_name) => own_name.value.clone(),
            None => {
                let column = check.column.and_then(|column| declaration.columns.get(column));
                let column = column.map(|column| column.name.as_str());
                let parts: Vec<&str> = std::iter::once(name.name.as_str()).chain(column).collect();
                names::constraint(&mut taken, &parts, "check")
            }
        };
        let expression = lowering.expressions.over(&table.columns, check.expression.as_str());
        table.checks.insert(own_name, Check { expression });
    }
    for foreign_key in &declaration.foreign_keys {
        if let Some(lowered) = lower_foreign_key(lowering, declaration, foreign_key) {
            let own_name = match &foreign_key.name {
                Some(own_name) => own_name.value.clone(),
                None => names::constraint(&mut taken, &parts(name, &lowered.columns), "fkey"),
            };
            table.foreign_keys.insert(own_name, lowered);
        }
    }
}

/// `None` where a finding says that the target is unknown or of another service.
fn lower_foreign_key(
    lowering: &Lowering<'_>,
    declaration: &model::Table,
    foreign_key: &model::ForeignKey,
) -> Option<ForeignKey> {
    let target_id = foreign_key.target?;
    let target = &lowering.register.tables[target_id];
    if target.service != declaration.service {
        return None;
    }
    let target_columns = match &foreign_key.target_columns {
        Some(columns) => columns.iter().filter_map(|column| column_name(target, *column)).collect(),
        // Without a primary key there is none to point at, which the executor refuses should a rule not.
        None => target.primary_key.iter().flat_map(|key| column_names(target, &key.columns)).collect(),
    };
    Some(ForeignKey {
        columns: column_names(declaration, &foreign_key.columns),
        target: lowering.table_name(target_id),
        target_columns,
        on_delete: action(foreign_key.on_delete),
        on_update: action(foreign_key.on_update),
        deferrable: foreign_key.deferrable,
    })
}

fn action(action: model::ForeignKeyAction) -> ForeignKeyAction {
    match action {
        model::ForeignKeyAction::NoAction => ForeignKeyAction::NoAction,
        model::ForeignKeyAction::Restrict => ForeignKeyAction::Restrict,
        model::ForeignKeyAction::Cascade => ForeignKeyAction::Cascade,
        model::ForeignKeyAction::SetNull => ForeignKeyAction::SetNull,
        model::ForeignKeyAction::SetDefault => ForeignKeyAction::SetDefault,
    }
}

fn lower_index(
    index: &model::Index,
    columns: &OrderedMap<String, Column>,
    expressions: &mut Expressions,
) -> Index {
    let name = |column: usize| columns.get_index(column).map(|(name, _)| name.clone());
    let parts = index.parts.iter().filter_map(|part| {
        let part = &part.value;
        let key = match &part.key {
            model::IndexKey::Column(column) => IndexKey::Column(name(*column)?),
            model::IndexKey::Expression(text) => IndexKey::Expression(expressions.over(columns, text)),
        };
        let nulls_first = part.nulls_first.unwrap_or(part.descending);
        let operator_class = part.operator_class.clone();
        Some(IndexPart { key, descending: part.descending, nulls_first, operator_class })
    });
    Index {
        unique: index.unique,
        method: index.method.as_ref().map_or("btree", Located::as_str).to_owned(),
        parts: parts.collect(),
        include: index.include.iter().filter_map(|column| name(column.value)).collect(),
        predicate: index.predicate.as_ref().map(|text| expressions.over(columns, text.as_str())),
        nulls_not_distinct: false,
        comment: None,
    }
}

/// A btree over columns in ascending order.
pub(super) fn plain_index(columns: &[String]) -> Index {
    let part = |column: &String| IndexPart {
        key: IndexKey::Column(column.clone()),
        descending: false,
        nulls_first: false,
        operator_class: None,
    };
    Index {
        unique: false,
        method: "btree".to_owned(),
        parts: columns.iter().map(part).collect(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        comment: None,
    }
}

/// Whether a key or an index over all rows begins with these columns, in whichever order.
fn leads_with(table: &Table, columns: &[String]) -> bool {
    let wanted: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
    let leads = |found: Vec<&str>| found.into_iter().take(wanted.len()).collect::<BTreeSet<_>>() == wanted;
    let all = |columns: &'_ [String]| leads(columns.iter().map(String::as_str).collect());
    let usable = table.indexes.values().filter(|index| index.predicate.is_none() && index.method == "btree");
    table.primary_key.iter().any(|key| all(&key.columns))
        || table.uniques.values().any(|unique| all(&unique.columns))
        || usable.map(leading_columns).any(leads)
}

/// The columns of an index up to its first expression.
fn leading_columns(index: &Index) -> Vec<&str> {
    let column = |part: &'_ IndexPart| matches!(part.key, IndexKey::Column(_));
    index.parts.iter().take_while(|part| column(part)).map(name_part).collect()
}

/// What a part of an index contributes to its name: the column, else the function that the expression calls.
fn name_part(part: &IndexPart) -> &str {
    match &part.key {
        IndexKey::Column(column) => column,
        IndexKey::Expression(expression) => {
            let function = expression.text.split('(').next().unwrap_or_default().trim_end();
            let is_name =
                function.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') && !function.is_empty();
            if is_name && function.len() < expression.text.len() { function } else { "expr" }
        }
    }
}

fn parts<'a>(name: &'a ObjectName, columns: &'a [String]) -> Vec<&'a str> {
    std::iter::once(&name.name).chain(columns).map(String::as_str).collect()
}

fn column_name(table: &model::Table, column: usize) -> Option<String> {
    table.columns.get(column).map(|column| column.name.value.clone())
}

/// The names of columns by their numbers.
pub(super) fn column_names(table: &model::Table, columns: &[Located<usize>]) -> Vec<String> {
    columns.iter().filter_map(|column| column_name(table, column.value)).collect()
}

/// Whether a key says the same. PostgreSQL makes one constraint of several that do, so one of them would be missing.
fn is_said(table: &Table, columns: &[String], nulls_not_distinct: bool) -> bool {
    let by_primary_key = table.primary_key.as_ref().is_some_and(|key| key.columns == columns);
    let by_unique =
        |unique: &Unique| unique.columns == columns && unique.nulls_not_distinct == nulls_not_distinct;
    by_primary_key && !nulls_not_distinct || table.uniques.values().any(by_unique)
}
