//! Functions that write events, and what a relay makes of them.

use crate::world::{World, key, row};
use contracts::nova::identity::topics::v1::identity_user_envelope::Event;
use nova_identity_producer::{publish_user_created, publish_user_deleted, publish_user_updated};
use rdkafka::message::{Headers, Message};
use runtime::outbox::PublishError;
use runtime::trace::Trace;

#[tokio::test(flavor = "multi_thread")]
async fn an_event_says_what_the_row_holds_when_it_is_written() {
    World::on_each(async |world| {
        let id = world.make_user("ada").await;
        let trace = Trace { traceparent: "00-4bf9-00f0-01".to_owned(), tracestate: "a=b".to_owned() };
        let mut transaction = world.pool.begin().await.unwrap();
        let update = "UPDATE users SET display_name = 'Ada', updated_at = now() WHERE id = $1::text::uuid";
        sqlx::query(update).bind(&id).execute(&mut *transaction).await.unwrap();
        let event_id = publish_user_updated(&mut transaction, &id, &trace).await.unwrap();
        assert_eq!(world.waiting().await, 0, "seen before it is committed");
        transaction.commit().await.unwrap();
        let version = world.number("SELECT row_version FROM users").await;
        let relay = world.relay();
        let messages = world.messages(1);
        assert_eq!(key(&messages[0]), id);
        let headers = messages[0].headers().unwrap();
        let headers: Vec<_> =
            headers.iter().map(|header| (header.key, header.value.unwrap().to_vec())).collect();
        assert_eq!(headers, [("traceparent", b"00-4bf9-00f0-01".to_vec()), ("tracestate", b"a=b".to_vec())]);
        let envelope: contracts::nova::identity::topics::v1::IdentityUserEnvelope =
            prost::Message::decode(messages[0].payload().unwrap()).unwrap();
        let metadata = envelope.metadata.unwrap();
        assert_eq!(metadata.event_id, event_id.0.to_string());
        assert_eq!((metadata.event_type.as_str(), metadata.event_version), ("UserUpdated", 1));
        assert_eq!((&metadata.partition_key, &metadata.aggregate_key), (&id, &id));
        assert_eq!((metadata.row_version, metadata.producer.as_str()), (Some(version), "identity"));
        assert_eq!((metadata.traceparent, metadata.tracestate), (trace.traceparent, trace.tracestate));
        let Some(Event::UserUpdated(event)) = envelope.event else { panic!("{:?}", envelope.event) };
        assert_eq!((event.username.as_str(), event.display_name.as_deref()), ("ada", Some("Ada")));
        assert_eq!((event.is_active, event.avatar_url), (true, None));
        let updated_at =
            world.number("SELECT (extract(epoch FROM updated_at) * 1000000)::bigint FROM users").await;
        assert_eq!(runtime::trace::micros(&event.updated_at.unwrap()), updated_at);
        world.until_empty().await;
        relay.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_commit_or_a_row_there_is_no_event() {
    let world = World::new().await;
    let id = world.make_user("ada").await;
    let trace = Trace::default();
    let mut transaction = world.pool.begin().await.unwrap();
    publish_user_created(&mut transaction, &id, &trace).await.unwrap();
    transaction.rollback().await.unwrap();
    let mut connection = world.pool.acquire().await.unwrap();
    let nobody = "6f1c2b0e-0000-4000-8000-00000000000a";
    let error = publish_user_created(&mut connection, nobody, &trace).await.unwrap_err();
    assert!(matches!(error, PublishError::NoRow { table: "users" }), "{error}");
    let error = publish_user_created(&mut connection, "x", &trace).await.unwrap_err();
    assert!(matches!(error, PublishError::Database(_)), "{error}");
    world.execute("UPDATE users SET deleted_at = now()").await;
    let error = publish_user_updated(&mut connection, &id, &trace).await.unwrap_err();
    assert!(matches!(error, PublishError::NoRow { .. }), "a copy would take the row for a live one: {error}");
    world.execute("UPDATE users SET deleted_at = NULL, updated_at = 'infinity'").await;
    let forced = "ALTER TABLE users DISABLE TRIGGER USER; UPDATE users SET updated_at = 'infinity'; ALTER TABLE users ENABLE TRIGGER USER";
    world.execute(forced).await;
    let error = publish_user_updated(&mut connection, &id, &trace).await.unwrap_err();
    assert!(matches!(error, PublishError::Row(_)), "{error}");
    assert_eq!(world.waiting().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_is_newer_than_the_row() {
    let world = World::new().await;
    let (marked, removed) = (world.make_user("ada").await, world.make_user("bob").await);
    world.execute("UPDATE users SET row_version = 0").await;
    let version = world.number("SELECT max(row_version) FROM users").await;
    let trace = Trace::default();
    let mut transaction = world.pool.begin().await.unwrap();
    let mark = "UPDATE users SET deleted_at = now() WHERE id = $1::text::uuid";
    sqlx::query(mark).bind(&marked).execute(&mut *transaction).await.unwrap();
    publish_user_deleted(&mut transaction, &marked, &trace).await.unwrap();
    publish_user_deleted(&mut transaction, &removed, &trace).await.unwrap();
    let remove = "DELETE FROM users WHERE id = $1::text::uuid";
    sqlx::query(remove).bind(&removed).execute(&mut *transaction).await.unwrap();
    transaction.commit().await.unwrap();
    let of_marked = world.number("SELECT row_version FROM users").await;
    let told = world.number("SELECT row_version FROM outbox_events ORDER BY id LIMIT 1").await;
    assert_eq!(told, of_marked, "its mark counted the version up");
    let told = world.number("SELECT row_version FROM outbox_events ORDER BY id DESC LIMIT 1").await;
    assert!(told > 0 && told <= version + 1, "{told} after {version}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_trigger_wrote_becomes_the_same_message() {
    let world = World::new().await;
    let json = |text: &str| format!("convert_to('{}', 'UTF8')", text.replace('\'', "''"));
    let write = |key: &str, text: &str| {
        let row = row(key, &json(text)).replace("payload)", "payload, row_version, headers)");
        row.replace(
            "'UTF8'));",
            "'UTF8'), 7, '{\"content-type\": \"application/json\", \"traceparent\": \"00-1\"}');",
        )
    };
    let id = "6f1c2b0e-0000-4000-8000-00000000000a";
    let event = |time: &str| {
        format!(
            r#"{{"id": "{id}", "username": "it's \"a\"", "display_name": null, "is_active": true,
                "updated_at": "{time}", "email": "é@example.org"}}"#
        )
    };
    world.execute(&write("good", &event("2026-01-31T11:45:00.000001Z"))).await;
    // What cannot be sent: an infinite time, years with five digits, a null in a list, a field that the relay does not know.
    for (key, time) in
        [("infinite", "infinityZ"), ("far", "10000-01-01T00:00:00Z"), ("BC", "0044-03-15T00:00:00 BCZ")]
    {
        world.execute(&write(key, &event(time))).await;
    }
    world.execute(&write("unknown", r#"{"id": "x", "newer": 1}"#)).await;
    let relay = world.relay();
    let envelopes = world.envelopes(1);
    let metadata = envelopes[0].metadata.clone().unwrap();
    assert_eq!((metadata.row_version, metadata.partition_key.as_str()), (Some(7), "good"));
    assert_eq!((metadata.producer.as_str(), metadata.traceparent.as_str()), ("identity", "00-1"));
    let Some(Event::UserUpdated(event)) = &envelopes[0].event else { panic!("{envelopes:?}") };
    assert_eq!(
        (event.id.as_str(), event.username.as_str(), event.email.as_str()),
        (id, "it's \"a\"", "é@example.org")
    );
    assert_eq!(event.updated_at.unwrap().nanos, 1000);
    let parked =
        "SELECT count(*) FROM outbox_events WHERE parked_at IS NOT NULL AND last_error LIKE '%JSON%'";
    crate::world::until("the others are parked", async || world.number(parked).await == 4).await;
    assert!(world.is_quiet());
    relay.stop().await;
}
