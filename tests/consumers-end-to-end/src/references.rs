//! Rows of other services that refer to users, and what is to become of each once a user is gone.

use crate::postgres::Postgres;
use runtime::database::Failure;
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// How long inserting may be tried while the server is away.
const LIMIT: Duration = Duration::from_secs(60);

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    Keep,
    Mark,
    Nullify,
    Delete,
}

/// Rows of a table, one for each user, in which the user's id stands as well where it is no reference.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub service: &'static str,
    pub name: &'static str,
    /// Inserts the row of user `$1`, whose neighbour is `$2`.
    insert: &'static str,
    /// The id of the user whose row it is, and what has become of the row: `stays`, `marked` or `null`.
    select: &'static str,
    /// Whether the row refers to the neighbour, too.
    to_neighbour: bool,
    pub policy: Policy,
}

/// What a service's rows need before there are any.
pub const REASON: &str = "INSERT INTO report_reasons (id, code, description) VALUES (1, 'spam', 'unwanted')";

/// In the order in which rows are inserted.
pub const TABLES: [Table; 11] = [
    Table {
        service: "user",
        name: "user_profiles",
        insert: "INSERT INTO user_profiles (id) VALUES ($1::text::uuid) ON CONFLICT DO NOTHING",
        select: "SELECT id::text, CASE WHEN deleted_at IS NULL THEN 'stays' ELSE 'marked' END FROM user_profiles",
        to_neighbour: false,
        policy: Policy::Mark,
    },
    Table {
        service: "user",
        name: "user_relationships",
        insert: "INSERT INTO user_relationships (id, user_id, related_user_id, kind)
            VALUES ($1::text::uuid, $1::text::uuid, $2::text::uuid, 'muted') ON CONFLICT DO NOTHING",
        select: "SELECT id::text, 'stays' FROM user_relationships",
        to_neighbour: true,
        policy: Policy::Delete,
    },
    Table {
        service: "user",
        name: "blocks",
        insert:
            "INSERT INTO blocks (blocker_id, blocked_id, note) VALUES ($2::text::uuid, $1::text::uuid, $1)
            ON CONFLICT DO NOTHING",
        select: "SELECT note, 'stays' FROM blocks",
        to_neighbour: true,
        policy: Policy::Delete,
    },
    Table {
        service: "moderation",
        name: "reports",
        insert: "INSERT INTO reports (id, reporter_id, reported_user_id, reason_id)
            VALUES ($1::text::uuid, $1::text::uuid, $2::text::uuid, 1) ON CONFLICT DO NOTHING",
        select: "SELECT id::text, CASE WHEN archived_at IS NULL THEN 'stays' ELSE 'marked' END FROM reports",
        to_neighbour: true,
        policy: Policy::Mark,
    },
    Table {
        service: "moderation",
        name: "moderation_queue",
        insert: "INSERT INTO moderation_queue (id, report_id, assigned_to)
            VALUES ($1::text::uuid, $1::text::uuid, $1::text::uuid) ON CONFLICT DO NOTHING",
        select: "SELECT id::text, CASE WHEN assigned_to IS NULL THEN 'null' ELSE 'stays' END FROM moderation_queue",
        to_neighbour: false,
        policy: Policy::Nullify,
    },
    Table {
        service: "moderation",
        name: "moderation_actions",
        insert: "INSERT INTO moderation_actions (id, report_id, moderator_id, kind)
            VALUES ($1::text::uuid, $1::text::uuid, $1::text::uuid, 'warning') ON CONFLICT DO NOTHING",
        select: "SELECT id::text, 'stays' FROM moderation_actions",
        to_neighbour: false,
        policy: Policy::Keep,
    },
    Table {
        service: "moderation",
        name: "moderation_appeals",
        insert: "INSERT INTO moderation_appeals (id, action_id, user_id, statement)
            VALUES ($1::text::uuid, $1::text::uuid, $1::text::uuid, 'no') ON CONFLICT DO NOTHING",
        select: "SELECT id::text, CASE WHEN archived_at IS NULL THEN 'stays' ELSE 'marked' END FROM moderation_appeals",
        to_neighbour: false,
        policy: Policy::Mark,
    },
    Table {
        service: "moderation",
        name: "content_filters",
        insert:
            "INSERT INTO content_filters (kind, pattern, created_by) VALUES ('keyword', $1, $1::text::uuid)
            ON CONFLICT DO NOTHING",
        select: "SELECT pattern, CASE WHEN created_by IS NULL THEN 'null' ELSE 'stays' END FROM content_filters",
        to_neighbour: false,
        policy: Policy::Nullify,
    },
    Table {
        service: "search",
        name: "search_history",
        insert: "INSERT INTO search_history (id, user_id, query_type, query_text)
            VALUES ($1::text::uuid, $1::text::uuid, 'people', $1) ON CONFLICT DO NOTHING",
        select: "SELECT query_text, CASE WHEN bool_and(deleted_at IS NULL) THEN 'stays'
            WHEN bool_and(deleted_at IS NOT NULL) THEN 'marked' ELSE 'in part' END
            FROM search_history GROUP BY query_text",
        to_neighbour: false,
        policy: Policy::Mark,
    },
    Table {
        service: "search",
        name: "search_suggestions",
        insert: "INSERT INTO search_suggestions (id, user_id, query_type, suggestion_text)
            VALUES ($1::text::uuid, $1::text::uuid, 'people', $1) ON CONFLICT DO NOTHING",
        select: "SELECT suggestion_text, 'stays' FROM search_suggestions",
        to_neighbour: false,
        policy: Policy::Delete,
    },
    Table {
        service: "search",
        name: "popular_search_results",
        insert: "INSERT INTO popular_search_results (query_text, result_kind, result_id)
            VALUES ($1, 'person', $1::text::uuid) ON CONFLICT DO NOTHING",
        select: "SELECT query_text, 'stays' FROM popular_search_results",
        to_neighbour: false,
        policy: Policy::Delete,
    },
];

