//! What one object says of another is so.

use crate::cluster::{Cluster, EVERYTHING, build, nova};
use serde_json::Value;
use std::collections::BTreeSet;

/// What no file here makes: people's certificates, and what Strimzi makes for a cluster.
fn is_made_by_others(kind: &str, name: &str) -> bool {
    match kind {
        "ConfigMap" => name == "postgres-ca",
        "Secret" => name.ends_with("-cluster-ca-cert") || name.ends_with("-pooler-tls"),
        _ => false,
    }
}

fn clusters() -> Vec<Cluster> {
    let registers = [nova(), build(EVERYTHING)];
    let of = |files| ["production", "staging"].map(|environment| Cluster::of(files, environment));
    registers.iter().flat_map(of).collect()
}

/// Every text that stands under one of these keys, anywhere in a value.
fn texts<'a>(value: &'a Value, path: &[&str], found: &mut Vec<&'a str>) {
    match value {
        Value::Object(entries) => {
            if let Some(text) =
                path.iter().try_fold(value, |value, key| value.get(key)).and_then(Value::as_str)
            {
                found.push(text);
            }
            entries.values().for_each(|value| texts(value, path, found));
        }
        Value::Array(items) => items.iter().for_each(|value| texts(value, path, found)),
        _ => {}
    }
}

/// Every object that another one refers to is there; the kinds that were referred to.
pub fn assert_references(cluster: &Cluster) -> BTreeSet<&'static str> {
    let references: [(&str, &[&str]); 6] = [
        ("ConfigMap", &["configMapRef", "name"]),
        ("ConfigMap", &["configMap", "name"]),
        ("Secret", &["secretKeyRef", "name"]),
        ("Secret", &["secret", "secretName"]),
        ("ServiceAccount", &["serviceAccountName"]),
        ("TriggerAuthentication", &["authenticationRef", "name"]),
    ];
    let mut followed = BTreeSet::new();
    for ((kind, name), object) in &cluster.objects {
        for (target, path) in references {
            let mut found = Vec::new();
            texts(object, path, &mut found);
            for other in found {
                let makers =
                    if target == "Secret" { &["ExternalSecret", "KafkaUser"][..] } else { &[target] };
                let is_there =
                    |kind: &&str| cluster.objects.contains_key(&((*kind).to_owned(), other.to_owned()));
                let is_there = makers.iter().any(is_there) || is_made_by_others(target, other);
                assert!(is_there, "{kind} {name} refers to the {target} {other}");
                followed.insert(target);
            }
        }
    }
    followed
}

#[test]
fn what_a_pod_refers_to_is_there() {
    let clusters = clusters();
    let followed: BTreeSet<&str> = clusters.iter().flat_map(assert_references).collect();
    assert_eq!(followed.len(), 4, "{followed:?}");
}

/// The keys that are read from a secret of a role are those that it has.
#[test]
fn keys_of_secrets_are_there() {
    let from_aws = ["username", "password", "host", "port", "dbname"];
    for cluster in clusters() {
        let mut read = 0;
        for (_, name, pod) in cluster.pods() {
            for path in ["/spec/containers/0/env", "/spec/initContainers/0/env"] {
                for variable in pod.pointer(path).and_then(Value::as_array).into_iter().flatten() {
                    let Some(reference) = variable.pointer("/valueFrom/secretKeyRef") else { continue };
                    let secret = cluster.get("ExternalSecret", reference["name"].as_str().unwrap());
                    let key = reference["key"].as_str().unwrap();
                    let made = secret.pointer(&format!("/spec/target/template/data/{key}")).is_some();
                    let is_own = reference["name"].as_str().unwrap().ends_with("-secrets");
                    assert!(made || from_aws.contains(&key) || is_own, "{name}: {reference}");
                    read += 1;
                }
            }
        }
        assert!(read > 10);
    }
}

fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value)
}

