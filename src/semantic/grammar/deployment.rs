//! Nodes that say how a service is run: `deploy` and what it holds.

use super::{Arguments, EMPTY, Kind, NodeSpec, Property, argument, many, once, optional};

/// `image=` of `deploy`.
pub(super) const IMAGE: Property = optional("image", Kind::Name, "the container image");
const PORT: Property = optional("port", Kind::Whole(1, 65_535), "the gRPC port; default 50051");
/// `cpu-millis=` of `deploy`.
pub(super) const CPU: Property =
    optional("cpu-millis", Kind::Whole(1, 1_000_000), "requested CPU in thousandths of a core; default 500");
/// `memory-mib=` of `deploy`.
pub(super) const MEMORY: Property =
    optional("memory-mib", Kind::Whole(1, 4_194_304), "requested memory in MiB; default 1024");
/// `cpu-limit-millis=` of `deploy`.
pub(super) const CPU_LIMIT: Property = optional(
    "cpu-limit-millis",
    Kind::Whole(1, 1_000_000),
    "CPU limit in thousandths of a core; default: twice what is requested",
);
/// `memory-limit-mib=` of `deploy`.
pub(super) const MEMORY_LIMIT: Property = optional(
    "memory-limit-mib",
    Kind::Whole(1, 4_194_304),
    "memory limit in MiB; default: twice what is requested",
);

/// `deploy`, of services and of the platform's defaults.
pub static DEPLOY: NodeSpec = NodeSpec {
    name: "deploy",
    summary: "how it is run",
    properties: &[IMAGE, PORT, CPU, MEMORY, CPU_LIMIT, MEMORY_LIMIT],
    children: &[once(&SCALE), many(&ENV), many(&SECRET)],
    ..EMPTY
};

/// `scale`, of `deploy` and of the platform's defaults.
pub static SCALE: NodeSpec = NodeSpec {
    name: "scale",
    summary: "how many replicas run",
    properties: &[
        optional("min", Kind::Whole(1, 10_000), "at least; default 3"),
        optional("max", Kind::Whole(1, 10_000), "at most; default: what `min` is"),
        optional("cpu-percent", Kind::Whole(1, 100), "the CPU share that the autoscaler aims at; default 70"),
        optional(
            "lag",
            Kind::Whole(1, 1_000_000_000),
            "messages that one consumer replica may be behind; default 1000",
        ),
    ],
    ..EMPTY
};

/// `env`, of `deploy`.
pub(super) static ENV: NodeSpec = NodeSpec {
    name: "env",
    summary: "an environment variable",
    arguments: Arguments::exactly(&[argument("name", Kind::Name), argument("value", Kind::Literal)]),
    ..EMPTY
};

/// `secret`, of `deploy`.
pub(super) static SECRET: NodeSpec = NodeSpec {
    name: "secret",
    summary: "environment variables that come from secrets",
    arguments: Arguments::many("name", Kind::Name, 1),
    ..EMPTY
};
