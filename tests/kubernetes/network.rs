//! What is let through is what is declared.

use crate::cluster::{Cluster, EVERYTHING, build, nova};
use freehold::semantic;
use freehold::semantic::model::Callee;
use freehold::source::Disk;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A way from one pod to another and a port of it, as one side allows it.
type Way = (String, String, u64);

/// The ways between pods of the namespace that one side allows: `ingress` or `egress`.
pub fn ways(cluster: &Cluster, side: &str) -> BTreeSet<Way> {
    let pods = cluster.pods();
    let selected = |selector: &Value| -> Vec<String> {
        let matches =
            |labels: &Value| selector.as_object().unwrap().iter().all(|(key, value)| labels[key] == *value);
        pods.iter().filter(|it| matches(&it.2["metadata"]["labels"])).map(|it| it.1.to_owned()).collect()
    };
    let mut found = BTreeSet::new();
    for (_, policy) in cluster.kind("NetworkPolicy") {
        let own = selected(&policy["spec"]["podSelector"]["matchLabels"]);
        for rule in policy["spec"][side].as_array().into_iter().flatten() {
            let peers = rule[if side == "ingress" { "from" } else { "to" }].as_array().unwrap();
            assert!(!peers.is_empty(), "a rule without peers lets everybody through: {policy}");
            for peer in peers.iter().filter(|peer| peer.get("namespaceSelector").is_none()) {
                let Some(selector) = peer.pointer("/podSelector/matchLabels") else { continue };
                for (one, other) in own
                    .iter()
                    .flat_map(|own| selected(selector).into_iter().map(move |other| (own.clone(), other)))
                {
                    for port in rule["ports"].as_array().unwrap() {
                        let (from, to) = if side == "ingress" {
                            (other.clone(), one.clone())
                        } else {
                            (one.clone(), other.clone())
                        };
                        found.insert((from, to, port["port"].as_u64().unwrap()));
                    }
                }
            }
        }
    }
    found
}

/// One way on each line.
pub fn with_names(ways: &BTreeSet<Way>) -> Vec<String> {
    ways.iter().map(|(from, to, port)| format!("{from} to {to}:{port}")).collect()
}

#[test]
fn both_sides_of_every_way_let_it_through() {
    for files in [nova(), build(EVERYTHING)] {
        for environment in ["production", "staging"] {
            let cluster = Cluster::of(&files, environment);
            let (ingress, egress) = (ways(&cluster, "ingress"), ways(&cluster, "egress"));
            assert_eq!(ingress, egress, "{environment}");
            assert!(!ingress.is_empty());
        }
    }
}

/// Found in the register by looking at declarations alone: a service reaches the server of another exactly where it calls it, asks
/// it whether references hold, or copies from it.
#[test]
fn callers_of_nova_are_those_that_declare_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("model");
    let register = semantic::load(&Disk::new(root), Path::new("nova.kdl")).register;
    let mut declared = BTreeSet::new();
    for service in register.services.values() {
        let mut owners = BTreeSet::new();
        for call in &service.calls {
            if let Some(Callee::Rpc(rpc)) = call.callee {
                owners.insert(register.rpcs[rpc].service);
            }
        }
        for reference in service.tables.iter().flat_map(|table| &register.tables[*table].references) {
            let reference = &register.references[*reference];
            if reference.verify.value == semantic::model::Verify::Rpc {
                owners.insert(register.tables[reference.target.unwrap()].service);
            }
        }
        for copy in &service.projections {
            owners.insert(register.tables[register.projections[*copy].source.unwrap()].service);
        }
        for owner in owners.into_iter().map(|id| &register.services[id]) {
            if owner.name.value != service.name.value {
                declared.insert((service.name.value.clone(), owner.name.value.clone()));
            }
        }
    }
    let cluster = Cluster::of(&nova(), "production");
    let through = ways(&cluster, "ingress").into_iter().filter(|(_, _, port)| *port == 50051);
    let service_of = |pod: &str| pod.strip_suffix("-consumer").unwrap_or(pod).to_owned();
    let found: BTreeSet<(String, String)> = through.map(|(from, to, _)| (service_of(&from), to)).collect();
    assert_eq!(found, declared);
    assert!(declared.len() >= 30, "{}", declared.len());
}

/// What a change of a register takes away, and what it adds, on both sides.
fn changed(from: &str, to: &str) -> (Vec<Way>, Vec<Way>) {
    changed_from(EVERYTHING, from, to)
}

