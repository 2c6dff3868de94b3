//! Kafka: topics, groups, users and brokers, in manifests, in the script for Kafka's tools, and in alerts.

use crate::outputs::{Environment, matchers};
use crate::pods::{containers, values};
use crate::report::Report;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What a user may do.
#[derive(Debug, Default)]
struct Rights {
    /// Topics, each with the operations.
    topics: BTreeMap<String, BTreeSet<String>>,
    groups: BTreeSet<String>,
}

/// What is made: topics, and rights by users.
#[derive(Debug, Default)]
pub struct Made {
    topics: BTreeSet<String>,
    users: BTreeMap<String, Rights>,
}

impl Made {
    pub fn read(environment: &Environment) -> Made {
        let mut made = Made::default();
        for (_, topic) in environment.cluster.kind("KafkaTopic") {
            made.topics.insert(topic["spec"]["topicName"].as_str().unwrap().to_owned());
        }
        for (user, object) in environment.cluster.kind("KafkaUser") {
            let rights = made.users.entry(user.to_owned()).or_default();
            for acl in object["spec"]["authorization"]["acls"].as_array().unwrap() {
                let operations = acl["operations"].as_array().unwrap().iter();
                let operations = operations.map(|it| it.as_str().unwrap().to_owned()).collect();
                let resource = |key: &str| acl["resource"][key].as_str().unwrap();
                rights.add(resource("type"), resource("name"), operations);
            }
        }
        for line in environment.script.iter().flat_map(|script| script.lines()) {
            let words: Vec<String> = line.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
            match words.first().map(String::as_str) {
                Some("topic") => {
                    made.topics.insert(words[1].clone());
                }
                Some("allow") => {
                    let rights = made.users.entry(words[1].clone()).or_default();
                    rights.add(&words[2], &words[3], words[4..].iter().cloned().collect());
                }
                _ => {}
            }
        }
        made
    }

    pub fn may(&self, user: &str, operation: &str, topic: &str) -> bool {
        let operations = self.users.get(user).and_then(|rights| rights.topics.get(topic));
        operations.is_some_and(|operations| operations.contains(operation))
    }
}

impl Rights {
    fn add(&mut self, kind: &str, name: &str, operations: BTreeSet<String>) {
        match kind {
            "topic" => self.topics.entry(name.to_owned()).or_default().extend(operations),
            _ => drop(self.groups.insert(name.to_owned())),
        }
    }
}

pub fn follow(environment: &Environment, made: &Made, report: &mut Report) {
    for (user, rights) in &made.users {
        for topic in rights.topics.keys() {
            report.expect("topic", made.topics.contains(topic), || {
                format!("{} {user} may use {topic}, which nobody makes", environment.name)
            });
        }
    }
    let groups = groups(environment, made, report);
    scalers(environment, made, &groups, report);
    for (whose, query) in &environment.alerts {
        for (_, _, group) in matchers(query).iter().filter(|(label, ..)| label == "consumergroup") {
            report.expect("group", groups.values().any(|it| it == group), || {
                format!("{whose} asks for {group}")
            });
        }
    }
    brokers(environment, report);
}

/// The group of each Deployment that has one; it may read as that one.
fn groups(environment: &Environment, made: &Made, report: &mut Report) -> BTreeMap<String, String> {
    let mut groups = BTreeMap::new();
    for (name, deployment) in environment.cluster.kind("Deployment") {
        let variables = containers(&deployment["spec"]["template"]);
        let variables = variables.flat_map(|it| it["env"].as_array().cloned().unwrap_or_default());
        for variable in variables.filter(|variable| variable["name"] == "KAFKA_GROUP") {
            let group = variable["value"].as_str().unwrap().to_owned();
            let may = made.users.get(name).is_some_and(|rights| rights.groups.contains(&group));
            report.expect("group", may, || format!("{} {name} may not read as {group}", environment.name));
            groups.insert(name.to_owned(), group);
        }
    }
    groups
}

/// KEDA asks for what the Deployment reads.
fn scalers(environment: &Environment, made: &Made, groups: &BTreeMap<String, String>, report: &mut Report) {
    for (name, scaler) in environment.cluster.kind("ScaledObject") {
        let target = scaler["spec"]["scaleTargetRef"]["name"].as_str().unwrap();
        for trigger in scaler["spec"]["triggers"].as_array().unwrap() {
            let of = |key: &str| trigger["metadata"][key].as_str().unwrap();
            let (group, topic) = (of("consumerGroup"), of("topic"));
            let whose = format!("{} {name}", environment.name);
            let is_read = made.topics.contains(topic) && made.may(target, "Read", topic);
            report.expect("topic", is_read, || {
                format!("{whose} asks for {topic}, which {target} does not read")
            });
            let is_its = groups.get(target).is_some_and(|it| it == group);
            report.expect("group", is_its, || format!("{whose} asks for {group}, which {target} is not"));
        }
    }
}

/// All know the same brokers.
fn brokers(environment: &Environment, report: &mut Report) {
    let cluster = &environment.cluster;
    let mut found: Vec<(String, String)> = Vec::new();
    let mut add = |whose: &str, brokers: String| found.push((whose.to_owned(), brokers));
    for (name, config_map) in cluster.kind("ConfigMap") {
        if let Some(brokers) = config_map["data"]["KAFKA_BOOTSTRAP_SERVERS"].as_str() {
            add(name, brokers.to_owned());
        }
    }
    for (name, scaler) in cluster.kind("ScaledObject") {
        let mut servers = Vec::new();
        values(scaler, &["metadata", "bootstrapServers"], &mut servers);
        servers.into_iter().for_each(|it| add(name, it.as_str().unwrap().to_owned()));
    }
    for line in environment.script.iter().flat_map(|script| script.lines()) {
        if let Some(brokers) = line.strip_prefix("default_brokers=") {
            add("the script", brokers.trim_matches('\'').to_owned());
        }
    }
    // What names Strimzi's cluster means the Service that Strimzi makes for it.
    let namespace = cluster.kind("Namespace").map(|(name, _)| name).next().expect("it has a namespace");
    let bootstrap = |name: &str| format!("{name}-kafka-bootstrap.{namespace}.svc:9093");
    for kind in ["KafkaTopic", "KafkaUser"] {
        for (name, object) in cluster.kind(kind) {
            add(name, bootstrap(object["metadata"]["labels"]["strimzi.io/cluster"].as_str().unwrap()));
        }
    }
    for (_, name, pod) in cluster.pods() {
        let mut secrets = Vec::new();
        values(pod, &["secret", "secretName"], &mut secrets);
        let authorities = secrets.into_iter().filter_map(|it| it.as_str()?.strip_suffix("-cluster-ca-cert"));
        authorities.for_each(|authority| add(name, bootstrap(authority)));
    }
    for (name, policy) in cluster.kind("NetworkPolicy") {
        for rule in policy["spec"]["egress"].as_array().into_iter().flatten() {
            let mut clusters = Vec::new();
            values(rule, &["matchLabels", "strimzi.io/cluster"], &mut clusters);
            let port = &rule["ports"][0]["port"];
            let brokers = clusters.into_iter().filter_map(Value::as_str);
            brokers.for_each(|it| add(name, format!("{it}-kafka-bootstrap.{namespace}.svc:{port}")));
        }
    }
    let first = found.first().map(|(_, brokers)| brokers.clone()).unwrap_or_default();
    for (whose, brokers) in found {
        report.expect("brokers", brokers == first, || {
            format!("{} {whose} knows {brokers}, others {first}", environment.name)
        });
    }
}
