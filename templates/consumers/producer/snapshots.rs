//! All rows of tables that others keep copies of, page by page: what the service of Protobuf {{ view.name }} gives.

use {{ view.server }};
use runtime::row::{ {{- view.from_row -}} };
use runtime::snapshot;
use sqlx::postgres::PgRow;
use sqlx::{PgPool, Row};
use tonic::{Request, Response, Status};

/// Answers from the service's database. Pages are read at any time and in any state of the rows: copies keep the newest version of each.
#[derive(Clone, Debug)]
pub struct Snapshots {
    pool: PgPool,
}

impl Snapshots {
    /// Reads rows through a pool.
    pub fn new(pool: PgPool) -> Snapshots {
        Snapshots { pool }
    }
}

#[tonic::async_trait]
impl {{ view.name }} for Snapshots {
{%- for method in view.methods %}
    async fn {{ method.function }}(
        &self,
        request: Request<{{ method.request }}>,
    ) -> Result<Response<{{ method.response }}>, Status> {
        const FIRST: &str = {{ method.first }};
        const NEXT: &str = {{ method.next }};
        let asked = request.into_inner();
        let size = snapshot::page_size(asked.{{ method.size_field }}, {{ method.page_size }});
        let rows = match snapshot::key::<{{ method.parts }}>(&asked.{{ method.token_field }})? {
            None => sqlx::query(FIRST).bind(size).fetch_all(&self.pool).await,
            Some([{{ method.key }}]) => {
                sqlx::query(NEXT).bind(size){% for key in method.keys %}.bind({{ key }}){% endfor %}.fetch_all(&self.pool).await
            }
        };
        let rows = rows.map_err(snapshot::refused)?;
        let {{ method.next_field }} = snapshot::next_token::<{{ method.parts }}>(&rows, size)?;
        let message = |row: &PgRow| -> Result<{{ method.row }}, RowError> {
            Ok({{ method.row }} {
{%- for field in method.fields %}
                {{ field.name }}: {{ field.value }},
{%- endfor %}
            })
        };
        let {{ method.rows_field }} = rows.iter().map(message).collect::<Result<_, _>>().map_err(snapshot::unsendable)?;
        Ok(Response::new({{ method.response }} { {{ method.rows_field }}, {{ method.next_field }} }))
    }
{%- endfor %}
}
