//! What one output says of another is so. Nothing here knows what the compiler knew: files are read back as the tools that take them
//! do, and each name, port and key is followed from where it is mentioned to where it is made.

#[expect(dead_code, reason = "it is shared with the tests of Kubernetes alone")]
#[path = "../kubernetes/cluster.rs"]
mod cluster;
mod infrastructure;
mod messaging;
mod network;
mod outputs;
mod pods;
mod programs;
#[path = "../kubernetes/registers.rs"]
mod registers;
mod report;

use freehold::session::{self, Selection};
use freehold::source::Memory;
use freehold::templates::Templates;
use outputs::Outputs;
use proptest::collection::vec;
use proptest::prelude::*;
use report::Report;
use std::collections::BTreeMap;
use std::path::Path;

/// What was built once; today's register has other names for all of it.
const BEFORE: &str = r#"
platform odd
server "main-1" class=db.t3.small storage-gb=20
service "null" { database odd_null on="main-1"; table t entity=T { column id uuid primary-key }
    topic Null.T_1 of=t { event TMade when=created } }
"#;

/// Words that readers of YAML take for something else, names that Kubernetes does not take, things that were renamed, servers with
/// and without a pooler, a service without a database, one that is not run, and an environment where all differs.
const ODD: &str = r#"
platform odd {
    postgres version=17
    kubernetes keda secrets=external-secrets pooler-issuer=internal
    kafka replication=2
    defaults { scale min=1 max=3 }
}
server off was="main-1" class=db.t3.small storage-gb=20 max-connections=400 pooler-connections=40
server "e1" class=db.t3.small storage-gb=20 max-connections=400 read-replicas=1
extern edge namespace=edge
extern watch namespace=watch scrapes
service yes was="null" {
    database odd_yes was=odd_null on=off
    latency p95-ms=1500
    called-by edge watch
    deploy image="registry.example:5000/odd/yes:1e3" { secret TOKEN }
    store s3 odd-files
    table t entity=T {
        column id uuid
        column name text
        primary-key id
    }
    table parts {
        column id uuid
        column at timestamptz
        primary-key id at
        partition at by=range { every month; from "2026-01" }
    }
    topic Yes.T was=Null.T_1 of=t { carries name; event TMade when=created; event TKept when=updated; event TGone when=deleted }
    topic all.events producers=all key=kind { event Seen { field kind text } }
    api { get t; exists t }
}
service on {
    database no on="e1"
    called-by watch
    deploy { secret TOKEN OTHER }
    calls yes.GetT
    consumes yes.TGone group=by.DAY_1
    consumes yes.Seen
    projection copies of=yes.t { carries name }
    table u { column id uuid primary-key; column t uuid; reference t to=yes.t on-delete=delete verify=rpc }
}
service n { called-by edge watch; deploy image="registry.example/n"; consumes yes.TMade }
service kept { database odd_kept on=off; table k { column id uuid primary-key } }
environment test {
    namespace elsewhere
    kafka cluster=another replication=1
    server off max-connections=100
    server "e1" max-connections=90
    service yes { deploy image="registry.example:5000/odd/yes-next:2" { scale min=2 max=2; secret TOKEN MORE } }
}
"#;

fn built(register: &str, locks: &[(String, String)]) -> session::Generated {
    let mut files = Memory::default();
    files.insert("model.kdl", register);
    for (path, text) in locks {
        files.insert(path, text.as_str());
    }
    let checked = session::check(&files, Path::new("model.kdl"), None, &mut |_| {});
    let errors: Vec<String> =
        checked.findings.iter().map(|it| format!("{}: {:?}", it.message, it.help)).collect();
    assert!(!checked.has_errors(), "{errors:#?}");
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    session::generate(&checked.register, &checked.locks, &templates, &Selection::default(), &mut |_| {})
        .unwrap()
}

/// The files of the odd register, over the locks of the one before.
fn odd(change: impl Fn(&str) -> String) -> BTreeMap<String, String> {
    let locks = built(BEFORE, &[]).locks.into_iter();
    let locks: Vec<(String, String)> =
        locks.filter_map(|change| Some((change.owner.path(), change.after?))).collect();
    assert_eq!(locks.len(), 2);
    built(&change(ODD), &locks).files.into_iter().map(|file| (file.path, file.contents)).collect()
}

/// Follows everything, in every environment.
fn follow(files: &BTreeMap<String, String>) -> Report {
    let outputs = Outputs::read(files);
    let mut report = Report::default();
    for environment in &outputs.environments {
        pods::follow(&outputs, environment, &mut report);
        network::follow(environment, &mut report);
        infrastructure::follow(&outputs, environment, &mut report);
        let made = messaging::Made::read(environment);
        messaging::follow(environment, &made, &mut report);
        programs::follow(&outputs, environment, &made, &mut report);
    }
    report
}

