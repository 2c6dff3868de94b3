//! Rules of what runs in a cluster: names of its objects, variables that are the compiler's, callers without a namespace.

use super::super::check;
use super::{SERVER, assert_found, service};
use freehold::diagnostic::Severity;

const RUN: &str = "deploy image=\"registry.example/i\"";

#[test]
fn a_service_is_called_like_an_object_of_another_only_where_that_has_it() {
    let beside = |body: &str, name: &str, found: &[&str]| {
        assert_found(&format!("{}service \"{name}\" {{ summary s }}\n", service("a", body)), found);
    };
    let collision: &[&str] = &["name-collision"];
    let topic = format!(
        "{RUN}; table t entity=T {{ column id uuid primary-key }}
        topic a.t of=t {{ event TMade when=created {{ allow event-without-consumer reason=test }} }}"
    );
    beside(&topic, "a-relay", collision);
    beside(&topic, "a-relay-outside", collision);
    beside(&topic, "a-consumer", &[]);
    beside(RUN, "a-relay", &[]);
    beside(RUN, "a-headless", collision);
    beside("", "a-headless", &[]);
    beside("", "a-migrate", collision);
    beside("", "a-database-owner", collision);
    beside("", "a-nothing", collision);
    beside("", "a-partitions", &[]);
    let ranged = "table t { column at date primary-key; partition at by=range { every year; from \"2025-01\"; ahead 1 } }";
    beside(ranged, "a-partitions", collision);
    beside("", "main-pooler", &[]);
    assert_found("service postgres-ca { summary s }", collision);
    let pooled =
        "server big class=db.t3.small storage-gb=20 pooler-connections=9\nservice big-pooler { summary s }";
    assert_found(pooled, collision);
    let own = format!(
        "{RUN}; table t entity=T {{ column id uuid primary-key }}
        topic a.t of=t {{ event TMade when=created }}"
    );
    let groups = format!(
        "{}{}service b-consumer {{ summary s }}\nservice b-consumer-slow {{ summary s }}\n",
        service("a", &own),
        service("b", &format!("{RUN}; consumes a.TMade group=slow"))
    );
    assert_found(&groups, collision);
}

#[test]
fn variables_of_the_compiler_are_its_own_in_every_environment() {
    let reserved: &[&str] = &["reserved-variable"];
    let with = |variables: &str| service("a", &format!("{RUN} {{ {variables} }}"));
    assert_found(&with("env DATABASE_URL x"), reserved);
    assert_found(&with("secret KAFKA_GROUP"), reserved);
    assert_found(&with("secret A_DATABASE_URL; env KAFKA x"), &[]);
    assert_found(&with("env MY_ORDERS_ADDRESS x"), &[]);
    let orders = "service my-orders { summary s }\n";
    assert_found(&format!("{}{orders}", with("env MY_ORDERS_ADDRESS x")), reserved);
    assert_found(&with("env B_ADDRESS x"), &[]);
    // Once, where all services and environments take it.
    let shared = format!(
        "platform p {{ defaults {{ deploy {{ env PGAPPNAME x }} }} }}\nenvironment staging {{ }}\n{}{}",
        service("a", RUN),
        service("b", RUN)
    );
    assert_found(&shared, reserved);
    let there = format!(
        "{}environment staging {{ service a {{ deploy {{ secret DATABASE_DIRECT_URL }} }} }}\n",
        service("a", RUN)
    );
    assert_found(&there, reserved);
}

#[test]
fn a_caller_from_nowhere_is_a_warning_where_the_service_runs() {
    let found = |text: &str| -> Vec<(&'static str, Severity)> {
        let findings = check(&format!("{SERVER}{text}")).1;
        findings.iter().map(|finding| (finding.rule, finding.severity)).collect()
    };
    let called = |deploy: &str| format!("extern app\n{}", service("a", &format!("called-by app; {deploy}")));
    assert_eq!(found(&called(RUN)), [("extern-without-namespace", Severity::Warning)]);
    assert_eq!(found(&called("")), []);
    // Whom a service calls may be anywhere.
    assert_eq!(
        found(&format!("extern pay {{ rpc Charge }}\n{}", service("a", &format!("calls pay.Charge; {RUN}")))),
        []
    );
}
