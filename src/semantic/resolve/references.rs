//! References, and everything else that names things of other services.

use super::Resolver;
use crate::diagnostic::Finding;
use crate::semantic::model::{
    Call, CalledBy, Callee, Consumption, EventId, ExternId, Located, OnDelete, Reference, ServiceId, TableId,
    Verify,
};
use crate::semantic::read::Reader;
use crate::semantic::wording::shown;
use crate::source::Place;
use foldhash::HashMap;

/// Where services named what they use, by what they named.
#[derive(Default)]
pub(super) struct Uses {
    consumed: HashMap<(ServiceId, EventId, Option<String>), Place>,
    called: HashMap<(ServiceId, String), Place>,
    callers: HashMap<(ServiceId, ExternId), Place>,
}

impl Resolver<'_> {
    pub(super) fn resolve_references(&mut self) {
        for (table, reader) in self.tables.clone() {
            for node in reader.children_named("reference") {
                let Some(reference) = self.reference(table, node) else { continue };
                let id = self.register.references.push(reference);
                self.register.tables[table].references.push(id);
            }
        }
    }

    fn reference(&mut self, table: TableId, reader: Reader<'_>) -> Option<Reference> {
        let columns = self.columns(table, &reader.arguments_from(0));
        let to = reader.text("to")?;
        let defaults = &self.register.platform.defaults;
        let head = reader.node.head_place();
        let default_on_delete = defaults.reference_on_delete;
        let defaults_owner_away = defaults.reference_owner_away;
        let default_verify = defaults.reference_verify.unwrap_or(Verify::None);
        let on_delete = super::platform::on_delete(reader)
            .or_else(|| default_on_delete.map(|value| Located::new(value, head)));
        let is_written = reader.has_property("on-delete") || reader.misspells_property("on-delete");
        if on_delete.is_none() && !is_written {
            self.findings.push(
                Finding::error("missing-property", "`reference` needs `on-delete=`")
                    .at(head, "`on-delete=` is missing, and the platform has no default")
                    .help("`delete`, `soft-delete`, `nullify` or `keep` these rows once that one is gone"),
            );
        }
        let verify = super::platform::verify(reader).unwrap_or_else(|| Located::new(default_verify, head));
        let owner_away = super::platform::owner_away(reader);
        if let (Verify::None, Some(away)) = (verify.value, &owner_away) {
            self.findings.push(
                Finding::error("wrong-value", "`owner-away=` of a reference that is not checked")
                    .at(away.place, "nobody is asked, so it says nothing")
                    .help("say `verify=projection` or `verify=rpc`; or leave it out"),
            );
        }
        let owner_away = owner_away.map(|found| found.value).or(defaults_owner_away).unwrap_or_default();
        let (target, target_column) = self.reference_target(table, &to);
        (!columns.is_empty()).then(|| Reference {
            table,
            columns,
            target,
            target_place: to.place,
            target_column,
            on_delete: on_delete.unwrap_or_else(|| Located::new(OnDelete::Keep, head)),
            verify,
            owner_away,
            when: reader.text("when"),
            place: reader.node.place(),
        })
    }

    fn reference_target(
        &mut self,
        table: TableId,
        to: &Located<String>,
    ) -> (Option<TableId>, Option<Located<usize>>) {
        let own = self.register.tables[table].service;
        if let Some(target) = self.names.tables.get(&(own, to.value.clone())) {
            return (Some(*target), None); // rule `reference-within-service` says more
        }
        let written = ("table of a service", "SERVICE.TABLE or SERVICE.TABLE.COLUMN");
        let Some(parts) = self.parts(to, 2..=3, written) else { return (None, None) };
        let (service_name, table_name, column_name) = match parts.as_slice() {
            [service_name, table_name] => (service_name, table_name, None),
            [service_name, table_name, column_name, ..] => (service_name, table_name, Some(column_name)),
            _ => return (None, None),
        };
        let Some(service) = self.service(service_name) else { return (None, None) };
        if let Some(projection) = self.names.projections.get(&(service, table_name.value.clone())) {
            let copy = &self.register.projections[*projection];
            self.findings.push(
                Finding::error("wrong-value", format!("`{}` is a read copy", shown(to.as_str())))
                    .at(to.place, "nothing refers to a copy")
                    .at(copy.name.place, "the copy")
                    .help("refer to the table that it is a copy of"),
            );
            return (None, None);
        }
        let Some(target) = self.own_table(service, table_name) else { return (None, None) };
        (Some(target), column_name.and_then(|name| self.column(target, name)))
    }

    /// `consumes`, `calls` and `called-by` of all services.
    pub(super) fn resolve_uses(&mut self) {
        for (service, reader) in self.services.clone() {
            for node in reader.children_named("consumes") {
                self.consumes(service, node);
            }
            for node in reader.children_named("calls") {
                self.calls(service, node);
            }
            for node in reader.children_named("called-by") {
                self.called_by(service, node);
            }
        }
    }

    fn consumes(&mut self, service: ServiceId, reader: Reader<'_>) {
        let group = reader.text("group");
        for name in reader.arguments_from(0) {
            let event = self.event_named(&name);
            if let Some(event) = event {
                let key = (service, event, group.as_ref().map(|group| group.value.clone()));
                if let Some(first) = self.uses.consumed.get(&key) {
                    let first = *first;
                    self.named_twice("event", &name, first);
                    continue;
                }
                self.uses.consumed.insert(key, name.place);
            }
            let consumption = Consumption { event, group: group.clone(), place: name.place };
            self.register.services[service].consumes.push(consumption);
        }
    }

    fn event_named(&mut self, name: &Located<String>) -> Option<EventId> {
        let parts = self.parts(name, 2..=2, ("event of a service", "SERVICE.EVENT"))?;
        let [service_name, event_name] = parts.as_slice() else { return None };
        let service = self.service(service_name)?;
        if let Some(id) = self.names.events.get(&(service, event_name.value.clone())) {
            return Some(*id);
        }
        let owner = self.register.services[service].name.clone();
        self.unknown_of(("service", &owner), "event", event_name, |register| {
            let topics = register.services[service].topics.iter().map(|id| &register.topics[*id]);
            topics.flat_map(|topic| &topic.events).map(|id| register.events[*id].name.as_str()).collect()
        });
        None
    }

    fn calls(&mut self, service: ServiceId, reader: Reader<'_>) {
        for name in reader.arguments_from(0) {
            let callee = self.callee(&name);
            if callee.is_some() {
                let key = (service, name.value.clone());
                if let Some(first) = self.uses.called.get(&key) {
                    let first = *first;
                    self.named_twice("RPC", &name, first);
                    continue;
                }
                self.uses.called.insert(key, name.place);
            }
            let call = Call {
                callee,
                timeout_ms: reader.whole("timeout-ms"),
                cache_seconds: reader.whole("cache-seconds"),
                place: name.place,
                name,
            };
            self.register.services[service].calls.push(call);
        }
    }

    fn callee(&mut self, name: &Located<String>) -> Option<Callee> {
        let parts = self.parts(name, 2..=2, ("RPC of a service", "SERVICE.RPC"))?;
        let [owner, rpc] = parts.as_slice() else { return None };
        if let Some(id) = self.names.externs.get(owner.as_str()).copied()
            && !self.names.services.contains_key(owner.as_str())
        {
            if self.names.extern_rpcs.contains_key(&(id, rpc.value.clone())) {
                return Some(Callee::Extern(id));
            }
            let owner = self.register.externs[id].name.clone();
            self.unknown_of(("extern", &owner), "RPC", rpc, |register| {
                register.externs[id].rpcs.iter().map(Located::as_str).collect()
            });
            return None;
        }
        let service = self.service(owner)?;
        if let Some(id) = self.names.rpcs.get(&(service, rpc.value.clone())) {
            return Some(Callee::Rpc(*id));
        }
        if !self.names.lost_rpcs.contains(&service) {
            let owner = self.register.services[service].name.clone();
            self.unknown_of(("service", &owner), "RPC", rpc, |register| {
                let rpcs = register.services[service].rpcs.iter();
                rpcs.map(|id| register.rpcs[*id].name.as_str()).collect()
            });
        }
        None
    }

    fn called_by(&mut self, service: ServiceId, reader: Reader<'_>) {
        for name in reader.arguments_from(0) {
            let Some(caller) = self.names.externs.get(name.as_str()).copied() else {
                self.unknown("extern", &name, |register| {
                    register.externs.values().map(|known| known.name.as_str()).collect()
                });
                continue;
            };
            if let Some(first) = self.uses.callers.get(&(service, caller)) {
                let first = *first;
                self.named_twice("extern", &name, first);
                continue;
            }
            self.uses.callers.insert((service, caller), name.place);
            self.register.services[service].called_by.push(CalledBy { caller, place: name.place });
            self.register.externs[caller].calls.push(service);
        }
    }
}
