//! The main loop of a member of a group: gives messages to the workers of their partitions, commits offsets, and answers when
//! partitions come and go. It waits for no worker but when its partition goes, so the group never thinks it dead.

use super::Surroundings;
use super::group::HeardTopic;
use super::rebalance::{Context, Rebalance};
use super::worker::{Done, Handler, Partition, Worker};
use crate::health::Health;
use crate::program::Fatal;
use rdkafka::consumer::{CommitMode, Consumer, StreamConsumer};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::message::OwnedMessage;
use rdkafka::{Offset, TopicPartitionList};
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How long workers may take to finish the transaction that they are in.
pub(super) const FINISH: Duration = Duration::from_secs(12);
/// How long leaving the group may take.
const LEAVE: Duration = Duration::from_secs(5);
/// How often the main loop says that it runs.
const BEAT: Duration = Duration::from_secs(1);
/// How often it is asked whether what this program needs is there.
const WATCH: Duration = Duration::from_secs(2);
/// How long an answer to that may take.
const ANSWER: Duration = Duration::from_secs(3);

/// A member of a group.
pub(super) struct MainLoop {
    consumer: Arc<StreamConsumer<Context>>,
    topics: Vec<&'static str>,
    rebalances: UnboundedReceiver<Rebalance>,
    done: (UnboundedSender<Done>, UnboundedReceiver<Done>),
    workers: HashMap<Partition, Worker>,
    /// The offset behind the last message that was handled, of each partition.
    positions: HashMap<Partition, i64>,
    health: Health,
    database: Option<PgPool>,
    stop: CancellationToken,
}

impl MainLoop {
    /// A member that has not joined yet.
    ///
    /// # Errors
    /// The settings of Kafka cannot be used.
    pub fn new(
        surroundings: &Surroundings,
        group: &str,
        topics: &[HeardTopic],
        database: Option<PgPool>,
    ) -> Result<MainLoop, Fatal> {
        let (sender, rebalances) = mpsc::unbounded_channel();
        let mut config = surroundings.kafka.client();
        config
            .set("group.id", group)
            .set("session.timeout.ms", surroundings.session_timeout.as_millis().to_string())
            .set("partition.assignment.strategy", "cooperative-sticky")
            .set("enable.auto.commit", "false")
            .set("auto.offset.reset", "earliest")
            // A topic that is made after this program started is found.
            .set("topic.metadata.refresh.interval.ms", "30000")
            // Beside what waits for the workers.
            .set("queued.max.messages.kbytes", "16384");
        Ok(MainLoop {
            consumer: Arc::new(config.create_with_context(Context::new(sender))?),
            topics: topics.iter().map(|topic| topic.name).collect(),
            rebalances,
            done: mpsc::unbounded_channel(),
            workers: HashMap::new(),
            positions: HashMap::new(),
            health: surroundings.health.clone(),
            database,
            stop: surroundings.stop.child_token(),
        })
    }

