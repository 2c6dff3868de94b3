//! Changes of users and profiles, each with its event in one transaction, as the services' own code would make them.

use crate::postgres::Postgres;
use nova_identity_producer::{publish_user_created, publish_user_deleted, publish_user_updated};
use nova_user_producer::publish_profile_updated;
use runtime::database::Failure;
use runtime::outbox::{EventId, PublishError};
use runtime::trace::Trace;
use sqlx::{PgConnection, PgPool};
use std::time::{Duration, Instant};

/// How long a change may be tried while the server is away.
const LIMIT: Duration = Duration::from_secs(60);

/// Where identity and user note, in the transaction of each change, which event was published: what consumers have to have seen.
pub const PUBLISHED: &str = "
    CREATE TABLE published (
        user_id uuid, step integer, event_id uuid NOT NULL, event_type text NOT NULL, row_version bigint NOT NULL,
        PRIMARY KEY (user_id, step)
    )";

/// A change of a user, or of the user's profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The user comes, or comes back after it was removed.
    Create,
    /// The user has another name to be shown.
    Rename,
    /// An administrator locks the account.
    Lock,
    /// The user's row is marked as deleted.
    Mark,
    /// The user's row is removed.
    Remove,
    /// The user's profile has another text.
    Profile,
}

/// The databases of identity and user.
#[derive(Clone, Debug)]
pub struct Owners {
    pub identity: PgPool,
    pub user: PgPool,
}

impl Owners {
    /// Connects as the applications.
    pub fn new(postgres: &Postgres, connections: u32) -> Owners {
        Owners {
            identity: postgres.pool("identity", "app", connections),
            user: postgres.pool("user", "app", connections),
        }
    }

    /// Makes a change, once, whatever becomes of the server meanwhile.
    pub async fn make(&self, id: &str, step: i32, change: Change) {
        let deadline = Instant::now() + LIMIT;
        while let Err(error) = self.try_to_make(id, step, change).await {
            let is_away =
                matches!(&error, PublishError::Database(error) if Failure::of(error) == Failure::Away);
            assert!(is_away && Instant::now() < deadline, "{change:?} {step} of {id}: {error}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    async fn try_to_make(&self, id: &str, step: i32, change: Change) -> Result<(), PublishError> {
        let database = if change == Change::Profile { &self.user } else { &self.identity };
        let mut transaction = database.begin().await?;
        // Whoever lost the connection while it committed does not know whether it did.
        let is_made: bool = sqlx::query_scalar(
            "SELECT EXISTS (SELECT FROM published WHERE user_id = $1::text::uuid AND step = $2)",
        )
        .bind(id)
        .bind(step)
        .fetch_one(&mut *transaction)
        .await?;
        if is_made {
            return Ok(());
        }
        let event = changed(&mut transaction, id, step, change).await?;
        let note = "INSERT INTO published SELECT $1::text::uuid, $2, event_id, event_type, row_version \
                    FROM outbox_events WHERE event_id = $3";
        sqlx::query(note).bind(id).bind(step).bind(event.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The event of a row that is removed is written before, all others after the change.
async fn changed(
    connection: &mut PgConnection,
    id: &str,
    step: i32,
    change: Change,
) -> Result<EventId, PublishError> {
    let trace = Trace::default();
    let remove = "DELETE FROM users WHERE id = $1::text::uuid AND $2::integer > 0";
    if change == Change::Remove {
        let event = publish_user_deleted(connection, id, &trace).await?;
        sqlx::query(remove).bind(id).bind(step + 1).execute(connection).await?;
        return Ok(event);
    }
    let sql = match change {
        Change::Create => CREATE,
        Change::Rename => "UPDATE users SET display_name = 'name ' || $2::integer WHERE id = $1::text::uuid",
        Change::Lock => "UPDATE users SET is_active = $2::integer < 0 WHERE id = $1::text::uuid",
        Change::Mark => "UPDATE users SET deleted_at = now() WHERE id = $1::text::uuid AND $2::integer >= 0",
        Change::Profile => "UPDATE user_profiles SET bio = 'text ' || $2::integer WHERE id = $1::text::uuid",
        Change::Remove => remove,
    };
    let changed = sqlx::query(sql).bind(id).bind(step).execute(&mut *connection).await?;
    assert_eq!(changed.rows_affected(), 1, "{change:?} of {id} changes one row");
    match change {
        Change::Create => publish_user_created(connection, id, &trace).await,
        Change::Rename | Change::Lock => publish_user_updated(connection, id, &trace).await,
        Change::Mark | Change::Remove => publish_user_deleted(connection, id, &trace).await,
        Change::Profile => publish_profile_updated(connection, id, &trace).await,
    }
}

const CREATE: &str = "INSERT INTO users (id, username, email, display_name)
    SELECT $1::text::uuid, left('u' || replace($1, '-', ''), 50), $1 || '@example.org', 'name ' || $2::integer";

/// Inserts users without telling anybody, as if their events were long gone from the topic.
pub async fn insert_without_events(identity: &PgPool, ids: &[&str]) {
    for id in ids {
        sqlx::query(CREATE).bind(*id).bind(0).execute(identity).await.unwrap();
    }
}

/// Inserts a user with its event, and tries once; `number` is found again in the name that is shown.
///
/// # Errors
/// The database refuses it.
pub async fn create_user(identity: &PgPool, id: &str, number: i32) -> Result<(), PublishError> {
    let mut transaction = identity.begin().await?;
    sqlx::query(CREATE).bind(id).bind(number).execute(&mut *transaction).await?;
    publish_user_created(&mut transaction, id, &Trace::default()).await?;
    transaction.commit().await?;
    Ok(())
}
