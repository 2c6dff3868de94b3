//! What this service does about each event. `freehold` wrote this file once and never looks at it again.
//!
//! {% if view.has_database | flag %}An event may come again until its handler has succeeded once, and what a handler does in the transaction is done once.
{%- else %}An event may come again at any time, and its handler has to bear that.
{%- endif %}
//! An error puts the event aside, to be tried again, with the later ones of its key behind it. `HandlingError::away` says that no event
//! can be handled now: then all of them wait, and nothing is put aside.
{% for path in view.handlers %}
use {{ path }};
{%- endfor %}
use contracts::freehold::events::v1::EventMetadata;
use runtime::consumer::HandlingError;
{%- if view.has_database | flag %}
use sqlx::PgConnection;
{%- endif %}

/// What handlers share, such as clients of other services. It is made once, in `main`.
#[derive(Clone, Copy, Debug)]
pub struct Handlers;
{%- for event in view.events %}

impl {{ event.handler }} for Handlers {
    async fn {{ event.method }}(
        &self,
        _event: &{{ event.message }},
        _metadata: &EventMetadata,
{%- if view.has_database | flag %}
        _transaction: &mut PgConnection,
{%- endif %}
    ) -> Result<(), HandlingError> {
        Err(HandlingError::away("{{ event.method }} is not written yet"))
    }
}
{%- endfor %}
