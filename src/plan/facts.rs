//! What PostgreSQL does to tables while a statement runs: locks, scans, rewrites.
//! Source: PostgreSQL manual, "Explicit Locking", and the pages of the commands.

use super::{Commented, Statement};
use crate::schema::ObjectName;
use std::fmt;

/// A lock mode of a table, from weak to strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockMode {
    /// SHARE UPDATE EXCLUSIVE: reads and writes go on, other changes of the schema wait.
    ShareUpdateExclusive,
    /// SHARE: reads go on, writes wait.
    Share,
    /// SHARE ROW EXCLUSIVE: reads go on, writes wait.
    ShareRowExclusive,
    /// ACCESS EXCLUSIVE: reads and writes wait.
    AccessExclusive,
}

impl LockMode {
    /// Whether reads wait.
    pub fn blocks_reads(self) -> bool {
        self == LockMode::AccessExclusive
    }

    /// Whether writes wait.
    pub fn blocks_writes(self) -> bool {
        self >= LockMode::Share
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            LockMode::ShareUpdateExclusive => "SHARE UPDATE EXCLUSIVE",
            LockMode::Share => "SHARE",
            LockMode::ShareRowExclusive => "SHARE ROW EXCLUSIVE",
            LockMode::AccessExclusive => "ACCESS EXCLUSIVE",
        })
    }
}

/// A lock that a statement takes on a table that stood before it, until the end of the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableLock<'a> {
    /// The table.
    pub table: &'a ObjectName,
    /// The mode.
    pub mode: LockMode,
}

impl Statement {
    /// The locks on tables that stood before, those that the statement itself names. `None`: not known, because
    /// people wrote the statement.
    pub fn locks(&self) -> Option<Vec<TableLock<'_>>> {
        let lock = |table, mode| TableLock { table, mode };
        Some(match self {
            Statement::RunSqlNode { .. } | Statement::UndoSqlNode { .. } => return None,
            Statement::CreateTable { name, table } => {
                let targets = table.foreign_keys.values().map(|foreign_key| &foreign_key.target);
                let others = targets.filter(|target| *target != name);
                others.map(|target| lock(target, LockMode::ShareRowExclusive)).collect()
            }
            Statement::AddForeignKey { table, foreign_key, .. } => vec![
                lock(table, LockMode::ShareRowExclusive),
                lock(&foreign_key.target, LockMode::ShareRowExclusive),
            ],
            Statement::CreateIndex { table, .. } => vec![lock(table, LockMode::Share)],
            Statement::CreateTrigger { table, .. } => vec![lock(table, LockMode::ShareRowExclusive)],
            Statement::SetComment { on: Commented::Table(table) | Commented::Column(table, _), .. } => {
                vec![lock(table, LockMode::ShareUpdateExclusive)]
            }
            Statement::DropTable { name: table }
            | Statement::CreatePartition { table, .. }
            | Statement::DropPartition { table, .. }
            | Statement::DropForeignKey { table, .. }
            | Statement::DropIndex { table, .. }
            | Statement::DropTrigger { table, .. } => vec![lock(table, LockMode::AccessExclusive)],
            Statement::CreateNamespace { .. }
            | Statement::DropNamespace { .. }
            | Statement::CreateExtension { .. }
            | Statement::DropExtension { .. }
            | Statement::CreateEnum { .. }
            | Statement::DropEnum { .. }
            | Statement::CreateFunction { .. }
            | Statement::DropFunction { .. }
            | Statement::SetComment { .. }
            | Statement::MaintainPartitions { .. } => Vec::new(),
        })
    }

    /// Whether it reads every row of a table that stood before, which takes long where that has many.
    /// `None`: not known, because people wrote the statement.
    pub fn scans(&self) -> Option<bool> {
        match self {
            Statement::RunSqlNode { .. } | Statement::UndoSqlNode { .. } => None,
            statement => {
                Some(matches!(statement, Statement::AddForeignKey { .. } | Statement::CreateIndex { .. }))
            }
        }
    }

    /// Whether it writes every row of a table anew. `None`: not known, because people wrote the statement.
    pub fn rewrites(&self) -> Option<bool> {
        match self {
            Statement::RunSqlNode { .. } | Statement::UndoSqlNode { .. } => None,
            // A change of a column's type would; none is in the set.
            _ => Some(false),
        }
    }

    /// Whether rows are gone for good once it has run.
    pub fn loses_rows(&self) -> bool {
        matches!(self, Statement::DropTable { .. } | Statement::DropPartition { .. })
    }
}
