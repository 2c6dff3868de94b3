//! What runs of small registers, as plain data.

use freehold::infrastructure::{
    Acl, AclResource, Callers, Infrastructure, Operation, Reach, RoleKind, Route, Service, Workload,
    WorkloadKind, acls,
};
use freehold::lock::Locks;
use freehold::source::Memory;
use std::path::Path;

const REGISTER: &str = r#"
platform shop { kafka partitions=3 retention-days=2 }
server main was=old class=db.t3.small storage-gb=20 max-connections=200 pooler-connections=20
extern gateway namespace=edge
extern prometheus namespace=monitoring scrapes
extern provider { rpc Charge }
service users {
    database shop_users on=main
    table users entity=User {
        column id uuid primary-key
        column at timestamptz
    }
    table visits {
        column id uuid
        column at timestamptz
        primary-key id at
        partition at by=range { every month; from "2026-01" }
    }
    topic users.user of=users { event UserCreated when=created; event UserDeleted when=deleted; carries at }
    api { exists users }
    deploy image="registry.example/users:1" port=6000
    called-by gateway prometheus
}
service orders {
    database shop_orders on=main
    table orders {
        column id uuid primary-key
        column user_id uuid
        reference user_id to=users.users on-delete=delete verify=rpc
    }
    projection buyers of=users.users { carries at }
    calls provider.Charge
    consumes users.UserCreated group=statistics
    deploy image="registry.example/orders:1" { secret TOKEN }
}
environment staging { service orders { deploy { secret TOKEN DEBUG } } }
"#;

fn infrastructure(text: &str) -> Infrastructure {
    let mut files = Memory::default();
    files.insert("model.kdl", text);
    let checked = freehold::semantic::load(&files, Path::new("model.kdl"));
    assert!(checked.findings.is_empty(), "{:#?}", checked.findings);
    let mut locks = Locks::default();
    assert!(locks.freeze(&checked.register).is_empty());
    Infrastructure::of(&checked.register, &locks)
}

fn service<'a>(infrastructure: &'a Infrastructure, name: &str) -> &'a Service {
    infrastructure.services.iter().find(|service| service.name == name).expect("the service is there")
}

fn workload<'a>(service: &'a Service, name: &str) -> &'a Workload {
    service.workloads.iter().find(|workload| workload.name == name).expect("the workload is there")
}

#[test]
fn everything_that_runs_has_a_name() {
    let found = infrastructure(REGISTER);
    let names = |service: &Service| -> Vec<String> {
        service.workloads.iter().map(|workload| workload.name.clone()).collect()
    };
    assert_eq!(
        names(service(&found, "users")),
        ["users", "users-relay", "users-migrate", "users-partitions", "users-reconcile"]
    );
    assert_eq!(
        names(service(&found, "orders")),
        ["orders", "orders-consumer", "orders-consumer-statistics", "orders-migrate", "orders-reconcile"]
    );
    assert_eq!(service(&found, "users").port, Some(6000));
    assert_eq!(service(&found, "orders").secrets, ["TOKEN", "DEBUG"]);
    assert_eq!(found.servers[0].pooler.as_deref(), Some("main-pooler"));
    assert_eq!(found.servers[0].services.len(), 2);
}

#[test]
fn databases_have_roles_and_each_program_its_own() {
    let found = infrastructure(REGISTER);
    let users = service(&found, "users").database.as_ref().expect("it has one");
    let roles: Vec<(&str, &str)> =
        users.roles.iter().map(|role| (role.name.as_str(), role.secret.as_str())).collect();
    assert_eq!(
        roles,
        [
            ("shop_users_owner", "users-database-owner"),
            ("shop_users_app", "users-database-application"),
            ("shop_users_readonly", "users-database-readonly"),
            ("shop_users_reconciler", "users-database-reconciler"),
        ]
    );
    assert_eq!(users.maintenance, [("public".to_owned(), "maintain_visits_partitions".to_owned())]);
    let access = |service: &str, name: &str| -> Vec<(String, RoleKind, Route)> {
        let workload = workload(self::service(&found, service), name);
        workload.databases.iter().map(|it| (it.variable.clone(), it.role, it.route)).collect()
    };
    use {RoleKind::*, Route::*};
    let entry = |variable: &str, role, route| (variable.to_owned(), role, route);
    assert_eq!(access("orders", "orders"), [entry("DATABASE_URL", Application, Pooled)]);
    assert_eq!(
        access("users", "users-relay"),
        [entry("DATABASE_URL", Application, Pooled), entry("DATABASE_DIRECT_URL", Application, Direct)]
    );
    assert_eq!(access("users", "users-partitions"), [entry("DATABASE_URL", Owner, Direct)]);
    assert_eq!(
        access("orders", "orders-reconcile"),
        [entry("ORDERS_DATABASE_URL", Reconciler, Direct), entry("USERS_DATABASE_URL", Reconciler, Direct)]
    );
}