#[test]
fn selectors_select_the_pods_that_are_meant() {
    for cluster in clusters() {
        let pods = cluster.pods();
        let selected = |selector: &Value| -> Vec<&str> {
            let found = pods.iter().filter(|(_, _, pod)| selects(selector, &pod["metadata"]["labels"]));
            found.map(|(_, name, _)| *name).collect()
        };
        for (name, deployment) in cluster.kind("Deployment") {
            assert_eq!(selected(&deployment["spec"]["selector"]["matchLabels"]), [name]);
        }
        for (name, budget) in cluster.kind("PodDisruptionBudget") {
            assert_eq!(selected(&budget["spec"]["selector"]["matchLabels"]), [name]);
        }
        for (name, service) in cluster.kind("Service") {
            let [pod] = selected(&service["spec"]["selector"])[..] else { panic!("{name}") };
            assert!(name == pod || name == format!("{pod}-headless"), "{name} leads to {pod}");
            let container = &cluster.get("Deployment", pod)["spec"]["template"]["spec"]["containers"][0];
            for port in service["spec"]["ports"].as_array().unwrap() {
                let ports = container["ports"].as_array().unwrap();
                let target = ports.iter().find(|it| it["name"] == port["targetPort"]).unwrap();
                assert_eq!(target["containerPort"], port["port"], "{name}");
            }
        }
        // A pod that no policy selects is open to all.
        let closed: BTreeSet<&str> = cluster
            .kind("NetworkPolicy")
            .filter(|(_, policy)| policy["spec"]["policyTypes"].as_array().unwrap().len() == 2)
            .flat_map(|(_, policy)| selected(&policy["spec"]["podSelector"]["matchLabels"]))
            .collect();
        assert_eq!(closed, pods.iter().map(|(_, name, _)| *name).collect());
    }
}

#[test]
fn either_an_autoscaler_or_a_number_decides_how_many_run() {
    for cluster in clusters() {
        let mut scaled = BTreeSet::new();
        for kind in ["HorizontalPodAutoscaler", "ScaledObject"] {
            for (name, scaler) in cluster.kind(kind) {
                assert_eq!(scaler["spec"]["scaleTargetRef"]["name"], name);
                assert!(scaled.insert(name), "{name} is scaled twice");
            }
        }
        assert!(
            scaled.iter().all(|name| cluster.objects.contains_key(&("Deployment".into(), (*name).into())))
        );
        for (name, deployment) in cluster.kind("Deployment") {
            let number = deployment["spec"].get("replicas");
            assert_eq!(number.is_none(), scaled.contains(name), "{name}");
        }
        assert!(cluster.namespace.contains("staging") || !scaled.is_empty());
    }
}

/// Addresses that programs find in their environment are those of Services, with their ports.
#[test]
fn addresses_lead_to_services() {
    let mut followed = 0;
    for cluster in clusters() {
        for (name, config_map) in cluster.kind("ConfigMap") {
            for (key, value) in config_map["data"].as_object().unwrap() {
                if !key.ends_with("_ADDRESS") {
                    continue;
                }
                let (host, port) = value.as_str().unwrap().split_once(':').unwrap();
                let ports = &cluster.get("Service", host)["spec"]["ports"];
                assert_eq!(ports[0]["port"].to_string(), port, "{name}: {key}");
                followed += 1;
            }
        }
        for (_, name, pod) in cluster.pods() {
            let mut containers = pod["spec"]["containers"].as_array().unwrap().clone();
            containers.extend(pod["spec"]["initContainers"].as_array().cloned().unwrap_or_default());
            for variable in containers.iter().flat_map(|it| it["env"].as_array().cloned().unwrap_or_default())
            {
                if variable["name"] == "PGHOST" && variable.get("value").is_some() {
                    let host = variable["value"].as_str().unwrap();
                    assert_eq!(cluster.get("Service", host)["spec"]["ports"][0]["port"], 6432, "{name}");
                    followed += 1;
                }
            }
        }
    }
    assert!(followed > 100, "{followed}");
}

/// What a register leaves out, the cluster need not have.
#[test]
fn without_keda_and_external_secrets_nothing_of_theirs_is_made() {
    let register = EVERYTHING.replace("kubernetes keda secrets=external-secrets ", "kubernetes ");
    let cluster = Cluster::of(&build(&register), "production");
    for kind in ["ScaledObject", "TriggerAuthentication", "ExternalSecret"] {
        assert_eq!(cluster.kind(kind).count(), 0, "{kind}");
    }
    // Consumers are scaled by CPU then.
    let scaled = cluster.kind("HorizontalPodAutoscaler").map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(scaled, ["front", "orders", "orders-consumer", "orders-consumer-erasure", "users"]);
}

