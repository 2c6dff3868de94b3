//! Rule `connection-budget-exceeded`: more connections than a server takes.

use super::support::text::in_environment;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::reconcile::{self, DatabaseReads};
use crate::semantic::Register;
use crate::semantic::model::{Environment, Server, ServerId, Service, ServiceId, TopicSubject};
use crate::source::Place;
use std::collections::BTreeMap;

/// Replicas beyond the most that run while a deployment is rolled out: `maxSurge` is 1.
const SURGING_REPLICAS: u64 = 1;
/// Connections of one consumer group: one applies messages, one looks after those that are parked.
const CONNECTIONS_PER_CONSUMER_GROUP: u64 = 2;
/// Connections of an outbox relay: one listens, one reads and marks.
const RELAY_CONNECTIONS: u64 = 2;
/// Of these, those that cannot go through a pooler: LISTEN needs its session to itself.
const RELAY_DIRECT_CONNECTIONS: u64 = 1;
/// Connections of jobs on one database, never through a pooler: a migration with its lock, and maintenance.
const JOB_CONNECTIONS: u64 = 2;

pub(super) const RULE: Rule = Rule {
    name: "connection-budget-exceeded",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Adds up, line by line, the connections that a server has to take when everything runs at its most, and reports a sum over
its `max-connections` (100 where it says nothing). Each environment is added up by itself, and reported where it differs
from production. For each database on the server:

- `pool` times the replicas at the autoscaler's maximum, plus one that surges while a deployment is rolled out;
- 2 for each consumer group of the service: one applies messages, one looks after parked ones;
- 2 for the outbox relay, where the service publishes events: one listens, one reads;
- 2 for jobs: a migration, and maintenance;
- 1 for each reconciliation that reads it: the service's own, and those of services that refer to it or copy it.

On top comes the server's reserve. With `pooler-connections` the pooler's connections stand for pools and consumers of all
databases; one of each relay (LISTEN), the jobs and the reconciliations still connect directly.

## Why it is bad

PostgreSQL refuses the connection after the last. That happens under the highest load, in the middle of a deployment, to
whichever service asks next.

## How to mend it

Lower `pool` or `scale max`, move a database to another server, put a pooler in front, or raise `max-connections` with
a class that has the memory for it.
",
    fires: r#"
server main class=db.t3.small storage-gb=20 max-connections=100
service orders {
    database orders on=main pool=20
    deploy image="registry.example/orders" {
        scale min=2 max=5
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20 max-connections=100
service orders {
    database orders on=main pool=12
    deploy image="registry.example/orders" {
        scale min=2 max=5
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let reads = reconcile::reads(register);
    let mut on_server: BTreeMap<ServerId, Vec<(ServiceId, Option<&DatabaseReads>)>> = BTreeMap::new();
    for (id, service) in register.services.iter() {
        if let Some(server) = service.database.as_ref().and_then(|database| database.server) {
            on_server.entry(server).or_default().push((id, reads.get(&id)));
        }
    }
    for (id, services) in on_server {
        let mut in_production = None;
        for environment in register.environments() {
            let server = environment.server(id);
            let sum = Sum::of(register, environment, server, &services);
            let is_exceeded = sum.total > u64::from(server.max_connections);
            let counted = (server.max_connections, sum.lines.clone());
            // Where nothing differs from production, it was said already.
            if is_exceeded && in_production.as_ref() != Some(&counted) {
                findings.push(exceeded(environment, server, &sum));
            }
            in_production.get_or_insert(counted);
        }
    }
}

#[derive(Default)]
struct Sum {
    lines: Vec<(u64, String)>,
    labels: Vec<(Place, String)>,
    total: u64,
}

impl Sum {
    fn of(
        register: &Register,
        environment: Environment<'_>,
        server: &Server,
        services: &[(ServiceId, Option<&DatabaseReads>)],
    ) -> Sum {
        let mut sum = Sum::default();
        if let Some(pooler) = server.pooler_connections {
            sum.add(pooler.into(), "pooler, for pools and consumers of all databases".to_owned());
        }
        for (id, reads) in services {
            sum.add_service(register, environment, *id, server.pooler_connections.is_some());
            sum.add_reconciliations(&register.services[*id], *reads);
        }
        sum.add(server.reserved_connections.into(), "reserve".to_owned());
        sum
    }

    fn add(&mut self, connections: u64, what: String) {
        if connections > 0 {
            self.total = self.total.saturating_add(connections);
            self.lines.push((connections, what));
        }
    }

    fn add_reconciliations(&mut self, service: &Service, reads: Option<&DatabaseReads>) {
        if let Some((database, reads)) = service.database.as_ref().zip(reads) {
            self.add(reads.connections().into(), format!("{}: reconciliations", database.name.as_str()));
        }
    }

    fn add_service(
        &mut self,
        register: &Register,
        environment: Environment<'_>,
        id: ServiceId,
        pooled: bool,
    ) {
        let service = &register.services[id];
        let Some((database, pool)) = service.database.as_ref().zip(environment.pool(id)) else { return };
        let name = database.name.as_str();
        if !pooled {
            let scale = environment.scale(id);
            let (size, replicas) = (pool.value, u64::from(scale.max));
            let connections = u64::from(size).saturating_mul(replicas + SURGING_REPLICAS);
            self.add(
                connections,
                format!("{name}: pool {size} x ({replicas} replicas + {SURGING_REPLICAS})"),
            );
            self.labels.push((pool.place, format!("pool of {size} for each replica")));
            self.labels.extend(scale.max_place.map(|place| (place, format!("up to {replicas} replicas"))));
            let groups = register.consumer_groups(service).len() as u64;
            let consumers = CONNECTIONS_PER_CONSUMER_GROUP.saturating_mul(groups);
            self.add(
                consumers,
                format!("{name}: consumers, {CONNECTIONS_PER_CONSUMER_GROUP} x {groups} groups"),
            );
        }
        if publishes(register, service) {
            let relay = if pooled { RELAY_DIRECT_CONNECTIONS } else { RELAY_CONNECTIONS };
            self.add(relay, format!("{name}: outbox relay"));
        }
        self.add(JOB_CONNECTIONS, format!("{name}: migrations and maintenance"));
        if pooled {
            self.labels.push((database.place, "behind the pooler".to_owned()));
        }
    }
}

fn publishes(register: &Register, service: &Service) -> bool {
    let mut topics = service.topics.iter().map(|topic| &register.topics[*topic].subject);
    topics.any(|subject| matches!(subject, TopicSubject::Table { .. }))
}

fn exceeded(environment: Environment<'_>, server: &Server, sum: &Sum) -> Finding {
    let (name, most) = (server.name.as_str(), server.max_connections);
    let there = in_environment(environment);
    let message =
        format!("server `{name}` takes {most} connections, and up to {} are needed{there}", sum.total);
    let mut finding = RULE.finding(message);
    // An `allow` in the environment is about this finding, one at the server about production's.
    if let Some(declared) = environment.declared() {
        finding = finding.at(declared.name.place, "in this environment");
    }
    finding = finding.at(server.place, format!("takes {most} connections"));
    for (place, label) in &sum.labels {
        finding = finding.at(*place, label.clone());
    }
    let lines: Vec<String> =
        sum.lines.iter().map(|(number, what)| format!("{number:>6}  {what}\n")).collect();
    finding.help(format!(
        "connections:\n{}{:>6}  in all\n{most:>6}  max-connections\nlower a pool or `scale max`, move a database, put a pooler in front, or raise `max-connections`",
        lines.concat(),
        sum.total
    ))
}
