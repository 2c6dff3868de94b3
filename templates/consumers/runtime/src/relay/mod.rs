//! Publishing what lies in an outbox. Of all relays of a database one works, the others wait to take its place.
//!
//! A row is sent once all transactions that began before the one that wrote it have ended, in the order of `id`, and deleted when
//! most replicas of the broker have it. Of each key one message is on its way at a time, so none overtakes another. Whatever is
//! killed at whatever moment, nothing is lost; it may be sent twice.

mod encode;
mod metrics;
mod send;
mod session;
mod window;

pub use encode::Published;
pub use metrics::RelayMetrics;

use crate::health::{self, Health, Metrics};
use crate::kafka::KafkaSettings;
use crate::program::Fatal;
use crate::settings;
use encode::Encoder;
use send::{Outcome, Sender};
use session::Session;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use window::Row;

/// The variable with the URL of the database, without a pooler between: a relay listens, and holds a lock for as long as it works.
const DATABASE_DIRECT_URL: &str = "DATABASE_DIRECT_URL";

/// What a service publishes.
#[derive(Clone, Copy, Debug)]
pub struct Publisher {
    /// The service.
    pub service: &'static str,
    /// Its events.
    pub events: &'static [Published],
    /// The module of Protobuf with their messages, as an encoded `FileDescriptorSet`.
    pub descriptors: &'static [u8],
}

/// How a relay works. The default is right for production.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Rows that are looked at together.
    pub rows: i64,
    /// Bytes of payloads that are in memory together, but for one row that is larger.
    pub bytes: i64,
    /// How long to wait for a notification before the outbox is looked at anyway.
    pub poll: Duration,
    /// How long the broker has for one message.
    pub message_timeout: Duration,
    /// How long to wait after the first failure of a message; twice as long after each further one.
    pub first_delay: Duration,
    /// After how many failures a message is parked.
    pub tries: i64,
    /// How long to wait at most while the broker or the database is away.
    pub longest_pause: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            rows: 1000,
            bytes: 16 * 1024 * 1024,
            poll: Duration::from_secs(1),
            message_timeout: Duration::from_secs(10),
            first_delay: Duration::from_secs(5),
            tries: 5,
            longest_pause: Duration::from_secs(15),
        }
    }
}

/// A relay as a program: settings from the environment, health and metrics over HTTP.
///
/// # Errors
/// A setting is missing or wrong, or the port is taken.
pub async fn main(publisher: Publisher, stop: CancellationToken) -> Result<(), Fatal> {
    let database = settings::required(DATABASE_DIRECT_URL)?;
    let kafka = KafkaSettings::from_environment()?;
    let (health, metrics) = (Health::default(), Metrics::default());
    let relay = Relay::new(publisher, &database, kafka, Options::default(), health.clone(), &metrics)?;
    let addresses = health::addresses()?;
    let server = health::serve(&addresses, health, metrics, stop.clone());
    tokio::try_join!(async { server.await.map_err(Fatal::from) }, relay.run(stop))?;
    Ok(())
}

/// A relay.
#[derive(Debug)]
pub struct Relay {
    database: sqlx::postgres::PgConnectOptions,
    kafka: KafkaSettings,
    encoder: Encoder,
    options: Options,
    health: Health,
    metrics: RelayMetrics,
}

/// What came of a look at the outbox.
enum Progress {
    /// There may be more at once.
    More,
    /// Rows wait for transactions to end.
    Unsettled,
    /// Nothing is to be done.
    Idle,
    /// The broker cannot be used.
    BrokerAway,
}

impl Relay {
    /// A relay of the database at a URL.
    ///
    /// # Errors
    /// The URL is none, or the descriptors do not have the messages.
    pub fn new(
        publisher: Publisher,
        database: &str,
        kafka: KafkaSettings,
        options: Options,
        health: Health,
        metrics: &Metrics,
    ) -> Result<Relay, Fatal> {
        Ok(Relay {
            database: crate::database::options(DATABASE_DIRECT_URL, database)?,
            kafka,
            encoder: Encoder::new(publisher)?,
            options,
            health,
            metrics: RelayMetrics::new(metrics),
        })
    }

    /// Works until `stop`, then finishes what is on its way.
    ///
    /// # Errors
    /// The client of the brokers cannot be made.
    pub async fn run(self, stop: CancellationToken) -> Result<(), Fatal> {
        let mut pause = Pause::new(self.options.longest_pause);
        while !stop.is_cancelled() {
            self.health.beat();
            match Session::open(&self.database).await {
                Ok(session) => {
                    self.health.set_ready(true);
                    let began = Instant::now();
                    if let Err(error) = self.attend(session, &stop).await? {
                        tracing::warn!(error = %error, "the database is away, or refuses a statement");
                    }
                    // What fails at once, again and again, is not to be tried without a pause.
                    if began.elapsed() >= self.options.longest_pause {
                        pause.reset();
                    }
                }
                Err(error) => tracing::warn!(error = %error, "the database cannot be reached"),
            }
            self.health.set_ready(false);
            if !stop.is_cancelled() {
                self.rest(pause.next(), &stop).await;
            }
        }
        Ok(())
    }

