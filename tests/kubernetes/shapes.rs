//! Every object has the shape that Kubernetes' API gives its kind, and nothing besides.

use crate::cluster::{Cluster, EVERYTHING, build, nova};
use crate::strimzi::{KafkaTopic, KafkaUser, Resource};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::batch::v1::{CronJob, Job};
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What an object has that its kind does not, or why it is none.
fn faults<T: DeserializeOwned>(object: &Value) -> Vec<String> {
    let mut unknown = Vec::new();
    let read: Result<T, _> = serde_ignored::deserialize(object, |path| unknown.push(path.to_string()));
    unknown.extend(read.err().map(|error| error.to_string()));
    unknown
}

pub fn faults_of(object: &Value) -> Vec<String> {
    match (object["apiVersion"].as_str().unwrap(), object["kind"].as_str().unwrap()) {
        ("apps/v1", "Deployment") => faults::<Deployment>(object),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => faults::<HorizontalPodAutoscaler>(object),
        ("batch/v1", "CronJob") => faults::<CronJob>(object),
        ("batch/v1", "Job") => faults::<Job>(object),
        ("networking.k8s.io/v1", "NetworkPolicy") => faults::<NetworkPolicy>(object),
        ("policy/v1", "PodDisruptionBudget") => faults::<PodDisruptionBudget>(object),
        ("v1", "ConfigMap") => faults::<ConfigMap>(object),
        ("v1", "Namespace") => faults::<Namespace>(object),
        ("v1", "Service") => faults::<Service>(object),
        ("v1", "ServiceAccount") => faults::<ServiceAccount>(object),
        ("kafka.strimzi.io/v1", "KafkaTopic") => faults::<Resource<KafkaTopic>>(object),
        ("kafka.strimzi.io/v1", "KafkaUser") => faults::<Resource<KafkaUser>>(object),
        // Resources of others, whose types are no part of Kubernetes.
        ("external-secrets.io/v1", "ExternalSecret")
        | ("cert-manager.io/v1", "Certificate")
        | ("keda.sh/v1alpha1", "ScaledObject" | "TriggerAuthentication") => Vec::new(),
        other => vec![format!("an object of an unknown kind: {other:?}")],
    }
}

#[test]
fn objects_have_the_shapes_of_their_kinds() {
    for files in [nova(), build(EVERYTHING)] {
        for environment in ["production", "staging"] {
            let cluster = Cluster::of(&files, environment);
            for (key, object) in &cluster.objects {
                assert_eq!(faults_of(object), Vec::<String>::new(), "{key:?}");
            }
        }
    }
}

#[test]
fn a_wrong_shape_is_found() {
    let cluster = Cluster::of(&build(EVERYTHING), "production");
    let mut object = cluster.get("Deployment", "users").clone();
    object["spec"]["template"]["spec"]["containers"][0]["resource"] = Value::from(1);
    assert_eq!(faults_of(&object), ["spec.?.template.?.spec.?.containers.?.0.resource"]);
    object["spec"]["replicas"] = Value::from("2");
    assert!(!faults_of(&object).is_empty());
    let mut user = cluster.get("KafkaUser", "users-relay").clone();
    user["spec"]["authorization"]["acls"][0]["operations"][0] = Value::from("Any");
    assert!(!faults_of(&user).is_empty());
}

/// What a security review asks of every container.
#[test]
fn pods_have_no_rights_and_bounded_resources() {
    for environment in ["production", "staging"] {
        for (kind, name, pod) in Cluster::of(&nova(), environment).pods() {
            let spec = &pod["spec"];
            let context = |path: &str| spec.pointer(path).unwrap_or(&Value::Null);
            assert_eq!(context("/automountServiceAccountToken"), &Value::from(false), "{kind} {name}");
            assert_eq!(context("/securityContext/runAsNonRoot"), &Value::from(true), "{kind} {name}");
            assert_eq!(context("/securityContext/seccompProfile/type"), "RuntimeDefault", "{kind} {name}");
            for path in ["/containers", "/initContainers"] {
                for container in spec.pointer(path).and_then(Value::as_array).into_iter().flatten() {
                    let own = &container["securityContext"];
                    assert_eq!(own["allowPrivilegeEscalation"], false, "{kind} {name}");
                    assert_eq!(own["readOnlyRootFilesystem"], true, "{kind} {name}");
                    assert_eq!(own["capabilities"]["drop"][0], "ALL", "{kind} {name}");
                    for amount in ["requests", "limits"] {
                        assert!(container["resources"][amount]["cpu"].is_string(), "{kind} {name}");
                        assert!(container["resources"][amount]["memory"].is_string(), "{kind} {name}");
                    }
                }
            }
            let temporary = spec["volumes"].as_array().unwrap().iter().find(|it| it["name"] == "tmp");
            assert!(temporary.is_some_and(|it| it.get("emptyDir").is_some()), "{kind} {name}");
        }
    }
}
