//! Alerts about a service, and all that runs of it.

use super::{CONSUMER_LAG, ERROR_PERCENT, POOL_PERCENT, Rule, SLOW_STATEMENT_SECONDS, Severity};
use crate::infrastructure::metrics::{
    CONSUMER_DEAD_LETTERS, CRON_JOB_CREATED, CRON_JOB_LAST_SUCCESS, GRPC_HANDLED, GRPC_SECONDS_BUCKET,
    JOB_FAILED, JOB_START_TIME, KAFKA_GROUP_LAG, OUTBOX_OLDEST_SECONDS, OUTBOX_PARKED_EVENTS,
    POOL_CONNECTIONS_IN_USE, POOL_CONNECTIONS_MAX, POSTGRES_STATEMENT_CALLS, POSTGRES_STATEMENT_SECONDS,
};
use crate::infrastructure::{Database, Infrastructure, RoleKind, Service, Workload, WorkloadKind};
use crate::semantic::Register;
use crate::semantic::model::Environment;
use crate::templates::{AlertText, PromqlRegex, PromqlString};

/// Probes ask the same server several times a minute; where few others call, they would hide what these get.
const NO_PROBE: &str = "grpc_service!=\"grpc.health.v1.Health\"";
/// Answers of gRPC for which the service is to blame, not who asked (gRPC, "Status codes").
const FAULTS: &str = "'Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss'";

/// For how many seconds a CronJob that runs once a day may go without success: two hours more, in which it runs.
const OVERDUE_SECONDS: u32 = 26 * 3600;

/// A service in an environment, as alerts about it name it.
struct Place<'a> {
    /// The name of the service, and of its Deployment.
    raw: &'a str,
    /// The name in texts.
    name: AlertText,
    /// The namespace in texts.
    shown_namespace: AlertText,
    /// The namespace in queries.
    namespace: PromqlString,
    /// The service in queries.
    service: PromqlString,
    workloads: &'a [Workload],
}

pub(super) fn rules(
    register: &Register,
    infrastructure: &Infrastructure,
    environment: Environment<'_>,
    service: &Service,
) -> Vec<Rule> {
    let namespace = environment.namespace();
    let place = Place {
        raw: &service.name,
        name: AlertText::new(&service.name),
        shown_namespace: AlertText::new(&namespace),
        namespace: PromqlString::new(&namespace),
        service: PromqlString::new(&service.name),
        workloads: &service.workloads,
    };
    let mut rules = Vec::new();
    if let Some(deploy) = environment.deploy(service.id) {
        rules.push(place.error_rate());
        if let Some(goal) = &register.services[service.id].latency_p95_ms {
            rules.push(place.latency(goal.value));
        }
        rules.extend(service.database.is_some().then(|| place.pool()));
        let scale = &deploy.scale;
        let lag = CONSUMER_LAG.max(u64::from(scale.lag) * u64::from(scale.max));
        for workload in place.workloads {
            match &workload.kind {
                WorkloadKind::Consumer { group, .. } => rules.extend(place.consumer(workload, group, lag)),
                WorkloadKind::Relay => {
                    rules.extend(place.relay(workload, register.platform.consistency.lag_seconds));
                }
                _ => {}
            }
        }
    }
    if let Some(database) = &service.database {
        let server = environment.named(&infrastructure.server_of(database).identifier);
        rules.extend(slow_statements(&server, database));
    }
    rules.extend(place.workloads.iter().filter_map(|workload| place.migration(workload)));
    rules.extend(place.workloads.iter().filter_map(|workload| place.job(workload)));
    rules.extend(place.workloads.iter().filter_map(|workload| place.overdue(workload)));
    rules
}

