//! What runs where, as plain data: what Terraform, Kubernetes, Kafka and Prometheus have to agree on. What is here is the
//! same in every environment; what differs is asked of an [`Environment`](crate::semantic::model::Environment).
//!
//! Every name that two outputs mention is made here, by one function, so that they agree by construction.

mod access;
mod connections;
mod costs;
mod databases;
pub mod metrics;
mod names;
mod topics;
mod workloads;

pub use access::{Callers, Reach};
pub use connections::{
    ConnectionLine, Connections, PoolerShares, Purpose, ServicesOnServer, services_on_servers,
};
pub use costs::{ServerCost, server_cost};
pub use databases::{Bucket, Database, DatabaseRole, RoleKind, SecretKey, Server};
pub use names::{
    Image, dead_letter_topic, object_name, platform, role_secret, role_secret_in_aws, service_secret,
    service_secret_in_aws, state_key, topic_object_name,
};
pub use topics::{Acl, AclResource, Operation, Topic, TopicKind, acls};
pub use workloads::{DatabaseAccess, Route, Workload, WorkloadKind};

use crate::lock::{Locks, NameKind};
use crate::reconcile;
use crate::semantic::Register;
use crate::semantic::model::{self, METRICS_PORT, ServiceId};
use foldhash::{HashSet, HashSetExt};
use std::collections::BTreeSet;

/// Ports that are the same everywhere.
pub mod port {
    /// PostgreSQL, also behind a pooler.
    pub const POSTGRES: u16 = 5432;
    /// PgBouncer.
    pub const POOLER: u16 = 6432;
    /// Metrics and health of everything that runs, over HTTP.
    pub const METRICS: u16 = super::METRICS_PORT;
    /// DNS.
    pub const DNS: u16 = 53;
}

/// The PostgreSQL that servers run where the register names none: the newest that is written for.
const NEWEST_POSTGRES: &str = "18";

/// The PostgreSQL that servers run, such as `16` or `16.3`.
pub fn postgres_version(register: &Register) -> &str {
    register.platform.postgres_version.as_ref().map_or(NEWEST_POSTGRES, |version| version.as_str())
}

/// All that runs, and what it uses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Infrastructure {
    /// PostgreSQL servers, in the order of the register: the number of one is that of its `ServerId`.
    pub servers: Vec<Server>,
    /// Services, in the order of the register, which must not show in what is made of them: the number of one is that of its
    /// `ServiceId`.
    pub services: Vec<Service>,
    /// Topics, by name: those of the register and those of messages that no consumer could handle.
    pub topics: Vec<Topic>,
}

/// A service as it is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// Its id in the register.
    pub id: ServiceId,
    /// Its name, which its objects are called by.
    pub name: String,
    /// A name that stays when it is renamed: that of its Protobuf package, without a version.
    pub lasting_name: String,
    /// The team that runs it.
    pub team: Option<String>,
    /// The gRPC port; `None` where it is not run.
    pub port: Option<u16>,
    /// Its database.
    pub database: Option<Database>,
    /// What is run of it: the service itself first, then consumers, relay and jobs.
    pub workloads: Vec<Workload>,
    /// Who calls it.
    pub callers: Callers,
    /// Its buckets.
    pub buckets: Vec<Bucket>,
    /// Names of the secrets that it takes as variables, in every environment.
    pub secrets: Vec<String>,
}

impl Infrastructure {
    /// What runs of a register. What did not resolve is left out.
    pub fn of(register: &Register, locks: &Locks) -> Infrastructure {
        let reconciliations: Vec<Vec<ServiceId>> =
            register.services.ids().map(|id| reconcile::databases_asked(register, id)).collect();
        let compared: BTreeSet<ServiceId> = reconciliations.iter().flatten().copied().collect();
        let mut callers = access::callers(register);
        let has_open_topic = workloads::has_open_topic(register);
        let services = register.services.iter().zip(&reconciliations).map(|((id, service), reads)| {
            let deploy = service.deploy.as_ref();
            Service {
                id,
                name: service.name.value.clone(),
                lasting_name: lasting_name(register, locks, service),
                team: service.team.map(|team| register.teams[team].name.value.clone()),
                port: deploy.map(|deploy| deploy.port),
                database: databases::database(register, locks, id, compared.contains(&id)),
                workloads: workloads::workloads(register, locks, id, reads, has_open_topic),
                callers: std::mem::take(&mut callers[id.index()]),
                buckets: databases::buckets(locks, service),
                secrets: secrets(register, id),
            }
        });
        let services: Vec<Service> = services.collect();
        let topics = topics::topics(register, locks, &services);
        Infrastructure { servers: databases::servers(register, locks), services, topics }
    }

    /// A service by its id.
    pub fn service(&self, id: ServiceId) -> &Service {
        &self.services[id.index()]
    }

    /// The database of a service, if it has one.
    pub fn database(&self, id: ServiceId) -> Option<&Database> {
        self.service(id).database.as_ref()
    }

    /// The server that holds a database.
    pub fn server_of(&self, database: &Database) -> &Server {
        &self.servers[database.server.index()]
    }
}

fn lasting_name(register: &Register, locks: &Locks, service: &model::Service) -> String {
    let name = service.name.as_str();
    match locks.service(name).names(NameKind::Package).find(|(key, _)| *key == name) {
        Some((_, frozen)) => frozen.to_owned(),
        None => register.protobuf_package(service),
    }
}

/// The secrets of a service in any environment, in the order of the register, each once.
fn secrets(register: &Register, id: ServiceId) -> Vec<String> {
    let mut seen: HashSet<&str> = HashSet::new();
    let mut names: Vec<String> = Vec::new();
    for environment in register.environments() {
        for secret in environment.deploy(id).into_iter().flat_map(|deploy| &deploy.secrets) {
            if seen.insert(secret.as_str()) {
                names.push(secret.value.clone());
            }
        }
    }
    names
}
