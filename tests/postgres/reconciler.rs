//! The role that compares databases: it reads exactly what comparisons read, and does nothing else.

use crate::privileges::{allowed, refused, refused_connection};
use crate::service::{administrator, bootstrap, stand_up};
use crate::support::services::{Service, compile};
use crate::support::{ADMINISTRATOR, Server};
use crate::{on_every_server, runtime};
use freehold::schema::ObjectName;
use freehold::source::{Disk, Memory};
use freehold::sql::{Identifier, QualifiedName};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

/// A service whose names are what names can be, that refers to another and copies from it.
const HOSTILE: &str = r#"
server main class=db.t3.small storage-gb=20 max-connections=200
service owner {
    database shop_owner on=main
    enum state open closed
    table "order" entity=Order schema="Sales; DROP" as="o'rd\"er" {
        column "i d" uuid
        column "sel\"ect" text
        column "it's" state nullable
        column secret text private
        soft-delete gone
        column gone timestamptz nullable
        primary-key "i d"
    }
    topic owner.order of="order" { carries "sel\"ect" "it's"; event OrderMade when=created; event OrderChanged when=updated; event OrderGone when=deleted }
    table other { column id bigint identity; column note text; primary-key id }
    table kept { column id bigint identity; column name text; primary-key id }
}
service copy {
    database shop_copy on=main
    projection orders of="owner.order" { key as="own id"; carry "sel\"ect" as=word; carries "it's" }
    table notes {
        column id bigint identity
        column order_id uuid nullable
        column kind text
        column body text
        primary-key id
        reference order_id to="owner.order" on-delete=nullify verify=none when="kind = 'order'"
        reference id to=owner.kept on-delete=keep verify=none
    }
}
service alone { database shop_alone on=main; table t { column id bigint identity; primary-key id } }
"#;

fn hostile() -> Vec<Service> {
    let mut files = Memory::default();
    files.insert("model.kdl", HOSTILE);
    compile(&files, "model.kdl")
}

fn nova() -> Vec<Service> {
    compile(&Disk::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("model")), "nova.kdl")
}

fn named(columns: &BTreeMap<ObjectName, BTreeSet<String>>) -> BTreeSet<(String, String)> {
    let names = |(table, columns): (&ObjectName, &BTreeSet<String>)| {
        let table = table.to_string();
        columns.iter().map(move |column| (table.clone(), column.clone())).collect::<Vec<_>>()
    };
    columns.iter().flat_map(names).collect()
}

/// Every column of every relation that the role may read, and every other right that it has in the database.
async fn rights(administrator: &Client, role: &str) -> (BTreeSet<(String, String)>, Vec<String>) {
    let columns = "SELECT n.nspname, c.relname, a.attname
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT a.attisdropped
            AND has_column_privilege($1, c.oid, a.attnum, 'SELECT')";
    let rows = administrator.query(columns, &[&role]).await.unwrap();
    let name = |row: &tokio_postgres::Row| {
        (ObjectName::new(row.get::<_, String>(0), row.get::<_, String>(1)).to_string(), row.get(2))
    };
    let others = "SELECT format('%s of %s', privilege, c.relname)
        FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) privilege
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND has_table_privilege($1, c.oid, privilege)
        UNION ALL
        SELECT format('%s of a column of %s', privilege, c.relname)
        FROM pg_class c, unnest('{INSERT,UPDATE,REFERENCES}'::text[]) privilege
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND has_any_column_privilege($1, c.oid, privilege)
        UNION ALL
        SELECT format('%s of %s', privilege, c.relname)
        FROM pg_class c, unnest('{USAGE,SELECT,UPDATE}'::text[]) privilege
        WHERE c.oid >= 16384 AND c.relkind = 'S' AND has_sequence_privilege($1, c.oid, privilege)
        UNION ALL
        SELECT format('CREATE in %s', nspname) FROM pg_namespace WHERE has_schema_privilege($1, oid, 'CREATE')
        UNION ALL
        SELECT format('%s of the database', privilege)
        FROM unnest('{CREATE,TEMPORARY}'::text[]) privilege
        WHERE has_database_privilege($1, current_database(), privilege)
        UNION ALL
        SELECT 'EXECUTE of ' || proname FROM pg_proc p
        WHERE p.oid >= 16384 AND has_function_privilege($1, p.oid, 'EXECUTE') AND NOT EXISTS (
            SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
        UNION ALL
        SELECT 'member of ' || roleid::regrole FROM pg_auth_members WHERE member = $1::text::regrole";
    let others = administrator.query(others, &[&role]).await;
    let others = others.unwrap_or_else(|error| panic!("{role}: {:?}", error.as_db_error()));
    (rows.iter().map(name).collect(), others.iter().map(|row| row.get(0)).collect())
}

