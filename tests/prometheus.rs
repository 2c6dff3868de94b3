//! Alerts: each fires when it should and is silent when it should be, as promtool sees it, at both sides of its threshold; and a
//! threshold that is another is found by this very test.
#![expect(
    clippy::disallowed_methods,
    reason = "the test writes rules for promtool, which it is told of by the environment"
)]

use freehold::backends::Backend;
use freehold::session::{self, Selection};
use freehold::source::{Disk, FileSystem, Memory};
use freehold::templates::Templates;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// A register in which a service has everything that there are alerts about.
const EVERYTHING: &str = r#"
platform shop { kafka retention-days=2; consistency lag-seconds=120 }
team accounts
server main class=db.t3.small storage-gb=20 max-connections=150 read-replicas=2
service owners {
    database owners on=main
    table owners entity=Owner { column id uuid primary-key }
    topic owners.owner of=owners { event OwnerDeleted when=deleted }
}
service users team=accounts {
    database users on=main
    deploy image="registry.example/users" { scale min=1 max=3 lag=5000 }
    latency p95-ms=200
    table users entity=User {
        column id uuid primary-key
        column owner uuid
        reference owner to=owners.owners on-delete=delete verify=none
    }
    table visits {
        column id uuid
        column at timestamptz
        primary-key id at
        partition at by=range { every month; from "2026-01" }
    }
    topic users.user of=users { event UserCreated when=created }
}
environment staging { server main max-connections=100 }
"#;

/// The rules of a register by their paths.
fn rules(files: &dyn FileSystem, model: &str) -> BTreeMap<String, String> {
    let checked = session::check(files, Path::new(model), None, &mut |_| {});
    let messages: Vec<&String> = checked.findings.iter().map(|finding| &finding.message).collect();
    assert!(!checked.has_errors(), "{messages:#?}");
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let selection = Selection { services: Vec::new(), backends: vec![Backend::Prometheus] };
    let made = session::generate(&checked.register, &checked.locks, &templates, &selection, &mut |_| {});
    let rules = made.unwrap().files.into_iter().filter(|file| file.path.ends_with(".yaml"));
    rules.map(|file| (file.path, file.contents)).collect()
}

fn of_text(text: &str) -> BTreeMap<String, String> {
    let mut files = Memory::default();
    files.insert("model.kdl", text);
    rules(&files, "model.kdl")
}

fn nova() -> BTreeMap<String, String> {
    rules(&Disk::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("model")), "nova.kdl")
}

/// What a case is about.
struct Names {
    namespace: &'static str,
    service: &'static str,
    partitioned: &'static str,
    server: &'static str,
    limit: u32,
    database: &'static str,
    lag: u32,
    goal: &'static str,
    oldest: u32,
}

const OF_EVERYTHING: Names = Names {
    namespace: "shop",
    service: "users",
    partitioned: "users",
    server: "main",
    limit: 120,
    database: "users",
    lag: 15_000,
    goal: "0.2",
    oldest: 120,
};
const OF_NOVA: Names = Names {
    namespace: "nova",
    service: "user",
    partitioned: "content",
    server: "pg-user",
    limit: 160,
    database: "nova_user",
    lag: 10_000,
    goal: "0.03",
    oldest: 300,
};

/// An alert with series, by their values, when it fires and when it is silent.
struct Case {
    alert: &'static str,
    file: String,
    firing: Vec<(String, String)>,
    silent: Vec<(String, String)>,
}

/// A value that stays for 40 minutes.
fn steady(value: impl ToString) -> String {
    format!("{}+0x40", value.to_string())
}

/// A counter that grows so much every minute.
fn growing(by: u32) -> String {
    format!("0+{by}x40")
}

