//! Environments: what they change, over what the register says.

use super::Resolver;
use super::deployment::{deploy_part, inner_scale};
use super::platform::window;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    DailyWindow, DeclaredEnvironment, Defaults, Deploy, Endpoint, Kafka, Located, MOST_ENVIRONMENTS, Network,
    PRODUCTION, Scale, Server, ServerId, ServiceId, WeeklyWindow, parse_network,
};
use crate::semantic::read::Reader;
use crate::semantic::wording::shown;
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};
use ipnet::IpNet;
use std::collections::BTreeMap;

impl<'a> Resolver<'a> {
    /// Every environment. What it changes has to be declared.
    pub(super) fn declare_environments(&mut self, roots: &[Reader<'a>]) {
        let mut first: HashMap<String, Place> = HashMap::new();
        for root in roots.iter().filter(|root| root.spec.name == "environment") {
            let Some(name) = root.argument(0) else { continue };
            if name.as_str() == PRODUCTION {
                self.production_declared(&name);
            } else if let Some(first) = first.get(name.as_str()) {
                self.duplicate("environments", &name, *first);
            } else if self.register.environments.len() == MOST_ENVIRONMENTS {
                return self.too_many_environments(&name);
            } else {
                first.insert(name.value.clone(), name.place);
                self.declare_environment(name, *root);
            }
        }
    }

    fn production_declared(&mut self, name: &Located<String>) {
        self.findings.push(
            Finding::error("contradiction", format!("`{PRODUCTION}` is what the register says itself"))
                .at(name.place, "not to be declared")
                .help("write what holds there into `platform`, `server` and `service`, or give this one another name"),
        );
    }

    fn too_many_environments(&mut self, name: &Located<String>) {
        let message = format!("there are more than {MOST_ENVIRONMENTS} environments");
        self.findings.push(
            Finding::error("repeated-node", message)
                .at(name.place, "nothing from here on counts")
                .help("keep registers of their own for environments that come and go"),
        );
    }

    fn declare_environment(&mut self, name: Located<String>, reader: Reader<'_>) {
        let platform = &self.register.platform;
        let mut kafka = platform.kafka.clone();
        if let Some(node) = reader.child("kafka") {
            kafka.replication = node.whole("replication").map_or(kafka.replication, |n| n.value);
            brokers(node, &mut kafka);
        }
        let network = network(reader, &platform.network);
        self.own_brokers(&name, reader);
        if let Some(node) = reader.child("defaults") {
            self.default_forms(node);
        }
        let defaults = reader.child("defaults").map(super::platform::defaults).unwrap_or_default();
        let default_scale = Scale::merged(&[&defaults.scale, &self.register.platform.defaults.scale]);
        let servers = self.servers_there(reader);
        let (pools, deploys) = self.services_there(reader, &defaults);
        self.register.environments.push(DeclaredEnvironment {
            name,
            namespace: reader.child("namespace").and_then(|node| node.argument(0)),
            monthly_budget_usd: reader.child("budget").and_then(|node| node.decimal("monthly-usd")),
            kafka,
            network,
            has_own_databases: reader.child("network").is_some_and(|node| node.has_property("databases")),
            servers,
            pools,
            deploys,
            default_scale,
            place: reader.node.place(),
        });
    }

    /// Messages of one environment must not reach another: where the register says where its brokers are, so does every
    /// environment.
    fn own_brokers(&mut self, name: &Located<String>, reader: Reader<'_>) {
        let has_own = reader.child("kafka").is_some_and(|node| node.has_property("bootstrap-servers"));
        if self.register.platform.kafka.bootstrap_servers.is_empty() || has_own {
            return;
        }
        let message =
            format!("the environment `{}` would use the brokers of production", shown(name.as_str()));
        self.findings.push(
            Finding::error("missing-property", message)
                .at(name.place, "has no brokers of its own")
                .help("add `kafka bootstrap-servers=\"HOST:PORT\"` in its braces"),
        );
    }

    /// The servers that an environment changes.
    fn servers_there(&mut self, environment: Reader<'_>) -> BTreeMap<ServerId, Server> {
        let mut first: HashMap<String, Place> = HashMap::new();
        let mut servers = BTreeMap::new();
        for reader in environment.children_named("server") {
            let Some(name) = reader.argument(0) else { continue };
            if let Some(first) = first.get(name.as_str()) {
                self.named_twice("server", &name, *first);
                continue;
            }
            first.insert(name.value.clone(), name.place);
            match self.names.servers.get(name.as_str()) {
                Some((Some(id), _)) => {
                    let id = *id;
                    let server = self.server_there(reader, id);
                    servers.insert(id, server);
                }
                // It could not be read, and a finding says so.
                Some((None, _)) => {}
                None => self.unknown("server", &name, |register| {
                    register.servers.values().map(|server| server.name.as_str()).collect()
                }),
            }
        }
        servers
    }

    fn server_there(&mut self, reader: Reader<'_>, id: ServerId) -> Server {
        let base = self.register.servers[id].clone();
        let whole = |name, base: u32| reader.whole(name).map_or(base, |found| found.value);
        let (multi_az, single_az) = (reader.flag("multi-az"), reader.flag("single-az"));
        if let Some((multi_az, single_az)) = multi_az.zip(single_az) {
            self.findings.push(
                Finding::error("contradiction", "`multi-az` and `single-az` stand together")
                    .at(single_az, "no standby")
                    .at(multi_az, "a standby")
                    .help("take one of them out"),
            );
        }
        let pooler = reader.whole("pooler-connections");
        if let Some(pooler) = pooler.as_ref().filter(|_| base.pooler_connections.is_none()) {
            let message = format!("the server `{}` has no pooler", shown(base.name.as_str()));
            self.findings.push(
                Finding::error("contradiction", message)
                    .at(pooler.place, "a pooler in this environment alone")
                    .at(base.name.place, "the server")
                    .help(
                        "give the server itself `pooler-connections=`: every environment has the same parts",
                    ),
            );
        }
        let server = Server {
            class: reader.text("class").unwrap_or_else(|| base.class.clone()),
            storage_gb: reader.whole("storage-gb").unwrap_or_else(|| base.storage_gb.clone()),
            max_connections: whole("max-connections", base.max_connections),
            reserved_connections: whole("reserved-connections", base.reserved_connections),
            pooler_connections: base.pooler_connections.map(|base| pooler.map_or(base, |own| own.value)),
            multi_az: multi_az.is_some() || (base.multi_az && single_az.is_none()),
            read_replicas: whole("read-replicas", base.read_replicas),
            backup_days: whole("backup-days", base.backup_days),
            backup_window: window(reader, "backup-window", DailyWindow::parse).unwrap_or(base.backup_window),
            maintenance_window: window(reader, "maintenance-window", WeeklyWindow::parse)
                .unwrap_or(base.maintenance_window),
            // What the register says of them may give way to what the environment says of all its servers.
            networks: networks(reader, "networks").unwrap_or_default(),
            place: reader.node.place(),
            ..base
        };
        self.server_form(reader, &server);
        server
    }

    /// Pools and deployments that an environment changes: those of the services that it names and, where it has
    /// defaults, of all that are run.
    fn services_there(
        &mut self,
        environment: Reader<'_>,
        defaults: &Defaults,
    ) -> (BTreeMap<ServiceId, Located<u32>>, BTreeMap<ServiceId, Deploy>) {
        let mut pools = BTreeMap::new();
        let mut own: HashMap<ServiceId, Reader<'_>> = HashMap::new();
        for (id, reader) in self.named_services(environment) {
            if let Some(node) = reader.child("database")
                && self.stands_in_service(id, "database", node)
                && let Some(pool) = node.whole("pool")
            {
                pools.insert(id, pool);
            }
            if let Some(node) = reader.child("deploy")
                && self.stands_in_service(id, "deploy", node)
            {
                self.deploy_form(node);
                own.insert(id, node);
            }
        }
        let has_defaults = environment.child("defaults").is_some();
        let run = self.services.iter().filter_map(|(id, reader)| Some((*id, reader.child("deploy")?)));
        let changed = run.filter(|(id, _)| has_defaults || own.contains_key(id));
        let deploys =
            changed.map(|(id, base)| (id, self.deploy_there(own.get(&id).copied(), defaults, base)));
        (pools, deploys.collect())
    }

    /// The services that an environment names, each once.
    fn named_services<'r>(&mut self, environment: Reader<'r>) -> Vec<(ServiceId, Reader<'r>)> {
        let mut first: HashMap<String, Place> = HashMap::new();
        let mut services = Vec::new();
        for reader in environment.children_named("service") {
            let Some(name) = reader.argument(0) else { continue };
            if let Some(first) = first.get(name.as_str()) {
                self.named_twice("service", &name, *first);
                continue;
            }
            first.insert(name.value.clone(), name.place);
            services.extend(self.service(&name).map(|id| (id, reader)));
        }
        services
    }

