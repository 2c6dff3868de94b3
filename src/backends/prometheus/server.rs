//! Alerts about a PostgreSQL server.

use super::{CONNECTIONS_PERCENT, REPLICATION_LAG_SECONDS, Rule, Severity};
use crate::infrastructure::Server;
use crate::infrastructure::metrics::{POSTGRES_CONNECTIONS, POSTGRES_REPLICATION_LAG};
use crate::semantic::model::Environment;
use crate::templates::{AlertText, PromqlRegex, PromqlString};

pub(super) fn rules(environment: Environment<'_>, server: &Server) -> Vec<Rule> {
    let identifier = environment.named(&server.identifier);
    let there = environment.server(server.id);
    let mut rules = vec![connections(&identifier, there.max_connections)];
    if there.read_replicas > 0 {
        rules.push(replication_lag(&identifier));
    }
    rules
}

fn connections(identifier: &str, max_connections: u32) -> Rule {
    let server = PromqlString::new(identifier);
    let name = AlertText::new(identifier);
    // Counted before it is written, so that nobody has to multiply while reading the rule.
    let limit = max_connections * CONNECTIONS_PERCENT / 100;
    Rule {
        alert: "PostgresConnectionsHigh",
        expression: format!("sum({POSTGRES_CONNECTIONS}{{server={server}}}) > {limit}"),
        hold: "5m",
        severity: Severity::Critical,
        labels: Vec::new(),
        summary: format!("{{{{ $value }}}} of the {max_connections} connections of {name} are in use."),
        description: format!(
            "More than {CONNECTIONS_PERCENT} % of what the server {name} takes. When none is left, no program can connect, and \
             those that reconnect fail."
        ),
        runbook: format!(
            "Which database and which program: SELECT datname, usename, application_name, state, count(*) FROM \
             pg_stat_activity GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC on {name}. docs/connections.md says how many each may open. \
             Sessions that are `idle in transaction` for minutes are a program's fault: restart it. If all is as declared, \
             lower `pool=` or `scale max=` in the register, or raise `max-connections=` and the class of the server."
        ),
    }
}

fn replication_lag(identifier: &str) -> Rule {
    let replicas = PromqlRegex::starting_with(identifier, "-replica-[0-9]+");
    let name = AlertText::new(identifier);
    Rule {
        alert: "PostgresReplicationLag",
        expression: format!(
            "max by (replica) (label_replace({POSTGRES_REPLICATION_LAG}{{server=~{replicas}}}, 'replica', '$1', 'server', \
             '(.*)')) > {REPLICATION_LAG_SECONDS}"
        ),
        hold: "5m",
        severity: Severity::Warning,
        labels: Vec::new(),
        summary: format!(
            "The replica {{{{ $labels.replica }}}} of {name} is {{{{ $value | humanizeDuration }}}} behind."
        ),
        description:
            "Who reads from the replica sees old rows. A promoted replica would lack what it has not got yet."
                .to_owned(),
        runbook: format!(
            "Look for a large write on {name} (a migration, a backfill), and for a long query on the replica that holds up \
             replay: SELECT pid, now() - xact_start, query FROM pg_stat_activity WHERE state <> 'idle' ORDER BY 2 DESC. End the \
             query on the replica, or wait for the write."
        ),
    }
}
