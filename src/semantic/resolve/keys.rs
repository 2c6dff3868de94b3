//! Keys, indexes, checks and foreign keys of tables.

use super::index_part::{IndexOwner, Problem};
use super::{Resolver, unknown_of};
use crate::diagnostic::Finding;
use crate::semantic::model::{
    Check, ColumnIndex, ForeignKey, ForeignKeyAction, Index, Located, PrimaryKey, ProjectionId, TableId,
    Unique,
};
use crate::semantic::read::Reader;
use crate::semantic::wording::{shown, suggest};
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};

impl<'a> Resolver<'a> {
    /// What tables say of their own columns, then of each other, then `sql` nodes.
    pub(super) fn resolve_keys(&mut self) {
        for (table, reader) in self.tables.clone() {
            for (part, used_at) in self.with_shapes(reader) {
                self.column_keys(table, part, used_at);
                self.indexes(table, part);
                self.soft_delete(table, part, used_at);
            }
            self.primary_key(table, reader);
            self.uniques(table, reader);
            self.checks(table, reader);
            self.partition(table, reader);
            // Most tables have one or two of each, and a vector that grows has room for four at once.
            let table = &mut self.register.tables[table];
            table.uniques.shrink_to_fit();
            table.indexes.shrink_to_fit();
            table.checks.shrink_to_fit();
        }
        for (table, reader) in self.tables.clone() {
            for node in reader.children_named("foreign-key") {
                if let Some(foreign_key) = self.foreign_key(table, node) {
                    self.register.tables[table].foreign_keys.push(foreign_key);
                }
            }
            self.register.tables[table].foreign_keys.shrink_to_fit();
        }
        for (service, reader) in self.services.clone() {
            self.sql_nodes(service, reader);
        }
    }

    /// The flags `primary-key` and `unique` and the property `check` of columns.
    fn column_keys(&mut self, table: TableId, reader: Reader<'a>, used_at: Option<Place>) {
        for node in reader.children_named("column") {
            let makes_key = |flag: &str| flag == "primary-key" || flag == "unique";
            if !node.flags().iter().any(|(flag, _)| makes_key(flag)) && !node.has_property("check") {
                continue;
            }
            let Some(name) = node.argument(0) else { continue };
            let Some(index) = self.register.tables[table].column_index(name.as_str()) else { continue };
            if self.register.tables[table].columns[index].place != node.node.place() {
                continue; // a second column of this name, which was reported
            }
            let column = Located::new(index, used_at.unwrap_or(name.place));
            if let Some(place) = node.flag("primary-key") {
                self.set_primary_key(table, PrimaryKey { columns: vec![column.clone()], place });
            }
            if let Some(place) = node.flag("unique") {
                let unique = Unique {
                    columns: vec![column],
                    predicate: None,
                    name: None,
                    nulls_not_distinct: false,
                    place,
                    was: None,
                };
                self.register.tables[table].uniques.push(unique);
            }
            if let Some(expression) = node.text("check") {
                let place = expression.place;
                let check = Check { name: None, column: Some(index), expression, place, was: None };
                self.register.tables[table].checks.push(check);
            }
        }
    }

    fn primary_key(&mut self, table: TableId, reader: Reader<'a>) {
        let Some(node) = reader.child("primary-key") else { return };
        let columns = self.argument_columns(table, node);
        for column in &columns {
            let definition = &self.register.tables[table].columns[column.value];
            if definition.nullable {
                let name = shown(definition.name.as_str());
                let what = format!("the column `{name}` of the primary key is flagged `nullable`");
                self.findings.push(
                    Finding::error("contradiction", what)
                        .at(column.place, "never NULL here")
                        .at(definition.name.place, "`nullable` here")
                        .help("a primary key holds no NULL: take the flag out, or write `unique` instead"),
                );
            }
        }
        if !columns.is_empty() {
            self.set_primary_key(table, PrimaryKey { columns, place: node.node.place() });
        }
    }

    fn set_primary_key(&mut self, table: TableId, key: PrimaryKey) {
        let owner = &mut self.register.tables[table];
        if let Some(first) = &owner.primary_key {
            let name = shown(owner.name.as_str());
            self.findings.push(
                Finding::error("repeated-node", format!("`{name}` has two primary keys"))
                    .at(key.place, "again here")
                    .at(first.place, "first here")
                    .help("a key of several columns is one node: `primary-key COLUMN COLUMN`"),
            );
        } else {
            owner.primary_key = Some(key);
        }
    }

