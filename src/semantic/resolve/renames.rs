//! `was=`: the name that a thing had can be neither its own nor that of something that stands.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{Located, Register, RpcKind, StoreKind};
use crate::semantic::wording::shown;
use foldhash::{HashMap, HashMapExt};

/// A name, and the one that the thing had before.
type Renamed<'a> = (&'a Located<String>, Option<&'a Located<String>>);

const STORE_KINDS: [StoreKind; 5] =
    [StoreKind::Redis, StoreKind::Neo4j, StoreKind::ClickHouse, StoreKind::OpenSearch, StoreKind::S3];

impl Resolver<'_> {
    /// Holds every `was=` against the names of the same kind in the same scope.
    pub(super) fn renames(&mut self) {
        let mut found = Vec::new();
        across_the_register(&self.register, &mut found);
        of_services(&self.register, &mut found);
        of_tables(&self.register, &mut found);
        found.into_iter().for_each(|finding| self.findings.push(finding));
    }
}

fn across_the_register(register: &Register, found: &mut Vec<Finding>) {
    scope(found, register.teams.values().map(|team| (&team.name, team.was.as_ref())));
    scope(found, register.servers.values().map(|server| (&server.name, server.was.as_ref())));
    scope(found, register.services.values().map(|service| (&service.name, service.was.as_ref())));
    scope(found, register.topics.values().map(|topic| (&topic.name, topic.was.as_ref())));
    scope(found, register.externs.values().map(|other| (&other.name, other.was.as_ref())));
}

fn of_services(register: &Register, found: &mut Vec<Finding>) {
    for service in register.services.values() {
        let tables = service.tables.iter().map(|id| &register.tables[*id]);
        let copies = service.projections.iter().map(|id| &register.projections[*id]);
        let tables = tables.map(|table| (&table.name, table.was.as_ref()));
        scope(found, tables.chain(copies.map(|copy| (&copy.name, copy.was.as_ref()))));
        let entities = service.tables.iter().filter_map(|id| {
            let table = &register.tables[*id];
            Some((table.entity.as_ref()?, table.entity_was.as_deref()))
        });
        scope(found, entities);
        let enums = service.enums.iter().map(|id| &register.enums[*id]);
        scope(found, enums.map(|enum_type| (&enum_type.name, enum_type.was.as_ref())));
        let events = service.topics.iter().flat_map(|id| &register.topics[*id].events);
        let events = events.map(|id| &register.events[*id]);
        scope(found, events.clone().map(|event| (&event.name, event.was.as_ref())));
        for event in events {
            scope(found, event.fields.iter().map(|field| (&field.name, field.was.as_ref())));
        }
        let rpcs = service.rpcs.iter().map(|id| &register.rpcs[*id]);
        scope(found, rpcs.clone().map(|rpc| (&rpc.name, rpc.was.as_ref())));
        for rpc in rpcs {
            let RpcKind::Custom { request, response, .. } = &rpc.kind else { continue };
            scope(found, request.iter().map(|field| (&field.name, field.was.as_ref())));
            scope(found, response.iter().map(|field| (&field.name, field.was.as_ref())));
        }
        for kind in STORE_KINDS {
            let stores = service.stores.iter().filter(|store| store.kind == kind);
            scope(found, stores.map(|store| (&store.name, store.was.as_ref())));
        }
        // Those of other services may lie on another server.
        scope(found, service.database.iter().map(|database| (&database.name, database.was.as_ref())));
        scope(found, service.sql.iter().map(|node| (&node.name, node.was.as_ref())));
    }
    for enum_type in register.enums.values() {
        scope(found, enum_type.values.iter().map(|value| (&value.name, value.was.as_ref())));
    }
}

fn of_tables(register: &Register, found: &mut Vec<Finding>) {
    for table in register.tables.values() {
        scope(found, table.columns.iter().map(|column| (&column.name, column.was.as_deref())));
        let checks = table.checks.iter().filter_map(|check| Some((check.name.as_ref()?, check.was.as_ref())));
        let uniques = table.uniques.iter().filter_map(|key| Some((key.name.as_ref()?, key.was.as_ref())));
        let keys = table.foreign_keys.iter().filter_map(|key| Some((key.name.as_ref()?, key.was.as_ref())));
        let indexes =
            table.indexes.iter().filter_map(|index| Some((index.name.as_ref()?, index.was.as_ref())));
        scope(found, checks.chain(uniques).chain(keys).chain(indexes));
    }
    for copy in register.projections.values() {
        let columns = copy.key.iter().chain(&copy.columns);
        scope(found, columns.map(|column| (&column.name, column.was.as_ref())));
    }
}

/// The names of one kind in one scope. `a was=b` beside `b was=c` is refused, too: as `was=` may stay after its build,
/// nobody can tell whether `b` still is what `a` was, or already what `c` was.
fn scope<'a>(found: &mut Vec<Finding>, names: impl Iterator<Item = Renamed<'a>> + Clone) {
    if names.clone().all(|(_, was)| was.is_none()) {
        return;
    }
    let standing: HashMap<&str, Renamed<'_>> =
        names.clone().map(|(name, was)| (name.as_str(), (name, was))).collect();
    let mut first: HashMap<&str, Renamed<'_>> = HashMap::new();
    for (name, was) in names {
        let Some(was) = was else { continue };
        let (new, old) = (shown(name.as_str()), shown(was.as_str()));
        if was.as_str() == name.as_str() {
            found.push(
                Finding::error("contradiction", format!("`was=` of `{new}` names the thing itself"))
                    .at(was.place, "the name that it has")
                    .help("name what it was called before, or take `was=` out"),
            );
        } else if let Some((other, _)) = standing.get(was.as_str()) {
            found.push(
                Finding::error("contradiction", format!("`{new}` cannot have been `{old}`, which still stands"))
                    .at(was.place, "called so before")
                    .at(other.place, "still stands")
                    .help("take `was=` out, or take out what still stands; a new thing of the old name comes in a later build"),
            );
        } else if let Some((other, first)) =
            first.get(was.as_str()).filter(|(other, _)| other.as_str() != name.as_str())
        {
            let other_name = shown(other.as_str());
            found.push(
                Finding::error(
                    "contradiction",
                    format!("both `{other_name}` and `{new}` cannot have been `{old}`"),
                )
                .at(was.place, "called so before")
                .at(first.map_or(other.place, |first| first.place), "this one too")
                .help("take one `was=` out: that one is new"),
            );
        }
        first.entry(was.as_str()).or_insert((name, Some(was)));
    }
}
