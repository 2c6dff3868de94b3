//! A small platform to test on: PostgreSQL, Apache Kafka, and the programs of some of Nova's services as processes that can be killed.
#![expect(clippy::disallowed_methods, reason = "it starts servers and programs, and waits for them")]

mod changes;
mod folder;
mod kafka;
mod load;
mod postgres;
mod process;
mod references;
mod world;

#[path = "../../support/installation.rs"]
mod installation;

pub use changes::{Change, Owners, PUBLISHED, create_user, insert_without_events};
pub use folder::root;
pub use kafka::{Kafka, Letter};
pub use load::{Fate, Load, User};
pub use postgres::{Postgres, SERVICES};
pub use process::Process;
pub use references::{REASON, Referring, TABLES};
pub use world::{CONSUMERS, Consumer, Programs, Running, World};

use std::time::{Duration, Instant};

/// The programs that cargo has built beside a test or a benchmark.
#[macro_export]
macro_rules! programs {
    () => {
        $crate::Programs {
            identity_relay: env!("CARGO_BIN_EXE_identity-relay"),
            user_relay: env!("CARGO_BIN_EXE_user-relay"),
            user_consumer: env!("CARGO_BIN_EXE_user-consumer"),
            moderation_consumer: env!("CARGO_BIN_EXE_moderation-consumer"),
            search_consumer: env!("CARGO_BIN_EXE_search-consumer"),
        }
    };
}

/// How often it is looked whether something has happened.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Waits until a look finds nothing in the way.
///
/// # Panics
/// Something still is after `limit`; says what.
pub async fn until<F: Future<Output = Result<(), String>>>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) {
    let deadline = Instant::now() + limit;
    while let Err(problem) = look().await {
        assert!(Instant::now() < deadline, "did not happen within {limit:?}: {what}: {problem}");
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