impl Place<'_> {
    /// What selects the series of all pods of the service.
    fn pods(&self) -> String {
        format!("namespace={},app_kubernetes_io_name={}", self.namespace, self.service)
    }

    /// What selects the series of the pods of a workload.
    fn pods_of(&self, workload: &Workload) -> String {
        format!("{},app_kubernetes_io_instance={}", self.pods(), PromqlString::new(&workload.name))
    }

    /// The command that shows what the pods of a workload log.
    fn logs(&self, workload: &str) -> String {
        format!(
            "kubectl -n {} logs -l app.kubernetes.io/instance={} --tail=200",
            self.shown_namespace,
            AlertText::new(workload)
        )
    }

    fn error_rate(&self) -> Rule {
        let (name, pods) = (&self.name, self.pods());
        Rule {
            alert: "ServiceErrorRateHigh",
            expression: format!(
                "sum(rate({GRPC_HANDLED}{{{pods},{NO_PROBE},grpc_code=~{FAULTS}}}[5m])) / \
                 sum(rate({GRPC_HANDLED}{{{pods},{NO_PROBE}}}[5m])) > \
                 {}",
                share(ERROR_PERCENT)
            ),
            hold: "5m",
            severity: Severity::Critical,
            labels: Vec::new(),
            summary: format!("{{{{ $value | humanizePercentage }}}} of the calls to {name} fail."),
            description: format!(
                "More than {ERROR_PERCENT} % of what {name} answers are faults of its own: unknown, internal, unavailable, out of \
                 time, or not there."
            ),
            runbook: format!(
                "Since when, and did something roll out then? kubectl -n {} rollout history deployment {name}; going back is \
                 applying the release before. Which method: sum by (grpc_method, grpc_code) of {GRPC_HANDLED}. Then {}. If all \
                 that fails waits for the database, look for PostgresConnectionsHigh and DatabasePoolSaturated.",
                self.shown_namespace,
                self.logs(self.raw)
            ),
        }
    }

    fn latency(&self, goal_ms: u32) -> Rule {
        let (name, pods) = (&self.name, self.pods());
        Rule {
            alert: "ServiceLatencyHigh",
            expression: format!(
                "histogram_quantile(0.95, sum by (le) (rate({GRPC_SECONDS_BUCKET}{{{pods},{NO_PROBE}}}[5m]))) > {}",
                seconds(goal_ms)
            ),
            hold: "10m",
            severity: Severity::Warning,
            labels: Vec::new(),
            summary: format!(
                "One of 20 calls to {name} takes longer than {{{{ $value | humanizeDuration }}}}."
            ),
            description: format!("95 of 100 answers of {name} are to come within {goal_ms} ms."),
            runbook: format!(
                "Which method: the same query by (le, grpc_method). Look at the CPU of its pods (throttled: raise \
                 `cpu-limit-millis=`; all busy: raise `scale max=`), at PostgresStatementsSlow and DatabasePoolSaturated, and at \
                 the latency of what {name} calls (docs/services.md)."
            ),
        }
    }

    fn pool(&self) -> Rule {
        let (name, pods) = (&self.name, self.pods());
        let by = "app_kubernetes_io_instance";
        Rule {
            alert: "DatabasePoolSaturated",
            expression: format!(
                "sum by ({by}) ({POOL_CONNECTIONS_IN_USE}{{{pods}}}) / sum by ({by}) ({POOL_CONNECTIONS_MAX}{{{pods}}}) > {}",
                share(POOL_PERCENT)
            ),
            hold: "5m",
            severity: Severity::Warning,
            labels: Vec::new(),
            summary: format!(
                "{{{{ $value | humanizePercentage }}}} of the connections of {{{{ $labels.{by} }}}} are in use."
            ),
            description: format!(
                "Over {POOL_PERCENT} % of the pools of all replicas are taken; soon calls wait for a connection, and then fail."
            ),
            runbook: format!(
                "Mostly statements got slower: see PostgresStatementsSlow, and SELECT pid, state, wait_event, now() - xact_start, \
                 query FROM pg_stat_activity WHERE application_name LIKE '{name}%' ORDER BY 4 DESC. If they are as fast as ever \
                 and there is more to do, raise `pool=` or `scale max=` in the register; the build says whether the server bears it."
            ),
        }
    }

    fn consumer(&self, workload: &Workload, group: &str, lag: u64) -> [Rule; 2] {
        let program = AlertText::new(&workload.name);
        let shown = AlertText::new(group);
        let logs = self.logs(&workload.name);
        let labels = || vec![("consumer_group", group.to_owned())];
        let behind = Rule {
            alert: "ConsumerLagHigh",
            expression: format!(
                "sum by (topic) ({KAFKA_GROUP_LAG}{{namespace={},consumergroup={}}}) > {lag}",
                self.namespace,
                PromqlString::new(group)
            ),
            hold: "10m",
            severity: Severity::Warning,
            labels: labels(),
            summary: format!("{program} is {{{{ $value }}}} messages behind on {{{{ $labels.topic }}}}."),
            description: format!(
                "The consumer group {shown} has been more than {lag} messages behind for 10 minutes: what {} shows is old.",
                self.name
            ),
            runbook: format!(
                "Does it run, and at its most replicas? kubectl -n {} get deployment {program}. Does one message hold it up? {logs}. \
                 Is only one partition behind (the same query by (partition))? Then one key has more than its share. If it just \
                 has more to do than it can, raise `scale max=`, up to the partitions of the topic.",
                self.shown_namespace
            ),
        };
        let dead_letters = Rule {
            alert: "DeadLettersWritten",
            expression: format!(
                "sum by (topic) (increase({CONSUMER_DEAD_LETTERS}{{{}}}[15m])) > 0",
                self.pods_of(workload)
            ),
            hold: "0m",
            severity: Severity::Warning,
            labels: labels(),
            summary: format!("{program} could not handle messages of {{{{ $labels.topic }}}}."),
            description: format!(
                "They were put aside into the topic of dead letters of the group {shown}, and their effect is missing."
            ),
            runbook: format!(
                "Each carries in its headers why: {logs}. Mend the cause, then have the messages consumed again before the topic \
                 of dead letters drops them (docs/events.md says when)."
            ),
        };
        [behind, dead_letters]
    }

    fn relay(&self, workload: &Workload, oldest_seconds: u32) -> [Rule; 3] {
        let (name, program, pods) = (&self.name, AlertText::new(&workload.name), self.pods_of(workload));
        let logs = self.logs(&workload.name);
        let old = Rule {
            alert: "OutboxOld",
            expression: format!("max({OUTBOX_OLDEST_SECONDS}{{{pods}}}) > {oldest_seconds}"),
            hold: "1m",
            severity: Severity::Critical,
            labels: Vec::new(),
            summary: format!("An event of {name} has waited for {{{{ $value | humanizeDuration }}}}."),
            description: format!(
                "Nothing may be on its way for longer than {oldest_seconds} s (`consistency lag-seconds=`). Consumers see {name} as \
                 it was."
            ),
            runbook: format!(
                "Are the brokers there, and does the relay reach them? {logs}. If it publishes but falls behind, somebody \
                 changed very many rows: it catches up. No event is lost, whatever is restarted."
            ),
        };
        let unobserved = Rule {
            alert: "OutboxUnobserved",
            expression: format!("absent({OUTBOX_OLDEST_SECONDS}{{{pods}}})"),
            hold: "10m",
            severity: Severity::Critical,
            labels: Vec::new(),
            summary: format!("Nothing is known of the events of {name}: its relay says nothing."),
            description: format!(
                "For 10 minutes {program} has shown no metrics: most likely it does not run, and no event of {name} is published."
            ),
            runbook: format!(
                "kubectl -n {} describe pods -l app.kubernetes.io/instance={program}; {logs}. If it runs, Prometheus does not reach \
                 its port 9090: an `extern` with `scrapes` has to be in `called-by`.",
                self.shown_namespace
            ),
        };
        let parked = Rule {
            alert: "OutboxEventsParked",
            expression: format!("max({OUTBOX_PARKED_EVENTS}{{{pods}}}) > 0"),
            hold: "1m",
            severity: Severity::Critical,
            labels: Vec::new(),
            summary: format!("{{{{ $value }}}} events of {name} could not be published."),
            description:
                "The relay gave up on them. Later events of the same keys wait behind them, and others go on."
                    .to_owned(),
            runbook: format!(
                "SELECT * FROM outbox_events WHERE parked_at IS NOT NULL ORDER BY parked_at on the database of {name}, and {logs}. \
                 When the cause is mended: UPDATE outbox_events SET parked_at = NULL, attempts = 0, next_attempt_at = now() WHERE parked_at \
                 IS NOT NULL."
            ),
        };
        [old, unobserved, parked]
    }

    /// What comes true when the newest migration failed; `None` for a workload that is none.
    fn migration(&self, workload: &Workload) -> Option<Rule> {
        if workload.kind != WorkloadKind::Migration {
            return None;
        }
        let (name, namespace) = (&self.name, &self.namespace);
        // A digest of what it does is behind the name of each.
        let jobs = PromqlRegex::starting_with(&workload.name, "-[0-9a-f]+");
        Some(Rule {
            alert: "MigrationFailed",
            expression: format!(
                "topk(1, {JOB_START_TIME}{{namespace={namespace},job_name=~{jobs}}}) and on (namespace, job_name) \
                 {JOB_FAILED}{{namespace={namespace},condition='true'}} > 0"
            ),
            hold: "1m",
            severity: Severity::Critical,
            labels: Vec::new(),
            summary: format!("The database of {name} was not migrated, and its new release does not start."),
            description: format!(
                "The newest Job that migrates {name} failed for good. Pods of the release before go on; new ones wait for it."
            ),
            runbook: format!(
                "kubectl -n {namespace} logs job/{{{{ $labels.job_name }}}} names the file and what PostgreSQL said. When the cause is \
                 mended, delete the Job and apply it again: it goes on where it stopped.",
                namespace = self.shown_namespace
            ),
        })
    }

    /// What comes true when the newest run of a CronJob failed; `None` for a workload that is none.
    fn job(&self, workload: &Workload) -> Option<Rule> {
        let (alert, severity) = match workload.kind {
            WorkloadKind::Reconciliation => ("ReconciliationFailed", Severity::Warning),
            WorkloadKind::Maintenance => ("PartitionsFailed", Severity::Critical),
            _ => return None,
        };
        let (name, namespace) = (&self.name, &self.namespace);
        let cron_job = PromqlString::new(&workload.name);
        // Kubernetes calls a CronJob's Jobs after it, with the minute behind.
        let jobs = PromqlRegex::starting_with(&workload.name, "-[0-9]+");
        let logs = format!("kubectl -n {} logs job/{{{{ $labels.job_name }}}}", self.shown_namespace);
        let (summary, description, runbook) = match workload.kind {
            WorkloadKind::Reconciliation => (
                format!("{name} and what it refers to or copies may differ."),
                format!("The newest comparison of {name} found more differences than the register allows, or could not compare."),
                format!(
                    "The report is its log: {logs}. Exit code 1: it lists what differs, and of which table. Exit code 2: it says \
                     what it could not ask. Orphans and old copies mostly come from events that got stuck: look for OutboxOld, \
                     OutboxEventsParked and DeadLettersWritten at the owners."
                ),
            ),
            _ => (
                format!("Partitions of {name} were neither made nor dropped."),
                "There are partitions for some months ahead; after that, rows of a new month cannot be written.".to_owned(),
                format!("{logs}. Then run it once more: kubectl -n {} create job --from=cronjob/{} again.", self.shown_namespace, AlertText::new(&workload.name)),
            ),
        };
        Some(Rule {
            alert,
            expression: format!(
                "topk(1, {JOB_START_TIME}{{namespace={namespace},job_name=~{jobs}}} and on (namespace, job_name) \
                 ({JOB_FAILED}{{namespace={namespace},condition='true'}} == 1)) > on () (max({CRON_JOB_LAST_SUCCESS}\
                 {{namespace={namespace},cronjob={cron_job}}}) or vector(0))"
            ),
            hold: "1m",
            severity,
            labels: Vec::new(),
            summary,
            description,
            runbook,
        })
    }

    /// What comes true when a CronJob has not succeeded for too long, whatever the cause: it fails, it is suspended, or it is not
    /// there. `None` for a workload that is none.
    fn overdue(&self, workload: &Workload) -> Option<Rule> {
        let (alert, severity, what) = match workload.kind {
            WorkloadKind::Reconciliation => ("ReconciliationOverdue", Severity::Warning, "comparison"),
            WorkloadKind::Maintenance => ("PartitionsOverdue", Severity::Critical, "upkeep of partitions"),
            _ => return None,
        };
        let (name, namespace) = (&self.name, &self.namespace);
        let series = format!("{{namespace={namespace},cronjob={}}}", PromqlString::new(&workload.name));
        let job = AlertText::new(&workload.name);
        Some(Rule {
            alert,
            // Until the first success, from when it was made.
            expression: format!(
                "absent({CRON_JOB_CREATED}{series}) or time() - max({CRON_JOB_LAST_SUCCESS}{series} or \
                 {CRON_JOB_CREATED}{series}) > {OVERDUE_SECONDS}"
            ),
            hold: "10m",
            severity,
            labels: Vec::new(),
            summary: format!("The {what} of {name} has not been done for more than a day, or is not there."),
            description: format!(
                "The CronJob {job} runs once a day. For {} hours none of its Jobs succeeded, or nothing is known of it.",
                OVERDUE_SECONDS / 3600
            ),
            runbook: format!(
                "kubectl -n {namespace} describe cronjob {job}: is it there, and not suspended? Its events say why it made no Job. Where it \
                 made some, kubectl -n {namespace} get jobs -l app.kubernetes.io/instance={job} and their logs say why they failed.",
                namespace = self.shown_namespace
            ),
        })
    }
}

