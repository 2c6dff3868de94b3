//! From trees to the register: first what is declared, then what is named by it.

mod allows;
mod api;
mod columns;
mod deployment;
mod environments;
mod index_part;
mod keys;
mod messaging;
mod partition;
mod platform;
mod projections;
mod references;
mod renames;
mod service;

use super::findings::Findings;
use super::grammar::{DOCUMENT, Flag};
use super::model::{
    ColumnIndex, EnumId, EventId, EventTrigger, ExternId, Located, ProjectionId, Register, RpcId, ServerId,
    ServiceId, TableId, TeamId, TopicId,
};
use super::read::Reader;
use super::wording::{UNCOMPARED, shown, suggest, suggest_column};
use crate::diagnostic::Finding;
use crate::source::Place;
use crate::sql::DataType;
use crate::syntax::Tree;
use foldhash::{HashMap, HashMapExt, HashSet};
use indexmap::IndexMap;

/// How many findings resolving can have; one more says that there were others.
const MOST_FINDINGS: usize = 10_000;

/// How many known names are compared with unknown ones, over all findings.
const MOST_COMPARISONS: usize = 2_000_000;

/// What names mean while the register is put together.
#[derive(Default)]
struct Names {
    teams: HashMap<String, TeamId>,
    /// `None`: one that could not be read.
    servers: HashMap<String, (Option<ServerId>, Place)>,
    externs: HashMap<String, ExternId>,
    extern_rpcs: HashMap<(ExternId, String), Place>,
    services: HashMap<String, ServiceId>,
    tables: HashMap<(ServiceId, String), TableId>,
    projections: HashMap<(ServiceId, String), ProjectionId>,
    enums: HashMap<(ServiceId, String), EnumId>,
    events: HashMap<(ServiceId, String), EventId>,
    rpcs: HashMap<(ServiceId, String), RpcId>,
    /// Services with an RPC that could not be read, so that its name is not known.
    lost_rpcs: HashSet<ServiceId>,
}

