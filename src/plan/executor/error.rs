//! Why a statement cannot run.

use super::Object;

/// Why PostgreSQL would refuse a statement, or why the schema could not follow it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExecutionError {
    /// Its name is taken.
    #[error("{0} stands already")]
    AlreadyExists(Object),
    /// Another object has the name.
    #[error("{object} cannot have the name of {other}")]
    NameTaken {
        /// What would be made.
        object: Object,
        /// What has the name.
        other: Box<Object>,
    },
    /// What the statement speaks of is absent.
    #[error("{0} does not stand")]
    Missing(Object),
    /// What would be dropped is needed.
    #[error("{object} is needed by {by}")]
    InUse {
        /// What would be dropped.
        object: Object,
        /// The first that needs it.
        by: Box<Object>,
    },
    /// A foreign key points at columns that are no key.
    #[error(
        "{foreign_key} points at columns of {target} that no primary key, unique constraint or unique index is over"
    )]
    TargetIsNoKey {
        /// The foreign key.
        foreign_key: Object,
        /// The table that it points at.
        target: Box<Object>,
    },
    /// A key of a partitioned table lacks a column that rows are divided by.
    #[error("{key} lacks {column}, by which the table is partitioned")]
    KeyWithoutPartitionColumn {
        /// The key.
        key: Object,
        /// The missing column.
        column: Box<Object>,
    },
    /// What the statement says of an object does not fit together.
    #[error("{object} {reason}")]
    Malformed {
        /// The object.
        object: Object,
        /// What is wrong with it.
        reason: &'static str,
    },
}
