//! {{ view.summary }}
//!
//! [`run`] consumes as one of the service's groups.

#![forbid(unsafe_code)]
{% if view.has_policies | flag %}
mod delete_policies;
{%- endif %}
{%- if view.has_fills | flag %}
pub mod fills;
{%- endif %}
pub mod groups;
{%- if view.has_labels | flag %}
mod labels;
{%- endif %}
{%- if view.has_copies | flag %}
mod projections;
{%- endif %}

use runtime::consumer::Program;
use runtime::program::Fatal;
{%- if view.has_fills | flag %}
use runtime::rpc::channel;
use runtime::settings;
{%- endif %}
use tokio_util::sync::CancellationToken;

/// Consumes, as the group that the variable `KAFKA_GROUP` names, until told to stop.
{%- if view.has_handlers | flag %} `handlers` is what people wrote: it implements a
/// trait for each event that they handle.
{%- endif %}
///
/// # Errors
/// A setting is missing or cannot be used, the service has no group of this name, or the brokers refuse the program for good.
pub async fn run({% if view.has_handlers | flag %}handlers: impl {{ view.bounds }}, {% endif %}stop: CancellationToken) -> Result<(), Fatal> {
    let {% if view.has_fills | flag %}mut {% endif %}program = Program::from_environment(stop)?;
    match program.group() {
{%- for group in view.groups %}
        groups::{{ group.name }}::NAME => {
            let group = groups::{{ group.name }}::Consumer::new({% if group.has_handlers | flag %}handlers{% endif %});
{%- if group.has_fills | flag %}
{%- for fill in view.fills %}
            let owner = channel(fills::{{ fill }}::ADDRESS, &mut settings::required)?;
            program.fill(fills::{{ fill }}::new(owner));
{%- endfor %}
{%- endif %}
{%- if view.has_database | flag %}
            program.run(group, {{ view.pool }}).await
{%- else %}
            program.run_without_database(group).await
{%- endif %}
        }
{%- endfor %}
        _ => Err(program.unknown_group()),
    }
}
