//! How a service is run.

use super::Located;
use crate::source::Place;

/// Parts of `deploy` as written; what is missing comes from the platform's `defaults`.
#[derive(Clone, Debug, Default)]
pub struct DeployPart {
    /// `image=`.
    pub image: Option<Located<String>>,
    /// `port=`.
    pub port: Option<Located<u16>>,
    /// `cpu-millis=`: requested, in thousandths of a core.
    pub cpu_millis: Option<Located<u32>>,
    /// `memory-mib=`: requested, in MiB.
    pub memory_mib: Option<Located<u32>>,
    /// `cpu-limit-millis=`.
    pub cpu_limit_millis: Option<Located<u32>>,
    /// `memory-limit-mib=`.
    pub memory_limit_mib: Option<Located<u32>>,
    /// `env NAME VALUE`.
    pub env: Vec<(Located<String>, Located<String>)>,
    /// `secret NAME`.
    pub secrets: Vec<Located<String>>,
}

/// Parts of `scale` as written.
#[derive(Clone, Debug, Default)]
pub struct ScalePart {
    /// `min=`.
    pub min: Option<Located<u32>>,
    /// `max=`.
    pub max: Option<Located<u32>>,
    /// `cpu-percent=`.
    pub cpu_percent: Option<Located<u32>>,
    /// `lag=`: messages that one consumer replica may be behind.
    pub lag: Option<Located<u32>>,
}

/// How a service is run, with the platform's defaults filled in.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// The container image.
    pub image: Option<Located<String>>,
    /// The gRPC port. Default: 50051.
    pub port: u16,
    /// Requested CPU in thousandths of a core. Default: 500.
    pub cpu_millis: u32,
    /// Requested memory in MiB. Default: 1024.
    pub memory_mib: u32,
    /// CPU limit in thousandths of a core. Default: twice what is requested.
    pub cpu_limit_millis: u32,
    /// Memory limit in MiB. Default: twice what is requested.
    pub memory_limit_mib: u32,
    /// Replicas.
    pub scale: Scale,
    /// Environment variables, in order.
    pub env: Vec<(Located<String>, Located<String>)>,
    /// Names of secrets, in order.
    pub secrets: Vec<Located<String>>,
    /// The node.
    pub place: Place,
}

/// How many replicas run.
#[derive(Clone, Debug)]
pub struct Scale {
    /// At least. Default: 3.
    pub min: u32,
    /// At most. Default: what `min` is.
    pub max: u32,
    /// The CPU share that the autoscaler aims at. Default: 70.
    pub cpu_percent: u32,
    /// Messages that one consumer replica may be behind. Default: 1000.
    pub lag: u32,
    /// Where the most was set.
    pub max_place: Option<Place>,
}
