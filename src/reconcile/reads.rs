//! What reconciliation reads of each database, and who reads it: what the role `reconciler` is granted follows from it.

use super::events::{OUTBOX_COLUMNS, PROCESSED_EVENTS_COLUMNS};
use super::{CopySide, Orphans, Reconciliation};
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
    /// The most connections that reconciliations open to the database at a time: one each.
    pub fn connections(&self) -> u32 {
        u32::try_from(self.readers.len()).unwrap_or(u32::MAX)
    }

    /// How many connections their role is allowed.
    pub fn connection_limit(&self) -> u32 {
        self.connections().saturating_add(CLOSING_CONNECTIONS)
    }
}

/// What the reconciliations of all services read, by the service whose database it is. A service of which nothing is read
/// is left out.
pub fn reads(register: &Register) -> BTreeMap<ServiceId, DatabaseReads> {
    let mut reads = Reads::default();
    for service in register.services.ids() {
        let reconciliation = Reconciliation::of(register, service);
        for orphans in &reconciliation.orphans {
            reads.add_orphans(service, orphans);
        }
        for drift in &reconciliation.drifts {
            reads.add_side(service, service, &drift.copy);
            reads.add_side(service, drift.owner, &drift.source);
        }
        if reconciliation.has_outbox {
            reads.add(service, service, &ObjectName::new("public", OUTBOX_TABLE), OUTBOX_COLUMNS);
        }
        if reconciliation.processed_events_keep_days.is_some() {
            let table = ObjectName::new("public", PROCESSED_EVENTS_TABLE);
            reads.add(service, service, &table, PROCESSED_EVENTS_COLUMNS);
        }
    }
    reads.found
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