    /// Joins the group, works until told to stop, and leaves.
    ///
    /// # Errors
    /// The broker refuses this member for good.
    pub async fn run<H: Handler>(mut self, handler: impl Fn() -> H) -> Result<(), Fatal> {
        self.consumer.subscribe(&self.topics)?;
        let watch = AbortOnDropHandle::new(tokio::spawn(watch(
            Arc::clone(&self.consumer),
            self.database.clone(),
            self.health.clone(),
            self.stop.clone(),
        )));
        let consumer = Arc::clone(&self.consumer);
        let mut beat = tokio::time::interval(BEAT);
        let result = loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break Ok(()),
                _ = beat.tick() => {
                    self.beat();
                    if self.workers.values().any(Worker::has_ended) {
                        break Err(Fatal::from("the worker of a partition ended by itself"));
                    }
                }
                Some(rebalance) = self.rebalances.recv() => self.rebalance(rebalance, &handler).await,
                Some(done) = self.done.1.recv() => self.commit(done),
                message = consumer.recv() => {
                    if let Err(error) = self.take(message.map(|message| message.detach())) {
                        break Err(Fatal::from(error));
                    }
                }
            }
        };
        drop(consumer);
        self.finish().await;
        self.stop.cancel();
        let _ = watch.await;
        self.leave().await;
        result
    }

    /// Gives a message to its worker.
    ///
    /// # Errors
    /// The broker refuses this member for good.
    fn take(&mut self, message: KafkaResult<OwnedMessage>) -> Result<(), KafkaError> {
        let message = match message {
            Ok(message) => message,
            Err(error @ KafkaError::MessageConsumptionFatal(_)) => return Err(error),
            // librdkafka tries on by itself.
            Err(error) => {
                tracing::warn!(%error, "messages cannot be fetched");
                return Ok(());
            }
        };
        let partition = partition_of(&message);
        // One whose worker is gone comes again, to whoever has its partition now.
        let Some(worker) = self.workers.get_mut(&partition) else { return Ok(()) };
        worker.push(message);
        if !worker.is_paused && worker.has_many() {
            worker.is_paused = true;
            self.consumer.pause(&list([(&partition, Offset::Invalid)])?)?;
        }
        Ok(())
    }

    /// Says that it runs, and commits again what could not be committed.
    fn beat(&mut self) {
        self.health.beat();
        if self.consumer.context().take_commit_failed() {
            self.commit_all(self.positions.clone());
        }
    }

    /// Commits the offsets of what was done, and has messages fetched again for those who have few.
    fn commit(&mut self, done: Done) {
        let mut offsets = HashMap::from([(done.partition, done.next_offset)]);
        while let Ok(done) = self.done.1.try_recv() {
            offsets.insert(done.partition, done.next_offset);
        }
        self.resume();
        self.positions.extend(offsets.clone());
        self.commit_all(offsets);
    }

    /// Has messages fetched again for workers that have few.
    fn resume(&mut self) {
        let mut drained = Vec::new();
        for (partition, worker) in &mut self.workers {
            if worker.is_paused && worker.has_few() {
                worker.is_paused = false;
                drained.push((partition, Offset::Invalid));
            }
        }
        if let Err(error) = list(drained).and_then(|partitions| self.consumer.resume(&partitions)) {
            tracing::warn!(%error, "a partition could not be resumed");
        }
    }

    fn commit_all(&self, offsets: HashMap<Partition, i64>) {
        let committed = offset_list(&offsets).and_then(|list| self.consumer.commit(&list, CommitMode::Async));
        if let Err(error) = committed {
            tracing::warn!(%error, "an offset could not be committed");
        }
    }

    async fn rebalance<H: Handler>(&mut self, rebalance: Rebalance, handler: &impl Fn() -> H) {
        let answered = match rebalance {
            Rebalance::Come(partitions) => {
                tracing::info!(partitions = ?names(&partitions), "partitions come");
                for partition in names(&partitions) {
                    let worker = Worker::start(partition.clone(), handler(), self.done.0.clone());
                    self.workers.insert(partition, worker);
                }
                // librdkafka remembers what was paused when it went.
                if let Err(error) = self.consumer.resume(&partitions) {
                    tracing::warn!(%error, "a partition could not be resumed");
                }
                self.consumer.incremental_assign(&partitions)
            }
            Rebalance::Go(partitions) => {
                tracing::info!(partitions = ?names(&partitions), "partitions go");
                self.stop_workers(&names(&partitions)).await;
                self.consumer.incremental_unassign(&partitions)
            }
        };
        if let Err(error) = answered {
            tracing::warn!(%error, "a rebalance could not be answered");
        }
        // What workers of other partitions did meanwhile was heard while those that go were waited for.
        self.resume();
        if !self.positions.is_empty() {
            self.commit_all(self.positions.clone());
        }
    }

    /// Waits until the workers of partitions have finished the transaction they are in, and commits what they did.
    async fn stop_workers(&mut self, partitions: &[Partition]) {
        let deadline = Instant::now() + FINISH;
        let workers: Vec<Worker> =
            partitions.iter().filter_map(|partition| self.workers.remove(partition)).collect();
        workers.iter().for_each(Worker::stop);
        for worker in workers {
            worker.join(deadline).await;
        }
        while let Ok(done) = self.done.1.try_recv() {
            self.positions.insert(done.partition, done.next_offset);
        }
        let taken = partitions.iter().filter_map(|partition| self.positions.remove_entry(partition));
        let offsets: HashMap<Partition, i64> = taken.collect();
        let consumer = Arc::clone(&self.consumer);
        // It waits for the broker, so not on a thread that others need.
        let committed = tokio::task::spawn_blocking(move || match offsets.is_empty() {
            true => Ok(()),
            false => consumer.commit(&offset_list(&offsets)?, CommitMode::Sync),
        });
        // Messages whose offset is not committed come again, and are found to have been processed.
        match committed.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the last offsets could not be committed"),
            Err(error) => tracing::warn!(%error, "the last offsets could not be committed"),
        }
    }

    /// Stops all workers.
    async fn finish(&mut self) {
        let partitions: Vec<Partition> = self.workers.keys().cloned().collect();
        self.stop_workers(&partitions).await;
    }

    /// Leaves the group, so that others have its partitions at once.
    async fn leave(self) {
        self.health.set_ready(false);
        // Dropping the last of it closes it, which waits for the broker.
        let left = tokio::task::spawn_blocking(move || drop(self));
        if tokio::time::timeout(LEAVE, left).await.is_err() {
            tracing::warn!("the group could not be left in time");
        }
    }
}

