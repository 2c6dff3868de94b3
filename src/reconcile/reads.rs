//! What reconciliation reads of each database, and who reads it: what the role `reconciler` is granted follows from it.

use super::events::{OUTBOX_COLUMNS, PROCESSED_EVENTS_COLUMNS, processed_events_keep_days};
use super::{CopySide, Drift, Orphans, Reconciliation};
use crate::schema::ObjectName;
use crate::semantic::Register;
use crate::semantic::model::{OUTBOX_TABLE, PROCESSED_EVENTS_TABLE, ServiceId};
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

/// What reconciliations read, by the service whose database it is. A service of which nothing is read is left out.
pub fn reads(reconciliations: &[(ServiceId, Reconciliation)]) -> BTreeMap<ServiceId, DatabaseReads> {
    let mut reads = Reads::default();
    for (service, reconciliation) in reconciliations {
        for orphans in &reconciliation.orphans {
            reads.add_orphans(*service, orphans);
        }
        for drift in &reconciliation.drifts {
            reads.add_side(*service, *service, &drift.copy);
            reads.add_side(*service, drift.owner, &drift.source);
        }
        if reconciliation.has_outbox {
            reads.add(*service, *service, &ObjectName::new("public", OUTBOX_TABLE), OUTBOX_COLUMNS);
        }
        if reconciliation.processed_events_keep_days.is_some() {
            let table = ObjectName::new("public", PROCESSED_EVENTS_TABLE);
            reads.add(*service, *service, &table, PROCESSED_EVENTS_COLUMNS);
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
    let references = declaration.tables.iter().flat_map(|table| &register.tables[*table].references);
    let targets = references.filter_map(|id| Orphans::target(register, *id));
    let sources = declaration.projections.iter().filter_map(|id| Drift::source(register, *id));
    let owners: BTreeSet<ServiceId> =
        targets.chain(sources).map(|table| register.tables[table].service).collect();
    let has_own = !declaration.topics.is_empty() || processed_events_keep_days(register, service).is_some();
    if !has_own && owners.is_empty() {
        return Vec::new();
    }
    let mut owners: Vec<ServiceId> = owners.into_iter().filter(|owner| *owner != service).collect();
    owners.sort_by_key(|owner| register.services[*owner].name.as_str());
    std::iter::once(service).chain(owners).collect()
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