#[test]
fn only_those_call_who_say_so() {
    let found = infrastructure(REGISTER);
    let (users, orders) = (service(&found, "users"), service(&found, "orders"));
    assert_eq!(users.callers.services.iter().collect::<Vec<_>>(), [&orders.id]);
    assert_eq!((users.callers.externs.len(), users.callers.scrapers.len()), (1, 1));
    assert_eq!(orders.callers, Callers::default());
    let reach = |name: &str| workload(orders, name).reach.clone();
    assert_eq!((reach("orders").services.len(), reach("orders").externs.len()), (1, 1));
    assert_eq!(reach("orders-consumer"), reach("orders"));
    assert_eq!(reach("orders-reconcile"), Reach::default());
}

#[test]
fn topics_have_their_producers_consumers_and_dead_letters() {
    let found = infrastructure(REGISTER);
    let names: Vec<&str> = found.topics.iter().map(|topic| topic.name.as_str()).collect();
    assert_eq!(names, ["users.user", "users.user.orders.dead-letter", "users.user.statistics.dead-letter"]);
    let topic = &found.topics[0];
    assert_eq!((topic.partitions, topic.retention_ms), (3, 172_800_000));
    assert_eq!(topic.producers.iter().collect::<Vec<_>>(), ["users-relay"]);
    let consumers: Vec<(&str, &str)> =
        topic.consumers.iter().map(|(name, group)| (name.as_str(), group.as_str())).collect();
    assert_eq!(consumers, [("orders-consumer", "orders"), ("orders-consumer-statistics", "statistics")]);
    let of_relay: Vec<Acl> = acls(&found).into_iter().filter(|acl| acl.user == "users-relay").collect();
    let wanted = Acl {
        user: "users-relay".to_owned(),
        resource: AclResource::Topic("users.user".to_owned()),
        operations: vec![Operation::Describe, Operation::Write],
    };
    assert_eq!(of_relay, [wanted]);
    let consumer = acls(&found).into_iter().filter(|acl| acl.user == "orders-consumer").count();
    assert_eq!(consumer, 3, "the topic, its dead letters, the group");
}

#[test]
fn a_topic_that_all_may_publish_to_is_written_by_all_that_run() {
    let found = infrastructure(
        "service a { deploy image=a; topic a.events producers=all key=kind { event Seen { field kind text } } }
        service b { deploy image=b }
        service c { summary \"not run\" }",
    );
    assert_eq!(found.topics[0].producers.iter().collect::<Vec<_>>(), ["a", "b"]);
    assert!(workload(service(&found, "b"), "b").uses_brokers);
    // What has an outbox leaves it to its relay.
    let found = infrastructure(
        "server main class=db.t3.small storage-gb=20
        service a { deploy image=a; topic a.events producers=all key=kind { event Seen { field kind text } } }
        service b { deploy image=b; database b on=main; table t entity=T { column id uuid primary-key }
            topic b.t of=t { event TMade when=created } }",
    );
    assert_eq!(found.topics[0].producers.iter().collect::<Vec<_>>(), ["a", "b-relay"]);
    assert!(!workload(service(&found, "b"), "b").uses_brokers);
}

#[test]
fn what_does_not_run_has_jobs_alone() {
    let found = infrastructure(
        "server main class=db.t3.small storage-gb=20
        service a { database a on=main; table t { column id uuid primary-key } }",
    );
    let kinds: Vec<&WorkloadKind> = found.services[0].workloads.iter().map(|it| &it.kind).collect();
    assert_eq!(kinds, [&WorkloadKind::Migration]);
    assert_eq!(found.services[0].database.as_ref().map(|database| database.roles.len()), Some(3));
}
