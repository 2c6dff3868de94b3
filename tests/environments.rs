//! What holds in an environment: what it says itself, then its defaults, then what the register says.

use freehold::semantic::model::{Deploy, Environment, ServiceId};
use freehold::semantic::{Register, load};
use freehold::source::Memory;
use std::path::Path;

fn register(text: &str) -> Register {
    let mut files = Memory::default();
    files.insert("model.kdl", text);
    let loaded = load(&files, Path::new("model.kdl"));
    assert!(loaded.findings.is_empty(), "{:#?}", loaded.findings);
    loaded.register
}

fn service(register: &Register, name: &str) -> ServiceId {
    let mut services = register.services.iter();
    services.find(|(_, service)| service.name.as_str() == name).expect("the service is there").0
}

fn environment<'a>(register: &'a Register, name: &str) -> Environment<'a> {
    register.environments().find(|environment| environment.name() == name).expect("the environment is there")
}

/// Of the service `a` in the environment `staging`.
fn deploy(platform: &str, own: &str, staging: &str) -> Deploy {
    let register = register(&format!(
        "platform p {{ {platform} }}\nservice a {{ {own} }}\nenvironment staging {{ {staging} }}"
    ));
    let id = service(&register, "a");
    environment(&register, "staging").deploy(id).expect("it is run").clone()
}

fn cpu(deploy: &Deploy) -> (u32, u32) {
    (deploy.cpu_millis, deploy.cpu_limit_millis)
}

fn scale(deploy: &Deploy) -> (u32, u32) {
    (deploy.scale.min, deploy.scale.max)
}

#[test]
fn production_comes_first_and_is_what_the_register_says() {
    let register = register(
        "platform shop\nservice a { deploy image=a }\nenvironment staging\nenvironment demo { namespace other }",
    );
    let names: Vec<(&str, String)> = register.environments().map(|it| (it.name(), it.namespace())).collect();
    assert_eq!(
        names,
        [
            ("production", "shop".to_owned()),
            ("staging", "shop-staging".to_owned()),
            ("demo", "other".to_owned())
        ]
    );
    assert_eq!(register.production().named("db"), "db");
    assert_eq!(environment(&register, "staging").named("db"), "db-staging");
    assert!(register.production().is_production() && !environment(&register, "demo").is_production());
    assert_eq!(Register::default().production().namespace(), "default");
}

#[test]
fn what_stands_nearer_counts() {
    let platform = "defaults { deploy image=far cpu-millis=400 memory-mib=100 }";
    let own = "deploy cpu-millis=300";
    let deploy = |staging: &str| self::deploy(platform, own, staging);
    assert_eq!(deploy("").cpu_millis, 300);
    assert_eq!(deploy("defaults { deploy cpu-millis=200 }").cpu_millis, 200);
    let both =
        deploy("defaults { deploy cpu-millis=200 memory-mib=50 }; service a { deploy cpu-millis=100 }");
    assert_eq!((both.cpu_millis, both.memory_mib), (100, 50));
    assert_eq!(both.image.expect("it has one").as_str(), "far");
    assert_eq!(deploy("service a { deploy image=near }").image.expect("it has one").as_str(), "near");
}

#[test]
fn bounds_that_cross_follow_the_nearer_one() {
    let limits = |staging: &str| cpu(&deploy("", "deploy cpu-millis=500 cpu-limit-millis=800", staging));
    assert_eq!(limits(""), (500, 800));
    assert_eq!(limits("defaults { deploy cpu-millis=900 }"), (900, 900));
    assert_eq!(limits("defaults { deploy cpu-limit-millis=300 }"), (300, 300));
    assert_eq!(cpu(&deploy("", "deploy cpu-millis=500", "defaults { deploy cpu-millis=100 }")), (100, 200));
    assert_eq!(cpu(&deploy("", "deploy", "defaults { deploy cpu-limit-millis=100 }")), (100, 100));
    let scales = |own: &str, staging: &str| {
        scale(&deploy("defaults { scale min=3 max=4 }", &format!("deploy {{ {own} }}"), staging))
    };
    assert_eq!(scales("", ""), (3, 4));
    assert_eq!(scales("scale max=2", ""), (2, 2));
    assert_eq!(scales("scale min=6", ""), (6, 6));
    assert_eq!(scales("scale min=6", "defaults { scale max=1 }"), (1, 1));
    assert_eq!(scales("", "service a { deploy { scale min=9 } }"), (9, 9));
    assert_eq!(scales("scale min=2 max=8", "defaults { scale min=1 }"), (1, 8));
}

