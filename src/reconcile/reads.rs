//! What reconciliation reads of each database, and who reads it: what the role `reconciler` is granted follows from it.

use super::events::{OUTBOX_COLUMNS, PROCESSED_EVENTS_COLUMNS, processed_events_keep_days};
use super::{CopySide, Drift, Orphans, Reconciliation};
use crate::schema::ObjectName;
use crate::semantic::Register;
use crate::semantic::model::{OUTBOX_TABLE, PROCESSED_EVENTS_TABLE, ServiceId, TableId};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Connections that may still be closing when the next one opens: a server counts one until its process has ended.
const CLOSING_CONNECTIONS: u32 = 3;

/// What is read of the database of one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DatabaseReads {
    /// The columns, by table.
    pub columns: BTreeMap<ObjectName, BTreeSet<String>>,
    /// The services whose reconciliation reads there: those that refer to its tables or copy them, and itself where it
    /// has something of its own to look at.
    pub readers: BTreeSet<ServiceId>,
}

impl DatabaseReads {
    /// How many connections their role is allowed: one for each reader, and some that are still closing.
    pub fn connection_limit(&self) -> u32 {
        u32::try_from(self.readers.len()).unwrap_or(u32::MAX).saturating_add(CLOSING_CONNECTIONS)
    }
}

/// How many services' reconciliations are in memory at a time: together they are as large as the register.
const SERVICES_AT_A_TIME: usize = 32;

/// What the reconciliations of all services read, by the service whose database it is. A service of which nothing is read
/// is left out.
pub fn reads(register: &Register) -> BTreeMap<ServiceId, DatabaseReads> {
    let mut reads = Reads::default();
    let services: Vec<ServiceId> = register.services.ids().collect();
    for some in services.chunks(SERVICES_AT_A_TIME) {
        let reconciliations: Vec<Reconciliation> =
            some.par_iter().map(|service| Reconciliation::of(register, *service)).collect();
        for (service, reconciliation) in some.iter().zip(&reconciliations) {
            reads.add_reconciliation(*service, reconciliation);
        }
    }
    reads.found
}

/// The services whose databases the reconciliation of a service asks: its own first, the others by name. None where it has
/// nothing to look at.
pub fn databases_asked(register: &Register, service: ServiceId) -> Vec<ServiceId> {
    let declaration = &register.services[service];
    if declaration.database.is_none() {
        return Vec::new();
    }
    let compared = references(register, service).chain(projections(register, service));
    let owners: BTreeSet<ServiceId> = compared.map(|table| register.tables[table].service).collect();
    let has_own = !declaration.topics.is_empty() || processed_events_keep_days(register, service).is_some();
    if !has_own && owners.is_empty() {
        return Vec::new();
    }
    let mut owners: Vec<ServiceId> = owners.into_iter().filter(|owner| *owner != service).collect();
    owners.sort_by_key(|owner| register.services[*owner].name.as_str());
    std::iter::once(service).chain(owners).collect()
}

/// What the references point at that the reconciliation of a service looks at, one for each, in the order of the register.
pub fn references(register: &Register, service: ServiceId) -> impl Iterator<Item = TableId> {
    let tables = register.services[service].tables.iter();
    let references = tables.flat_map(|table| &register.tables[*table].references);
    references.filter_map(|id| Orphans::target(register, *id))
}

/// What the read copies are copies of that the reconciliation of a service looks at, one for each, in the order of the register.
pub fn projections(register: &Register, service: ServiceId) -> impl Iterator<Item = TableId> {
    let projections = register.services[service].projections.iter();
    projections.filter_map(|id| Drift::source(register, *id))
}

/// How many connections reconciliations open to the database of each service at a time: each that reads it opens one.
pub fn connections(register: &Register) -> BTreeMap<ServiceId, u32> {
    let mut connections: BTreeMap<ServiceId, u32> = BTreeMap::new();
    for database in register.services.ids().flat_map(|id| databases_asked(register, id)) {
        let number = connections.entry(database).or_default();
        *number = number.saturating_add(1);
    }
    connections
}

#[derive(Default)]
struct Reads {
    found: BTreeMap<ServiceId, DatabaseReads>,
}

impl Reads {
    fn add_reconciliation(&mut self, service: ServiceId, reconciliation: &Reconciliation) {
        for orphans in &reconciliation.orphans {
            self.add_orphans(service, orphans);
        }
        for drift in &reconciliation.drifts {
            self.add_side(service, service, &drift.copy);
            self.add_side(service, drift.owner, &drift.source);
        }
        if reconciliation.has_outbox {
            self.add(service, service, &ObjectName::new("public", OUTBOX_TABLE), OUTBOX_COLUMNS);
        }
        if reconciliation.processed_events_keep_days.is_some() {
            let table = ObjectName::new("public", PROCESSED_EVENTS_TABLE);
            self.add(service, service, &table, PROCESSED_EVENTS_COLUMNS);
        }
    }

    fn add_orphans(&mut self, reader: ServiceId, orphans: &Orphans) {
        let columns = orphans.columns_read();
        self.add(reader, reader, &orphans.table, columns.iter().map(String::as_str));
        self.add(reader, orphans.owner, &orphans.target, orphans.target_columns_read());
    }

    fn add_side(&mut self, reader: ServiceId, service: ServiceId, side: &CopySide) {
        self.add(reader, service, &side.table, side.columns_read());
    }

    fn add<'a>(
        &mut self,
        reader: ServiceId,
        service: ServiceId,
        table: &ObjectName,
        columns: impl IntoIterator<Item = &'a str>,
    ) {
        let reads = self.found.entry(service).or_default();
        reads.readers.insert(reader);
        reads.columns.entry(table.clone()).or_default().extend(columns.into_iter().map(str::to_owned));
    }
}
