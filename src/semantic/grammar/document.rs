//! Nodes at the top of a file.

use super::deployment::{DEPLOY, SCALE};
use super::environment::ENVIRONMENT;
use super::service::SERVICE;
use super::table::SHAPE;
use super::{
    Arguments, EMPTY, Kind, NodeSpec, Property, SUMMARY, WAS, argument, flag, many, once, optional, required,
};

/// A document.
pub static DOCUMENT: NodeSpec = NodeSpec {
    name: "(document)",
    summary: "a file of the register",
    children: &[
        many(&INCLUDE),
        once(&PLATFORM),
        many(&TEAM),
        many(&SERVER),
        many(&EXTERN),
        many(&SHAPE),
        many(&SERVICE),
        many(&ENVIRONMENT),
    ],
    ..EMPTY
};

static INCLUDE: NodeSpec = NodeSpec {
    name: "include",
    summary: "reads other files in, by a path or glob relative to this file, inside the folder of the model",
    arguments: Arguments::exactly(&[argument("path", Kind::Name)]),
    ..EMPTY
};

static PLATFORM: NodeSpec = NodeSpec {
    name: "platform",
    summary: "what holds for all services",
    arguments: Arguments::NAME,
    children: &[
        once(&POSTGRES),
        once(&KAFKA),
        once(&KUBERNETES),
        once(&NETWORK),
        once(&NAMESPACE),
        once(&BUDGET),
        many(&PRICE),
        once(&RPC_LIMITS),
        once(&CONSISTENCY),
        many(&LINT),
        once(&DEFAULTS),
    ],
    ..EMPTY
};

static POSTGRES: NodeSpec = NodeSpec {
    name: "postgres",
    summary: "the PostgreSQL that servers run",
    properties: &[required("version", Kind::Version, "15 to 18, such as `16.3`")],
    ..EMPTY
};

static KAFKA: NodeSpec = NodeSpec {
    name: "kafka",
    summary: "what topics take where they say nothing",
    properties: &[
        optional("partitions", Kind::Whole(1, 10_000), "partitions of a topic; default 6"),
        optional("replication", Kind::Whole(1, 15), "replicas of a partition; default 3"),
        optional("retention-days", Kind::Whole(1, 3650), "days that messages are kept; default 7"),
        optional(
            "tooling",
            Kind::OneOf(&["strimzi", "script"]),
            "what makes topics and ACLs: resources of Strimzi, or a script for Kafka's own tools; default strimzi",
        ),
        KAFKA_CLUSTER,
        KAFKA_ENDPOINTS,
    ],
    ..EMPTY
};

/// `cluster=` of `kafka`.
pub(super) const KAFKA_CLUSTER: Property =
    optional("cluster", Kind::Name, "the name of Strimzi's `Kafka` resource; default: the platform's name");
/// `bootstrap-servers=` of `kafka`.
pub(super) const KAFKA_ENDPOINTS: Property = optional(
    "bootstrap-servers",
    Kind::EndpointList,
    "where the brokers are reached; default: the service that Strimzi makes for the cluster, port 9093",
);

static KUBERNETES: NodeSpec = NodeSpec {
    name: "kubernetes",
    summary: "what the cluster has",
    flags: &[flag("keda", "KEDA scales consumers by their lag; otherwise they are scaled by CPU")],
    properties: &[
        optional(
            "secrets",
            Kind::OneOf(&["kubernetes", "external-secrets"]),
            "where secrets come from: people make them, or External Secrets reads them from AWS; default kubernetes",
        ),
        optional(
            "secret-store",
            Kind::Name,
            "the `ClusterSecretStore` of External Secrets; default aws-secrets-manager",
        ),
        optional(
            "postgres-image",
            Kind::Name,
            "the image with psql for migrations and jobs; default: the official one of the platform's version",
        ),
        optional(
            "pooler-image",
            Kind::Name,
            "the image of PgBouncer; default docker.io/edoburu/pgbouncer:v1.25.2-p0",
        ),
        optional(
            "pooler-issuer",
            Kind::Name,
            "the `ClusterIssuer` of cert-manager that signs for poolers; default: people make their certificates",
        ),
        optional(
            "version",
            Kind::OneOf(&["1.28", "1.29", "1.30"]),
            "the oldest Kubernetes that it has to run on; default 1.30",
        ),
    ],
    ..EMPTY
};

/// `network`, of the platform and of an environment.
pub(super) static NETWORK: NodeSpec = NodeSpec {
    name: "network",
    summary: "what lies outside the cluster; policies let pods reach it on its ports, and nothing else",
    properties: &[
        optional(
            "databases",
            Kind::CidrList,
            "where the servers are; default: the private ranges of RFC 1918",
        ),
        optional("brokers", Kind::CidrList, "where the brokers are; default: the private ranges of RFC 1918"),
        optional(
            "stores",
            Kind::CidrList,
            "where stores other than buckets are; default: the private ranges of RFC 1918",
        ),
        optional(
            "buckets",
            Kind::CidrList,
            "where S3 is reached; default: everything on the internet, and nothing private",
        ),
    ],
    ..EMPTY
};

/// `namespace`, of the platform and of an environment.
pub(super) static NAMESPACE: NodeSpec = NodeSpec {
    name: "namespace",
    summary: "the Kubernetes namespace; default: the platform's name",
    arguments: Arguments::NAME,
    ..EMPTY
};

