//! A consumer group: every event has its effect once, and those of one key in their order.
//!
//! What an event does is said by a [`Group`], which the crates beside this one implement. With a database ([`run`]) the effect,
//! the note that the event was processed and, where it fails, its being put aside are one transaction; the offset is committed
//! after it. Without one ([`run_without_database`]) whoever handles events has to bear that one comes twice.

mod attempt;
mod dead_letters;
mod delayed;
mod direct;
mod error;
mod group;
mod main_loop;
mod metrics;
mod parked;
mod processed;
mod program;
mod rebalance;
mod retries;
mod transactional;
mod worker;

pub use error::{HandlingError, Unreadable};
pub use group::{DatabaseGroup, Group, Heard, HeardTopic, Progress, Reading, SimpleGroup};
pub use program::Program;
pub use retries::Retries;

/// How many rows a step of a delete policy changes at most. Each step is a transaction.
pub const DELETE_BATCH: i64 = 1000;

use crate::health::{Health, Metrics};
use crate::kafka::KafkaSettings;
use crate::program::Fatal;
use dead_letters::DeadLetters;
use delayed::Delayed;
use direct::Direct;
use main_loop::MainLoop;
use metrics::ConsumerMetrics;
use retries::Backoff;
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use transactional::Transactional;

/// What a consumer runs with.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// The brokers.
    pub kafka: KafkaSettings,
    /// Whether it lives and is ready.
    pub health: Health,
    /// Where it shows its metrics.
    pub metrics: Metrics,
    /// How often and how fast it tries again.
    pub retries: Retries,
    /// How long a member of the group may be silent before its partitions go to others.
    pub session_timeout: Duration,
    /// Ends it: what has begun is finished, offsets are committed, and the group is left.
    pub stop: CancellationToken,
}

/// Consumes until told to stop. Dropped, it cuts off what it has begun: transactions are rolled back, offsets not committed.
///
/// # Errors
/// The settings of Kafka cannot be used, or the broker refuses this member for good.
pub async fn run<G: DatabaseGroup>(
    group: G,
    database: PgPool,
    surroundings: &Surroundings,
) -> Result<(), Fatal> {
    let parts = Parts::new(group, surroundings)?;
    // These stop last: a worker that is about to end may still need them.
    let background = CancellationToken::new();
    let delayed = Delayed::new(Arc::clone(&parts), database.clone());
    let retrying = AbortOnDropHandle::new(tokio::spawn(delayed.run(background.clone())));
    let forgetting = AbortOnDropHandle::new(tokio::spawn(processed::forget_old(
        database.clone(),
        parts.group.name().to_owned(),
        parts.group.topics().iter().map(|topic| topic.retention_days).max().unwrap_or_default(),
        background.clone(),
    )));
    let main_loop = MainLoop::new(surroundings, parts.group.name(), parts.group.topics(), Some(database.clone()))?;
    let result = main_loop.run(|| Transactional::new(Arc::clone(&parts), database.clone())).await;
    background.cancel();
    // Either ends with the transaction that it is in.
    let _ = tokio::time::timeout(main_loop::FINISH, async { tokio::join!(retrying, forgetting) }).await;
    result
}

/// Consumes until told to stop, for a service without a database.
///
/// # Errors
/// The settings of Kafka cannot be used, or the broker refuses this member for good.
pub async fn run_without_database<G: SimpleGroup>(group: G, surroundings: &Surroundings) -> Result<(), Fatal> {
    let parts = Parts::new(group, surroundings)?;
    let main_loop = MainLoop::new(surroundings, parts.group.name(), parts.group.topics(), None)?;
    main_loop.run(|| Direct::new(Arc::clone(&parts))).await
}

/// What all workers of a group share.
struct Parts<G> {
    group: G,
    dead_letters: DeadLetters,
    metrics: ConsumerMetrics,
    retries: Retries,
}

impl<G: Group> Parts<G> {
    fn new(group: G, surroundings: &Surroundings) -> Result<Arc<Parts<G>>, Fatal> {
        let metrics = ConsumerMetrics::new(&surroundings.metrics);
        let dead_letters =
            DeadLetters::new(&surroundings.kafka, group.name(), group.topics(), metrics.clone())?;
        Ok(Arc::new(Parts { group, dead_letters, metrics, retries: surroundings.retries.clone() }))
    }

    fn backoff(&self) -> Backoff {
        Backoff::while_away(&self.retries)
    }
}
