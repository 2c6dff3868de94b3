//! What Freehold generates to compare services' databases with each other, between real PostgreSQL servers.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the tests in `postgres` use the rest")]
mod support;

mod pair;
mod servers;
