//! Environments: the places where all of a register runs. What the register says itself is `production`; others differ
//! from it in servers, replicas, pools and budget, never in tables, ports or names.

use super::{Deploy, Endpoint, Kafka, Located, Network, Register, Scale, Server, ServerId, ServiceId};
use crate::source::Place;
use ipnet::IpNet;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The environment that the register itself describes.
pub const PRODUCTION: &str = "production";

/// How many environments a register can declare: output grows with services times environments.
pub const MOST_ENVIRONMENTS: usize = 16;

/// The namespace of Kubernetes where neither a namespace nor a platform is named: its own default.
const DEFAULT_NAMESPACE: &str = "default";

/// An `environment` node: what differs there from what the register says.
#[derive(Clone, Debug)]
pub struct DeclaredEnvironment {
    /// The name.
    pub name: Located<String>,
    /// `namespace`.
    pub namespace: Option<Located<String>>,
    /// `budget monthly-usd=`.
    pub monthly_budget_usd: Option<Located<Decimal>>,
    /// Kafka as it is there.
    pub kafka: Kafka,
    /// The network as it is there.
    pub network: Network,
    /// Whether it says itself where servers are.
    pub has_own_databases: bool,
    /// Servers of which it changes something, as they are there.
    pub servers: BTreeMap<ServerId, Server>,
    /// Pools of services of which it changes the pool.
    pub pools: BTreeMap<ServiceId, Located<u32>>,
    /// How services are run of which it changes that, with everything filled in.
    pub deploys: BTreeMap<ServiceId, Deploy>,
    /// How many replicas run of a service that does not say.
    pub default_scale: Scale,
    /// The node.
    pub place: Place,
}

/// A place where all of a register runs: everything that may differ from one to the next, with all defaults.
#[derive(Clone, Copy, Debug)]
pub struct Environment<'a> {
    register: &'a Register,
    declared: Option<&'a DeclaredEnvironment>,
}

impl Register {
    /// Where it runs: production first, then the others in their order.
    pub fn environments(&self) -> impl Iterator<Item = Environment<'_>> {
        let declared = self.environments.iter().map(Some);
        std::iter::once(None).chain(declared).map(|declared| Environment { register: self, declared })
    }

    /// The environment that it describes itself.
    pub fn production(&self) -> Environment<'_> {
        Environment { register: self, declared: None }
    }
}

impl<'a> Environment<'a> {
    /// Its name.
    pub fn name(self) -> &'a str {
        self.declared.map_or(PRODUCTION, |declared| declared.name.as_str())
    }

    /// The node that declares it; `None` for production.
    pub fn declared(self) -> Option<&'a DeclaredEnvironment> {
        self.declared
    }

    /// Whether it is the one that the register describes itself.
    pub fn is_production(self) -> bool {
        self.declared.is_none()
    }

    /// The Kubernetes namespace: the one that it names, else production's with its own name behind.
    pub fn namespace(self) -> String {
        let platform = &self.register.platform;
        let written = platform.namespace.as_ref().or(platform.name.as_ref());
        let production = written.map_or(DEFAULT_NAMESPACE, Located::as_str);
        let own = self.declared.and_then(|declared| declared.namespace.as_ref());
        own.map_or_else(|| self.named(production), |own| own.value.clone())
    }

    /// What something is called that environments may have side by side, such as a server in an account of AWS: its own
    /// name in production, else with the environment's behind.
    pub fn named(self, name: &str) -> String {
        match self.declared {
            None => name.to_owned(),
            Some(declared) => format!("{name}-{}", declared.name.value),
        }
    }

    /// What its servers may cost: US dollars a month. The register's own budget where it has none.
    pub fn monthly_budget_usd(self) -> Option<&'a Located<Decimal>> {
        let own = self.declared.and_then(|declared| declared.monthly_budget_usd.as_ref());
        own.or(self.register.platform.monthly_budget_usd.as_ref())
    }

    /// Its Kafka.
    pub fn kafka(self) -> &'a Kafka {
        self.declared.map_or(&self.register.platform.kafka, |declared| &declared.kafka)
    }

    /// Where brokers are reached: those that are named, else what Strimzi calls its service for clients with TLS.
    pub fn bootstrap_servers(self) -> Vec<Endpoint> {
        let kafka = self.kafka();
        if !kafka.bootstrap_servers.is_empty() {
            return kafka.bootstrap_servers.clone();
        }
        // KEDA asks from a namespace of its own, so the name has that of the cluster; Strimzi's certificates hold it, too.
        let host = format!("{}-kafka-bootstrap.{}.svc", self.kafka_cluster(), self.namespace());
        vec![Endpoint { host, port: Kafka::TLS_PORT }]
    }

    /// The name of Strimzi's `Kafka` resource: the one that is named, else the platform's name, else `kafka`.
    pub fn kafka_cluster(self) -> &'a str {
        let named = self.kafka().cluster.as_ref().or(self.register.platform.name.as_ref());
        named.map_or("kafka", Located::as_str)
    }

    /// What lies outside its cluster.
    pub fn network(self) -> &'a Network {
        self.declared.map_or(&self.register.platform.network, |declared| &declared.network)
    }

    /// A server as it is there.
    pub fn server(self, id: ServerId) -> &'a Server {
        let own = self.declared.and_then(|declared| declared.servers.get(&id));
        own.unwrap_or(&self.register.servers[id])
    }

    /// Where a server is: what the environment says of it, then of all servers, then what the register says in the same order.
    pub fn server_networks(self, id: ServerId) -> &'a [IpNet] {
        let changed = self.declared.and_then(|declared| declared.servers.get(&id));
        let own = changed.map_or(&[][..], |server| &server.networks);
        let registered = &self.register.servers[id].networks;
        match self.declared {
            _ if !own.is_empty() => own,
            Some(declared) if declared.has_own_databases => &declared.network.databases,
            _ if !registered.is_empty() => registered,
            _ => &self.network().databases,
        }
    }

    /// All servers as they are there, in the order of the register.
    pub fn servers(self) -> impl Iterator<Item = (ServerId, &'a Server)> {
        self.register.servers.ids().map(move |id| (id, self.server(id)))
    }

    /// Connections of one replica's pool, with the place that says so; `None` for a service without a database.
    pub fn pool(self, id: ServiceId) -> Option<Located<u32>> {
        let database = self.register.services[id].database.as_ref()?;
        let own = self.declared.and_then(|declared| declared.pools.get(&id));
        Some(own.cloned().unwrap_or_else(|| Located::new(database.pool, database.place)))
    }

    /// How a service is run; `None` where it is not.
    pub fn deploy(self, id: ServiceId) -> Option<&'a Deploy> {
        let own = self.declared.and_then(|declared| declared.deploys.get(&id));
        own.or(self.register.services[id].deploy.as_ref())
    }

    /// How many replicas run of a service; the defaults where it does not say how it is run.
    pub fn scale(self, id: ServiceId) -> Scale {
        match (self.deploy(id), self.declared) {
            (Some(deploy), _) => deploy.scale.clone(),
            (None, Some(declared)) => declared.default_scale.clone(),
            (None, None) => Scale::merged(&[&self.register.platform.defaults.scale]),
        }
    }
}
