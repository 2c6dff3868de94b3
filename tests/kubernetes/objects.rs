//! What the objects of a service are to each other, and what an environment changes of them. That names, keys and addresses lead
//! somewhere is tested over all outputs, in `tests/consistency`.

use crate::cluster::{Cluster, EVERYTHING, build, nova};
use serde_json::Value;
use std::collections::BTreeSet;

fn clusters() -> Vec<Cluster> {
    let registers = [nova(), build(EVERYTHING)];
    let of = |files| ["production", "staging"].map(|environment| Cluster::of(files, environment));
    registers.iter().flat_map(of).collect()
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

/// What a register leaves out, the cluster need not have.
#[test]
fn without_operators_nothing_of_theirs_is_made() {
    let register =
        EVERYTHING.replace("kubernetes keda secrets=external-secrets pooler-issuer=internal ", "kubernetes ");
    let cluster = Cluster::of(&build(&register), "production");
    for kind in ["ScaledObject", "TriggerAuthentication", "ExternalSecret", "Certificate"] {
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
    let verified = |authority: &str| format!("?sslmode=verify-full&sslrootcert=/etc/{authority}-ca/ca.pem");
    assert!(application["url"].as_str().unwrap().ends_with(&verified("pooler")));
    assert!(application["direct-url"].as_str().unwrap().ends_with(&verified("postgres")));
    assert_eq!(host(&application["direct-url"]), direct);
    assert_eq!(host(&data(&pooled, "users-database-readonly")["url"]), "main-pooler:6432");
    for role in ["owner", "reconciler"] {
        let url = &data(&pooled, &format!("users-database-{role}"))["url"];
        assert_eq!(host(url), direct);
        assert!(url.as_str().unwrap().ends_with(&verified("postgres")));
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