    /// Waits for its turn, and then works, for as long as the session lasts.
    async fn attend(
        &self,
        mut session: Session,
        stop: &CancellationToken,
    ) -> Result<Result<(), sqlx::Error>, Fatal> {
        loop {
            self.health.beat();
            if stop.is_cancelled() {
                return Ok(Ok(()));
            }
            match session.take_turn().await {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => return Ok(Err(error)),
            }
            // It shows what waits as the active one does, not what waited when it was active itself.
            match session.waiting().await {
                Ok(waiting) => self.metrics.set_waiting(waiting),
                Err(error) => return Ok(Err(error)),
            }
            self.rest(self.options.poll, stop).await;
        }
        tracing::info!("this relay publishes");
        let sender = Sender::new(&self.kafka, self.options.message_timeout)?;
        Ok(self.publish(&mut session, &sender, stop).await)
    }

    /// Publishes until `stop`.
    async fn publish(
        &self,
        session: &mut Session,
        sender: &Sender,
        stop: &CancellationToken,
    ) -> Result<(), sqlx::Error> {
        let mut away = Pause::new(self.options.longest_pause);
        let mut unsettled = Pause::new(self.options.poll);
        let mut measured: Option<Instant> = None;
        while !stop.is_cancelled() {
            self.health.beat();
            if measured.is_none_or(|time| time.elapsed() >= self.options.poll) {
                self.metrics.set_waiting(session.waiting().await?);
                measured = Some(Instant::now());
            }
            let progress = self.step(session, sender, stop).await?;
            match progress {
                Progress::More => {
                    away.reset();
                    unsettled.reset();
                }
                Progress::Unsettled => session.wait(unsettled.next(), stop).await?,
                Progress::Idle => {
                    unsettled.reset();
                    session.wait(self.options.poll, stop).await?;
                }
                Progress::BrokerAway => {
                    if sender.is_broken() {
                        return Ok(());
                    }
                    self.rest(away.next(), stop).await;
                }
            }
        }
        Ok(())
    }

    /// Looks at the first rows that nothing keeps back, and sends what can be sent of them.
    async fn step(
        &self,
        session: &mut Session,
        sender: &Sender,
        stop: &CancellationToken,
    ) -> Result<Progress, sqlx::Error> {
        let mut rows = session.window(&self.options).await?;
        let is_empty = rows.is_empty();
        let mut waiting: BTreeSet<(String, String)> = BTreeSet::new();
        let mut sent_any = false;
        while !stop.is_cancelled() {
            let wave = window::take_wave(&mut rows, &mut waiting);
            if wave.is_empty() {
                break;
            }
            self.health.beat();
            let (sent, failed, is_away) = self.send(sender, wave).await;
            session.delete(&sent).await?;
            self.metrics.count_published(sent.len());
            sent_any |= !sent.is_empty();
            for (row, problem) in failed {
                self.metrics.count_failed();
                self.note_failure(session, &row, &problem).await?;
                waiting.insert((row.topic, row.partition_key));
            }
            if is_away {
                return Ok(Progress::BrokerAway);
            }
        }
        Ok(match (is_empty, sent_any) {
            (true, _) => Progress::Idle,
            (false, true) => Progress::More,
            (false, false) => Progress::Unsettled,
        })
    }

    /// Sends one message of each of several keys, and waits for all of them.
    async fn send(&self, sender: &Sender, wave: Vec<Row>) -> (Vec<i64>, Vec<(Row, String)>, bool) {
        let (mut sent, mut failed, mut is_away) = (Vec::new(), Vec::new(), false);
        let mut on_their_way = Vec::with_capacity(wave.len());
        for row in wave {
            match self.encoder.message(&row) {
                Ok(payload) => on_their_way.push((sender.send(&row, &payload).await, row)),
                Err(error) => failed.push((row, error.to_string())),
            }
        }
        for (delivery, row) in on_their_way {
            match delivery.outcome().await {
                Outcome::Sent => sent.push(row.id),
                Outcome::Refused(problem) => failed.push((row, problem)),
                Outcome::BrokerAway(problem) => {
                    if !is_away {
                        tracing::warn!(problem, topic = row.topic, "the broker cannot be used");
                    }
                    is_away = true;
                }
            }
        }
        (sent, failed, is_away)
    }

    async fn note_failure(
        &self,
        session: &mut Session,
        row: &Row,
        problem: &str,
    ) -> Result<(), sqlx::Error> {
        let tries = row.attempts.saturating_add(1);
        let is_last = tries >= self.options.tries;
        let doublings = u32::try_from(row.attempts).unwrap_or(u32::MAX).min(16);
        let delay = self.options.first_delay.saturating_mul(1 << doublings);
        let (id, topic, event_id) = (row.id, row.topic.as_str(), row.event_id);
        if is_last {
            tracing::error!(id, topic, %event_id, tries, problem, "an event is parked, and later ones of its key wait");
        } else {
            tracing::warn!(id, topic, %event_id, tries, problem, "an event cannot be published yet");
        }
        session.note_failure(row.id, problem, delay, is_last).await
    }

    /// Waits, or until `stop`. The beats say that waiting is what it does.
    async fn rest(&self, time: Duration, stop: &CancellationToken) {
        // Ending early is what it is for.
        let _ = timeout(time, stop.cancelled()).await;
        self.health.beat();
    }
}

/// Pauses, each twice as long as the one before, up to a longest.
struct Pause {
    next: Duration,
    longest: Duration,
}

impl Pause {
    const FIRST: Duration = Duration::from_millis(10);

    fn new(longest: Duration) -> Pause {
        Pause { next: Pause::FIRST, longest }
    }

    fn reset(&mut self) {
        self.next = Pause::FIRST;
    }

    fn next(&mut self) -> Duration {
        let now = self.next.min(self.longest);
        self.next = self.next.saturating_mul(2);
        now
    }
}