impl Drop for MainLoop {
    /// Answers what nobody else will: without an answer, the group could not be left.
    fn drop(&mut self) {
        self.consumer.context().close();
        while let Ok(rebalance) = self.rebalances.try_recv() {
            let answered = match rebalance {
                Rebalance::Come(partitions) => self.consumer.incremental_assign(&partitions),
                Rebalance::Go(partitions) => self.consumer.incremental_unassign(&partitions),
            };
            if let Err(error) = answered {
                tracing::warn!(%error, "a rebalance could not be answered");
            }
        }
    }
}

fn partition_of(message: &OwnedMessage) -> Partition {
    use rdkafka::Message;
    (message.topic().to_owned(), message.partition())
}

fn names(partitions: &TopicPartitionList) -> Vec<Partition> {
    let elements = partitions.elements();
    elements.iter().map(|element| (element.topic().to_owned(), element.partition())).collect()
}

fn list<'a>(
    offsets: impl IntoIterator<Item = (&'a Partition, Offset)>,
) -> KafkaResult<TopicPartitionList> {
    let mut list = TopicPartitionList::new();
    for ((topic, partition), offset) in offsets {
        list.add_partition_offset(topic, *partition, offset)?;
    }
    Ok(list)
}

fn offset_list(offsets: &HashMap<Partition, i64>) -> KafkaResult<TopicPartitionList> {
    list(offsets.iter().map(|(partition, offset)| (partition, Offset::Offset(*offset))))
}

/// Says, from time to time, whether the program can do its work: whether the brokers have answered, and the database does.
async fn watch(
    consumer: Arc<StreamConsumer<Context>>,
    database: Option<PgPool>,
    health: Health,
    stop: CancellationToken,
) {
    let mut brokers_answered = false;
    while !stop.is_cancelled() {
        if !brokers_answered {
            let consumer = Arc::clone(&consumer);
            let asked = tokio::task::spawn_blocking(move || consumer.fetch_metadata(None, ANSWER).is_ok());
            brokers_answered = asked.await.unwrap_or(false);
        }
        health.set_ready(brokers_answered && database_answers(database.as_ref()).await);
        let _ = stop.run_until_cancelled(tokio::time::sleep(WATCH)).await;
    }
}

async fn database_answers(database: Option<&PgPool>) -> bool {
    let Some(database) = database else { return true };
    let answer = tokio::time::timeout(ANSWER, sqlx::query("SELECT 1").execute(database)).await;
    matches!(answer, Ok(Ok(_)))
}