fn slow_statements(server: &str, database: &Database) -> Option<Rule> {
    let role = database.role(RoleKind::Application)?;
    let series = format!(
        "server={},datname={},user={}",
        PromqlString::new(server),
        PromqlString::new(&database.name),
        PromqlString::new(&role.name)
    );
    let rate = |metric: &str| format!("sum by (queryid) (rate({metric}{{{series}}}[10m]))");
    let name = AlertText::new(&database.name);
    Some(Rule {
        alert: "PostgresStatementsSlow",
        expression: format!(
            "{} / {} > {SLOW_STATEMENT_SECONDS}",
            rate(POSTGRES_STATEMENT_SECONDS),
            rate(POSTGRES_STATEMENT_CALLS)
        ),
        hold: "10m",
        severity: Severity::Warning,
        labels: vec![("database", database.name.clone())],
        summary: format!("A statement of {name} takes {{{{ $value | humanizeDuration }}}} in the mean."),
        description: format!(
            "A statement of the role {} takes more than {SLOW_STATEMENT_SECONDS} s whenever it runs. What migrates and compares \
             does not count.",
            AlertText::new(&role.name)
        ),
        runbook: format!(
            "SELECT query, calls, mean_exec_time, rows FROM pg_stat_statements WHERE queryid = {{{{ $labels.queryid }}}} on the \
             server {}. EXPLAIN (ANALYZE, BUFFERS) says what it waits for: mostly an index that is missing (declare `index`), or \
             statistics that are old (ANALYZE).",
            AlertText::new(server)
        ),
    })
}

/// A percentage as a share of 1.
fn share(percent: u32) -> String {
    format!("0.{percent:02}")
}

/// Milliseconds as seconds.
fn seconds(milliseconds: u32) -> String {
    let text = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::{seconds, share};

    #[test]
    fn numbers_are_those_of_the_register() {
        assert_eq!([1, 50, 1000, 2050, 3_600_000].map(seconds), ["0.001", "0.05", "1", "2.05", "3600"]);
        assert_eq!([5, 90].map(share), ["0.05", "0.90"]);
    }
}
