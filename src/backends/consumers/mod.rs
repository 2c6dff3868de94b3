//! Programs that publish and consume events, as a workspace of Rust: what all of them share, and up to three crates for each
//! service.

mod consumer;
mod producer;
mod references;
mod row_values;
mod rust;
mod snapshots;

pub use consumer::{Scaffold, scaffold};

use super::{GeneratedFile, REGISTER};
use crate::lock::Locks;
use crate::names::crate_name;
use crate::semantic::Register;
use crate::semantic::model::{Service, ServiceId, Verify};
use crate::templates::{MarkdownCode, MarkdownText, Quoted, TemplateError, Templates, TomlString};
use crate::wire::Index;
use serde::Serialize;

/// Files in which nothing of a register stands, with the templates that they are.
const SHARED: &[(&str, &str)] = &[
    ("clippy.toml", "consumers/clippy.toml"),
    ("rustfmt.toml", "consumers/rustfmt.toml"),
    ("contracts/build.rs", "consumers/contracts/build.rs"),
    ("contracts/src/lib.rs", "consumers/contracts/lib.rs"),
    ("runtime/src/consumer/attempt.rs", "consumers/runtime/src/consumer/attempt.rs"),
    ("runtime/src/consumer/dead_letters.rs", "consumers/runtime/src/consumer/dead_letters.rs"),
    ("runtime/src/consumer/delayed.rs", "consumers/runtime/src/consumer/delayed.rs"),
    ("runtime/src/consumer/direct.rs", "consumers/runtime/src/consumer/direct.rs"),
    ("runtime/src/consumer/error.rs", "consumers/runtime/src/consumer/error.rs"),
    ("runtime/src/consumer/group.rs", "consumers/runtime/src/consumer/group.rs"),
    ("runtime/src/consumer/main_loop.rs", "consumers/runtime/src/consumer/main_loop.rs"),
    ("runtime/src/consumer/metrics.rs", "consumers/runtime/src/consumer/metrics.rs"),
    ("runtime/src/consumer/mod.rs", "consumers/runtime/src/consumer/mod.rs"),
    ("runtime/src/consumer/parked.rs", "consumers/runtime/src/consumer/parked.rs"),
    ("runtime/src/consumer/processed.rs", "consumers/runtime/src/consumer/processed.rs"),
    ("runtime/src/consumer/program.rs", "consumers/runtime/src/consumer/program.rs"),
    ("runtime/src/consumer/rebalance.rs", "consumers/runtime/src/consumer/rebalance.rs"),
    ("runtime/src/consumer/retries.rs", "consumers/runtime/src/consumer/retries.rs"),
    ("runtime/src/consumer/transactional.rs", "consumers/runtime/src/consumer/transactional.rs"),
    ("runtime/src/consumer/worker.rs", "consumers/runtime/src/consumer/worker.rs"),
    ("runtime/src/database.rs", "consumers/runtime/src/database.rs"),
    ("runtime/src/fill.rs", "consumers/runtime/src/fill.rs"),
    ("runtime/src/health.rs", "consumers/runtime/src/health.rs"),
    ("runtime/src/kafka.rs", "consumers/runtime/src/kafka.rs"),
    ("runtime/src/lib.rs", "consumers/runtime/src/lib.rs"),
    ("runtime/src/outbox.rs", "consumers/runtime/src/outbox.rs"),
    ("runtime/src/program.rs", "consumers/runtime/src/program.rs"),
    ("runtime/src/references.rs", "consumers/runtime/src/references.rs"),
    ("runtime/src/relay/encode.rs", "consumers/runtime/src/relay/encode.rs"),
    ("runtime/src/relay/metrics.rs", "consumers/runtime/src/relay/metrics.rs"),
    ("runtime/src/relay/mod.rs", "consumers/runtime/src/relay/mod.rs"),
    ("runtime/src/relay/send.rs", "consumers/runtime/src/relay/send.rs"),
    ("runtime/src/relay/session.rs", "consumers/runtime/src/relay/session.rs"),
    ("runtime/src/relay/window.rs", "consumers/runtime/src/relay/window.rs"),
    ("runtime/src/row.rs", "consumers/runtime/src/row.rs"),
    ("runtime/src/rpc.rs", "consumers/runtime/src/rpc.rs"),
    ("runtime/src/settings.rs", "consumers/runtime/src/settings.rs"),
    ("runtime/src/snapshot.rs", "consumers/runtime/src/snapshot.rs"),
    ("runtime/src/trace.rs", "consumers/runtime/src/trace.rs"),
];

