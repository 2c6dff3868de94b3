//! Who calls whom. What is not here is not let through.

use crate::semantic::Register;
use crate::semantic::model::{Callee, ExternId, Service, ServiceId};
use std::collections::BTreeSet;

/// Who calls a service. Ids are in the order of the register, which must not show in what is made of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Callers {
    /// Services that call its RPCs: because they say so, check references by it, or fill read copies from it.
    pub services: BTreeSet<ServiceId>,
    /// Externs that call its RPCs.
    pub externs: BTreeSet<ExternId>,
    /// Externs that read metrics of everything that is run of it.
    pub scrapers: BTreeSet<ExternId>,
}

/// Whom a workload calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// Services.
    pub services: BTreeSet<ServiceId>,
    /// Externs.
    pub externs: BTreeSet<ExternId>,
}

impl Reach {
    /// What a service says that it calls, and whom it asks whether references hold.
    pub(super) fn of_calls(register: &Register, service: &Service) -> Reach {
        let mut reach = Reach::default();
        for callee in service.calls.iter().filter_map(|call| call.callee) {
            match callee {
                Callee::Rpc(rpc) => reach.services.insert(register.rpcs[rpc].service),
                Callee::Extern(id) => reach.externs.insert(id),
            };
        }
        let references = service.tables.iter().flat_map(|table| &register.tables[*table].references);
        let asked = references.map(|id| &register.references[*id]);
        let asked = asked.filter(|reference| register.asks_owner(reference));
        reach.services.extend(asked.filter_map(|reference| Some(register.tables[reference.target?].service)));
        reach
    }

    /// Those from which read copies are filled.
    pub(super) fn add_copied(&mut self, register: &Register, service: &Service) {
        let copies = service.projections.iter().map(|id| &register.projections[*id]);
        self.services.extend(copies.filter_map(|copy| Some(register.tables[copy.source?].service)));
    }

    /// A service does not need to be let through to itself.
    pub(super) fn without(mut self, service: ServiceId) -> Reach {
        self.services.remove(&service);
        self
    }
}

/// The callers of every service, by the numbers of services.
pub(super) fn callers(register: &Register) -> Vec<Callers> {
    let mut callers = vec![Callers::default(); register.services.len()];
    for (id, service) in register.services.iter() {
        let mut reach = Reach::of_calls(register, service);
        reach.add_copied(register, service);
        for called in reach.without(id).services {
            callers[called.index()].services.insert(id);
        }
        for called_by in &service.called_by {
            let own = &mut callers[id.index()];
            match register.externs[called_by.caller].scrapes {
                true => own.scrapers.insert(called_by.caller),
                false => own.externs.insert(called_by.caller),
            };
        }
    }
    callers
}