/// The administrator's script, and what it says on stderr.
fn warnings(server: &Server, service: &Service) -> String {
    let output = server.psql(&service.bootstrap);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{}: {errors}", service.name);
    errors
}

/// What the role may do, by trying it.
async fn prove_by_trying(service: &Service, reconciler: &Client) {
    for (name, table) in &service.schema.tables {
        let table_name = QualifiedName::from(name);
        let granted = service.reads.columns.get(name).cloned().unwrap_or_default();
        for column in table.columns.keys() {
            let statement =
                format!("SELECT {} FROM {table_name} WHERE false", Identifier::new(column).unwrap());
            match granted.contains(column) {
                true => allowed(reconciler, &statement).await,
                false => refused(reconciler, &statement).await,
            }
        }
        let count = format!("SELECT count(*) FROM {table_name}");
        match granted.is_empty() {
            true => refused(reconciler, &count).await,
            false => allowed(reconciler, &count).await,
        }
        let column = Identifier::new(table.columns.keys().next().unwrap()).unwrap();
        // Its transactions only read, unless it says otherwise: then it still may not.
        reconciler.batch_execute("SET default_transaction_read_only = off").await.unwrap();
        for statement in [
            format!("INSERT INTO {table_name} ({column}) VALUES (NULL)"),
            format!("UPDATE {table_name} SET {column} = NULL"),
            format!("DELETE FROM {table_name}"),
            format!("TRUNCATE {table_name}"),
            format!("SELECT FROM {table_name} FOR UPDATE"),
            format!("DROP TABLE {table_name}"),
        ] {
            refused(reconciler, &statement).await;
        }
        reconciler.batch_execute("RESET default_transaction_read_only").await.unwrap();
    }
    reconciler.batch_execute("SET default_transaction_read_only = off").await.unwrap();
    for statement in ["CREATE TABLE mine (a int)", "CREATE TEMP TABLE mine (a int)", "CREATE SCHEMA mine"] {
        refused(reconciler, statement).await;
    }
    reconciler.batch_execute("RESET default_transaction_read_only").await.unwrap();
    let error = reconciler.batch_execute("CREATE TEMP TABLE mine (a int)").await.expect_err("reads only");
    assert_eq!(error.code(), Some(&SqlState::READ_ONLY_SQL_TRANSACTION));
}

async fn prove(server: &Server, services: &[Service]) {
    let mut read = 0;
    for service in services {
        let wanted = named(&service.reads.columns);
        read += wanted.len();
        if wanted.is_empty() {
            refused_or_unknown(server, &service.database, &service.roles.reconciler).await;
            continue;
        }
        let role = &service.roles.reconciler;
        let text = format!("The reconciler reads {0} columns, of which {0} are not there yet", wanted.len());
        let said = warnings(server, service);
        assert!(said.contains(&text), "{}: {said}", service.name);
        let _owner = stand_up(server, service).await;
        let administrator = administrator(server, service).await;
        assert_eq!(rights(&administrator, role).await, Default::default(), "{}", service.name);
        assert_eq!(warnings(server, service), "", "{}", service.name);
        assert_eq!(rights(&administrator, role).await, (wanted.clone(), Vec::new()), "{}", service.name);
        let reconciler = server.connect(&service.database, role).await;
        prove_by_trying(service, &reconciler).await;
        drop(reconciler);
        // What it was granted besides is taken away.
        for table in service.schema.tables.keys() {
            let role = Identifier::new(role).unwrap();
            let grant = format!("GRANT SELECT, INSERT ON {} TO {role}", QualifiedName::from(table));
            administrator.batch_execute(&grant).await.unwrap();
        }
        assert_eq!(warnings(server, service), "", "{}", service.name);
        assert_eq!(rights(&administrator, role).await, (wanted, Vec::new()), "{}", service.name);
        for other in services.iter().filter(|other| other.database != service.database) {
            refused_or_unknown(server, &other.database, role).await;
        }
    }
    assert!(read > 15, "only {read} columns are read");
}

