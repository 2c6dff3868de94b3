//! What has to hold once all is quiet.

use crate::planted::{self, Refused, text};
use freehold_end_to_end_tests::{CONSUMERS, Consumer, Load, Referring, SERVICES, TABLES, World, root};
use sqlx::PgPool;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How many faults of a kind are shown.
const SHOWN: usize = 5;

/// An event that was published, in the transaction of its change.
#[derive(Clone, Debug)]
struct Published {
    event_id: String,
    event_type: String,
    user_id: String,
    row_version: i64,
}

/// The databases, as administrators of the services see them.
pub struct Databases(BTreeMap<&'static str, PgPool>);

impl Databases {
    pub fn new(world: &World) -> Databases {
        let connect = |service: &&'static str| (*service, world.postgres.pool(service, "owner", 2));
        Databases(SERVICES.iter().map(connect).collect())
    }

    pub fn of(&self, service: &str) -> &PgPool {
        &self.0[service]
    }

    async fn number(&self, service: &str, sql: &'static str) -> Result<i64, String> {
        sqlx::query_scalar(sql).fetch_one(self.of(service)).await.map_err(text)
    }

    async fn texts(&self, service: &str, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(self.of(service)).await.unwrap()
    }

    async fn published(&self, service: &str) -> Vec<Published> {
        let sql = "SELECT event_id::text, event_type, user_id::text, row_version FROM published ORDER BY row_version";
        let rows = sqlx::query_as(sql).fetch_all(self.of(service)).await.unwrap();
        let event = |(event_id, event_type, user_id, row_version)| Published {
            event_id,
            event_type,
            user_id,
            row_version,
        };
        rows.into_iter().map(event).collect()
    }
}

/// What is still on its way.
pub async fn restlessness(world: &World, databases: &Databases) -> Result<(), String> {
    let mut restless = Vec::new();
    for service in ["identity", "user"] {
        let waiting = databases.number(service, "SELECT count(*) FROM outbox_events").await?;
        restless.push((format!("rows in the outbox of {service}"), waiting));
    }
    for consumer in &CONSUMERS {
        let service = consumer.service;
        let parked = databases.number(service, "SELECT count(*) FROM parked_events").await?;
        restless.push((format!("events put aside in {service}"), parked));
        let filling =
            "SELECT (count(*) = 0 OR bool_or(finished_at IS NULL))::int::bigint FROM projection_fills";
        restless.push((
            format!("copies of {service} that are not full"),
            databases.number(service, filling).await?,
        ));
        let behind = tokio::task::block_in_place(|| world.behind(consumer))?;
        restless.push((format!("messages that {service} has not done with"), behind));
    }
    restless.retain(|(_, count)| *count != 0);
    if restless.is_empty() { Ok(()) } else { Err(format!("{restless:?}")) }
}

/// Everything that does not hold.
pub async fn faults(world: &World, databases: &Databases, load: &Load, refused: &Refused) -> Vec<String> {
    let mut faults = Vec::new();
    faults.extend(of_effects(databases).await);
    for consumer in &CONSUMERS {
        faults.extend(of_copy(databases, consumer).await);
        faults.extend(of_letters(world, consumer));
    }
    faults.extend(of_references(world, load).await);
    faults.extend(of_parked(databases, refused).await);
    faults
}

/// Some of many faults, with how many there are.
fn some(kind: &str, faults: Vec<String>) -> Vec<String> {
    let count = faults.len();
    let shown = faults.into_iter().take(SHOWN);
    let mut shown: Vec<String> = shown.map(|fault| format!("{kind}: {fault}")).collect();
    if count > SHOWN {
        shown.push(format!("{kind}: {} more", count - SHOWN));
    }
    shown
}

/// Every event was processed, none but those, and its handler's effect is there once.
async fn of_effects(databases: &Databases) -> Vec<String> {
    let mut faults = Vec::new();
    let users = databases.published("identity").await;
    let profiles = databases.published("user").await;
    assert!(users.len() > 8_000 && profiles.len() > 1_000, "{} and {}", users.len(), profiles.len());
    let mut all: BTreeMap<&str, &str> = BTreeMap::new();
    all.extend(users.iter().map(|event| (event.event_id.as_str(), event.event_type.as_str())));
    let of_users: BTreeSet<String> = all.keys().map(|id| (*id).to_owned()).collect();
    all.extend(profiles.iter().map(|event| (event.event_id.as_str(), event.event_type.as_str())));
    let of_all: BTreeSet<String> = all.keys().map(|id| (*id).to_owned()).collect();
    for consumer in &CONSUMERS {
        let service = consumer.service;
        let heard = if service == "search" { &of_all } else { &of_users };
        let processed = databases.texts(service, "SELECT event_id::text FROM processed_events").await;
        let processed = BTreeSet::from_iter(processed);
        let missing = heard
            .difference(&processed)
            .map(|id| format!("{service} has not processed {id} {}", all[id.as_str()]));
        let strange =
            processed.difference(heard).map(|id| format!("{service} processed {id}, which nobody published"));
        faults.extend(some("processed events", missing.chain(strange).collect()));
    }
    let mut handled: BTreeMap<String, usize> = BTreeMap::new();
    for id in databases.texts("search", "SELECT event_id::text FROM handled").await {
        *handled.entry(id).or_default() += 1;
    }
    let counts = of_all.iter().map(|id| (id, handled.get(id).copied().unwrap_or_default()));
    let wrong = counts.filter(|(_, count)| *count != 1);
    faults.extend(some(
        "handler",
        wrong.map(|(id, count)| format!("{id} {} had its effect {count} times", all[id.as_str()])).collect(),
    ));
    faults
}

/// Each row of a copy has the version that its owner's row has, or had at its end.
async fn of_copy(databases: &Databases, consumer: &Consumer) -> Vec<String> {
    let rows =
        |sql: String| async move { sqlx::query_as::<_, (String, i64, bool)>(sqlx::AssertSqlSafe(sql)) };
    let owned = rows("SELECT id::text, row_version, deleted_at IS NOT NULL FROM users".to_owned()).await;
    let owned = owned.fetch_all(databases.of("identity")).await.unwrap();
    let mut wanted: BTreeMap<String, (i64, bool)> = BTreeMap::new();
    for event in databases.published("identity").await {
        wanted.insert(event.user_id, (event.row_version, event.event_type == "UserDeleted"));
    }
    let mut faults = Vec::new();
    for (id, version, is_marked) in owned {
        let noted = wanted.insert(id.clone(), (version, is_marked));
        if noted.is_some_and(|noted| noted != (version, is_marked)) {
            faults.push(format!("the row of {id} has version {version}, but its last event was {noted:?}"));
        }
    }
    let copy =
        format!("SELECT user_id::text, source_version, source_deleted_at IS NOT NULL FROM {}", consumer.copy);
    let copied = rows(copy).await.fetch_all(databases.of(consumer.service)).await.unwrap();
    let copied: BTreeMap<String, (i64, bool)> =
        copied.into_iter().map(|(id, version, is_deleted)| (id, (version, is_deleted))).collect();
    let ids: BTreeSet<&String> = wanted.keys().chain(copied.keys()).collect();
    for id in ids {
        let (wanted, is) = (wanted.get(id), copied.get(id));
        if wanted != is {
            faults.push(format!("{}: {id} is {is:?} (version, is gone), not {wanted:?}", consumer.copy));
        }
    }
    some("copy", faults)
}

/// What refers to users is as its delete policy says, and nothing else has changed.
async fn of_references(world: &World, load: &Load) -> Vec<String> {
    let referring = Referring::new(&world.postgres, 2);
    let users: Vec<(&str, &str)> =
        load.users().map(|user| (user.id.as_str(), user.neighbour.as_str())).collect();
    let gone: BTreeSet<&str> =
        load.users().filter(|user| user.was_deleted()).map(|user| user.id.as_str()).collect();
    let mut faults = Vec::new();
    for table in &TABLES {
        faults.extend(some("reference", referring.faults(table, &users, &gone).await));
    }
    faults
}

/// Exactly the planted messages are dead letters. A consumer that was killed may have written one twice.
fn of_letters(world: &World, consumer: &Consumer) -> Vec<String> {
    let planted: BTreeSet<(String, String)> =
        planted::poison().map(|(key, _)| (key.to_owned(), "unreadable".to_owned())).into();
    let mut faults = Vec::new();
    for topic in consumer.topics {
        let letters = tokio::task::block_in_place(|| world.kafka.letters(topic.dead_letters));
        let wanted = if topic.name == planted::USERS { planted.clone() } else { BTreeSet::new() };
        let found: BTreeSet<(String, String)> =
            letters.iter().map(|letter| (letter.key.clone(), letter.reason.clone())).collect();
        let places: BTreeSet<&(String, String)> = letters.iter().map(|letter| &letter.from).collect();
        if found != wanted || places.len() != wanted.len() {
            faults.push(format!("{} has {letters:?}, not {wanted:?}", topic.dead_letters));
        }
    }
    faults
}

/// Nothing was ever put aside, nor counted against an event in an outbox, but what was planted.
async fn of_parked(databases: &Databases, refused: &Refused) -> Vec<String> {
    let mut faults = Vec::new();
    for service in ["identity", "user", "moderation", "search"] {
        let keys = BTreeSet::from_iter(databases.texts(service, "SELECT partition_key FROM trouble").await);
        let wanted = if service == "search" { BTreeSet::from([refused.id.clone()]) } else { BTreeSet::new() };
        if keys != wanted {
            let troubles = databases
                .texts(
                    service,
                    "SELECT partition_key || ': ' || coalesce(last_error, 'behind another one') FROM trouble",
                )
                .await;
            faults.extend(some(&format!("{service} had trouble"), troubles));
        }
    }
    faults
}

/// What a reconciliation of a service says, if not that all agrees.
pub fn reconciliation(world: &World, service: &str) -> Result<(), String> {
    let scripts = with_a_short_lag(world, service);
    let mut command = Command::new("bash");
    command.arg(scripts.join(service).join("reconcile.sh")).env("PSQL", world.postgres.psql());
    for owner in SERVICES {
        let variable = format!("{}_DATABASE_URL", owner.replace('-', "_").to_uppercase());
        command.env(variable, world.postgres.url(owner, "reconciler"));
    }
    let output = command.stdin(Stdio::null()).output().unwrap();
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let checks = report["checks"].as_array().map_or(&[][..], Vec::as_slice);
    // Who once moderated may be gone.
    let agrees = |check: &serde_json::Value| {
        let wanted = if check["table"] == "moderation_actions" { "allowed" } else { "clean" };
        check["status"] == wanted
    };
    if output.status.success()
        && report["result"] == "clean"
        && !checks.is_empty()
        && checks.iter().all(agrees)
    {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr);
    Err(format!("reconciliation of {service}: {}: {told}{report}", output.status))
}

/// A copy of the scripts that does not wait for minutes before it looks at differences again: nothing is on its way any more.
fn with_a_short_lag(world: &World, service: &str) -> PathBuf {
    let copy = world.folder.path.join(format!("reconciliation-{service}"));
    let copied =
        Command::new("cp").arg("-R").arg(root().join("generated/reconciliation")).arg(&copy).status();
    assert!(copied.unwrap().success());
    let script = copy.join(service).join("reconcile.sh");
    let text = std::fs::read_to_string(&script).unwrap();
    let short = text.replacen("\ngoal 99.99 100 300\n", "\ngoal 99.99 100 1\n", 1);
    assert_ne!(text, short, "{} has no such goal", script.display());
    std::fs::write(script, short).unwrap();
    copy
}
