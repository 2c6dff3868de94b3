//! Prometheus: rules that alert, for each environment in a file for each server and each service. Thresholds are those of the
//! register where it has some.

mod server;
mod service;

use super::sql_text::one_line_feed_at_the_end;
use super::{GeneratedFile, REGISTER};
use crate::infrastructure::Infrastructure;
use crate::semantic::Register;
use crate::semantic::model::Environment;
use crate::templates::{AlertText, MarkdownCode, Quoted, TemplateError, Templates, Yaml};
use crate::text::one_line;
use serde::Serialize;

/// Share of a server's connections, in percent.
const CONNECTIONS_PERCENT: u32 = 80;
/// Mean time of a statement, in seconds.
const SLOW_STATEMENT_SECONDS: u32 = 1;
/// How far a replica may be behind, in seconds.
const REPLICATION_LAG_SECONDS: u32 = 30;
/// How many messages a consumer group may be behind on a topic, unless its replicas are to be further behind than that.
const CONSUMER_LAG: u64 = 10_000;
/// Share of calls that may fail, in percent.
const ERROR_PERCENT: u32 = 5;
/// Share of a pool's connections, in percent.
const POOL_PERCENT: u32 = 90;

/// What an alert asks of people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    /// Someone suffers, or will within the hour: somebody is woken.
    Critical,
    /// It will get worse: somebody looks at it on the next day.
    Warning,
}

/// An alert. Texts are templates of Prometheus, in which names are `AlertText`.
struct Rule {
    alert: &'static str,
    expression: String,
    hold: &'static str,
    severity: Severity,
    /// What it is about, besides the labels of its file.
    labels: Vec<(&'static str, String)>,
    summary: String,
    description: String,
    runbook: String,
}

#[derive(Serialize)]
struct RulesView {
    introduction: Quoted,
    group: Yaml,
    rules: Vec<RuleView>,
}

#[derive(Serialize)]
struct RuleView {
    alert: Quoted,
    expression: Yaml,
    hold: Quoted,
    labels: Yaml,
    summary: Yaml,
    description: Yaml,
    runbook: Yaml,
}

#[derive(Serialize)]
struct ReadmeView {
    environments: Vec<EnvironmentView>,
    servers: Vec<ServerView>,
    metrics: Quoted,
}

#[derive(Serialize)]
struct EnvironmentView {
    name: MarkdownCode,
    folder: MarkdownCode,
    namespace: MarkdownCode,
}

#[derive(Serialize)]
struct ServerView {
    name: MarkdownCode,
    environment: MarkdownCode,
    label: MarkdownCode,
}

/// Every file; none where nothing can be asked.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render(
    register: &Register,
    infrastructure: &Infrastructure,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let mut files = Vec::new();
    for environment in register.environments() {
        let mut folder = Folder { templates, environment, files: &mut files };
        for server in &infrastructure.servers {
            let there = environment.named(&server.identifier);
            let about = [("server", there.as_str())];
            folder.add("server", &server.name, &about, &server::rules(environment, server))?;
        }
        for service in &infrastructure.services {
            let team = service.team.as_deref();
            let about: Vec<(&str, &str)> = std::iter::once(("service", service.name.as_str()))
                .chain(team.map(|team| ("team", team)))
                .collect();
            let rules = service::rules(register, infrastructure, environment, service);
            folder.add("service", &service.name, &about, &rules)?;
        }
    }
    if !files.is_empty() {
        files.push(readme(register, infrastructure, templates)?);
    }
    Ok(files)
}

/// The files of an environment in the making.
struct Folder<'a> {
    templates: &'a Templates,
    environment: Environment<'a>,
    files: &'a mut Vec<GeneratedFile>,
}

impl Folder<'_> {
    /// Adds the rules about a server or a service.
    fn add(
        &mut self,
        kind: &str,
        name: &str,
        about: &[(&str, &str)],
        rules: &[Rule],
    ) -> Result<(), TemplateError> {
        if rules.is_empty() {
            return Ok(());
        }
        let place = self.environment.name();
        let view = RulesView {
            introduction: Quoted::already(format!(
                "# When the {kind} {} needs people in {place}.",
                one_line(name)
            )),
            group: format!("{place}/{kind}s/{name}").into(),
            rules: rules.iter().map(|rule| rule.view(place, about)).collect(),
        };
        self.files.push(GeneratedFile {
            path: format!("prometheus/{place}/{kind}s/{name}.yaml"),
            node: format!("{kind} {name}"),
            contents: one_line_feed_at_the_end(self.templates.render("prometheus/rules.yaml", &view)?),
        });
        Ok(())
    }
}

