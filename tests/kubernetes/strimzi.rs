//! The shapes of Strimzi's resources, as far as they are used: "Configuring Strimzi", `KafkaTopicSpec` and `KafkaUserSpec`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what is read is what may be there")]
pub struct Resource<Spec> {
    api_version: String,
    kind: String,
    metadata: ObjectMeta,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "what is read is what may be there")]
pub struct KafkaTopic {
    topic_name: String,
    partitions: u32,
    replicas: u16,
    config: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is read is what may be there")]
pub struct KafkaUser {
    authentication: Authentication,
    authorization: Authorization,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Authentication {
    Tls,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Authorization {
    Simple {
        #[expect(dead_code, reason = "what is read is what may be there")]
        acls: Vec<Acl>,
    },
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "what is read is what may be there")]
struct Acl {
    resource: AclResource,
    operations: Vec<Operation>,
    host: String,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[expect(dead_code, reason = "what is read is what may be there")]
enum AclResource {
    Topic { name: String, pattern_type: PatternType },
    Group { name: String, pattern_type: PatternType },
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PatternType {
    Literal,
}

#[derive(Deserialize)]
enum Operation {
    Describe,
    Read,
    Write,
}
