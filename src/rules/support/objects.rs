//! What is made in Kubernetes for a service and a server, by name. All kinds of objects are taken for one here: a Deployment, its
//! policy, its user of Kafka and the Secret of that share their name anyway.

use crate::names::kubernetes_name;
use crate::reconcile::Reconciliation;
use crate::semantic::Register;
use crate::semantic::model::{PartitionMethod, Service, ServiceId};

/// Secrets of a database, one for each role.
const ROLES: [&str; 4] =
    ["database-owner", "database-application", "database-readonly", "database-reconciler"];
/// The ConfigMap that people make for all services.
pub const OF_PEOPLE: &str = "postgres-ca";

/// The objects of a service that are called by its name and an ending. A name that Kubernetes would not take gets a digest, and
/// so meets no other.
pub fn objects(register: &Register, id: ServiceId) -> Vec<String> {
    let service = &register.services[id];
    let mut programs: Vec<String> = Vec::new();
    if service.deploy.is_some() {
        programs.extend(consumers(register, service));
        if service.database.is_some() && !service.topics.is_empty() {
            programs.push("relay".to_owned());
        }
    }
    let mut others: Vec<&str> = Vec::new();
    if service.database.is_some() {
        programs.push("migrate".to_owned());
        others.push("migrations");
        others.extend(ROLES);
    }
    if is_partitioned(register, service) {
        programs.push("partitions".to_owned());
    }
    if service.database.is_some() && !Reconciliation::of(register, id).is_empty() {
        programs.push("reconcile".to_owned());
        others.push("queries");
    }
    if service.deploy.is_some() {
        others.extend(["headless", "secrets", "outside"]);
    }
    let outside = programs.iter().map(|program| format!("{program}-outside")).collect::<Vec<_>>();
    let others = others.into_iter().chain(["nothing"]).map(str::to_owned);
    let endings = programs.into_iter().chain(outside).chain(others);
    endings.map(|ending| format!("{}-{ending}", service.name.as_str())).collect()
}

fn consumers(register: &Register, service: &Service) -> Vec<String> {
    let groups = register.consumer_groups(service).into_keys();
    let legal = groups.filter(|group| kubernetes_name(group) == *group);
    let ending = |group: &str| match group == service.name.as_str() {
        true => "consumer".to_owned(),
        false => format!("consumer-{group}"),
    };
    legal.map(ending).collect()
}

fn is_partitioned(register: &Register, service: &Service) -> bool {
    let mut tables = service.tables.iter().map(|table| &register.tables[*table]);
    tables.any(|table| {
        let method = table.partition.as_ref().map(|partition| &partition.method);
        matches!(method, Some(PartitionMethod::Range(_)))
    })
}

/// The pooler before a server.
pub fn pooler(server: &str) -> String {
    format!("{server}-pooler")
}