/// What crates are made from.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Templates.
    pub templates: &'a Templates,
    /// The register.
    pub register: &'a Register,
    /// Names on the wire.
    pub locks: &'a Locks,
    /// Messages and methods, of all services.
    pub wire: &'a Index,
}

/// A crate of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crate {
    /// Consumes events.
    Consumer,
    /// Publishes events.
    Producer,
    /// Asks whether what a row refers to exists.
    References,
}

impl Crate {
    const ALL: [Crate; 3] = [Crate::Consumer, Crate::Producer, Crate::References];

    /// The last part of its name, and its folder in that of the service.
    fn name(self) -> &'static str {
        match self {
            Crate::Consumer => "consumer",
            Crate::Producer => "producer",
            Crate::References => "references",
        }
    }

    fn purpose(self) -> &'static str {
        match self {
            Crate::Consumer => "applies the events that reach the service",
            Crate::Producer => "writes its events to the outbox, and publishes what lies there",
            Crate::References => "asks whether what a row refers to exists",
        }
    }

    /// Crates that it uses.
    fn dependencies(self, context: Context<'_>, service: &Service) -> Vec<&'static str> {
        match self {
            Crate::Consumer => consumer::DEPENDENCIES.to_vec(),
            Crate::Producer => producer::dependencies(context, service),
            Crate::References => references::DEPENDENCIES.to_vec(),
        }
    }

    /// Whether a service has it.
    fn is_of(self, register: &Register, service: &Service) -> bool {
        match self {
            Crate::Consumer => !register.consumer_groups(service).is_empty(),
            Crate::Producer => service.database.is_some() && !service.topics.is_empty(),
            Crate::References => {
                let mut references =
                    service.tables.iter().flat_map(|table| &register.tables[*table].references);
                references.any(|id| register.references[*id].verify.value != Verify::None)
            }
        }
    }
}

impl Context<'_> {
    /// The name of a crate that belongs to the platform: `nova-runtime`.
    fn package(&self, name: &str) -> String {
        let platform = self.register.platform.name.as_ref().map_or("platform", |name| name.as_str());
        crate_name(&format!("{platform}-{name}"))
    }

    /// The name of a crate of a service: `nova-realtime-chat-consumer`.
    fn package_of(&self, service: &Service, kind: Crate) -> String {
        self.package(&format!("{}-{}", service.name.value, kind.name()))
    }

    /// Another crate of a service, as one of them names it.
    fn sibling(&self, service: &Service, kind: Crate) -> SiblingView {
        SiblingView {
            name: Quoted::already(kind.name()),
            package: TomlString::new(&self.package_of(service, kind)),
            path: TomlString::new(&format!("../{}", kind.name())),
        }
    }

    /// The relay, which is a program of what publishes.
    fn relay_of(&self, service: &Service, kind: Crate) -> Option<ProgramView> {
        (kind == Crate::Producer).then(|| ProgramView {
            name: TomlString::new(&self.package(&format!("{}-relay", service.name.value))),
            path: TomlString::new("src/bin/relay.rs"),
        })
    }

    /// The folder of a crate of a service in the workspace: `realtime-chat/consumer`.
    fn folder_of(&self, service: &Service, kind: Crate) -> String {
        format!("{}/{}", crate_name(service.name.as_str()), kind.name())
    }

    fn crates(&self) -> impl Iterator<Item = (&Service, Crate)> {
        let mut services: Vec<&Service> = self.register.services.values().collect();
        services.sort_by_key(|service| service.name.as_str());
        services.into_iter().flat_map(|service| {
            Crate::ALL.into_iter().filter(|it| it.is_of(self.register, service)).map(move |it| (service, it))
        })
    }
}

