//! How a service is run, with the platform's defaults filled in.

use crate::semantic::model::{Defaults, Deploy, DeployPart, Located, Scale, ScalePart};
use crate::semantic::read::Reader;

/// The parts of a `deploy` node as written.
pub(super) fn deploy_part(reader: Reader<'_>) -> DeployPart {
    DeployPart {
        image: reader.text("image"),
        port: reader.whole("port").and_then(port),
        cpu_millis: reader.whole("cpu-millis"),
        memory_mib: reader.whole("memory-mib"),
        cpu_limit_millis: reader.whole("cpu-limit-millis"),
        memory_limit_mib: reader.whole("memory-limit-mib"),
        env: reader
            .children_named("env")
            .filter_map(|node| Some((node.argument(0)?, node.argument(1)?)))
            .collect(),
        secrets: reader.children_named("secret").flat_map(|node| node.arguments_from(0)).collect(),
    }
}

/// The parts of a `scale` node as written.
pub(super) fn scale_part(reader: Reader<'_>) -> ScalePart {
    ScalePart {
        min: reader.whole("min"),
        max: reader.whole("max"),
        cpu_percent: reader.whole("cpu-percent"),
        lag: reader.whole("lag"),
    }
}

/// A `deploy` node over the platform's defaults.
pub(super) fn deploy(reader: Reader<'_>, defaults: &Defaults) -> Deploy {
    let own = deploy_part(reader);
    let base = &defaults.deploy;
    let cpu_millis = value(&own.cpu_millis, &base.cpu_millis).unwrap_or(500);
    let memory_mib = value(&own.memory_mib, &base.memory_mib).unwrap_or(1024);
    let scale = reader.child("scale").map(scale_part).unwrap_or_default();
    let own_names = |name: &str| own.env.iter().any(|(own_name, _)| own_name.as_str() == name);
    let mut env: Vec<_> = base.env.iter().filter(|(name, _)| !own_names(name.as_str())).cloned().collect();
    env.extend(own.env.iter().cloned());
    let mut secrets = base.secrets.clone();
    for secret in own.secrets {
        if !secrets.iter().any(|known| known.value == secret.value) {
            secrets.push(secret);
        }
    }
    Deploy {
        image: own.image.or_else(|| base.image.clone()),
        port: value(&own.port, &base.port).unwrap_or(50051),
        cpu_millis,
        memory_mib,
        cpu_limit_millis: value(&own.cpu_limit_millis, &base.cpu_limit_millis)
            .unwrap_or(cpu_millis.saturating_mul(2)),
        memory_limit_mib: value(&own.memory_limit_mib, &base.memory_limit_mib)
            .unwrap_or(memory_mib.saturating_mul(2)),
        scale: scaled(&scale, &defaults.scale),
        env,
        secrets,
        place: reader.node.place(),
    }
}

fn scaled(own: &ScalePart, base: &ScalePart) -> Scale {
    let min = value(&own.min, &base.min).unwrap_or(3);
    let max = own.max.as_ref().or(base.max.as_ref());
    Scale {
        min,
        // A service that raises `min` above the platform's `max` means at least that many.
        max: max.map_or(min, |max| max.value.max(min)),
        cpu_percent: value(&own.cpu_percent, &base.cpu_percent).unwrap_or(70),
        lag: value(&own.lag, &base.lag).unwrap_or(1000),
        max_place: max.map(|max| max.place),
    }
}

fn value<T: Copy>(own: &Option<Located<T>>, base: &Option<Located<T>>) -> Option<T> {
    own.as_ref().or(base.as_ref()).map(|located| located.value)
}

fn port(number: Located<u32>) -> Option<Located<u16>> {
    Some(Located::new(u16::try_from(number.value).ok()?, number.place))
}
