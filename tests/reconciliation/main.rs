//! What Freehold generates to compare services' databases with each other, between real PostgreSQL servers: the script itself
//! is run, as the role that is made for it.

#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the tests in `postgres` use the rest")]
mod support;

mod drift;
mod events;
mod hostile;
mod orphans;
mod pair;
mod refusals;
mod servers;
mod traffic;
mod values;
mod world;

use pair::oldest_and_newest;
use std::future::Future;
use support::Server;

/// A server of the newest version.
fn newest() -> Server {
    Server::start(oldest_and_newest().1)
}

fn run<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test)
}
