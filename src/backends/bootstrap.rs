//! What an administrator runs before a service's first migration: its database, its roles, who may do what.
//! Roles belong to the whole server and making them takes more rights than migrating, so this is no migration.

use super::GeneratedFile;
use super::migrations::LOCK_TIMEOUT;
use super::sql_text::{identifier, literal, one_line_feed_at_the_end};
use crate::lock::{NameKind, ServiceLock};
use crate::names::DatabaseRoles;
use crate::reconcile::DatabaseReads;
use crate::schema::ObjectName;
use crate::semantic::Register;
use crate::semantic::model::ServiceId;
use crate::sql::{LineComment, is_trusted_extension};
use crate::templates::{Quoted, TemplateError, Templates};
use serde::Serialize;
use std::collections::BTreeSet;

const TEMPLATE: &str = "sql/bootstrap.sql";
/// The longest statement of the owner: indexes that are built while writes go on take their time.
const STATEMENT_TIMEOUT: &str = "30min";

/// What holds for the reconciler: PostgreSQL manual, "Client Connection Defaults". A chunk takes seconds; looking for the
/// bounds of chunks reads a whole index. With `row_security` off a query that a policy would cut short is refused.
const RECONCILER_SETTINGS: [(&str, &str); 5] = [
    ("default_transaction_read_only", "on"),
    ("idle_in_transaction_session_timeout", "1min"),
    ("lock_timeout", "5s"),
    ("row_security", "off"),
    ("statement_timeout", "10min"),
];

#[derive(Serialize)]
struct View {
    introduction: Quoted,
    database: Quoted,
    database_literal: Quoted,
    connect_argument: Quoted,
    owner: Quoted,
    owner_literal: Quoted,
    /// The literal that the cast to `regrole` takes, which reads names as SQL does.
    owner_regrole: Quoted,
    application: Quoted,
    application_literal: Quoted,
    readonly: Quoted,
    readonly_literal: Quoted,
    has_reconciler: bool,
    reconciler: Quoted,
    reconciler_literal: Quoted,
    reconciler_connections: u32,
    reconciler_settings: Vec<Setting>,
    reconciler_reads: Vec<TableReads>,
    roles: Vec<Quoted>,
    lock_timeout: Quoted,
    statement_timeout: Quoted,
    has_extensions: bool,
    extensions: Vec<Quoted>,
}

#[derive(Clone, Serialize)]
struct Setting {
    name: Quoted,
    value: Quoted,
}

/// Columns of a table, each a string.
#[derive(Serialize)]
struct TableReads {
    schema: Quoted,
    name: Quoted,
    columns: Vec<Quoted>,
}

/// The script of a service, with what comparisons read of its database, if anything. `None` for one without a database.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render(
    templates: &Templates,
    register: &Register,
    lock: &ServiceLock,
    service: ServiceId,
    reads: Option<&DatabaseReads>,
) -> Result<Option<GeneratedFile>, TemplateError> {
    let declaration = &register.services[service];
    let Some(database) = &declaration.database else { return Ok(None) };
    let service = declaration.name.as_str();
    let database = lock.frozen_name(NameKind::Database, database.name.as_str());
    let roles = DatabaseRoles::of(database);
    let untrusted = declaration.extensions.iter().map(|extension| extension.as_str());
    let extensions: Vec<Quoted> =
        untrusted.filter(|extension| !is_trusted_extension(extension)).map(identifier).collect();
    let introduction = format!("The database {database} of the service {service}, and its roles.");
    let view = View {
        introduction: Quoted::already(LineComment(&introduction).to_string()),
        database: identifier(database),
        database_literal: literal(database),
        connect_argument: Quoted::already(connect_argument(database)),
        owner: identifier(&roles.owner),
        owner_literal: literal(&roles.owner),
        owner_regrole: literal(identifier(&roles.owner).as_str()),
        application: identifier(&roles.application),
        application_literal: literal(&roles.application),
        readonly: identifier(&roles.readonly),
        readonly_literal: literal(&roles.readonly),
        has_reconciler: reads.is_some(),
        reconciler: identifier(&roles.reconciler),
        reconciler_literal: literal(&roles.reconciler),
        reconciler_connections: reads.map_or(0, DatabaseReads::connection_limit),
        reconciler_settings: RECONCILER_SETTINGS.map(setting).to_vec(),
        reconciler_reads: reads.map(table_reads).unwrap_or_default(),
        roles: named_roles(&roles, reads.is_some()),
        lock_timeout: literal(LOCK_TIMEOUT),
        statement_timeout: literal(STATEMENT_TIMEOUT),
        has_extensions: !extensions.is_empty(),
        extensions,
    };
    Ok(Some(GeneratedFile {
        path: format!("sql/{service}/bootstrap.sql"),
        node: format!("service {service}"),
        contents: one_line_feed_at_the_end(templates.render(TEMPLATE, &view)?),
    }))
}

/// The roles that the script makes, as strings.
fn named_roles(roles: &DatabaseRoles, has_reconciler: bool) -> Vec<Quoted> {
    let always = [&roles.owner, &roles.application, &roles.readonly];
    let reconciler = has_reconciler.then_some(&roles.reconciler);
    always.into_iter().chain(reconciler).map(|role| literal(role)).collect()
}

fn setting((name, value): (&str, &str)) -> Setting {
    Setting { name: identifier(name), value: literal(value) }
}

fn table_reads(reads: &DatabaseReads) -> Vec<TableReads> {
    let table = |(name, columns): (&ObjectName, &BTreeSet<String>)| TableReads {
        schema: literal(&name.schema),
        name: literal(&name.name),
        columns: columns.iter().map(|column| literal(column)).collect(),
    };
    reads.columns.iter().map(table).collect()
}

/// What psql's `\connect` takes. A name that is no plain word goes into a connection string in quotes, since psql
/// would read some names as such a string, and others as several words.
fn connect_argument(database: &str) -> String {
    let plain = database.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if plain && !database.is_empty() {
        return database.to_owned();
    }
    let escape = |text: &str| text.replace('\\', r"\\").replace('\'', r"\'");
    let clean: String = database.chars().filter(|character| !character.is_control()).collect();
    let connection = format!("dbname='{}'", escape(&clean));
    format!("-reuse-previous=on '{}'", escape(&connection))
}

#[cfg(test)]
mod tests {
    use super::connect_argument;

    #[test]
    fn a_database_is_one_word_for_psql() {
        assert_eq!(connect_argument("shop_identity"), "shop_identity");
        assert_eq!(connect_argument("a b"), r"-reuse-previous=on 'dbname=\'a b\''");
        assert_eq!(connect_argument("it's"), r"-reuse-previous=on 'dbname=\'it\\\'s\''");
        assert_eq!(connect_argument("x\n\\! ls"), r"-reuse-previous=on 'dbname=\'x\\\\! ls\''");
    }
}
