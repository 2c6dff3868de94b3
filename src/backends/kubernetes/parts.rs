//! Parts that several objects have: labels, variables, volumes, comments.

use crate::infrastructure::WorkloadKind;
use crate::semantic::model::Environment;
use crate::templates::{Quoted, Yaml};
use crate::text::one_line;
use serde::Serialize;

/// What belongs to Freehold in a cluster says so.
pub const MANAGED_BY: &str = "freehold";
/// Says what a pod is of: a service or a server. Policies and selectors go by it.
const NAME: &str = "app.kubernetes.io/name";
/// Says which workload a pod is of. Names of workloads are unique in a namespace.
const INSTANCE: &str = "app.kubernetes.io/instance";
/// Says what a workload does.
const COMPONENT: &str = "app.kubernetes.io/component";
/// The platform.
const PART_OF: &str = "app.kubernetes.io/part-of";
const MANAGED: &str = "app.kubernetes.io/managed-by";
/// The label that every namespace has with its own name (Kubernetes, "Well-Known Labels").
pub const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// The ConfigMap with the certificates of those who sign for the servers, and its key; people make it.
pub const CA_CONFIG_MAP: &str = "postgres-ca";
/// Its key, and so the name of the file.
pub const CA_FILE: &str = "/etc/postgres-ca/ca.pem";
/// The ConfigMap with the certificates of those who sign for the poolers; people make it. They are others than those above, so
/// that nobody who signs for poolers can sign for a server.
pub const POOLER_CA_CONFIG_MAP: &str = "pooler-ca";
/// The same key of that one.
pub const POOLER_CA_FILE: &str = "/etc/pooler-ca/ca.pem";

/// The Secret that Strimzi makes with the certificate of a cluster's authority (Strimzi, "Clients and trust"): its key is
/// `ca.crt`.
pub fn authority_secret(environment: Environment<'_>) -> String {
    format!("{}-cluster-ca-cert", environment.kafka_cluster())
}

/// What a workload is called in labels, as the container that it is about.
pub fn component(kind: &WorkloadKind) -> &'static str {
    match kind {
        WorkloadKind::Service => "server",
        WorkloadKind::Consumer { .. } => "consumer",
        WorkloadKind::Relay => "relay",
        WorkloadKind::Migration => "migration",
        WorkloadKind::Maintenance => "partitions",
        WorkloadKind::Reconciliation => "reconciliation",
    }
}

/// The labels of what belongs to a service or a server, as the recommended ones of Kubernetes have it.
pub fn labels(platform: &str, service: &str) -> Yaml {
    Yaml::map([(NAME, service.into()), (PART_OF, platform.into()), (MANAGED, MANAGED_BY.into())])
}

/// The labels of what belongs to no service.
pub fn platform_labels(platform: &str) -> Yaml {
    Yaml::map([(PART_OF, platform.into()), (MANAGED, MANAGED_BY.into())])
}

/// The labels of a workload and of its pods. Kustomizations add those of the platform.
pub fn workload_labels(service: &str, workload: &str, component: &str) -> Yaml {
    Yaml::map([(NAME, service.into()), (INSTANCE, workload.into()), (COMPONENT, component.into())])
}

/// The labels that select the pods of a workload. They never change: Kubernetes refuses a Deployment with others.
pub fn workload_selector(service: &str, workload: &str) -> Yaml {
    Yaml::map([(NAME, service.into()), (INSTANCE, workload.into())])
}

/// What a pooler is of: the program that it runs.
pub const POOLER: &str = "pgbouncer";

/// The labels that select the pods of a pooler.
pub fn pooler_selector(pooler: &str) -> Yaml {
    workload_selector(POOLER, pooler)
}

/// The labels that select all pods of a service.
pub fn service_selector(service: &str) -> Yaml {
    Yaml::map([(NAME, service.into())])
}

/// A comment of one line.
pub fn comment(text: &str) -> Quoted {
    Quoted::already(format!("# {}", one_line(text)))
}

/// A text in `env` or `command`, in which Kubernetes would put values of variables for `$(NAME)`.
fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

