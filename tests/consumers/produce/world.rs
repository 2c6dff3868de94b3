//! A database of identity, a broker, and relays between them.

use crate::installations;
use crate::server::{ADMINISTRATOR, Server};
use contracts::nova::identity::topics::v1::IdentityUserEnvelope;
use nova_identity_producer::PUBLISHER;
use prost::Message;
use rdkafka::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::{Message as _, OwnedMessage};
use rdkafka::mocking::MockCluster;
use rdkafka::producer::DefaultProducerContext;
use rdkafka::{Offset, TopicPartitionList};
use runtime::health::{Health, Metrics};
use runtime::kafka::KafkaSettings;
use runtime::program::Fatal;
use runtime::relay::{Options, Relay};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long something that has to happen may take, on a machine under load.
const LIMIT: Duration = Duration::from_secs(30);
/// The topic of identity's users.
pub const TOPIC: &str = "identity.user";
const PARTITIONS: i32 = 3;
const MIGRATION: &str = include_str!("../../../generated/sql/identity/0001_initial.up.sql");

/// A database and a broker.
pub struct World {
    // The first to go: without the broker, it would wait for it.
    consumer: BaseConsumer,
    pub cluster: MockCluster<'static, DefaultProducerContext>,
    pub pool: PgPool,
    server: Server,
}

impl World {
    /// On the newest PostgreSQL that there is.
    pub async fn new() -> World {
        World::on(installations().len() - 1).await
    }

    /// On each PostgreSQL that there is.
    pub async fn on_each(test: impl AsyncFn(World)) {
        for number in 0..installations().len() {
            println!("on PostgreSQL {}", installations()[number].version);
            test(World::on(number).await).await;
        }
    }

    async fn on(number: usize) -> World {
        let filter = tracing_subscriber::EnvFilter::from_default_env();
        let _ = tracing_subscriber::fmt().with_env_filter(filter).with_test_writer().try_init();
        let server = Server::start(&installations()[number]);
        drop(server.new_database("identity").await);
        let options =
            PgConnectOptions::new().socket(&server.folder).username(ADMINISTRATOR).database("identity");
        let pool = PgPoolOptions::new().max_connections(12).connect_lazy_with(options);
        let migration = format!("BEGIN; {MIGRATION} COMMIT;");
        sqlx::raw_sql(sqlx::AssertSqlSafe(migration)).execute(&pool).await.unwrap();
        let cluster = MockCluster::new(1).unwrap();
        cluster.create_topic(TOPIC, PARTITIONS, 1).unwrap();
        let mut config = ClientConfig::new();
        config
            .set("bootstrap.servers", cluster.bootstrap_servers())
            .set("group.id", "test")
            .set("enable.auto.commit", "false");
        let consumer: BaseConsumer = config.create().unwrap();
        let mut partitions = TopicPartitionList::new();
        for partition in 0..PARTITIONS {
            partitions.add_partition_offset(TOPIC, partition, Offset::Beginning).unwrap();
        }
        consumer.assign(&partitions).unwrap();
        World { consumer, cluster, pool, server }
    }

    /// A relay that tries again so fast that a test can wait for it.
    pub fn relay(&self) -> Running {
        self.relay_with(Options {
            poll: Duration::from_millis(100),
            message_timeout: Duration::from_secs(3),
            first_delay: Duration::from_millis(20),
            longest_pause: Duration::from_millis(300),
            ..Options::default()
        })
    }

    pub fn relay_with(&self, options: Options) -> Running {
        let folder = self.server.folder.display();
        let url = format!("postgres://{ADMINISTRATOR}@localhost/identity?host={folder}");
        let kafka = KafkaSettings::plain(&self.cluster.bootstrap_servers());
        let (health, metrics, stop) = (Health::default(), Metrics::default(), CancellationToken::new());
        let relay = Relay::new(PUBLISHER, &url, kafka, options, health.clone(), &metrics).unwrap();
        Running { health, metrics, stop: stop.clone(), task: tokio::spawn(relay.run(stop)) }
    }

    /// Runs statements.
    pub async fn execute(&self, sql: &str) {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        sqlx::raw_sql(sql).execute(&self.pool).await.unwrap();
    }

    /// The number that a query gives.
    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Rows in the outbox.
    pub async fn waiting(&self) -> i64 {
        self.number("SELECT count(*) FROM outbox_events").await
    }

    /// Waits until nothing is in the outbox.
    pub async fn until_empty(&self) {
        until("the outbox is empty", async || self.waiting().await == 0).await;
    }

    /// Makes a user, without an event.
    pub async fn make_user(&self, name: &str) -> String {
        let query = "INSERT INTO users (username, email, password_hash) VALUES ($1, $1 || '@example.org', 'x') RETURNING id::text";
        sqlx::query_scalar(query).bind(name).fetch_one(&self.pool).await.unwrap()
    }

    /// Writes rows to the outbox whose payloads are not looked at: `keys` names their keys.
    pub async fn write_rows(&self, keys: &[&str]) {
        for key in keys {
            self.execute(&row(key, "'\\x00'")).await;
        }
    }

    /// The messages that came since the last call, until there are `count`, in the order of each partition.
    pub fn messages(&self, count: usize) -> Vec<OwnedMessage> {
        let deadline = Instant::now() + LIMIT;
        let mut messages = Vec::new();
        while messages.len() < count {
            assert!(Instant::now() < deadline, "only {} of {count} messages came", messages.len());
            // An error is that the broker is away, which some tests see to.
            if let Some(Ok(message)) = self.consumer.poll(Duration::from_millis(50)) {
                messages.push(message.detach());
            }
        }
        messages
    }

    /// Whether no further message comes for a while.
    pub fn is_quiet(&self) -> bool {
        !matches!(self.consumer.poll(Duration::from_millis(500)), Some(Ok(_)))
    }

    /// The same as envelopes.
    pub fn envelopes(&self, count: usize) -> Vec<IdentityUserEnvelope> {
        let messages = self.messages(count);
        messages
            .iter()
            .map(|message| IdentityUserEnvelope::decode(message.payload().unwrap()).unwrap())
            .collect()
    }
}

/// The statement that writes a row to the outbox.
pub fn row(key: &str, payload: &str) -> String {
    format!(
        "INSERT INTO outbox_events (topic, event_type, partition_key, aggregate_id, payload) \
         VALUES ('{TOPIC}', 'UserUpdated', '{key}', '{key}', {payload});"
    )
}

/// The key of a message.
pub fn key(message: &OwnedMessage) -> String {
    String::from_utf8(message.key().unwrap().to_vec()).unwrap()
}

/// A relay that runs.
pub struct Running {
    pub health: Health,
    metrics: Metrics,
    stop: CancellationToken,
    task: JoinHandle<Result<(), Fatal>>,
}

impl Running {
    /// What a metric shows.
    pub fn metric(&self, name: &str) -> f64 {
        let text = self.metrics.text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no {name} in {text}")).parse().unwrap()
    }

    /// Tells it to stop, and waits until it has.
    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(LIMIT, self.task).await.expect("it stops").unwrap().unwrap();
    }

    /// Cuts it off wherever it is.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

/// Waits until something holds.
pub async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds().await {
        assert!(Instant::now() < deadline, "did not happen: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