fn cases(names: &Names) -> Vec<Case> {
    let Names { namespace, service, partitioned, server, limit, database, lag, goal, oldest } = names;
    let of_server = format!("prometheus/production/servers/{server}.yaml");
    let of_service = format!("prometheus/production/services/{service}.yaml");
    let pod = format!("namespace=\"{namespace}\",app_kubernetes_io_name=\"{service}\"");
    let program = |ending: &str| format!("{pod},app_kubernetes_io_instance=\"{service}{ending}\"");
    let one = |alert, file: &str, metric: String, firing: String, silent: String| Case {
        alert,
        file: file.to_owned(),
        firing: vec![(metric.clone(), firing)],
        silent: vec![(metric, silent)],
    };
    let ratio =
        |alert, part: String, whole: String, firing: [u32; 2], silent: [u32; 2], of: fn(u32) -> String| {
            let series = |[a, b]: [u32; 2]| vec![(part.clone(), of(a)), (whole.clone(), of(b))];
            Case { alert, file: of_service.clone(), firing: series(firing), silent: series(silent) }
        };
    let statement =
        format!("{{server=\"{server}\",datname=\"{database}\",user=\"{database}_app\",queryid=\"7\"}}");
    let calls = |code: &str| {
        format!("grpc_server_handled_total{{{},grpc_service=\"s\",grpc_code=\"{code}\"}}", program(""))
    };
    let bucket = |le: &str| {
        format!("grpc_server_handling_seconds_bucket{{{},grpc_service=\"s\",le=\"{le}\"}}", program(""))
    };
    let lag_of = |partition: u32| {
        format!(
            "kafka_consumergroup_lag{{namespace=\"{namespace}\",consumergroup=\"{service}\",topic=\"t\",partition=\"{partition}\"}}"
        )
    };
    let oldest_of = |ending: &str| format!("freehold_outbox_oldest_seconds{{{}}}", program(ending));
    let latency = |firing: u32, silent: u32| {
        let series = |within: u32| {
            // Probes are many and fast, and do not count.
            let probe = |le: &&str| bucket(le).replace("\"s\"", "\"grpc.health.v1.Health\"");
            let series = [(goal, within), (&"60", 100), (&"+Inf", 100)];
            let probes = series.iter().map(|(le, _)| (probe(le), growing(10_000)));
            probes.chain(series.iter().map(|(le, calls)| (bucket(le), growing(*calls)))).collect()
        };
        Case {
            alert: "ServiceLatencyHigh",
            file: of_service.clone(),
            firing: series(firing),
            silent: series(silent),
        }
    };
    let mut cases = vec![
        one(
            "PostgresConnectionsHigh",
            &of_server,
            format!("pg_stat_database_numbackends{{server=\"{server}\",datname=\"{database}\"}}"),
            steady(limit + 1),
            steady(limit),
        ),
        one(
            "PostgresReplicationLag",
            &of_server,
            format!("pg_replication_lag_seconds{{server=\"{server}-replica-2\"}}"),
            steady(31),
            steady(30),
        ),
        ratio(
            "PostgresStatementsSlow",
            format!("pg_stat_statements_seconds_total{statement}"),
            format!("pg_stat_statements_calls_total{statement}"),
            [130, 120],
            [119, 120],
            growing,
        ),
        ratio("ServiceErrorRateHigh", calls("Internal"), calls("NotFound"), [6, 94], [4, 96], growing),
        latency(94, 96),
        ratio(
            "DatabasePoolSaturated",
            format!("freehold_pool_connections_in_use{{{}}}", program("-consumer")),
            format!("freehold_pool_connections_max{{{}}}", program("-consumer")),
            [19, 20],
            [18, 20],
            steady,
        ),
        ratio("ConsumerLagHigh", lag_of(0), lag_of(1), [lag / 2, lag / 2 + 1], [lag / 2, lag / 2], steady),
        one(
            "DeadLettersWritten",
            &of_service,
            format!("freehold_consumer_dead_letters_total{{{},topic=\"t\"}}", program("-consumer")),
            "3+0x20 4+0x20".to_owned(),
            steady(3),
        ),
        one("OutboxOld", &of_service, oldest_of("-relay"), steady(oldest + 1), steady(oldest)),
        one(
            "OutboxEventsParked",
            &of_service,
            format!("freehold_outbox_parked_events{{{}}}", program("-relay")),
            steady(1),
            steady(0),
        ),
        Case {
            alert: "OutboxUnobserved",
            file: of_service.clone(),
            firing: vec![(oldest_of(""), steady(0))],
            silent: vec![(oldest_of("-relay"), steady(0))],
        },
    ];
    for (alert, service, ending) in
        [("ReconciliationFailed", service, "reconcile"), ("PartitionsFailed", partitioned, "partitions")]
    {
        let file = format!("prometheus/production/services/{service}.yaml");
        let job = |number: u32| format!("namespace=\"{namespace}\",job_name=\"{service}-{ending}-{number}\"");
        let failed = |number: u32, start: u32| {
            let failed = format!("kube_job_failed{{{},condition=\"true\"}}", job(number));
            let started = format!("kube_job_status_start_time{{{}}}", job(number));
            [(failed, steady(1)), (started, steady(start))]
        };
        let succeeded = |at: u32| {
            let cron_job = format!("{{namespace=\"{namespace}\",cronjob=\"{service}-{ending}\"}}");
            (format!("kube_cronjob_status_last_successful_time{cron_job}"), steady(at))
        };
        let both = || failed(1, 1000).into_iter().chain(failed(2, 2000));
        let with = |at: u32| both().chain([succeeded(at)]).collect();
        cases.push(Case { alert, file: file.clone(), firing: with(1999), silent: with(2000) });
        // One that never succeeded, and one that never failed.
        cases.push(Case { alert, file: file.clone(), firing: both().collect(), silent: vec![succeeded(1)] });
        // One that has not succeeded for long, that was made long ago and never did, and that is not there. A test begins at 0.
        let alert = if ending == "reconcile" { "ReconciliationOverdue" } else { "PartitionsOverdue" };
        let of = |metric: &str, at: i32| {
            (format!("{metric}{{namespace=\"{namespace}\",cronjob=\"{service}-{ending}\"}}"), steady(at))
        };
        let made = |at: i32| of("kube_cronjob_created", at);
        let done = |at: i32| of("kube_cronjob_status_last_successful_time", at);
        let (long_ago, before) = (-26 * 3600, -26 * 3600 + 1801);
        for (firing, silent) in [
            (vec![made(2 * long_ago), done(long_ago)], vec![made(2 * long_ago), done(before)]),
            (vec![made(long_ago)], vec![made(before)]),
            (Vec::new(), vec![made(0)]),
        ] {
            cases.push(Case { alert, file: file.clone(), firing, silent });
        }
    }
    let migration = |digest: &str, failed: u32, start: u32| {
        let job = format!("namespace=\"{namespace}\",job_name=\"{service}-migrate-{digest}\"");
        let failed = (format!("kube_job_failed{{{job},condition=\"true\"}}"), steady(failed));
        [failed, (format!("kube_job_status_start_time{{{job}}}"), steady(start))]
    };
    cases.push(Case {
        alert: "MigrationFailed",
        file: of_service,
        firing: migration("0a", 0, 1000).into_iter().chain(migration("0b", 1, 2000)).collect(),
        silent: migration("0a", 1, 1000).into_iter().chain(migration("0b", 0, 2000)).collect(),
    });
    cases
}

