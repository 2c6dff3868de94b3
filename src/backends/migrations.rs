//! A plan as the two files of a migration, in sqlx's naming. sqlx sends a file in one transaction.

use super::GeneratedFile;
use super::sql_text::{identifier, literal, one_line_feed_at_the_end};
use crate::lock::{NameKind, ServiceLock};
use crate::names::DatabaseRoles;
use crate::plan::{Plan, Statement};
use crate::semantic::Register;
use crate::semantic::model::ServiceId;
use crate::sql::{self, LineComment, QualifiedName};
use crate::templates::{Quoted, TemplateError, Templates};
use serde::Serialize;

const TEMPLATE: &str = "sql/migration.sql";
/// How long a migration waits for a lock. Everyone who comes later waits behind it.
pub(super) const LOCK_TIMEOUT: &str = "5s";
/// How long a statement may hold the locks of its transaction.
const STATEMENT_TIMEOUT: &str = "1min";

#[derive(Serialize)]
struct View {
    introduction: Quoted,
    lock_timeout: Quoted,
    statement_timeout: Quoted,
    /// Whether the application must be kept from the table that sqlx has made just before.
    protects_sqlx_table: bool,
    application_role: Quoted,
    application_role_literal: Quoted,
    paragraphs: Vec<Quoted>,
}

/// The files of a service's first migration. None for a service without a database.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render_initial(
    templates: &Templates,
    register: &Register,
    lock: &ServiceLock,
    service: ServiceId,
    plan: &Plan,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let declaration = &register.services[service];
    let Some(database) = &declaration.database else { return Ok(Vec::new()) };
    let service = declaration.name.as_str();
    let database = lock.frozen_name(NameKind::Database, database.name.as_str());
    let directions = [
        (
            "up",
            &plan.up,
            format!("Makes everything that the service {service} owns in its database {database}."),
        ),
        (
            "down",
            &plan.down,
            format!(
                "Undoes 0001_initial.up.sql: drops everything that the service {service} owns in its database\n\
                 {database}, with all rows."
            ),
        ),
    ];
    let mut files = Vec::with_capacity(directions.len());
    for (direction, statements, introduction) in directions {
        let application = DatabaseRoles::of(database).application;
        let view = View {
            introduction: comment(&introduction),
            lock_timeout: literal(LOCK_TIMEOUT),
            statement_timeout: literal(STATEMENT_TIMEOUT),
            protects_sqlx_table: direction == "up",
            application_role: identifier(&application),
            application_role_literal: literal(identifier(&application).as_str()),
            paragraphs: paragraphs(statements),
        };
        files.push(GeneratedFile {
            path: format!("sql/{service}/0001_initial.{direction}.sql"),
            node: format!("service {service}"),
            contents: one_line_feed_at_the_end(templates.render(TEMPLATE, &view)?),
        });
    }
    Ok(files)
}

/// Statements with a comment where the reader would ask; those that belong together without an empty line.
fn paragraphs(statements: &[Statement]) -> Vec<Quoted> {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut previous: Option<&Statement> = None;
    for statement in statements {
        let mut text = sql::render(statement);
        let remark = remark(statement);
        if let Some(remark) = &remark {
            text = format!("{}\n{text}", LineComment(remark));
        }
        let joins = remark.is_none() && previous.is_some_and(|previous| belong_together(previous, statement));
        match paragraphs.last_mut().filter(|_| joins) {
            Some(paragraph) => *paragraph += &format!("\n{text}"),
            None => paragraphs.push(text),
        }
        previous = Some(statement);
    }
    paragraphs.into_iter().map(Quoted::already).collect()
}

/// What a reader cannot see from a statement itself.
fn remark(statement: &Statement) -> Option<String> {
    Some(match statement {
        Statement::CreateExtension { name } if !sql::is_trusted_extension(name) => {
            "Made by bootstrap.sql, since only an administrator may; here for databases that are set up otherwise.".to_owned()
        }
        Statement::DropExtension { name } if !sql::is_trusted_extension(name) => {
            "Stays where bootstrap.sql made it: only the administrator may drop it.".to_owned()
        }
        Statement::AddForeignKey { table, foreign_key, .. } => format!(
            "Closes a cycle of foreign keys: {} did not stand when {} was made.",
            QualifiedName::from(&foreign_key.target),
            QualifiedName::from(table)
        ),
        Statement::RunSqlNode { name, .. } | Statement::UndoSqlNode { name, .. } => format!("sql {name}"),
        Statement::MaintainPartitions { .. } => {
            "Partitions by range are data: this makes those of today, a job those of later.".to_owned()
        }
        _ => return None,
    })
}

fn belong_together(previous: &Statement, next: &Statement) -> bool {
    match next {
        Statement::SetComment { .. } => true,
        Statement::CreateIndex { .. } => matches!(previous, Statement::CreateIndex { .. }),
        Statement::CreateExtension { .. } => matches!(previous, Statement::CreateExtension { .. }),
        _ => is_short_drop(previous) && is_short_drop(next),
    }
}

fn is_short_drop(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::DropTable { .. }
            | Statement::DropEnum { .. }
            | Statement::DropFunction { .. }
            | Statement::DropNamespace { .. }
            | Statement::DropExtension { .. }
    )
}

fn comment(text: &str) -> Quoted {
    Quoted::already(LineComment(text).to_string())
}