/// Where a register names no image, the kustomization of a release does, by the name of the service.
#[test]
fn a_service_without_an_image_has_its_own_name_for_one() {
    let register = EVERYTHING.replace("deploy image=\"registry.example:5000/shop/any:1.4\" {", "deploy {");
    let cluster = Cluster::of(&build(&register), "production");
    let image = |name: &str| {
        let pod = &cluster.get("Deployment", name)["spec"]["template"]["spec"];
        pod["containers"][0]["image"].as_str().unwrap().to_owned()
    };
    assert_eq!([image("orders"), image("orders-consumer")], ["orders", "orders-consumer"]);
    assert_eq!(image("users"), "registry.example:5000/shop/users:1.4");
}

/// In another environment only what it decides differs: replicas, resources, images, settings, and what is outside.
#[test]
fn an_environment_changes_what_it_says_and_nothing_else() {
    let files = build(EVERYTHING);
    let (production, staging) = (Cluster::of(&files, "production"), Cluster::of(&files, "staging"));
    let places = ["/spec/replicas", "/metadata/namespace", "/spec/template/metadata/annotations"];
    let of_containers = ["/image", "/resources"];
    for (name, one) in production.kind("Deployment") {
        if name == "main-pooler" {
            continue;
        }
        let (mut one, mut other) = (one.clone(), staging.get("Deployment", name).clone());
        for object in [&mut one, &mut other] {
            for place in places {
                remove(object, place);
            }
            for place in of_containers {
                remove(object, &format!("/spec/template/spec/containers/0{place}"));
            }
        }
        assert_eq!(one, other, "{name}");
    }
    for kind in ["Service", "ServiceAccount", "CronJob", "PodDisruptionBudget"] {
        for (name, one) in production.kind(kind) {
            let (mut one, mut other) = (one.clone(), staging.get(kind, name).clone());
            remove(&mut one, "/metadata/namespace");
            remove(&mut other, "/metadata/namespace");
            assert_eq!(one, other, "{kind} {name}");
        }
    }
    let image = |cluster: &Cluster| {
        cluster.get("Deployment", "users")["spec"]["template"]["spec"]["containers"][0]["image"].clone()
    };
    assert_eq!(image(&production), "registry.example:5000/shop/users:1.4");
    assert_eq!(image(&staging), "registry.example:5000/shop/users-next:2.0");
    assert_eq!(staging.get("ConfigMap", "users")["data"]["LOG_LEVEL"], "debug");
    assert_eq!(staging.get("ConfigMap", "users")["data"]["WEIRD"], "no");
}

/// Leaves out what stands at a place, where there is something.
fn remove(object: &mut Value, place: &str) {
    let (parent, key) = place.rsplit_once('/').unwrap();
    if let Some(Value::Object(entries)) = object.pointer_mut(parent) {
        entries.remove(key);
    }
}

/// Programs connect through a pooler where there is one; what needs a session of its own, and who migrates, does not.
#[test]
fn urls_lead_through_poolers_and_past_them() {
    let data = |cluster: &Cluster, secret: &str| {
        cluster.get("ExternalSecret", secret)["spec"]["target"]["template"]["data"].clone()
    };
    let host =
        |url: &Value| url.as_str().unwrap().rsplit_once('@').unwrap().1.split('/').next().unwrap().to_owned();
    let direct = "{{ .host }}:{{ .port }}";
    let pooled = Cluster::of(&build(EVERYTHING), "production");
    let application = data(&pooled, "users-database-application");
    assert_eq!(host(&application["url"]), "main-pooler:6432");
    assert_eq!(host(&application["direct-url"]), direct);
    assert_eq!(host(&data(&pooled, "users-database-readonly")["url"]), "main-pooler:6432");
    for role in ["owner", "reconciler"] {
        let url = &data(&pooled, &format!("users-database-{role}"))["url"];
        assert_eq!(host(url), direct);
        assert!(url.as_str().unwrap().ends_with("?sslmode=verify-full&sslrootcert=/etc/postgres-ca/ca.pem"));
    }
    let text = EVERYTHING
        .replace(" pooler-connections=30", "")
        .replace("    server main pooler-connections=6\n", "");
    let alone = Cluster::of(&build(&text), "production");
    assert_eq!(host(&data(&alone, "users-database-application")["url"]), direct);
    let pod = &alone.get("Deployment", "users")["spec"]["template"]["spec"]["initContainers"][0]["env"];
    let of_host = pod.as_array().unwrap().iter().find(|variable| variable["name"] == "PGHOST").unwrap();
    assert_eq!(of_host["valueFrom"]["secretKeyRef"]["key"], "host");
}
