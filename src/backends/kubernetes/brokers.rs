//! How the brokers of Kafka are reached, and by which names Strimzi knows them.

use crate::semantic::model::Environment;

/// The Secret that Strimzi makes with the certificate of a cluster's authority (Strimzi, "Clients and trust"): its key is
/// `ca.crt`.
pub fn authority_secret(environment: Environment<'_>) -> String {
    format!("{}-cluster-ca-cert", environment.kafka_cluster())
}
