//! The executor: applies statements to a schema as PostgreSQL would to a database, checking what PostgreSQL checks.
//! It is the proof of the planner, and so knows nothing of it.

mod error;
mod object;
mod partition;
mod table;

pub use error::ExecutionError;
pub use object::Object;

use super::{Commented, Statement};
use crate::schema::{EnumType, Function, ObjectName, Schema, SqlNode, Table, Trigger};
use foldhash::{HashMap, HashSet, HashSetExt};
use object::Dependents;
use std::cell::RefCell;
use std::sync::Arc;

/// The PostgreSQL schema that every database has.
const PUBLIC: &str = "public";

/// Applies one statement to a schema, which stays as it is if that fails. Takes time in proportion to the schema; an
/// [`Executor`] is for many statements.
///
/// # Errors
/// Where PostgreSQL would refuse the statement.
pub fn apply(schema: &mut Schema, statement: &Statement) -> Result<(), ExecutionError> {
    let mut executor = Executor::new(std::mem::take(schema));
    let result = executor.apply(statement);
    *schema = executor.into_schema();
    result
}

/// A schema with what is needed to look into it in constant time.
#[derive(Debug, Default)]
pub struct Executor {
    schema: Schema,
    /// Tables, indexes, partitions and keys by their names: they share one namespace.
    relations: HashMap<ObjectName, Object>,
    /// Enums by their spelling as a column's type.
    enum_types: HashMap<String, ObjectName>,
    dependents: Dependents,
    /// The columns that the expressions use that were seen: few texts differ, and reading one is slow.
    columns_used: RefCell<HashMap<String, Arc<[String]>>>,
    /// Whether the types that were seen are PostgreSQL's own: they are few, and each stands in many columns.
    builtin_types: RefCell<HashMap<String, bool>>,
}

impl Executor {
    /// Starts from a schema, which is taken to be sound.
    pub fn new(schema: Schema) -> Executor {
        let mut executor = Executor::default();
        executor.schema.extensions = schema.extensions.clone();
        for name in schema.enums.keys() {
            executor.note_enum(name);
        }
        for (name, table) in &schema.tables {
            executor.note_table(name, table);
        }
        for name in schema.functions.keys() {
            executor.dependents.add(namespace_of(name), Object::Function(name.clone()));
        }
        for (name, node) in &schema.sql_nodes {
            executor.note_sql_node(name, node);
        }
        executor.schema = schema;
        executor
    }

    /// The schema as it is now.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The schema as it is now.
    pub fn into_schema(self) -> Schema {
        self.schema
    }

    /// Applies one statement. If that fails, the schema stays as it is.
    ///
    /// # Errors
    /// Where PostgreSQL would refuse the statement.
    pub fn apply(&mut self, statement: &Statement) -> Result<(), ExecutionError> {
        match statement {
            Statement::CreateNamespace { name } => self.create_namespace(name),
            Statement::DropNamespace { name } => self.drop_namespace(name),
            Statement::CreateExtension { name } => self.create_extension(name),
            Statement::DropExtension { name } => self.drop_extension(name),
            Statement::CreateEnum { name, values } => self.create_enum(name, values),
            Statement::DropEnum { name } => self.drop_enum(name),
            Statement::CreateFunction { name, returns, settings, body } => {
                let (settings, comment) = (settings.clone(), None);
                let function = Function { returns: returns.clone(), settings, body: body.clone(), comment };
                self.create_function(name, function)
            }
            Statement::DropFunction { name } => self.drop_function(name),
            Statement::CreateTable { name, table } => self.create_table(name, table),
            Statement::DropTable { name } => self.drop_table(name),
            Statement::CreatePartition { table, name, bounds } => self.create_partition(table, name, bounds),
            Statement::DropPartition { table, name } => self.drop_partition(table, name),
            Statement::AddForeignKey { table, name, foreign_key } => {
                self.add_foreign_key(table, name, foreign_key)
            }
            Statement::DropForeignKey { table, name } => self.drop_foreign_key(table, name),
            Statement::CreateIndex { table, name, index } => self.create_index(table, name, index),
            Statement::DropIndex { table, name } => self.drop_index(table, name),
            Statement::CreateTrigger { table, name, trigger } => self.create_trigger(table, name, trigger),
            Statement::DropTrigger { table, name } => self.drop_trigger(table, name),
            Statement::SetComment { on, text } => self.set_comment(on, text.as_ref()),
            Statement::RunSqlNode { name, node } => self.run_sql_node(name, node),
            Statement::UndoSqlNode { name, down } => self.undo_sql_node(name, down),
            Statement::MaintainPartitions { function } => self.maintain_partitions(function),
        }
    }

