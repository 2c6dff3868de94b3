//! What is outside of a cluster: servers, databases, roles and secrets, and what alerts ask of all of it.

use crate::outputs::{Environment, Outputs, matchers};
use crate::pods::{service_of, values};
use crate::report::Report;
use std::collections::BTreeSet;

pub fn follow(outputs: &Outputs, environment: &Environment, report: &mut Report) {
    secrets(outputs, environment, report);
    roles(outputs, environment, report);
    alerts(outputs, environment, report);
}

/// What External Secrets reads, Terraform makes; and it is of the service that reads it.
fn secrets(outputs: &Outputs, environment: &Environment, report: &mut Report) {
    let roles = environment.servers.iter().flat_map(|server| &server.roles);
    let made: BTreeSet<&str> = roles.map(|role| role.secret.as_str()).collect();
    for (name, secret) in environment.cluster.kind("ExternalSecret") {
        let mut keys = Vec::new();
        values(secret, &["extract", "key"], &mut keys);
        for key in keys.into_iter().filter_map(|key| key.as_str()) {
            let is_made = made.contains(key) || environment.service_secrets.contains_key(key);
            report.expect("secret in AWS", is_made, || format!("{} {name} reads {key}", environment.name));
            let Some((service, role)) = name.rsplit_once("-database-") else { continue };
            let names = outputs.databases.get(service).map(|database| &database.names);
            let is_own = names.into_iter().flatten().any(|name| key.ends_with(&format!("/{name}/{role}")));
            report.expect("secret in AWS", is_own, || {
                format!("{} {name} reads {key}, and {service} has {names:?}", environment.name)
            });
        }
    }
}

fn roles(outputs: &Outputs, environment: &Environment, report: &mut Report) {
    for server in &environment.servers {
        for role in &server.roles {
            let database = outputs.database(&role.database);
            let whose = format!("{} {} {}", environment.name, server.identifier, role.secret);
            report.expect("database", database.is_some(), || {
                format!("{whose}: nobody makes {}", role.database)
            });
            let Some(database) = database else { continue };
            let is_made = database.roles.contains(&role.username);
            report.expect("role", is_made, || format!("{whose}: nobody makes {}", role.username));
        }
    }
    for (name, pooler) in environment.cluster.kind("ConfigMap") {
        let Some(settings) = pooler.pointer("/data/pgbouncer.ini").and_then(|it| it.as_str()) else {
            continue;
        };
        let users =
            settings.split("[users]\n").nth(1).unwrap_or_default().split("\n[").next().unwrap_or_default();
        for user in users.lines().filter_map(|line| Some(line.split_once(" = ")?.0.trim_matches('"'))) {
            let is_made = outputs.databases.values().any(|database| database.roles.contains(user));
            report.expect("role", is_made, || format!("{} {name}: nobody makes {user}", environment.name));
        }
    }
}

fn alerts(outputs: &Outputs, environment: &Environment, report: &mut Report) {
    for (whose, query) in &environment.alerts {
        let matchers = matchers(query);
        let value =
            |label: &str| matchers.iter().find(|(name, ..)| name == label).map(|(.., value)| value.as_str());
        for (label, is_pattern, value) in &matchers {
            matcher(environment, whose, (label, *is_pattern, value), report);
        }
        if let Some(name) = value("datname") {
            let database = outputs.database(name);
            report.expect("database", database.is_some(), || format!("{whose}: nobody makes {name}"));
            let user = value("user").unwrap_or_default();
            let is_made = database.is_some_and(|database| database.roles.contains(user));
            report.expect("role", is_made, || format!("{whose}: nobody makes {user}"));
        }
        if whose.ends_with("PostgresConnectionsHigh") {
            let server =
                environment.servers.iter().find(|it| Some(it.identifier.as_str()) == value("server"));
            let limit = server.map(|server| server.max_connections * 80 / 100);
            let is_right = limit.is_some_and(|limit| query.ends_with(&format!("> {limit}")));
            report.expect("limit", is_right, || format!("{whose}: {query}, and 80 % are {limit:?}"));
        }
    }
}

/// What an alert selects is there.
fn matcher(environment: &Environment, whose: &str, matcher: (&str, bool, &str), report: &mut Report) {
    let cluster = &environment.cluster;
    let has = |kind: &str, name: &str| cluster.objects.contains_key(&(kind.to_owned(), name.to_owned()));
    let (label, is_pattern, value) = matcher;
    let wrong = || format!("{whose} asks for {label} {value}");
    match label {
        "namespace" => report.expect("namespace", value == cluster.namespace, wrong),
        "app_kubernetes_io_name" => {
            let is_there = cluster.pods().iter().any(|(_, _, pod)| service_of(pod) == value);
            report.expect("workload", is_there, wrong);
        }
        "app_kubernetes_io_instance" => report.expect("workload", has("Deployment", value), wrong),
        "cronjob" => report.expect("workload", has("CronJob", value), wrong),
        "job_name" => {
            let of_digest = |name: &str, job: &str| {
                let digest = job.strip_prefix(name).and_then(|rest| rest.strip_prefix('-'));
                digest.is_some_and(|digest| digest.chars().all(|c| c.is_ascii_hexdigit()))
            };
            let is_there = match value.strip_suffix("-[0-9a-f]+") {
                Some(name) => cluster.kind("Job").any(|(job, _)| of_digest(name, job)),
                None => has("CronJob", value.strip_suffix("-[0-9]+").unwrap_or_default()),
            };
            report.expect("workload", is_there, wrong);
        }
        "server" => {
            let is_it = |server: &crate::outputs::Server| match is_pattern {
                true => server.replicas > 0 && value == format!("{}-replica-[0-9]+", server.identifier),
                false => value == server.identifier,
            };
            report.expect("server", environment.servers.iter().any(is_it), wrong);
        }
        _ => {}
    }
}
