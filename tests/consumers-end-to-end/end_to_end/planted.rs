//! What goes wrong on purpose besides what is killed: messages that nobody can read, an event that nobody knows, an event that is
//! refused for a while, and messages that come again.

use contracts::freehold::events::v1::EventMetadata;
use contracts::nova::identity::topics::v1::IdentityUserEnvelope;
use contracts::nova::identity::topics::v1::identity_user_envelope::Event;
use contracts::nova::identity::v1::UserCreated;
use freehold_end_to_end_tests::{Change, Kafka, Owners, World, until};
use prost::Message;
use rdkafka::message::Message as _;
use sqlx::PgPool;
use std::collections::BTreeSet;
use std::time::Duration;
use uuid::Uuid;

/// The topic that all of them go to.
pub const USERS: &str = "identity.user";
/// The key of the event that nobody knows.
const UNKNOWN: &str = "unknown";
/// How long it may take until the refused event and those behind it are put aside.
const PUT_ASIDE: Duration = Duration::from_secs(30);
/// How many messages come again.
const AGAIN: usize = 500;

/// The keys of messages that nobody can read, and the messages.
pub fn poison() -> [(&'static str, Vec<u8>); 4] {
    let without_id = EventMetadata { event_id: "7".to_owned(), ..metadata("poison-4") };
    let created = Some(Event::UserCreated(UserCreated::default()));
    [
        ("poison-1", b"\xffno message of Protobuf".to_vec()),
        ("poison-2", Vec::new()),
        ("poison-3", vec![0x0a]),
        ("poison-4", IdentityUserEnvelope { metadata: Some(without_id), event: created }.encode_to_vec()),
    ]
}

fn metadata(key: &str) -> EventMetadata {
    EventMetadata {
        event_id: Uuid::now_v7().to_string(),
        event_type: "UserPromoted".to_owned(),
        event_version: 1,
        partition_key: key.to_owned(),
        aggregate_key: key.to_owned(),
        ..EventMetadata::default()
    }
}

/// An envelope whose event is one of a later version.
fn unknown(metadata: EventMetadata) -> Vec<u8> {
    let mut bytes = IdentityUserEnvelope { metadata: Some(metadata), event: None }.encode_to_vec();
    // Field 900, two bytes long.
    bytes.extend([0xa2, 0x38, 2, 0x08, 1]);
    bytes
}

/// Publishes what nobody can read, and what nobody knows.
pub async fn publish_nonsense(kafka: &Kafka) {
    let producer = kafka.producer();
    for (key, payload) in poison() {
        Kafka::send(&producer, USERS, key.as_bytes(), &payload).await;
    }
    publish_unknown(kafka).await;
}

/// Publishes an event that nobody knows.
pub async fn publish_unknown(kafka: &Kafka) {
    Kafka::send(&kafka.producer(), USERS, UNKNOWN.as_bytes(), &unknown(metadata(UNKNOWN))).await;
}

/// Publishes messages again, in their order: what a relay does that is killed after it has sent them and before it has deleted their rows.
pub async fn publish_again(world: &World) -> usize {
    let messages = world.messages(USERS);
    let producer = world.kafka.producer();
    let events = messages.iter().filter(|message| {
        IdentityUserEnvelope::decode(message.payload().unwrap_or_default())
            .is_ok_and(|envelope| envelope.event.is_some())
    });
    let mut count = 0;
    for message in events.take(AGAIN) {
        Kafka::send(&producer, USERS, message.key().unwrap(), message.payload().unwrap()).await;
        count += 1;
    }
    count
}

/// A user whose events the search consumer refuses for a while.
pub struct Refused {
    pub id: String,
    search: PgPool,
}

impl Refused {
    /// A user who comes, and whose events are refused from then on, all in their order.
    pub async fn plant(owners: &Owners, search: &PgPool) -> Refused {
        let id = Uuid::now_v7().to_string();
        sqlx::query("INSERT INTO refused VALUES ($1)").bind(&id).execute(search).await.unwrap();
        owners.make(&id, 0, Change::Create).await;
        owners.make(&id, 1, Change::Rename).await;
        owners.make(&id, 2, Change::Mark).await;
        Refused { id, search: search.clone() }
    }

    /// Waits until the first event is put aside and the later ones behind it; then nothing is refused any more.
    pub async fn mend(&self) {
        until("events of the refused user are put aside", PUT_ASIDE, || async {
            let sql = "SELECT partition_key, next_attempt_at = 'infinity' FROM parked_events ORDER BY id";
            let rows: Vec<(String, bool)> =
                sqlx::query_as(sql).fetch_all(&self.search).await.map_err(text)?;
            let waiting: Vec<bool> = rows.iter().map(|(_, waits)| *waits).collect();
            if waiting == [false, true, true] { Ok(()) } else { Err(format!("there are {rows:?}")) }
        })
        .await;
        let keys: Vec<String> = sqlx::query_scalar("SELECT partition_key FROM parked_events")
            .fetch_all(&self.search)
            .await
            .unwrap();
        assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([self.id.clone()]));
        sqlx::query("DELETE FROM refused").execute(&self.search).await.unwrap();
    }
}

pub fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
