//! From trees to the register: first what is declared, then what is named by it.

mod allows;
mod api;
mod columns;
mod deployment;
mod index_part;
mod keys;
mod messaging;
mod partition;
mod platform;
mod projections;
mod references;
mod service;

use super::grammar::DOCUMENT;
use super::model::{
    ColumnIndex, EnumId, EventId, ExternId, Located, ProjectionId, Register, RpcId, ServerId, ServiceId,
    TableId, TeamId,
};
use super::read::Reader;
use super::suggest::nearest;
use crate::diagnostic::Finding;
use crate::source::Place;
use crate::syntax::Tree;
use std::collections::HashMap;

/// What names mean while the register is put together.
#[derive(Default)]
struct Names {
    teams: HashMap<String, TeamId>,
    servers: HashMap<String, ServerId>,
    externs: HashMap<String, ExternId>,
    services: HashMap<String, ServiceId>,
    tables: HashMap<(ServiceId, String), TableId>,
    projections: HashMap<(ServiceId, String), ProjectionId>,
    enums: HashMap<(ServiceId, String), EnumId>,
    events: HashMap<(ServiceId, String), EventId>,
    rpcs: HashMap<(ServiceId, String), RpcId>,
}

/// The register as far as it has been put together.
struct Resolver<'a> {
    register: Register,
    findings: Vec<Finding>,
    names: Names,
    shapes: HashMap<&'a str, Reader<'a>>,
    services: Vec<(ServiceId, Reader<'a>)>,
    tables: Vec<(TableId, Reader<'a>)>,
    entities: HashMap<(ServiceId, String), TableId>,
}

/// Resolves the documents of one register, in the order in which they were read.
pub fn resolve(trees: &[Tree]) -> (Register, Vec<Finding>) {
    let mut resolver = Resolver {
        register: Register::default(),
        findings: Vec::new(),
        names: Names::default(),
        shapes: HashMap::new(),
        services: Vec::new(),
        tables: Vec::new(),
        entities: HashMap::new(),
    };
    let roots: Vec<Reader<'_>> = trees.iter().flat_map(root_readers).collect();
    resolver.declare_platform(&roots);
    resolver.declare_shapes(&roots);
    resolver.declare_services(&roots);
    resolver.resolve_keys();
    resolver.resolve_topics();
    resolver.resolve_projections();
    resolver.resolve_apis();
    resolver.resolve_references();
    resolver.resolve_uses();
    resolver.register.allows = allows::allows(trees);
    (resolver.register, resolver.findings)
}

fn root_readers(tree: &Tree) -> impl Iterator<Item = Reader<'_>> {
    tree.roots().filter_map(|node| {
        let spec = DOCUMENT.child(node.name())?.node;
        Some(Reader { node, spec })
    })
}

impl Resolver<'_> {
    /// Reports a name that was given before.
    fn duplicate(&mut self, what: &str, name: &Located<String>, first: Place) {
        self.findings.push(
            Finding::error("duplicate-name", format!("there are two {what} with the name `{}`", name.value))
                .at(name.place, "again here")
                .at(first, "first here")
                .help("rename one of them; only the first one counts"),
        );
    }

    /// Reports a name that was given before with the same or a newer version. A name means its newest version.
    fn duplicate_version(&mut self, what: &str, name: &Located<String>, first: Place) {
        self.findings.push(
            Finding::error("duplicate-name", format!("there are two {what} with the name `{}`", name.value))
                .at(name.place, "again here, and not with a higher `version=`")
                .at(first, "first here")
                .help("rename one of them, or write the versions of one thing in rising order"),
        );
    }

    /// Reports a name that means nothing.
    fn unknown<'n>(&mut self, what: &str, name: &Located<String>, known: impl IntoIterator<Item = &'n str>) {
        let finding = Finding::error("unknown-name", format!("there is no {what} `{}`", name.value))
            .at(name.place, format!("no such {what}"));
        let finding = match nearest(name.as_str(), known) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None => finding,
        };
        self.findings.push(finding);
    }

    /// The column of a table by its name; a finding where there is none.
    fn column(&mut self, table: TableId, name: &Located<String>) -> Option<Located<ColumnIndex>> {
        if let Some(index) = self.register.tables[table].column_index(name.as_str()) {
            return Some(Located::new(index, name.place));
        }
        let owner = &self.register.tables[table];
        let near = nearest(name.as_str(), owner.columns.iter().map(|column| column.name.as_str()));
        let mut finding = Finding::error(
            "unknown-name",
            format!("the table `{}` has no column `{}`", owner.name.value, name.value),
        )
        .at(name.place, "no such column")
        .at(owner.name.place, "the table");
        if let Some(near) = near {
            finding = finding.help(format!("did you mean `{near}`?"));
        }
        self.findings.push(finding);
        None
    }

    /// Columns of a table by their names; those that are not there and repeated ones are reported and left out.
    fn columns(&mut self, table: TableId, names: &[Located<String>]) -> Vec<Located<ColumnIndex>> {
        let mut columns: Vec<Located<ColumnIndex>> = Vec::new();
        for name in names {
            let Some(column) = self.column(table, name) else { continue };
            match columns.iter().find(|earlier| earlier.value == column.value) {
                Some(earlier) => {
                    let first = earlier.place;
                    self.duplicate("columns", name, first);
                }
                None => columns.push(column),
            }
        }
        columns
    }

    /// The service of a name; a finding where there is none.
    fn service(&mut self, name: &Located<String>) -> Option<ServiceId> {
        if let Some(id) = self.names.services.get(name.as_str()) {
            return Some(*id);
        }
        let known: Vec<String> =
            self.register.services.values().map(|service| service.name.value.clone()).collect();
        self.unknown("service", name, known.iter().map(String::as_str));
        None
    }
}

/// The parts of a name with dots, each at its own place where the text is as it was written.
fn dotted(name: &Located<String>) -> Vec<Located<String>> {
    let exact = name.place.span.len() as usize;
    // A quoted name has its quotes in its place; an escaped one cannot be told apart by offsets.
    let shift = match exact.checked_sub(name.value.len()) {
        Some(0) => Some(0),
        Some(2) => Some(1),
        _ => None,
    };
    let mut parts = Vec::new();
    let mut offset = 0usize;
    for part in name.value.split('.') {
        let place = match shift {
            Some(shift) => {
                let start = name.place.span.start + (shift + offset) as u32;
                Place { span: crate::source::Span::new(start, start + part.len() as u32), ..name.place }
            }
            None => name.place,
        };
        parts.push(Located::new(part.to_owned(), place));
        offset += part.len() + 1;
    }
    parts
}