    fn uniques(&mut self, table: TableId, reader: Reader<'a>) {
        for node in reader.children_named("unique") {
            let columns = self.argument_columns(table, node);
            if columns.is_empty() {
                continue;
            }
            let unique = Unique {
                columns,
                predicate: node.text("where"),
                name: node.text("name"),
                nulls_not_distinct: node.flag("nulls-not-distinct").is_some(),
                place: node.node.place(),
                was: node.text("was"),
            };
            self.register.tables[table].uniques.push(unique);
        }
    }

    fn checks(&mut self, table: TableId, reader: Reader<'a>) {
        let mut first: HashMap<String, Place> = HashMap::new();
        for node in reader.children_named("check") {
            let (Some(name), Some(expression)) = (node.argument(0), node.argument(1)) else { continue };
            if let Some(first) = first.get(name.as_str()) {
                self.duplicate("checks", &name, *first);
                continue;
            }
            first.insert(name.value.clone(), name.place);
            let check = Check {
                name: Some(name),
                column: None,
                expression,
                place: node.node.place(),
                was: node.text("was"),
            };
            self.register.tables[table].checks.push(check);
        }
    }

    fn soft_delete(&mut self, table: TableId, reader: Reader<'a>, used_at: Option<Place>) {
        let Some(node) = reader.child("soft-delete") else { return };
        let Some(name) = node.argument(0) else { return };
        if let Some(first) = &self.register.tables[table].soft_delete {
            let owner = shown(self.register.tables[table].name.as_str());
            self.findings.push(
                Finding::error("repeated-node", format!("`{owner}` has two `soft-delete`s"))
                    .at(used_at.unwrap_or(name.place), "again here")
                    .at(first.place, "first here")
                    .help("only the first one counts: take one of them out"),
            );
            return;
        }
        let column = self.column(table, &name);
        if let Some(column) = &column {
            let definition = &self.register.tables[table].columns[column.value];
            if !definition.nullable {
                let what = format!("the `soft-delete` column `{}` is not nullable", name.value);
                self.findings.push(
                    Finding::error("contradiction", what)
                        .at(name.place, "marks a row as deleted once it is set")
                        .at(definition.name.place, "can never be unset")
                        .help("flag the column `nullable`"),
                );
            }
        }
        self.register.tables[table].soft_delete = column;
    }

    fn indexes(&mut self, table: TableId, reader: Reader<'a>) {
        let definition = &self.register.tables[table];
        let names: Vec<String> = definition.columns.iter().map(|column| column.name.value.clone()).collect();
        let name = definition.name.clone();
        let columns = names.iter().map(String::as_str).collect();
        let owner = IndexOwner { kind: "table", name: &name, columns, table };
        for node in reader.children_named("index") {
            if let Some(index) = self.index(node, &owner) {
                self.register.tables[table].indexes.push(index);
            }
        }
    }

    /// An index of a table or of a read copy.
    pub(super) fn index(&mut self, reader: Reader<'_>, owner: &IndexOwner<'_>) -> Option<Index> {
        let texts = reader.arguments_from(0);
        let mut parts = Vec::with_capacity(texts.len());
        for text in texts {
            match super::index_part::index_part(text.as_str(), &owner.columns) {
                Ok(part) => parts.push(Located::new(part, text.place)),
                Err(Problem::UnknownColumn(name)) if self.is_faulty_column(owner.table, &name) => {}
                Err(problem) => self.findings.push(problem.finding(&text, owner, reader.spec.flags)),
            }
        }
        let mut include = Vec::new();
        for name in reader.names("include") {
            match owner.columns.iter().position(|column| *column == name.as_str()) {
                Some(index) => include.push(Located::new(index, name.place)),
                None if self.is_faulty_column(owner.table, name.as_str()) => {}
                None => {
                    let finding = unknown_of(owner.kind, owner.name, "column", &name);
                    self.findings.push(suggest(finding, name.as_str(), owner.columns.iter().copied()));
                }
            }
        }
        (!parts.is_empty()).then(|| Index {
            parts,
            method: reader.text("using"),
            predicate: reader.text("where"),
            include,
            name: reader.text("name"),
            unique: reader.flag("unique").is_some(),
            place: reader.node.place(),
            was: reader.text("was"),
        })
    }

