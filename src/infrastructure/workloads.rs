//! What is run of a service, and what each part of it reaches.

use super::RoleKind;
use super::access::Reach;
use super::names::object_name;
use crate::lock::{Locks, NameKind};
use crate::names::{database_variable, maintenance_function, variable};
use crate::semantic::Register;
use crate::semantic::model::{PartitionMethod, Service, ServiceId, TopicSubject};
use std::collections::BTreeSet;

/// Something that is run of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workload {
    /// What it is.
    pub kind: WorkloadKind,
    /// The name of its object in Kubernetes, and of its user in Kafka. A migration's gets a digest behind.
    pub name: String,
    /// The databases that it connects to, its own first.
    pub databases: Vec<DatabaseAccess>,
    /// Whether it speaks to Kafka.
    pub uses_brokers: bool,
    /// Whom it calls.
    pub reach: Reach,
}

/// What a workload is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkloadKind {
    /// The service itself.
    Service,
    /// What consumes events as a consumer group.
    Consumer {
        /// The group, by its name on the wire.
        group: String,
        /// The topics that it reads, by their names on the wire.
        topics: BTreeSet<String>,
    },
    /// What publishes the events in the outbox.
    Relay,
    /// A job that migrates the database.
    Migration,
    /// A job that makes and retires partitions.
    Maintenance,
    /// A job that compares the service with what it refers to and copies.
    Reconciliation,
}

impl WorkloadKind {
    /// Whether it runs all the time, and so serves metrics.
    pub fn is_running(&self) -> bool {
        matches!(self, WorkloadKind::Service | WorkloadKind::Consumer { .. } | WorkloadKind::Relay)
    }

    /// What stands behind the name of the service's image; `None` where that is the image, or a job runs psql.
    pub fn image_part(&self) -> Option<&'static str> {
        match self {
            WorkloadKind::Consumer { .. } => Some("consumer"),
            WorkloadKind::Relay => Some("relay"),
            _ => None,
        }
    }
}

/// How a workload connects to a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseAccess {
    /// The service that owns the database.
    pub service: ServiceId,
    /// The role.
    pub role: RoleKind,
    /// Which way.
    pub route: Route,
    /// The variable that holds the URL.
    pub variable: String,
}

/// Which way a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// To the server itself: for what needs its session to itself.
    Direct,
    /// Through the pooler, where the server has one.
    Pooled,
}

/// The functions that make and retire partitions of a service's tables, with their schemas.
pub(super) fn maintenance(register: &Register, id: ServiceId) -> Vec<(String, String)> {
    let tables = register.services[id].tables.iter().map(|id| &register.tables[*id]);
    let ranged = tables.filter(|table| {
        let method = table.partition.as_ref().map(|partition| &partition.method);
        matches!(method, Some(PartitionMethod::Range(_)))
    });
    ranged.map(|table| (table.sql_schema().to_owned(), maintenance_function(table.sql_name()))).collect()
}

/// Whether there is a topic that all may publish to.
pub(super) fn has_open_topic(register: &Register) -> bool {
    register.topics.values().any(|topic| matches!(topic.subject, TopicSubject::AllProducers { .. }))
}

/// Everything that is run of a service. `compared` are the services whose databases its reconciliation reads.
pub(super) fn workloads(
    register: &Register,
    locks: &Locks,
    id: ServiceId,
    compared: &[ServiceId],
    has_open_topic: bool,
) -> Vec<Workload> {
    let service = &register.services[id];
    let mut workloads = Vec::new();
    if service.deploy.is_some() {
        workloads.push(application(register, id, has_open_topic));
        workloads.extend(consumers(register, locks, id));
        workloads.extend(relay(service, id));
    }
    if service.database.is_some() {
        workloads.push(job(service, WorkloadKind::Migration, "migrate", vec![own(id, RoleKind::Owner)]));
    }
    if !maintenance(register, id).is_empty() {
        workloads.push(job(service, WorkloadKind::Maintenance, "partitions", vec![own(id, RoleKind::Owner)]));
    }
    if !compared.is_empty() {
        let access = |id: &ServiceId| DatabaseAccess {
            service: *id,
            role: RoleKind::Reconciler,
            route: Route::Direct,
            variable: database_variable(register.services[*id].name.as_str()),
        };
        let databases = compared.iter().map(access).collect();
        workloads.push(job(service, WorkloadKind::Reconciliation, "reconcile", databases));
    }
    workloads
}

/// A service publishes what lies in its outbox.
fn publishes(service: &Service) -> bool {
    service.database.is_some() && !service.topics.is_empty()
}

fn application(register: &Register, id: ServiceId, has_open_topic: bool) -> Workload {
    let service = &register.services[id];
    Workload {
        kind: WorkloadKind::Service,
        name: object_name(service.name.as_str(), ""),
        databases: pooled(service, id),
        // A topic that all may publish to is written to without an outbox by those that have none.
        uses_brokers: has_open_topic && !publishes(service),
        reach: Reach::of_calls(register, service).without(id),
    }
}

/// One for each consumer group. What a handler does may call whatever the service calls; the service's own group also fills
/// its read copies.
fn consumers(register: &Register, locks: &Locks, id: ServiceId) -> Vec<Workload> {
    let service = &register.services[id];
    let name = service.name.as_str();
    let lock = locks.service(name);
    let mut consumed = super::topics::consumed(register, locks, service);
    let mut consumer = |group: &str| {
        let mut reach = Reach::of_calls(register, service);
        let is_own = group == name;
        if is_own {
            reach.add_copied(register, service);
        }
        let ending = if is_own { "consumer".to_owned() } else { format!("consumer-{group}") };
        Workload {
            kind: WorkloadKind::Consumer {
                group: lock.frozen_name(NameKind::Group, group).to_owned(),
                topics: consumed.remove(group).unwrap_or_default(),
            },
            name: object_name(name, &ending),
            databases: pooled(service, id),
            uses_brokers: true,
            reach: reach.without(id),
        }
    };
    register.consumer_groups(service).into_keys().map(&mut consumer).collect()
}

fn relay(service: &Service, id: ServiceId) -> Option<Workload> {
    let mut databases = pooled(service, id);
    databases.push(DatabaseAccess {
        variable: variable::DATABASE_DIRECT_URL.to_owned(),
        ..own(id, RoleKind::Application)
    });
    publishes(service).then(|| Workload {
        kind: WorkloadKind::Relay,
        name: object_name(service.name.as_str(), "relay"),
        databases,
        uses_brokers: true,
        reach: Reach::default(),
    })
}

fn job(service: &Service, kind: WorkloadKind, ending: &str, databases: Vec<DatabaseAccess>) -> Workload {
    let name = object_name(service.name.as_str(), ending);
    Workload { kind, name, databases, uses_brokers: false, reach: Reach::default() }
}

/// The service's own database, as its programs use it; none where it has none.
fn pooled(service: &Service, id: ServiceId) -> Vec<DatabaseAccess> {
    let access = DatabaseAccess { route: Route::Pooled, ..own(id, RoleKind::Application) };
    service.database.is_some().then_some(access).into_iter().collect()
}

fn own(service: ServiceId, role: RoleKind) -> DatabaseAccess {
    DatabaseAccess { service, role, route: Route::Direct, variable: variable::DATABASE_URL.to_owned() }
}