#[test]
fn the_most_replicas_are_shown_where_they_were_set() {
    let register =
        register("service a { deploy { scale min=5 } }\nenvironment staging { defaults { scale max=2 } }");
    let id = service(&register, "a");
    let place = |name: &str| environment(&register, name).scale(id).max_place.expect("it was set").span.start;
    assert!(place("production") < place("staging"));
}

#[test]
fn a_variable_is_of_the_nearest_that_names_it() {
    let found = deploy(
        "defaults { deploy { env A far; env B far; secret C D } }",
        "deploy { env B own; secret A }",
        "service a { deploy { env D near; secret E } }",
    );
    let env: Vec<(&str, String)> =
        found.env.iter().map(|(name, value)| (name.as_str(), value.as_str().to_owned())).collect();
    assert_eq!(env, [("B", "own".to_owned()), ("D", "near".to_owned())]);
    let secrets: Vec<&str> = found.secrets.iter().map(|name| name.as_str()).collect();
    assert_eq!(secrets, ["C", "A", "E"]);
}

#[test]
fn servers_differ_in_what_the_environment_names() {
    let register = register(
        "server a class=db.t3.medium storage-gb=100 max-connections=200 pooler-connections=50 multi-az read-replicas=1 backup-window=\"01:00-02:00\"
        environment staging { server a class=db.t3.small storage-gb=20 pooler-connections=9 single-az maintenance-window=\"sun:05:00-sun:06:00\" }
        environment demo { server a multi-az }",
    );
    let (id, production) = register.production().servers().next().expect("there is one");
    let there = environment(&register, "staging").server(id);
    assert_eq!(
        (there.class.as_str(), there.storage_gb.value, there.max_connections),
        ("db.t3.small", 20, 200)
    );
    assert_eq!((there.pooler_connections, there.multi_az, there.read_replicas), (Some(9), false, 1));
    assert_eq!(there.backup_window, production.backup_window);
    assert_eq!(there.maintenance_window.to_string(), "sun:05:00-sun:06:00");
    assert!(environment(&register, "demo").server(id).multi_az);
    assert!(production.multi_az);
}

#[test]
fn brokers_networks_and_budgets_are_the_environments_own() {
    let register = register(
        "platform p { kafka cluster=main replication=3; budget monthly-usd=100; network databases=\"10.1.0.0/16\" }
        environment staging { kafka replication=1; network brokers=\"10.2.0.0/16\" }
        environment demo { kafka bootstrap-servers=\"k:1,l:2\" cluster=other; budget monthly-usd=5 }",
    );
    let shown = |name: &str| {
        let there = environment(&register, name);
        let servers: Vec<String> = there.bootstrap_servers().iter().map(ToString::to_string).collect();
        let budget = there.monthly_budget_usd().expect("there is one").value.to_string();
        (
            servers.join(","),
            there.kafka().replication,
            there.network().databases.len(),
            there.network().brokers.len(),
            budget,
        )
    };
    assert_eq!(
        shown("production"),
        ("main-kafka-bootstrap.p.svc:9093".to_owned(), 3, 1, 3, "100".to_owned())
    );
    assert_eq!(
        shown("staging"),
        ("main-kafka-bootstrap.p-staging.svc:9093".to_owned(), 1, 1, 1, "100".to_owned())
    );
    assert_eq!(shown("demo"), ("k:1,l:2".to_owned(), 3, 1, 3, "5".to_owned()));
}

#[test]
fn what_is_not_run_has_the_replicas_that_are_usual() {
    let register = register(
        "platform p { defaults { scale min=2 max=5 } }
        service a { summary x }
        environment staging { defaults { scale max=1 } }",
    );
    let id = service(&register, "a");
    assert!(environment(&register, "staging").deploy(id).is_none());
    assert_eq!(register.production().scale(id).max, 5);
    assert_eq!(environment(&register, "staging").scale(id).max, 1);
}

#[test]
fn there_are_not_too_many() {
    let text = |count: usize| (0..count).map(|number| format!("environment e{number}\n")).collect::<String>();
    assert_eq!(register(&text(16)).environments().count(), 17);
    let mut files = Memory::default();
    files.insert("model.kdl", text(5000));
    let loaded = load(&files, Path::new("model.kdl"));
    assert_eq!(loaded.findings.len(), 1);
    assert_eq!(loaded.findings[0].message, "there are more than 16 environments");
}