    fn foreign_key(&mut self, table: TableId, reader: Reader<'_>) -> Option<ForeignKey> {
        let columns = self.argument_columns(table, reader);
        let to = reader.text("to")?;
        let target_copy = self.own_copy(table, &to);
        let target = if target_copy.is_none() { self.foreign_key_target(table, &to) } else { None };
        let (target, target_columns) = match target {
            Some((target, columns)) => (Some(target), columns),
            None => (None, None),
        };
        self.generated_in_foreign_key(table, &columns, reader);
        (!columns.is_empty()).then(|| ForeignKey {
            columns,
            target,
            target_copy,
            target_place: to.place,
            target_columns,
            on_delete: action(reader, "on-delete"),
            on_delete_place: reader.text("on-delete").map(|text| text.place),
            on_update: action(reader, "on-update"),
            deferrable: reader.flag("deferrable").is_some(),
            name: reader.text("name"),
            place: reader.node.place(),
            was: reader.text("was"),
        })
    }

    /// The read copy of the table's service that `TABLE`, `TABLE.COLUMN` or `SERVICE.TABLE` names.
    fn own_copy(&self, table: TableId, to: &Located<String>) -> Option<ProjectionId> {
        let service = self.register.tables[table].service;
        let copy = |name: &str| self.names.projections.get(&(service, name.to_owned())).copied();
        let (first, rest) = to.as_str().split_once('.').unwrap_or((to.as_str(), ""));
        let is_own_service = first == self.register.services[service].name.as_str();
        copy(first).or_else(|| copy(rest.split('.').next()?).filter(|_| is_own_service))
    }

    /// What PostgreSQL would have to write into a generated column.
    fn generated_in_foreign_key(
        &mut self,
        table: TableId,
        columns: &[Located<ColumnIndex>],
        reader: Reader<'_>,
    ) {
        let definitions = &self.register.tables[table].columns;
        let is_generated = |column: &&Located<ColumnIndex>| definitions[column.value].generated_sql.is_some();
        let Some(column) = columns.iter().find(is_generated) else { return };
        let writes = |property: &str| match (property, action(reader, property)) {
            (_, ForeignKeyAction::SetNull | ForeignKeyAction::SetDefault) => true,
            (property, ForeignKeyAction::Cascade) => property == "on-update",
            (_, ForeignKeyAction::NoAction | ForeignKeyAction::Restrict) => false,
        };
        for property in ["on-delete", "on-update"].into_iter().filter(|property| writes(property)) {
            let Some(text) = reader.text(property) else { continue };
            let name = shown(definitions[column.value].name.as_str());
            self.findings.push(
                Finding::error(
                    "contradiction",
                    format!("`{property}` would set the generated column `{name}`"),
                )
                .at(text.place, format!("`{property}={}`", shown(text.as_str())))
                .at(column.place, "generated, so nothing else sets it")
                .help(format!("leave `{property}` out, or let a column refer that is not generated")),
            );
        }
    }

    /// `TABLE`, `TABLE.COLUMN`, or, to be refused by a rule with its mend, `SERVICE.TABLE`.
    fn foreign_key_target(
        &mut self,
        table: TableId,
        to: &Located<String>,
    ) -> Option<(TableId, Option<Vec<ColumnIndex>>)> {
        let service = self.register.tables[table].service;
        let parts = self.parts(to, 1..=3, ("table", "TABLE or TABLE.COLUMN"))?;
        match parts.as_slice() {
            [service_name, name, column_name] => {
                let other = self.service(service_name)?;
                let target = self.own_table(other, name)?;
                let column = self.column(target, column_name)?;
                Some((target, Some(vec![column.value])))
            }
            [first, second] => {
                let own = self.names.tables.get(&(service, first.value.clone())).copied();
                if let Some(own) = own {
                    let column = self.column(own, second)?;
                    return Some((own, Some(vec![column.value])));
                }
                let other = self.names.services.get(first.as_str()).copied();
                match other {
                    Some(other) => Some((self.own_table(other, second)?, None)),
                    None => self.own_table(service, first).map(|id| (id, None)),
                }
            }
            _ => Some((self.own_table(service, to)?, None)),
        }
    }
}

fn action(reader: Reader<'_>, property: &str) -> ForeignKeyAction {
    match reader.text(property).as_ref().map(Located::as_str) {
        Some("cascade") => ForeignKeyAction::Cascade,
        Some("set-null") => ForeignKeyAction::SetNull,
        Some("set-default") => ForeignKeyAction::SetDefault,
        Some("restrict") => ForeignKeyAction::Restrict,
        _ => ForeignKeyAction::NoAction,
    }
}
