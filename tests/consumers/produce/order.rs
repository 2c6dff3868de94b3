//! The order in which events are published, whatever order transactions end in.

use crate::world::{World, key, row, until};
use nova_identity_producer::publish_user_updated;
use rdkafka::message::Message;
use runtime::relay::Options;
use runtime::trace::Trace;
use std::collections::HashMap;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread")]
async fn no_row_passes_one_that_a_running_transaction_has_written() {
    World::on_each(async |world| {
        let relay = world.relay();
        let mut slow = world.pool.begin().await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(row("k", "'first'"))).execute(&mut *slow).await.unwrap();
        world.execute(&row("k", "'second'")).await;
        world.execute(&row("other", "'other'")).await;
        assert!(world.is_quiet(), "a row was sent while an earlier one could still appear");
        assert_eq!(world.waiting().await, 2);
        slow.commit().await.unwrap();
        let messages = world.messages(3);
        let of_key = messages.iter().filter(|message| key(message) == "k");
        let payloads: Vec<&[u8]> = of_key.map(|message| message.payload().unwrap()).collect();
        assert_eq!(payloads, [b"first".as_slice(), b"second"]);
        world.until_empty().await;
        relay.stop().await;
    })
    .await;
}

/// A transaction that began early and wrote late has a low id of its own, and a row behind those of younger transactions that a
/// relay must still wait for.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_transaction_does_not_pass_a_younger_one_of_its_key() {
    let world = World::new().await;
    let begin = async || {
        let mut transaction = world.pool.begin().await.unwrap();
        sqlx::query("SELECT pg_current_xact_id()").execute(&mut *transaction).await.unwrap();
        transaction
    };
    let mut old = begin().await;
    let running = begin().await;
    world.execute(&row("k", "'first'")).await;
    sqlx::raw_sql(sqlx::AssertSqlSafe(row("k", "'second'"))).execute(&mut *old).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(row("free", "'free'"))).execute(&mut *old).await.unwrap();
    old.commit().await.unwrap();
    // Now the row of `old` is below the horizon, and the one before it is not.
    let relay = world.relay();
    let messages = world.messages(1);
    assert_eq!(key(&messages[0]), "free");
    assert!(world.is_quiet(), "the second was sent before the first");
    running.rollback().await.unwrap();
    let payloads: Vec<Vec<u8>> = world.messages(2).iter().map(|it| it.payload().unwrap().to_vec()).collect();
    assert_eq!(payloads, [b"first".to_vec(), b"second".to_vec()]);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_of_a_row_are_published_in_their_order() {
    let world = World::new().await;
    let relay = world.relay();
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(world.make_user(&format!("user{number}")).await);
    }
    let (writers, rounds) = (6, 20);
    let mut tasks = Vec::new();
    for writer in 0..writers {
        let (pool, ids) = (world.pool.clone(), ids.clone());
        tasks.push(tokio::spawn(async move {
            for round in 0..rounds {
                let id = &ids[(writer + round) % ids.len()];
                let mut transaction = pool.begin().await.unwrap();
                let update = "UPDATE users SET display_name = $2 WHERE id = $1::text::uuid";
                let name = format!("{writer} {round}");
                sqlx::query(update).bind(id).bind(name).execute(&mut *transaction).await.unwrap();
                publish_user_updated(&mut transaction, id, &Trace::default()).await.unwrap();
                if round % 7 == 0 {
                    transaction.rollback().await.unwrap();
                } else {
                    transaction.commit().await.unwrap();
                }
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let committed = writers * (0..rounds).filter(|round| round % 7 != 0).count();
    let mut last: HashMap<String, i64> = HashMap::new();
    for envelope in world.envelopes(committed) {
        let metadata = envelope.metadata.unwrap();
        let version = metadata.row_version.unwrap();
        let before = last.insert(metadata.aggregate_key, version);
        assert!(before.is_none_or(|before| before < version), "{version} after {before:?}");
    }
    assert!(world.is_quiet());
    world.until_empty().await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_relay_at_once() {
    let world = World::new().await;
    let relay = world.relay_with(Options { poll: Duration::from_secs(600), ..Options::default() });
    until("it is ready", async || relay.health.is_ready()).await;
    world.write_rows(&["first"]).await;
    world.messages(1);
    // Until it has looked, it does not sleep.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let start = Instant::now();
    world.write_rows(&["second"]).await;
    world.messages(1);
    assert!(start.elapsed() < Duration::from_secs(20), "it took {:?}", start.elapsed());
    relay.stop().await;
}
