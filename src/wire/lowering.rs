//! From a service of the register to its files.

use super::entities::{Entities, Entity};
use super::file::{Documentation, File, TypeName};
use super::index::Index;
use crate::lock::{NameKind, ServiceLock};
use crate::names;
use crate::semantic::model::{Callee, EnumId, Located, RpcId, Service, ServiceId, TableId};
use crate::semantic::{Messages, Register, messages};
use foldhash::{HashMap, HashMapExt};
use std::collections::BTreeMap;

/// What of a service is written into messages because of what the others say; worked out once for the register.
#[derive(Debug, Default)]
pub struct Uses {
    /// Columns, tables and enums that are in messages.
    pub(super) messages: Messages,
    /// For each RPC that callers keep answers of, the longest time, in seconds.
    pub(super) cache_seconds: BTreeMap<RpcId, u32>,
}

impl Uses {
    /// Walks over the register once.
    pub fn of(register: &Register) -> Uses {
        let mut uses = Uses { messages: messages(register), ..Uses::default() };
        for call in register.services.values().flat_map(|service| &service.calls) {
            if let (Some(Callee::Rpc(rpc)), Some(seconds)) = (call.callee, &call.cache_seconds) {
                let longest = uses.cache_seconds.entry(rpc).or_default();
                *longest = seconds.value.max(*longest);
            }
        }
        uses
    }
}

/// What a service says to others.
#[derive(Debug)]
pub struct Wire {
    /// The files, in the order in which people would read them; none is empty.
    pub files: Vec<File>,
    /// Where what the register declares stands in them.
    pub index: Index,
}

/// The files of a service, with where what is declared stands in them. Names and numbers are those
/// of the lock, which gets what is new. Total: of a register with findings it gives what could be read.
pub fn lower(register: &Register, uses: &Uses, service: ServiceId, lock: &mut ServiceLock) -> Wire {
    let declaration = &register.services[service];
    let name = declaration.name.as_str();
    let was = former(declaration.was.as_ref());
    let stem = lock.name(NameKind::Package, name, &was, &register.protobuf_package(declaration));
    let rpc_service = lock.name(NameKind::RpcService, name, &was, &names::protobuf_service(name));
    let mut lowering = Lowering {
        register,
        uses,
        service: declaration,
        file_stem: stem.rsplit('.').next().unwrap_or(&stem).to_owned(),
        stem,
        rpc_service,
        lock,
        enums: HashMap::new(),
        index: Index::default(),
        entities: Entities::new(),
    };
    let mut files = vec![lowering.entities()];
    let events = lowering.events();
    let envelopes = lowering.envelopes(&events);
    files.extend(events.files);
    files.push(envelopes);
    files.extend(lowering.rpcs());
    files.push(lowering.snapshots());
    files.retain(|file| !file.is_empty());
    Wire { files, index: lowering.index }
}

/// The names that something had, the newest first.
pub(super) fn former(was: Option<&Located<String>>) -> Vec<&str> {
    was.map(Located::as_str).into_iter().collect()
}

/// The files of one service in the making.
pub(super) struct Lowering<'a> {
    pub register: &'a Register,
    pub uses: &'a Uses,
    pub service: &'a Service,
    /// The package without its version: `nova.identity`.
    pub stem: String,
    /// What the names of files begin with: `identity`.
    pub file_stem: String,
    /// The service's name in Protobuf: `IdentityService`.
    pub rpc_service: String,
    pub lock: &'a mut ServiceLock,
    /// The enums of the service that are in messages.
    pub enums: HashMap<EnumId, TypeName>,
    /// The tables of the service whose rows are messages.
    pub entities: Entities,
    /// Where what was lowered so far stands.
    pub index: Index,
}

impl Lowering<'_> {
    /// `nova.identity.v2`.
    pub fn package(&self, version: u32) -> String {
        format!("{}.v{version}", self.stem)
    }

    /// A file that declares nothing yet: `identity_events.proto` for the ending `_events`.
    pub fn file(&self, package: String, ending: &str, documentation: &str) -> File {
        File {
            package,
            name: format!("{}{ending}.proto", self.file_stem),
            documentation: vec![documentation.to_owned()],
            services: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
        }
    }

    /// What a row of a table is called: `User`. That a table has no entity is a finding.
    pub fn entity_name(&self, table: TableId) -> String {
        let table = &self.register.tables[table];
        names::protobuf_message(table.entity.as_ref().unwrap_or(&table.name).as_str())
    }

    pub fn entity(&self, table: TableId) -> Option<&Entity> {
        self.entities.get(&table)
    }
}

/// A type declared in a file.
pub(super) fn type_name(file: &File, name: &str) -> TypeName {
    TypeName { package: file.package.clone(), path: file.path(), name: name.to_owned() }
}

/// A summary, then what the compiler adds: in one paragraph, unless the summary has lines of its own.
pub(super) fn documentation(summary: Option<&Located<String>>, addition: &str) -> Documentation {
    let summary = summary.map_or("", |summary| summary.value.trim());
    let paragraphs = match (summary.is_empty(), addition.is_empty()) {
        (false, false) if !summary.contains('\n') => {
            let end = if summary.ends_with(['.', '!', '?', ':', ';']) { "" } else { "." };
            vec![format!("{summary}{end} {addition}")]
        }
        _ => vec![summary.to_owned(), addition.to_owned()],
    };
    paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty()).collect()
}

/// `a`, `b` and `c`, each in backticks.
pub(super) fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, front)) => format!("{} and {last}", front.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::{documentation, listed};
    use crate::semantic::model::Located;
    use crate::source::{FileId, Place, Span};

    #[test]
    fn a_summary_goes_before_what_the_compiler_says() {
        let place = Place { file: FileId(0), span: Span { start: 0, end: 0 } };
        let of =
            |summary: &str, addition| documentation(Some(&Located::new(summary.to_owned(), place)), addition);
        assert_eq!(of("accounts", "A row."), ["accounts. A row."]);
        assert_eq!(of("Why?", "A row."), ["Why? A row."]);
        assert_eq!(of("a\nb", "A row."), ["a\nb", "A row."]);
        assert_eq!(of("a", ""), ["a"]);
        assert_eq!(of(" ", "A row."), ["A row."]);
        assert_eq!(documentation(None, ""), [""; 0]);
    }

    #[test]
    fn names_are_listed_as_in_speech() {
        assert_eq!(listed([]), "");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b"]), "`a` and `b`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
    }
}
