//! The statements that a plan is made of: a closed set, each one statement of SQL.

use crate::schema::{EnumType, ForeignKey, Function, Index, ObjectName, SqlNode, Table, Trigger};
use std::collections::BTreeMap;

/// One statement of a plan. `sql::render` writes it, [`super::apply`] executes it symbolically.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// CREATE SCHEMA.
    CreateNamespace {
        /// Its name.
        name: String,
    },
    /// DROP SCHEMA.
    DropNamespace {
        /// Its name.
        name: String,
    },
    /// CREATE EXTENSION.
    CreateExtension {
        /// Its name.
        name: String,
    },
    /// DROP EXTENSION.
    DropExtension {
        /// Its name.
        name: String,
    },
    /// CREATE TYPE ... AS ENUM, without its comment.
    CreateEnum {
        /// Its name.
        name: ObjectName,
        /// Its values, in order.
        values: Vec<String>,
    },
    /// DROP TYPE.
    DropEnum {
        /// Its name.
        name: ObjectName,
    },
    /// CREATE FUNCTION, without its comment.
    CreateFunction {
        /// Its name.
        name: ObjectName,
        /// What it returns, such as `trigger`.
        returns: String,
        /// Parameters of the server that hold while it runs, by name.
        settings: BTreeMap<String, String>,
        /// Its text in PL/pgSQL.
        body: String,
    },
    /// DROP FUNCTION.
    DropFunction {
        /// Its name.
        name: ObjectName,
    },
    /// CREATE TABLE with columns, keys, checks and the foreign keys whose targets stand. Indexes, triggers,
    /// partitions and comments have statements of their own and are absent from `table`.
    CreateTable {
        /// Its name.
        name: ObjectName,
        /// What it is like.
        table: Box<Table>,
    },
    /// DROP TABLE, which takes its partitions, indexes, triggers and constraints along.
    DropTable {
        /// Its name.
        name: ObjectName,
    },
    /// CREATE TABLE ... PARTITION OF.
    CreatePartition {
        /// The partitioned table.
        table: ObjectName,
        /// The partition's name, in the same PostgreSQL schema.
        name: String,
        /// Which rows it takes.
        bounds: PartitionBounds,
    },
    /// DROP TABLE of a partition.
    DropPartition {
        /// The partitioned table.
        table: ObjectName,
        /// The partition's name.
        name: String,
    },
    /// ALTER TABLE ... ADD CONSTRAINT ... FOREIGN KEY.
    AddForeignKey {
        /// The referring table.
        table: ObjectName,
        /// The constraint's name.
        name: String,
        /// What it says.
        foreign_key: ForeignKey,
    },
    /// ALTER TABLE ... DROP CONSTRAINT of a foreign key.
    DropForeignKey {
        /// The referring table.
        table: ObjectName,
        /// The constraint's name.
        name: String,
    },
    /// CREATE INDEX, without its comment.
    CreateIndex {
        /// The table.
        table: ObjectName,
        /// The index's name, in the same PostgreSQL schema.
        name: String,
        /// What it is like.
        index: Index,
    },
    /// DROP INDEX.
    DropIndex {
        /// The table.
        table: ObjectName,
        /// The index's name.
        name: String,
    },
    /// CREATE TRIGGER.
    CreateTrigger {
        /// The table.
        table: ObjectName,
        /// The trigger's name.
        name: String,
        /// What it is like.
        trigger: Trigger,
    },
    /// DROP TRIGGER.
    DropTrigger {
        /// The table.
        table: ObjectName,
        /// The trigger's name.
        name: String,
    },
    /// COMMENT ON.
    SetComment {
        /// What is commented.
        on: Commented,
        /// The comment; `None` removes it.
        text: Option<String>,
    },
    /// The `up` of a `sql` node.
    RunSqlNode {
        /// Its name.
        name: String,
        /// What it is.
        node: SqlNode,
    },
    /// The `down` of a `sql` node.
    UndoSqlNode {
        /// Its name.
        name: String,
        /// The statement that removes it.
        down: String,
    },
    /// SELECT of the function that makes and retires the range partitions of a table. Those are data: the
    /// schema stays as it is.
    MaintainPartitions {
        /// The function.
        function: ObjectName,
    },
}

/// Which rows a partition takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionBounds {
    /// Those whose hash leaves this remainder.
    Hash {
        /// How many partitions there are.
        modulus: usize,
        /// The remainder, from 0.
        remainder: usize,
    },
    /// Those with one of these values, written as SQL literals.
    List {
        /// The values.
        values: Vec<String>,
    },
}

/// What a comment stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Commented {
    /// A table.
    Table(ObjectName),
    /// A column of a table.
    Column(ObjectName, String),
    /// An index of a table.
    Index(ObjectName, String),
    /// An enum.
    Enum(ObjectName),
    /// A function.
    Function(ObjectName),
}

impl Statement {
    /// CREATE TYPE of an enum.
    pub fn create_enum(name: &ObjectName, enum_type: &EnumType) -> Statement {
        Statement::CreateEnum { name: name.clone(), values: enum_type.values.clone() }
    }

    /// CREATE FUNCTION.
    pub fn create_function(name: &ObjectName, function: &Function) -> Statement {
        Statement::CreateFunction {
            name: name.clone(),
            returns: function.returns.clone(),
            settings: function.settings.clone(),
            body: function.body.clone(),
        }
    }

    /// The statement that undoes this one, as far as the statement alone says it: what drops something does not
    /// know what that was like, and a comment does not know the one before.
    pub fn reverse(&self) -> Option<Statement> {
        Some(match self {
            Statement::CreateNamespace { name } => Statement::DropNamespace { name: name.clone() },
            Statement::CreateExtension { name } => Statement::DropExtension { name: name.clone() },
            Statement::CreateEnum { name, .. } => Statement::DropEnum { name: name.clone() },
            Statement::CreateFunction { name, .. } => Statement::DropFunction { name: name.clone() },
            Statement::CreateTable { name, .. } => Statement::DropTable { name: name.clone() },
            Statement::CreatePartition { table, name, .. } => {
                Statement::DropPartition { table: table.clone(), name: name.clone() }
            }
            Statement::AddForeignKey { table, name, .. } => {
                Statement::DropForeignKey { table: table.clone(), name: name.clone() }
            }
            Statement::CreateIndex { table, name, .. } => {
                Statement::DropIndex { table: table.clone(), name: name.clone() }
            }
            Statement::CreateTrigger { table, name, .. } => {
                Statement::DropTrigger { table: table.clone(), name: name.clone() }
            }
            Statement::RunSqlNode { name, node } => {
                Statement::UndoSqlNode { name: name.clone(), down: node.down.clone() }
            }
            Statement::DropNamespace { .. }
            | Statement::DropExtension { .. }
            | Statement::DropEnum { .. }
            | Statement::DropFunction { .. }
            | Statement::DropTable { .. }
            | Statement::DropPartition { .. }
            | Statement::DropForeignKey { .. }
            | Statement::DropIndex { .. }
            | Statement::DropTrigger { .. }
            | Statement::SetComment { .. }
            | Statement::UndoSqlNode { .. }
            | Statement::MaintainPartitions { .. } => return None,
        })
    }

    /// Whether what it makes belongs to a table, an enum or a function, and is gone once that is dropped.
    pub fn goes_with_its_owner(&self) -> bool {
        matches!(
            self,
            Statement::CreatePartition { .. }
                | Statement::CreateIndex { .. }
                | Statement::CreateTrigger { .. }
                | Statement::SetComment { .. }
                | Statement::MaintainPartitions { .. }
        )
    }
}
