//! Members that come and go, and programs that are told to end.

use crate::databases::Database;
use crate::events::{USERS, created, updated};
use crate::handlers::{Fault, Search};
use crate::world::{Broker, Running, until};
use nova_search_consumer::groups::search::Consumer;
use uuid::Uuid;

#[tokio::test(flavor = "multi_thread")]
async fn members_share_the_partitions_and_nothing_is_done_twice() {
    let search = Search::default();
    let broker = Broker::start(&Consumer::new(search.clone()));
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    let ids: Vec<Uuid> = (0..60).map(|_| Uuid::now_v7()).collect();
    let one = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    let mut sent = 0;
    let mut two = None;
    for version in 1..=10 {
        for id in &ids {
            let name = format!("{}-{version}", &id.simple().to_string()[16..]);
            broker.send(USERS, &id.to_string(), &updated(*id, version, &name)).await;
            sent += 1;
        }
        // The second member joins in the middle, and leaves again.
        match version {
            3 => two = Some(Running::start(&broker, Consumer::new(search.clone()), database.connections())),
            5 => {
                let two = two.as_ref().unwrap();
                until("the second one works", || async { two.outcomes(USERS, "Applied") > 0 }).await;
            }
            8 => two.take().unwrap().stop().await,
            _ => {}
        }
    }
    until("all are handled", || async { database.number("SELECT count(*) FROM handled").await >= sent })
        .await;
    assert_eq!(database.number("SELECT count(DISTINCT event_id) FROM handled").await, sent);
    assert_eq!(database.number("SELECT count(*) FROM handled").await, sent);
    // Each key's events in their order.
    let sql = "SELECT count(*) FROM (SELECT split_part(username, '-', 2)::int AS version, \
               lag(split_part(username, '-', 2)::int) OVER (PARTITION BY split_part(username, '-', 1) ORDER BY place) AS before \
               FROM handled) AS pairs WHERE version <> coalesce(before, 0) + 1";
    assert_eq!(database.number(sql).await, 0);
    one.stop().await;
    assert_eq!(broker.committed("search", USERS).iter().sum::<i64>(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_end_it_finishes_and_commits() {
    let search = Search::default();
    let broker = Broker::start(&Consumer::new(search.clone()));
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    for number in 0..200 {
        let id = Uuid::now_v7();
        broker.send(USERS, &id.to_string(), &created(id, 1, &format!("user{number}"))).await;
    }
    let one = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    until("it is in the middle", || async { database.number("SELECT count(*) FROM handled").await > 0 })
        .await;
    one.stop().await;
    // Whatever had its effect is committed, and nothing else.
    let handled = database.number("SELECT count(*) FROM handled").await;
    assert_eq!(broker.committed("search", USERS).iter().sum::<i64>(), handled);
    let id = Uuid::now_v7();
    broker.send(USERS, &id.to_string(), &created(id, 1, "next")).await;
    let two = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    until("the rest", || async { database.number("SELECT count(*) FROM handled").await == 201 }).await;
    assert_eq!(two.outcomes(USERS, "Duplicate"), 0);
    two.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_waits_ends_when_told_to() {
    let search = Search::default();
    let broker = Broker::start(&Consumer::new(search.clone()));
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    search.plant("away", Fault::Away(1_000_000));
    let consumer = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    let id = Uuid::now_v7();
    broker.send(USERS, &id.to_string(), &created(id, 1, "away")).await;
    until("it waits", || async { search.tries("away") > 2 }).await;
    consumer.stop().await;
    assert_eq!(broker.committed("search", USERS), [0, 0, 0]);
    assert_eq!(database.number("SELECT count(*) FROM parked_events").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_partition_is_paused_and_resumed() {
    let search = Search::default();
    let broker = Broker::start(&Consumer::new(search.clone()));
    let database = Database::of("search").await;
    database.execute(Search::TABLE).await;
    search.plant("user0", Fault::Away(8));
    let id = Uuid::now_v7();
    // One key, so one partition: more than wait for a worker at a time.
    for version in 0..1500 {
        broker.send(USERS, &id.to_string(), &updated(id, version + 1, &format!("user{version}"))).await;
    }
    let consumer = Running::start(&broker, Consumer::new(search.clone()), database.connections());
    until("all are handled", || async { database.number("SELECT count(*) FROM handled").await == 1500 })
        .await;
    let sql = "SELECT count(*) FROM (SELECT substr(username, 5)::int - row_number() OVER (ORDER BY place) AS step FROM handled) s \
               WHERE step <> -1";
    assert_eq!(database.number(sql).await, 0);
    consumer.stop().await;
    assert_eq!(broker.committed("search", USERS).iter().sum::<i64>(), 1500);
}