/// A variable with a value.
pub fn variable(name: &str, value: &str) -> Yaml {
    Yaml::map([("name", name.into()), ("value", literal(value).into())])
}

/// A variable with the value of a key of a Secret.
pub fn secret_variable(name: &str, secret: &str, key: &str) -> Yaml {
    let reference = Yaml::map([("name", secret.into()), ("key", key.into())]);
    Yaml::map([("name", name.into()), ("valueFrom", Yaml::map([("secretKeyRef", reference)]))])
}

/// Variables that make libpq talk to a server alone that proves who it is, by a certificate that these have signed.
pub fn verified(ca_file: &str) -> [Yaml; 2] {
    [variable("PGSSLMODE", "verify-full"), variable("PGSSLROOTCERT", ca_file)]
}

/// The same as the end of a URL.
pub fn verified_url(ca_file: &str) -> String {
    format!("sslmode=verify-full&sslrootcert={ca_file}")
}

/// A command with its arguments.
pub fn command(words: &[&str]) -> Yaml {
    Yaml::list(words.iter().map(|word| literal(word)))
}

/// A volume, and where a container finds it.
#[derive(Clone, Debug)]
pub struct Volume {
    /// The volume.
    pub volume: Yaml,
    /// Where it is mounted.
    pub mount: Yaml,
}

impl Volume {
    fn read_only(name: &str, path: &str, source: (&str, Yaml)) -> Volume {
        Volume {
            volume: Yaml::map([("name", name.into()), source]),
            mount: Yaml::map([
                ("name", name.into()),
                ("mountPath", path.into()),
                ("readOnly", Yaml::Flag(true)),
            ]),
        }
    }

    /// A folder that is empty when a pod starts: the root file system is read-only.
    pub fn temporary(size_limit: &str) -> Volume {
        let source = Yaml::map([("sizeLimit", size_limit.into())]);
        Volume {
            volume: Yaml::map([("name", "tmp".into()), ("emptyDir", source)]),
            mount: Yaml::map([("name", "tmp".into()), ("mountPath", "/tmp".into())]),
        }
    }

    /// A ConfigMap.
    pub fn config_map(name: &str, path: &str, config_map: &str) -> Volume {
        Volume::read_only(name, path, ("configMap", Yaml::map([("name", config_map.into())])))
    }

    /// Several ConfigMaps in one folder.
    pub fn config_maps(name: &str, path: &str, config_maps: &[String]) -> Volume {
        let source =
            |name: &String| Yaml::map([("configMap", Yaml::map([("name", Yaml::from(name.as_str()))]))]);
        let sources = Yaml::list(config_maps.iter().map(source));
        Volume::read_only(name, path, ("projected", Yaml::map([("sources", sources)])))
    }

    /// A Secret.
    pub fn secret(name: &str, path: &str, secret: &str) -> Volume {
        Volume::read_only(name, path, ("secret", Yaml::map([("secretName", secret.into())])))
    }

    /// The certificates of those who sign for the servers.
    pub fn certificates() -> Volume {
        Volume::config_map("postgres-ca", "/etc/postgres-ca", CA_CONFIG_MAP)
    }

    /// The certificates of those who sign for the poolers.
    pub fn pooler_certificates() -> Volume {
        Volume::config_map("pooler-ca", "/etc/pooler-ca", POOLER_CA_CONFIG_MAP)
    }

    /// The scripts that all services share.
    pub fn scripts(config_map: &str) -> Volume {
        Volume::config_map("scripts", "/scripts", config_map)
    }
}

/// What a container may use, and what is kept for it.
pub fn resources(cpu_millis: u32, memory_mib: u32, cpu_limit_millis: u32, memory_limit_mib: u32) -> Yaml {
    let amounts = |cpu: u32, memory: u32| {
        Yaml::map([("cpu", format!("{cpu}m").into()), ("memory", format!("{memory}Mi").into())])
    };
    Yaml::map([
        ("requests", amounts(cpu_millis, memory_mib)),
        ("limits", amounts(cpu_limit_millis, memory_limit_mib)),
    ])
}

/// An entry of a mapping that is written line by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The key.
    pub key: Yaml,
    /// The value.
    pub value: Yaml,
}
