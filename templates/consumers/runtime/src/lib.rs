//! What consumers and relays of every service share. Nothing here knows what a service consumes or publishes: the crates
//! beside this one say that.

pub mod consumer;
pub mod database;
pub mod fill;
pub mod health;
pub mod kafka;
pub mod outbox;
pub mod program;
pub mod references;
pub mod relay;
pub mod row;
pub mod rpc;
pub mod settings;
pub mod snapshot;
pub mod trace;
