//! The script that makes topics and ACLs: what it asks Kafka's tools to do, where tools that answer as those of Kafka 4.0 do stand
//! in for them.
#![expect(clippy::disallowed_methods, reason = "the test runs a script, with tools of its own")]

use freehold::backends::{Backend, GeneratedFile};
use freehold::session::{self, Selection};
use freehold::source::Memory;
use freehold::templates::Templates;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

const REGISTER: &str = r#"
platform shop { kafka tooling=script replication=3 retention-days=2 bootstrap-servers="b-1.example:9094, b-2.example:9094" }
server main class=db.t3.small storage-gb=20
service users {
    database users on=main
    table users entity=User { column id uuid primary-key; column name text }
    topic users.user of=users partitions=12 compact key=id id=id { carries name; event UserCreated when=created; event UserUpdated when=updated }
    deploy image="registry.example/users"
}
service orders {
    database orders on=main
    consumes users.UserCreated
    deploy image="registry.example/orders"
}
environment staging { kafka replication=1 bootstrap-servers="b.staging.example:9094" }
"#;

/// Tools that answer with what lies in files beside them, and write down with what they were called.
const TOOL: &str = r#"#!/bin/sh
here=$(dirname "$0")
case " $* " in
*" --describe "*) cat "$here/described" ;;
*" --list "*) cat "$here/listed" ;;
*) echo "$(basename "$0") $*" >>"$here/calls" ;;
esac
"#;

fn files(register: &str) -> Vec<GeneratedFile> {
    let mut memory = Memory::default();
    memory.insert("model.kdl", register);
    let checked = session::check(&memory, Path::new("model.kdl"), None, &mut |_| {});
    let messages: Vec<&String> = checked.findings.iter().map(|finding| &finding.message).collect();
    assert!(!checked.has_errors(), "{messages:#?}");
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let selection = Selection { services: Vec::new(), backends: vec![Backend::Kafka] };
    session::generate(&checked.register, &checked.locks, &templates, &selection, &mut |_| {}).unwrap().files
}

/// A run of a script: its exit code, what it says, and the calls that change something.
struct Run {
    code: Option<i32>,
    says: String,
    calls: Vec<String>,
}

