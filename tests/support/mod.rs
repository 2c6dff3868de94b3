//! Real PostgreSQL servers for tests.

mod installation;
mod server;

pub use installation::{Installation, installations};
pub use server::Server;
