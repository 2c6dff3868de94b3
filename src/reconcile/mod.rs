//! What has to agree between the database of a service and those of others, as data and as SQL: which rows are matched by
//! which keys, how each column is made comparable, how tables are cut into chunks.
//!
//! The side that refers or copies drives: it knows its owners. Each side's queries are texts of their own, since two
//! servers cannot be joined. Whoever runs them brings the answers together: a generated script, or a program.

mod bounds;
mod drift;
mod events;
mod form;
mod key;
mod orphans;
mod query;
mod reads;

pub use drift::{CopySide, Drift};
pub use events::{
    PROCESSED_EVENTS_GRACE_DAYS, processed_events_keep_days, stuck_outbox, undead_processed_events,
};
pub use form::Form;
pub use key::{Key, KeyColumn};
pub use orphans::Orphans;
pub use query::Query;
pub use reads::{DatabaseReads, connections, databases_asked, projections, reads, references};

use crate::semantic::Register;
use crate::semantic::model::ServiceId;

/// Everything that is reconciled for one service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// References of its tables, in the order of the register.
    pub orphans: Vec<Orphans>,
    /// Its read copies, in the order of the register.
    pub drifts: Vec<Drift>,
    /// Whether it has an outbox.
    pub has_outbox: bool,
    /// For how many days it keeps events that it processed; `None`: it keeps none.
    pub processed_events_keep_days: Option<u32>,
}

impl Reconciliation {
    /// What is reconciled for a service. Empty for one without a database; what did not resolve, and what points into
    /// a service without a database, is left out.
    pub fn of(register: &Register, service: ServiceId) -> Reconciliation {
        let declaration = &register.services[service];
        if declaration.database.is_none() {
            return Reconciliation::default();
        }
        let references = declaration.tables.iter().flat_map(|table| &register.tables[*table].references);
        Reconciliation {
            orphans: references.filter_map(|id| Orphans::of(register, *id)).collect(),
            drifts: declaration.projections.iter().filter_map(|id| Drift::of(register, *id)).collect(),
            has_outbox: !declaration.topics.is_empty(),
            processed_events_keep_days: processed_events_keep_days(register, service),
        }
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Reconciliation::default()
    }
}
