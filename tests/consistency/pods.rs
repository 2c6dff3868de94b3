//! What pods take from other objects: configuration, secrets, scripts, addresses, ports.

use crate::outputs::{Environment, Outputs};
use crate::report::Report;
use serde_json::Value;
use std::collections::BTreeSet;

/// Values under a path, anywhere in a value.
pub fn values<'a>(value: &'a Value, path: &[&str], found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(entries) => {
            found.extend(path.iter().try_fold(value, |value, key| value.get(key)));
            entries.values().for_each(|value| values(value, path, found));
        }
        Value::Array(items) => items.iter().for_each(|value| values(value, path, found)),
        _ => {}
    }
}

fn all<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a Value> {
    let mut found = Vec::new();
    values(value, path, &mut found);
    found
}

fn texts<'a>(value: &'a Value, path: &[&str]) -> Vec<&'a str> {
    all(value, path).into_iter().filter_map(Value::as_str).collect()
}

fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// All containers of a pod, those that run before the others included.
pub fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    list(pod, "/spec/initContainers").iter().chain(list(pod, "/spec/containers"))
}

pub fn label<'a>(pod: &'a Value, name: &str) -> &'a str {
    pod["metadata"]["labels"][name].as_str().unwrap_or_default()
}

pub fn service_of(pod: &Value) -> &str {
    label(pod, "app.kubernetes.io/name")
}

pub fn selects(selector: &Value, pod: &Value) -> bool {
    let labels = &pod["metadata"]["labels"];
    selector.as_object().is_some_and(|selector| selector.iter().all(|(key, value)| labels[key] == *value))
}

/// The ports that containers of a pod listen on, each with its name.
pub fn ports(pod: &Value) -> Vec<(&str, &Value)> {
    let ports = containers(pod).flat_map(|container| list(container, "/ports"));
    ports.map(|port| (port["name"].as_str().unwrap_or_default(), &port["containerPort"])).collect()
}

pub fn follow(outputs: &Outputs, environment: &Environment, report: &mut Report) {
    for (kind, name, pod) in environment.cluster.pods() {
        let whose = format!("{} {kind} {name}", environment.name);
        references(environment, &whose, pod, report);
        keys(outputs, environment, &whose, pod, report);
        scripts(environment, &whose, pod, report);
        probes(&whose, pod, report);
        migration(outputs, &whose, kind, pod, report);
        variables(outputs, &whose, pod, report);
    }
    for (name, authentication) in environment.cluster.kind("TriggerAuthentication") {
        for target in all(authentication, &["secretTargetRef"]).into_iter().flat_map(|it| list(it, "")) {
            let (secret, key) = (target["name"].as_str().unwrap(), target["key"].as_str().unwrap());
            report.expect("secret", is_secret(environment, secret), || format!("{name} reads {secret}"));
            let keys = ["ca.crt", "user.crt", "user.key"];
            report
                .expect("key of a secret", keys.contains(&key), || format!("{name} reads {key} of {secret}"));
        }
    }
    for (path, image, is_there) in &environment.images {
        report.expect("image", *is_there, || format!("{path}: no container has the image {image}"));
    }
    addresses(environment, report);
    certificates(environment, report);
    services(environment, report);
}

fn has(environment: &Environment, kind: &str, name: &str) -> bool {
    environment.cluster.objects.contains_key(&(kind.to_owned(), name.to_owned()))
}

/// Whether something makes a secret: External Secrets, Strimzi for a user or a cluster, or, where it is optional, people.
fn is_secret(environment: &Environment, name: &str) -> bool {
    let users =
        environment.script.as_ref().is_some_and(|script| script.contains(&format!("\nallow '{name}' ")));
    is_of_people(environment, name)
        || has(environment, "ExternalSecret", name)
        || has(environment, "KafkaUser", name)
        || users
        || name.ends_with("-cluster-ca-cert")
        || is_certificate(environment, name)
}

/// Whether cert-manager makes a Secret with a certificate, or the page tells people to.
fn is_certificate(environment: &Environment, name: &str) -> bool {
    let makes = |(_, it): (&str, &Value)| it["spec"]["secretName"] == name;
    match environment.cluster.kind("Certificate").next() {
        Some(_) => environment.cluster.kind("Certificate").any(makes),
        None => name.ends_with("-pooler-tls") && environment.readme.contains("`SERVER-pooler-tls`"),
    }
}

