//! Servers that go and come back, and consumers that are killed.

use crate::databases::Database;
use crate::events::{USERS, created, updated};
use crate::handlers::{Fault, Search};
use crate::world::{Broker, Running, until};
use nova_search_consumer::groups::search::Consumer;
use nova_user_consumer::groups::user;
use rdkafka::types::{RDKafkaApiKey, RDKafkaRespErr};
use std::time::Duration;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_waited_for() {
    let broker = Broker::start(&user::Consumer::new());
    let mut database = Database::of("user").await;
    let consumer = Running::start(&broker, user::Consumer::new(), database.connections());
    let ids: Vec<Uuid> = (0..40).map(|_| Uuid::now_v7()).collect();
    for id in &ids[..20] {
        broker.send(USERS, &id.to_string(), &created(*id, 1, &id.simple().to_string())).await;
    }
    until("ready", || async { consumer.surroundings.health.is_ready() }).await;
    until("the first half", || async { database.number("SELECT count(*) FROM user_cache").await == 20 })
        .await;
    database.kill();
    for id in &ids {
        broker.send(USERS, &id.to_string(), &updated(*id, 2, &id.simple().to_string())).await;
    }
    until("not ready", || async { !consumer.surroundings.health.is_ready() }).await;
    // Longer than the group waits for a member: it stays one, since the main loop goes on.
    tokio::time::sleep(Duration::from_secs(8)).await;
    assert!(consumer.surroundings.health.is_live());
    database.start_again().await;
    until("all of them", || async {
        database.number("SELECT count(*) FROM user_cache WHERE source_version = 2").await == 40
    })
    .await;
    until("ready again", || async { consumer.surroundings.health.is_ready() }).await;
    // Nothing was held against the events.
    assert_eq!(database.number("SELECT count(*) FROM parked_events").await, 0);
    assert_eq!(consumer.outcomes(USERS, "Duplicate"), 0);
    consumer.stop().await;
    assert_eq!(broker.committed("user", USERS).iter().sum::<i64>(), 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_killed_between_effect_and_offset_does_nothing_twice() {
    let search = Search::default();
    let broker = Broker::start(&Consumer::new(search.clone()));
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    // No offset gets through, and none is sent again.
    let refused = [RDKafkaRespErr::RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED; 1000];
    broker.cluster.request_errors(RDKafkaApiKey::OffsetCommit, &refused);
    let consumer = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    for number in 0..10 {
        let id = Uuid::now_v7();
        broker.send(USERS, &id.to_string(), &created(id, 1, &format!("user{number}"))).await;
    }
    until("the effects", || async { database.number("SELECT count(*) FROM handled").await == 10 }).await;
    consumer.kill().await;
    broker.cluster.clear_request_errors(RDKafkaApiKey::OffsetCommit);
    assert_eq!(broker.committed("search", USERS), [0, 0, 0]);
    let next = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    until("they come again", || async { next.outcomes(USERS, "Duplicate") == 10 }).await;
    assert_eq!(database.number("SELECT count(*) FROM handled").await, 10);
    next.stop().await;
    assert_eq!(broker.committed("search", USERS).iter().sum::<i64>(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_killed_before_its_commit_loses_nothing() {
    let search = Search::default();
    let broker = Broker::start(&Consumer::new(search.clone()));
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    search.plant("hangs", Fault::Endless);
    let consumer = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    let id = Uuid::now_v7();
    broker.send(USERS, &id.to_string(), &created(id, 1, "hangs")).await;
    until("it hangs", || async { search.tries("hangs") == 1 }).await;
    consumer.kill().await;
    search.mend("hangs");
    until("rolled back", || async {
        let sql = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'";
        database.number(sql).await == 0
    })
    .await;
    assert_eq!(database.number("SELECT count(*) FROM handled").await, 0);
    assert_eq!(database.number("SELECT count(*) FROM processed_events").await, 0);
    let next = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    until("it is handled", || async { database.number("SELECT count(*) FROM handled").await == 1 }).await;
    assert_eq!(database.number("SELECT count(*) FROM searchable_users").await, 1);
    next.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_put_aside_outlives_the_consumer() {
    let search = Search::default();
    let broker = Broker::start(&Consumer::new(search.clone()));
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    search.plant("fails", Fault::Refused(1000));
    let consumer = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    let id = Uuid::now_v7();
    broker.send(USERS, &id.to_string(), &created(id, 1, "fails")).await;
    broker.send(USERS, &id.to_string(), &updated(id, 2, "behind")).await;
    until("both are put aside", || async {
        database.number("SELECT count(*) FROM parked_events").await == 2
    })
    .await;
    consumer.kill().await;
    search.mend("fails");
    database.execute("UPDATE parked_events SET dead_at = NULL, attempts = 0").await;
    let next = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    until("both are handled", || async {
        database.texts("SELECT username FROM handled ORDER BY place").await == ["fails", "behind"]
    })
    .await;
    // Those whose offset was not committed come again, and are known.
    until("nothing is left", || async { database.number("SELECT count(*) FROM parked_events").await == 0 })
        .await;
    next.stop().await;
    assert_eq!(broker.committed("search", USERS).iter().sum::<i64>(), 2);
    assert_eq!(database.number("SELECT count(*) FROM handled").await, 2);
}
