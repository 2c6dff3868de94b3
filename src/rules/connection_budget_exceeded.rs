//! Rule `connection-budget-exceeded`: more connections than a server takes.

use super::support::text::in_environment;
use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::infrastructure::{Connections, services_on_servers};
use crate::semantic::Register;
use crate::semantic::model::{Environment, Server, ServerId, ServiceId};
use crate::source::Place;

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
databases, with the share of one replica more, which surges while it is rolled out; one of each relay (LISTEN), the jobs and
the reconciliations still connect directly.

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
    for (id, services) in services_on_servers(register) {
        let mut in_production = None;
        for environment in register.environments() {
            let most = environment.server(id).max_connections;
            let connections = Connections::of(register, environment, id, &services);
            let is_exceeded = connections.total > u64::from(most);
            let counted = (most, connections);
            // Where nothing differs from production, it was said already.
            if is_exceeded && in_production.as_ref() != Some(&counted) {
                findings.push(exceeded(register, environment, id, &services, &counted.1));
            }
            if environment.is_production() {
                in_production = Some(counted);
            }
        }
    }
}

fn exceeded(
    register: &Register,
    environment: Environment<'_>,
    server: ServerId,
    services: &[(ServiceId, u32)],
    connections: &Connections,
) -> Finding {
    let server = environment.server(server);
    let (name, most) = (server.name.as_str(), server.max_connections);
    let (there, total) = (in_environment(environment), connections.total);
    let message = format!("server `{name}` takes {most} connections, and up to {total} are needed{there}");
    let mut finding = RULE.finding(message);
    // An `allow` in the environment is about this finding, one at the server about production's.
    if let Some(declared) = environment.declared() {
        finding = finding.at(declared.name.place, "in this environment");
    }
    finding = finding.at(server.place, format!("takes {most} connections"));
    for (place, label) in services.iter().flat_map(|(id, _)| labels(register, environment, server, *id)) {
        finding = finding.at(place, label);
    }
    let lines: Vec<String> =
        connections.lines.iter().map(|line| format!("{:>6}  {line}\n", line.number)).collect();
    finding.help(format!(
        "connections:\n{}{total:>6}  in all\n{most:>6}  max-connections\nlower a pool or `scale max`, move a database, put a pooler in front, or raise `max-connections`",
        lines.concat(),
    ))
}

/// What makes the connections of a service as many as they are.
fn labels(
    register: &Register,
    environment: Environment<'_>,
    server: &Server,
    id: ServiceId,
) -> Vec<(Place, String)> {
    let database = register.services[id].database.as_ref();
    if server.pooler_connections.is_some() {
        return database
            .map(|database| (database.place, "behind the pooler".to_owned()))
            .into_iter()
            .collect();
    }
    let scale = environment.scale(id);
    let pool =
        environment.pool(id).map(|pool| (pool.place, format!("pool of {} for each replica", pool.value)));
    let replicas = scale.max_place.map(|place| (place, format!("up to {} replicas", scale.max)));
    pool.into_iter().chain(replicas).collect()
}