/// `budget`, of the platform and of an environment.
pub(super) static BUDGET: NodeSpec = NodeSpec {
    name: "budget",
    summary: "what the servers may cost",
    properties: &[required("monthly-usd", Kind::Money, "US dollars a month")],
    ..EMPTY
};

static PRICE: NodeSpec = NodeSpec {
    name: "price",
    summary: "a price over the built-in list: `instance=CLASS usd=` or `storage=gp3 usd-per-gb=`",
    properties: &[
        optional("instance", Kind::InstanceClass, "the class of a server"),
        optional("usd", Kind::Money, "US dollars a month for one server of that class"),
        optional("storage", Kind::OneOf(&["gp3"]), "the kind of storage"),
        optional("usd-per-gb", Kind::Money, "US dollars a month for one GB of that storage"),
    ],
    ..EMPTY
};

static RPC_LIMITS: NodeSpec = NodeSpec {
    name: "rpc",
    summary: "time limits of RPCs",
    properties: &[
        optional("default-timeout-ms", Kind::Whole(1, 3_600_000), "of an RPC that states none; default 1000"),
        optional("max-timeout-ms", Kind::Whole(1, 3_600_000), "the longest that may be stated; default 5000"),
    ],
    ..EMPTY
};

/// `consistency`, of the platform and of a service.
pub(super) static CONSISTENCY: NodeSpec = NodeSpec {
    name: "consistency",
    summary: "how closely services have to agree with what they refer to and copy",
    properties: &[
        optional(
            "percent",
            Kind::Percent,
            "rows, in a hundred, that have to agree; default: the platform's, there 100",
        ),
        optional(
            "lag-seconds",
            Kind::Whole(1, 86_400),
            "how long a row may be on its way, in seconds; default: the platform's, there 300",
        ),
    ],
    ..EMPTY
};

static LINT: NodeSpec = NodeSpec {
    name: "lint",
    summary: "how the findings of a rule are treated",
    arguments: Arguments::exactly(&[argument("rule", Kind::Name)]),
    properties: &[required(
        "level",
        Kind::OneOf(&["deny", "warn", "off"]),
        "as errors, as warnings, not at all",
    )],
    ..EMPTY
};

static DEFAULTS: NodeSpec = NodeSpec {
    name: "defaults",
    summary: "what services take where they say nothing",
    children: &[once(&DEPLOY), once(&SCALE), once(&DEFAULT_REFERENCE)],
    ..EMPTY
};

static DEFAULT_REFERENCE: NodeSpec = NodeSpec {
    name: "reference",
    summary: "what references take where they say nothing",
    properties: &[
        optional("on-delete", super::table::ON_DELETE, "what happens once the owner's row is gone"),
        optional("verify", super::table::VERIFY, "how an insert makes sure that the target exists"),
        optional(
            "owner-away",
            super::table::OWNER_AWAY,
            "what the check on insert says while nobody can be asked",
        ),
    ],
    ..EMPTY
};

static TEAM: NodeSpec = NodeSpec {
    name: "team",
    summary: "people who run services",
    arguments: Arguments::NAME,
    properties: &[optional("contact", Kind::Name, "where to reach them"), SUMMARY, WAS],
    ..EMPTY
};

static SERVER: NodeSpec = NodeSpec {
    name: "server",
    summary: "a PostgreSQL server; several databases may live on one",
    arguments: Arguments::NAME,
    flags: &[flag("multi-az", "a standby in another zone")],
    properties: &[
        required("class", Kind::InstanceClass, "how large its instances are"),
        required("storage-gb", Kind::Whole(20, 65_536), "gp3 storage in GB; RDS gives at least 20"),
        optional("max-connections", Kind::Whole(6, 262_143), "`max_connections`; default 100"),
        optional("reserved-connections", Kind::Whole(0, 1000), "kept for administrators; default 10"),
        optional("pooler-connections", Kind::Whole(1, 10_000), "kept open by a pooler before the server"),
        optional("read-replicas", Kind::Whole(0, 15), "copies to read from; default 0"),
        optional("backup-days", Kind::Whole(1, 35), "days that backups are kept; default 7"),
        optional("backup-window", Kind::DailyWindow, "when backups begin, UTC; default 03:00-04:00"),
        optional(
            "maintenance-window",
            Kind::WeeklyWindow,
            "when AWS may restart it, UTC; default mon:04:00-mon:05:00",
        ),
        optional(
            "networks",
            Kind::CidrList,
            "where it is, as policies let pods reach it; default: what `network databases=` says",
        ),
        SUMMARY,
        WAS,
    ],
    ..EMPTY
};

static EXTERN: NodeSpec = NodeSpec {
    name: "extern",
    summary: "something outside the register that calls or is called",
    arguments: Arguments::NAME,
    flags: &[flag(
        "scrapes",
        "it reads the metrics of services that name it in `called-by`, and calls none of their RPCs",
    )],
    properties: &[
        optional("namespace", Kind::Name, "its Kubernetes namespace"),
        optional("port", Kind::Whole(1, 65_535), "the port on which it is called; default 443"),
        SUMMARY,
        WAS,
    ],
    children: &[many(&EXTERN_RPC)],
    ..EMPTY
};

static EXTERN_RPC: NodeSpec = NodeSpec {
    name: "rpc",
    summary: "names of the RPCs that it offers",
    arguments: Arguments::many("rpc", Kind::Name, 1),
    ..EMPTY
};
