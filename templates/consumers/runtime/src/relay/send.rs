//! Handing messages to the brokers, and what their answers mean.

use super::encode::headers_of_message;
use super::window::Row;
use crate::kafka::KafkaSettings;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::future_producer::OwnedDeliveryResult;
use rdkafka::producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer};
use std::time::Duration;

/// How long to wait where the queue of the client is full.
const QUEUE_FULL_PAUSE: Duration = Duration::from_millis(5);

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Most replicas have it.
    Sent,
    /// It is refused, and would be again.
    Refused(String),
    /// Nothing is wrong with it: the broker cannot be used.
    BrokerAway(String),
}

impl Outcome {
    fn of(error: &KafkaError) -> Outcome {
        let is_refused = error.rdkafka_error_code().is_some_and(is_of_the_message);
        if is_refused { Outcome::Refused(error.to_string()) } else { Outcome::BrokerAway(error.to_string()) }
    }
}

/// Errors that another message need not have. A topic that is missing or forbidden is one of them, so that it stops no other.
fn is_of_the_message(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::InvalidMessage
            | RDKafkaErrorCode::InvalidMessageSize
            | RDKafkaErrorCode::InvalidRecord
            | RDKafkaErrorCode::InvalidTimestamp
            | RDKafkaErrorCode::InvalidTopic
            | RDKafkaErrorCode::MessageBatchTooLarge
            | RDKafkaErrorCode::MessageSizeTooLarge
            | RDKafkaErrorCode::PolicyViolation
            | RDKafkaErrorCode::TopicAuthorizationFailed
            | RDKafkaErrorCode::UnknownPartition
            | RDKafkaErrorCode::UnknownTopic
            | RDKafkaErrorCode::UnknownTopicId
            | RDKafkaErrorCode::UnknownTopicOrPartition
    )
}

/// A message that was handed over, or not taken.
pub(super) enum Delivery {
    /// It waits for the broker's answer.
    Waiting(DeliveryFuture),
    /// It was not taken.
    Ended(Outcome),
}

impl Delivery {
    /// What became of it. The client answers within its time for a message.
    pub async fn outcome(self) -> Outcome {
        match self {
            Delivery::Ended(outcome) => outcome,
            Delivery::Waiting(answer) => match answer.await {
                Ok(answer) => told(answer),
                Err(_) => Outcome::BrokerAway("the client was closed".to_owned()),
            },
        }
    }
}

fn told(answer: OwnedDeliveryResult) -> Outcome {
    match answer {
        Ok(_) => Outcome::Sent,
        Err((error, _)) => Outcome::of(&error),
    }
}

/// A client of the brokers.
pub(super) struct Sender {
    producer: FutureProducer,
}

impl Sender {
    /// Connects in the background. A message counts as sent when most replicas have it, and is written once however often the client
    /// sends it.
    ///
    /// # Errors
    /// The settings make no client.
    pub fn new(kafka: &KafkaSettings, message_timeout: Duration) -> Result<Sender, KafkaError> {
        let milliseconds = message_timeout.as_millis().to_string();
        let producer = kafka
            .client()
            .set("acks", "all")
            .set("enable.idempotence", "true")
            .set("linger.ms", "1")
            // As Kafka's own clients do, and so that an empty key, too, has its one partition.
            .set("partitioner", "murmur2")
            .set("message.timeout.ms", &milliseconds)
            .set("topic.metadata.propagation.max.ms", &milliseconds)
            .create()?;
        Ok(Sender { producer })
    }

    /// Hands a message over. Where the queue of the client is full, waits for a place in it.
    pub async fn send(&self, row: &Row, payload: &[u8]) -> Delivery {
        let mut headers = OwnedHeaders::new();
        for (key, value) in &headers_of_message(row) {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        // Its time is that of its sending: by the time of the change, one that waited for long would be too old to be kept.
        let mut record =
            FutureRecord::to(&row.topic).key(&row.partition_key).payload(payload).headers(headers);
        loop {
            match self.producer.send_result(record) {
                Ok(answer) => return Delivery::Waiting(answer),
                Err((error, back)) if error.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) => {
                    record = back;
                    tokio::time::sleep(QUEUE_FULL_PAUSE).await;
                }
                Err((error, _)) => return Delivery::Ended(Outcome::of(&error)),
            }
        }
    }

    /// Whether the client has to be made anew: what it knows of the order of its messages no longer fits the broker's.
    pub fn is_broken(&self) -> bool {
        self.producer.client().fatal_error().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_blamed_only_for_what_is_its_own() {
        let outcome = |code| Outcome::of(&KafkaError::MessageProduction(code));
        for code in [RDKafkaErrorCode::MessageSizeTooLarge, RDKafkaErrorCode::UnknownTopicOrPartition] {
            assert!(matches!(outcome(code), Outcome::Refused(_)), "{code}");
        }
        for code in [
            RDKafkaErrorCode::MessageTimedOut,
            RDKafkaErrorCode::BrokerTransportFailure,
            RDKafkaErrorCode::NotEnoughReplicas,
            RDKafkaErrorCode::ClusterAuthorizationFailed,
            RDKafkaErrorCode::Fatal,
        ] {
            assert!(matches!(outcome(code), Outcome::BrokerAway(_)), "{code}");
        }
    }
}