#[test]
fn nova_is_consistent() {
    let report = follow(&cluster::nova());
    assert_eq!(report.faults, Vec::<String>::new());
    let followed: usize = report.followed.values().sum();
    assert!(followed > 3000, "{:#?}", report.followed);
}

#[test]
fn an_odd_register_is_consistent() {
    let report = follow(&odd(str::to_owned));
    assert_eq!(report.faults, Vec::<String>::new());
}

#[test]
fn a_script_of_kafka_is_consistent() {
    let files = odd(|text| text.replace("kafka replication=2", "kafka replication=2 tooling=script"));
    assert!(files.contains_key("kafka/production.sh") && files.contains_key("kafka/test.sh"));
    assert_eq!(follow(&files).faults, Vec::<String>::new());
}

#[test]
fn secrets_that_people_make_are_in_the_page() {
    let mut files = odd(|text| text.replace(" secrets=external-secrets pooler-issuer=internal", ""));
    let report = follow(&files);
    assert_eq!(report.faults, Vec::<String>::new());
    assert!(
        report.followed["secret"] > 50 && report.followed["key of a secret"] > 50,
        "{:?}",
        report.followed
    );
    let page = files.get_mut("kubernetes/README.md").unwrap();
    *page = page.replace("`readonly`", "`reader`").replace("`direct-url`", "`url-direct`");
    let faults = follow(&files).faults;
    assert!(faults.iter().any(|fault| fault.starts_with("secret: ")), "{faults:#?}");
    assert!(faults.iter().any(|fault| fault.starts_with("key of a secret: ")), "{faults:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_registers_are_consistent(
        choices in vec(registers::choice(), 1..6),
        pooler in proptest::option::of(1..40_u8),
        is_external in any::<bool>(),
    ) {
        let text = registers::register(&choices, pooler, is_external);
        let report = follow(&cluster::build(&text));
        prop_assert_eq!(report.faults, Vec::<String>::new(), "{}", text);
    }
}