/// The register as far as it has been put together.
struct Resolver<'a> {
    register: Register,
    findings: Findings,
    names: Names,
    uses: references::Uses,
    /// How many known names may still be compared with unknown ones.
    names_to_compare: usize,
    shapes: IndexMap<&'a str, Reader<'a>>,
    services: Vec<(ServiceId, Reader<'a>)>,
    tables: Vec<(TableId, Reader<'a>)>,
    projections: Vec<(ProjectionId, Reader<'a>)>,
    entities: HashMap<(ServiceId, String), TableId>,
    /// Types that were read, by how they were written.
    types: HashMap<String, Option<DataType>>,
    /// The names of columns as written, of tables in which a column was not found.
    written_columns: HashMap<TableId, HashSet<String>>,
    /// Where the event was written that a topic sends on an occasion.
    occasions: HashMap<(TopicId, EventTrigger, u32), Place>,
}

/// Resolves the documents of one register, in the order in which they were read.
pub fn resolve(trees: &[Tree]) -> (Register, Vec<Finding>) {
    let mut resolver = Resolver {
        register: Register::default(),
        findings: Findings::at_most(MOST_FINDINGS, "mistakes of meaning"),
        names: Names::default(),
        uses: references::Uses::default(),
        names_to_compare: MOST_COMPARISONS,
        shapes: IndexMap::new(),
        services: Vec::new(),
        tables: Vec::new(),
        projections: Vec::new(),
        entities: HashMap::new(),
        types: HashMap::new(),
        written_columns: HashMap::new(),
        occasions: HashMap::new(),
    };
    let roots: Vec<Reader<'_>> = trees.iter().flat_map(root_readers).collect();
    resolver.declare_platform(&roots);
    resolver.declare_shapes(&roots);
    resolver.declare_services(&roots);
    resolver.declare_environments(&roots);
    resolver.declare_projections();
    resolver.resolve_keys();
    resolver.resolve_topics();
    resolver.resolve_projections();
    resolver.resolve_apis();
    resolver.resolve_references();
    resolver.resolve_uses();
    resolver.renames();
    resolver.register.allows = allows::allows(trees);
    (resolver.register, resolver.findings.into_vec())
}

fn root_readers(tree: &Tree) -> impl Iterator<Item = Reader<'_>> {
    tree.roots().filter_map(|node| {
        let spec = DOCUMENT.child(node.name())?.node;
        Some(Reader { node, spec })
    })
}

impl<'a> Resolver<'a> {
    /// Reports a name that was given before.
    fn duplicate(&mut self, what: &str, name: &Located<String>, first: Place) {
        let message = format!("there are two {what} with the name `{}`", shown(name.as_str()));
        self.findings.push(
            Finding::error("duplicate-name", message)
                .at(name.place, "again here")
                .at(first, "first here")
                .help("rename one of them; only the first one counts"),
        );
    }

    /// Reports a name that was given before with the same or a newer version. A name means its newest version.
    fn duplicate_version(&mut self, what: &str, name: &Located<String>, first: Place) {
        self.findings.push(
            Finding::error(
                "duplicate-name",
                format!("there are two {what} with the name `{}`", shown(name.as_str())),
            )
            .at(name.place, "again here, and not with a higher `version=`")
            .at(first, "first here")
            .help("rename one of them, or write the versions of one thing in rising order"),
        );
    }

    /// Reports something that was named before where once is enough.
    fn named_twice(&mut self, what: &str, name: &Located<String>, first: Place) {
        self.findings.push(
            Finding::error("duplicate-name", format!("the {what} `{}` is named twice", shown(name.as_str())))
                .at(name.place, "again here")
                .at(first, "first here")
                .help("take one of them out"),
        );
    }

    /// Reports a name that means nothing.
    fn unknown(
        &mut self,
        what: &str,
        name: &Located<String>,
        known: impl for<'r> FnOnce(&'r Register) -> Vec<&'r str>,
    ) {
        let finding =
            Finding::error("unknown-name", format!("there is no {what} `{}`", shown(name.as_str())))
                .at(name.place, format!("no such {what}"));
        self.report_unknown(finding, name, known);
    }

    /// Reports a name that means nothing in a service or an extern.
    fn unknown_of(
        &mut self,
        (kind, owner): (&str, &Located<String>),
        what: &str,
        name: &Located<String>,
        known: impl for<'r> FnOnce(&'r Register) -> Vec<&'r str>,
    ) {
        let finding = unknown_of(kind, owner, what, name);
        self.report_unknown(finding, name, known);
    }

    /// Looks for what may have been meant, as long as the names to look through are not too many in all.
    fn report_unknown(
        &mut self,
        finding: Finding,
        name: &Located<String>,
        known: impl for<'r> FnOnce(&'r Register) -> Vec<&'r str>,
    ) {
        if self.names_to_compare == 0 {
            return self.findings.push(finding.help(UNCOMPARED));
        }
        let known = known(&self.register);
        self.names_to_compare = self.names_to_compare.saturating_sub(known.len());
        let finding = suggest(finding, name.as_str(), known);
        self.findings.push(finding);
    }

    /// The column of a table by its name; a finding where there is none.
    fn column(&mut self, table: TableId, name: &Located<String>) -> Option<Located<ColumnIndex>> {
        self.column_or_flag(table, name, &[])
    }

    /// Like [`Resolver::column`], where a misspelt flag may stand as well.
    fn column_or_flag(
        &mut self,
        table: TableId,
        name: &Located<String>,
        flags: &[Flag],
    ) -> Option<Located<ColumnIndex>> {
        if let Some(index) = self.register.tables[table].column_index(name.as_str()) {
            return Some(Located::new(index, name.place));
        }
        if !self.is_faulty_column(table, name.as_str()) {
            let owner = &self.register.tables[table];
            let columns = owner.columns.iter().map(|column| column.name.as_str());
            let finding = unknown_of("table", &owner.name, "column", name);
            self.findings.push(suggest_column(finding, name.as_str(), columns, flags));
        }
        None
    }

    /// Whether a table has a column of this name that could not be read, so that it is missing from the register.
    fn is_faulty_column(&mut self, table: TableId, name: &str) -> bool {
        if !self.written_columns.contains_key(&table) {
            let reader = self.tables.get(table.index()).map(|(_, reader)| *reader);
            let parts = reader.map(|reader| self.with_shapes(reader)).unwrap_or_default();
            let columns = parts.into_iter().flat_map(|(part, _)| part.children_named("column"));
            let names = columns.filter_map(|column| Some(column.argument(0)?.value)).collect();
            self.written_columns.insert(table, names);
        }
        self.written_columns.get(&table).is_some_and(|written| written.contains(name))
    }

    /// Columns of a table by their names; those that are not there and repeated ones are reported and left out.
    fn columns(&mut self, table: TableId, names: &[Located<String>]) -> Vec<Located<ColumnIndex>> {
        self.columns_or_flags(table, names, &[])
    }

    /// The columns that the arguments of a node name.
    fn argument_columns(&mut self, table: TableId, reader: Reader<'_>) -> Vec<Located<ColumnIndex>> {
        self.columns_or_flags(table, &reader.arguments_from(0), reader.spec.flags)
    }

    fn columns_or_flags(
        &mut self,
        table: TableId,
        names: &[Located<String>],
        flags: &[Flag],
    ) -> Vec<Located<ColumnIndex>> {
        let mut columns: Vec<Located<ColumnIndex>> = Vec::with_capacity(names.len());
        let mut first: HashMap<ColumnIndex, Place> = HashMap::new();
        for name in names {
            let Some(column) = self.column_or_flag(table, name, flags) else { continue };
            match first.get(&column.value) {
                Some(first) => self.named_twice("column", name, *first),
                None => {
                    first.insert(column.value, column.place);
                    columns.push(column);
                }
            }
        }
        columns
    }

    /// The service of a name; a finding where there is none.
    fn service(&mut self, name: &Located<String>) -> Option<ServiceId> {
        if let Some(id) = self.names.services.get(name.as_str()) {
            return Some(*id);
        }
        self.unknown("service", name, |register| {
            register.services.values().map(|service| service.name.as_str()).collect()
        });
        None
    }

    /// The parts of a name with dots, of which there are as many as `counts` says; a finding where there are not.
    fn parts(
        &mut self,
        name: &Located<String>,
        counts: std::ops::RangeInclusive<usize>,
        (what, written): (&str, &str),
    ) -> Option<Vec<Located<String>>> {
        let parts = dotted(name);
        if counts.contains(&parts.len()) && parts.iter().all(|part| !part.value.is_empty()) {
            return Some(parts);
        }
        self.findings.push(
            Finding::error("wrong-value", format!("`{}` names no {what}", shown(name.as_str())))
                .at(name.place, format!("no {what}"))
                .help(format!("written as {written}")),
        );
        None
    }
}

fn unknown_of(kind: &str, owner: &Located<String>, what: &str, name: &Located<String>) -> Finding {
    let message = format!("the {kind} `{}` has no {what} `{}`", shown(owner.as_str()), shown(name.as_str()));
    Finding::error("unknown-name", message)
        .at(name.place, format!("no such {what}"))
        .at(owner.place, format!("the {kind}"))
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
