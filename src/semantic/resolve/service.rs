//! Services and what they own, as far as no other service has to be known.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    Database, EnumType, EnumValue, Located, Service, ServiceId, SqlNode, Store, StoreKind, Table,
};
use crate::semantic::read::Reader;
use std::collections::HashMap;

impl<'a> Resolver<'a> {
    /// All services by name first, then their enums and tables.
    pub(super) fn declare_services(&mut self, roots: &[Reader<'a>]) {
        for root in roots.iter().filter(|root| root.spec.name == "service") {
            self.declare_service(*root);
        }
        for (service, reader) in self.services.clone() {
            for node in reader.children_named("enum") {
                self.declare_enum(service, node);
            }
            for node in reader.children_named("table") {
                self.declare_table(service, node);
            }
        }
    }

    fn declare_service(&mut self, reader: Reader<'a>) {
        let Some(name) = reader.argument(0) else { return };
        if let Some(first) = self.names.services.get(name.as_str()) {
            let first = self.register.services[*first].name.place;
            return self.duplicate("services", &name, first);
        }
        let key = name.value.clone();
        let team = reader.text("team").and_then(|team| self.team(&team));
        let service = Service {
            name,
            was: reader.text("was"),
            team,
            summary: reader.child("summary").and_then(|node| node.argument(0)),
            excludes: reader.children_named("excludes").flat_map(|node| node.arguments_from(0)).collect(),
            database: reader.child("database").and_then(|node| self.database(node)),
            stores: self.stores(reader),
            extensions: self.extensions(reader),
            enums: Vec::new(),
            tables: Vec::new(),
            projections: Vec::new(),
            topics: Vec::new(),
            consumes: Vec::new(),
            rpcs: Vec::new(),
            calls: Vec::new(),
            called_by: Vec::new(),
            deploy: reader
                .child("deploy")
                .map(|node| super::deployment::deploy(node, &self.register.platform.defaults)),
            latency_p95_ms: reader.child("latency").and_then(|node| node.whole("p95-ms")),
            sql: Vec::new(),
            place: reader.node.place(),
        };
        let id = self.register.services.push(service);
        self.names.services.insert(key, id);
        self.services.push((id, reader));
    }

    fn team(&mut self, name: &Located<String>) -> Option<crate::semantic::model::TeamId> {
        if let Some(id) = self.names.teams.get(name.as_str()) {
            return Some(*id);
        }
        let known: Vec<String> = self.register.teams.values().map(|team| team.name.value.clone()).collect();
        self.unknown("team", name, known.iter().map(String::as_str));
        None
    }

    fn database(&mut self, reader: Reader<'_>) -> Option<Database> {
        let server = reader.text("on").and_then(|name| {
            if let Some(id) = self.names.servers.get(name.as_str()) {
                return Some(*id);
            }
            let known: Vec<String> =
                self.register.servers.values().map(|server| server.name.value.clone()).collect();
            self.unknown("server", &name, known.iter().map(String::as_str));
            None
        });
        Some(Database {
            name: reader.argument(0)?,
            was: reader.text("was"),
            server,
            pool: reader.whole("pool").map_or(8, |n| n.value),
            place: reader.node.place(),
        })
    }

    fn stores(&mut self, reader: Reader<'_>) -> Vec<Store> {
        let mut stores: Vec<Store> = Vec::new();
        for node in reader.children_named("store") {
            let (Some(kind), Some(name)) = (node.argument(0), node.argument(1)) else { continue };
            let kind = match kind.as_str() {
                "redis" => StoreKind::Redis,
                "neo4j" => StoreKind::Neo4j,
                "clickhouse" => StoreKind::ClickHouse,
                "opensearch" => StoreKind::OpenSearch,
                _ => StoreKind::S3,
            };
            let same = |store: &&Store| store.kind == kind && store.name.value == name.value;
            if let Some(first) = stores.iter().find(same) {
                let first = first.name.place;
                self.duplicate("stores", &name, first);
                continue;
            }
            let holds = node.children_named("holds").flat_map(|child| child.arguments_from(0)).collect();
            stores.push(Store { kind, name, holds, place: node.node.place() });
        }
        stores
    }

    fn extensions(&mut self, reader: Reader<'_>) -> Vec<Located<String>> {
        let mut extensions: Vec<Located<String>> = Vec::new();
        for name in reader.children_named("extension").filter_map(|node| node.argument(0)) {
            match extensions.iter().find(|known| known.value == name.value) {
                Some(first) => {
                    let first = first.place;
                    self.duplicate("extensions", &name, first);
                }
                None => extensions.push(name),
            }
        }
        extensions
    }

    fn declare_enum(&mut self, service: ServiceId, reader: Reader<'_>) {
        let Some(name) = reader.argument(0) else { return };
        let key = (service, name.value.clone());
        if let Some(first) = self.names.enums.get(&key) {
            let first = self.register.enums[*first].name.place;
            return self.duplicate("enums", &name, first);
        }
        let written = reader.arguments_from(1).into_iter().map(|name| EnumValue { name, was: None });
        let children = reader
            .children_named("value")
            .filter_map(|node| Some(EnumValue { name: node.argument(0)?, was: node.text("was") }));
        let values = self.distinct_values(written.chain(children).collect());
        if values.is_empty() {
            self.findings.push(
                Finding::error("missing-argument", format!("the enum `{}` has no value", name.value))
                    .at(reader.node.head_place(), "at least one value is needed")
                    .help("written as `enum NAME VALUE...`"),
            );
        }
        let id = self.register.enums.push(EnumType {
            service,
            name,
            was: reader.text("was"),
            values,
            summary: reader.text("summary"),
            place: reader.node.place(),
        });
        self.register.services[service].enums.push(id);
        self.names.enums.insert(key, id);
    }

    fn distinct_values(&mut self, values: Vec<EnumValue>) -> Vec<EnumValue> {
        let mut first: HashMap<String, crate::source::Place> = HashMap::new();
        let mut distinct = Vec::with_capacity(values.len());
        for value in values {
            if let Some(place) = first.get(value.name.as_str()) {
                let place = *place;
                self.duplicate("values", &value.name, place);
            } else {
                first.insert(value.name.value.clone(), value.name.place);
                distinct.push(value);
            }
        }
        distinct
    }

    fn declare_table(&mut self, service: ServiceId, reader: Reader<'a>) {
        let Some(name) = reader.argument(0) else { return };
        let key = (service, name.value.clone());
        if let Some(first) = self.names.tables.get(&key) {
            let first = self.register.tables[*first].name.place;
            return self.duplicate("tables", &name, first);
        }
        let columns = self.table_columns(service, reader);
        if columns.is_empty() {
            self.findings.push(
                Finding::error("missing-node", format!("the table `{}` has no column", name.value))
                    .at(reader.node.head_place(), "at least one `column` is needed")
                    .help("written as `column NAME TYPE`"),
            );
        }
        let id = self.register.tables.push(Table {
            service,
            name,
            was: reader.text("was"),
            database_name: reader.text("as"),
            schema: reader.text("schema"),
            entity: reader.text("entity"),
            summary: reader.text("summary"),
            columns,
            primary_key: None,
            uniques: Vec::new(),
            indexes: Vec::new(),
            checks: Vec::new(),
            foreign_keys: Vec::new(),
            references: Vec::new(),
            partition: None,
            soft_delete: None,
            topic: None,
            place: reader.node.place(),
        });
        self.register.services[service].tables.push(id);
        if let Some(entity) = &self.register.tables[id].entity {
            self.entities.entry((service, entity.value.clone())).or_insert(id);
        }
        self.names.tables.insert(key, id);
        self.tables.push((id, reader));
    }

    /// The `sql` nodes of a service; its tables have to be known.
    pub(super) fn sql_nodes(&mut self, service: ServiceId, reader: Reader<'_>) {
        let mut nodes: Vec<SqlNode> = Vec::new();
        for node in reader.children_named("sql") {
            let Some(name) = node.argument(0) else { continue };
            let statement = |which| node.child(which).and_then(|child| child.argument(0));
            let (Some(up), Some(down)) = (statement("up"), statement("down")) else { continue };
            if let Some(first) = nodes.iter().find(|known| known.name.value == name.value) {
                let first = first.name.place;
                self.duplicate("`sql` nodes", &name, first);
                continue;
            }
            let after = node.text("after").and_then(|table| {
                let id = self.own_table(service, &table)?;
                Some(Located::new(id, table.place))
            });
            nodes.push(SqlNode { name, was: node.text("was"), after, up, down, place: node.node.place() });
        }
        self.register.services[service].sql = nodes;
    }

    /// A table of a service by its name; a finding where there is none.
    pub(super) fn own_table(
        &mut self,
        service: ServiceId,
        name: &Located<String>,
    ) -> Option<crate::semantic::model::TableId> {
        if let Some(id) = self.names.tables.get(&(service, name.value.clone())) {
            return Some(*id);
        }
        let tables = &self.register.services[service].tables;
        let known: Vec<String> =
            tables.iter().map(|id| self.register.tables[*id].name.value.clone()).collect();
        let owner = self.register.services[service].name.value.clone();
        self.unknown(&format!("table of `{owner}` called"), name, known.iter().map(String::as_str));
        None
    }
}
