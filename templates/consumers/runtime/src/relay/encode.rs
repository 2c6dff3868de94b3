//! Messages of rows. Most lie in the outbox as the broker gets them; those that triggers wrote are JSON.

use super::Publisher;
use super::window::Row;
use crate::trace;
use contracts::freehold::events::v1::EventMetadata;
use prost::Message;
use prost_reflect::{DescriptorError, DescriptorPool, DynamicMessage, MessageDescriptor, Value};
use std::collections::{BTreeMap, HashMap};

/// The header that says that a payload is the event as JSON.
const CONTENT_TYPE: &str = "content-type";
/// Its value then.
const JSON: &str = "application/json";
/// The field of each envelope that has what every event says about itself.
const METADATA: &str = "metadata";

/// An event that a service publishes.
#[derive(Clone, Copy, Debug)]
pub struct Published {
    /// The topic, as the broker knows it.
    pub topic: &'static str,
    /// The name of the event.
    pub event_type: &'static str,
    /// The version of its message.
    pub version: u32,
    /// The message of the topic: `nova.identity.topics.v1.IdentityUserEnvelope`.
    pub envelope: &'static str,
    /// The field in it that holds the event.
    pub member: &'static str,
}

/// Why a row is no message.
#[derive(Debug, thiserror::Error)]
pub(super) enum EncodeError {
    /// The headers are no object of texts.
    #[error("the headers are no JSON object of texts: {0}")]
    Headers(serde_json::Error),
    /// A newer version of the service may publish it.
    #[error("{0} is no event that this relay knows")]
    Unknown(String),
    /// The payload is not the event as JSON.
    #[error("the payload is not the event as JSON: {0}")]
    Payload(serde_json::Error),
    /// The message has other fields than it should.
    #[error("the message {0} is not what this relay was built with")]
    Message(String),
}

/// The module has no such message, or is damaged.
#[derive(Debug, thiserror::Error)]
pub(super) enum ModuleError {
    /// It cannot be read.
    #[error(transparent)]
    Descriptors(#[from] DescriptorError),
    /// It lacks something.
    #[error("the module of Protobuf has no {0}")]
    Missing(String),
}

/// Makes messages.
#[derive(Debug)]
pub(super) struct Encoder {
    service: &'static str,
    /// By topic, event and version: the envelope, and the field in it that holds the event.
    events: HashMap<(&'static str, &'static str, u32), (MessageDescriptor, &'static str)>,
}

impl Encoder {
    /// For the events of a service.
    pub fn new(publisher: Publisher) -> Result<Encoder, ModuleError> {
        let pool = DescriptorPool::decode(publisher.descriptors)?;
        let mut events = HashMap::with_capacity(publisher.events.len());
        for event in publisher.events {
            let envelope = pool.get_message_by_name(event.envelope);
            let envelope = envelope.filter(|envelope| envelope.get_field_by_name(event.member).is_some());
            let envelope = envelope
                .ok_or_else(|| ModuleError::Missing(format!("{} in {}", event.member, event.envelope)))?;
            events.insert((event.topic, event.event_type, event.version), (envelope, event.member));
        }
        Ok(Encoder { service: publisher.service, events })
    }

    /// The message of a row.
    pub fn message(&self, row: &Row) -> Result<Vec<u8>, EncodeError> {
        let headers = headers(row)?;
        if headers.get(CONTENT_TYPE).is_none_or(|kind| kind != JSON) {
            return Ok(row.payload.clone());
        }
        let unknown = || EncodeError::Unknown(format!("{} {} of {}", row.event_type, row.event_version, row.topic));
        let version = u32::try_from(row.event_version).map_err(|_| unknown())?;
        let key = (row.topic.as_str(), row.event_type.as_str(), version);
        let (envelope, member) = self.events.get(&key).ok_or_else(unknown)?;
        let changed = || EncodeError::Message(envelope.full_name().to_owned());
        let field = envelope.get_field_by_name(member).ok_or_else(changed)?;
        let event = field.kind().as_message().cloned().ok_or_else(changed)?;
        let mut json = serde_json::Deserializer::from_slice(&row.payload);
        let event = DynamicMessage::deserialize(event, &mut json).map_err(EncodeError::Payload)?;
        let of_all = envelope.get_field_by_name(METADATA).ok_or_else(changed)?;
        let kind = of_all.kind().as_message().cloned().ok_or_else(changed)?;
        let metadata = self.metadata(row, version, &headers).encode_to_vec();
        let metadata = DynamicMessage::decode(kind, metadata.as_slice()).map_err(|_| changed())?;
        let mut message = DynamicMessage::new(envelope.clone());
        message.set_field(&of_all, Value::Message(metadata));
        message.set_field(&field, Value::Message(event));
        Ok(message.encode_to_vec())
    }

    fn metadata(&self, row: &Row, event_version: u32, headers: &BTreeMap<String, String>) -> EventMetadata {
        let header = |name: &str| headers.get(name).cloned().unwrap_or_default();
        EventMetadata {
            event_id: row.event_id.to_string(),
            event_type: row.event_type.clone(),
            event_version,
            partition_key: row.partition_key.clone(),
            aggregate_key: row.aggregate_id.clone(),
            row_version: row.row_version,
            occurred_at: row.occurred_at.map(trace::timestamp),
            producer: self.service.to_owned(),
            traceparent: header("traceparent"),
            tracestate: header("tracestate"),
        }
    }
}

/// The headers of a row.
fn headers(row: &Row) -> Result<BTreeMap<String, String>, EncodeError> {
    serde_json::from_str(&row.headers).map_err(EncodeError::Headers)
}

/// The headers that the broker gets: those of the row, but for what says how its payload is written there.
pub(super) fn headers_of_message(row: &Row) -> BTreeMap<String, String> {
    let mut headers = headers(row).unwrap_or_default();
    headers.remove(CONTENT_TYPE);
    headers
}
