//! How a service is run.

use super::Located;
use crate::source::Place;
use foldhash::{HashSet, HashSetExt};

/// The port on which everything that runs serves its metrics and answers whether it lives, over HTTP.
pub const METRICS_PORT: u16 = 9090;

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

/// How a service is run, with all defaults filled in.
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
    /// Where the most was set: by `max`, else by `min`.
    pub max_place: Option<Place>,
}

/// A variable as written: its name and its value.
type Variable = (Located<String>, Located<String>);

impl Deploy {
    /// What several layers say together, the nearest first: the service's own, then what holds for all.
    pub fn merged(layers: &[(&DeployPart, &ScalePart)], place: Place) -> Deploy {
        let parts: Vec<&DeployPart> = layers.iter().map(|(deploy, _)| *deploy).collect();
        let scales: Vec<&ScalePart> = layers.iter().map(|(_, scale)| *scale).collect();
        let doubled = |requested: u32| requested.saturating_mul(2);
        let cpu = (nearest(&parts, |part| &part.cpu_millis), nearest(&parts, |part| &part.cpu_limit_millis));
        let memory =
            (nearest(&parts, |part| &part.memory_mib), nearest(&parts, |part| &part.memory_limit_mib));
        let (cpu_millis, cpu_limit_millis) = bounds(cpu.0, cpu.1, 500, doubled);
        let (memory_mib, memory_limit_mib) = bounds(memory.0, memory.1, 1024, doubled);
        let (env, secrets) = variables(&parts);
        Deploy {
            image: parts.iter().find_map(|part| part.image.clone()),
            port: nearest(&parts, |part| &part.port).map_or(50051, |(_, port)| port.value),
            cpu_millis,
            memory_mib,
            cpu_limit_millis,
            memory_limit_mib,
            scale: Scale::merged(&scales),
            env,
            secrets,
            place,
        }
    }
}

impl Scale {
    /// What several layers say together, the nearest first.
    pub fn merged(layers: &[&ScalePart]) -> Scale {
        let (least, most) = (nearest(layers, |part| &part.min), nearest(layers, |part| &part.max));
        let (min, max) = bounds(least, most, 3, |min| min);
        let is_raised =
            least.zip(most).is_some_and(|((_, least), (_, most))| least.value == max && most.value < max);
        let place_of = if is_raised { least } else { most.or(least) };
        Scale {
            min,
            max,
            cpu_percent: nearest(layers, |part| &part.cpu_percent).map_or(70, |(_, share)| share.value),
            lag: nearest(layers, |part| &part.lag).map_or(1000, |(_, lag)| lag.value),
            max_place: place_of.map(|(_, located)| located.place),
        }
    }
}

/// What the nearest layer says that says something, with the number of that layer.
fn nearest<'a, P, T>(
    layers: &[&'a P],
    part: impl Fn(&'a P) -> &'a Option<Located<T>>,
) -> Option<(usize, &'a Located<T>)> {
    layers.iter().enumerate().find_map(|(number, layer)| Some((number, part(layer).as_ref()?)))
}

/// A lower and an upper bound. Where they cross, the nearer one counts, and the other follows it: who asks for at most two
/// replicas where three are usual gets two.
fn bounds(
    low: Option<(usize, &Located<u32>)>,
    high: Option<(usize, &Located<u32>)>,
    default: u32,
    default_high: impl Fn(u32) -> u32,
) -> (u32, u32) {
    match (low.map(|(layer, low)| (layer, low.value)), high.map(|(layer, high)| (layer, high.value))) {
        (Some((near, low)), Some((far, high))) if low > high && near <= far => (low, low),
        (Some((_, low)), Some((_, high))) => (low.min(high), high),
        (Some((_, low)), None) => (low, default_high(low)),
        (None, Some((_, high))) => (default.min(high), high),
        (None, None) => (default, default_high(default)),
    }
}

/// Variables and secrets of all layers, the farthest first. A name that a nearer layer has is that one's, whichever of the
/// two it is.
fn variables(layers: &[&DeployPart]) -> (Vec<Variable>, Vec<Located<String>>) {
    let mut taken: HashSet<&str> = HashSet::new();
    let (mut env, mut secrets) = (Vec::new(), Vec::new());
    for layer in layers {
        let is_free = |name: &Located<String>| !taken.contains(name.as_str());
        env.push(layer.env.iter().filter(|(name, _)| is_free(name)).cloned().collect::<Vec<_>>());
        secrets.push(layer.secrets.iter().filter(|name| is_free(name)).cloned().collect::<Vec<_>>());
        taken.extend(layer.env.iter().map(|(name, _)| name.as_str()));
        taken.extend(layer.secrets.iter().map(Located::as_str));
    }
    (env.into_iter().rev().flatten().collect(), secrets.into_iter().rev().flatten().collect())
}
