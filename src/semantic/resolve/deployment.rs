//! How a service is run, with the platform's defaults filled in.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{Defaults, Deploy, DeployPart, Located, Scale, ScalePart};
use crate::semantic::read::Reader;
use crate::source::Place;
use foldhash::{HashMap, HashMapExt, HashSet};

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
    let names: HashSet<&str> = own.env.iter().map(|(name, _)| name.as_str()).collect();
    let mut env: Vec<_> =
        base.env.iter().filter(|(name, _)| !names.contains(name.as_str())).cloned().collect();
    env.extend(own.env.iter().cloned());
    let inherited: HashSet<&str> = base.secrets.iter().map(Located::as_str).collect();
    let mut secrets = base.secrets.clone();
    secrets.extend(own.secrets.iter().filter(|secret| !inherited.contains(secret.as_str())).cloned());
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

impl Resolver<'_> {
    /// What `deploy` says twice, or against itself.
    pub(super) fn deploy_form(&mut self, deploy: Reader<'_>) {
        let mut first: HashMap<String, Place> = HashMap::new();
        let variables = deploy.children_named("env").filter_map(|node| node.argument(0));
        let secrets = deploy.children_named("secret").flat_map(|node| node.arguments_from(0));
        for name in variables.chain(secrets) {
            match first.get(name.as_str()) {
                Some(first) => self.named_twice("variable", &name, *first),
                None => {
                    first.insert(name.value, name.place);
                }
            }
        }
        self.not_above(deploy, "cpu-millis", "cpu-limit-millis");
        self.not_above(deploy, "memory-mib", "memory-limit-mib");
        if let Some(scale) = deploy.child("scale") {
            self.not_above(scale, "min", "max");
        }
    }

    /// Two properties of which the first must not be the greater.
    pub(super) fn not_above(&mut self, reader: Reader<'_>, less: &str, more: &str) {
        if let Some((low, high)) = reader.whole(less).zip(reader.whole(more))
            && low.value > high.value
        {
            self.findings.push(
                Finding::error("contradiction", format!("`{more}=` is below `{less}=`"))
                    .at(high.place, "at most this")
                    .at(low.place, "at least this")
                    .help(format!("raise `{more}=`, or lower `{less}=`")),
            );
        }
    }
}
