//! The producer of Nova's service identity on a real PostgreSQL and librdkafka's mock cluster: what is written to the outbox, and what
//! becomes of it, whatever fails meanwhile.
#![expect(clippy::disallowed_methods, reason = "tests wait for what happens, and read migrations")]

mod failures;
mod order;
mod publishing;
mod snapshots;
mod takeover;
mod world;

#[path = "../../support/installation.rs"]
mod installation;
#[expect(dead_code, reason = "shared with tests that call psql")]
#[path = "../../support/server.rs"]
mod server;

use installation::{Installation, installations};