/// A test of promtool for one state of a case.
fn unit_test(case: &Case, series: &[(String, String)], fires: bool) -> Value {
    let input: Vec<Value> =
        series.iter().map(|(series, values)| json!({"series": series, "values": values})).collect();
    let alerts = format!("ALERTS{{alertname='{}'", case.alert);
    let check = match fires {
        true => json!({
            "expr": format!("count({alerts},alertstate='firing',severity=~'.+',environment='production'}})"),
            "eval_time": "30m",
            "exp_samples": [{"labels": "{}", "value": 1}],
        }),
        false => json!({"expr": format!("{alerts}}}"), "eval_time": "30m", "exp_samples": []}),
    };
    json!({"interval": "1m", "input_series": input, "promql_expr_test": [check]})
}

fn promtool(arguments: &[&str]) -> (bool, String) {
    let program = std::env::var("FREEHOLD_TEST_PROMTOOL").unwrap_or_else(|_| "promtool".to_owned());
    let output = Command::new(program).args(arguments).output();
    let output = output.expect("`tests/run` installs promtool where it is missing, and runs the tests");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

/// What promtool says of unit tests over rules.
fn run_tests(rules: &str, tests: Vec<Value>) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("rules.yaml"), rules).unwrap();
    let test = json!({"rule_files": ["rules.yaml"], "evaluation_interval": "1m", "tests": tests});
    let path = folder.path().join("test.yaml");
    std::fs::write(&path, test.to_string()).unwrap();
    promtool(&["test", "rules", path.to_str().unwrap()])
}