/// A role that was not made yet, or that may not connect to a database, or a database that was not made yet.
async fn refused_or_unknown(server: &Server, database: &str, role: &str) {
    let refusals = [
        SqlState::INSUFFICIENT_PRIVILEGE,
        SqlState::INVALID_CATALOG_NAME,
        SqlState::INVALID_AUTHORIZATION_SPECIFICATION,
    ];
    for _ in 0..1000 {
        let error = server.try_connect(database, role).await.err();
        match error.as_ref().and_then(|error| error.code()) {
            Some(code) if refusals.contains(code) => return,
            // Connections that were refused before count until their processes have ended.
            Some(code) if *code == SqlState::TOO_MANY_CONNECTIONS => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            _ => panic!("{role} in {database}: {error:?}"),
        }
    }
    panic!("{role} has too many connections");
}

#[test]
fn the_reconciler_reads_what_is_compared_in_nova_and_nothing_else() {
    let services = nova();
    on_every_server(async |server| prove(server, &services).await);
}

#[test]
fn the_reconciler_reads_what_is_compared_whatever_its_name() {
    let services = hostile();
    let owner = &services[0].reads.columns;
    let of = |name: &ObjectName| owner[name].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(
        of(&ObjectName::new("Sales; DROP", "o'rd\"er")),
        ["gone", "i d", "it's", "row_version", "sel\"ect"]
    );
    assert_eq!(of(&ObjectName::new("public", "kept")), ["id"]);
    assert!(!owner.contains_key(&ObjectName::new("public", "other")));
    on_every_server(async |server| prove(server, &services).await);
}

#[test]
fn a_reconciler_that_is_no_longer_needed_loses_its_rights() {
    let services = hostile();
    on_every_server(async |server| {
        let mut service = hostile().remove(1);
        let _owner = stand_up(server, &service).await;
        bootstrap(server, &service);
        let administrator = administrator(server, &service).await;
        assert!(!rights(&administrator, "shop_copy_reconciler").await.0.is_empty());
        // The script of a service that takes no part, for this database.
        service.bootstrap = services[2].bootstrap.replace("shop_alone", "shop_copy");
        bootstrap(server, &service);
        assert_eq!(rights(&administrator, "shop_copy_reconciler").await, Default::default());
        refused_connection(server, "shop_copy", "shop_copy_reconciler").await;
    });
}

#[test]
fn the_reconciler_keeps_within_its_limits_and_sees_all_rows_or_fails() {
    on_every_server(async |server| {
        let service = hostile().remove(1);
        let _owner = stand_up(server, &service).await;
        bootstrap(server, &service);
        let role = &service.roles.reconciler;
        let most = service.reads.connection_limit();
        assert_eq!(most, 4, "{:?}", service.reads.readers);
        let first = server.connect(&service.database, role).await;
        let mut others = Vec::new();
        for _ in 1..most {
            others.push(server.connect(&service.database, role).await);
        }
        let error = server.try_connect(&service.database, role).await.expect_err("one too many");
        assert_eq!(error.code(), Some(&SqlState::TOO_MANY_CONNECTIONS));
        for (setting, value) in [
            ("default_transaction_read_only", "on"),
            ("idle_in_transaction_session_timeout", "1min"),
            ("lock_timeout", "5s"),
            ("statement_timeout", "10min"),
        ] {
            let row = first.query_one(&format!("SHOW {setting}"), &[]).await.unwrap();
            assert_eq!(row.get::<_, String>(0), value, "{setting}");
        }
        let administrator = administrator(server, &service).await;
        administrator.batch_execute("ALTER TABLE notes ENABLE ROW LEVEL SECURITY").await.unwrap();
        refused(&first, "SELECT id FROM notes").await;
    });
}

/// As on servers that are rented: the administrator makes roles and databases and is no superuser.
#[test]
fn an_administrator_who_is_no_superuser_grants_the_same() {
    for installation in crate::support::installations() {
        let server = Server::start(installation);
        runtime().block_on(async {
            let superuser = server.connect("postgres", ADMINISTRATOR).await;
            superuser.batch_execute("CREATE ROLE rented LOGIN CREATEROLE CREATEDB").await.unwrap();
            for service in hostile() {
                let run = || {
                    let output = server.psql_as("rented", &service.bootstrap);
                    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
                    assert!(output.status.success(), "{}: {errors}", service.name);
                };
                run();
                let owner = server.connect(&service.database, &service.roles.owner).await;
                crate::service::migrate(&owner, &service.up).await;
                run();
                let (columns, others) = match service.reads.columns.is_empty() {
                    true => continue,
                    false => rights(&administrator(&server, &service).await, &service.roles.reconciler).await,
                };
                assert_eq!(
                    (columns, others),
                    (named(&service.reads.columns), Vec::new()),
                    "{}",
                    service.name
                );
            }
        });
    }
}
