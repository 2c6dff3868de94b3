//! The proof of a plan: executed symbolically, it gives exactly the schema that it is for, and takes it away again.

use super::{ExecutionError, Executor, PartitionBounds, Plan, Statement, difference};
use crate::schema::{PartitionMethod, Schema};

/// Why a plan must not be written. It is a mistake of the planner, or a schema that no database can have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// A statement of the way there cannot run.
    #[error("statement {} of the way up cannot run: {error}", .position + 1)]
    UpFails {
        /// Its number, from 0.
        position: usize,
        /// Why.
        error: ExecutionError,
    },
    /// The way there does not lead to the schema.
    #[error("the way up does not give the schema: {difference}")]
    UpDiffers {
        /// The first difference.
        difference: String,
    },
    /// A statement of the way back cannot run.
    #[error("statement {} of the way down cannot run: {error}", .position + 1)]
    DownFails {
        /// Its number, from 0.
        position: usize,
        /// Why.
        error: ExecutionError,
    },
    /// The way back leaves something behind.
    #[error("the way down does not give an empty database: {difference}")]
    DownDiffers {
        /// The first difference.
        difference: String,
    },
}

/// Executes a plan from an empty database: the way up gives exactly `target`, the way down nothing.
///
/// # Errors
/// Where one of the two does not hold.
pub fn prove(plan: &Plan, target: &Schema) -> Result<(), ProofError> {
    let mut executor = Executor::default();
    for (position, statement) in plan.up.iter().enumerate() {
        executor.apply(statement).map_err(|error| ProofError::UpFails { position, error })?;
    }
    let differs = difference(executor.schema(), target).or_else(|| wrong_modulus(plan, target));
    if let Some(difference) = differs {
        return Err(ProofError::UpDiffers { difference });
    }
    for (position, statement) in plan.down.iter().enumerate() {
        executor.apply(statement).map_err(|error| ProofError::DownFails { position, error })?;
    }
    match difference(executor.schema(), &Schema::default()) {
        Some(difference) => Err(ProofError::DownDiffers { difference }),
        None => Ok(()),
    }
}

/// A schema holds the names of hash partitions but not their modulus, which is how many there are in the end.
fn wrong_modulus(plan: &Plan, target: &Schema) -> Option<String> {
    plan.up.iter().find_map(|statement| {
        let Statement::CreatePartition { table, name, bounds: PartitionBounds::Hash { modulus, .. } } =
            statement
        else {
            return None;
        };
        let method = &target.tables.get(table)?.partitioning.as_ref()?.method;
        let count = if let PartitionMethod::Hash { partitions } = method { partitions.len() } else { 0 };
        (*modulus != count).then(|| format!("partition `{name}` of table `{table}` has another modulus"))
    })
}
