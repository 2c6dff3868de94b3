//! Kafka: where the platform says `kafka tooling=script`, a script for each environment that makes topics and ACLs with Kafka's
//! own tools. Otherwise Strimzi makes them, from what the Kubernetes backend writes.

use super::{GeneratedFile, REGISTER};
use crate::infrastructure::{Acl, AclResource, Infrastructure, Topic, acls};
use crate::semantic::Register;
use crate::semantic::model::{Environment, KafkaTooling};
use crate::templates::{MarkdownCode, Quoted, ShellWord, TemplateError, Templates};
use serde::Serialize;

#[derive(Serialize)]
struct ScriptView {
    introduction: Quoted,
    brokers: ShellWord,
    topics: Vec<TopicView>,
    acls: Vec<AclView>,
}

#[derive(Serialize)]
struct TopicView {
    name: ShellWord,
    partitions: u32,
    replication: u32,
    settings: Vec<ShellWord>,
}

#[derive(Serialize)]
struct AclView {
    user: ShellWord,
    kind: Quoted,
    name: ShellWord,
    operations: Vec<Quoted>,
}

#[derive(Serialize)]
struct ReadmeView {
    environments: Vec<EnvironmentView>,
    users: Vec<MarkdownCode>,
}

#[derive(Serialize)]
struct EnvironmentView {
    name: MarkdownCode,
    script: MarkdownCode,
    brokers: MarkdownCode,
}

impl TopicView {
    fn new(topic: &Topic, replication: u32) -> TopicView {
        let setting = |(name, value): (&str, String)| ShellWord::new(&format!("{name}={value}"));
        TopicView {
            name: ShellWord::new(&topic.name),
            partitions: topic.partitions,
            replication,
            settings: topic.settings(replication).into_iter().map(setting).collect(),
        }
    }
}

impl AclView {
    fn new(acl: &Acl) -> AclView {
        let (kind, name) = match &acl.resource {
            AclResource::Topic(name) => ("topic", name),
            AclResource::Group(name) => ("group", name),
        };
        let operations = acl.operations.iter().map(|operation| Quoted::already(operation.name()));
        AclView {
            user: ShellWord::new(&acl.user),
            kind: Quoted::already(kind),
            name: ShellWord::new(name),
            operations: operations.collect(),
        }
    }
}

/// Every file; none where Strimzi makes topics, or there are none.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render(
    register: &Register,
    infrastructure: &Infrastructure,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    if register.platform.kafka.tooling == KafkaTooling::Strimzi || infrastructure.topics.is_empty() {
        return Ok(Vec::new());
    }
    let file = |name: &str, contents: String| GeneratedFile {
        path: format!("kafka/{name}"),
        node: REGISTER.to_owned(),
        contents,
    };
    let acls = acls(infrastructure);
    let mut files = vec![file("driver.sh", templates.render("kafka/driver.sh", &())?)];
    let mut environments = Vec::new();
    for environment in register.environments() {
        let name = format!("{}.sh", environment.name());
        let view = script(infrastructure, &acls, environment);
        files.push(file(&name, templates.render("kafka/environment.sh", &view)?));
        environments.push(EnvironmentView {
            name: MarkdownCode::new(environment.name()),
            script: MarkdownCode::new(&name),
            brokers: MarkdownCode::new(&brokers(environment)),
        });
    }
    let mut users: Vec<&str> = acls.iter().map(|acl| acl.user.as_str()).collect();
    users.dedup();
    let readme = ReadmeView { environments, users: users.into_iter().map(MarkdownCode::new).collect() };
    files.push(file("README.md", templates.render("kafka/README.md", &readme)?));
    Ok(files)
}

fn brokers(environment: Environment<'_>) -> String {
    let brokers: Vec<String> = environment.bootstrap_servers().iter().map(ToString::to_string).collect();
    brokers.join(",")
}

fn script(infrastructure: &Infrastructure, acls: &[Acl], environment: Environment<'_>) -> ScriptView {
    let replication = environment.kafka().replication;
    ScriptView {
        introduction: Quoted::already(format!(
            "# Topics of {} and who may use them. See README.md.",
            crate::text::one_line(environment.name())
        )),
        brokers: ShellWord::new(&brokers(environment)),
        topics: infrastructure.topics.iter().map(|topic| TopicView::new(topic, replication)).collect(),
        acls: acls.iter().map(AclView::new).collect(),
    }
}
