//! Services and what they own, as far as no other service has to be known.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    Database, EnumType, EnumValue, Located, Service, ServiceId, SqlNode, Store, StoreKind, Table,
};
use crate::semantic::read::Reader;
use crate::semantic::suggest::nearest;
use crate::semantic::wording::shown;
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};

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
        if let Some(deploy) = reader.child("deploy") {
            self.deploy_form(deploy);
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
            consistency: reader.child("consistency").map_or_else(
                || self.register.platform.consistency.clone(),
                |node| super::platform::consistency(node, &self.register.platform.consistency),
            ),
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
        self.unknown("team", name, |register| {
            register.teams.values().map(|team| team.name.as_str()).collect()
        });
        None
    }

    fn database(&mut self, reader: Reader<'_>) -> Option<Database> {
        let server = reader.text("on").and_then(|name| {
            if let Some((id, _)) = self.names.servers.get(name.as_str()) {
                return *id;
            }
            self.unknown("server", &name, |register| {
                register.servers.values().map(|server| server.name.as_str()).collect()
            });
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
        let mut first: HashMap<(StoreKind, String), Place> = HashMap::new();
        for node in reader.children_named("store") {
            let (Some(kind), Some(name)) = (node.argument(0), node.argument(1)) else { continue };
            let kind = match kind.as_str() {
                "redis" => StoreKind::Redis,
                "neo4j" => StoreKind::Neo4j,
                "clickhouse" => StoreKind::ClickHouse,
                "opensearch" => StoreKind::OpenSearch,
                _ => StoreKind::S3,
            };
            if let Some(first) = first.get(&(kind, name.value.clone())) {
                self.duplicate("stores", &name, *first);
                continue;
            }
            first.insert((kind, name.value.clone()), name.place);
            let holds = node.children_named("holds").flat_map(|child| child.arguments_from(0)).collect();
            stores.push(Store {
                kind,
                name,
                holds,
                place: node.node.place(),
                was: node.text("was"),
                summary: node.text("summary"),
            });
        }
        stores
    }

    fn extensions(&mut self, reader: Reader<'_>) -> Vec<Located<String>> {
        let mut extensions: Vec<Located<String>> = Vec::new();
        let mut first: HashMap<String, Place> = HashMap::new();
        for name in reader.children_named("extension").filter_map(|node| node.argument(0)) {
            match first.get(name.as_str()) {
                Some(first) => self.named_twice("extension", &name, *first),
                None => {
                    first.insert(name.value.clone(), name.place);
                    extensions.push(name);
                }
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
        let written =
            reader.arguments_from(1).into_iter().map(|name| EnumValue { name, was: None, summary: None });
        let children = reader.children_named("value").filter_map(|node| {
            let name = node.argument(0)?;
            Some(EnumValue { name, was: node.text("was"), summary: node.text("summary") })
        });
        let values = self.distinct_values(written.chain(children).collect());
        if values.is_empty() && reader.arguments_from(1).is_empty() && reader.child("value").is_none() {
            self.findings.push(
                Finding::error(
                    "missing-argument",
                    format!("the enum `{}` has no value", shown(name.as_str())),
                )
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
        let mut first: HashMap<String, Place> = HashMap::new();
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
        // Columns that could not be read were reported.
        let has_any = |node: &crate::syntax::Node<'_>| {
            ["column", "use"].iter().any(|word| nearest(node.name(), [*word]).is_some())
        };
        if columns.is_empty() && !reader.node.children().any(|node| has_any(&node)) {
            self.findings.push(
                Finding::error("missing-node", format!("the table `{}` has no column", shown(name.as_str())))
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
            entity_was: reader.text("entity-was").map(Box::new),
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
        let mut first: HashMap<String, Place> = HashMap::new();
        for node in reader.children_named("sql") {
            let Some(name) = node.argument(0) else { continue };
            let statement = |which| node.child(which).and_then(|child| child.argument(0));
            let (Some(up), Some(down)) = (statement("up"), statement("down")) else { continue };
            if let Some(first) = first.get(name.as_str()) {
                self.duplicate("`sql` nodes", &name, *first);
                continue;
            }
            first.insert(name.value.clone(), name.place);
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
        let owner = self.register.services[service].name.clone();
        self.unknown_of(("service", &owner), "table", name, |register| {
            register.services[service].tables.iter().map(|id| register.tables[*id].name.as_str()).collect()
        });
        None
    }
}
