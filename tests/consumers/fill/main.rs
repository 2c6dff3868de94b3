//! Read copies that are filled from their owners while events keep coming, and checks of references, against real servers: PostgreSQL,
//! and gRPC with what is generated for the owner.

#[path = "../../support/installation.rs"]
mod installation;
mod owner;
mod policies;
#[path = "../../support/server.rs"]
#[expect(dead_code, reason = "it is shared with other tests")]
mod server;

use contracts::nova::identity::v1::{UserDeleted, UserUpdated};
pub use installation::{Installation, installations};
use nova_user_consumer::fills::UserCache;
use nova_user_consumer::groups::user::{Consumer, Event};
use owner::{Owner, World, until};
use runtime::consumer::{DatabaseGroup, Heard, Progress};
use runtime::fill::keep_filled;
use sqlx::PgPool;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Fills the copy of users until it is dropped.
struct Filling {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Filling {
    fn start(world: &World) -> Filling {
        let stop = CancellationToken::new();
        let copy = UserCache::new(world.owner.channel());
        let task = tokio::spawn(keep_filled(copy, world.user.clone(), stop.clone()));
        Filling { stop, task }
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap();
    }
}

async fn is_filled(pool: &PgPool) -> bool {
    let query =
        "SELECT count(*) FROM projection_fills WHERE projection = 'user_cache' AND finished_at IS NOT NULL";
    sqlx::query_scalar::<_, i64>(query).fetch_one(pool).await.unwrap() == 1
}

/// What stands in the copy that the owner does not have, or has otherwise; tombstones are none of it.
async fn differences(world: &World) -> Vec<String> {
    let owned = "SELECT concat_ws(' ', id, row_version, username, email) FROM users WHERE deleted_at IS NULL ORDER BY id";
    let copied = "SELECT concat_ws(' ', user_id, source_version, username, email) FROM user_cache \
                  WHERE source_deleted_at IS NULL ORDER BY user_id";
    let owned: Vec<String> = sqlx::query_scalar(owned).fetch_all(&world.identity).await.unwrap();
    let copied: Vec<String> = sqlx::query_scalar(copied).fetch_all(&world.user).await.unwrap();
    let (owned, copied): (std::collections::BTreeSet<_>, std::collections::BTreeSet<_>) =
        (owned.into_iter().collect(), copied.into_iter().collect());
    owned.symmetric_difference(&copied).cloned().collect()
}

/// Applies an event to the copy, as the consumer does.
async fn apply(world: &World, version: i64, event: Event) {
    let heard = Heard {
        event_id: Uuid::now_v7(),
        metadata: contracts::freehold::events::v1::EventMetadata {
            row_version: Some(version),
            occurred_at: Some(runtime::trace::timestamp(1_700_000_000_000_000)),
            ..Default::default()
        },
        event,
    };
    let mut transaction = world.user.begin().await.unwrap();
    while Consumer::new().apply(&heard, &mut transaction).await.unwrap() == Progress::More {}
    transaction.commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_living_row_is_copied_in_pages() {
    let world = World::start().await;
    world.make_users(2_345).await;
    world.execute("UPDATE users SET deleted_at = now() WHERE username = 'user7'").await;
    let filling = Filling::start(&world);
    until("the copy is filled", async || is_filled(&world.user).await).await;
    assert_eq!(differences(&world).await, Vec::<String>::new());
    let rows: i64 =
        sqlx::query_scalar("SELECT rows FROM projection_fills").fetch_one(&world.user).await.unwrap();
    assert_eq!(rows, 2_344);
    filling.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_overtakes_its_page_stays() {
    let world = World::start().await;
    world.make_users(50).await;
    let rows: Vec<(Uuid, i64)> = sqlx::query_as("SELECT id, row_version FROM users ORDER BY id")
        .fetch_all(&world.identity)
        .await
        .unwrap();
    // The owner changes one and deletes another, whose events come before the pages, which are read before that.
    world.owner.hold_back();
    let filling = Filling::start(&world);
    until("the first page was read", async || world.owner.asked() > 0).await;
    let (changed, deleted) = (rows[3], rows[4]);
    sqlx::query("UPDATE users SET username = 'changed' WHERE id = $1")
        .bind(changed.0)
        .execute(&world.identity)
        .await
        .unwrap();
    let event = UserUpdated {
        id: changed.0.to_string(),
        username: "changed".to_owned(),
        email: "user3@example".to_owned(),
        ..Default::default()
    };
    apply(&world, changed.1 + 1, Event::UserUpdated(Box::new(event))).await;
    sqlx::query("DELETE FROM users WHERE id = $1").bind(deleted.0).execute(&world.identity).await.unwrap();
    let event = UserDeleted { id: deleted.0.to_string(), username: "gone".to_owned(), ..Default::default() };
    apply(&world, deleted.1 + 1, Event::UserDeleted(Box::new(event))).await;
    world.owner.let_go();
    until("the copy is filled", async || is_filled(&world.user).await).await;
    let state: (String, bool) = sqlx::query_as(
        "SELECT (SELECT username FROM user_cache WHERE user_id = $1), \
         (SELECT source_deleted_at IS NOT NULL FROM user_cache WHERE user_id = $2)",
    )
    .bind(changed.0)
    .bind(deleted.0)
    .fetch_one(&world.user)
    .await
    .unwrap();
    assert_eq!(state, ("changed".to_owned(), true));
    filling.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_came_apart_is_mended_by_filling_it_anew() {
    let world = World::start().await;
    world.make_users(1_200).await;
    // Two replicas fill it together.
    let (one, other) = (Filling::start(&world), Filling::start(&world));
    until("the copy is filled", async || is_filled(&world.user).await).await;
    let damage = "UPDATE user_cache SET username = 'wrong' WHERE username = 'user5';
        DELETE FROM user_cache WHERE username = 'user6';
        INSERT INTO user_cache (user_id, username, source_version, synced_at)
            VALUES (gen_random_uuid(), 'nobody', 5, now() - interval '1 day')";
    sqlx::raw_sql(damage).execute(&world.user).await.unwrap();
    // Missed: the event of this one.
    world.execute("DELETE FROM users WHERE username = 'user8'").await;
    assert_eq!(differences(&world).await.len(), 5);
    sqlx::query("DELETE FROM projection_fills WHERE projection = 'user_cache'")
        .execute(&world.user)
        .await
        .unwrap();
    until("nothing differs", async || differences(&world).await.is_empty()).await;
    let tombstones = "SELECT count(*) FROM user_cache WHERE source_deleted_at IS NOT NULL";
    assert_eq!(sqlx::query_scalar::<_, i64>(tombstones).fetch_one(&world.user).await.unwrap(), 2);
    one.end().await;
    other.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fill_waits_for_an_owner_that_is_away_and_goes_on_where_it_was() {
    let world = World::start().await;
    world.make_users(2_100).await;
    world.owner.fail_after(2);
    let filling = Filling::start(&world);
    until("two pages are there", async || {
        let query = "SELECT coalesce(max(rows), 0) FROM projection_fills";
        sqlx::query_scalar::<_, i64>(query).fetch_one(&world.user).await.unwrap() == 2_000
    })
    .await;
    until("it was asked once more", async || world.owner.asked() > 2).await;
    assert!(!is_filled(&world.user).await);
    let before = world.owner.asked();
    world.owner.let_go();
    until("the copy is filled", async || is_filled(&world.user).await).await;
    assert_eq!(differences(&world).await, Vec::<String>::new());
    // Pages that were taken are not asked for again.
    assert!(world.owner.asked() <= before + 2, "{} {before}", world.owner.asked());
    filling.end().await;
}

mod checks {
    use super::*;
    use nova_user_references::References;
    use runtime::references::CheckError;
    use runtime::settings::SettingsError;

    fn references(owner: &Owner) -> References {
        let address = owner.address.to_string();
        References::new(move |_| Ok::<String, SettingsError>(address.clone())).unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_copy_is_asked_then_the_owner() {
        let world = World::start().await;
        world.make_users(3).await;
        let ids: Vec<Uuid> = sqlx::query_scalar("SELECT id FROM users ORDER BY username")
            .fetch_all(&world.identity)
            .await
            .unwrap();
        let references = references(&world.owner);
        let mut connection = world.user.acquire().await.unwrap();
        // The copy knows nothing yet: the owner is asked, once.
        references.blocks_blocker_id(&mut connection, &ids[0].to_string()).await.unwrap();
        references.blocks_blocker_id(&mut connection, &ids[0].to_string()).await.unwrap();
        assert_eq!(world.owner.checked(), 1);
        let nobody = Uuid::now_v7().to_string();
        let missing = references.blocks_blocker_id(&mut connection, &nobody).await.unwrap_err();
        assert!(matches!(missing, CheckError::Missing { owner: "identity.users", .. }), "{missing}");
        // What the copy knows nobody has to be asked for.
        let asked = world.owner.checked();
        for (id, deleted) in [(ids[1], false), (ids[2], true)] {
            let row = "INSERT INTO user_cache (user_id, source_version, source_deleted_at) \
                       VALUES ($1, 1, CASE WHEN $2 THEN now() END)";
            sqlx::query(row).bind(id).bind(deleted).execute(&world.user).await.unwrap();
        }
        references.blocks_blocker_id(&mut connection, &ids[1].to_string()).await.unwrap();
        let deleted = references.blocks_blocker_id(&mut connection, &ids[2].to_string()).await.unwrap_err();
        assert!(matches!(deleted, CheckError::Missing { .. }), "{deleted}");
        assert_eq!(world.owner.checked(), asked);
        // A key that is none is refused by the database, not taken for one that is missing.
        let wrong = references.blocks_blocker_id(&mut connection, "x").await.unwrap_err();
        assert!(matches!(wrong, CheckError::Database(_)), "{wrong}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn while_the_owner_is_away_the_register_decides() {
        let world = World::start().await;
        let references = references(&world.owner);
        let mut connection = world.user.acquire().await.unwrap();
        world.owner.fail_after(0);
        let id = Uuid::now_v7().to_string();
        let away = references.blocks_blocker_id(&mut connection, &id).await.unwrap_err();
        assert!(matches!(away, CheckError::Away { .. }), "{away}");
        world.owner.let_go();
        world.owner.hold_back();
        let late = references.blocks_blocker_id(&mut connection, &id).await.unwrap_err();
        assert!(matches!(late, CheckError::Away { .. }), "{late}");
        world.owner.let_go();
        let missing = references.blocks_blocker_id(&mut connection, &id).await.unwrap_err();
        assert!(matches!(missing, CheckError::Missing { .. }), "{missing}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_reference_may_be_accepted_while_the_owner_is_away() {
        let world = World::start().await;
        let search = world.database("search").await;
        let address = world.owner.address.to_string();
        let references =
            nova_search_references::References::new(move |_| Ok::<String, SettingsError>(address.clone()))
                .unwrap();
        let mut connection = search.acquire().await.unwrap();
        let id = Uuid::now_v7().to_string();
        world.owner.fail_after(0);
        references.search_history_user_id(&mut connection, &id).await.unwrap();
        // What was accepted unseen is not kept as an answer.
        world.owner.let_go();
        let missing = references.search_history_user_id(&mut connection, &id).await.unwrap_err();
        assert!(matches!(missing, CheckError::Missing { .. }), "{missing}");
    }
}
