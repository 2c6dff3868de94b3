//! What an administrator runs before a service's first migration: its database, its roles, who may do what.
//! Roles belong to the whole server and making them takes more rights than migrating, so this is no migration.

use super::GeneratedFile;
use super::migrations::LOCK_TIMEOUT;
use super::sql_text::{identifier, literal, one_line_feed_at_the_end};
use crate::names::DatabaseRoles;
use crate::semantic::Register;
use crate::semantic::model::ServiceId;
use crate::sql::{LineComment, is_trusted_extension};
use crate::templates::{Quoted, TemplateError, Templates};
use serde::Serialize;

const TEMPLATE: &str = "sql/bootstrap.sql";
/// The longest statement of the owner: indexes that are built while writes go on take their time.
const STATEMENT_TIMEOUT: &str = "30min";

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
    roles: Vec<Quoted>,
    lock_timeout: Quoted,
    statement_timeout: Quoted,
    has_extensions: bool,
    extensions: Vec<Quoted>,
}

/// The script of a service. `None` for one without a database.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn render(
    templates: &Templates,
    register: &Register,
    service: ServiceId,
) -> Result<Option<GeneratedFile>, TemplateError> {
    let declaration = &register.services[service];
    let Some(database) = &declaration.database else { return Ok(None) };
    let (service, database) = (declaration.name.as_str(), database.name.as_str());
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
        roles: [&roles.owner, &roles.application, &roles.readonly].map(|role| literal(role)).to_vec(),
        lock_timeout: literal(LOCK_TIMEOUT),
        statement_timeout: literal(STATEMENT_TIMEOUT),
        has_extensions: !extensions.is_empty(),
        extensions,
    };
    Ok(Some(GeneratedFile {
        path: format!("sql/{service}/bootstrap.sql"),
        node: format!("service {service}"),
        contents: one_line_feed_at_the_end(&templates.render(TEMPLATE, &view)?),
    }))
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
