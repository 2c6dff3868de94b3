//! The consumer group {{ view.doc }}.
{% if view.has_policies | flag %}
use crate::delete_policies;
{%- endif %}
{%- if view.uses_labels | flag %}
use crate::labels;
{%- endif %}
{%- if view.has_copies | flag %}
use crate::projections;
{%- endif %}
{%- if view.has_handlers | flag %}
use contracts::freehold::events::v1::EventMetadata;
{%- endif %}
use prost::Message;
use runtime::consumer::{ {{- view.from_runtime -}} };
{%- if view.has_database | flag %}
use sqlx::PgConnection;
{%- endif %}

/// Its name on the wire.
pub const NAME: &str = {{ view.name }};

/// The topics that it hears.
pub const TOPICS: &[HeardTopic] = &[
{%- for topic in view.topics %}
    HeardTopic {
        name: {{ topic.name }},
        dead_letters: {{ topic.dead_letters }},
        retention_days: {{ topic.retention_days }},
    },
{%- endfor %}
];

/// An event that something is done about.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
{%- for event in view.events %}
    /// {{ event.doc }}.
    {{ event.variant }}(Box<{{ event.message }}>),
{%- endfor %}
}
{%- for event in view.events %}
{%- if event.is_handled | flag %}

/// What people do about {{ event.doc }}.
pub trait {{ event.handler }} {
    /// Handles the event.
{%- if view.has_database | flag %} What it does in the transaction is done once, and only if it succeeds. It may be called again
    /// for the same event where it failed, or where something else of the transaction did.
{%- else %} It may be called again for the same event at any time, and has to bear that.
{%- endif %}
    fn {{ event.method }}(
        &self,
        event: &{{ event.message }},
        metadata: &EventMetadata,
{%- if view.has_database | flag %}
        transaction: &mut PgConnection,
{%- endif %}
    ) -> impl Future<Output = Result<(), HandlingError>> + Send;
}
{%- endif %}
{%- endfor %}
{%- if view.has_handlers | flag %}

/// Everything that people do about events.
pub trait Handlers:
{%- for handler in view.handlers %}
    {{ handler }} +
{%- endfor %}
    Send + Sync + 'static
{
}

impl<H> Handlers for H where
    H:
{%- for handler in view.handlers %}
        {{ handler }} +
{%- endfor %}
        Send + Sync + 'static
{
}
{%- endif %}

/// The group{% if view.has_handlers | flag %}, with what people do about events{% endif %}.
#[derive(Clone, Debug{% if not (view.has_handlers | flag) %}, Default{% endif %})]
pub struct Consumer{% if view.has_handlers | flag %}<H> {
    handlers: H,
}
{%- else %};
{%- endif %}

impl{% if view.has_handlers | flag %}<H: Handlers>{% endif %} Consumer{% if view.has_handlers | flag %}<H>{% endif %} {
    /// The group{% if view.has_handlers | flag %}, with what people do about events{% endif %}.
    pub fn new({% if view.has_handlers | flag %}handlers: H{% endif %}) -> Self {
        Consumer{% if view.has_handlers | flag %} { handlers }{% endif %}
    }
}

impl{% if view.has_handlers | flag %}<H: Handlers>{% endif %} Group for Consumer{% if view.has_handlers | flag %}<H>{% endif %} {
    type Event = Event;

    fn name(&self) -> &str {
        NAME
    }

    fn topics(&self) -> &'static [HeardTopic] {
        TOPICS
    }

    fn read(&self, topic: &str, message: &[u8]) -> Result<Reading<Event>, Unreadable> {
        match topic {
{%- for topic in view.topics %}
            {{ topic.name }} => {
                use {{ topic.members }} as Member;
                let envelope = {{ topic.envelope }}::decode(message)?;
                let event = match envelope.event {
{%- for arm in topic.arms %}
                    Some(Member::{{ arm.member }}(event)) => Event::{{ arm.variant }}(Box::new(event)),
{%- endfor %}
{%- if topic.has_others | flag %}
                    Some(_) => return Ok(Reading::NotHeard),
{%- endif %}
                    None => return Reading::unknown(envelope.metadata),
                };
                Reading::heard(envelope.metadata, event)
            }
{%- endfor %}
            _ => Err(Unreadable::Topic),
        }
    }
}
{%- if view.has_database | flag %}

impl{% if view.has_handlers | flag %}<H: Handlers>{% endif %} DatabaseGroup for Consumer{% if view.has_handlers | flag %}<H>{% endif %} {
    async fn apply(
        &self,
        heard: &Heard<Event>,
        transaction: &mut PgConnection,
    ) -> Result<Progress, HandlingError> {
        match &heard.event {
{%- for event in view.events %}
            Event::{{ event.variant }}(event) => {
{%- for policy in event.policies %}
                let progress = delete_policies::{{ policy.function }}(transaction{% for value in policy.values %}, {{ value }}{% endfor %}{% if policy.is_told | flag %}, &heard.trace(){% endif %}).await?;
                if progress == Progress::More {
                    return Ok(Progress::More);
                }
{%- endfor %}
{%- for copy in event.copies %}
                projections::{{ copy.function }}(transaction, event, heard.row_version()?{% if copy.is_deletion | flag %}, heard.occurred_at()?{% endif %}).await?;
{%- endfor %}
{%- if event.is_handled | flag %}
                self.handlers.{{ event.method }}(event, &heard.metadata, transaction).await?;
{%- endif %}
            }
{%- endfor %}
        }
        Ok(Progress::Done)
    }
}
{%- else %}

impl{% if view.has_handlers | flag %}<H: Handlers>{% endif %} SimpleGroup for Consumer{% if view.has_handlers | flag %}<H>{% endif %} {
    async fn handle(&self, heard: &Heard<Event>) -> Result<(), HandlingError> {
        match &heard.event {
{%- for event in view.events %}
            Event::{{ event.variant }}(event) => self.handlers.{{ event.method }}(event, &heard.metadata).await,
{%- endfor %}
        }
    }
}
{%- endif %}
