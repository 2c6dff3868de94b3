//! The platform, its teams, servers and externs, and the shapes.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    Consistency, DailyWindow, Defaults, Extern, KafkaTooling, Kubernetes, Lint, LintLevel, Located, OnDelete,
    OwnerAway, Platform, SecretsFrom, Server, Team, Verify, WeeklyWindow,
};
use crate::semantic::read::Reader;
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};

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
            let Some(key) = root.argument_text(0) else { continue };
            match self.shapes.get(key) {
                Some(first) => {
                    let first = first.argument(0).map_or(first.node.name_place(), |name| name.place);
                    self.duplicate("shapes", &name, first);
                }
                None => {
                    self.shapes.insert(key, *root);
                    self.shape_columns(*root);
                }
            }
        }
    }

    /// What is wrong in a shape by itself, whoever uses it.
    fn shape_columns(&mut self, shape: Reader<'_>) {
        let mut first: HashMap<String, Place> = HashMap::new();
        for column in shape.children_named("column") {
            let Some(name) = column.argument(0) else { continue };
            self.contradictions(column, &name);
            match first.get(name.as_str()) {
                Some(first) => self.duplicate("columns", &name, *first),
                None => {
                    first.insert(name.value, name.place);
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
            if node.text("tooling").is_some_and(|tooling| tooling.value == "script") {
                kafka.tooling = KafkaTooling::Script;
            }
            super::environments::brokers(node, kafka);
        }
        platform.kubernetes =
            reader.child("kubernetes").map(|node| self.kubernetes(node)).unwrap_or_default();
        platform.network = super::environments::network(reader, &platform.network);
        platform.namespace = reader.child("namespace").and_then(|node| node.argument(0));
        platform.monthly_budget_usd = reader.child("budget").and_then(|node| node.decimal("monthly-usd"));
        if let Some(node) = reader.child("rpc") {
            let rpc = &mut platform.rpc;
            rpc.default_timeout_ms =
                node.whole("default-timeout-ms").map_or(rpc.default_timeout_ms, |n| n.value);
            self.not_above(node, "default-timeout-ms", "max-timeout-ms");
            if let Some(longest) = node.whole("max-timeout-ms") {
                rpc.max_timeout_ms = longest.value;
                rpc.max_place = Some(longest.place);
            }
        }
        if let Some(node) = reader.child("consistency") {
            platform.consistency = consistency(node, &platform.consistency);
        }
        self.lints(reader, &mut platform);
        if let Some(node) = reader.child("defaults") {
            self.default_forms(node);
            platform.defaults = defaults(node);
        }
        for price in reader.children_named("price") {
            self.price(price, &mut platform);
        }
        platform
    }

    fn kubernetes(&mut self, reader: Reader<'_>) -> Kubernetes {
        let from_aws = reader.text("secrets").is_some_and(|from| from.value == "external-secrets");
        let store = reader.text("secret-store");
        if let Some(store) = store.as_ref().filter(|_| !from_aws) {
            self.findings.push(
                Finding::error("contradiction", "`secret-store=` stands without `secrets=external-secrets`")
                    .at(store.place, "read by nobody")
                    .help("write `secrets=external-secrets`, or take `secret-store=` out"),
            );
        }
        let secrets = match from_aws {
            false => SecretsFrom::Kubernetes,
            true => SecretsFrom::ExternalSecrets {
                store: store.map_or_else(|| "aws-secrets-manager".to_owned(), |store| store.value),
            },
        };
        Kubernetes {
            keda: reader.flag("keda").is_some(),
            secrets,
            postgres_image: reader.text("postgres-image"),
            pooler_image: reader.text("pooler-image"),
            pooler_issuer: reader.text("pooler-issuer"),
            oldest_minor: reader
                .text("version")
                .and_then(|version| version.value.strip_prefix("1.")?.parse().ok()),
        }
    }

    fn lints(&mut self, reader: Reader<'_>, platform: &mut Platform) {
        let mut first: HashMap<String, Place> = HashMap::new();
        for lint in reader.children_named("lint").filter_map(lint) {
            match first.get(lint.rule.as_str()) {
                Some(first) => self.named_twice("rule", &lint.rule, *first),
                None => {
                    first.insert(lint.rule.value.clone(), lint.rule.place);
                    platform.lints.push(lint);
                }
            }
        }
    }

    /// What `defaults` say against themselves, such as `scale` again in their `deploy`.
    pub(super) fn default_forms(&mut self, defaults: Reader<'_>) {
        if let Some(deploy) = defaults.child("deploy") {
            self.deploy_form(deploy);
        }
        if let Some(scale) = defaults.child("scale") {
            self.not_above(scale, "min", "max");
        }
        let inner = defaults.child("deploy").and_then(|deploy| deploy.child("scale"));
        if let Some((inner, outer)) = inner.zip(defaults.child("scale")) {
            self.findings.push(
                Finding::error("repeated-node", "`scale` stands twice in `defaults`")
                    .at(inner.node.name_place(), "once in `deploy`")
                    .at(outer.node.name_place(), "once beside it")
                    .help("only the one beside `deploy` counts: bring both together into one"),
            );
        }
    }

    fn price(&mut self, reader: Reader<'_>, platform: &mut Platform) {
        let has = |name| reader.has_property(name);
        let of_instance = has("instance") && has("usd") && !has("storage") && !has("usd-per-gb");
        let of_storage = has("storage") && has("usd-per-gb") && !has("instance") && !has("usd");
        if !of_instance && !of_storage {
            self.findings.push(
                Finding::error("wrong-value", "`price` is of a class or of a storage")
                    .at(reader.node.head_place(), "neither, or both")
                    .help("written as `price instance=CLASS usd=75` or `price storage=gp3 usd-per-gb=0.23`"),
            );
            return;
        }
        let (kind, prices, pair) = match of_instance {
            true => {
                let pair = reader.text("instance").zip(reader.decimal("usd"));
                ("class", &mut platform.instance_prices, pair)
            }
            false => {
                let pair = reader.text("storage").zip(reader.decimal("usd-per-gb"));
                ("storage", &mut platform.storage_prices, pair)
            }
        };
        let Some((name, price)) = pair else { return };
        if let Some(first) = prices.get(name.as_str()) {
            let first = first.place;
            self.named_twice(&format!("price of the {kind}"), &name, first);
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
        let id = self.register.teams.push(Team {
            name,
            contact: reader.text("contact"),
            was: reader.text("was"),
            summary: reader.text("summary"),
        });
        self.names.teams.insert(key, id);
    }

    fn declare_server(&mut self, reader: Reader<'_>) {
        let Some(name) = reader.argument(0) else { return };
        if let Some((_, first)) = self.names.servers.get(name.as_str()) {
            let first = *first;
            return self.duplicate("servers", &name, first);
        }
        self.names.servers.insert(name.value.clone(), (None, name.place));
        let (Some(class), Some(storage_gb)) = (reader.text("class"), reader.whole("storage-gb")) else {
            return;
        };
        let (key, place) = (name.value.clone(), name.place);
        let server = Server {
            name,
            was: reader.text("was"),
            class,
            storage_gb,
            max_connections: reader.whole("max-connections").map_or(100, |n| n.value),
            reserved_connections: reader.whole("reserved-connections").map_or(10, |n| n.value),
            pooler_connections: reader.whole("pooler-connections").map(|n| n.value),
            multi_az: reader.flag("multi-az").is_some(),
            read_replicas: reader.whole("read-replicas").map_or(0, |n| n.value),
            backup_days: reader.whole("backup-days").map_or(7, |n| n.value),
            backup_window: window(reader, "backup-window", DailyWindow::parse).unwrap_or_default(),
            maintenance_window: window(reader, "maintenance-window", WeeklyWindow::parse).unwrap_or_default(),
            networks: super::environments::networks(reader, "networks").unwrap_or_default(),
            place: reader.node.place(),
            summary: reader.text("summary"),
        };
        self.server_form(reader, &server);
        let id = self.register.servers.push(server);
        self.names.servers.insert(key, (Some(id), place));
    }

    /// What a server, here or in an environment, says against itself.
    pub(super) fn server_form(&mut self, reader: Reader<'_>, server: &Server) {
        if server.backup_window.overlaps(server.maintenance_window) {
            let place = |name| reader.text(name).map(|written| written.place);
            let place = place("backup-window").or_else(|| place("maintenance-window"));
            let message = format!(
                "backups at {} and maintenance at {} overlap",
                server.backup_window, server.maintenance_window
            );
            self.findings.push(
                Finding::error("contradiction", message)
                    .at(place.unwrap_or(server.name.place), "RDS takes no windows that overlap")
                    .help("move `backup-window=` or `maintenance-window=`"),
            );
        }
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
            port: reader.whole("port").and_then(super::deployment::port).map_or(443, |port| port.value),
            scrapes: reader.flag("scrapes").is_some(),
            rpcs: Vec::new(),
            calls: Vec::new(),
            was: reader.text("was"),
            summary: reader.text("summary"),
        });
        for rpc in reader.children_named("rpc").flat_map(|node| node.arguments_from(0)) {
            match self.names.extern_rpcs.get(&(id, rpc.value.clone())) {
                Some(first) => {
                    let first = *first;
                    self.named_twice("RPC", &rpc, first);
                }
                None => {
                    self.names.extern_rpcs.insert((id, rpc.value.clone()), rpc.place);
                    self.register.externs[id].rpcs.push(rpc);
                }
            }
        }
        self.names.externs.insert(key, id);
    }
}

