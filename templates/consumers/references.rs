//! {{ view.summary }}
//!
//! Each public function is the check of one reference, for the service to make before it stores a row. A row whose target is deleted
//! right after the check becomes an orphan all the same: the consumer of the owner's events and reconciliation stay needed.

#![forbid(unsafe_code)]
{% for client in view.clients %}
use {{ client.path }};
{%- endfor %}
use runtime::references::{ {{- view.from_runtime -}} };
{%- if view.has_rpcs | flag %}
use runtime::rpc::channel;
{%- endif %}
use runtime::settings::SettingsError;
{%- if view.has_copies | flag %}
use sqlx::PgConnection;
{%- endif %}
use std::time::Duration;
{%- if view.has_rpcs | flag %}
use tonic::transport::Channel;
{%- endif %}

/// Asks whether what rows of the service refer to exists. Clones share connections, and answers that are kept.
#[derive(Clone, Debug)]
pub struct References {
{%- for way in view.ways %}
    {{ way.field }}: Owner,
{%- endfor %}
{%- for client in view.clients %}
    {{ client.field }}: {{ client.name }}<Channel>,
{%- endfor %}
}

impl References {
    /// `address` gives the host and port of an owner; it is asked for names of variables, such as `{{ view.example_variable }}`.
    /// Nobody is connected to before somebody has to be asked.
    ///
    /// # Errors
    /// `address` fails, or what it gives is no host and port.
    pub fn new(
        {% if view.has_rpcs | flag %}mut {% else %}_{% endif %}address: impl FnMut(&'static str) -> Result<String, SettingsError>,
    ) -> Result<References, SettingsError> {
        Ok(References {
{%- for way in view.ways %}
            {{ way.field }}: Owner::new(
                {{ way.table }},
                Duration::from_millis({{ way.timeout_ms }}),
                Duration::from_secs({{ way.keep_seconds }}),
            ),
{%- endfor %}
{%- for client in view.clients %}
            {{ client.field }}: {{ client.name }}::new(channel({{ client.variable }}, &mut address)?),
{%- endfor %}
        })
    }
{%- for check in view.checks %}

    /// {{ check.doc }}
    ///
    /// # Errors
    /// There is no such row, or nobody can tell.
    pub async fn {{ check.function }}(
        &self,
{%- if check.has_copy | flag %}
        connection: &mut PgConnection,
{%- endif %}
{%- for key in check.keys %}
        {{ key.name }}: {{ key.kind }},
{%- endfor %}
    ) -> Result<(), CheckError> {
        self.ask_{{ check.way }}({{ check.arguments }}).await
    }
{%- endfor %}
{%- for way in view.ways %}

    async fn ask_{{ way.field }}(
        &self,
{%- if way.has_copy | flag %}
        connection: &mut PgConnection,
{%- endif %}
{%- for key in way.keys %}
        {{ key.name }}: {{ key.kind }},
{%- endfor %}
{%- if way.has_rpc | flag %}
        owner_away: OwnerAway,
{%- endif %}
    ) -> Result<(), CheckError> {
        let key = {{ way.key }};
{%- if way.has_copy | flag %}
        // Whether any copy of such a row is no tombstone; NULL where there is none.
        let query = {{ way.query }};
        let is_live = sqlx::query_scalar(query)
{%- for key in way.keys %}
            .bind({{ key.name }})
{%- endfor %}
            .fetch_one(connection)
            .await?;
        let copied = Copied::from_row(is_live);
{%- if way.has_rpc | flag %}
        if copied != Copied::Unknown {
            return self.{{ way.field }}.by_copy(key, copied);
        }
{%- else %}
        self.{{ way.field }}.by_copy(key, copied)
{%- endif %}
{%- endif %}
{%- if way.has_rpc | flag %}
        let mut client = self.{{ way.client }}.clone();
        let request = {{ way.request }} {
{%- for key in way.keys %}
            {{ key.field }}: {{ key.owned }},
{%- endfor %}
        };
        let ask = |request| async move { Ok(client.{{ way.method }}(request).await?.into_inner().exists) };
        self.{{ way.field }}.by_rpc(key, owner_away, request, ask).await
{%- endif %}
    }
{%- endfor %}
}
