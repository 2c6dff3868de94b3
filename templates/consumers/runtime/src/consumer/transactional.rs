//! A partition's messages, handled in transactions of the service's database.

use super::attempt::{LIMIT, guarded};
use super::dead_letters::{DeadLetter, Reason};
use super::error::{HandlingError, Unreadable, kept_text};
use super::group::{DatabaseGroup, Heard, Progress, Reading};
use super::metrics::Outcome;
use super::parked::{self, Parking};
use super::processed;
use super::retries::sleep_unless_stopped;
use super::worker::Handler;
use super::{Group, Parts};
use crate::database::{self, Failure};
use rdkafka::Message;
use rdkafka::message::OwnedMessage;
use sqlx::{PgConnection, PgPool};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often a transaction is tried again at once because another one was in the way.
const CONFLICTS: u32 = 5;

/// Handles the messages of one partition.
pub(super) struct Transactional<G> {
    parts: Arc<Parts<G>>,
    database: PgPool,
}

/// A message with the event in it.
struct Item<'a, E> {
    message: &'a OwnedMessage,
    heard: Heard<E>,
}

/// What became of the events of one transaction.
enum Applied {
    /// All of them were dealt with; what became of each.
    All(Vec<Outcome>),
    /// A part of the only one was; there is more to do.
    Part,
    /// One of several needs transactions of its own; nothing was done.
    Alone,
}

impl<G: DatabaseGroup> Handler for Transactional<G> {
    async fn handle(&mut self, messages: &[OwnedMessage], stop: &CancellationToken) -> usize {
        let mut items = Vec::with_capacity(messages.len());
        for (number, message) in messages.iter().enumerate() {
            match self.parts.read(message) {
                Ok(Some(heard)) => items.push((number, Item { message, heard })),
                Ok(None) => {}
                // What comes before it is dealt with first: then nothing is lost wherever this stops.
                Err(error) => {
                    if let Err(number) = self.handle_all(std::mem::take(&mut items), stop).await {
                        return number;
                    }
                    if !self.parts.bury(message, Reason::Unreadable, &error, stop).await {
                        return number;
                    }
                }
            }
        }
        self.handle_all(items, stop).await.err().unwrap_or(messages.len())
    }
}

impl<G: DatabaseGroup> Transactional<G> {
    /// For the messages of one partition.
    pub fn new(parts: Arc<Parts<G>>, database: PgPool) -> Transactional<G> {
        Transactional { parts, database }
    }

