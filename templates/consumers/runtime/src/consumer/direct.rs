//! A partition's messages, handled without a database: nothing can be put aside but into the topic of dead letters.

use super::Parts;
use super::attempt::{LIMIT, guarded};
use super::dead_letters::Reason;
use super::error::HandlingError;
use super::group::{Heard, SimpleGroup};
use super::metrics::Outcome;
use super::retries::sleep_unless_stopped;
use super::worker::Handler;
use crate::database::Failure;
use rdkafka::message::OwnedMessage;
use rdkafka::Message;
use std::collections::HashSet;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Handles the messages of one partition.
pub(super) struct Direct<G> {
    parts: Arc<Parts<G>>,
    /// Keys of which a message became a dead letter: later ones follow it, as long as the partition stays here.
    dead_keys: HashSet<String>,
}

impl<G: SimpleGroup> Handler for Direct<G> {
    async fn handle(&mut self, messages: &[OwnedMessage], stop: &CancellationToken) -> usize {
        for (number, message) in messages.iter().enumerate() {
            let is_handled = match self.parts.read(message) {
                Ok(Some(heard)) => self.handle_one(message, &heard, stop).await,
                Ok(None) => true,
                Err(error) => self.parts.bury(message, Reason::Unreadable, &error, stop).await,
            };
            if !is_handled {
                return number;
            }
        }
        messages.len()
    }
}

impl<G: SimpleGroup> Direct<G> {
    /// For the messages of one partition.
    pub fn new(parts: Arc<Parts<G>>) -> Direct<G> {
        Direct { parts, dead_keys: HashSet::new() }
    }

    /// Deals with one event: handles it, or makes it a dead letter. False where it was told to stop before.
    async fn handle_one(
        &mut self,
        message: &OwnedMessage,
        heard: &Heard<G::Event>,
        stop: &CancellationToken,
    ) -> bool {
        let key = &heard.metadata.partition_key;
        if self.dead_keys.contains(key) {
            return self.parts.bury(message, Reason::Behind, &"an earlier one of its key failed", stop).await;
        }
        let Some(error) = (match self.try_all(message, heard, stop).await {
            Ok(error) => error,
            Err(Stopped) => return false,
        }) else {
            return true;
        };
        self.dead_keys.insert(key.clone());
        self.parts.bury(message, Reason::Failed, &error, stop).await
    }

    /// Tries as often as it is tried in all; the last error where none succeeded.
    async fn try_all(
        &self,
        message: &OwnedMessage,
        heard: &Heard<G::Event>,
        stop: &CancellationToken,
    ) -> Result<Option<HandlingError>, Stopped> {
        let retries = &self.parts.retries;
        let mut backoff = self.parts.backoff();
        let mut tries = 0;
        loop {
            let Err(error) = guarded(LIMIT, self.parts.group.handle(heard)).await else {
                self.parts.metrics.count(message.topic(), Outcome::Applied);
                if let Ok(occurred_at) = heard.occurred_at() {
                    self.parts.metrics.observe_delay(occurred_at);
                }
                return Ok(None);
            };
            let goes_on = if error.failure == Failure::Away {
                tracing::warn!(%error, "what handles events is away; trying on");
                backoff.wait(stop).await
            } else {
                tries += 1;
                if tries >= retries.immediate + retries.delayed {
                    return Ok(Some(error));
                }
                // Others of the partition wait meanwhile, so this does not grow into minutes.
                let wait = retries.immediate_wait(tries).min(retries.longest_wait);
                sleep_unless_stopped(wait, stop).await
            };
            if !goes_on {
                return Err(Stopped);
            }
        }
    }
}

/// It was told to stop.
struct Stopped;
