//! Whether what a row refers to exists: asked of a read copy, then of the owner.

use moka::future::Cache;
use std::time::Duration;
use tonic::{Code, Request, Status};

/// Answers that are kept of one owner, at most.
const KEPT_ANSWERS: u64 = 100_000;

/// Why a row may not be stored.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// There is no such row, or it is marked as deleted.
    #[error("there is no row of {owner} with the key {key}")]
    Missing {
        /// The table that is referred to.
        owner: &'static str,
        /// The key that was looked for.
        key: String,
    },
    /// The owner did not answer, and the register says to refuse then.
    #[error("{owner} cannot be asked for the key {key}: {status}")]
    Away {
        /// The table that is referred to.
        owner: &'static str,
        /// The key that was looked for.
        key: String,
        /// What came in place of an answer.
        status: Box<Status>,
    },
    /// The owner refused to answer.
    #[error("{owner} refuses to be asked: {status}")]
    Refused {
        /// The table that is referred to.
        owner: &'static str,
        /// What it said.
        status: Box<Status>,
    },
    /// The read copy cannot be asked.
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

/// What to say of a row while its owner is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnerAway {
    /// That it may be stored: reconciliation finds it if it turns out to be an orphan.
    Accept,
    /// That it may not.
    Refuse,
}

/// What a read copy knows of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Copied {
    /// It is there.
    Present,
    /// It was deleted, which is never undone.
    Deleted,
    /// Nothing, which may change at any moment.
    Unknown,
}

impl Copied {
    /// From whether the copy of the row is no tombstone; none where there is no copy.
    pub fn from_row(is_live: Option<bool>) -> Copied {
        match is_live {
            Some(true) => Copied::Present,
            Some(false) => Copied::Deleted,
            None => Copied::Unknown,
        }
    }
}

/// The owner of a table, as one who has to be asked. Clones share the answers that are kept.
#[derive(Clone, Debug)]
pub struct Owner {
    table: &'static str,
    timeout: Duration,
    known: Cache<String, ()>,
}

impl Owner {
    /// The owner of a table that answers within `timeout`. Only that a row exists is kept, for `keep`: one that does not exist may
    /// be made at any moment.
    pub fn new(table: &'static str, timeout: Duration, keep: Duration) -> Owner {
        let known = Cache::builder().max_capacity(KEPT_ANSWERS).time_to_live(keep).build();
        Owner { table, timeout, known }
    }

    /// What a copy alone says.
    ///
    /// # Errors
    /// It does not know the row, or knows that it was deleted.
    pub fn by_copy(&self, key: String, copied: Copied) -> Result<(), CheckError> {
        match copied {
            Copied::Present => Ok(()),
            Copied::Deleted | Copied::Unknown => Err(CheckError::Missing { owner: self.table, key }),
        }
    }

    /// What the owner says; it is asked by `ask`, unless it said yes not long ago.
    ///
    /// # Errors
    /// It says that there is no such row, or it is away and that means to refuse, or it refuses to answer.
    pub async fn by_rpc<R, F>(
        &self,
        key: String,
        away: OwnerAway,
        request: R,
        ask: impl FnOnce(Request<R>) -> F,
    ) -> Result<(), CheckError>
    where
        F: Future<Output = Result<bool, Status>>,
    {
        if self.known.contains_key(&key) {
            return Ok(());
        }
        let mut request = Request::new(request);
        // The owner learns how long somebody waits, and stops working for nobody.
        request.set_timeout(self.timeout);
        let late = || Status::deadline_exceeded("no answer in time");
        let answer = tokio::time::timeout(self.timeout, ask(request)).await.unwrap_or_else(|_| Err(late()));
        match answer {
            Ok(true) => {
                self.known.insert(key, ()).await;
                Ok(())
            }
            Ok(false) => Err(CheckError::Missing { owner: self.table, key }),
            Err(status) if !is_away(status.code()) => {
                Err(CheckError::Refused { owner: self.table, status: Box::new(status) })
            }
            Err(_) if away == OwnerAway::Accept => Ok(()),
            Err(status) => Err(CheckError::Away { owner: self.table, key, status: Box::new(status) }),
        }
    }
}

/// Codes by which gRPC says that an answer may come another time (its guide, "Status Codes"), and the one by which tonic says that a
/// connection broke.
fn is_away(code: Code) -> bool {
    matches!(
        code,
        Code::Unavailable
            | Code::DeadlineExceeded
            | Code::ResourceExhausted
            | Code::Aborted
            | Code::Cancelled
            | Code::Unknown
    )
}
