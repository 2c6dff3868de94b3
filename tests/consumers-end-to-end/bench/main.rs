//! From a commit at the owner to its effect in a read copy: how many events a second, and after what time, with the generated relay and
//! with one that polls.
//!
//! Users are inserted into identity, each in a transaction with its event, and appear in the copy of the service user. PostgreSQL keeps
//! when each transaction was committed, on both sides by one clock; nothing else is measured.

mod polling;

use freehold_end_to_end_tests::{Postgres, Running, World, create_user, programs};
use sqlx::PgPool;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use uuid::Uuid;

/// How many users the full load of the generated relay has, unless the first argument says so.
const USERS: u32 = 100_000;
/// How many tasks insert at full load.
const TASKS: u32 = 8;
/// How long a steady load lasts.
const STEADY: Duration = Duration::from_secs(60);
/// After which time without progress something is wrong.
const STUCK: Duration = Duration::from_secs(60);

/// A load, and what is shown of it.
struct Series {
    relay: &'static str,
    load: String,
    /// Known in the rows by it.
    number: i32,
    users: u32,
}

/// The databases on both sides.
struct Sides {
    owner: PgPool,
    copy: PgPool,
}

impl Sides {
    fn new(postgres: &Postgres) -> Sides {
        Sides { owner: postgres.pool("identity", "app", TASKS), copy: postgres.pool("user", "app", 2) }
    }

    /// Inserts users as fast as the database takes them.
    async fn insert_all(&self, series: i32, users: u32) {
        let left = Arc::new(AtomicU32::new(users));
        let mut tasks = JoinSet::new();
        for _ in 0..TASKS {
            let (left, owner) = (Arc::clone(&left), self.owner.clone());
            tasks.spawn(async move {
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    create_user(&owner, &Uuid::now_v7().to_string(), series).await.unwrap();
                }
            });
        }
        tasks.join_all().await;
    }

    /// Inserts so many users a second.
    async fn insert_steadily(&self, series: i32, a_second: u32) -> u32 {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / a_second);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let users = a_second * u32::try_from(STEADY.as_secs()).unwrap();
        let mut tasks = JoinSet::new();
        for _ in 0..users {
            ticks.tick().await;
            let owner = self.owner.clone();
            tasks.spawn(
                async move { create_user(&owner, &Uuid::now_v7().to_string(), series).await.unwrap() },
            );
        }
        tasks.join_all().await;
        users
    }

    /// Waits until all users of a series are in the copy.
    async fn wait_for(&self, series: &Series) {
        let sql = "SELECT count(*) FROM user_cache WHERE display_name = 'name ' || $1::integer";
        let (mut found, mut changed) = (0, Instant::now());
        while found < i64::from(series.users) {
            tokio::time::sleep(Duration::from_millis(500)).await;
            let now: i64 = sqlx::query_scalar(sql).bind(series.number).fetch_one(&self.copy).await.unwrap();
            if now != found {
                (found, changed) = (now, Instant::now());
            }
            assert!(changed.elapsed() < STUCK, "{found} of {} users are in the copy", series.users);
        }
    }

    /// Prints a line of the table.
    async fn report(&self, series: &Series) {
        self.wait_for(series).await;
        let owner = "SELECT id::text, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint
            FROM users WHERE display_name = 'name ' || $1::integer";
        let copy =
            "SELECT user_id::text, (extract(epoch FROM pg_xact_commit_timestamp(xmin)) * 1000000)::bigint
            FROM user_cache WHERE display_name = 'name ' || $1::integer";
        let begun: HashMap<String, i64> =
            times(&self.owner, owner, series.number).await.into_iter().collect();
        let ended = times(&self.copy, copy, series.number).await;
        let mut delays: Vec<i64> = ended.iter().map(|(id, time)| time - begun[id]).collect();
        assert_eq!(delays.len(), usize::try_from(series.users).unwrap());
        delays.sort_unstable();
        let first = begun.values().min().unwrap();
        let last = ended.iter().map(|(_, time)| time).max().unwrap();
        let a_second = f64::from(series.users) * 1e6 / to_f64(last - first);
        let percentile = |percent: usize| time(delays[(delays.len() * percent / 100).min(delays.len() - 1)]);
        println!(
            "| {} | {} | {} | {a_second:.0} | {} | {} | {} |",
            series.relay,
            series.load,
            series.users,
            percentile(50),
            percentile(95),
            percentile(99)
        );
    }
}

async fn times(database: &PgPool, sql: &'static str, series: i32) -> Vec<(String, i64)> {
    sqlx::query_as(sql).bind(series).fetch_all(database).await.unwrap()
}

fn to_f64(number: i64) -> f64 {
    f64::from(u32::try_from(number / 1000).unwrap()) * 1000.0
}

fn time(micros: i64) -> String {
    let seconds = to_f64(micros.max(0)) / 1e6;
    if seconds < 1.0 { format!("{:.0} ms", seconds * 1000.0) } else { format!("{seconds:.1} s") }
}

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let users = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(USERS);
    let world = World::start(programs!()).await;
    let sides = Sides::new(&world.postgres);
    let mut consumer: Running = world.consumer("user");
    consumer.ready().await;
    println!("| relay | load | users | events a second | p50 | p95 | p99 |");
    println!("| --- | --- | ---: | ---: | ---: | ---: | ---: |");

    let mut relay = world.relay("identity");
    relay.ready().await;
    // What comes first meets cold caches, and a group that has just got its partitions.
    sides.insert_all(1, 1000).await;
    let warm = Series { relay: "", load: String::new(), number: 1, users: 1000 };
    sides.wait_for(&warm).await;
    for (number, a_second) in [(2, 100), (3, 500)] {
        let users = sides.insert_steadily(number, a_second).await;
        sides
            .report(&Series { relay: "generated", load: format!("{a_second} a second"), number, users })
            .await;
    }
    sides.insert_all(4, users).await;
    sides.report(&Series { relay: "generated", load: "all at once".to_owned(), number: 4, users }).await;
    tokio::task::block_in_place(|| relay.process.stop());

    let polling = tokio::spawn(polling::relay(sides.owner.clone(), world.kafka.producer()));
    let users = sides.insert_steadily(5, 10).await;
    sides.report(&Series { relay: "polling", load: "10 a second".to_owned(), number: 5, users }).await;
    sides.insert_all(6, 1000).await;
    sides.report(&Series { relay: "polling", load: "all at once".to_owned(), number: 6, users: 1000 }).await;
    polling.abort();
    println!("PostgreSQL {}", world.postgres.version());
}
