//! What people of the service search might write, with faults on demand.

use contracts::freehold::events::v1::EventMetadata;
use contracts::nova::content::v1::{PostCreated, PostDeleted, PostUpdated};
use contracts::nova::identity::v1::{UserCreated, UserDeleted, UserUpdated};
use contracts::nova::user::v1::ProfileUpdated;
use nova_search_consumer::groups::search::{
    HandlePostCreated, HandlePostDeleted, HandlePostUpdated, HandleProfileUpdated, HandleUserCreated,
    HandleUserDeleted, HandleUserUpdated,
};
use runtime::consumer::HandlingError;
use sqlx::PgConnection;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// What goes wrong with events of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// They are refused as often as this.
    Refused(u32),
    /// The handler panics once.
    Panic,
    /// What the handler needs is away, as often as this.
    Away(u32),
    /// Another transaction is in the way, as often as this.
    Conflict(u32),
    /// An error of the database is passed over.
    Swallowed,
    /// A constraint is broken that is checked at the end.
    Deferred,
    /// The handler never ends.
    Endless,
}

/// Handlers that write into the table `handled`, which [`Search::TABLE`] makes.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Faults, by the user's name in the event.
    faults: Arc<Mutex<HashMap<String, Fault>>>,
    tries: Arc<Mutex<Vec<String>>>,
}

impl Search {
    /// Where effects are seen: without a key, so that one that happens twice shows.
    pub const TABLE: &'static str =
        "CREATE TABLE handled (place bigserial, event_type text, username text, event_id text)";

    /// From now on something goes wrong with events of this user name.
    pub fn plant(&self, username: &str, fault: Fault) {
        self.faults.lock().unwrap().insert(username.to_owned(), fault);
    }

    /// Nothing goes wrong with them any more.
    pub fn mend(&self, username: &str) {
        self.faults.lock().unwrap().remove(username);
    }

    /// How often events of this user name were tried.
    pub fn tries(&self, username: &str) -> usize {
        self.tries.lock().unwrap().iter().filter(|tried| *tried == username).count()
    }

    /// The fault of this try.
    fn next_fault(&self, username: &str) -> Option<Fault> {
        self.tries.lock().unwrap().push(username.to_owned());
        let mut faults = self.faults.lock().unwrap();
        let fault = *faults.get(username)?;
        let left = match fault {
            Fault::Refused(0) | Fault::Away(0) | Fault::Conflict(0) => return None,
            Fault::Refused(times) => Fault::Refused(times - 1),
            Fault::Away(times) => Fault::Away(times - 1),
            Fault::Conflict(times) => Fault::Conflict(times - 1),
            Fault::Panic => Fault::Refused(0),
            Fault::Endless | Fault::Swallowed | Fault::Deferred => fault,
        };
        faults.insert(username.to_owned(), left);
        Some(fault)
    }

    async fn handle(
        &self,
        username: &str,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        // Before the fault, so that what is rolled back would be seen.
        sqlx::query("INSERT INTO handled (event_type, username, event_id) VALUES ($1, $2, $3)")
            .bind(&metadata.event_type)
            .bind(username)
            .bind(&metadata.event_id)
            .execute(&mut *transaction)
            .await?;
        match self.next_fault(username) {
            None => Ok(()),
            Some(Fault::Refused(_)) => Err("the handler refuses it".into()),
            Some(Fault::Away(_)) => Err(HandlingError::away("the index is away")),
            Some(Fault::Panic) => panic!("the handler panics"),
            Some(Fault::Endless) => std::future::pending().await,
            Some(Fault::Swallowed) => {
                let failed = sqlx::query("SELECT 1 / 0").execute(transaction).await;
                assert!(failed.is_err());
                Ok(())
            }
            Some(Fault::Deferred) => {
                sqlx::query("INSERT INTO late VALUES (1)").execute(transaction).await?;
                Ok(())
            }
            Some(Fault::Conflict(_)) => {
                let sql = "DO $$ BEGIN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END $$";
                sqlx::query(sql).execute(transaction).await?;
                Ok(())
            }
        }
    }
}

impl HandleUserCreated for Search {
    async fn handle_user_created(
        &self,
        event: &UserCreated,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        self.handle(&event.username, metadata, transaction).await
    }
}

impl HandleUserUpdated for Search {
    async fn handle_user_updated(
        &self,
        event: &UserUpdated,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        self.handle(&event.username, metadata, transaction).await
    }
}

impl HandleUserDeleted for Search {
    async fn handle_user_deleted(
        &self,
        event: &UserDeleted,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        self.handle(&event.username, metadata, transaction).await
    }
}

impl HandlePostCreated for Search {
    async fn handle_post_created(
        &self,
        event: &PostCreated,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        self.handle(&event.id, metadata, transaction).await
    }
}

impl HandlePostUpdated for Search {
    async fn handle_post_updated(
        &self,
        event: &PostUpdated,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        self.handle(&event.id, metadata, transaction).await
    }
}

impl HandlePostDeleted for Search {
    async fn handle_post_deleted(
        &self,
        event: &PostDeleted,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        self.handle(&event.id, metadata, transaction).await
    }
}

impl HandleProfileUpdated for Search {
    async fn handle_profile_updated(
        &self,
        event: &ProfileUpdated,
        metadata: &EventMetadata,
        transaction: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        self.handle(&event.id, metadata, transaction).await
    }
}
