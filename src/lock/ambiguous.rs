//! Renames of which nobody can tell whether a build has seen them: the lock knows the new name as well as the old one.

use super::rules::TAKEN;
use super::{Origin, ServiceLock};
use crate::diagnostic::Finding;
use crate::semantic::Register;
use crate::semantic::model::{Located, Service};
use crate::text::printable;
use foldhash::HashSet;

/// What has names in the lock of its service that follow a rename, with the version of the package that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    Table,
    Enum,
    Rpc(u32),
    Event(u32),
}

/// Tables, enums, RPCs and events of a service that are said to be renamed to what was there before: its numbers would be
/// given to something else.
pub(super) fn renames(register: &Register, service: &Service, lock: &ServiceLock) -> Vec<Finding> {
    let renamed = renamed(register, service);
    if renamed.is_empty() {
        return Vec::new();
    }
    let known = known(lock);
    let is_known = |part: Part, name: &Located<String>| known.contains(&(part, name.as_str()));
    renamed
        .into_iter()
        .filter(|(part, name, was)| is_known(*part, name) && is_known(*part, was))
        .map(|(_, name, was)| ambiguous(name, was.as_str()))
        .collect()
}

/// What has a `was=`: its name, and the one that it had.
type Renamed<'a> = (Part, &'a Located<String>, &'a Located<String>);

fn renamed<'a>(register: &'a Register, service: &'a Service) -> Vec<Renamed<'a>> {
    let tables = service.tables.iter().map(|id| &register.tables[*id]);
    let enums = service.enums.iter().map(|id| &register.enums[*id]);
    let rpcs = service.rpcs.iter().map(|id| &register.rpcs[*id]);
    let events = service.topics.iter().flat_map(|id| &register.topics[*id].events);
    let events = events.map(|id| &register.events[*id]);
    tables
        .map(|table| (Part::Table, &table.name, table.was.as_ref()))
        .chain(enums.map(|values| (Part::Enum, &values.name, values.was.as_ref())))
        .chain(rpcs.map(|rpc| (Part::Rpc(rpc.version()), &rpc.name, rpc.was.as_ref())))
        .chain(events.map(|event| (Part::Event(event.version), &event.name, event.was.as_ref())))
        .filter_map(|(part, name, was)| Some((part, name, was?)))
        .collect()
}

fn known(lock: &ServiceLock) -> HashSet<(Part, &str)> {
    let messages = lock.messages.keys().filter_map(|key| match key.origin {
        Origin::Table => Some((Part::Table, key.name.as_str())),
        Origin::Event => Some((Part::Event(key.version), key.name.as_str())),
        Origin::Topic | Origin::Request | Origin::Response => None,
    });
    let enums = lock.enums.keys().map(|key| (Part::Enum, key.name.as_str()));
    let rpcs = lock.rpcs.keys().map(|key| (Part::Rpc(key.version), key.name.as_str()));
    messages.chain(enums).chain(rpcs).collect()
}

/// The finding about a rename from one name that the lock knows to another.
pub(super) fn ambiguous(name: &Located<String>, was: &str) -> Finding {
    let (new, old) = (printable(name.as_str()), printable(was));
    let message =
        format!("the lock knows `{new}` and `{old}` as two things, so the one cannot have been the other");
    Finding::error(TAKEN, message).at(name.place, format!("was `{old}`")).help(format!(
        "where a build has seen this rename already, take `was={old}` away; else choose another name than `{new}`, \
         which belonged to something that was removed"
    ))
}
