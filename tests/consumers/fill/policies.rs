//! Delete policies of tables with a topic: what they do to rows, the service's own events tell.

use crate::owner::World;
use contracts::freehold::events::v1::EventMetadata;
use contracts::nova::content::topics::v1::{ContentPostEnvelope, content_post_envelope};
use contracts::nova::identity::v1::UserDeleted;
use contracts::nova::social::v1::{Like, Unlike};
use contracts::nova::video::v1::VideoDeleted;
use nova_content_consumer::groups::content;
use nova_social_consumer::groups::social;
use prost::Message;
use runtime::consumer::{DatabaseGroup, HandlingError, Heard, Progress};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

/// No test here sends what people handle.
struct NoHandlers;

impl content::HandleLike for NoHandlers {
    async fn handle_like(
        &self,
        _: &Like,
        _: &EventMetadata,
        _: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        Err(HandlingError::away("nobody sends it"))
    }
}

impl content::HandleUnlike for NoHandlers {
    async fn handle_unlike(
        &self,
        _: &Unlike,
        _: &EventMetadata,
        _: &mut PgConnection,
    ) -> Result<(), HandlingError> {
        Err(HandlingError::away("nobody sends it"))
    }
}

/// An event of a row that was deleted, within a trace.
fn heard<E>(event: E) -> Heard<E> {
    let metadata = EventMetadata {
        row_version: Some(7),
        occurred_at: Some(runtime::trace::timestamp(1_700_000_000_000_000)),
        traceparent: "00-trace-01".to_owned(),
        ..EventMetadata::default()
    };
    Heard { event_id: Uuid::now_v7(), metadata, event }
}

/// Does all that an event asks for, each step in a transaction of its own; says how many there were.
async fn apply<G: DatabaseGroup>(group: &G, pool: &PgPool, heard: &Heard<G::Event>) -> usize {
    for step in 1.. {
        let mut transaction = pool.begin().await.unwrap();
        let progress = group.apply(heard, &mut transaction).await.unwrap();
        transaction.commit().await.unwrap();
        if progress == Progress::Done {
            return step;
        }
    }
    unreachable!("it ends");
}

/// The names of the events in the outbox with the ids that they tell of, in order.
async fn told(pool: &PgPool) -> Vec<(String, String)> {
    let query = "SELECT event_type, aggregate_id FROM outbox_events ORDER BY id";
    sqlx::query_as(query).fetch_all(pool).await.unwrap()
}

async fn make_posts(pool: &PgPool, author: Uuid, video: Uuid, count: i32) {
    let query = "INSERT INTO posts (author_id, video_id, caption, content_type) \
                 SELECT $1, $2, 'post ' || number, 'video' FROM generate_series(1, $3) AS number";
    sqlx::query(query).bind(author).bind(video).bind(count).execute(pool).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_marked_are_told_of_step_by_step() {
    let world = World::start().await;
    let pool = world.database("content").await;
    let (author, video) = (Uuid::now_v7(), Uuid::now_v7());
    make_posts(&pool, author, video, 1_500).await;
    make_posts(&pool, Uuid::now_v7(), video, 1).await;
    let event = UserDeleted { id: author.to_string(), ..UserDeleted::default() };
    let steps = apply(
        &content::Consumer::new(NoHandlers),
        &pool,
        &heard(content::Event::UserDeleted(Box::new(event))),
    )
    .await;
    assert_eq!(steps, 2);
    let told = told(&pool).await;
    assert_eq!(told.len(), 1_500);
    assert!(told.iter().all(|(event, _)| event == "PostDeleted"));
    let query = "SELECT payload FROM outbox_events AS event JOIN posts ON posts.id::text = event.aggregate_id \
                 AND posts.row_version = event.row_version WHERE posts.deleted_at IS NOT NULL LIMIT 1";
    let payload: Vec<u8> = sqlx::query_scalar(query).fetch_one(&pool).await.unwrap();
    let envelope = ContentPostEnvelope::decode(payload.as_slice()).unwrap();
    assert_eq!(envelope.metadata.unwrap().traceparent, "00-trace-01");
    assert!(matches!(envelope.event, Some(content_post_envelope::Event::PostDeleted(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_carried_column_that_becomes_null_is_told_of_unless_the_row_was_marked() {
    let world = World::start().await;
    let pool = world.database("content").await;
    let (author, video) = (Uuid::now_v7(), Uuid::now_v7());
    make_posts(&pool, author, video, 3).await;
    sqlx::query("UPDATE posts SET deleted_at = now() WHERE caption = 'post 2'").execute(&pool).await.unwrap();
    let event = VideoDeleted { id: video.to_string(), ..VideoDeleted::default() };
    apply(&content::Consumer::new(NoHandlers), &pool, &heard(content::Event::VideoDeleted(Box::new(event))))
        .await;
    let events: Vec<String> = told(&pool).await.into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["PostUpdated", "PostUpdated"]);
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM posts WHERE video_id IS NOT NULL")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_removed_are_told_of_first() {
    let world = World::start().await;
    let pool = world.database("social").await;
    let user = Uuid::now_v7();
    let query =
        "INSERT INTO likes (user_id, post_id) SELECT $1, gen_random_uuid() FROM generate_series(1, 1001)";
    sqlx::query(query).bind(user).execute(&pool).await.unwrap();
    let versions: i64 =
        sqlx::query_scalar("SELECT sum(row_version + 1)::bigint FROM likes").fetch_one(&pool).await.unwrap();
    let event = UserDeleted { id: user.to_string(), ..UserDeleted::default() };
    let steps =
        apply(&social::Consumer::new(), &pool, &heard(social::Event::UserDeleted(Box::new(event)))).await;
    assert_eq!(steps, 2);
    let told = told(&pool).await;
    assert_eq!(told.len(), 1_001);
    assert!(told.iter().all(|(event, _)| event == "Unlike"));
    let query = "SELECT (SELECT sum(row_version)::bigint FROM outbox_events), (SELECT count(*) FROM likes)";
    let state: (i64, i64) = sqlx::query_as(query).fetch_one(&pool).await.unwrap();
    assert_eq!(state, (versions, 0));
}
