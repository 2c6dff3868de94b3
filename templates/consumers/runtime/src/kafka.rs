//! How brokers are reached.

use crate::settings::{self, SettingsError};
use rdkafka::ClientConfig;

/// Where brokers are, hosts with ports and commas between them.
const BOOTSTRAP_SERVERS: &str = "KAFKA_BOOTSTRAP_SERVERS";
/// The file with the certificate of the authority that brokers are signed by.
const CA_FILE: &str = "KAFKA_CA_FILE";
/// The file with the certificate of this program's user.
const CERTIFICATE_FILE: &str = "KAFKA_CERTIFICATE_FILE";
/// The file with its key.
const KEY_FILE: &str = "KAFKA_KEY_FILE";

/// Brokers, and who this program is to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaSettings {
    /// Hosts with ports, with commas between them.
    pub bootstrap_servers: String,
    /// TLS; without it nothing is encrypted and nobody proves who they are.
    pub tls: Option<KafkaTls>,
}

/// Files in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KafkaTls {
    /// The certificate of the authority that brokers are signed by.
    pub ca_file: String,
    /// The certificate of this program's user.
    pub certificate_file: String,
    /// Its key.
    pub key_file: String,
}

impl KafkaSettings {
    /// Brokers that are reached without TLS, as on a developer's machine.
    pub fn plain(bootstrap_servers: &str) -> KafkaSettings {
        KafkaSettings { bootstrap_servers: bootstrap_servers.to_owned(), tls: None }
    }

    /// Reads `KAFKA_BOOTSTRAP_SERVERS`, and, for TLS, `KAFKA_CA_FILE`, `KAFKA_CERTIFICATE_FILE` and `KAFKA_KEY_FILE`.
    ///
    /// # Errors
    /// No servers are named, or only some of the files, or the program was built without TLS.
    pub fn from_environment() -> Result<KafkaSettings, SettingsError> {
        let bootstrap_servers = settings::required(BOOTSTRAP_SERVERS)?;
        Ok(KafkaSettings { bootstrap_servers, tls: tls_from_environment()? })
    }

    /// What every client of librdkafka is configured with.
    pub fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", &self.bootstrap_servers);
        if let Some(tls) = &self.tls {
            config
                .set("security.protocol", "ssl")
                .set("ssl.ca.location", &tls.ca_file)
                .set("ssl.certificate.location", &tls.certificate_file)
                .set("ssl.key.location", &tls.key_file);
        }
        config
    }
}

fn tls_from_environment() -> Result<Option<KafkaTls>, SettingsError> {
    const FILES: [&str; 3] = [CA_FILE, CERTIFICATE_FILE, KEY_FILE];
    let files = FILES.map(|name| (name, settings::optional(name)));
    let mut values = Vec::with_capacity(FILES.len());
    for (name, value) in files {
        values.push((name, value?));
    }
    let set = values.iter().find(|(_, value)| value.is_some()).map(|(name, _)| *name);
    let missing = values.iter().find(|(_, value)| value.is_none()).map(|(name, _)| *name);
    match (set, missing) {
        (None, _) => Ok(None),
        (Some(set), Some(missing)) => Err(SettingsError::Incomplete { set, missing }),
        (Some(name), None) if !cfg!(feature = "kafka-tls") => {
            Err(SettingsError::NotBuilt { name, feature: "kafka-tls" })
        }
        (Some(_), None) => {
            let mut values = values.into_iter().filter_map(|(_, value)| value);
            let mut next = || values.next().unwrap_or_default();
            Ok(Some(KafkaTls { ca_file: next(), certificate_file: next(), key_file: next() }))
        }
    }
}
