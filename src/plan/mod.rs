//! Plans: schemas in, a closed set of statements out, proved by executing them symbolically.
//! Knows nothing of registers and services. The executor must not use the planner.

mod difference;
mod executor;
mod facts;
mod initial;
mod order;
mod prove;
mod statement;

pub use difference::difference;
pub use executor::{ExecutionError, Executor, Object, apply};
pub use facts::{LockMode, TableLock};
pub use initial::initial;
pub use prove::{ProofError, prove};
pub use statement::{Commented, PartitionBounds, Statement};

use crate::schema::ObjectName;

/// Statements that bring a database from one schema to another, and back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The way there, in order.
    pub up: Vec<Statement>,
    /// The way back, in order.
    pub down: Vec<Statement>,
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Tables refer to each other by required columns, so no row of any could ever be inserted.
    #[error("foreign keys with required columns form a cycle through {}", listed(.tables))]
    ForeignKeyCycle {
        /// The tables of the cycle, and those that wait for it, by name.
        tables: Vec<ObjectName>,
    },
}

/// Names as a list for people.
fn listed(names: &[ObjectName]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