    fn create_namespace(&mut self, name: &str) -> Result<(), ExecutionError> {
        if name == PUBLIC || self.schema.namespaces.contains(name) {
            return Err(ExecutionError::AlreadyExists(Object::Namespace(name.to_owned())));
        }
        self.schema.namespaces.insert(name.to_owned());
        Ok(())
    }

    fn drop_namespace(&mut self, name: &str) -> Result<(), ExecutionError> {
        let object = Object::Namespace(name.to_owned());
        if !self.schema.namespaces.contains(name) {
            return Err(ExecutionError::Missing(object));
        }
        self.refuse_if_needed(&object)?;
        self.schema.namespaces.remove(name);
        Ok(())
    }

    fn create_extension(&mut self, name: &str) -> Result<(), ExecutionError> {
        if !self.schema.extensions.insert(name.to_owned()) {
            return Err(ExecutionError::AlreadyExists(Object::Extension(name.to_owned())));
        }
        Ok(())
    }

    fn drop_extension(&mut self, name: &str) -> Result<(), ExecutionError> {
        let object = Object::Extension(name.to_owned());
        if !self.schema.extensions.contains(name) {
            return Err(ExecutionError::Missing(object));
        }
        self.refuse_if_needed(&object)?;
        self.schema.extensions.remove(name);
        Ok(())
    }

    fn create_enum(&mut self, name: &ObjectName, values: &[String]) -> Result<(), ExecutionError> {
        let object = Object::Enum(name.clone());
        self.require_namespace(name)?;
        if self.schema.enums.contains_key(name) {
            return Err(ExecutionError::AlreadyExists(object));
        }
        // A table is a type as well: that of its rows.
        if let Some(other @ (Object::Table(_) | Object::Partition(..))) = self.relations.get(name) {
            return Err(ExecutionError::NameTaken { object, other: Box::new(other.clone()) });
        }
        if repeats(values) {
            return Err(ExecutionError::Malformed { object, reason: "has a value twice" });
        }
        self.schema.enums.insert(name.clone(), EnumType { values: values.to_vec(), comment: None });
        self.note_enum(name);
        Ok(())
    }

    fn drop_enum(&mut self, name: &ObjectName) -> Result<(), ExecutionError> {
        let object = Object::Enum(name.clone());
        if !self.schema.enums.contains_key(name) {
            return Err(ExecutionError::Missing(object));
        }
        self.refuse_if_needed(&object)?;
        self.schema.enums.remove(name);
        self.enum_types.remove(&spelling(name));
        self.dependents.remove(&namespace_of(name), &object);
        Ok(())
    }

    fn create_function(&mut self, name: &ObjectName, function: Function) -> Result<(), ExecutionError> {
        let object = Object::Function(name.clone());
        self.require_namespace(name)?;
        if self.schema.functions.contains_key(name) {
            return Err(ExecutionError::AlreadyExists(object));
        }
        self.schema.functions.insert(name.clone(), function);
        self.dependents.add(namespace_of(name), object);
        Ok(())
    }

    fn drop_function(&mut self, name: &ObjectName) -> Result<(), ExecutionError> {
        let object = Object::Function(name.clone());
        if !self.schema.functions.contains_key(name) {
            return Err(ExecutionError::Missing(object));
        }
        self.refuse_if_needed(&object)?;
        self.schema.functions.remove(name);
        self.dependents.remove(&namespace_of(name), &object);
        Ok(())
    }

    fn create_trigger(
        &mut self,
        table: &ObjectName,
        name: &str,
        trigger: &Trigger,
    ) -> Result<(), ExecutionError> {
        let object = Object::Trigger(table.clone(), name.to_owned());
        let function = Object::Function(trigger.function.clone());
        if self.table(table)?.triggers.contains_key(name) {
            return Err(ExecutionError::AlreadyExists(object));
        }
        match self.schema.functions.get(&trigger.function) {
            None => return Err(ExecutionError::Missing(function)),
            Some(found) if found.returns != "trigger" => {
                let reason = "calls a function that does not return `trigger`";
                return Err(ExecutionError::Malformed { object, reason });
            }
            Some(_) => {}
        }
        if trigger.events.is_empty() || !trigger.events.is_sorted_by(|first, second| first < second) {
            let reason = "has its events not in order and without repeats";
            return Err(ExecutionError::Malformed { object, reason });
        }
        self.table_mut(table)?.triggers.insert(name.to_owned(), trigger.clone());
        self.dependents.add(function, object);
        Ok(())
    }

    fn drop_trigger(&mut self, table: &ObjectName, name: &str) -> Result<(), ExecutionError> {
        let object = Object::Trigger(table.clone(), name.to_owned());
        let Some(trigger) = self.table_mut(table)?.triggers.remove(name) else {
            return Err(ExecutionError::Missing(object));
        };
        self.dependents.remove(&Object::Function(trigger.function), &object);
        Ok(())
    }

