//! Who may do what in the database of a service.

use crate::support::{Server, services::Service};
use freehold::schema::{ObjectName, Table};
use freehold::sql::{Identifier, QualifiedName};
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// The application reads and writes the rows of its tables and no more, the read-only role reads them, and everyone
/// else is left out.
pub async fn prove(server: &Server, service: &Service, others: &[Service]) {
    let application = server.connect(&service.database, &service.roles.application).await;
    let readonly = server.connect(&service.database, &service.roles.readonly).await;
    for (name, table) in &service.schema.tables {
        let statements = statements(name, table);
        for statement in &statements.reads {
            allowed(&application, statement).await;
            allowed(&readonly, statement).await;
        }
        for statement in &statements.writes {
            allowed(&application, statement).await;
            refused(&readonly, statement).await;
        }
        for statement in &statements.changes {
            refused(&application, statement).await;
            refused(&readonly, statement).await;
        }
    }
    for client in [&application, &readonly] {
        for statement in [
            "CREATE TABLE mine (a int)",
            "CREATE TEMP TABLE mine (a int)",
            "CREATE SCHEMA mine",
            "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE EXTENSION hstore",
            "INSERT INTO _sqlx_migrations VALUES (1, '', now(), true, '', 1)",
            "UPDATE _sqlx_migrations SET success = true",
            "DELETE FROM _sqlx_migrations",
            "TRUNCATE _sqlx_migrations",
            "DROP TABLE _sqlx_migrations",
        ] {
            refused(client, statement).await;
        }
        let owner = Identifier::new(&service.roles.owner).unwrap();
        refused(client, &format!("SET ROLE {owner}")).await;
    }
    for other in others.iter().filter(|other| other.database != service.database) {
        for role in [&service.roles.owner, &service.roles.application, &service.roles.readonly] {
            refused_connection(server, &other.database, role).await;
        }
    }
}

/// Nothing is granted to everyone: a role without any grant cannot even connect, and no object says otherwise.
pub async fn prove_public_has_nothing(server: &Server, service: &Service, administrator: &Client) {
    refused_connection(server, &service.database, "stranger").await;
    let granted = administrator
        .query(
            "SELECT 'database' FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
            WHERE d.datname = current_database() AND a.grantee = 0
            UNION ALL
            SELECT 'schema ' || n.nspname
            FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
            WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND a.grantee = 0
            UNION ALL
            SELECT 'relation ' || c.relname
            FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) a
            WHERE c.oid >= 16384 AND a.grantee = 0
            UNION ALL
            SELECT 'function ' || p.proname
            FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
            WHERE p.oid >= 16384 AND a.grantee = 0 AND NOT EXISTS (
                SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
            UNION ALL
            SELECT 'type ' || t.typname
            FROM pg_type t, aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) a
            WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd') AND a.grantee = 0",
            &[],
        )
        .await
        .unwrap();
    let names: Vec<String> = granted.iter().map(|row| row.get(0)).collect();
    assert!(names.is_empty(), "{}: everyone has a right on {names:?}", service.name);
}

struct Statements {
    reads: Vec<String>,
    writes: Vec<String>,
    changes: Vec<String>,
}

/// Statements on a table that touch no row: only the right to run them matters.
fn statements(name: &ObjectName, table: &Table) -> Statements {
    let table_name = QualifiedName::from(name);
    let plain = table.columns.iter().find(|(_, column)| column.generated.is_none());
    let column = Identifier::new(plain.unwrap().0).unwrap();
    Statements {
        reads: vec![format!("SELECT {column} FROM {table_name} WHERE false")],
        writes: vec![
            format!("INSERT INTO {table_name} ({column}) SELECT {column} FROM {table_name} WHERE false"),
            format!("UPDATE {table_name} SET {column} = {column} WHERE false"),
            format!("DELETE FROM {table_name} WHERE false"),
        ],
        changes: vec![
            format!("TRUNCATE {table_name}"),
            format!("ALTER TABLE {table_name} ADD COLUMN mine int"),
            format!("DROP TABLE {table_name}"),
        ],
    }
}

pub async fn allowed(client: &Client, statement: &str) {
    if let Err(error) = client.batch_execute(statement).await {
        panic!("{statement}: {:?}", error.as_db_error());
    }
}

pub async fn refused(client: &Client, statement: &str) {
    let error = client.batch_execute(statement).await.expect_err(statement);
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}: {error:?}");
}

pub async fn refused_connection(server: &Server, database: &str, role: &str) {
    let result = server.try_connect(database, role).await;
    let error = result.err().unwrap_or_else(|| panic!("{role} can connect to {database}"));
    assert_eq!(error.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{database}, {role}: {error:?}");
}