/// The databases of the services that refer to users.
#[derive(Clone, Debug)]
pub struct Referring(BTreeMap<&'static str, PgPool>);

impl Referring {
    /// Connects as the applications.
    pub fn new(postgres: &Postgres, connections: u32) -> Referring {
        let services: BTreeSet<&str> = TABLES.iter().map(|table| table.service).collect();
        Referring(
            services
                .into_iter()
                .map(|service| (service, postgres.pool(service, "app", connections)))
                .collect(),
        )
    }

    /// Inserts all rows of a user, whatever becomes of the server meanwhile.
    pub async fn insert(&self, id: &str, neighbour: &str) {
        for (service, database) in &self.0 {
            let deadline = Instant::now() + LIMIT;
            while let Err(error) = try_to_insert(service, database, id, neighbour).await {
                let goes_on = Failure::of(&error) == Failure::Away && Instant::now() < deadline;
                assert!(goes_on, "rows of {service} that refer to {id}: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }

    /// Where rows of a table are not as they should be, given the users of whom rows were inserted, each with the neighbour, and all
    /// who were deleted at some time.
    pub async fn faults(&self, table: &Table, users: &[(&str, &str)], gone: &BTreeSet<&str>) -> Vec<String> {
        let rows: Vec<(String, String)> =
            sqlx::query_as(table.select).fetch_all(&self.0[table.service]).await.unwrap();
        let found: BTreeMap<String, String> = rows.into_iter().collect();
        let mut faults = Vec::new();
        for (id, neighbour) in users {
            let is_hit = gone.contains(id) || (table.to_neighbour && gone.contains(neighbour));
            let wanted = match table.policy {
                Policy::Mark if is_hit => "marked",
                Policy::Nullify if is_hit => "null",
                Policy::Delete if is_hit => "deleted",
                _ => "stays",
            };
            let is = found.get(*id).map_or("deleted", String::as_str);
            if is != wanted {
                faults.push(format!("{}.{}: the row of {id}: {is}, not {wanted}", table.service, table.name));
            }
        }
        faults
    }
}

async fn try_to_insert(
    service: &str,
    database: &PgPool,
    id: &str,
    neighbour: &str,
) -> Result<(), sqlx::Error> {
    let mut transaction = database.begin().await?;
    for table in TABLES.iter().filter(|table| table.service == service) {
        let insert = sqlx::query(table.insert).bind(id);
        let insert = if table.to_neighbour { insert.bind(neighbour) } else { insert };
        insert.execute(&mut *transaction).await?;
    }
    transaction.commit().await
}
