//! Jobs cannot change, so what they do is in their names.

use crate::cluster::{Cluster, EVERYTHING, build, try_build};
use std::collections::BTreeMap;

fn migration(files: &BTreeMap<String, String>, service: &str) -> String {
    let cluster = Cluster::of(files, "production");
    let mut names = cluster.kind("Job").filter(|(name, _)| name.starts_with(&format!("{service}-migrate-")));
    names.next().unwrap().0.to_owned()
}

#[test]
fn another_migration_is_another_job() {
    let files = build(EVERYTHING);
    let before = [migration(&files, "users"), migration(&files, "orders")];
    let with = |from: &str, to: &str| {
        assert!(EVERYTHING.contains(from), "{from}");
        let files = build(&EVERYTHING.replace(from, to));
        [migration(&files, "users"), migration(&files, "orders")]
    };
    let column = with("column name text", "column name text\n        column more text");
    assert_ne!(column[0], before[0]);
    let image = with("psql:16.3@sha256:0123", "psql:16.4@sha256:4567");
    assert!(image[0] != before[0] && image[1] != before[1]);
    assert_eq!(with("LOG_LEVEL info", "LOG_LEVEL warn"), before);
    assert_eq!(with("scale min=2 max=4", "scale min=3 max=9"), before);
    assert_eq!(with("shop/users:1.4", "shop/users:1.5"), before);
}

/// Pods wait for the version that the Job applies, and the Job finds it in its ConfigMaps.
#[test]
fn pods_wait_for_what_the_job_applies() {
    for environment in ["production", "staging"] {
        let cluster = Cluster::of(&build(EVERYTHING), environment);
        let mut waiting = 0;
        for (kind, name, pod) in cluster.pods() {
            let Some(container) = pod.pointer("/spec/initContainers/0") else { continue };
            if container["name"] != "migration" {
                continue;
            }
            assert_eq!(kind, "Deployment");
            let version = container["command"][3].as_str().unwrap();
            let service = pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap();
            let data =
                cluster.get("ConfigMap", &format!("{service}-migrations"))["data"].as_object().unwrap();
            let newest = data.keys().next_back().unwrap();
            assert_eq!(newest.trim_start_matches('0').split('_').next(), Some(version), "{name}");
            waiting += 1;
        }
        assert_eq!(waiting, 5, "every program of a service with a database");
        let script = cluster.kind("ConfigMap").find(|(name, _)| name.starts_with("scripts-")).unwrap().1;
        assert!(script["data"]["migrate.sh"].as_str().unwrap().starts_with("#!/bin/sh\n"));
    }
}

/// The folder in which a reconciliation runs is as the scripts expect it.
#[test]
fn the_reconciliation_finds_its_files() {
    let cluster = Cluster::of(&build(EVERYTHING), "production");
    let pod = &cluster.get("CronJob", "orders-reconcile")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let mounts = pod["containers"][0]["volumeMounts"].as_array().unwrap();
    let paths: Vec<&str> = mounts.iter().map(|it| it["mountPath"].as_str().unwrap()).collect();
    assert_eq!(
        paths[2..],
        ["/reconciliation/orders", "/reconciliation/driver.sh", "/reconciliation/session.sql"]
    );
    let data = &cluster.get("ConfigMap", "orders-queries")["data"];
    let script = data["reconcile.sh"].as_str().unwrap();
    assert!(script.contains("\"$here/../driver.sh\""));
    for variable in ["ORDERS_DATABASE_URL", "USERS_DATABASE_URL"] {
        assert!(script.contains(variable));
        let environment = pod["containers"][0]["env"].as_array().unwrap();
        assert!(environment.iter().any(|it| it["name"] == variable), "{variable}");
    }
    let shared =
        cluster.kind("ConfigMap").find(|(name, _)| name.starts_with("reconciliation-scripts-")).unwrap().1;
    assert!(shared["data"]["driver.sh"].is_string() && shared["data"]["session.sql"].is_string());
}

/// Poolers hold what the register allows a server, and no more.
#[test]
fn poolers_share_the_connections_of_a_server() {
    let connections = |pooler: u32, databases: u32, scale: &str| {
        let services: String = (0..databases)
            .map(|n| format!("service s{n} {{ database d{n} on=main; deploy {{ scale {scale} }} }}\n"))
            .collect();
        let register = format!(
            "server main class=db.t3.small storage-gb=20 max-connections=500 pooler-connections={pooler}\n{services}"
        );
        let cluster = Cluster::of(&build(&register), "production");
        let deployment = &cluster.get("Deployment", "main-pooler")["spec"];
        let command = deployment["template"]["spec"]["initContainers"][0]["command"].as_array().unwrap();
        let each = |word: &str| word.split('=').nth(1).and_then(|number| number.parse::<u64>().ok());
        let all: Vec<u64> = command.iter().filter_map(|word| each(word.as_str().unwrap())).collect();
        assert_eq!(all.len(), databases as usize);
        (deployment["replicas"].as_u64().unwrap(), all.iter().sum::<u64>())
    };
    for (pooler, databases) in [(50, 1), (50, 4), (7, 3), (6, 3), (5, 3), (3, 3), (1, 1)] {
        let (replicas, sum) = connections(pooler, databases, "min=2");
        assert!(replicas * sum <= u64::from(pooler), "{pooler} for {databases}: {replicas} × {sum}");
        assert_eq!(replicas, if pooler >= 2 * databases { 2 } else { 1 }, "{pooler} for {databases}");
    }
    assert_eq!(connections(50, 1, "min=1"), (1, 50));
}

#[test]
fn a_migration_that_no_config_map_holds_is_refused() {
    let columns: String =
        (0..1500).map(|n| format!("column c{n} text summary=\"{}\"\n", "x".repeat(700))).collect();
    let register = format!(
        "server main class=db.t3.small storage-gb=20\nservice s {{ database d on=main; deploy; table t {{ {columns}\nprimary-key c0 }} }}"
    );
    let error = try_build(&register).expect_err("it is larger than 1 MiB").to_string();
    assert!(error.starts_with("sql/s/0001_initial.up.sql has 1"), "{error}");
    assert!(error.contains("more than a ConfigMap of Kubernetes can hold"), "{error}");
}