/// A property that is a window.
pub(super) fn window<W>(reader: Reader<'_>, name: &str, parse: impl Fn(&str) -> Option<W>) -> Option<W> {
    parse(reader.text(name)?.as_str())
}

fn lint(reader: Reader<'_>) -> Option<Lint> {
    let level = match reader.text("level")?.as_str() {
        "deny" => LintLevel::Deny,
        "warn" => LintLevel::Warn,
        _ => LintLevel::Off,
    };
    Some(Lint { rule: reader.argument(0)?, level })
}

pub(super) fn defaults(reader: Reader<'_>) -> Defaults {
    let deploy = reader.child("deploy");
    let scale = reader.child("scale").or_else(|| deploy.and_then(|node| node.child("scale")));
    let reference = reader.child("reference");
    Defaults {
        deploy: deploy.map(super::deployment::deploy_part).unwrap_or_default(),
        scale: scale.map(super::deployment::scale_part).unwrap_or_default(),
        reference_on_delete: reference.and_then(|node| on_delete(node)).map(|found| found.value),
        reference_verify: reference.and_then(|node| verify(node)).map(|found| found.value),
        reference_owner_away: reference.and_then(|node| owner_away(node)).map(|found| found.value),
    }
}

/// `consistency`, with what it leaves out taken from `base`.
pub(super) fn consistency(reader: Reader<'_>, base: &Consistency) -> Consistency {
    Consistency {
        percent: reader.decimal("percent").map_or(base.percent, |found| found.value),
        lag_seconds: reader.whole("lag-seconds").map_or(base.lag_seconds, |found| found.value),
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

/// `owner-away=` of a reference.
pub(super) fn owner_away(reader: Reader<'_>) -> Option<Located<OwnerAway>> {
    let text = reader.text("owner-away")?;
    let value = match text.as_str() {
        "accept" => OwnerAway::Accept,
        _ => OwnerAway::Refuse,
    };
    Some(Located::new(value, text.place))
}