/// The crates of a service.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_service(context: Context<'_>, id: ServiceId) -> Result<Vec<GeneratedFile>, TemplateError> {
    let service = &context.register.services[id];
    let mut files = Vec::new();
    for kind in Crate::ALL.into_iter().filter(|kind| kind.is_of(context.register, service)) {
        let folder = context.folder_of(service, kind);
        let summary = format!("Of the service {}: {}.", service.name.value, kind.purpose());
        let package = context.package_of(service, kind);
        let (mut sources, mut own) = (Vec::new(), Vec::new());
        match kind {
            Crate::Consumer => {
                let (files, is_told) = consumer::files(context, id, &summary, &package)?;
                sources.extend(files);
                if is_told {
                    own.push(context.sibling(service, Crate::Producer));
                }
            }
            Crate::Producer => {
                let files = producer::files(context, id, &summary, &package)?;
                sources.extend(files.into_iter().map(|(path, contents)| (path.to_owned(), contents)));
            }
            Crate::References => {
                sources.push(("src/lib.rs".to_owned(), references::library(context, id, &summary)?));
            }
        }
        let manifest = ManifestView {
            name: TomlString::new(&package),
            description: TomlString::new(&summary),
            programs: context.relay_of(service, kind).into_iter().collect(),
            uses_brokers: kind != Crate::References,
            siblings: own,
            dependencies: kind.dependencies(context, service).into_iter().map(Quoted::already).collect(),
        };
        let mut add = |path: &str, contents: String| {
            let path = format!("consumers/{folder}/{path}");
            files.push(GeneratedFile { path, node: format!("service {}", service.name.value), contents });
        };
        add("Cargo.toml", context.templates.render("consumers/package.toml", &manifest)?);
        for (path, contents) in sources {
            add(&path, contents);
        }
    }
    Ok(files)
}

#[derive(Serialize)]
struct ManifestView {
    name: TomlString,
    description: TomlString,
    programs: Vec<ProgramView>,
    uses_brokers: bool,
    siblings: Vec<SiblingView>,
    dependencies: Vec<Quoted>,
}

/// Another crate of the same service.
#[derive(Serialize)]
struct SiblingView {
    name: Quoted,
    package: TomlString,
    path: TomlString,
}

/// A program whose name is not that of its crate: programs of a workspace are put into one folder.
#[derive(Serialize)]
struct ProgramView {
    name: TomlString,
    path: TomlString,
}

#[derive(Serialize)]
struct WorkspaceView {
    members: Vec<TomlString>,
    contracts: TomlString,
    runtime: TomlString,
}

#[derive(Serialize)]
struct PackageView {
    name: TomlString,
}

#[derive(Serialize)]
struct ReadmeView {
    crates: Vec<CrateView>,
}

#[derive(Serialize)]
struct CrateView {
    name: MarkdownCode,
    service: MarkdownCode,
    purpose: MarkdownText,
}

/// The workspace, and the crates that all others use; nothing where no service publishes, consumes or refers.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_shared(context: Context<'_>) -> Result<Vec<GeneratedFile>, TemplateError> {
    let crates: Vec<(&Service, Crate)> = context.crates().collect();
    if crates.is_empty() {
        return Ok(Vec::new());
    }
    let (contracts, runtime) = (context.package("contracts"), context.package("runtime"));
    let mut members = vec!["contracts".to_owned(), "runtime".to_owned()];
    members.extend(crates.iter().map(|(service, kind)| context.folder_of(service, *kind)));
    let workspace = WorkspaceView {
        members: members.iter().map(|member| TomlString::new(member)).collect(),
        contracts: TomlString::new(&contracts),
        runtime: TomlString::new(&runtime),
    };
    let rows = crates.iter().map(|(service, kind)| CrateView {
        name: MarkdownCode::new(&context.package_of(service, *kind)),
        service: MarkdownCode::new(service.name.as_str()),
        purpose: MarkdownText::new(kind.purpose()),
    });
    let readme = ReadmeView { crates: rows.collect() };
    let package = |name: &str| PackageView { name: TomlString::new(name) };
    let mut files = vec![
        shared(context, "Cargo.toml", "consumers/Cargo.toml", &workspace)?,
        shared(context, "README.md", "consumers/README.md", &readme)?,
        shared(context, "contracts/Cargo.toml", "consumers/contracts/Cargo.toml", &package(&contracts))?,
        shared(context, "runtime/Cargo.toml", "consumers/runtime/Cargo.toml", &package(&runtime))?,
    ];
    for (path, template) in SHARED {
        files.push(shared(context, path, template, &())?);
    }
    Ok(files)
}

/// A file of the whole register.
fn shared<V: Serialize>(
    context: Context<'_>,
    path: &str,
    template: &str,
    view: &V,
) -> Result<GeneratedFile, TemplateError> {
    let contents = context.templates.render(template, view)?;
    Ok(GeneratedFile { path: format!("consumers/{path}"), node: REGISTER.to_owned(), contents })
}
