//! A broker of Apache Kafka, as a script of the project runs it.

use crate::folder::kafka_script;
use crate::process::free_port;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Headers, Message as _, OwnedMessage};
use rdkafka::producer::{FutureProducer, FutureRecord};
use rdkafka::{ClientConfig, Offset, TopicPartitionList};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long the broker has for an answer.
const ANSWER: Duration = Duration::from_secs(30);

/// A broker.
pub struct Kafka {
    folder: PathBuf,
    port: u16,
}

/// A message in a topic of dead letters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Letter {
    pub key: String,
    pub reason: String,
    /// The partition and the offset that it came from.
    pub from: (String, String),
}

impl Kafka {
    /// Starts one below a folder.
    ///
    /// # Panics
    /// Java or Maven is missing, as the script says.
    pub fn start(folder: &Path) -> Kafka {
        let kafka = Kafka { folder: folder.join("kafka"), port: free_port() };
        kafka.resume();
        kafka
    }

    /// Where it is.
    pub fn servers(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Kills it.
    pub fn kill(&self) {
        self.script(&["kill"], &[]);
    }

    /// Starts it on the data that are there.
    pub fn resume(&self) {
        self.script(&["start"], &[self.port.to_string()]);
    }

    fn script(&self, before: &[&str], after: &[String]) {
        let mut command = Command::new("bash");
        command.arg(kafka_script()).args(before).arg(&self.folder).args(after);
        // The broker inherits what is left open.
        let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status().unwrap();
        assert!(status.success(), "{command:?}: {status}: there is no broker");
    }

    fn client(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set("bootstrap.servers", self.servers());
        config
    }

    /// Makes topics with so many partitions each.
    pub async fn make_topics(&self, topics: &[&str], partitions: i32) {
        let admin: AdminClient<_> = self.client().create().unwrap();
        let new: Vec<NewTopic<'_>> =
            topics.iter().map(|topic| NewTopic::new(topic, partitions, TopicReplication::Fixed(1))).collect();
        for made in admin.create_topics(&new, &AdminOptions::new()).await.unwrap() {
            made.unwrap();
        }
    }

    /// A client that publishes.
    pub fn producer(&self) -> FutureProducer {
        self.client().set("enable.idempotence", "true").create().unwrap()
    }

    /// Publishes, once it is there.
    pub async fn send(producer: &FutureProducer, topic: &str, key: &[u8], payload: &[u8]) {
        let record = FutureRecord::to(topic).key(key).payload(payload);
        producer.send(record, ANSWER).await.unwrap();
    }

    fn consumer(&self, group: &str) -> BaseConsumer {
        self.client().set("group.id", group).set("enable.auto.commit", "false").create().unwrap()
    }

    /// For each partition of a topic, how many messages a group has not done with.
    pub fn behind(&self, group: &str, topic: &str, partitions: i32) -> Result<i64, String> {
        let consumer = self.consumer(group);
        let mut list = TopicPartitionList::new();
        list.add_partition_range(topic, 0, partitions - 1);
        let problem = |error| format!("{topic} for {group}: {error}");
        let committed = consumer.committed_offsets(list, ANSWER).map_err(problem)?;
        let mut behind = 0;
        for element in committed.elements() {
            let (low, high) =
                consumer.fetch_watermarks(topic, element.partition(), ANSWER).map_err(problem)?;
            behind += high - element.offset().to_raw().filter(|offset| *offset >= 0).unwrap_or(low);
        }
        Ok(behind)
    }

    /// Every message of a topic.
    pub fn messages(&self, topic: &str, partitions: i32) -> Vec<OwnedMessage> {
        let consumer = self.consumer("whoever-reads-all");
        let mut list = TopicPartitionList::new();
        let mut count = 0;
        for partition in 0..partitions {
            list.add_partition_offset(topic, partition, Offset::Beginning).unwrap();
            let (low, high) = consumer.fetch_watermarks(topic, partition, ANSWER).unwrap();
            count += usize::try_from(high - low).unwrap();
        }
        consumer.assign(&list).unwrap();
        let mut messages = Vec::with_capacity(count);
        while messages.len() < count {
            let message =
                consumer.poll(ANSWER).unwrap_or_else(|| panic!("{topic} does not give all messages"));
            messages.push(message.unwrap().detach());
        }
        messages
    }

    /// What lies in a topic of dead letters.
    pub fn letters(&self, topic: &str) -> Vec<Letter> {
        self.messages(topic, 1).iter().map(letter).collect()
    }
}

fn letter(message: &OwnedMessage) -> Letter {
    let header = |name: &str| {
        let header = message.headers()?.iter().find(|header| header.key == name)?;
        Some(String::from_utf8_lossy(header.value?).into_owned())
    };
    Letter {
        key: String::from_utf8_lossy(message.key().unwrap_or_default()).into_owned(),
        reason: header("freehold-reason").unwrap_or_default(),
        from: (
            header("freehold-partition").unwrap_or_default(),
            header("freehold-offset").unwrap_or_default(),
        ),
    }
}
