//! References, and everything else that names things of other services.

use super::{Resolver, dotted};
use crate::diagnostic::Finding;
use crate::semantic::model::{
    Call, CalledBy, Callee, Consumption, EventId, Located, OnDelete, Reference, ServiceId, TableId, Verify,
};
use crate::semantic::read::Reader;
use crate::semantic::suggest::nearest;

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
        let default_verify = defaults.reference_verify.unwrap_or(Verify::None);
        let on_delete = super::platform::on_delete(reader)
            .or_else(|| default_on_delete.map(|value| Located::new(value, head)));
        if on_delete.is_none() && !has_property(reader, "on-delete") {
            self.findings.push(
                Finding::error("missing-property", "`reference` needs `on-delete=`")
                    .at(head, "`on-delete=` is missing, and the platform has no default")
                    .help("`delete`, `soft-delete`, `nullify` or `keep` these rows once that one is gone"),
            );
        }
        let verify = super::platform::verify(reader).unwrap_or_else(|| Located::new(default_verify, head));
        let (target, target_column) = self.reference_target(table, &to);
        (!columns.is_empty()).then(|| Reference {
            table,
            columns,
            target,
            target_place: to.place,
            target_column,
            on_delete: on_delete.unwrap_or_else(|| Located::new(OnDelete::Keep, head)),
            verify,
            when: reader.text("when"),
            place: reader.node.place(),
        })
    }

    fn reference_target(
        &mut self,
        table: TableId,
        to: &Located<String>,
    ) -> (Option<TableId>, Option<Located<usize>>) {
        let parts = dotted(to);
        let (service_name, table_name, column_name) = match parts.as_slice() {
            [table_name] => {
                let own = self.register.tables[table].service;
                let target = self.names.tables.get(&(own, table_name.value.clone())).copied();
                if target.is_none() {
                    self.findings.push(
                        Finding::error("wrong-value", format!("`{}` names no table of a service", to.value))
                            .at(to.place, "written as SERVICE.TABLE"),
                    );
                }
                return (target, None);
            }
            [service_name, table_name] => (service_name, table_name, None),
            [service_name, table_name, column_name] => (service_name, table_name, Some(column_name)),
            _ => {
                self.findings.push(
                    Finding::error("wrong-value", format!("`{}` names no table of a service", to.value))
                        .at(to.place, "written as SERVICE.TABLE or SERVICE.TABLE.COLUMN"),
                );
                return (None, None);
            }
        };
        let Some(service) = self.service(service_name) else { return (None, None) };
        if let Some(projection) = self.names.projections.get(&(service, table_name.value.clone())) {
            let copy = &self.register.projections[*projection];
            self.findings.push(
                Finding::error("wrong-value", format!("`{}` is a read copy", to.value))
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
        for name in reader.arguments_from(0) {
            let event = self.event_named(&name);
            let known = &self.register.services[service].consumes;
            let group = reader.text("group");
            let same = |other: &&Consumption| {
                event.is_some()
                    && other.event == event
                    && other.group.as_ref().map(Located::as_str) == group.as_ref().map(Located::as_str)
            };
            if let Some(first) = known.iter().find(same).map(|other| other.place) {
                self.duplicate("`consumes`", &name, first);
                continue;
            }
            let place = name.place;
            self.register.services[service].consumes.push(Consumption { event, group, place });
        }
    }

    fn event_named(&mut self, name: &Located<String>) -> Option<EventId> {
        let parts = dotted(name);
        let [service_name, event_name] = parts.as_slice() else {
            self.findings.push(
                Finding::error("wrong-value", format!("`{}` names no event of a service", name.value))
                    .at(name.place, "written as SERVICE.EVENT"),
            );
            return None;
        };
        let service = self.service(service_name)?;
        if let Some(id) = self.names.events.get(&(service, event_name.value.clone())) {
            return Some(*id);
        }
        let topics = &self.register.services[service].topics;
        let events = topics.iter().flat_map(|topic| &self.register.topics[*topic].events);
        let known: Vec<String> = events.map(|id| self.register.events[*id].name.value.clone()).collect();
        self.unknown("event", event_name, known.iter().map(String::as_str));
        None
    }

    fn calls(&mut self, service: ServiceId, reader: Reader<'_>) {
        for name in reader.arguments_from(0) {
            let callee = self.callee(&name);
            let known = &self.register.services[service].calls;
            let same =
                |call: &&Call| callee.is_some() && call.callee == callee && call.name.value == name.value;
            if let Some(first) = known.iter().find(same).map(|call| call.place) {
                self.duplicate("`calls`", &name, first);
                continue;
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
        let parts = dotted(name);
        let [owner, rpc] = parts.as_slice() else {
            self.findings.push(
                Finding::error("wrong-value", format!("`{}` names no RPC of a service", name.value))
                    .at(name.place, "written as SERVICE.RPC"),
            );
            return None;
        };
        if let Some(id) = self.names.externs.get(owner.as_str()).copied()
            && !self.names.services.contains_key(owner.as_str())
        {
            let known: Vec<String> =
                self.register.externs[id].rpcs.iter().map(|known| known.value.clone()).collect();
            if known.contains(&rpc.value) {
                return Some(Callee::Extern(id));
            }
            self.unknown("RPC", rpc, known.iter().map(String::as_str));
            return None;
        }
        let service = self.service(owner)?;
        if let Some(id) = self.names.rpcs.get(&(service, rpc.value.clone())) {
            return Some(Callee::Rpc(*id));
        }
        let rpcs = &self.register.services[service].rpcs;
        let known: Vec<String> = rpcs.iter().map(|id| self.register.rpcs[*id].name.value.clone()).collect();
        let mut finding =
            Finding::error("unknown-name", format!("`{}` serves no RPC `{}`", owner.value, rpc.value))
                .at(rpc.place, "no such RPC")
                .at(self.register.services[service].name.place, "the service");
        if let Some(near) = nearest(rpc.as_str(), known.iter().map(String::as_str)) {
            finding = finding.help(format!("did you mean `{near}`?"));
        } else if !known.is_empty() {
            finding = finding.help(format!("it serves {}", known.join(", ")));
        }
        self.findings.push(finding);
        None
    }

    fn called_by(&mut self, service: ServiceId, reader: Reader<'_>) {
        for name in reader.arguments_from(0) {
            let Some(caller) = self.names.externs.get(name.as_str()).copied() else {
                let known: Vec<String> =
                    self.register.externs.values().map(|known| known.name.value.clone()).collect();
                self.unknown("extern", &name, known.iter().map(String::as_str));
                continue;
            };
            let known = &self.register.services[service].called_by;
            if let Some(first) = known.iter().find(|known| known.caller == caller).map(|known| known.place) {
                self.duplicate("`called-by`", &name, first);
                continue;
            }
            self.register.services[service].called_by.push(CalledBy { caller, place: name.place });
            self.register.externs[caller].calls.push(service);
        }
    }
}

fn has_property(reader: Reader<'_>, name: &str) -> bool {
    let tree = reader.node.tree;
    reader.node.entries().iter().filter_map(|entry| entry.name).any(|key| tree.string(key) == name)
}
