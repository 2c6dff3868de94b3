//! Names of variables that programs find in their environment because the compiler puts them there.

use super::environment_variable;

/// The URL of the service's own database, through its pooler where there is one.
pub const DATABASE_URL: &str = "DATABASE_URL";
/// The same to the server itself, for what listens.
pub const DATABASE_DIRECT_URL: &str = "DATABASE_DIRECT_URL";
/// What connections to PostgreSQL are called on the server; libpq and sqlx read it.
pub const PGAPPNAME: &str = "PGAPPNAME";
/// Where brokers are reached: hosts with ports, with commas between them.
pub const KAFKA_BOOTSTRAP_SERVERS: &str = "KAFKA_BOOTSTRAP_SERVERS";
/// The file with the certificate of the authority that brokers are signed by.
pub const KAFKA_CA_FILE: &str = "KAFKA_CA_FILE";
/// The file with the certificate of the workload's own user.
pub const KAFKA_CERTIFICATE_FILE: &str = "KAFKA_CERTIFICATE_FILE";
/// The file with its key.
pub const KAFKA_KEY_FILE: &str = "KAFKA_KEY_FILE";
/// The consumer group.
pub const KAFKA_GROUP: &str = "KAFKA_GROUP";

/// All of them that have the same name in every service.
pub const FIXED: [&str; 8] = [
    DATABASE_URL,
    DATABASE_DIRECT_URL,
    PGAPPNAME,
    KAFKA_BOOTSTRAP_SERVERS,
    KAFKA_CA_FILE,
    KAFKA_CERTIFICATE_FILE,
    KAFKA_KEY_FILE,
    KAFKA_GROUP,
];

/// Where the pods of a service are called, as a host and a port: `REALTIME_CHAT_ADDRESS`.
pub fn address_of(service: &str) -> String {
    format!("{}_ADDRESS", environment_variable(service))
}
