//! {{ view.summary }}
//!
//! Each function `publish_...` writes one event to the outbox, in the transaction of whoever calls it: the event is published if, and only
//! if, that transaction commits. One that tells of a row reads the row as it is then, and locks it, so that events of a row lie in the
//! outbox in the order of its changes. The relay, which is a program of this crate, publishes what lies there.

#![forbid(unsafe_code)]
{%- if view.has_snapshots | flag %}

pub mod snapshots;
{%- endif %}
{% if view.has_events | flag %}
use runtime::outbox::{self, EventId, Kind, PublishError, Subject};
{%- endif %}
use runtime::relay::{Published, Publisher};
{%- if view.has_from_row | flag %}
use runtime::row::{ {{- view.from_row -}} };
{%- endif %}
{%- if view.has_events | flag %}
use runtime::trace::Trace;
use sqlx::PgConnection;
{%- endif %}
{%- if view.has_rows | flag %}
use sqlx::Row;
{%- endif %}

/// The service, as events name whoever published them.
const SERVICE: &str = {{ view.service }};

/// What the service publishes.
pub const PUBLISHER: Publisher = Publisher {
    service: SERVICE,
    events: &[
{%- for event in view.published %}
        Published {
            topic: {{ event.topic }},
            event_type: {{ event.event_type }},
            version: {{ event.version }},
            envelope: {{ event.envelope }},
            member: {{ event.member }},
        },
{%- endfor %}
    ],
    descriptors: contracts::DESCRIPTORS,
};
{%- for event in view.of_rows %}
{%- if event.has_added | flag %}

/// What the application says beside what the row holds.
#[derive(Clone, Debug, PartialEq)]
pub struct {{ event.added }} {
{%- for field in event.added_fields %}
    /// {{ field.doc }}
    pub {{ field.name }}: {{ field.kind }},
{%- endfor %}
}
{%- endif %}

/// {{ event.doc }}
///
/// # Errors
/// {{ event.missing }}, or it cannot be sent, or the database refuses something.
pub async fn {{ event.function }}(
    connection: &mut PgConnection,
{%- for key in event.keys %}
    {{ key.name }}: {{ key.kind }},
{%- endfor %}
{%- if event.has_added | flag %}
    added: {{ event.added }},
{%- endif %}
    trace: &Trace,
) -> Result<EventId, PublishError> {
    const QUERY: &str = {{ event.query }};
    let row = sqlx::query(QUERY)
{%- for key in event.keys %}
        .bind({{ key.name }})
{%- endfor %}
        .fetch_optional(&mut *connection)
        .await?;
    let row = &row.ok_or(PublishError::NoRow { table: {{ event.table }} })?;
    let subject = Subject {
        partition_key: row.try_get(0)?,
        aggregate_key: row.try_get(1)?,
        row_version: row.try_get(2)?,
        occurred_at: row.try_get(3)?,
    };
    let event = {{ event.message }} {
{%- for field in event.fields %}
        {{ field.name }}: {{ field.value }},
{%- endfor %}
    };
    let kind = {{ event.envelope.kind }};
    let event = {{ event.envelope.event }}::{{ event.envelope.variant }}(event);
    outbox::write(connection, kind, subject, trace, |metadata| {{ event.envelope.path }} {
        metadata: Some(metadata),
        event: Some(event),
    })
    .await
}
{%- endfor %}
{%- for event in view.of_messages %}

/// {{ event.doc }}
///
/// # Errors
/// The database refuses it.
pub async fn {{ event.function }}(
    connection: &mut PgConnection,
    event: {{ event.message }},
    trace: &Trace,
) -> Result<EventId, PublishError> {
    let key = {{ event.key }};
    let subject =
        Subject { partition_key: key.clone(), aggregate_key: key, row_version: None, occurred_at: None };
    let kind = {{ event.envelope.kind }};
    let event = {{ event.envelope.event }}::{{ event.envelope.variant }}(event);
    outbox::write(connection, kind, subject, trace, |metadata| {{ event.envelope.path }} {
        metadata: Some(metadata),
        event: Some(event),
    })
    .await
}
{%- endfor %}
