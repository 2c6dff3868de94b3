//! What events do: read copies, delete policies, and nothing twice.

use crate::databases::Database;
use crate::events::{USERS, created, deleted, event_id, updated};
use crate::handlers::Search;
use crate::installations;
use crate::world::{Broker, Running, until};
use contracts::nova::video::topics::v1::{VideoVideoEnvelope, video_video_envelope};
use contracts::nova::video::v1::VideoDeleted;
use nova_user_consumer::groups::user;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_follows_its_owner() {
    for installation in installations() {
        let broker = Broker::start(&user::Consumer::new());
        let database = Database::on(installation, "user").await;
        let consumer = Running::start(&broker, user::Consumer::new(), database.connections());
        let (one, two) = (Uuid::now_v7(), Uuid::now_v7());
        broker.send(USERS, &one.to_string(), &created(one, 10, "ada")).await;
        broker.send(USERS, &two.to_string(), &created(two, 10, "eve")).await;
        until("two rows", || async { database.number("SELECT count(*) FROM user_cache").await == 2 }).await;
        let rows = database
            .texts(
                "SELECT concat_ws('|', username, email, display_name, avatar_url, updated_at AT TIME ZONE 'UTC', source_version, \
                 source_deleted_at) FROM user_cache ORDER BY username",
            )
            .await;
        assert_eq!(rows[0], "ada|ada@example.com|Ada|2025-11-21 19:06:40.123456|10");
        broker.send(USERS, &one.to_string(), &updated(one, 11, "ada2")).await;
        until("the update", || async {
            let sql = "SELECT count(*) FROM user_cache WHERE username = 'ada2' AND source_version = 11 AND display_name IS NULL \
                       AND updated_at IS NULL AND avatar_url = 'https://example.com/a'";
            database.number(sql).await == 1
        })
        .await;
        broker.send(USERS, &one.to_string(), &deleted(one, 12)).await;
        until("the tombstone", || async {
            let sql = "SELECT count(*) FROM user_cache WHERE source_version = 12 AND email IS NULL AND username = 'gone' \
                       AND source_deleted_at = '2025-11-21 19:06:40.25Z'";
            database.number(sql).await == 1
        })
        .await;
        assert_eq!(
            database.number("SELECT count(*) FROM processed_events WHERE consumer_group = 'user'").await,
            4
        );
        assert_eq!(consumer.outcomes(USERS, "Applied"), 4);
        consumer.stop().await;
        assert_eq!(broker.committed("user", USERS).iter().sum::<i64>(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_late_or_twice_changes_nothing() {
    let broker = Broker::start(&user::Consumer::new());
    let database = Database::of("user").await;
    let consumer = Running::start(&broker, user::Consumer::new(), database.connections());
    let id = Uuid::now_v7();
    let key = id.to_string();
    let newest = updated(id, 30, "newest");
    broker.send(USERS, &key, &newest).await;
    broker.send(USERS, &key, &newest).await;
    broker.send(USERS, &key, &created(id, 10, "oldest")).await;
    broker.send(USERS, &key, &updated(id, 20, "older")).await;
    // The same version, told by another event: what is there stays.
    broker.send(USERS, &key, &updated(id, 30, "other")).await;
    until("all five", || async {
        consumer.outcomes(USERS, "Applied") + consumer.outcomes(USERS, "Duplicate") == 5
    })
    .await;
    assert_eq!(consumer.outcomes(USERS, "Duplicate"), 1);
    assert_eq!(database.texts("SELECT username::text FROM user_cache").await, ["newest"]);
    // The tombstone comes before what was sent before it, and stays.
    broker.send(USERS, &key, &deleted(id, 50)).await;
    broker.send(USERS, &key, &updated(id, 40, "late")).await;
    broker.send(USERS, &key, &deleted(id, 45)).await;
    until("eight", || async { consumer.outcomes(USERS, "Applied") == 7 }).await;
    let state = "SELECT concat_ws('|', username, source_version, source_deleted_at IS NULL) FROM user_cache";
    assert_eq!(database.texts(state).await, ["gone|50|f"]);
    // The row is made again: it is newer than its own tombstone.
    broker.send(USERS, &key, &created(id, 60, "again")).await;
    until("the new row", || async { database.texts(state).await == ["again|60|t"] }).await;
    // A deletion of a row that was never heard of leaves a tombstone, too.
    let unknown = Uuid::now_v7();
    broker.send(USERS, &unknown.to_string(), &deleted(unknown, 2)).await;
    broker.send(USERS, &unknown.to_string(), &created(unknown, 1, "late")).await;
    until("the tombstone alone", || async { consumer.outcomes(USERS, "Applied") == 10 }).await;
    assert_eq!(
        database.number("SELECT count(*) FROM user_cache WHERE source_deleted_at IS NOT NULL").await,
        1
    );
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_applied_in_few_transactions() {
    let broker = Broker::start(&user::Consumer::new());
    let database = Database::of("user").await;
    let ids: Vec<Uuid> = (0..300).map(|_| Uuid::now_v7()).collect();
    for (number, id) in ids.iter().enumerate() {
        broker.send(USERS, &id.to_string(), &created(*id, 1, &format!("user{number}"))).await;
    }
    let consumer = Running::start(&broker, user::Consumer::new(), database.connections());
    until("all", || async { database.number("SELECT count(*) FROM user_cache").await == 300 }).await;
    let transactions = database.number("SELECT count(DISTINCT synced_at) FROM user_cache").await;
    assert!(transactions < 100, "{transactions} transactions");
    consumer.stop().await;
    assert_eq!(broker.committed("user", USERS).iter().sum::<i64>(), 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_run_in_steps() {
    let search = Search::default();
    let group = nova_search_consumer::groups::search::Consumer::new(search.clone());
    let broker = Broker::start(&group);
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    let (gone, other) = (Uuid::now_v7(), Uuid::now_v7());
    for (user, rows) in [(gone, 2500), (other, 3)] {
        for sql in [
            "INSERT INTO search_history (user_id, query_type, query_text) SELECT $1, 'people', n::text FROM generate_series(1, $2) n",
            "INSERT INTO search_suggestions (user_id, query_type, suggestion_text) SELECT $1, 'people', n::text \
             FROM generate_series(1, $2) n",
            "INSERT INTO popular_search_results (query_text, result_kind, result_id) \
             SELECT n::text, CASE n % 2 WHEN 0 THEN 'person' ELSE 'post' END::search_result_kind, $1 FROM generate_series(1, $2) n",
        ] {
            sqlx::query(sql).bind(user).bind(rows).execute(&database.pool).await.unwrap();
        }
    }
    // How many rows a transaction changes.
    database.execute("CREATE TABLE steps (rows bigint)").await;
    let sql = "CREATE FUNCTION count_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
               INSERT INTO steps SELECT count(*) FROM gone; RETURN NULL; END $$";
    database.execute(sql).await;
    let sql = "CREATE TRIGGER count_rows AFTER DELETE ON search_suggestions REFERENCING OLD TABLE AS gone \
               FOR EACH STATEMENT EXECUTE FUNCTION count_rows()";
    database.execute(sql).await;
    let consumer = Running::start(&broker, group, database.connections());
    let event = deleted(gone, 9);
    broker.send(USERS, &gone.to_string(), &created(gone, 1, "ada")).await;
    broker.send(USERS, &gone.to_string(), &event).await;
    until("the deletion", || async { consumer.outcomes(USERS, "Applied") == 2 }).await;
    let left = "SELECT concat_ws('|', (SELECT count(*) FROM search_history WHERE deleted_at IS NULL), \
                (SELECT count(*) FROM search_history WHERE deleted_at IS NOT NULL), (SELECT count(*) FROM search_suggestions), \
                (SELECT count(*) FROM popular_search_results WHERE result_kind = 'person'), \
                (SELECT count(*) FROM popular_search_results WHERE result_kind = 'post'))";
    assert_eq!(database.texts(left).await, ["3|2500|3|1|1252"]);
    let most = database.number("SELECT max(rows) FROM steps").await;
    assert!(most <= 1000, "{most} rows in one step");
    // The handler was called once, with the last step.
    let handled = "SELECT event_id FROM handled WHERE event_type = 'UserDeleted'";
    assert_eq!(database.texts(handled).await, [event_id(&event)]);
    assert_eq!(search.tries("gone"), 1);
    // What happened once does not happen again to rows that came since.
    let sql =
        "INSERT INTO search_suggestions (user_id, query_type, suggestion_text) VALUES ($1, 'people', 'new')";
    sqlx::query(sql).bind(gone).execute(&database.pool).await.unwrap();
    broker.send(USERS, &gone.to_string(), &event).await;
    until("the duplicate", || async { consumer.outcomes(USERS, "Duplicate") == 1 }).await;
    assert_eq!(database.number("SELECT count(*) FROM search_suggestions").await, 4);
    consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn references_are_set_to_null() {
    let group = nova_live_consumer::groups::live::Consumer::new();
    let broker = Broker::start(&group);
    let database = Database::of("live").await;
    let (host, video, stream) = (Uuid::now_v7(), Uuid::now_v7(), Uuid::now_v7());
    let sql = "INSERT INTO streams (id, host_id, title, ingest_key_hash, recording_video_id) VALUES ($1, $2, 't', '\\x00', $3)";
    sqlx::query(sql).bind(stream).bind(host).bind(video).execute(&database.pool).await.unwrap();
    let sql = "INSERT INTO stream_events (stream_id, user_id, kind) SELECT $1, $2, 'viewer_joined' FROM generate_series(1, 2100)";
    sqlx::query(sql).bind(stream).bind(host).execute(&database.pool).await.unwrap();
    let consumer = Running::start(&broker, group, database.connections());
    let envelope = VideoVideoEnvelope {
        metadata: Some(crate::events::metadata("VideoDeleted", video, 3)),
        event: Some(video_video_envelope::Event::VideoDeleted(VideoDeleted {
            id: video.to_string(),
            owner_id: host.to_string(),
        })),
    };
    broker.send("video.video", &video.to_string(), &envelope).await;
    broker.send(USERS, &host.to_string(), &deleted(host, 3)).await;
    until("both", || async {
        let state = "SELECT concat_ws('|', count(*) FILTER (WHERE deleted_at IS NOT NULL), count(recording_video_id), \
                     (SELECT count(user_id) FROM stream_events), (SELECT count(*) FROM stream_events)) FROM streams";
        database.texts(state).await == ["1|0|0|2100"]
    })
    .await;
    consumer.stop().await;
}
