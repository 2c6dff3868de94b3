//! Read copies of other services' tables.

use super::Resolver;
use super::index_part::IndexOwner;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    ColumnIndex, Located, ProjectedColumn, Projection, ProjectionId, ServiceId, TableId,
};
use crate::semantic::read::Reader;
use crate::semantic::wording::shown;
use foldhash::{HashMap, HashMapExt};

/// What `of=` names.
type Source = (Option<TableId>, Option<ProjectionId>);

impl<'a> Resolver<'a> {
    /// By name, so that a projection of a projection, and a foreign key to one, are known as such.
    pub(super) fn declare_projections(&mut self) {
        for (service, reader) in self.services.clone() {
            for node in reader.children_named("projection") {
                let declared = self.declare_projection(service, node).map(|id| (id, node));
                self.projections.extend(declared);
            }
        }
    }

    pub(super) fn resolve_projections(&mut self) {
        for (id, reader) in std::mem::take(&mut self.projections) {
            self.resolve_projection(id, reader);
        }
    }

    fn declare_projection(&mut self, service: ServiceId, reader: Reader<'_>) -> Option<ProjectionId> {
        let (name, of) = (reader.argument(0)?, reader.text("of")?);
        let key = (service, name.value.clone());
        let tables = self.names.tables.get(&key).map(|id| self.register.tables[*id].name.place);
        let earlier = self.names.projections.get(&key).map(|id| self.register.projections[*id].name.place);
        if let Some(first) = tables.or(earlier) {
            self.duplicate("tables", &name, first);
            return None;
        }
        let id = self.register.projections.push(Projection {
            service,
            name,
            was: reader.text("was"),
            source: None,
            source_place: of.place,
            source_projection: None,
            key: Vec::new(),
            columns: Vec::new(),
            indexes: Vec::new(),
            summary: reader.text("summary"),
            place: reader.node.place(),
        });
        self.register.services[service].projections.push(id);
        self.names.projections.insert(key, id);
        Some(id)
    }

    fn resolve_projection(&mut self, id: ProjectionId, reader: Reader<'_>) {
        let Some(of) = reader.text("of") else { return };
        let (table, projection) = self.projection_source(id, &of);
        self.register.projections[id].source = table;
        self.register.projections[id].source_projection = projection;
        let Some(table) = table else { return };
        let key = self.projection_key(table, reader);
        let columns = self.projected_columns(table, reader, &key);
        self.register.projections[id].key = key;
        self.register.projections[id].columns = columns;
        self.distinct_names(id);
        let copy = &self.register.projections[id];
        let name = copy.name.clone();
        let names: Vec<String> = copy.column_names().into_iter().map(str::to_owned).collect();
        let columns = names.iter().map(String::as_str).collect();
        let owner = IndexOwner { kind: "read copy", name: &name, columns, table };
        for node in reader.children_named("index") {
            if let Some(index) = self.index(node, &owner) {
                self.register.projections[id].indexes.push(index);
            }
        }
    }

    fn projection_source(&mut self, id: ProjectionId, of: &Located<String>) -> Source {
        let parts = self.parts(of, 2..=2, ("table of a service", "SERVICE.TABLE"));
        let Some([service_name, table_name]) = parts.as_deref() else { return (None, None) };
        let Some(service) = self.service(service_name) else { return (None, None) };
        if service == self.register.projections[id].service {
            self.findings.push(
                Finding::error("wrong-value", "a read copy is of another service's table")
                    .at(of.place, "the service's own")
                    .help("read the table itself, or make a view with a `sql` node"),
            );
            return (None, None);
        }
        let key = (service, table_name.value.clone());
        if let Some(projection) = self.names.projections.get(&key) {
            return (None, Some(*projection));
        }
        (self.own_table(service, table_name), None)
    }

