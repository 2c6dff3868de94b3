//! Relays that are killed, and several of one database.

use crate::world::{World, until};
use contracts::freehold::events::v1::EventMetadata;
use nova_identity_producer::publish_user_updated;
use runtime::trace::Trace;
use std::collections::BTreeSet;
use std::time::Duration;

const LOCKS: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted";
const SESSIONS: &str = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_try_advisory_lock%' OR query LIKE '%outbox_events%'";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_when_relays_are_killed() {
    let world = World::new().await;
    let mut ids = Vec::new();
    for number in 0..20 {
        ids.push(world.make_user(&format!("user{number}")).await);
    }
    let (pool, rounds) = (world.pool.clone(), 30);
    let writer = tokio::spawn(async move {
        let mut written = Vec::new();
        for _ in 0..rounds {
            let mut transaction = pool.begin().await.unwrap();
            for id in &ids {
                let update = "UPDATE users SET display_name = 'x' WHERE id = $1::text::uuid";
                sqlx::query(update).bind(id).execute(&mut *transaction).await.unwrap();
                let event = publish_user_updated(&mut transaction, id, &Trace::default()).await.unwrap();
                written.push(event.0.to_string());
            }
            transaction.commit().await.unwrap();
        }
        written
    });
    while !writer.is_finished() {
        let relay = world.relay();
        tokio::time::sleep(Duration::from_millis(120)).await;
        relay.kill().await;
    }
    let written = writer.await.unwrap();
    let relay = world.relay();
    world.until_empty().await;
    relay.stop().await;
    let mut missing: BTreeSet<&str> = written.iter().map(String::as_str).collect();
    let mut newest = std::collections::HashMap::new();
    let mut seen = BTreeSet::new();
    while !missing.is_empty() {
        let EventMetadata { event_id, aggregate_key, row_version, .. } =
            world.envelopes(1).remove(0).metadata.unwrap();
        missing.remove(event_id.as_str());
        // The first time that an event comes, it comes in its order; what comes again is known by its id.
        if seen.insert(event_id) {
            let before = newest.insert(aggregate_key, row_version);
            assert!(before.is_none_or(|before| before < row_version), "{row_version:?} after {before:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_relay_works_and_another_takes_its_place() {
    let world = World::new().await;
    let first = world.relay();
    until("the first works", async || world.number(LOCKS).await == 1).await;
    let second = world.relay();
    until("both are ready", async || second.health.is_ready() && first.health.is_ready()).await;
    world.write_rows(&["a", "b"]).await;
    world.messages(2);
    world.until_empty().await;
    until("it is counted", async || first.metric("freehold_outbox_published_total") == 2.0).await;
    assert_eq!(second.metric("freehold_outbox_published_total"), 0.0);
    first.kill().await;
    world.write_rows(&["c"]).await;
    world.messages(1);
    until("the second works", async || second.metric("freehold_outbox_published_total") == 1.0).await;
    assert!(world.is_quiet());
    second.stop().await;
    until("the lock is given back", async || world.number(LOCKS).await == 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relay_comes_back_to_a_database_that_cut_it_off() {
    let world = World::new().await;
    let relay = world.relay();
    until("it works", async || world.number(LOCKS).await == 1).await;
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'";
    world.execute(cut).await;
    world.write_rows(&["a"]).await;
    world.messages(1);
    world.until_empty().await;
    assert_eq!(world.number(LOCKS).await, 1);
    assert!(world.number(SESSIONS).await >= 1);
    relay.stop().await;
}
