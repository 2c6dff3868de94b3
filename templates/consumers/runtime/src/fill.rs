//! Fills read copies from their owners, page by page, while events keep coming.
//!
//! Nothing is missed, for two reasons: a group begins with the oldest message that a topic still has, so whatever changes after a page
//! was read comes as an event; and no row gives way to an older one, so pages and events may overtake each other. How far a
//! copy is stands in the table `projection_fills`: a fill that was cut off goes on where it was, and any number of replicas
//! may fill one copy at a time without harm, since a page only counts for the one that advances the state.
//!
//! A copy whose row there is deleted is filled anew, while it stays in use and others go on as they were. What its owner no longer has
//! when that ends becomes a tombstone.

use crate::consumer::HandlingError;
use crate::database;
use sqlx::{PgConnection, PgPool, Row};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status};

/// How often it is looked whether a copy is to be filled.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// The longest pause after a page that could not be had.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How many bytes a page may have. The owner says how many rows one has, not how long they are.
pub const LARGEST_PAGE: usize = 64 * 1024 * 1024;

/// A read copy, as something that is filled from its owner.
pub trait Copy: Send + Sync + 'static {
    /// What the owner gives of a row.
    type Row: Send + Sync;

    /// The name of the copy's table in the register, by which its state is known.
    fn name(&self) -> &'static str;

    /// The page behind a token; the first one for an empty token.
    fn page(&self, token: &str) -> impl Future<Output = Result<Page<Self::Row>, Status>> + Send;

    /// Writes rows into the copy where they are newer than what is there, and notes of all of them that they were seen.
    fn write(
        &self,
        connection: &mut PgConnection,
        rows: &[Self::Row],
    ) -> impl Future<Output = Result<(), HandlingError>> + Send;

    /// Makes tombstones of rows that were not seen since the fill began. `began_at` is in microseconds since 1970.
    fn bury(
        &self,
        connection: &mut PgConnection,
        began_at: i64,
    ) -> impl Future<Output = Result<u64, sqlx::Error>> + Send;
}

/// Some rows of the owner's table.
#[derive(Debug)]
pub struct Page<R> {
    /// The rows.
    pub rows: Vec<R>,
    /// Asks for the next page; empty where there is none.
    pub next_token: String,
}

/// How far a copy is.
struct State {
    began_at: i64,
    token: String,
}

/// Why a page did not get into the copy.
#[derive(Debug, thiserror::Error)]
enum FillError {
    #[error("the owner gives no page: {0}")]
    Owner(Box<Status>),
    #[error("the page cannot be written: {0}")]
    Copy(HandlingError),
}

impl From<sqlx::Error> for FillError {
    fn from(error: sqlx::Error) -> FillError {
        FillError::Copy(error.into())
    }
}

impl FillError {
    /// Whether trying again may help without anybody doing anything.
    fn passes(&self) -> bool {
        match self {
            FillError::Owner(status) => !matches!(
                status.code(),
                Code::Unimplemented
                    | Code::InvalidArgument
                    | Code::FailedPrecondition
                    | Code::OutOfRange
                    | Code::PermissionDenied
                    | Code::Unauthenticated
            ),
            FillError::Copy(error) => error.passes(),
        }
    }
}

/// Fills a copy whenever its state says that it is to be filled, until `stop`.
pub async fn keep_filled<C: Copy>(copy: C, database: PgPool, stop: CancellationToken) {
    let mut pause = LOOK_EVERY;
    loop {
        pause = match fill(&copy, &database, &stop).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                // What does not pass by itself is told every time: somebody has to mend it.
                match error.passes() {
                    true => tracing::info!(copy = copy.name(), %error, "filling pauses"),
                    false => tracing::error!(copy = copy.name(), %error, "filling pauses"),
                }
                (pause * 2).min(LONGEST_PAUSE)
            }
        };
        if stop.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
            return;
        }
    }
}

/// Fills a copy to its end, if it is to be filled.
async fn fill<C: Copy>(copy: &C, database: &PgPool, stop: &CancellationToken) -> Result<(), FillError> {
    note(copy.name(), database).await?;
    while !stop.is_cancelled() {
        let Some(state) = state(copy.name(), database).await? else { return Ok(()) };
        let page = copy.page(&state.token).await.map_err(|status| FillError::Owner(Box::new(status)))?;
        take(copy, database, &state, &page).await?;
    }
    Ok(())
}

/// A copy that nobody has heard of is to be filled.
async fn note(copy: &str, database: &PgPool) -> Result<(), sqlx::Error> {
    let query = "INSERT INTO projection_fills (projection) VALUES ($1) ON CONFLICT DO NOTHING";
    sqlx::query(query).bind(copy).execute(database).await?;
    Ok(())
}

/// How far a copy is; none where it is filled.
async fn state(copy: &str, database: &PgPool) -> Result<Option<State>, sqlx::Error> {
    let query = "SELECT (extract(epoch FROM began_at) * 1000000)::bigint, page_token FROM projection_fills \
                 WHERE projection = $1 AND finished_at IS NULL";
    let row = sqlx::query(query).bind(copy).fetch_optional(database).await?;
    row.map(|row| Ok(State { began_at: row.try_get(0)?, token: row.try_get(1)? })).transpose()
}

/// Writes a page and goes on to the next, unless another replica has done so meanwhile or a rebuild has begun.
async fn take<C: Copy>(
    copy: &C,
    database: &PgPool,
    state: &State,
    page: &Page<C::Row>,
) -> Result<(), FillError> {
    let mut transaction = database::begin(database).await?;
    let advance = "UPDATE projection_fills SET page_token = $1, rows = rows + $2, \
                   finished_at = CASE WHEN $1 = '' THEN clock_timestamp() END \
                   WHERE projection = $3 AND finished_at IS NULL AND page_token = $4 \
                   AND (extract(epoch FROM began_at) * 1000000)::bigint = $5";
    let advanced = sqlx::query(advance)
        .bind(&page.next_token)
        .bind(i64::try_from(page.rows.len()).unwrap_or(i64::MAX))
        .bind(copy.name())
        .bind(&state.token)
        .bind(state.began_at)
        .execute(&mut *transaction)
        .await?;
    if advanced.rows_affected() == 0 {
        return Ok(());
    }
    if !page.rows.is_empty() {
        copy.write(&mut transaction, &page.rows).await.map_err(FillError::Copy)?;
    }
    if page.next_token.is_empty() {
        let buried = copy.bury(&mut transaction, state.began_at).await?;
        tracing::info!(copy = copy.name(), buried, "filled");
    }
    transaction.commit().await?;
    Ok(())
}
