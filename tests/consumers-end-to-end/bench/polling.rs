//! A relay as it is often written: every five seconds it sends the first hundred rows and deletes them.

use freehold_end_to_end_tests::Kafka;
use rdkafka::producer::FutureProducer;
use sqlx::PgPool;
use std::time::Duration;
use tokio::task::JoinSet;

const EVERY: Duration = Duration::from_secs(5);
const ROWS: i64 = 100;

/// Works until it is dropped.
pub async fn relay(database: PgPool, producer: FutureProducer) {
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        let sql = "SELECT id, topic, partition_key, payload FROM outbox_events ORDER BY id LIMIT $1";
        let rows: Vec<(i64, String, String, Vec<u8>)> =
            sqlx::query_as(sql).bind(ROWS).fetch_all(&database).await.unwrap();
        let ids: Vec<i64> = rows.iter().map(|(id, ..)| *id).collect();
        let mut sending = JoinSet::new();
        for (_, topic, key, payload) in rows {
            let producer = producer.clone();
            sending.spawn(async move { Kafka::send(&producer, &topic, key.as_bytes(), &payload).await });
        }
        sending.join_all().await;
        sqlx::query("DELETE FROM outbox_events WHERE id = ANY ($1)")
            .bind(ids)
            .execute(&database)
            .await
            .unwrap();
    }
}
