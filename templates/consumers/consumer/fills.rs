//! Read copies, as they are filled from their owners. The program of the service's own group does that beside consuming.
{% if view.uses_labels | flag %}
use crate::labels;
{%- endif %}
{%- for client in view.clients %}
use {{ client }};
{%- endfor %}
use runtime::consumer::HandlingError;
use runtime::fill::{Copy, LARGEST_PAGE, Page};
use sqlx::PgConnection;
use std::time::Duration;
use tonic::transport::Channel;
use tonic::{Request, Status};
{%- for copy in view.copies %}

/// Writes a row of {{ copy.doc }} that its owner gave, unless the copy is newer.
const {{ copy.write_name }}: &str = {{ copy.write }};

/// Notes that the owner has a row of which {{ copy.doc }} is newer.
const {{ copy.see_name }}: &str = {{ copy.see }};

/// Makes tombstones of rows of {{ copy.doc }} that the owner has not given since a point in time.
const {{ copy.bury_name }}: &str = {{ copy.bury }};

/// {{ copy.doc }}, filled from {{ copy.source }}.
#[derive(Clone, Debug)]
pub struct {{ copy.name }} {
    owner: {{ copy.client }}<Channel>,
}

impl {{ copy.name }} {
    /// The variable that holds the address of the owner, a host and a port.
    pub const ADDRESS: &str = {{ copy.variable }};

    /// Filled over a channel to the owner.
    pub fn new(owner: Channel) -> {{ copy.name }} {
        let owner = {{ copy.client }}::new(owner);
        {{ copy.name }} { owner: owner.max_decoding_message_size(LARGEST_PAGE) }
    }
}

impl Copy for {{ copy.name }} {
    type Row = {{ copy.row }};

    fn name(&self) -> &'static str {
        {{ copy.table }}
    }

    async fn page(&self, token: &str) -> Result<Page<Self::Row>, Status> {
        let asked = {{ copy.request }} { page_size: {{ copy.page_size }}, page_token: token.to_owned() };
        let mut request = Request::new(asked);
        request.set_timeout(Duration::from_millis({{ copy.timeout_ms }}));
        let page = self.owner.clone().{{ copy.method }}(request).await?.into_inner();
        Ok(Page { rows: page.rows, next_token: page.next_page_token })
    }

    async fn write(&self, connection: &mut PgConnection, rows: &[Self::Row]) -> Result<(), HandlingError> {
        for row in rows {
            let written = sqlx::query({{ copy.write_name }})
{%- for value in copy.values %}
                .bind({{ value }})
{%- endfor %}
                .bind({{ copy.version }})
                .execute(&mut *connection)
                .await?;
            if written.rows_affected() == 0 {
                sqlx::query({{ copy.see_name }})
{%- for value in copy.keys %}
                    .bind({{ value }})
{%- endfor %}
                    .execute(&mut *connection)
                    .await?;
            }
        }
        Ok(())
    }

    async fn bury(&self, connection: &mut PgConnection, began_at: i64) -> Result<u64, sqlx::Error> {
        let buried = sqlx::query({{ copy.bury_name }}).bind(began_at).execute(connection).await?;
        Ok(buried.rows_affected())
    }
}
{%- endfor %}
