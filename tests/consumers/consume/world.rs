//! A broker, and consumers on it.

use prost::Message;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message as _, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::{DefaultProducerContext, FutureProducer, FutureRecord};
use rdkafka::{Offset, TopicPartitionList};
use runtime::consumer::{
    DatabaseGroup, Group, Retries, SimpleGroup, Surroundings, run, run_without_database,
};
use runtime::health::{Health, Metrics};
use runtime::kafka::KafkaSettings;
use runtime::program::Fatal;
use sqlx::PgPool;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long an answer of the broker may take, on a machine under load.
const LIMIT: Duration = Duration::from_secs(60);
/// How often it is asked at most whether something has happened.
const ASKED_AT_MOST: usize = 3000;

/// A cluster with one broker.
pub struct Broker {
    pub cluster: MockCluster<'static, DefaultProducerContext>,
    producer: FutureProducer,
}

impl Broker {
    /// Starts one, with the topics of a group, each of three partitions, and their dead letters.
    pub fn start(group: &impl Group) -> Broker {
        let _ = tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .try_init();
        let cluster = MockCluster::new(1).unwrap();
        for topic in group.topics() {
            cluster.create_topic(topic.name, 3, 1).unwrap();
            cluster.create_topic(topic.dead_letters, 1, 1).unwrap();
        }
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", cluster.bootstrap_servers());
        Broker { producer: config.create().unwrap(), cluster }
    }

    /// Publishes a message with a key.
    pub async fn send(&self, topic: &str, key: &str, message: &impl Message) {
        self.send_bytes(topic, key, &message.encode_to_vec()).await;
    }

    /// Publishes whatever bytes.
    pub async fn send_bytes(&self, topic: &str, key: &str, bytes: &[u8]) {
        let record = FutureRecord::to(topic).key(key).payload(bytes);
        self.producer.send(record, LIMIT).await.unwrap();
    }

    /// What a group runs with here: it tries again so fast that a test can wait for it.
    pub fn surroundings(&self) -> Surroundings {
        Surroundings {
            kafka: KafkaSettings::plain(&self.cluster.bootstrap_servers()),
            health: Health::default(),
            metrics: Metrics::default(),
            retries: Retries {
                immediate: 3,
                immediate_delay: Duration::from_millis(5),
                delayed: 3,
                delayed_delay: Duration::from_millis(100),
                look_every: Duration::from_millis(50),
                longest_wait: Duration::from_millis(500),
            },
            session_timeout: Duration::from_secs(6),
            stop: CancellationToken::new(),
        }
    }

    /// Every message of a topic of dead letters.
    pub fn dead_letters(&self, topic: &str) -> Vec<OwnedMessage> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.cluster.bootstrap_servers()).set("group.id", "test");
        let consumer: BaseConsumer = config.create().unwrap();
        let mut partitions = TopicPartitionList::new();
        partitions.add_partition_offset(topic, 0, Offset::Beginning).unwrap();
        consumer.assign(&partitions).unwrap();
        let (_, end) = consumer.fetch_watermarks(topic, 0, LIMIT).unwrap();
        let mut messages = Vec::new();
        while i64::try_from(messages.len()).unwrap() < end {
            if let Some(message) = consumer.poll(Duration::from_millis(100)) {
                messages.push(message.unwrap().detach());
            }
        }
        messages
    }

    /// The offset that a group has committed in each partition of a topic.
    pub fn committed(&self, group: &str, topic: &str) -> Vec<i64> {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.cluster.bootstrap_servers()).set("group.id", group);
        let consumer: BaseConsumer = config.create().unwrap();
        let mut partitions = TopicPartitionList::new();
        (0..3).for_each(|partition| {
            partitions.add_partition(topic, partition);
        });
        let offsets = consumer.committed_offsets(partitions, LIMIT).unwrap();
        offsets.elements().iter().map(|element| element.offset().to_raw().unwrap().max(0)).collect()
    }
}

/// A header of a message, as text.
pub fn header(message: &OwnedMessage, name: &str) -> String {
    let headers = message.headers().unwrap();
    let mut values = headers.iter().filter(|header| header.key == name);
    String::from_utf8(values.next().unwrap_or_else(|| panic!("no {name}")).value.unwrap().to_vec()).unwrap()
}

/// A consumer that runs.
pub struct Running {
    pub surroundings: Surroundings,
    task: JoinHandle<Result<(), Fatal>>,
}

impl Running {
    /// Starts one.
    pub fn start(broker: &Broker, group: impl DatabaseGroup, database: PgPool) -> Running {
        let surroundings = broker.surroundings();
        let own = surroundings.clone();
        Running { surroundings, task: tokio::spawn(async move { run(group, database, &own).await }) }
    }

    /// Starts one without a database.
    pub fn start_without_database(broker: &Broker, group: impl SimpleGroup) -> Running {
        let surroundings = broker.surroundings();
        let own = surroundings.clone();
        Running { surroundings, task: tokio::spawn(async move { run_without_database(group, &own).await }) }
    }

    /// How often something was counted.
    pub fn count(&self, sample: &str) -> u64 {
        let text = self.surroundings.metrics.text();
        let line = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap())
    }

    /// How many messages of a topic had an outcome.
    pub fn outcomes(&self, topic: &str, outcome: &str) -> u64 {
        let labels = format!("{{topic=\"{topic}\",outcome=\"{outcome}\"}}");
        self.count(&format!("freehold_consumer_messages_total{labels}"))
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) {
        self.surroundings.stop.cancel();
        self.task.await.unwrap().unwrap();
    }

    /// Cuts it off wherever it is: nothing is finished, nothing committed.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// Waits until something holds. It is asked so many times, rather than for so long: a machine may stand still for a while.
pub async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..ASKED_AT_MOST {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("did not happen: {what}");
}
