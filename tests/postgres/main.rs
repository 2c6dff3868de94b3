//! What Freehold makes, on real PostgreSQL servers.

#[path = "../support/mod.rs"]
mod support;

#[path = "../plan/schemas.rs"]
mod schemas;

mod catalog_data;
mod catalogs;
mod compare;
mod expressions;
mod facts;
mod generated_functions;
mod migrate;
mod outbox_trigger;
mod plans;
mod pooler;
mod privileges;
mod random_expressions;
mod reconciler;
mod registers;
mod service;
mod typing;
mod walk;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::cell::Cell;
use std::hash::{BuildHasher, Hasher};
use support::{Server, installations};
use tokio::runtime::Runtime;

/// Runs a test on a fresh server of every major version.
fn on_every_server(test: impl AsyncFn(&Server)) {
    for installation in installations() {
        let server = Server::start(installation);
        // Shown by the harness where the test fails.
        println!("on PostgreSQL {}", installation.version);
        runtime().block_on(test(&server));
    }
}

/// Runs a test on random values, on a fresh server of every major version. The test gets a number that tells its
/// runs on one server apart. `FREEHOLD_TEST_SEED` repeats a run.
fn on_every_server_at_random<S: Strategy>(
    cases: u32,
    values: &S,
    test: impl AsyncFn(&Server, u32, S::Value),
) {
    let seed = seed();
    for installation in installations() {
        let server = Server::start(installation);
        let runtime = runtime();
        println!("on PostgreSQL {}, FREEHOLD_TEST_SEED={seed}", installation.version);
        let config = Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let number = Cell::new(0);
        let result = runner.run(values, |value| {
            number.set(number.get() + 1);
            runtime.block_on(test(&server, number.get(), value));
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{error}"));
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a failure at random is repeated by its seed")]
fn seed() -> u64 {
    match std::env::var("FREEHOLD_TEST_SEED") {
        Ok(seed) => seed.parse().unwrap(),
        // The standard library's source of randomness.
        Err(_) => std::hash::RandomState::new().build_hasher().finish(),
    }
}
