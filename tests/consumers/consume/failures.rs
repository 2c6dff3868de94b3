//! What happens to messages that cannot be handled, and to those behind them.

use crate::databases::Database;
use crate::events::{USERS, created, event_id, metadata, updated};
use crate::handlers::{Fault, Search};
use crate::world::{Broker, Running, header, until};
use contracts::nova::identity::topics::v1::IdentityUserEnvelope;
use nova_search_consumer::groups::search::Consumer;
use rdkafka::Message;
use uuid::Uuid;

/// The topic of dead letters of the group.
const DEAD: &str = "identity.user.search.dead-letter";

struct World {
    broker: Broker,
    database: Database,
    search: Search,
    consumer: Running,
}

impl World {
    async fn start() -> World {
        let search = Search::default();
        let group = Consumer::new(search.clone());
        let broker = Broker::start(&group);
        let database = Database::of("search").await;
        database.execute(Search::TABLE).await;
        let consumer = Running::start(&broker, group, database.connections());
        World { broker, database, search, consumer }
    }

    /// The names of users whose events were handled, in the order of that.
    async fn handled(&self) -> Vec<String> {
        self.database.texts("SELECT username FROM handled ORDER BY place").await
    }

    async fn until_handled(&self, expected: &[&str]) {
        until(&format!("{expected:?} are handled"), || async { self.handled().await == expected }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_for_a_moment_is_tried_at_once() {
    let world = World::start().await;
    for (name, fault) in [
        ("refused", Fault::Refused(2)),
        ("panics", Fault::Panic),
        ("conflict", Fault::Conflict(4)),
        ("away", Fault::Away(6)),
    ] {
        world.search.plant(name, fault);
        let id = Uuid::now_v7();
        world.broker.send(USERS, &id.to_string(), &created(id, 1, name)).await;
        until(name, || async { world.handled().await.contains(&name.to_owned()) }).await;
    }
    assert_eq!(world.handled().await, ["refused", "panics", "conflict", "away"]);
    assert_eq!(world.search.tries("away"), 7);
    assert_eq!(world.database.number("SELECT count(*) FROM parked_events").await, 0);
    assert_eq!(world.database.number("SELECT count(*) FROM searchable_users").await, 4);
    world.consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn later_events_of_a_key_wait_behind_the_one_that_fails() {
    let world = World::start().await;
    // More than are tried at once, fewer than in all.
    world.search.plant("fails", Fault::Refused(5));
    let (id, other) = (Uuid::now_v7(), Uuid::now_v7());
    let key = id.to_string();
    world.broker.send(USERS, &key, &created(id, 1, "fails")).await;
    for (version, name) in [(2, "second"), (3, "third"), (4, "fourth")] {
        world.broker.send(USERS, &key, &updated(id, version, name)).await;
    }
    // Another key is not held up, whatever its partition is.
    world.broker.send(USERS, &other.to_string(), &created(other, 1, "other")).await;
    until("all five", || async { world.handled().await.len() == 5 }).await;
    let handled = world.handled().await;
    let of_key: Vec<&String> = handled.iter().filter(|name| *name != "other").collect();
    assert_eq!(of_key, ["fails", "second", "third", "fourth"]);
    assert_eq!(world.search.tries("fails"), 6);
    assert_eq!(world.database.number("SELECT count(*) FROM parked_events").await, 0);
    assert_eq!(world.database.number("SELECT count(*) FROM processed_events").await, 5);
    assert!(world.broker.dead_letters(DEAD).is_empty());
    world.consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_for_good_becomes_a_dead_letter_and_those_behind_it_wait() {
    let world = World::start().await;
    world.search.plant("poison", Fault::Refused(1000));
    let id = Uuid::now_v7();
    let key = id.to_string();
    let poison = created(id, 1, "poison");
    world.broker.send(USERS, &key, &poison).await;
    world.broker.send(USERS, &key, &updated(id, 2, "behind")).await;
    until("it is given up", || async {
        world.database.number("SELECT count(*) FROM parked_events WHERE dead_at IS NOT NULL").await == 1
    })
    .await;
    let letters = world.broker.dead_letters(DEAD);
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].payload().unwrap(), prost::Message::encode_to_vec(&poison));
    assert_eq!(letters[0].key().unwrap(), key.as_bytes());
    assert_eq!(header(&letters[0], "freehold-reason"), "failed");
    assert_eq!(header(&letters[0], "freehold-error"), "the handler refuses it");
    assert_eq!(header(&letters[0], "freehold-topic"), USERS);
    assert_eq!(header(&letters[0], "freehold-group"), "search");
    // One more where it was first tried together with the one behind it.
    assert!(matches!(world.search.tries("poison"), 6 | 7), "{} tries", world.search.tries("poison"));
    until("metrics", || async { world.consumer.count("freehold_consumer_dead_events") == 1 }).await;
    assert_eq!(world.consumer.count("freehold_consumer_parked_events"), 1);
    assert_eq!(
        world.consumer.count(&format!("freehold_consumer_dead_letters_total{{topic=\"{USERS}\"}}")),
        1
    );
    // A later one waits, too, though nothing is wrong with it; other keys go on.
    world.broker.send(USERS, &key, &updated(id, 3, "later")).await;
    let other = Uuid::now_v7();
    world.broker.send(USERS, &other.to_string(), &created(other, 1, "other")).await;
    world.until_handled(&["other"]).await;
    until("two wait", || async { world.database.number("SELECT count(*) FROM parked_events").await == 3 })
        .await;
    // People mend the cause, and have it tried again, as the manual says.
    world.search.mend("poison");
    world
        .database
        .execute(
            "UPDATE parked_events SET dead_at = NULL, attempts = 0, next_attempt_at = now() WHERE dead_at IS NOT NULL",
        )
        .await;
    world.until_handled(&["other", "poison", "behind", "later"]).await;
    assert_eq!(world.database.number("SELECT count(*) FROM parked_events").await, 0);
    world.consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_one_that_was_given_up_lets_the_others_pass() {
    let world = World::start().await;
    world.search.plant("poison", Fault::Refused(1000));
    let id = Uuid::now_v7();
    world.broker.send(USERS, &id.to_string(), &created(id, 1, "poison")).await;
    world.broker.send(USERS, &id.to_string(), &updated(id, 2, "behind")).await;
    until("it is given up", || async {
        world.database.number("SELECT count(*) FROM parked_events WHERE dead_at IS NOT NULL").await == 1
    })
    .await;
    world.database.execute("DELETE FROM parked_events WHERE dead_at IS NOT NULL").await;
    world.until_handled(&["behind"]).await;
    world.consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_a_dead_letter_at_once() {
    let world = World::start().await;
    let id = Uuid::now_v7();
    let key = id.to_string();
    let mut without_id = created(id, 1, "nobody");
    without_id.metadata.as_mut().unwrap().event_id = "none".to_owned();
    world.broker.send(USERS, &key, &created(id, 1, "before")).await;
    // As a registry of schemas writes: a zero, then the number of a schema.
    world.broker.send_bytes(USERS, &key, &[0, 0, 0, 0, 7, 255, 1]).await;
    world.broker.send_bytes(USERS, &key, b"").await;
    world.broker.send(USERS, &key, &without_id).await;
    world.broker.send(USERS, &key, &updated(id, 2, "after")).await;
    world.until_handled(&["before", "after"]).await;
    let letters = world.broker.dead_letters(DEAD);
    let reasons: Vec<String> = letters.iter().map(|letter| header(letter, "freehold-reason")).collect();
    assert_eq!(reasons, ["unreadable", "unreadable", "unreadable"]);
    assert!(header(&letters[0], "freehold-error").starts_with("it is not of the topic's type"));
    assert_eq!(header(&letters[1], "freehold-error"), "it has no metadata");
    assert_eq!(header(&letters[2], "freehold-error"), "its event_id is no UUID");
    assert_eq!(letters[0].payload().unwrap(), [0, 0, 0, 0, 7, 255, 1]);
    let offsets: Vec<String> = letters.iter().map(|letter| header(letter, "freehold-offset")).collect();
    assert_eq!(offsets, ["1", "2", "3"]);
    world.consumer.stop().await;
    assert_eq!(world.broker.committed("search", USERS).iter().sum::<i64>(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_tomorrow_is_passed_over() {
    let world = World::start().await;
    let id = Uuid::now_v7();
    let unknown = IdentityUserEnvelope { metadata: Some(metadata("UserMerged", id, 2)), event: None };
    world.broker.send(USERS, &id.to_string(), &unknown).await;
    world.broker.send(USERS, &id.to_string(), &created(id, 3, "next")).await;
    world.until_handled(&["next"]).await;
    assert_eq!(world.consumer.outcomes(USERS, "Unknown"), 1);
    assert!(world.broker.dead_letters(DEAD).is_empty());
    world.consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_the_database_refuses_is_put_aside() {
    let world = World::start().await;
    let (bad, good) = (Uuid::now_v7(), Uuid::now_v7());
    // Longer than the column.
    let too_long = created(bad, 1, &"x".repeat(51));
    world.broker.send(USERS, &bad.to_string(), &too_long).await;
    world.broker.send(USERS, &good.to_string(), &created(good, 1, "good")).await;
    world.until_handled(&["good"]).await;
    until("it is put aside", || async {
        let sql = "SELECT count(*) FROM parked_events WHERE last_error LIKE '%too long%' AND attempts > 0";
        world.database.number(sql).await == 1
    })
    .await;
    assert_eq!(world.database.texts("SELECT event_id::text FROM parked_events").await, [event_id(&too_long)]);
    world.consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_end_of_a_transaction_tells_is_no_success() {
    let world = World::start().await;
    let table = "CREATE TABLE late (id int PRIMARY KEY, other int DEFAULT 2 REFERENCES late DEFERRABLE INITIALLY DEFERRED)";
    world.database.execute(table).await;
    for (dead, name, fault) in [(1, "swallowed", Fault::Swallowed), (2, "deferred", Fault::Deferred)] {
        world.search.plant(name, fault);
        let id = Uuid::now_v7();
        world.broker.send(USERS, &id.to_string(), &created(id, 1, name)).await;
        let given_up = "SELECT count(*) FROM parked_events WHERE dead_at IS NOT NULL";
        until(name, || async { world.database.number(given_up).await == dead }).await;
    }
    // Others are not held up.
    world.search.plant("fails", Fault::Refused(4));
    let id = Uuid::now_v7();
    world.broker.send(USERS, &id.to_string(), &created(id, 1, "fails")).await;
    world.until_handled(&["fails"]).await;
    world.consumer.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_no_database_can_hold_is_a_dead_letter() {
    let world = World::start().await;
    let id = Uuid::now_v7();
    let mut message = created(id, 1, "nul");
    message.metadata.as_mut().unwrap().partition_key = "\0".to_owned();
    world.broker.send(USERS, "k", &message).await;
    world.broker.send(USERS, "k", &created(id, 1, "next")).await;
    world.until_handled(&["next"]).await;
    assert_eq!(world.broker.dead_letters(DEAD).len(), 1);
    world.consumer.stop().await;
}