fn run(environment: &str, described: &str, listed: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for file in files(REGISTER) {
        std::fs::write(path(file.path.strip_prefix("kafka/").unwrap()), file.contents).unwrap();
    }
    for tool in ["kafka-topics.sh", "kafka-configs.sh", "kafka-acls.sh"] {
        std::fs::write(path(tool), TOOL).unwrap();
        std::fs::set_permissions(path(tool), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    std::fs::write(path("described"), described).unwrap();
    std::fs::write(path("listed"), listed).unwrap();
    let mut command = Command::new("bash");
    command.arg(path(&format!("{environment}.sh"))).args(arguments).env("KAFKA_BIN", folder.path());
    let output = command.output().unwrap();
    let calls = std::fs::read_to_string(path("calls")).unwrap_or_default();
    Run {
        code: output.status.code(),
        says: String::from_utf8(output.stderr).unwrap(),
        calls: calls.lines().map(str::to_owned).collect(),
    }
}

/// As Kafka 4.0 lists a topic.
fn described(name: &str, partitions: u32, replicas: u32, settings: &str) -> String {
    format!(
        "Topic: {name}\tTopicId: HG313nb1Q962hMwZ_rqhXg\tPartitionCount: {partitions}\tReplicationFactor: {replicas}\tConfigs: {settings}\n\
         \tTopic: {name}\tPartition: 0\tLeader: 1\tReplicas: 1\tIsr: 1\tElr: \tLastKnownElr: \n"
    )
}

/// As Kafka 4.0 lists what is allowed on a resource.
fn listed(kind: &str, name: &str, granted: &[(&str, &str)]) -> String {
    let line = |(who, operation): &(&str, &str)| {
        format!(" \t(principal={who}, host=*, operation={operation}, permissionType=ALLOW)\n")
    };
    let lines: String = granted.iter().map(line).collect();
    format!(
        "Current ACLs for resource `ResourcePattern(resourceType={kind}, name={name}, patternType=LITERAL)`: \n{lines}\n"
    )
}

const TOPIC: &str = "cleanup.policy=compact,min.compaction.lag.ms=172800000,min.insync.replicas=2";
const DEAD: &str = "min.insync.replicas=2,cleanup.policy=delete,retention.ms=691200000";
const CONSUMER: &str = "User:CN=orders-consumer";
const RELAY: &str = "User:CN=users-relay";

fn all_described() -> String {
    described("users.user", 12, 3, TOPIC) + &described("users.user.orders.dead-letter", 1, 3, DEAD)
}

fn all_listed() -> String {
    listed(
        "TOPIC",
        "users.user",
        &[(CONSUMER, "READ"), (CONSUMER, "DESCRIBE"), (RELAY, "WRITE"), (RELAY, "DESCRIBE")],
    ) + &listed(
        "TOPIC",
        "users.user.orders.dead-letter",
        &[(CONSUMER, "READ"), (CONSUMER, "WRITE"), (CONSUMER, "DESCRIBE")],
    ) + &listed("GROUP", "orders", &[(CONSUMER, "DESCRIBE"), (CONSUMER, "READ")])
}

#[test]
fn everything_is_made_where_there_is_nothing() {
    let run = run("production", "", "", &[]);
    assert_eq!(run.code, Some(0), "{}", run.says);
    let brokers = "--bootstrap-server=b-1.example:9094,b-2.example:9094";
    assert_eq!(
        run.calls[0],
        format!(
            "kafka-topics.sh {brokers} --create --if-not-exists --topic=users.user --partitions=12 --replication-factor=3 \
             --config=cleanup.policy=compact --config=min.compaction.lag.ms=172800000 --config=min.insync.replicas=2"
        )
    );
    assert_eq!(
        run.calls[4],
        format!(
            "kafka-acls.sh {brokers} --add --allow-principal={CONSUMER} --group=orders --operation=Describe --operation=Read"
        )
    );
    assert_eq!(run.calls.len(), 6, "two topics, three permissions of the consumer, one of the relay");
    assert!(run.says.ends_with("6 changes done, 0 warnings\n"), "{}", run.says);
}

#[test]
fn a_second_run_changes_nothing() {
    let run = run("production", &all_described(), &all_listed(), &[]);
    assert_eq!((run.code, run.says.as_str()), (Some(0), "0 changes done, 0 warnings\n"));
    assert_eq!(run.calls, [""; 0]);
}

#[test]
fn what_differs_is_set_and_what_cannot_be_is_said() {
    let settings = TOPIC.replace("compact,", "compact,delete,");
    let described = described("users.user", 6, 1, &settings)
        + &described("users.user.orders.dead-letter", 3, 3, &DEAD.replace("691200000", "1"));
    let run = run("production", &described, &all_listed(), &[]);
    assert_eq!(run.code, Some(0), "{}", run.says);
    let of = |part: &str| run.calls.iter().filter(|call| call.contains(part)).count();
    assert_eq!(
        (of("--alter --topic=users.user --partitions=12"), of("--add-config=cleanup.policy=compact")),
        (1, 1)
    );
    assert_eq!((of("--add-config=retention.ms=691200000"), run.calls.len()), (1, 3));
    for said in
        ["a key may lie in another partition", "it has 1 replicas, not 3", "it has 3 partitions, not 1"]
    {
        assert!(run.says.contains(said), "{said}: {}", run.says);
    }
}

#[test]
fn a_trial_changes_nothing() {
    let run = run("production", "", "", &["--dry-run"]);
    assert_eq!(run.calls, [""; 0]);
    assert!(run.says.ends_with("6 changes to be done, 0 warnings\n"), "{}", run.says);
}

#[test]
fn nobody_may_more_than_is_declared_unseen() {
    let more = all_listed()
        + &listed("TOPIC", "users.user", &[(RELAY, "ALL"), ("User:CN=eve, host=*", "READ")])
        + &listed("TOPIC", "other", &[("User:CN=eve", "READ")])
        + &listed("TOPIC", "users", &[(RELAY, "READ")]).replace("LITERAL", "PREFIXED");
    let kept = run("production", &all_described(), &more, &[]);
    assert_eq!(kept.calls, [""; 0]);
    assert!(kept.says.ends_with("0 changes done, 3 warnings\n"), "{}", kept.says);
    assert!(kept.says.contains("User:CN=eve, host=* may READ the TOPIC users.user"), "{}", kept.says);
    let revoked = run("production", &all_described(), &more, &["--revoke"]);
    assert_eq!(revoked.calls.len(), 1);
    assert!(
        revoked.calls[0].ends_with(
            "--remove --force --allow-principal=User:CN=users-relay --topic=users.user --operation=ALL"
        ),
        "{:?}",
        revoked.calls
    );
}

#[test]
fn a_mistake_of_who_calls_is_told() {
    let refused = run("production", "", "", &["--force"]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.says.starts_with("usage: "), "{}", refused.says);
}

#[test]
fn environments_have_their_own_brokers_and_replicas() {
    let run = run("staging", "", "", &[]);
    assert!(run.calls[0].starts_with("kafka-topics.sh --bootstrap-server=b.staging.example:9094 --create"));
    assert!(run.calls[0].contains("--replication-factor=1"), "{}", run.calls[0]);
    assert!(run.calls[0].ends_with("--config=min.insync.replicas=1"), "{}", run.calls[0]);
}

#[test]
fn without_a_script_or_a_topic_there_is_nothing() {
    assert_eq!(files(&REGISTER.replace("tooling=script", "tooling=strimzi")), []);
    assert_eq!(files("platform shop { kafka tooling=script }\nservice a { summary x }"), []);
}

#[test]
fn shellcheck_finds_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for file in files(REGISTER) {
        std::fs::write(folder.path().join(file.path.strip_prefix("kafka/").unwrap()), file.contents).unwrap();
    }
    let program = std::env::var("FREEHOLD_TEST_SHELLCHECK").unwrap_or_else(|_| "shellcheck".to_owned());
    let mut command = Command::new(program);
    command
        .arg("--external-sources")
        .args(["driver.sh", "production.sh", "staging.sh"])
        .current_dir(folder.path());
    let output =
        command.output().expect("`tests/run` installs shellcheck where it is missing, and runs the tests");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    assert!(output.status.success());
}
