//! Real PostgreSQL servers for tests, and registers to try on them.

mod installation;
pub mod registers;
pub mod server;
pub mod services;

pub use installation::{Installation, installations};
pub use server::{ADMINISTRATOR, Server};
