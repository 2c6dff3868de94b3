//! Consumers of services that have no database.

use crate::events::metadata;
use crate::world::{Broker, Running, header, until};
use contracts::freehold::events::v1::EventMetadata;
use contracts::nova::analytics::topics::v1::{AnalyticsEventsEnvelope, analytics_events_envelope};
use contracts::nova::analytics::v1::AnalyticsEvent;
use contracts::nova::content::v1::PostCreated;
use contracts::nova::notification::v1::NotificationSent;
use contracts::nova::realtime_chat::v1::MessageSent;
use contracts::nova::social::v1::{Like, Unlike};
use nova_analytics_consumer::groups::analytics::{
    Consumer, HandleAnalyticsEvent, HandleLike, HandleMessageSent, HandleNotificationSent, HandlePostCreated,
    HandleUnlike,
};
use runtime::consumer::HandlingError;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

const TOPIC: &str = "analytics.events";
const DEAD: &str = "analytics.events.analytics.dead-letter";

/// Keeps the ids of events; refuses those of one key.
#[derive(Clone, Debug, Default)]
struct Analytics {
    refused: Arc<Mutex<String>>,
    handled: Arc<Mutex<Vec<String>>>,
}

impl HandleAnalyticsEvent for Analytics {
    async fn handle_analytics_event(
        &self,
        _: &AnalyticsEvent,
        metadata: &EventMetadata,
    ) -> Result<(), HandlingError> {
        if *self.refused.lock().unwrap() == metadata.partition_key {
            return Err("refused".into());
        }
        self.handled.lock().unwrap().push(metadata.event_id.clone());
        Ok(())
    }
}

/// Events of which none is sent here.
macro_rules! ignored {
    ($($handler:ident $method:ident $event:ident),*) => {
        $(impl $handler for Analytics {
            async fn $method(&self, _: &$event, _: &EventMetadata) -> Result<(), HandlingError> {
                Err("not expected".into())
            }
        })*
    };
}

ignored!(
    HandleLike handle_like Like,
    HandleUnlike handle_unlike Unlike,
    HandlePostCreated handle_post_created PostCreated,
    HandleMessageSent handle_message_sent MessageSent,
    HandleNotificationSent handle_notification_sent NotificationSent
);

fn event(key: Uuid) -> AnalyticsEventsEnvelope {
    AnalyticsEventsEnvelope {
        metadata: Some(metadata("AnalyticsEvent", key, 1)),
        event: Some(analytics_events_envelope::Event::AnalyticsEvent(AnalyticsEvent::default())),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_fails_is_a_dead_letter_and_later_ones_of_its_key_follow() {
    let analytics = Analytics::default();
    let broker = Broker::start(&Consumer::new(analytics.clone()));
    let (bad, good) = (Uuid::now_v7(), Uuid::now_v7());
    *analytics.refused.lock().unwrap() = bad.to_string();
    let consumer = Running::start_without_database(&broker, Consumer::new(analytics.clone()));
    broker.send(TOPIC, &bad.to_string(), &event(bad)).await;
    until("the dead letter", || async { consumer.outcomes(TOPIC, "Dead") == 1 }).await;
    // Nothing is wrong any more, but the order of the key would be.
    analytics.refused.lock().unwrap().clear();
    broker.send(TOPIC, &bad.to_string(), &event(bad)).await;
    broker.send_bytes(TOPIC, &bad.to_string(), b"nonsense").await;
    broker.send(TOPIC, &good.to_string(), &event(good)).await;
    until("all", || async {
        consumer.outcomes(TOPIC, "Dead") == 3 && consumer.outcomes(TOPIC, "Applied") == 1
    })
    .await;
    let letters = broker.dead_letters(DEAD);
    let reasons: Vec<String> = letters.iter().map(|letter| header(letter, "freehold-reason")).collect();
    assert_eq!(reasons, ["failed", "behind", "unreadable"]);
    assert_eq!(header(&letters[0], "freehold-error"), "refused");
    consumer.stop().await;
    assert_eq!(broker.committed("analytics", TOPIC).iter().sum::<i64>(), 4);
    // Whoever gets the partition next begins anew.
    let next = Running::start_without_database(&broker, Consumer::new(analytics.clone()));
    broker.send(TOPIC, &bad.to_string(), &event(bad)).await;
    until("the key goes on", || async { next.outcomes(TOPIC, "Applied") == 1 }).await;
    next.stop().await;
}
