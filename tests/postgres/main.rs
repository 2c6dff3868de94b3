//! What Freehold makes, on real PostgreSQL servers.

#[path = "../support/mod.rs"]
mod support;

mod catalogs;
mod expressions;
mod facts;
mod generated_functions;

use support::{Server, installations};

/// Runs a test on a fresh server of every major version.
fn on_every_server(test: impl AsyncFn(&Server)) {
    for installation in installations() {
        let server = Server::start(installation);
        // Shown by the harness where the test fails.
        println!("on PostgreSQL {}", installation.version);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(test(&server));
    }
}
