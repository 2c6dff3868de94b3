//! Events of Nova's services.

use contracts::freehold::events::v1::EventMetadata;
use contracts::nova::identity::topics::v1::{IdentityUserEnvelope, identity_user_envelope::Event};
use contracts::nova::identity::v1::{UserCreated, UserDeleted, UserUpdated};
use prost_types::Timestamp;
use uuid::Uuid;

/// The topic of accounts.
pub const USERS: &str = "identity.user";

/// What an event says about itself.
pub fn metadata(event_type: &str, key: Uuid, row_version: i64) -> EventMetadata {
    EventMetadata {
        event_id: Uuid::now_v7().to_string(),
        event_type: event_type.to_owned(),
        event_version: 1,
        partition_key: key.to_string(),
        aggregate_key: key.to_string(),
        row_version: Some(row_version),
        occurred_at: Some(Timestamp { seconds: 1_763_752_000, nanos: 250_000_000 }),
        producer: "identity".to_owned(),
        traceparent: String::new(),
        tracestate: String::new(),
    }
}

/// An account was made.
pub fn created(id: Uuid, version: i64, username: &str) -> IdentityUserEnvelope {
    let event = UserCreated {
        id: id.to_string(),
        username: username.to_owned(),
        display_name: Some("Ada".to_owned()),
        avatar_url: None,
        is_active: true,
        updated_at: Some(Timestamp { seconds: 1_763_752_000, nanos: 123_456_000 }),
        email: format!("{username}@example.com"),
    };
    IdentityUserEnvelope {
        metadata: Some(metadata("UserCreated", id, version)),
        event: Some(Event::UserCreated(event)),
    }
}

/// An account changed.
pub fn updated(id: Uuid, version: i64, username: &str) -> IdentityUserEnvelope {
    let event = UserUpdated {
        id: id.to_string(),
        username: username.to_owned(),
        display_name: None,
        avatar_url: Some("https://example.com/a".to_owned()),
        is_active: false,
        updated_at: None,
        email: format!("{username}@example.com"),
    };
    IdentityUserEnvelope {
        metadata: Some(metadata("UserUpdated", id, version)),
        event: Some(Event::UserUpdated(event)),
    }
}

/// An account is gone.
pub fn deleted(id: Uuid, version: i64) -> IdentityUserEnvelope {
    let event = UserDeleted {
        id: id.to_string(),
        username: "gone".to_owned(),
        display_name: None,
        avatar_url: None,
        is_active: false,
        updated_at: None,
    };
    IdentityUserEnvelope {
        metadata: Some(metadata("UserDeleted", id, version)),
        event: Some(Event::UserDeleted(event)),
    }
}

/// The id of an event.
pub fn event_id(envelope: &IdentityUserEnvelope) -> String {
    envelope.metadata.as_ref().unwrap().event_id.clone()
}
