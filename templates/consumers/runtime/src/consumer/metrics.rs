//! What a consumer counts.

use crate::health::Metrics;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;

/// Seconds from a change to its effect.
const DELAYS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 600.0];

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EncodeLabelValue)]
pub(super) enum Outcome {
    /// It had its effect.
    Applied,
    /// It had it before.
    Duplicate,
    /// It was put aside: it failed, or an earlier one of its key did.
    Parked,
    /// The group does nothing about such events.
    NotHeard,
    /// The program is too old to know such events.
    Unknown,
    /// It went to the topic of dead letters.
    Dead,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct TopicLabel {
    topic: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabels {
    topic: String,
    outcome: Outcome,
}

/// The metrics of a consumer. Clones share them.
#[derive(Clone, Debug)]
pub(super) struct ConsumerMetrics {
    messages: Family<OutcomeLabels, Counter>,
    dead_letters: Family<TopicLabel, Counter>,
    delay: Histogram,
    waiting: Gauge,
    dead: Gauge,
}

impl ConsumerMetrics {
    /// Makes them, and shows them.
    pub fn new(metrics: &Metrics) -> ConsumerMetrics {
        let own = ConsumerMetrics {
            messages: Family::default(),
            dead_letters: Family::default(),
            delay: Histogram::new(DELAYS),
            waiting: Gauge::default(),
            dead: Gauge::default(),
        };
        metrics.register(|registry| {
            let help = "Messages that were dealt with";
            registry.register("freehold_consumer_messages", help, own.messages.clone());
            let help = "Messages that went to a topic of dead letters";
            registry.register("freehold_consumer_dead_letters", help, own.dead_letters.clone());
            let help = "Seconds from a change to its effect";
            registry.register("freehold_consumer_delay_seconds", help, own.delay.clone());
            let help = "Events that were put aside and are tried again, or wait behind one of their key";
            registry.register("freehold_consumer_parked_events", help, own.waiting.clone());
            let help = "Events that were put aside and given up";
            registry.register("freehold_consumer_dead_events", help, own.dead.clone());
        });
        own
    }

    /// Counts messages of a topic.
    pub fn count(&self, topic: &str, outcome: Outcome) {
        let labels = OutcomeLabels { topic: topic.to_owned(), outcome };
        self.messages.get_or_create(&labels).inc();
        if outcome == Outcome::Dead {
            self.dead_letters.get_or_create(&TopicLabel { topic: topic.to_owned() }).inc();
        }
    }

    /// Shows a topic's dead letters before there are any, so that the first of them is an increase.
    pub fn expect_dead_letters(&self, topic: &str) {
        drop(self.dead_letters.get_or_create(&TopicLabel { topic: topic.to_owned() }));
    }

    /// Notes how long an effect took, from the time of the change, in microseconds since 1970.
    pub fn observe_delay(&self, occurred_at: i64) {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let now = i64::try_from(now.as_micros()).unwrap_or(i64::MAX);
        // Clocks of two machines may differ.
        let delay = u32::try_from(now.saturating_sub(occurred_at).max(0) / 1000).unwrap_or(u32::MAX);
        self.delay.observe(f64::from(delay) / 1000.0);
    }

    /// Shows how many events are put aside.
    pub fn set_parked(&self, waiting: i64, dead: i64) {
        self.waiting.set(waiting);
        self.dead.set(dead);
    }
}
