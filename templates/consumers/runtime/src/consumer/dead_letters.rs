//! Topics of dead letters: messages that the group could not handle, as they came, with headers that say why.

use super::error::kept_text;
use super::group::HeardTopic;
use super::metrics::{ConsumerMetrics, Outcome};
use crate::kafka::KafkaSettings;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::Message;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

/// How long one try to write may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Why a message is a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is no message of its topic.
    Unreadable,
    /// Handling it failed, again and again.
    Failed,
    /// It came behind one of its key that failed.
    Behind,
}

impl Reason {
    fn name(self) -> &'static str {
        match self {
            Reason::Unreadable => "unreadable",
            Reason::Failed => "failed",
            Reason::Behind => "behind",
        }
    }
}

/// A message and where it came from.
#[derive(Clone, Debug)]
pub(super) struct DeadLetter<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The partition.
    pub partition: i32,
    /// The offset.
    pub offset: i64,
    /// The key as it came.
    pub key: Option<&'a [u8]>,
    /// The value as it came.
    pub payload: Option<&'a [u8]>,
    /// The headers as they came.
    pub headers: Option<OwnedHeaders>,
}

impl<'a> DeadLetter<'a> {
    /// A message that just came.
    pub fn of(message: &'a OwnedMessage) -> DeadLetter<'a> {
        DeadLetter {
            topic: message.topic(),
            partition: message.partition(),
            offset: message.offset(),
            key: message.key(),
            payload: message.payload(),
            headers: message.headers().cloned(),
        }
    }
}

/// Writes dead letters.
pub(super) struct DeadLetters {
    producer: FutureProducer,
    group: String,
    /// Where the messages of each topic go.
    topics: HashMap<&'static str, &'static str>,
    metrics: ConsumerMetrics,
}

impl DeadLetters {
    /// Connects to the brokers, once there is something to write.
    ///
    /// # Errors
    /// The settings of Kafka cannot be used.
    pub fn new(
        kafka: &KafkaSettings,
        group: &str,
        topics: &[HeardTopic],
        metrics: ConsumerMetrics,
    ) -> Result<DeadLetters, KafkaError> {
        let mut config = kafka.client();
        config
            .set("enable.idempotence", "true")
            .set("message.timeout.ms", LIMIT.as_millis().to_string())
            // The broker says what is too large.
            .set("message.max.bytes", "1000000000");
        topics.iter().for_each(|topic| metrics.expect_dead_letters(topic.name));
        let topics = topics.iter().map(|topic| (topic.name, topic.dead_letters)).collect();
        Ok(DeadLetters { producer: config.create()?, group: group.to_owned(), topics, metrics })
    }

    /// Writes a dead letter, and waits until the brokers have it. One that they find too large loses its value: its headers say
    /// where it lies.
    ///
    /// # Errors
    /// The brokers did not take it in time.
    pub async fn write(
        &self,
        letter: &DeadLetter<'_>,
        reason: Reason,
        error: &impl fmt::Display,
    ) -> Result<(), KafkaError> {
        let written = match self.send(letter, reason, error, true).await {
            Err(KafkaError::MessageProduction(RDKafkaErrorCode::MessageSizeTooLarge)) => {
                self.send(letter, reason, error, false).await
            }
            other => other,
        };
        if written.is_ok() {
            self.metrics.count(letter.topic, Outcome::Dead);
            tracing::error!(
                topic = letter.topic,
                partition = letter.partition,
                offset = letter.offset,
                reason = reason.name(),
                %error,
                "a message is a dead letter"
            );
        }
        written
    }

    async fn send(
        &self,
        letter: &DeadLetter<'_>,
        reason: Reason,
        error: &impl fmt::Display,
        with_payload: bool,
    ) -> Result<(), KafkaError> {
        let topic = self.topics.get(letter.topic).copied().unwrap_or_default();
        let mut headers = letter.headers.clone().unwrap_or_default();
        let (partition, offset) = (letter.partition.to_string(), letter.offset.to_string());
        let error = kept_text(error);
        let own = [
            ("freehold-reason", reason.name()),
            ("freehold-error", &error),
            ("freehold-group", &self.group),
            ("freehold-topic", letter.topic),
            ("freehold-partition", &partition),
            ("freehold-offset", &offset),
        ];
        for (key, value) in own {
            headers = headers.insert(Header { key, value: Some(value) });
        }
        let mut record: FutureRecord<'_, [u8], [u8]> = FutureRecord::to(topic).headers(headers);
        record.key = letter.key;
        record.payload = letter.payload.filter(|_| with_payload);
        self.producer.send(record, LIMIT).await.map_err(|(error, _)| error)?;
        Ok(())
    }
}
