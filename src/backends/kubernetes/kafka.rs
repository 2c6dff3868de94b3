//! What Strimzi makes: topics of Kafka, users, and what these may do.

use super::Context;
use super::parts::comment;
use crate::infrastructure::{Acl, AclResource, Service, Topic, Workload, topic_object_name};
use crate::semantic::model::{Environment, KafkaTooling};
use crate::templates::{Quoted, TemplateError, Yaml};
use serde::Serialize;

/// The label by which Strimzi knows whose topics and users are whose.
const CLUSTER_LABEL: &str = "strimzi.io/cluster";

#[derive(Serialize)]
struct KafkaView {
    introduction: Quoted,
    labels: Yaml,
    topics: Vec<TopicView>,
    users: Vec<UserView>,
}

#[derive(Serialize)]
struct TopicView {
    object: Yaml,
    name: Yaml,
    partitions: u32,
    replicas: u32,
    settings: Vec<SettingView>,
}

#[derive(Serialize)]
struct SettingView {
    name: Quoted,
    value: Yaml,
}

#[derive(Serialize)]
struct UserView {
    name: Yaml,
    acls: Vec<Yaml>,
    has_acls: bool,
}

impl TopicView {
    fn new(topic: &Topic, replication: u32) -> TopicView {
        let setting =
            |(name, value): (&str, String)| SettingView { name: Quoted::already(name), value: value.into() };
        TopicView {
            object: topic_object_name(&topic.name).into(),
            name: topic.name.as_str().into(),
            partitions: topic.partitions,
            replicas: replication,
            settings: topic.settings(replication).into_iter().map(setting).collect(),
        }
    }
}

fn rule(acl: &Acl) -> Yaml {
    let (kind, name) = match &acl.resource {
        AclResource::Topic(name) => ("topic", name),
        AclResource::Group(name) => ("group", name),
    };
    let resource =
        Yaml::map([("type", kind.into()), ("name", name.as_str().into()), ("patternType", "literal".into())]);
    let operations = acl.operations.iter().map(|operation| operation.name());
    Yaml::map([("resource", resource), ("operations", Yaml::list(operations)), ("host", "*".into())])
}

impl Context<'_> {
    /// Whether Strimzi makes something for a service.
    pub(super) fn has_strimzi(&self, service: &Service) -> bool {
        self.register.platform.kafka.tooling == KafkaTooling::Strimzi
            && (self.topics.contains_key(&service.id)
                || service.workloads.iter().any(|workload| workload.uses_brokers))
    }

    /// Topics of a service and users for its programs; `None` where it has none, or a script makes them.
    pub(super) fn kafka(
        &self,
        environment: Environment<'_>,
        service: &Service,
    ) -> Result<Option<String>, TemplateError> {
        if !self.has_strimzi(service) {
            return Ok(None);
        }
        let replication = environment.kafka().replication;
        let topics = self.topics.get(&service.id).into_iter().flatten();
        let users = service.workloads.iter().filter(|workload| workload.uses_brokers);
        let view = KafkaView {
            introduction: comment(&format!(
                "Topics of the service {} in {}, and what its programs may do with whose topics.",
                service.name,
                environment.name()
            )),
            labels: Yaml::map([(CLUSTER_LABEL, environment.kafka_cluster().into())]),
            topics: topics.map(|topic| TopicView::new(topic, replication)).collect(),
            users: users.map(|workload| self.user(workload)).collect(),
        };
        self.templates.render("kubernetes/kafka.yaml", &view).map(Some)
    }

    fn user(&self, workload: &Workload) -> UserView {
        let acls: Vec<Yaml> = self.acls.get(&workload.name).into_iter().flatten().map(rule).collect();
        UserView { name: workload.name.as_str().into(), has_acls: !acls.is_empty(), acls }
    }
}