    /// The identifying columns of the source, under the names that `key` gives them.
    fn projection_key(&mut self, table: TableId, reader: Reader<'_>) -> Vec<ProjectedColumn> {
        let identity = self.register.identifying_columns(table);
        let source = &self.register.tables[table];
        let mut key: Vec<ProjectedColumn> = identity
            .iter()
            .map(|column| {
                let name = Located::new(source.columns[*column].name.value.clone(), reader.node.name_place());
                ProjectedColumn { source: *column, name, was: None }
            })
            .collect();
        let mut named: HashMap<ColumnIndex, Located<String>> = HashMap::new();
        for node in reader.children_named("key") {
            let Some(name) = node.text("as") else { continue };
            let column = match node.argument(0) {
                Some(column) => match self.column(table, &column) {
                    Some(found) => Some(found.value),
                    None => continue,
                },
                None if identity.len() == 1 => identity.first().copied(),
                None => None,
            };
            let projected = key.iter_mut().find(|projected| Some(projected.source) == column);
            let Some(projected) = projected else {
                self.wrong_key(table, node, &identity);
                continue;
            };
            if let Some(first) = named.get(&projected.source) {
                let column = self.register.tables[table].columns[projected.source].name.value.clone();
                self.named_twice("key column", &Located::new(column, name.place), first.place);
                continue;
            }
            named.insert(projected.source, name.clone());
            projected.name = name;
            projected.was = node.text("was");
        }
        key
    }

    fn wrong_key(&mut self, table: TableId, node: Reader<'_>, identity: &[ColumnIndex]) {
        let source = &self.register.tables[table];
        let names: Vec<_> =
            identity.iter().map(|column| format!("`{}`", source.columns[*column].name.value)).collect();
        let identified = match names.is_empty() {
            true => "identified by nothing: it has no primary key".to_owned(),
            false => format!("identified by {}", names.join(", ")),
        };
        self.findings.push(
            Finding::error("wrong-argument", "`key` names a column of the source's identity")
                .at(node.node.head_place(), "not one of them")
                .at(source.name.place, identified)
                .help("written as `key COLUMN as=NAME`, once for each column of the identity"),
        );
    }

    fn projected_columns(
        &mut self,
        table: TableId,
        reader: Reader<'_>,
        key: &[ProjectedColumn],
    ) -> Vec<ProjectedColumn> {
        let mut projected: Vec<ProjectedColumn> = Vec::new();
        for node in reader.children() {
            let names: Vec<(Located<String>, Located<String>)> = match node.spec.name {
                "carries" => node.arguments_from(0).into_iter().map(|name| (name.clone(), name)).collect(),
                "carry" => node.argument(0).zip(node.text("as")).into_iter().collect(),
                _ => continue,
            };
            for (column, name) in names {
                let Some(source) = self.column(table, &column) else { continue };
                if let Some(own) = key.iter().find(|own| own.source == source.value) {
                    self.findings.push(
                        Finding::error(
                            "contradiction",
                            format!("`{}` is in the copy as its key", shown(column.as_str())),
                        )
                        .at(column.place, "carried again")
                        .at(own.name.place, "the key")
                        .help("leave it out of `carries`"),
                    );
                    continue;
                }
                projected.push(ProjectedColumn { source: source.value, name, was: node.text("was") });
            }
        }
        projected
    }

    /// Two columns of a copy with one name, or one with a name that the compiler uses.
    fn distinct_names(&mut self, id: ProjectionId) {
        let projection = &self.register.projections[id];
        let mut first: HashMap<String, Located<String>> = HashMap::new();
        let mut again = Vec::new();
        let mut reserved = Vec::new();
        for column in projection.key.iter().chain(&projection.columns) {
            if crate::semantic::model::PROJECTION_COLUMNS.contains(&column.name.as_str()) {
                reserved.push(column.name.clone());
            }
            match first.get(column.name.as_str()) {
                Some(earlier) => again.push((column.name.clone(), earlier.place)),
                None => {
                    first.insert(column.name.value.clone(), column.name.clone());
                }
            }
        }
        for (name, place) in again {
            self.duplicate("columns of the copy", &name, place);
        }
        for name in reserved {
            let what = format!("every read copy has a column `{}` of its own", name.value);
            self.findings.push(
                Finding::error("duplicate-name", what)
                    .at(name.place, "a name that the compiler uses")
                    .help("take it along under another name: `carry COLUMN as=NAME`"),
            );
        }
    }
}