fn changed_from(register: &str, from: &str, to: &str) -> (Vec<Way>, Vec<Way>) {
    assert!(register.contains(from));
    let both_sides = |register: &str| {
        let cluster = Cluster::of(&build(register), "production");
        let ingress = ways(&cluster, "ingress");
        assert_eq!(ingress, ways(&cluster, "egress"));
        ingress
    };
    let (before, after) = (both_sides(register), both_sides(&register.replace(from, to)));
    let difference =
        |one: &BTreeSet<Way>, other: &BTreeSet<Way>| one.difference(other).cloned().collect::<Vec<Way>>();
    (difference(&before, &after), difference(&after, &before))
}

#[test]
fn a_call_that_goes_takes_its_ways_with_it() {
    let way = |from: &str, to: &str, port: u64| (from.to_owned(), to.to_owned(), port);
    let front = "image=\"registry.example/shop/front\"; calls users.GetUser";
    assert_eq!(
        changed(front, "image=\"registry.example/shop/front\""),
        (vec![way("front", "users", 50052)], Vec::new())
    );
    // The consumer of the service's own group still fills the read copy; that of the other group calls no more.
    let orders = "    calls users.GetUser\n    calls payments.Charge\n";
    assert_eq!(
        changed(orders, "    calls payments.Charge\n"),
        (vec![way("orders", "users", 50052), way("orders-consumer-erasure", "users", 50052)], Vec::new())
    );
    // Without a pooler, the way to the server is no way between pods.
    let pooled: Vec<Way> = ["orders", "orders-consumer", "orders-consumer-erasure", "users", "users-relay"]
        .map(|pod| way(pod, "main-pooler", 6432))
        .into();
    let direct = EVERYTHING.replace("    server main pooler-connections=6\n", "");
    assert_eq!(changed_from(&direct, " pooler-connections=30", ""), (pooled, Vec::new()));
}

/// The peers outside of the namespace, as texts.
fn outside<'a>(cluster: &'a Cluster, policy: &str, side: &str) -> Vec<(String, &'a Value)> {
    let key = if side == "ingress" { "from" } else { "to" };
    let rules = cluster.get("NetworkPolicy", policy)["spec"][side].as_array();
    let mut found = Vec::new();
    for rule in rules.into_iter().flatten() {
        for peer in rule[key].as_array().unwrap() {
            let name = peer.pointer("/namespaceSelector/matchLabels/kubernetes.io~1metadata.name");
            let cidr = peer.pointer("/ipBlock/cidr");
            if let Some(text) = name.or(cidr) {
                found.push((text.as_str().unwrap().to_owned(), &rule["ports"]));
            }
        }
    }
    found
}

#[test]
fn externs_databases_and_brokers_are_where_the_register_says() {
    let files = build(EVERYTHING);
    let cluster = Cluster::of(&files, "production");
    let names = |policy: &str, side: &str| -> Vec<(String, Vec<u64>)> {
        let ports =
            |ports: &Value| ports.as_array().unwrap().iter().map(|it| it["port"].as_u64().unwrap()).collect();
        outside(&cluster, policy, side).into_iter().map(|(name, it)| (name, ports(it))).collect()
    };
    let one = |name: &str, port: u64| (name.to_owned(), vec![port]);
    assert_eq!(names("users", "ingress"), [one("edge", 50052), one("monitoring", 9090)]);
    assert_eq!(names("users-relay", "ingress"), [one("monitoring", 9090)]);
    assert_eq!(names("front", "ingress"), [one("edge", 50051)]);
    assert!(names("users-migrate", "ingress").is_empty());
    let databases = [one("10.1.0.0/24", 5432), one("fd00::/64", 5432)];
    assert_eq!(names("users-migrate-outside", "egress"), databases);
    let names_are_asked = ["kube-system", "169.254.20.10/32"].map(|peer| (peer.to_owned(), vec![53, 53]));
    assert_eq!(names("main-pooler", "egress")[..2], names_are_asked);
    assert_eq!(names("main-pooler", "egress")[2..], databases);
    assert_eq!(names("users-relay-outside", "egress")[..2], databases);
    assert_eq!(names("users-relay-outside", "egress")[2..], [one("10.2.0.0/24", 9094)]);
    // Through the pooler alone.
    assert!(!names("orders-outside", "egress").iter().any(|(_, ports)| ports.contains(&5432)));
    assert!(names("orders", "egress").contains(&one("0.0.0.0/0", 443)), "payments is on the internet");
    let staging = Cluster::of(&files, "staging");
    assert_eq!(outside(&staging, "users-migrate-outside", "egress")[0].0, "10.9.0.0/24");
}
