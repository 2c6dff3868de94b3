//! What people of the service search write: handlers, and a program that consumes with them. Each notes what it handled in a table
//! without a key, so that an effect that happens twice shows, and refuses events of users whom another table names.

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
use std::process::ExitCode;

struct Search;

/// The same for every event: all of them are known by the id in their metadata.
async fn note(metadata: &EventMetadata, transaction: &mut PgConnection) -> Result<(), HandlingError> {
    let refused: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM refused WHERE aggregate_key = $1)")
        .bind(&metadata.aggregate_key)
        .fetch_one(&mut *transaction)
        .await?;
    if refused {
        return Err("its user is refused".into());
    }
    sqlx::query("INSERT INTO handled (event_id, event_type) VALUES ($1::text::uuid, $2)")
        .bind(&metadata.event_id)
        .bind(&metadata.event_type)
        .execute(transaction)
        .await?;
    Ok(())
}

macro_rules! handlers {
    ($($handler:ident $method:ident $event:ident),*) => {
        $(impl $handler for Search {
            async fn $method(
                &self,
                _: &$event,
                metadata: &EventMetadata,
                transaction: &mut PgConnection,
            ) -> Result<(), HandlingError> {
                note(metadata, transaction).await
            }
        })*
    };
}

handlers!(
    HandlePostCreated handle_post_created PostCreated,
    HandlePostUpdated handle_post_updated PostUpdated,
    HandlePostDeleted handle_post_deleted PostDeleted,
    HandleUserCreated handle_user_created UserCreated,
    HandleUserUpdated handle_user_updated UserUpdated,
    HandleUserDeleted handle_user_deleted UserDeleted,
    HandleProfileUpdated handle_profile_updated ProfileUpdated
);

fn main() -> ExitCode {
    runtime::program::run(|stop| nova_search_consumer::run(Search, stop))
}
