//! Messages that the broker refuses, and a broker that is away.

use crate::world::{TOPIC, World, key, row, until};
use rdkafka::message::Message;
use std::time::Duration;

const PARKED: &str = "SELECT count(*) FROM outbox_events WHERE parked_at IS NOT NULL";
/// More than a message may have.
const TOO_LARGE: &str = "convert_to(repeat('x', 2000000), 'UTF8')";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_is_parked_and_its_key_waits() {
    World::on_each(async |world| {
        world.execute(&row("k", TOO_LARGE)).await;
        world.execute(&row("k", "'behind'")).await;
        world.execute(&row("other", "'other'")).await;
        let relay = world.relay();
        assert_eq!(key(&world.messages(1)[0]), "other");
        until("it is parked", async || world.number(PARKED).await == 1).await;
        let tries = "SELECT attempts FROM outbox_events WHERE parked_at IS NOT NULL AND last_error <> ''";
        assert_eq!(world.number(tries).await, 5);
        assert_eq!(world.number("SELECT attempts FROM outbox_events WHERE parked_at IS NULL").await, 0);
        // Later events of the key wait, those of others do not.
        world.execute(&row("k", "'last'")).await;
        world.execute(&row("other", "'more'")).await;
        assert_eq!(key(&world.messages(1)[0]), "other");
        assert!(world.is_quiet());
        until("it is shown", async || relay.metric("freehold_outbox_parked_events") == 1.0).await;
        // As the runbook says, once what was wrong is mended.
        world.execute("UPDATE outbox_events SET payload = 'mended' WHERE parked_at IS NOT NULL").await;
        world
            .execute("UPDATE outbox_events SET parked_at = NULL, attempts = 0, next_attempt_at = now() WHERE parked_at IS NOT NULL")
            .await;
        let payloads: Vec<Vec<u8>> = world.messages(3).iter().map(|it| it.payload().unwrap().to_vec()).collect();
        assert_eq!(payloads, [b"mended".to_vec(), b"behind".to_vec(), b"last".to_vec()]);
        world.until_empty().await;
        until("nothing is shown", async || relay.metric("freehold_outbox_parked_events") == 0.0).await;
        relay.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_stops_no_other() {
    let world = World::new().await;
    let json = row("json", "'{}'")
        .replace("payload)", "payload, headers)")
        .replace("'{}');", "'{}', '{\"content-type\": \"application/json\"}');");
    world.execute(&json.replace("UserUpdated", "UserForgotten")).await;
    world
        .execute(
            &row("headers", "''").replace("payload)", "payload, headers)").replace("'');", "'', '[1]');"),
        )
        .await;
    world.write_rows(&["good"]).await;
    let relay = world.relay();
    assert_eq!(key(&world.messages(1)[0]), "good");
    until("both are parked", async || world.number(PARKED).await == 2).await;
    let known = "SELECT count(*) FROM outbox_events WHERE last_error LIKE '%no event that this relay knows%' \
                 OR last_error LIKE '%headers%'";
    assert_eq!(world.number(known).await, 2);
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_broker_is_away_nothing_is_counted() {
    let world = World::new().await;
    let relay = world.relay();
    world.write_rows(&["before"]).await;
    world.messages(1);
    world.until_empty().await;
    world.cluster.broker_down(1).unwrap();
    world.write_rows(&["a", "b", "a"]).await;
    // Longer than a message has.
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(world.waiting().await, 3);
    assert_eq!(world.number("SELECT max(attempts) FROM outbox_events").await, 0);
    until("it is shown", async || relay.metric("freehold_outbox_oldest_seconds") > 2.0).await;
    assert!(relay.health.is_ready() && relay.health.is_live());
    world.cluster.broker_up(1).unwrap();
    world.until_empty().await;
    let mut keys: Vec<String> = world.messages(3).iter().map(key).collect();
    keys.sort();
    assert_eq!(keys, ["a", "a", "b"]);
    until("nothing waits", async || relay.metric("freehold_outbox_oldest_seconds") == 0.0).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_is_refused_stops_no_other() {
    let world = World::new().await;
    let error = rdkafka::types::RDKafkaRespErr::RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
    world.cluster.create_topic("analytics.events", 1, 1).unwrap();
    world.cluster.topic_error("analytics.events", error).unwrap();
    world.execute(&row("k", "''").replace(TOPIC, "analytics.events")).await;
    world.write_rows(&["k"]).await;
    let relay = world.relay();
    world.messages(1);
    until("it is parked", async || world.number(PARKED).await == 1).await;
    relay.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_another_server_and_endless_times_stop_no_other() {
    let world = World::new().await;
    for (time, transaction) in [("infinity", "1"), ("now", "999999999999"), ("now", "1")] {
        let values = format!("VALUES ('{time}', '{transaction}', ");
        let row = row("k", "'x'").replace("(topic", "(occurred_at, transaction_id, topic");
        world.execute(&row.replace("VALUES (", &values)).await;
    }
    let relay = world.relay();
    world.until_empty().await;
    relay.stop().await;
}
