//! Whole registers: bootstrap, up, what stands then and who may do what, down, and every statement by itself.

use crate::service::{administrator, prove, stand_up};
use crate::support::registers::registers;
use crate::support::services::{Service, check, compile, errors, services};
use crate::support::{ADMINISTRATOR, Server};
use crate::{on_every_server, on_every_server_at_random, privileges};
use freehold::rules::RULES;
use freehold::source::{Disk, Memory};
use proptest::prelude::*;
use std::path::Path;

/// How many random registers each server sees.
const CASES: u32 = 8;

fn register(folder: &str, model: &str) -> Vec<Service> {
    compile(&Disk::new(Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)), model)
}

async fn prove_all(server: &Server, services: &[Service]) {
    assert!(!services.is_empty());
    let maintenance = server.connect("postgres", ADMINISTRATOR).await;
    maintenance.batch_execute("CREATE ROLE stranger LOGIN").await.unwrap();
    // All databases stand before the first is looked at, since roles could reach from one into another.
    for service in services {
        crate::service::bootstrap(server, service);
    }
    for service in services {
        prove(server, service, async |_| {
            let administrator = administrator(server, service).await;
            privileges::prove_public_has_nothing(server, service, &administrator).await;
            privileges::prove(server, service, services).await;
        })
        .await;
    }
}

#[test]
fn the_example_stands_as_declared() {
    let services = register("tests/cases/example", "model.kdl");
    on_every_server(async |server| prove_all(server, &services).await);
}

#[test]
fn nova_stands_as_declared() {
    let services = register("model", "nova.kdl");
    let tables: usize = services.iter().map(|service| service.schema.tables.len()).sum();
    assert!(tables >= 45, "only {tables} tables");
    on_every_server(async |server| prove_all(server, &services).await);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Otherwise the test below would be about registers that nobody gets to build.
    #[test]
    fn random_registers_have_no_errors(text in registers()) {
        let mut files = Memory::default();
        files.insert("model.kdl", text.as_str());
        let errors = errors(&check(&files, "model.kdl"));
        prop_assert!(errors.is_empty(), "{errors:#?}\n{text}");
    }
}

/// Rules that are about what these servers lack, and those of others may have.
const NOT_ON_THESE_SERVERS: [&str; 1] = ["unknown-extension"];

/// What `allow` and `lint` may silence is what PostgreSQL takes: the register in which each such rule fires is migrated.
#[test]
fn what_can_be_silenced_can_be_migrated() {
    on_every_server(async |server| {
        let silenceable = RULES.iter().filter(|rule| rule.unsilenceable.is_none());
        let here = silenceable.filter(|rule| !NOT_ON_THESE_SERVERS.contains(&rule.name));
        for (number, rule) in here.enumerate() {
            // Databases and roles are those of a whole server, so each register gets names of its own.
            let text = rule.fires.replace("    database ", &format!("    database d{number}_"));
            let mut files = Memory::default();
            files.insert("model.kdl", text.as_str());
            for service in services(&check(&files, "model.kdl")) {
                println!("{}: {}", rule.name, service.name);
                stand_up(server, &service).await;
            }
        }
    });
}

#[test]
fn random_registers_stand_as_declared() {
    on_every_server_at_random(CASES, &registers(), async |server, number, text| {
        // Databases and roles are those of a whole server, so each register gets names of its own.
        let text = text.replace("database shop_", &format!("database shop{number}_"));
        let mut files = Memory::default();
        files.insert("model.kdl", text.as_str());
        for service in compile(&files, "model.kdl") {
            prove(server, &service, async |_| {}).await;
        }
    });
}
