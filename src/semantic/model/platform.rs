//! What holds for the whole platform: versions, prices, defaults, servers, teams, externs.

use super::{
    DailyWindow, DeployPart, Endpoint, Located, OnDelete, OwnerAway, ScalePart, ServiceId, Verify,
    WeeklyWindow,
};
use crate::source::Place;
use ipnet::IpNet;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::collections::BTreeMap;

/// The `platform` node. Where a register has none, its defaults hold.
#[derive(Clone, Debug, Default)]
pub struct Platform {
    /// The name; `None` where the register has no `platform` node.
    pub name: Option<Located<String>>,
    /// `postgres version=`, such as `16.3`.
    pub postgres_version: Option<Located<String>>,
    /// Kafka: its defaults, and how it is reached.
    pub kafka: Kafka,
    /// What the cluster of Kubernetes has.
    pub kubernetes: Kubernetes,
    /// What lies outside the cluster.
    pub network: Network,
    /// The Kubernetes namespace.
    pub namespace: Option<Located<String>>,
    /// `budget monthly-usd=`.
    pub monthly_budget_usd: Option<Located<Decimal>>,
    /// `price instance=CLASS usd=`: US dollars a month, by class.
    pub instance_prices: BTreeMap<String, Located<Decimal>>,
    /// `price storage=KIND usd-per-gb=`: US dollars a month for one GB, by kind.
    pub storage_prices: BTreeMap<String, Located<Decimal>>,
    /// Time limits of RPCs.
    pub rpc: RpcLimits,
    /// How closely services have to agree.
    pub consistency: Consistency,
    /// `lint RULE level=`.
    pub lints: Vec<Lint>,
    /// `defaults`.
    pub defaults: Defaults,
}

/// `kafka` of the platform. Defaults: 6 partitions, 3 replicas, 7 days.
#[derive(Clone, Debug)]
pub struct Kafka {
    /// Partitions of a topic.
    pub partitions: u32,
    /// Replicas of a partition.
    pub replication: u32,
    /// Days that a topic keeps its messages.
    pub retention_days: u32,
    /// What makes topics and ACLs.
    pub tooling: KafkaTooling,
    /// `cluster=`: the name of Strimzi's `Kafka` resource.
    pub cluster: Option<Located<String>>,
    /// `bootstrap-servers=`; empty where the register does not say.
    pub bootstrap_servers: Vec<Endpoint>,
}

impl Kafka {
    /// The port of Strimzi's listener for clients with TLS in its own documentation.
    pub const TLS_PORT: u16 = 9093;
}

impl Default for Kafka {
    fn default() -> Kafka {
        Kafka {
            partitions: 6,
            replication: 3,
            retention_days: 7,
            tooling: KafkaTooling::Strimzi,
            cluster: None,
            bootstrap_servers: Vec::new(),
        }
    }
}

/// What makes topics and ACLs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KafkaTooling {
    /// Resources of the Strimzi operator.
    Strimzi,
    /// A script that calls Kafka's own tools.
    Script,
}

/// `kubernetes` of the platform: what the cluster has.
#[derive(Clone, Debug, Default)]
pub struct Kubernetes {
    /// KEDA scales consumers by their lag.
    pub keda: bool,
    /// Where secrets come from.
    pub secrets: SecretsFrom,
    /// The image with psql. Default: the official one of the platform's version.
    pub postgres_image: Option<Located<String>>,
    /// The image of PgBouncer.
    pub pooler_image: Option<Located<String>>,
    /// The `ClusterIssuer` of cert-manager that signs for poolers; `None` where people make their certificates.
    pub pooler_issuer: Option<Located<String>>,
    /// The oldest minor version of Kubernetes 1 that it has to run on. Default: 30.
    pub oldest_minor: Option<u32>,
}

/// Where the secrets of a cluster come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SecretsFrom {
    /// People make them.
    #[default]
    Kubernetes,
    /// External Secrets reads them from AWS Secrets Manager, through this `ClusterSecretStore`.
    ExternalSecrets {
        /// Its name.
        store: String,
    },
}

/// `network`: what lies outside the cluster. Default: the private ranges of RFC 1918.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Where the PostgreSQL servers are.
    pub databases: Vec<IpNet>,
    /// Where the brokers of Kafka are.
    pub brokers: Vec<IpNet>,
    /// Where stores other than buckets are.
    pub stores: Vec<IpNet>,
    /// Where S3 is reached; `None`: on the internet.
    pub buckets: Option<Vec<IpNet>>,
    /// Whether somebody said where stores are.
    pub has_stores: bool,
}

