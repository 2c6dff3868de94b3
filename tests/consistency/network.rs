//! What policies let through: both ends say so, and somebody is there to talk to.

use crate::outputs::Environment;
use crate::pods::{ports, selects};
use crate::report::Report;
use serde_json::Value;

/// A way that a policy opens between pods: from whom (or to whom) to which port.
struct Way<'a> {
    policy: &'a str,
    own: &'a Value,
    peer: &'a Value,
    port: &'a Value,
}

/// The ways of one direction to or from pods of the cluster itself, brokers left out: nothing here makes those.
fn ways<'a>(environment: &'a Environment, direction: &str, side: &str) -> Vec<Way<'a>> {
    let mut ways = Vec::new();
    for (policy, object) in environment.cluster.kind("NetworkPolicy") {
        let spec = &object["spec"];
        for rule in spec[direction].as_array().into_iter().flatten() {
            let peers = rule[side].as_array().into_iter().flatten();
            let inside = peers.filter(|peer| peer.get("namespaceSelector").is_none());
            let selectors = inside.filter_map(|peer| peer.pointer("/podSelector/matchLabels"));
            for peer in selectors.filter(|labels| labels.get("strimzi.io/cluster").is_none()) {
                for port in rule["ports"].as_array().into_iter().flatten() {
                    let own = &spec["podSelector"]["matchLabels"];
                    ways.push(Way { policy, own, peer, port: &port["port"] });
                }
            }
        }
    }
    ways
}

pub fn follow(environment: &Environment, report: &mut Report) {
    let pods: Vec<&Value> = environment.cluster.pods().into_iter().map(|(_, _, pod)| pod).collect();
    let selected =
        |labels: &Value| -> Vec<&Value> { pods.iter().copied().filter(|pod| selects(labels, pod)).collect() };
    for (name, policy) in environment.cluster.kind("NetworkPolicy") {
        let own = selected(&policy["spec"]["podSelector"]["matchLabels"]);
        report.expect("policy", !own.is_empty(), || format!("{} {name} is for nobody", environment.name));
        for rule in policy["spec"]["ingress"].as_array().into_iter().flatten() {
            for port in rule["ports"].as_array().into_iter().flatten() {
                let listens = |pod: &&Value| ports(pod).iter().any(|(_, number)| **number == port["port"]);
                report.expect("policy", own.iter().all(listens), || {
                    format!("{} {name} opens {port}, on which nobody listens", environment.name)
                });
            }
        }
    }
    let (incoming, outgoing) = (ways(environment, "ingress", "from"), ways(environment, "egress", "to"));
    for (one, others, what) in [(&incoming, &outgoing, "lets in"), (&outgoing, &incoming, "lets out to")] {
        for way in one {
            let (own, peers) = (selected(way.own), selected(way.peer));
            let is_met = own.iter().all(|own| {
                peers.iter().all(|peer| {
                    others.iter().any(|other| {
                        other.port == way.port && selects(other.own, peer) && selects(other.peer, own)
                    })
                })
            });
            report.expect("policy", !peers.is_empty() && is_met, || {
                format!(
                    "{} {} {what} {} at {}, and they do not",
                    environment.name, way.policy, way.peer, way.port
                )
            });
        }
    }
}