/// A fault: which kind of check has to find it, in which file, and what is written there instead of what.
const FAULTS: [(&str, &str, &str, &str); 42] = [
    (
        "certificate",
        "kubernetes/overlays/test/poolers/off/pooler.yaml",
        "dnsNames: [\"main-1-pooler\"",
        "dnsNames: [\"off-pooler\"",
    ),
    (
        "secret",
        "kubernetes/overlays/production/poolers/off/pooler.yaml",
        "secret: {secretName: \"main-1-pooler-tls\"",
        "secret: {secretName: \"off-pooler-tls\"",
    ),
    (
        "workload",
        "prometheus/test/services/yes.yaml",
        "job_name=~'yes-migrate-[0-9a-f]+'",
        "job_name=~'null-migrate-[0-9a-f]+'",
    ),
    ("secret", "kubernetes/base/services/yes/server.yaml", "name: \"yes-secrets\"", "name: \"yes-secret\""),
    (
        "config map",
        "kubernetes/base/services/yes/server.yaml",
        "configMapRef: {name: \"yes\"}",
        "configMapRef: {name: \"no\"}",
    ),
    (
        "service account",
        "kubernetes/base/services/on/consumer.yaml",
        "serviceAccountName: \"on\"",
        "serviceAccountName: \"off\"",
    ),
    (
        "secret",
        "kubernetes/overlays/test/services/on/autoscalers.yaml",
        "name: \"on-consumer\", key: user.crt",
        "name: \"on-consumers\", key: user.pem",
    ),
    ("key of a secret", "kubernetes/base/services/on/consumer.yaml", "key: \"url\"", "key: \"URL\""),
    ("key of a secret", "terraform/services/yes/test.tfvars", "TOKEN, MORE", "TOKEN"),
    ("script", "kubernetes/base/services/yes/migrate.yaml", "/scripts/migrate.sh", "/scripts/migrations.sh"),
    ("migration", "kubernetes/base/services/on/consumer.yaml", "\"wait\", \"1\"", "\"wait\", \"2\""),
    ("variable", "reconciliation/on/reconcile.sh", "'YES_DATABASE_URL'", "'NULL_DATABASE_URL'"),
    (
        "address",
        "kubernetes/overlays/test/services/on/configuration.yaml",
        "yes-headless:50051",
        "yes-headless:50052",
    ),
    (
        "address",
        "kubernetes/overlays/production/services/yes/secrets.yaml",
        "@main-1-pooler:6432",
        "@off-pooler:6432",
    ),
    ("port", "kubernetes/base/services/yes/service.yaml", "50051", "50050"),
    (
        "probe",
        "kubernetes/base/services/on/consumer.yaml",
        "path: \"/health/ready\", port: \"metrics\"",
        "path: \"/health/ready\", port: \"http\"",
    ),
    (
        "policy",
        "kubernetes/base/services/yes/network.yaml",
        "\"app.kubernetes.io/instance\": \"on-consumer\"",
        "\"app.kubernetes.io/instance\": \"on-consumers\"",
    ),
    ("policy", "kubernetes/base/services/on/network.yaml", "port: 50051", "port: 50053"),
    (
        "image",
        "kubernetes/overlays/test/services/yes/kustomization.yaml",
        "name: \"registry.example:5000/odd/yes-relay\"",
        "name: \"registry.example:5000/odd/relay\"",
    ),
    (
        "secret in AWS",
        "terraform/servers/off/production.tfvars",
        "odd/production/databases/odd_null/application",
        "odd/production/databases/odd_yes/application",
    ),
    (
        "secret in AWS",
        "kubernetes/overlays/test/services/on/secrets.yaml",
        "odd/test/services/odd.on",
        "odd/production/services/odd.on",
    ),
    (
        "role",
        "sql/yes/bootstrap.sql",
        "CREATE ROLE %I LOGIN', 'odd_null_app'",
        "CREATE ROLE %I LOGIN', 'odd_yes_app'",
    ),
    ("role", "prometheus/production/services/on.yaml", "user='no_app'", "user='on_app'"),
    ("database", "terraform/servers/e1/test.tfvars", "\"database\" = \"no\"", "\"database\" = \"on\""),
    ("database", "prometheus/test/services/on.yaml", "datname='no'", "datname='on'"),
    ("server", "prometheus/test/servers/off.yaml", "server='main-1-test'", "server='off-test'"),
    ("limit", "prometheus/test/servers/off.yaml", "> 80", "> 320"),
    ("namespace", "prometheus/test/services/yes.yaml", "namespace='elsewhere'", "namespace='odd'"),
    (
        "workload",
        "prometheus/production/services/yes.yaml",
        "app_kubernetes_io_instance='yes-relay'",
        "app_kubernetes_io_instance='null-relay'",
    ),
    (
        "workload",
        "prometheus/production/services/yes.yaml",
        "job_name=~'yes-partitions-[0-9]+'",
        "job_name=~'yes-partition-[0-9]+'",
    ),
    (
        "topic",
        "kubernetes/overlays/production/services/yes/kafka.yaml",
        "topicName: \"Null.T_1\"",
        "topicName: \"Yes.T\"",
    ),
    (
        "topic",
        "kubernetes/overlays/production/services/on/autoscalers.yaml",
        "topic: \"Null.T_1\"",
        "topic: \"all.event\"",
    ),
    ("group", "kubernetes/overlays/test/services/on/kafka.yaml", "name: \"by.DAY_1\"", "name: \"by.day_1\""),
    ("group", "prometheus/test/services/on.yaml", "consumergroup='by.DAY_1'", "consumergroup='by.DAY'"),
    ("group of a program", "consumers/on/consumer/src/groups/by_day_1.rs", "\"by.DAY_1\"", "\"by.DAY\""),
    ("topic of a program", "consumers/n/consumer/src/groups/n.rs", "name: \"Null.T_1\"", "name: \"Yes.T\""),
    (
        "topic of a program",
        "consumers/n/consumer/src/groups/n.rs",
        "dead_letters: \"Null.T_1.n",
        "dead_letters: \"Yes.T.n",
    ),
    ("topic of a program", "consumers/yes/producer/src/lib.rs", "topic: \"Null.T_1\"", "topic: \"Yes.T\""),
    ("variable of a program", "consumers/on/consumer/src/fills.rs", "\"YES_ADDRESS\"", "\"N_ADDRESS\""),
    ("variable of a program", "consumers/runtime/src/kafka.rs", "\"KAFKA_CA_FILE\"", "\"KAFKA_CA\""),
    (
        "metric",
        "consumers/runtime/src/relay/metrics.rs",
        "\"freehold_outbox_oldest_seconds\"",
        "\"freehold_outbox_oldest\"",
    ),
    (
        "brokers",
        "kubernetes/overlays/test/services/n/kafka.yaml",
        "\"strimzi.io/cluster\": \"another\"",
        "\"strimzi.io/cluster\": \"odd\"",
    ),
];

#[test]
fn planted_faults_are_found() {
    let files = odd(str::to_owned);
    let mut missed = Vec::new();
    for (kind, path, from, to) in FAULTS {
        let mut files = files.clone();
        let contents = files.get_mut(path).unwrap_or_else(|| panic!("there is no {path}"));
        assert!(contents.contains(from), "{path} has no {from}: {contents}");
        *contents = contents.replace(from, to);
        let report = follow(&files);
        let of_kind = |fault: &String| fault.starts_with(&format!("{kind}: "));
        if !report.faults.iter().any(of_kind) {
            missed.push((kind, path, from, report.faults));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

/// Every kind of check follows something, and has a fault that it finds.
#[test]
fn every_kind_is_tried() {
    let report = follow(&odd(str::to_owned));
    let tried: std::collections::BTreeSet<&str> = FAULTS.iter().map(|(kind, ..)| *kind).collect();
    assert_eq!(report.followed.keys().copied().collect::<std::collections::BTreeSet<_>>(), tried);
    assert!(report.followed.values().all(|count| *count > 0));
}
