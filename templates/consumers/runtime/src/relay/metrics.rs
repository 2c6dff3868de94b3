//! What a relay shows of its outbox.

use crate::health::Metrics;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use std::sync::atomic::AtomicU64;

/// What waits in an outbox.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Waiting {
    /// The age of the oldest row that is not parked, in seconds; 0 where there is none.
    pub oldest_seconds: f64,
    /// Rows that are parked.
    pub parked: i64,
}

/// The metrics of a relay.
#[derive(Clone, Debug, Default)]
pub struct RelayMetrics {
    oldest_seconds: Gauge<f64, AtomicU64>,
    parked: Gauge,
    published: Counter,
    failed: Counter,
}

impl RelayMetrics {
    /// Adds them to those of the program.
    pub(super) fn new(metrics: &Metrics) -> RelayMetrics {
        let own = RelayMetrics::default();
        metrics.register(|registry| {
            let (oldest, parked) = (own.oldest_seconds.clone(), own.parked.clone());
            registry.register(
                "freehold_outbox_oldest_seconds",
                "For how long the oldest event has waited to be published, parked ones left out",
                oldest,
            );
            registry.register("freehold_outbox_parked_events", "Events that were given up on", parked);
            let (published, failed) = (own.published.clone(), own.failed.clone());
            registry.register("freehold_outbox_published", "Events that were published", published);
            registry.register("freehold_outbox_failures", "Tries to publish an event that failed", failed);
        });
        own
    }

    pub(super) fn set_waiting(&self, waiting: Waiting) {
        self.oldest_seconds.set(waiting.oldest_seconds);
        self.parked.set(waiting.parked);
    }

    pub(super) fn count_published(&self, events: usize) {
        self.published.inc_by(u64::try_from(events).unwrap_or(u64::MAX));
    }

    pub(super) fn count_failed(&self) {
        self.failed.inc();
    }
}
