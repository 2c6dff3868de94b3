//! Nodes in `environment`: what may differ from one environment to the next. Never tables, ports or names.

use super::deployment::{CPU, CPU_LIMIT, ENV, IMAGE, MEMORY, MEMORY_LIMIT, SCALE, SECRET};
use super::document::{BUDGET, KAFKA_CLUSTER, KAFKA_ENDPOINTS, NAMESPACE, NETWORK};
use super::{Arguments, EMPTY, Kind, NodeSpec, flag, many, once, optional, required};

/// `environment`.
pub static ENVIRONMENT: NodeSpec = NodeSpec {
    name: "environment",
    summary: "another place where all of the register runs, with what differs there; what the register says itself is \
              the environment `production`",
    arguments: Arguments::NAME,
    children: &[
        once(&NAMESPACE),
        once(&BUDGET),
        once(&NETWORK),
        once(&KAFKA),
        once(&DEFAULTS),
        many(&SERVER),
        many(&SERVICE),
    ],
    ..EMPTY
};

static KAFKA: NodeSpec = NodeSpec {
    name: "kafka",
    summary: "the brokers of the environment",
    properties: &[
        KAFKA_CLUSTER,
        KAFKA_ENDPOINTS,
        optional("replication", Kind::Whole(1, 15), "replicas of a partition; default: as the register says"),
    ],
    ..EMPTY
};

static DEFAULTS: NodeSpec = NodeSpec {
    name: "defaults",
    summary: "what all services take here before what the register says of them",
    children: &[once(&DEPLOY), once(&SCALE)],
    ..EMPTY
};

static SERVER: NodeSpec = NodeSpec {
    name: "server",
    summary: "how a server of the register differs here",
    arguments: Arguments::NAME,
    flags: &[
        flag("multi-az", "a standby in another zone, here"),
        flag("single-az", "no standby in another zone, here"),
    ],
    properties: &[
        optional("class", Kind::InstanceClass, "how large its instances are; default: as the register says"),
        optional("storage-gb", Kind::Whole(20, 65_536), "gp3 storage in GB; default: as the register says"),
        optional(
            "max-connections",
            Kind::Whole(6, 262_143),
            "`max_connections`; default: as the register says",
        ),
        optional(
            "reserved-connections",
            Kind::Whole(0, 1000),
            "kept for administrators; default: as the register says",
        ),
        optional(
            "pooler-connections",
            Kind::Whole(1, 10_000),
            "kept open by the pooler that stands before the server; default: as the register says",
        ),
        optional("read-replicas", Kind::Whole(0, 15), "copies to read from; default: as the register says"),
        optional(
            "backup-days",
            Kind::Whole(1, 35),
            "days that backups are kept; default: as the register says",
        ),
        optional(
            "backup-window",
            Kind::DailyWindow,
            "when backups begin, UTC; default: as the register says",
        ),
        optional(
            "maintenance-window",
            Kind::WeeklyWindow,
            "when AWS may restart it, UTC; default: as the register says",
        ),
        optional(
            "networks",
            Kind::CidrList,
            "where it is; default: what the environment's `network databases=` says, else as the register says",
        ),
    ],
    ..EMPTY
};

static SERVICE: NodeSpec = NodeSpec {
    name: "service",
    summary: "how a service of the register is run here",
    arguments: Arguments::NAME,
    children: &[once(&DATABASE), once(&DEPLOY)],
    ..EMPTY
};

static DATABASE: NodeSpec = NodeSpec {
    name: "database",
    summary: "how its database is used here",
    properties: &[required("pool", Kind::Whole(1, 1000), "connections of one replica")],
    ..EMPTY
};

static DEPLOY: NodeSpec = NodeSpec {
    name: "deploy",
    summary: "how it is run here; what is left out is as the register says",
    properties: &[IMAGE, CPU, MEMORY, CPU_LIMIT, MEMORY_LIMIT],
    children: &[once(&SCALE), many(&ENV), many(&SECRET)],
    ..EMPTY
};
