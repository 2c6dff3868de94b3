//! The platform, its teams, servers and externs, and the shapes.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    Defaults, Extern, Lint, LintLevel, Located, OnDelete, Platform, Server, Team, Verify,
};
use crate::semantic::read::Reader;

impl<'a> Resolver<'a> {
    /// Everything at the top of files but services.
    pub(super) fn declare_platform(&mut self, roots: &[Reader<'a>]) {
        let mut platforms = roots.iter().filter(|root| root.spec.name == "platform");
        if let Some(first) = platforms.next() {
            self.register.platform = self.platform(*first);
            for again in platforms.filter(|other| other.node.tree.file != first.node.tree.file) {
                self.findings.push(
                    Finding::error("repeated-node", "`platform` stands in two files")
                        .at(again.node.name_place(), "again here")
                        .at(first.node.name_place(), "first here")
                        .help("only the first one counts: bring both together into one"),
                );
            }
        }
        for root in roots {
            match root.spec.name {
                "team" => self.declare_team(*root),
                "server" => self.declare_server(*root),
                "extern" => self.declare_extern(*root),
                _ => {}
            }
        }
    }

    /// The shapes, by name.
    pub(super) fn declare_shapes(&mut self, roots: &[Reader<'a>]) {
        for root in roots.iter().filter(|root| root.spec.name == "shape") {
            let Some(name) = root.argument(0) else { continue };
            let Some(key) = root.node.entries().iter().find_map(|entry| match entry.value.kind {
                crate::syntax::ValueKind::String(text) if entry.name.is_none() => {
                    Some(root.node.tree.string(text))
                }
                _ => None,
            }) else {
                continue;
            };
            match self.shapes.get(key) {
                Some(first) => {
                    let first = first.node.name_place();
                    self.duplicate("shapes", &name, first);
                }
                None => {
                    self.shapes.insert(key, *root);
                }
            }
        }
    }

    fn platform(&mut self, reader: Reader<'_>) -> Platform {
        let mut platform = Platform { name: reader.argument(0), ..Platform::default() };
        platform.postgres_version = reader.child("postgres").and_then(|node| node.text("version"));
        if let Some(node) = reader.child("kafka") {
            let kafka = &mut platform.kafka;
            kafka.partitions = node.whole("partitions").map_or(kafka.partitions, |n| n.value);
            kafka.replication = node.whole("replication").map_or(kafka.replication, |n| n.value);
            kafka.retention_days = node.whole("retention-days").map_or(kafka.retention_days, |n| n.value);
        }
        platform.namespace = reader.child("namespace").and_then(|node| node.argument(0));
        platform.monthly_budget_usd = reader.child("budget").and_then(|node| node.money("monthly-usd"));
        if let Some(node) = reader.child("rpc") {
            let rpc = &mut platform.rpc;
            rpc.default_timeout_ms =
                node.whole("default-timeout-ms").map_or(rpc.default_timeout_ms, |n| n.value);
            if let Some(longest) = node.whole("max-timeout-ms") {
                rpc.max_timeout_ms = longest.value;
                rpc.max_place = Some(longest.place);
            }
        }
        platform.lints = reader.children_named("lint").filter_map(lint).collect();
        platform.defaults = reader.child("defaults").map_or_else(Defaults::default, defaults);
        for price in reader.children_named("price") {
            self.price(price, &mut platform);
        }
        platform
    }

    fn price(&mut self, reader: Reader<'_>, platform: &mut Platform) {
        let instance = reader.text("instance").zip(reader.money("usd"));
        let storage = reader.text("storage").zip(reader.money("usd-per-gb"));
        let (kind, prices, (name, price)) = match (instance, storage) {
            (Some(pair), None) => ("prices of a class", &mut platform.instance_prices, pair),
            (None, Some(pair)) => ("prices of a storage", &mut platform.storage_prices, pair),
            _ => {
                self.findings.push(
                    Finding::error("wrong-value", "`price` is of a class or of a storage")
                        .at(reader.node.head_place(), "neither, or both")
                        .help(
                            "written as `price instance=CLASS usd=75` or `price storage=gp3 usd-per-gb=0.23`",
                        ),
                );
                return;
            }
        };
        if let Some(first) = prices.get(name.as_str()) {
            let first = first.place;
            self.duplicate(kind, &name, first);
        } else {
            prices.insert(name.value, price);
        }
    }

    fn declare_team(&mut self, reader: Reader<'_>) {
        let Some(name) = reader.argument(0) else { return };
        if let Some(first) = self.names.teams.get(name.as_str()) {
            let first = self.register.teams[*first].name.place;
            return self.duplicate("teams", &name, first);
        }
        let key = name.value.clone();
        let id = self.register.teams.push(Team { name, contact: reader.text("contact") });
        self.names.teams.insert(key, id);
    }

    fn declare_server(&mut self, reader: Reader<'_>) {
        let Some(name) = reader.argument(0) else { return };
        if let Some(first) = self.names.servers.get(name.as_str()) {
            let first = self.register.servers[*first].name.place;
            return self.duplicate("servers", &name, first);
        }
        let (Some(class), Some(storage_gb)) = (reader.text("class"), reader.whole("storage-gb")) else {
            return;
        };
        let key = name.value.clone();
        let id = self.register.servers.push(Server {
            name,
            was: reader.text("was"),
            class,
            storage_gb,
            max_connections: reader.whole("max-connections").map_or(100, |n| n.value),
            reserved_connections: reader.whole("reserved-connections").map_or(10, |n| n.value),
            pooler_connections: reader.whole("pooler-connections").map(|n| n.value),
            multi_az: reader.flag("multi-az").is_some(),
            place: reader.node.place(),
        });
        self.names.servers.insert(key, id);
    }

    fn declare_extern(&mut self, reader: Reader<'_>) {
        let Some(name) = reader.argument(0) else { return };
        if let Some(first) = self.names.externs.get(name.as_str()) {
            let first = self.register.externs[*first].name.place;
            return self.duplicate("externs", &name, first);
        }
        let key = name.value.clone();
        let id = self.register.externs.push(Extern {
            name,
            namespace: reader.text("namespace"),
            rpcs: reader.children_named("rpc").flat_map(|node| node.arguments_from(0)).collect(),
            calls: Vec::new(),
        });
        self.names.externs.insert(key, id);
    }
}

fn lint(reader: Reader<'_>) -> Option<Lint> {
    let level = match reader.text("level")?.as_str() {
        "deny" => LintLevel::Deny,
        "warn" => LintLevel::Warn,
        _ => LintLevel::Off,
    };
    Some(Lint { rule: reader.argument(0)?, level })
}

fn defaults(reader: Reader<'_>) -> Defaults {
    let deploy = reader.child("deploy");
    let scale = reader.child("scale").or_else(|| deploy.and_then(|node| node.child("scale")));
    let reference = reader.child("reference");
    Defaults {
        deploy: deploy.map(super::deployment::deploy_part).unwrap_or_default(),
        scale: scale.map(super::deployment::scale_part).unwrap_or_default(),
        reference_on_delete: reference.and_then(|node| on_delete(node)).map(|found| found.value),
        reference_verify: reference.and_then(|node| verify(node)).map(|found| found.value),
    }
}

/// `on-delete=` of a reference.
pub(super) fn on_delete(reader: Reader<'_>) -> Option<Located<OnDelete>> {
    let text = reader.text("on-delete")?;
    let value = match text.as_str() {
        "delete" => OnDelete::Delete,
        "soft-delete" => OnDelete::SoftDelete,
        "nullify" => OnDelete::Nullify,
        _ => OnDelete::Keep,
    };
    Some(Located::new(value, text.place))
}

/// `verify=` of a reference.
pub(super) fn verify(reader: Reader<'_>) -> Option<Located<Verify>> {
    let text = reader.text("verify")?;
    let value = match text.as_str() {
        "projection" => Verify::Projection,
        "rpc" => Verify::Rpc,
        _ => Verify::None,
    };
    Some(Located::new(value, text.place))
}