impl Default for Network {
    fn default() -> Network {
        let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
        let private: Vec<IpNet> = private.iter().filter_map(|range| range.parse().ok()).collect();
        Network {
            databases: private.clone(),
            brokers: private.clone(),
            stores: private,
            buckets: None,
            has_stores: false,
        }
    }
}

/// `rpc` of the platform, in milliseconds. Defaults: 1000 and 5000.
#[derive(Clone, Debug)]
pub struct RpcLimits {
    /// The limit of an RPC that states none.
    pub default_timeout_ms: u32,
    /// The longest that an RPC or a call may state.
    pub max_timeout_ms: u32,
    /// Where the longest was set.
    pub max_place: Option<Place>,
}

impl Default for RpcLimits {
    fn default() -> RpcLimits {
        RpcLimits { default_timeout_ms: 1000, max_timeout_ms: 5000, max_place: None }
    }
}

/// `consistency`: how closely a service has to agree with what it refers to and copies. Defaults: all rows, and 300
/// seconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consistency {
    /// Of a hundred rows, how many have to agree: from 0 to 100, with at most four digits after the point.
    pub percent: Decimal,
    /// For how many seconds a row may be on its way: no difference that is younger counts.
    pub lag_seconds: u32,
}

impl Default for Consistency {
    fn default() -> Consistency {
        Consistency { percent: Decimal::ONE_HUNDRED, lag_seconds: 300 }
    }
}

impl Consistency {
    /// Of a million rows, how many may disagree: 100 for 99.99 %.
    pub fn tolerated_per_million(&self) -> u32 {
        let tolerated = (Decimal::ONE_HUNDRED - self.percent) * Decimal::from(10_000);
        // Whole and within bounds, since the grammar takes no other percentage; else nothing is tolerated.
        tolerated.to_u32().unwrap_or(0)
    }
}

/// How a rule's findings are treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LintLevel {
    /// As errors.
    Deny,
    /// As warnings.
    Warn,
    /// Not reported.
    Off,
}

/// `lint RULE level=`.
#[derive(Clone, Debug)]
pub struct Lint {
    /// The rule.
    pub rule: Located<String>,
    /// How its findings are treated.
    pub level: LintLevel,
}

/// `defaults` of the platform: what services take where they say nothing.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Parts of `deploy`.
    pub deploy: DeployPart,
    /// Parts of `scale`.
    pub scale: ScalePart,
    /// `reference on-delete=`.
    pub reference_on_delete: Option<OnDelete>,
    /// `reference verify=`.
    pub reference_verify: Option<Verify>,
    /// `reference owner-away=`.
    pub reference_owner_away: Option<OwnerAway>,
}

/// A `team` node.
#[derive(Clone, Debug)]
pub struct Team {
    /// The name.
    pub name: Located<String>,
    /// Where to reach them.
    pub contact: Option<Located<String>>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// What it is for.
    pub summary: Option<Located<String>>,
}

/// A `server` node: a PostgreSQL server.
#[derive(Clone, Debug)]
pub struct Server {
    /// The name.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// The RDS instance class, such as `db.t3.medium`.
    pub class: Located<String>,
    /// Storage in GB.
    pub storage_gb: Located<u32>,
    /// `max_connections` of the server. Default: 100, PostgreSQL's own.
    pub max_connections: u32,
    /// Connections kept for administrators and monitoring. Default: 10.
    pub reserved_connections: u32,
    /// Connections that the pooler keeps open, where one stands before the server.
    pub pooler_connections: Option<u32>,
    /// A standby in another zone.
    pub multi_az: bool,
    /// Copies to read from. Default: 0.
    pub read_replicas: u32,
    /// Days that backups are kept. Default: 7.
    pub backup_days: u32,
    /// When backups begin. Default: 03:00 to 04:00 UTC.
    pub backup_window: DailyWindow,
    /// When AWS may restart it. Default: Monday 04:00 to 05:00 UTC.
    pub maintenance_window: WeeklyWindow,
    /// Where it is; empty: where its environment says that servers are.
    pub networks: Vec<IpNet>,
    /// The node.
    pub place: Place,
    /// What it is for.
    pub summary: Option<Located<String>>,
}

/// An `extern` node: something outside the register that calls or is called.
#[derive(Clone, Debug)]
pub struct Extern {
    /// The name.
    pub name: Located<String>,
    /// Its Kubernetes namespace.
    pub namespace: Option<Located<String>>,
    /// The port on which it is called. Default: 443.
    pub port: u16,
    /// It reads metrics, and calls no RPC.
    pub scrapes: bool,
    /// Names of the RPCs that it offers.
    pub rpcs: Vec<Located<String>>,
    /// Services that declare `called-by` it.
    pub calls: Vec<ServiceId>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// What it is for.
    pub summary: Option<Located<String>>,
}