    fn set_comment(&mut self, on: &Commented, text: Option<&String>) -> Result<(), ExecutionError> {
        let comment = match on {
            Commented::Table(table) => Some(&mut self.table_mut(table)?.comment),
            Commented::Column(table, name) => {
                self.table_mut(table)?.columns.get_mut(name).map(|column| &mut column.comment)
            }
            Commented::Index(table, name) => {
                self.table_mut(table)?.indexes.get_mut(name).map(|index| &mut index.comment)
            }
            Commented::Enum(name) => self.schema.enums.get_mut(name).map(|found| &mut found.comment),
            Commented::Function(name) => self.schema.functions.get_mut(name).map(|found| &mut found.comment),
        };
        let comment = comment.ok_or_else(|| ExecutionError::Missing(commented_object(on)))?;
        *comment = text.cloned();
        Ok(())
    }

    fn run_sql_node(&mut self, name: &str, node: &SqlNode) -> Result<(), ExecutionError> {
        if self.schema.sql_nodes.contains_key(name) {
            return Err(ExecutionError::AlreadyExists(Object::SqlNode(name.to_owned())));
        }
        if let Some(table) = &node.after {
            self.table(table)?;
        }
        self.schema.sql_nodes.insert(name.to_owned(), node.clone());
        self.note_sql_node(name, node);
        Ok(())
    }

    fn undo_sql_node(&mut self, name: &str, down: &str) -> Result<(), ExecutionError> {
        let object = Object::SqlNode(name.to_owned());
        let Some(node) = self.schema.sql_nodes.get(name) else {
            return Err(ExecutionError::Missing(object));
        };
        if node.down != down {
            return Err(ExecutionError::Malformed { object, reason: "is undone by another statement" });
        }
        if let Some(node) = self.schema.sql_nodes.shift_remove(name)
            && let Some(table) = node.after
        {
            self.dependents.remove(&Object::Table(table), &object);
        }
        Ok(())
    }

    fn maintain_partitions(&self, function: &ObjectName) -> Result<(), ExecutionError> {
        let object = Object::Function(function.clone());
        match self.schema.functions.get(function) {
            None => Err(ExecutionError::Missing(object)),
            Some(found) if found.returns == "trigger" => {
                Err(ExecutionError::Malformed { object, reason: "can only be called by a trigger" })
            }
            Some(_) => Ok(()),
        }
    }

    fn note_enum(&mut self, name: &ObjectName) {
        self.enum_types.insert(spelling(name), name.clone());
        self.dependents.add(namespace_of(name), Object::Enum(name.clone()));
    }

    fn note_sql_node(&mut self, name: &str, node: &SqlNode) {
        if let Some(table) = &node.after {
            self.dependents.add(Object::Table(table.clone()), Object::SqlNode(name.to_owned()));
        }
    }

    fn refuse_if_needed(&self, object: &Object) -> Result<(), ExecutionError> {
        match self.dependents.first(object) {
            Some(by) => Err(ExecutionError::InUse { object: object.clone(), by: Box::new(by.clone()) }),
            None => Ok(()),
        }
    }

    fn require_namespace(&self, name: &ObjectName) -> Result<(), ExecutionError> {
        if name.schema == PUBLIC || self.schema.namespaces.contains(&name.schema) {
            return Ok(());
        }
        Err(ExecutionError::Missing(namespace_of(name)))
    }

    fn table(&self, name: &ObjectName) -> Result<&Table, ExecutionError> {
        self.schema.tables.get(name).ok_or_else(|| ExecutionError::Missing(Object::Table(name.clone())))
    }

    fn table_mut(&mut self, name: &ObjectName) -> Result<&mut Table, ExecutionError> {
        self.schema.tables.get_mut(name).ok_or_else(|| ExecutionError::Missing(Object::Table(name.clone())))
    }
}

fn commented_object(on: &Commented) -> Object {
    match on {
        Commented::Table(name) => Object::Table(name.clone()),
        Commented::Column(table, name) => Object::Column(table.clone(), name.clone()),
        Commented::Index(table, name) => Object::Index(table.clone(), name.clone()),
        Commented::Enum(name) => Object::Enum(name.clone()),
        Commented::Function(name) => Object::Function(name.clone()),
    }
}

fn namespace_of(name: &ObjectName) -> Object {
    Object::Namespace(name.schema.clone())
}

/// An enum's name as columns spell their type.
fn spelling(name: &ObjectName) -> String {
    crate::sql::QualifiedName::from(name).to_string()
}

fn repeats<T: std::hash::Hash + Eq>(items: &[T]) -> bool {
    let mut seen = HashSet::with_capacity(items.len());
    !items.iter().all(|item| seen.insert(item))
}