    /// Whether a service has a node of which an environment changes something.
    fn stands_in_service(&mut self, id: ServiceId, what: &'static str, changed: Reader<'_>) -> bool {
        let has =
            |(service, reader): &(ServiceId, Reader<'_>)| *service == id && reader.child(what).is_some();
        if self.services.get(id.index()).is_some_and(has) {
            return true;
        }
        let name = self.register.services[id].name.clone();
        self.findings.push(
            Finding::error(
                "contradiction",
                format!("the service `{}` has no `{what}`", shown(name.as_str())),
            )
            .at(changed.node.name_place(), "there is none to change")
            .at(name.place, "the service")
            .help(format!("give the service itself a `{what}`, or take this one out")),
        );
        false
    }

    /// How a service is run in an environment: by what it says of the service, then by its defaults, then as the
    /// register says.
    fn deploy_there(&self, own: Option<Reader<'_>>, defaults: &Defaults, base: Reader<'_>) -> Deploy {
        let own_parts = own.map(|node| (deploy_part(node), inner_scale(node))).unwrap_or_default();
        let base_parts = (deploy_part(base), inner_scale(base));
        let platform = &self.register.platform.defaults;
        Deploy::merged(
            &[
                (&own_parts.0, &own_parts.1),
                (&defaults.deploy, &defaults.scale),
                (&base_parts.0, &base_parts.1),
                (&platform.deploy, &platform.scale),
            ],
            own.unwrap_or(base).node.place(),
        )
    }
}

/// How `kafka`, of the platform or of an environment, says that brokers are reached.
pub(super) fn brokers(reader: Reader<'_>, kafka: &mut Kafka) {
    kafka.cluster = reader.text("cluster").or_else(|| kafka.cluster.take());
    if let Some(servers) = reader.text("bootstrap-servers") {
        kafka.bootstrap_servers = list(&servers, Endpoint::parse);
    }
}

/// `network`, in the platform or an environment, with what it leaves out taken from `base`.
pub(super) fn network(parent: Reader<'_>, base: &Network) -> Network {
    let part = |name| parent.child("network").and_then(|node| networks(node, name));
    let stores = part("stores");
    Network {
        databases: part("databases").unwrap_or_else(|| base.databases.clone()),
        brokers: part("brokers").unwrap_or_else(|| base.brokers.clone()),
        has_stores: base.has_stores || stores.is_some(),
        stores: stores.unwrap_or_else(|| base.stores.clone()),
        buckets: part("buckets").or_else(|| base.buckets.clone()),
    }
}

/// A property that is networks.
pub(super) fn networks(reader: Reader<'_>, name: &str) -> Option<Vec<IpNet>> {
    Some(list(&reader.text(name)?, parse_network))
}

/// What stands in a text with commas between.
fn list<T>(text: &Located<String>, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
    text.value.split(',').filter_map(|part| parse(part.trim())).collect()
}
