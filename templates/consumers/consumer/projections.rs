//! Read copies of other services' tables. A row gives way to one of a higher version alone, its own deletion included: events may come
//! late or twice.
{% if view.uses_labels | flag %}
use crate::labels;
{%- endif %}
use runtime::consumer::HandlingError;
use sqlx::PgConnection;
{%- for copy in view.parts %}

/// Writes a row of {{ copy.doc }}, the copy of {{ copy.source }}.
const {{ copy.name }}: &str = {{ copy.replace }};
{%- if copy.has_bury | flag %}

/// Leaves the tombstone of a row of {{ copy.doc }}.
const {{ copy.bury_name }}: &str = {{ copy.bury }};
{%- endif %}
{%- for function in copy.functions %}

/// Applies {{ function.event_doc }} to {{ copy.doc }}.
pub(crate) async fn {{ function.name }}(
    transaction: &mut PgConnection,
    event: &{{ function.event }},
    version: i64,
{%- if function.is_deletion | flag %}
    deleted_at: i64,
{%- endif %}
) -> Result<(), HandlingError> {
    sqlx::query({{ function.statement }})
{%- for value in function.values %}
        .bind({{ value }})
{%- endfor %}
        .bind(version)
{%- if function.is_deletion | flag %}
        .bind(deleted_at)
{%- endif %}
        .execute(transaction)
        .await?;
    Ok(())
}
{%- endfor %}
{%- endfor %}