/// A certificate is for the names by which programs know what shows it.
fn certificates(environment: &Environment, report: &mut Report) {
    for (name, certificate) in environment.cluster.kind("Certificate") {
        let names = list(certificate, "/spec/dnsNames").iter().filter_map(Value::as_str);
        for host in names {
            let service = host.split('.').next().unwrap();
            let ending = &host[service.len()..];
            let namespace = format!(".{}", environment.cluster.namespace);
            let is_own = ["", namespace.as_str(), &format!("{namespace}.svc")].contains(&ending);
            report.expect("certificate", is_own && has(environment, "Service", service), || {
                format!("{} {name} is for {host}", environment.name)
            });
        }
        let reads = |pod: &Value| texts(pod, &["secret", "secretName"]).contains(&name);
        let pods = environment.cluster.pods();
        let shows = |(_, pod, _): &&(&str, &str, &Value)| {
            list(certificate, "/spec/dnsNames").iter().any(|host| host == *pod)
        };
        let is_shown = pods.iter().filter(shows).any(|(_, _, pod)| reads(pod));
        report.expect("certificate", is_shown, || format!("{} {name}: nobody shows it", environment.name));
    }
}

/// Whether the page tells people to make a secret: for a role that it names, or for a service's own variables.
fn is_of_people(environment: &Environment, name: &str) -> bool {
    let Some(page) = &environment.page else { return false };
    let is_service =
        |name: &str| environment.cluster.pods().iter().any(|(_, _, pod)| service_of(pod) == name);
    let shown = ["orders-database-", "orders-secrets"];
    assert!(shown.iter().all(|name| page.contains(name)), "{page}");
    match (name.rsplit_once("-database-"), name.strip_suffix("-secrets")) {
        (Some((service, role)), _) => is_service(service) && page.contains(&format!("`{role}`")),
        (None, Some(service)) => is_service(service),
        (None, None) => false,
    }
}

fn references(environment: &Environment, whose: &str, pod: &Value, report: &mut Report) {
    for path in [["configMapRef", "name"], ["configMap", "name"]] {
        for name in texts(pod, &path) {
            let of_people = ["postgres-ca", "pooler-ca"].contains(&name)
                && environment.readme.contains(&format!("ConfigMap `{name}`"));
            let is_there = has(environment, "ConfigMap", name) || of_people;
            report.expect("config map", is_there, || format!("{whose} reads {name}"));
        }
    }
    for path in [["secretKeyRef", "name"], ["secret", "secretName"]] {
        for name in texts(pod, &path) {
            report.expect("secret", is_secret(environment, name), || format!("{whose} reads {name}"));
        }
    }
    for name in texts(pod, &["serviceAccountName"]) {
        report.expect("service account", has(environment, "ServiceAccount", name), || {
            format!("{whose} is {name}")
        });
    }
}

/// What a secret holds: what its template makes, and what the secret in AWS is said to hold.
fn keys_of<'a>(outputs: &'a Outputs, environment: &'a Environment, secret: &'a Value) -> BTreeSet<&'a str> {
    let data = secret.pointer("/spec/target/template/data").and_then(Value::as_object);
    let mut keys: BTreeSet<&str> = data.into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    for key in texts(secret, &["extract", "key"]) {
        let is_role = environment.servers.iter().flat_map(|it| &it.roles).any(|role| role.secret == key);
        if is_role {
            keys.extend(outputs.role_keys.iter().map(String::as_str));
        }
        keys.extend(environment.service_secrets.get(key).into_iter().flatten().map(String::as_str));
    }
    keys
}

fn keys(outputs: &Outputs, environment: &Environment, whose: &str, pod: &Value, report: &mut Report) {
    for reference in all(pod, &["secretKeyRef"]) {
        let (name, key) = (reference["name"].as_str().unwrap(), reference["key"].as_str().unwrap());
        if let Some(page) = environment.page.as_ref().filter(|_| name.contains("-database-")) {
            let is_named = page.contains(&format!("`{key}`"));
            report.expect("key of a secret", is_named, || format!("{whose} reads {key} of {name}"));
        }
        let Some(secret) = environment.cluster.objects.get(&("ExternalSecret".to_owned(), name.to_owned()))
        else {
            continue;
        };
        let there = keys_of(outputs, environment, secret);
        report.expect("key of a secret", there.contains(key), || {
            format!("{whose} reads {key} of {name}: {there:?}")
        });
    }
}

/// What commands run lies in what is mounted.
fn scripts(environment: &Environment, whose: &str, pod: &Value, report: &mut Report) {
    for container in containers(pod) {
        for word in list(container, "/command").iter().filter_map(Value::as_str) {
            let mounts = list(container, "/volumeMounts").iter();
            let path = |mount: &Value| mount["mountPath"].as_str().unwrap().to_owned();
            let mount =
                mounts.filter(|mount| word.starts_with(&path(mount))).max_by_key(|mount| path(mount).len());
            let Some(mount) = mount.filter(|_| word.ends_with(".sh")) else { continue };
            let volumes = list(pod, "/spec/volumes").iter();
            let volume = volumes.filter(|volume| volume["name"] == mount["name"]);
            let maps: Vec<&str> = volume.flat_map(|volume| texts(volume, &["configMap", "name"])).collect();
            let file = word.rsplit('/').next().unwrap();
            let holds = |map: &&str| {
                let map = environment.cluster.objects.get(&("ConfigMap".to_owned(), (*map).to_owned()));
                map.is_some_and(|map| map["data"].get(file).is_some())
            };
            report.expect("script", maps.iter().any(holds), || format!("{whose} runs {word} of {maps:?}"));
        }
    }
}

