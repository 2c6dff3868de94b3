//! Consumers of Nova's services on a real PostgreSQL and librdkafka's mock cluster: what each event does, once and in order, whatever
//! fails meanwhile.
#![expect(clippy::disallowed_methods, reason = "tests wait for what happens, and read migrations")]

mod databases;
mod effects;
mod events;
mod failures;
mod groups;
mod handlers;
mod interruptions;
mod without_database;
mod world;

#[path = "../../support/installation.rs"]
mod installation;
#[expect(dead_code, reason = "shared with tests that call psql")]
#[path = "../../support/server.rs"]
mod server;

use installation::{Installation, installations};
