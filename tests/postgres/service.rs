//! A service's database from the administrator's script to the last migration and back.

use crate::compare::{Contents, contents, differences};
use crate::support::{ADMINISTRATOR, Server, services::Service};
use crate::walk::Walk;
use freehold::schema::Schema;
use std::collections::BTreeSet;
use tokio_postgres::Client;

/// The table that sqlx makes before the first migration, as the role that migrates.
const SQLX_TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (
    version bigint PRIMARY KEY, description text NOT NULL, installed_on timestamptz NOT NULL DEFAULT now(),
    success boolean NOT NULL, checksum bytea NOT NULL, execution_time bigint NOT NULL)";

/// Runs the administrator's script.
pub fn bootstrap(server: &Server, service: &Service) {
    let output = server.psql(&service.bootstrap);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {errors}\n{}", service.database, service.bootstrap);
}

/// Runs a migration as sqlx does: the file is one message in a transaction.
pub async fn migrate(owner: &Client, file: &str) {
    owner.batch_execute("BEGIN").await.unwrap();
    if let Err(error) = owner.batch_execute(file).await {
        panic!("{:?}\n{file}", error.as_db_error());
    }
    owner.batch_execute("COMMIT").await.unwrap();
}

/// Bootstraps a service and migrates it up; the connection is the owner's.
pub async fn stand_up(server: &Server, service: &Service) -> Client {
    bootstrap(server, service);
    let owner = server.connect(&service.database, &service.roles.owner).await;
    owner.batch_execute(SQLX_TABLE).await.unwrap();
    migrate(&owner, &service.up).await;
    owner
}

/// The whole round: bootstrap twice, up, bootstrap once more, down, up and down again, then statement by statement.
/// Between `up` and `down`, `probe` may look at the database.
pub async fn prove(server: &Server, service: &Service, probe: impl AsyncFn(&Client)) {
    bootstrap(server, service);
    let owner = stand_up(server, service).await;
    let before = contents(&owner).await;
    assert_stands(service, &before);
    probe(&owner).await;
    bootstrap(server, service);
    probe(&owner).await;
    assert_eq!(contents(&owner).await, before, "{}: the script changed what migrations made", service.name);
    migrate(&owner, &service.down).await;
    assert_gone(&owner, service).await;
    migrate(&owner, &service.up).await;
    assert_stands(service, &contents(&owner).await);
    migrate(&owner, &service.down).await;
    let mut walk = Walk::new(&owner);
    walk.run(&service.plan.up).await;
    walk.run(&service.plan.down).await;
    assert_gone(&owner, service).await;
}

/// The database holds what the schema says, and besides only what `sql` nodes and the partition jobs made.
fn assert_stands(service: &Service, found: &Contents) {
    let mut differences = differences(&service.schema, &found.schema);
    if !service.schema.sql_nodes.is_empty() {
        differences.retain(|_, difference| !difference.starts_with("only in the database"));
    }
    let texts: Vec<String> = differences.iter().map(|(name, text)| format!("{name}: {text}")).collect();
    assert!(texts.is_empty(), "{}:\n{}\n{}", service.name, texts.join("\n"), service.up);
    let unexpected: BTreeSet<&String> =
        found.others.iter().filter(|other| !other.starts_with("table ")).collect();
    assert!(
        unexpected.is_empty() || !service.schema.sql_nodes.is_empty(),
        "{}: {unexpected:?}",
        service.name
    );
}

/// Nothing of any kind is left.
async fn assert_gone(owner: &Client, service: &Service) {
    let left = contents(owner).await;
    assert_eq!(left.others, BTreeSet::new(), "{}", service.name);
    assert_eq!(left.schema, Schema::default(), "{}", service.name);
}

/// A connection of the administrator to a service's database.
pub async fn administrator(server: &Server, service: &Service) -> Client {
    server.connect(&service.database, ADMINISTRATOR).await
}
