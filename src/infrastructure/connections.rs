//! How many connections a server has to take when everything runs at its most.

use crate::reconcile;
use crate::semantic::Register;
use crate::semantic::model::{Environment, ServerId, Service, ServiceId};
use std::collections::BTreeMap;
use std::fmt;

/// Replicas beyond the most that run while a deployment is rolled out: `maxSurge` is 1.
const SURGING_REPLICAS: u64 = 1;
/// Connections of one replica of a consumer: one applies messages, one looks after those that are parked.
const CONNECTIONS_PER_CONSUMER: u64 = 2;
/// Connections of an outbox relay, of which one replica runs: one listens, one reads and marks.
const RELAY_CONNECTIONS: u64 = 2;
/// Of these, those that cannot go through a pooler: LISTEN needs its session to itself.
const RELAY_DIRECT_CONNECTIONS: u64 = 1;
/// Connections of jobs on one database, never through a pooler: a migration with its lock, and maintenance.
const JOB_CONNECTIONS: u64 = 2;

/// How the connections of a pooler are divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolerShares {
    /// How many replicas of it run.
    pub replicas: u32,
    /// Connections of one replica to each database.
    pub connections: u32,
    /// Databases that it stands before.
    pub databases: u32,
}

impl PoolerShares {
    /// The shares of a pooler that may keep so many connections open in all, before the databases of those of the services that
    /// are run: together at most that many, as long as that is one for each database. Two replicas, unless nothing runs twice.
    pub fn of(
        environment: Environment<'_>,
        connections: u32,
        services: impl Iterator<Item = ServiceId>,
    ) -> PoolerShares {
        let (mut databases, mut is_single) = (0_u32, true);
        for service in services.filter(|service| environment.deploy(*service).is_some()) {
            databases = databases.saturating_add(1);
            is_single &= environment.scale(service).max == 1;
        }
        let replicas = if is_single || connections / 2 < databases { 1 } else { 2 };
        let connections = (connections / replicas / databases.max(1)).max(1);
        PoolerShares { replicas, connections, databases }
    }

    /// Connections of one replica.
    pub fn of_replica(self) -> u64 {
        u64::from(self.connections) * u64::from(self.databases)
    }

    /// Connections of all replicas, with the one that surges while it is rolled out.
    fn at_most(self) -> u64 {
        (u64::from(self.replicas) + SURGING_REPLICAS).saturating_mul(self.of_replica())
    }
}

/// The services whose databases a server holds, in the order of the register, each with the number of reconciliations
/// that read there.
pub type ServicesOnServer = Vec<(ServiceId, u32)>;

/// The services on every server that holds a database.
pub fn services_on_servers(register: &Register) -> BTreeMap<ServerId, ServicesOnServer> {
    let reconciliations = reconcile::connections(register);
    let mut on_servers: BTreeMap<ServerId, ServicesOnServer> = BTreeMap::new();
    for (id, service) in register.services.iter() {
        if let Some(server) = service.database.as_ref().and_then(|database| database.server) {
            let number = reconciliations.get(&id).copied().unwrap_or_default();
            on_servers.entry(server).or_default().push((id, number));
        }
    }
    on_servers
}

/// The connections of one server in one environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Who takes how many; none of them none.
    pub lines: Vec<ConnectionLine>,
    /// All of them.
    pub total: u64,
}

/// What takes connections of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionLine {
    /// How many.
    pub number: u64,
    /// The database, by its name in the register; `None` for what belongs to the whole server.
    pub database: Option<String>,
    /// What for.
    pub purpose: Purpose,
}

/// What connections are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The pooler, in place of the pools and consumers of all databases.
    Pooler {
        /// How many replicas of it run.
        replicas: u32,
    },
    /// The pools of a service's replicas.
    Pool {
        /// Connections of one replica.
        size: u32,
        /// Replicas at most.
        replicas: u32,
    },
    /// Consumers of events.
    Consumers {
        /// Consumer groups.
        groups: u64,
        /// Replicas of each at most.
        replicas: u32,
    },
    /// The outbox relay.
    Relay,
    /// Migrations and maintenance.
    Jobs,
    /// Reconciliations, the service's own and those of others.
    Reconciliations,
    /// What is kept for administrators.
    Reserve,
}

