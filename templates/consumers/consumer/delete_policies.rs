//! What happens to rows once the row of another service is gone that they refer to. Each function does a step, of a bounded number of
//! rows, and says whether there is more to do.

use runtime::consumer::{ {{- view.from_runtime -}} };
use sqlx::PgConnection;
{%- for policy in view.parts %}

/// {{ policy.doc }}
pub(crate) async fn {{ policy.name }}(
    transaction: &mut PgConnection,
{%- for argument in policy.arguments %}
    {{ argument.name }}: {{ argument.kind }},
{%- endfor %}
) -> Result<Progress, HandlingError> {
    let query = {{ policy.query }};
{%- if policy.is_limited | flag %}
    let changed = sqlx::query(query)
{%- for argument in policy.arguments %}
        .bind({{ argument.name }})
{%- endfor %}
        .bind(DELETE_BATCH)
        .execute(transaction)
        .await?
        .rows_affected();
    Ok(Progress::of_batch(changed))
{%- else %}
    // The table has no key by which some of its rows could be told from the rest.
    sqlx::query(query)
{%- for argument in policy.arguments %}
        .bind({{ argument.name }})
{%- endfor %}
        .execute(transaction)
        .await?;
    Ok(Progress::Done)
{%- endif %}
}
{%- endfor %}
