//! Tries events again that were put aside, when they are due.

use super::Parts;
use super::attempt::{LIMIT, guarded};
use super::dead_letters::{DeadLetter, Reason};
use super::error::HandlingError;
use super::group::{DatabaseGroup, Progress, Reading};
use super::metrics::Outcome;
use super::parked::{self, Parked};
use super::retries::sleep_unless_stopped;
use super::transactional::apply_once;
use crate::database::{self, Failure};
use sqlx::{Acquire, PgConnection, PgPool};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// After how many looks events are looked for that wait behind none any more.
const LOOKS_UNTIL_WAKING: u32 = 30;

/// Tries events again. Every member of the group does so, each with others.
pub(super) struct Delayed<G> {
    parts: Arc<Parts<G>>,
    database: PgPool,
}

impl<G: DatabaseGroup> Delayed<G> {
    /// For all events that a group has put aside.
    pub fn new(parts: Arc<Parts<G>>, database: PgPool) -> Delayed<G> {
        Delayed { parts, database }
    }

    /// Works until told to stop.
    pub async fn run(self, stop: CancellationToken) {
        let mut backoff = self.parts.backoff();
        let mut looks = 0u32;
        while !stop.is_cancelled() {
            let goes_on = match self.look(looks, &stop).await {
                Ok(()) => {
                    backoff = self.parts.backoff();
                    sleep_unless_stopped(self.parts.retries.look_every, &stop).await
                }
                Err(error) => {
                    tracing::warn!(%error, "events that were put aside cannot be tried again");
                    backoff.wait(&stop).await
                }
            };
            looks = looks.wrapping_add(1);
            if !goes_on {
                return;
            }
        }
    }

    /// Tries everything that is due.
    async fn look(&self, looks: u32, stop: &CancellationToken) -> Result<(), HandlingError> {
        let group = self.parts.group.name();
        if looks.is_multiple_of(LOOKS_UNTIL_WAKING) {
            parked::wake(&mut *self.database.acquire().await?, group).await?;
        }
        while !stop.is_cancelled() && guarded(3 * LIMIT, self.try_one()).await? {}
        let (waiting, dead) = parked::count(&mut *self.database.acquire().await?, group).await?;
        self.parts.metrics.set_parked(waiting, dead);
        Ok(())
    }

    /// Tries one event; false where none is due.
    ///
    /// # Errors
    /// The database or the brokers are away: nothing is counted against the event.
    async fn try_one(&self) -> Result<bool, HandlingError> {
        let mut transaction = database::begin(&self.database).await?;
        let Some(parked) = parked::lock_due(&mut transaction, self.parts.group.name()).await? else {
            return Ok(false);
        };
        // So that the row stays locked, whatever becomes of the effect.
        let mut effect = transaction.begin().await?;
        let applied = guarded(LIMIT, self.apply(&parked, &mut effect)).await;
        match applied {
            Ok(progress) => {
                effect.commit().await?;
                if progress == Progress::Done {
                    parked::remove(&mut transaction, self.parts.group.name(), &parked).await?;
                }
                transaction.commit().await?;
                if progress == Progress::Done {
                    self.parts.metrics.count(&parked.topic, Outcome::Applied);
                }
            }
            Err(error) if error.failure == Failure::Away => return Err(error),
            Err(error) => {
                effect.rollback().await?;
                self.note_failure(&parked, &error, &mut transaction).await?;
                transaction.commit().await?;
            }
        }
        Ok(true)
    }

    async fn apply(
        &self,
        parked: &Parked,
        transaction: &mut PgConnection,
    ) -> Result<Progress, HandlingError> {
        match self.parts.group.read(&parked.topic, &parked.message)? {
            Reading::Heard(heard) => {
                let progress = apply_once(&self.parts.group, &heard, transaction).await?;
                // What only the end would find counts against the event, too, or it would be tried for ever.
                database::check(transaction).await?;
                Ok(progress)
            }
            // A newer program put it aside, and is about to take over; or an older one, and nobody needs it any more. Who can
            // tell?
            Reading::NotHeard | Reading::Unknown(_) => Err("this program does not know the event".into()),
        }
    }

    async fn note_failure(
        &self,
        parked: &Parked,
        error: &HandlingError,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        let retries = &self.parts.retries;
        let tries = u32::try_from(parked.attempts).unwrap_or_default().saturating_add(1);
        if tries < retries.delayed {
            parked::postpone(transaction, parked.id, error, retries.delayed_wait(tries)).await?;
            return Ok(());
        }
        let letter = DeadLetter {
            topic: &parked.topic,
            partition: parked.source_partition,
            offset: parked.source_offset,
            key: Some(parked.partition_key.as_bytes()),
            payload: Some(&parked.message),
            headers: None,
        };
        let written = self.parts.dead_letters.write(&letter, Reason::Failed, error).await;
        written.map_err(HandlingError::away)?;
        parked::give_up(transaction, parked.id, error).await?;
        Ok(())
    }
}