/// The alerts of rules.
fn alerts(rules: &str) -> BTreeSet<String> {
    let rules: Value = serde_norway::from_str(rules).unwrap();
    let rules =
        rules["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    rules.map(|rule| rule["alert"].as_str().unwrap().to_owned()).collect()
}

fn prove(files: &BTreeMap<String, String>, names: &Names) -> BTreeSet<String> {
    let mut by_file: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut proved = BTreeSet::new();
    for case in cases(names) {
        if !alerts(&files[&case.file]).contains(case.alert) {
            continue;
        }
        proved.insert(case.alert.to_owned());
        let tests = [unit_test(&case, &case.firing, true), unit_test(&case, &case.silent, false)];
        by_file.entry(case.file).or_default().extend(tests);
    }
    for (file, tests) in by_file {
        let (passes, said) = run_tests(&files[&file], tests);
        assert!(passes, "{file}: {said}");
    }
    proved
}

fn all_alerts(files: &BTreeMap<String, String>) -> BTreeSet<String> {
    files.values().flat_map(|rules| alerts(rules)).collect()
}

#[test]
fn every_alert_fires_and_is_silent() {
    let files = of_text(EVERYTHING);
    assert_eq!(prove(&files, &OF_EVERYTHING), all_alerts(&files));
    assert_eq!(all_alerts(&files).len(), 16);
}

#[test]
fn every_alert_of_nova_fires_and_is_silent() {
    let files = nova();
    assert_eq!(prove(&files, &OF_NOVA), all_alerts(&files));
}

/// The same rule with a threshold that is never, or always, crossed.
fn with_other_threshold(expression: &str, never: bool) -> String {
    let comparisons = [" > on () (", " > "];
    if expression.starts_with("absent(") {
        return (if never { "vector(1) > 2" } else { "vector(1)" }).to_owned();
    }
    let (left, _) = comparisons
        .iter()
        .find_map(|comparison| expression.rsplit_once(comparison))
        .expect("there is a threshold");
    format!("{left} > {}", if never { "1e12" } else { "-1" })
}

#[test]
fn another_threshold_is_found() {
    let files = of_text(EVERYTHING);
    let mut found = BTreeSet::new();
    for case in cases(&OF_EVERYTHING) {
        for never in [true, false] {
            let mut rules: Value = serde_norway::from_str(&files[&case.file]).unwrap();
            let rule = rules["groups"][0]["rules"].as_array_mut().unwrap();
            let rule = rule.iter_mut().find(|rule| rule["alert"] == case.alert).unwrap();
            rule["expr"] = json!(with_other_threshold(rule["expr"].as_str().unwrap(), never));
            let tests = [unit_test(&case, &case.firing, true), unit_test(&case, &case.silent, false)];
            let (passes, said) = run_tests(&rules.to_string(), tests.into());
            // What never failed has no series at all to compare with another threshold.
            let has_nothing = !never && case.silent.len() == 1 && case.firing.len() == 4;
            assert!(has_nothing || !passes, "{} with another threshold: {said}", case.alert);
            found.insert(case.alert);
        }
    }
    assert_eq!(found.len(), 16);
}

#[test]
fn every_file_of_rules_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (number, (_, rules)) in of_text(EVERYTHING).into_iter().chain(nova()).enumerate() {
        let path = folder.path().join(format!("{number}.yaml"));
        std::fs::write(&path, rules).unwrap();
        paths.push(path.to_str().unwrap().to_owned());
    }
    let mut arguments = vec!["check", "rules", "--lint=all", "--lint-fatal"];
    arguments.extend(paths.iter().map(String::as_str));
    let (passes, said) = promtool(&arguments);
    assert!(passes, "{said}");
    assert!(paths.len() > 50, "{}", paths.len());
}

/// What people read: values are put in, and nothing else is a template.
#[test]
fn an_alert_says_what_it_is_about() {
    let files = of_text(EVERYTHING);
    let case = cases(&OF_EVERYTHING).into_iter().find(|case| case.alert == "OutboxOld").unwrap();
    let rules: Value = serde_norway::from_str(&files[&case.file]).unwrap();
    let mut rules = rules["groups"][0]["rules"].as_array().unwrap().iter();
    let rule = rules.find(|rule| rule["alert"] == "OutboxOld").unwrap();
    let mut annotations = rule["annotations"].clone();
    annotations["summary"] = json!("An event of users has waited for 2m 1s.");
    let labels =
        json!({"severity": "critical", "environment": "production", "service": "users", "team": "accounts"});
    let expected = json!([{"exp_labels": labels, "exp_annotations": annotations}]);
    let mut test = unit_test(&case, &case.firing, true);
    test["alert_rule_test"] = json!([{"eval_time": "30m", "alertname": "OutboxOld", "exp_alerts": expected}]);
    let (passes, said) = run_tests(&files[&case.file], vec![test]);
    assert!(passes, "{said}");
}

/// Thresholds that an environment changes are its own.
#[test]
fn environments_have_their_own_thresholds() {
    let files = of_text(EVERYTHING);
    let server = |environment: &str| files[&format!("prometheus/{environment}/servers/main.yaml")].clone();
    assert!(server("production").contains("{server='main'}) > 120"));
    assert!(server("staging").contains("{server='main-staging'}) > 80"), "{}", server("staging"));
    let service = &files["prometheus/staging/services/users.yaml"];
    assert!(service.contains("namespace='shop-staging'") && !service.contains("namespace='shop'"));
}