impl Rule {
    fn view(&self, environment: &str, about: &[(&str, &str)]) -> RuleView {
        let severity = match self.severity {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
        };
        let mut labels = vec![("severity", severity), ("environment", environment)];
        labels.extend(about);
        labels.extend(self.labels.iter().map(|(key, value)| (*key, value.as_str())));
        let label = |(key, value): (&str, &str)| (key.to_owned(), AlertText::new(value).to_string().into());
        RuleView {
            alert: Quoted::already(self.alert),
            expression: self.expression.as_str().into(),
            hold: Quoted::already(self.hold),
            labels: Yaml::Map(labels.into_iter().map(label).collect()),
            summary: self.summary.as_str().into(),
            description: self.description.as_str().into(),
            runbook: self.runbook.as_str().into(),
        }
    }
}

fn readme(
    register: &Register,
    infrastructure: &Infrastructure,
    templates: &Templates,
) -> Result<GeneratedFile, TemplateError> {
    let mut servers = Vec::new();
    let mut by_name: Vec<_> = infrastructure.servers.iter().collect();
    by_name.sort_by_key(|server| &server.name);
    for environment in register.environments() {
        servers.extend(by_name.iter().map(|server| ServerView {
            name: MarkdownCode::new(&server.name),
            environment: MarkdownCode::new(environment.name()),
            label: MarkdownCode::new(&environment.named(&server.identifier)),
        }));
    }
    let environments = register.environments().map(|environment| EnvironmentView {
        name: MarkdownCode::new(environment.name()),
        folder: MarkdownCode::new(&format!("{}/", environment.name())),
        namespace: MarkdownCode::new(&environment.namespace()),
    });
    let view = ReadmeView {
        environments: environments.collect(),
        servers,
        metrics: Quoted::already(metrics_table()),
    };
    Ok(GeneratedFile {
        path: "prometheus/README.md".to_owned(),
        node: REGISTER.to_owned(),
        contents: one_line_feed_at_the_end(templates.render("prometheus/README.md", &view)?),
    })
}

/// Which program shows which metric, for which alerts.
fn metrics_table() -> String {
    use crate::infrastructure::metrics::*;
    let rows: [(&str, &str, &str); 12] = [
        (
            "postgres_exporter, one for each server; its role is in `pg_monitor`",
            POSTGRES_CONNECTIONS,
            "`PostgresConnectionsHigh`",
        ),
        (
            "the same with `--collector.stat_statements`; `pg_stat_statements` is an extension of the database it connects to",
            POSTGRES_STATEMENT_SECONDS,
            "`PostgresStatementsSlow`",
        ),
        ("the same", POSTGRES_STATEMENT_CALLS, "`PostgresStatementsSlow`"),
        (
            "postgres_exporter, one for each read replica",
            POSTGRES_REPLICATION_LAG,
            "`PostgresReplicationLag`",
        ),
        (
            "kafka_exporter, or that of Strimzi (`kafkaExporter` of the cluster)",
            KAFKA_GROUP_LAG,
            "`ConsumerLagHigh`",
        ),
        (
            "the service's gRPC server, with `grpc_service` and `grpc_code`",
            GRPC_HANDLED,
            "`ServiceErrorRateHigh`",
        ),
        (
            "the same, as a histogram; one bucket ends at the goal and another one above it: what lies within a bucket is guessed, and nothing is above the last",
            GRPC_SECONDS_BUCKET,
            "`ServiceLatencyHigh`",
        ),
        (
            "services, consumers and relays with a database",
            POOL_CONNECTIONS_IN_USE,
            "`DatabasePoolSaturated`",
        ),
        ("the same", POOL_CONNECTIONS_MAX, "`DatabasePoolSaturated`"),
        (
            "the relay: seconds that the oldest event has waited, 0 where none waits",
            OUTBOX_OLDEST_SECONDS,
            "`OutboxOld`, `OutboxUnobserved`",
        ),
        ("the relay: events that it gave up on", OUTBOX_PARKED_EVENTS, "`OutboxEventsParked`"),
        (
            "consumers, for each `topic` they read, from 0 when they start",
            CONSUMER_DEAD_LETTERS,
            "`DeadLettersWritten`",
        ),
    ];
    let jobs = [
        (JOB_FAILED, "`MigrationFailed`, `ReconciliationFailed`, `PartitionsFailed`"),
        (JOB_START_TIME, "the same"),
        (
            CRON_JOB_LAST_SUCCESS,
            "`ReconciliationFailed`, `PartitionsFailed`, `ReconciliationOverdue`, `PartitionsOverdue`",
        ),
        (CRON_JOB_CREATED, "`ReconciliationOverdue`, `PartitionsOverdue`"),
    ];
    let jobs = jobs.map(|(metric, alerts)| ("kube-state-metrics", metric, alerts));
    let rows = rows.into_iter().chain(jobs);
    let rows = rows.map(|(who, metric, alerts)| format!("| {who} | `{metric}` | {alerts} |"));
    rows.collect::<Vec<_>>().join("\n")
}