impl fmt::Display for Purpose {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Purpose::Pooler { replicas } => write!(
                formatter,
                "pooler ({replicas} replicas + {SURGING_REPLICAS}), for pools and consumers of all databases"
            ),
            Purpose::Pool { size, replicas } => {
                write!(formatter, "pool {size} x ({replicas} replicas + {SURGING_REPLICAS})")
            }
            Purpose::Consumers { groups, replicas } => {
                let each = CONNECTIONS_PER_CONSUMER;
                write!(
                    formatter,
                    "consumers, {each} x {groups} groups x ({replicas} replicas + {SURGING_REPLICAS})"
                )
            }
            Purpose::Relay => write!(formatter, "outbox relay, 1 replica + {SURGING_REPLICAS}"),
            Purpose::Jobs => formatter.write_str("migrations and maintenance"),
            Purpose::Reconciliations => formatter.write_str("reconciliations"),
            Purpose::Reserve => formatter.write_str("reserve"),
        }
    }
}

impl fmt::Display for ConnectionLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.database {
            Some(database) => write!(formatter, "{database}: {}", self.purpose),
            None => write!(formatter, "{}", self.purpose),
        }
    }
}

impl Connections {
    /// The connections of a server. `services` are those whose databases it holds, each with the number of
    /// reconciliations that read there.
    pub fn of(
        register: &Register,
        environment: Environment<'_>,
        server: ServerId,
        services: &[(ServiceId, u32)],
    ) -> Connections {
        let server = environment.server(server);
        let mut connections = Connections::default();
        if let Some(pooler) = server.pooler_connections {
            let shares = PoolerShares::of(environment, pooler, services.iter().map(|(id, _)| *id));
            // What is left over when shares are rounded is counted, too: it is what the register says.
            let number = u64::from(pooler).saturating_add(shares.of_replica()).max(shares.at_most());
            connections.add(number, None, Purpose::Pooler { replicas: shares.replicas });
        }
        for (id, reconciliations) in services {
            let service = &register.services[*id];
            let is_pooled = server.pooler_connections.is_some();
            connections.add_service(register, environment, (*id, service), is_pooled);
            connections.add((*reconciliations).into(), database(service), Purpose::Reconciliations);
        }
        connections.add(server.reserved_connections.into(), None, Purpose::Reserve);
        connections
    }

    fn add(&mut self, number: u64, database: Option<&str>, purpose: Purpose) {
        if number > 0 {
            self.total = self.total.saturating_add(number);
            let database = database.map(str::to_owned);
            self.lines.push(ConnectionLine { number, database, purpose });
        }
    }

    fn add_service(
        &mut self,
        register: &Register,
        environment: Environment<'_>,
        (id, service): (ServiceId, &Service),
        is_pooled: bool,
    ) {
        let Some(pool) = environment.pool(id) else { return };
        let name = database(service);
        if !is_pooled {
            // Consumers scale as their service does.
            let (size, replicas) = (pool.value, environment.scale(id).max);
            let at_most = u64::from(replicas) + SURGING_REPLICAS;
            self.add(u64::from(size).saturating_mul(at_most), name, Purpose::Pool { size, replicas });
            let groups = register.consumer_groups(service).len() as u64;
            let consumers = CONNECTIONS_PER_CONSUMER.saturating_mul(groups).saturating_mul(at_most);
            self.add(consumers, name, Purpose::Consumers { groups, replicas });
        }
        // What has topics and a database has an outbox.
        if !service.topics.is_empty() {
            let relay = if is_pooled { RELAY_DIRECT_CONNECTIONS } else { RELAY_CONNECTIONS };
            self.add(relay * (1 + SURGING_REPLICAS), name, Purpose::Relay);
        }
        self.add(JOB_CONNECTIONS, name, Purpose::Jobs);
    }
}

fn database(service: &Service) -> Option<&str> {
    service.database.as_ref().map(|database| database.name.as_str())
}