fn probes(whose: &str, pod: &Value, report: &mut Report) {
    for container in containers(pod) {
        let listened = list(container, "/ports");
        for port in
            ["httpGet", "grpc", "tcpSocket"].into_iter().flat_map(|kind| all(container, &[kind, "port"]))
        {
            let is_there = listened.iter().any(|it| it["name"] == *port || it["containerPort"] == *port);
            report.expect("probe", is_there, || format!("{whose} is asked on {port}"));
        }
    }
}

/// A pod that uses a database waits for the newest migration.
fn migration(outputs: &Outputs, whose: &str, kind: &str, pod: &Value, report: &mut Report) {
    let Some(newest) = outputs.migrations.get(service_of(pod)).filter(|_| kind == "Deployment") else {
        return;
    };
    let words = list(pod, "/spec/initContainers").iter().flat_map(|container| list(container, "/command"));
    let words: Vec<&str> = words.filter_map(Value::as_str).collect();
    let awaited = words.iter().skip_while(|word| **word != "wait").nth(1);
    let is_newest = awaited.is_some_and(|version| version.parse() == Ok(*newest));
    report.expect("migration", is_newest, || {
        format!("{whose} waits for {awaited:?}, and {newest} is the newest")
    });
}

/// The job that compares has the variables that its script asks for, and no others.
fn variables(outputs: &Outputs, whose: &str, pod: &Value, report: &mut Report) {
    if label(pod, "app.kubernetes.io/component") != "reconciliation" {
        return;
    }
    let environment = containers(pod).flat_map(|container| list(container, "/env"));
    let given: BTreeSet<String> = environment
        .filter_map(|variable| variable["name"].as_str())
        .filter(|name| name.ends_with("DATABASE_URL"))
        .map(str::to_owned)
        .collect();
    let asked = outputs.reconciliations.get(service_of(pod));
    report.expect("variable", asked == Some(&given), || {
        format!("{whose} has {given:?}, its script asks for {asked:?}")
    });
}

/// Whether a Service listens at an address.
fn leads(environment: &Environment, host: &str, port: &str) -> bool {
    let service = environment.cluster.objects.get(&("Service".to_owned(), host.to_owned()));
    let ports = service.map_or(&[][..], |service| list(service, "/spec/ports"));
    port.parse::<u64>().is_ok_and(|port| ports.iter().any(|it| it["port"] == port))
}

fn addresses(environment: &Environment, report: &mut Report) {
    let mut found: Vec<(String, String)> = Vec::new();
    for (name, config_map) in environment.cluster.kind("ConfigMap") {
        let entries = config_map["data"].as_object().unwrap().iter();
        let addresses = entries.filter(|(key, _)| key.ends_with("_ADDRESS"));
        found.extend(
            addresses.map(|(key, value)| (format!("{name} {key}"), value.as_str().unwrap().to_owned())),
        );
    }
    for (name, secret) in environment.cluster.kind("ExternalSecret") {
        for template in all(secret, &["template", "data"]) {
            for url in template.as_object().unwrap().values().filter_map(Value::as_str) {
                let host = url.rsplit_once('@').map_or(url, |(_, host)| host).split('/').next().unwrap();
                if !host.contains("{{") {
                    found.push((format!("{name} {url}"), host.to_owned()));
                }
            }
        }
    }
    for (_, name, pod) in environment.cluster.pods() {
        for container in containers(pod) {
            let value = |variable: &str| {
                let mut variables = list(container, "/env").iter();
                variables.find(|it| it["name"] == variable)?["value"].as_str().map(str::to_owned)
            };
            if let (Some(host), Some(port)) = (value("PGHOST"), value("PGPORT")) {
                found.push((name.to_owned(), format!("{host}:{port}")));
            }
        }
    }
    for (whose, address) in found {
        let (host, port) = address.rsplit_once(':').unwrap_or((&address, ""));
        report.expect("address", leads(environment, host, port), || {
            format!("{} {whose}: {address} is no Service's", environment.name)
        });
    }
}

/// A Service leads to ports that the pods it selects listen on.
fn services(environment: &Environment, report: &mut Report) {
    for (name, service) in environment.cluster.kind("Service") {
        let pods = environment.cluster.pods().into_iter();
        let pods: Vec<&Value> =
            pods.map(|(_, _, pod)| pod).filter(|pod| selects(&service["spec"]["selector"], pod)).collect();
        for port in list(service, "/spec/ports") {
            let is_right = |pod: &&Value| {
                ports(pod)
                    .iter()
                    .any(|(name, number)| port["targetPort"] == *name && port["port"] == **number)
            };
            let holds = !pods.is_empty() && pods.iter().all(is_right);
            report.expect("port", holds, || format!("{} {name} leads to {port}", environment.name));
        }
    }
}
