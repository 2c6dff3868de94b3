//! What happens to rows once the row of another service is gone that they refer to. Each function does a step, of a bounded number of
//! rows, and says whether there is more to do.

use runtime::consumer::{ {{- view.from_runtime -}} };
{%- if view.is_told | flag %}
use runtime::trace::Trace;
use sqlx::{PgConnection, Row};
{%- else %}
use sqlx::PgConnection;
{%- endif %}
{%- for policy in view.parts %}

/// {{ policy.doc }}
pub(crate) async fn {{ policy.name }}(
    transaction: &mut PgConnection,
{%- for argument in policy.arguments %}
    {{ argument.name }}: {{ argument.kind }},
{%- endfor %}
{%- if policy.is_told | flag %}
    trace: &Trace,
{%- endif %}
) -> Result<Progress, HandlingError> {
    let query = {{ policy.query }};
{%- if policy.is_told | flag %}
    let rows = sqlx::query(query)
{%- for argument in policy.arguments %}
        .bind({{ argument.name }})
{%- endfor %}
{%- if policy.is_limited | flag %}
        .bind(DELETE_BATCH)
{%- endif %}
        .fetch_all(&mut *transaction)
        .await?;
    for row in &rows {
{%- for id in policy.ids %}
        let {{ id.name }}: {{ id.kind }} = row.try_get({{ id.place }})?;
{%- endfor %}
{%- if policy.has_mark | flag %}
        // What was marked as deleted before was told of then.
        if row.try_get({{ policy.mark_place }})? {
{%- for function in policy.told %}
            producer::{{ function }}(&mut *transaction{% for id in policy.ids %}, {{ id.argument }}{% endfor %}, trace).await?;
{%- endfor %}
        }
{%- else %}
{%- for function in policy.told %}
        producer::{{ function }}(&mut *transaction{% for id in policy.ids %}, {{ id.argument }}{% endfor %}, trace).await?;
{%- endfor %}
{%- endif %}
{%- if policy.has_removal | flag %}
        sqlx::query({{ policy.removal }})
{%- for id in policy.ids %}
            .bind({{ id.argument }})
{%- endfor %}
            .execute(&mut *transaction)
            .await?;
{%- endif %}
    }
{%- if policy.is_limited | flag %}
    Ok(Progress::of_batch(u64::try_from(rows.len())?))
{%- else %}
    Ok(Progress::Done)
{%- endif %}
{%- else %}
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
{%- endif %}
}
{%- endfor %}