    /// Deals with numbered events. Where it was told to stop before all were dealt with, the number of the first that was not.
    async fn handle_all(
        &self,
        items: Vec<(usize, Item<'_, G::Event>)>,
        stop: &CancellationToken,
    ) -> Result<(), usize> {
        let (numbers, items): (Vec<usize>, Vec<Item<'_, G::Event>>) = items.into_iter().unzip();
        if items.len() > 1
            && let Ok(Applied::All(outcomes)) = guarded(LIMIT, self.in_one_transaction(&items)).await
        {
            self.count(&items, &outcomes);
            return Ok(());
        }
        // Whatever went wrong, wrong is only what fails alone.
        for (number, item) in numbers.into_iter().zip(&items) {
            if !self.handle_one(item, stop).await {
                return Err(number);
            }
        }
        Ok(())
    }

    /// Deals with one event: applies it or puts it aside. False where it was told to stop before.
    async fn handle_one(&self, item: &Item<'_, G::Event>, stop: &CancellationToken) -> bool {
        let retries = &self.parts.retries;
        let (mut tries, mut conflicts) = (0, 0);
        let mut backoff = self.parts.backoff();
        loop {
            let error = match guarded(LIMIT, self.in_one_transaction(std::slice::from_ref(item))).await {
                Ok(Applied::All(outcomes)) => {
                    self.count(std::slice::from_ref(item), &outcomes);
                    return true;
                }
                Ok(Applied::Part | Applied::Alone) if stop.is_cancelled() => return false,
                Ok(Applied::Part | Applied::Alone) => continue,
                Err(error) => error,
            };
            let goes_on = match error.failure {
                Failure::Away => {
                    tracing::warn!(%error, "what handles events is away; trying on");
                    backoff.wait(stop).await
                }
                Failure::Conflict if conflicts < CONFLICTS => {
                    conflicts += 1;
                    sleep_unless_stopped(retries.immediate_wait(conflicts), stop).await
                }
                Failure::Conflict | Failure::Refused => {
                    tries += 1;
                    if tries >= retries.immediate {
                        return self.put_aside(item, &error, stop).await;
                    }
                    sleep_unless_stopped(retries.immediate_wait(tries), stop).await
                }
            };
            if !goes_on {
                return false;
            }
        }
    }

    /// Puts an event aside, to be tried again later. False where it was told to stop before.
    async fn put_aside(
        &self,
        item: &Item<'_, G::Event>,
        error: &HandlingError,
        stop: &CancellationToken,
    ) -> bool {
        tracing::warn!(%error, event_id = %item.heard.event_id, "an event is put aside");
        let failed = Some((kept_text(error), self.parts.retries.delayed_wait(0)));
        let parking = self.parking(item, failed);
        let mut backoff = self.parts.backoff();
        loop {
            let added = guarded(LIMIT, async {
                let mut connection = self.database.acquire().await?;
                Ok(parked::add(&mut connection, &parking).await?)
            });
            match added.await {
                Ok(()) => {
                    self.count(std::slice::from_ref(item), &[Outcome::Parked]);
                    return true;
                }
                // There is nowhere else to put it.
                Err(error) => tracing::error!(%error, "an event cannot be put aside; trying on"),
            }
            if !backoff.wait(stop).await {
                return false;
            }
        }
    }

    /// Applies events in one transaction, or puts them aside where they come behind others of their key.
    async fn in_one_transaction(&self, items: &[Item<'_, G::Event>]) -> Result<Applied, HandlingError> {
        let Some(topic) = items.first().map(|item| item.message.topic()) else {
            return Ok(Applied::All(Vec::new()));
        };
        let group = self.parts.group.name();
        let mut transaction = database::begin(&self.database).await?;
        let keys: Vec<&str> = items.iter().map(|item| item.heard.metadata.partition_key.as_str()).collect();
        let waiting = parked::keys(&mut transaction, group, topic, &keys).await?;
        let is_free = |item: &&Item<'_, G::Event>| !waiting.contains(&item.heard.metadata.partition_key);
        let ids: Vec<Uuid> = items.iter().filter(is_free).map(|item| item.heard.event_id).collect();
        let mut new = processed::note(&mut transaction, group, &ids).await?;
        let mut outcomes = Vec::with_capacity(items.len());
        for item in items {
            if !is_free(&item) {
                parked::add(&mut transaction, &self.parking(item, None)).await?;
                outcomes.push(Outcome::Parked);
            } else if !new.remove(&item.heard.event_id) {
                outcomes.push(Outcome::Duplicate);
            } else {
                match self.parts.group.apply(&item.heard, &mut transaction).await? {
                    Progress::Done => outcomes.push(Outcome::Applied),
                    Progress::More if items.len() > 1 => return Ok(Applied::Alone),
                    Progress::More => {
                        processed::take_back(&mut transaction, group, item.heard.event_id).await?;
                        transaction.commit().await?;
                        return Ok(Applied::Part);
                    }
                }
            }
        }
        database::check(&mut transaction).await?;
        transaction.commit().await?;
        Ok(Applied::All(outcomes))
    }

    fn parking<'a>(
        &'a self,
        item: &'a Item<'_, G::Event>,
        failed: Option<(String, std::time::Duration)>,
    ) -> Parking<'a> {
        Parking {
            group: self.parts.group.name(),
            partition_key: &item.heard.metadata.partition_key,
            event_id: item.heard.event_id,
            message: item.message,
            failed,
        }
    }

    fn count(&self, items: &[Item<'_, G::Event>], outcomes: &[Outcome]) {
        for (item, outcome) in items.iter().zip(outcomes) {
            self.parts.metrics.count(item.message.topic(), *outcome);
            if *outcome == Outcome::Applied
                && let Ok(occurred_at) = item.heard.occurred_at()
            {
                self.parts.metrics.observe_delay(occurred_at);
            }
        }
    }
}

/// Has an event's effect in a transaction that is open, and notes it. It may have had it before.
pub(super) async fn apply_once<G: DatabaseGroup>(
    group: &G,
    heard: &Heard<G::Event>,
    transaction: &mut PgConnection,
) -> Result<Progress, HandlingError> {
    let new = processed::note(transaction, group.name(), &[heard.event_id]).await?;
    if new.is_empty() {
        return Ok(Progress::Done);
    }
    let progress = group.apply(heard, transaction).await?;
    if progress == Progress::More {
        processed::take_back(transaction, group.name(), heard.event_id).await?;
    }
    Ok(progress)
}

impl<G: Group> Parts<G> {
    /// Reads a message; `None` where nothing is to be done about it.
    pub(super) fn read(&self, message: &OwnedMessage) -> Result<Option<Heard<G::Event>>, Unreadable> {
        let payload = message.payload().ok_or(Unreadable::Empty)?;
        match self.group.read(message.topic(), payload)? {
            Reading::Heard(heard) => Ok(Some(heard)),
            Reading::NotHeard => {
                self.metrics.count(message.topic(), Outcome::NotHeard);
                Ok(None)
            }
            Reading::Unknown(metadata) => {
                tracing::warn!(
                    topic = message.topic(),
                    event_type = metadata.event_type,
                    event_version = metadata.event_version,
                    "an event that this program does not know is passed over"
                );
                self.metrics.count(message.topic(), Outcome::Unknown);
                Ok(None)
            }
        }
    }

    /// Writes a message to the topic of dead letters, whatever time the brokers take. False where it was told to stop before.
    pub(super) async fn bury(
        &self,
        message: &OwnedMessage,
        reason: Reason,
        error: &impl std::fmt::Display,
        stop: &CancellationToken,
    ) -> bool {
        let mut backoff = self.backoff();
        let letter = DeadLetter::of(message);
        while let Err(failure) = self.dead_letters.write(&letter, reason, error).await {
            tracing::warn!(error = %failure, "a dead letter cannot be written; trying on");
            if !backoff.wait(stop).await {
                return false;
            }
        }
        true
    }
}
