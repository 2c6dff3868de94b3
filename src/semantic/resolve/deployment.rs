//! How a service is run, with the platform's defaults filled in.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{Defaults, Deploy, DeployPart, Located, METRICS_PORT, ScalePart};
use crate::semantic::read::Reader;
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};

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

/// The `scale` in a `deploy` node as written.
pub(super) fn inner_scale(deploy: Reader<'_>) -> ScalePart {
    deploy.child("scale").map(scale_part).unwrap_or_default()
}

/// A `deploy` node over the platform's defaults.
pub(super) fn deploy(reader: Reader<'_>, defaults: &Defaults) -> Deploy {
    let own = (deploy_part(reader), inner_scale(reader));
    Deploy::merged(&[(&own.0, &own.1), (&defaults.deploy, &defaults.scale)], reader.node.place())
}

/// A port.
pub(super) fn port(number: Located<u32>) -> Option<Located<u16>> {
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
        if let Some(port) = deploy.whole("port").filter(|port| port.value == u32::from(METRICS_PORT)) {
            self.findings.push(
                Finding::error("contradiction", format!("port {METRICS_PORT} is where metrics are"))
                    .at(port.place, "taken")
                    .help("take another port for gRPC; the default is 50051"),
            );
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
