//! A pair on which writes go on: what is on its way is no difference, and what is lost on the way is one.

use crate::newest;
use crate::run;
use crate::support::{ADMINISTRATOR, Server};
use crate::world::World;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use tokio_postgres::Client;

const REGISTER: &str = r#"
platform shop { consistency percent=100 lag-seconds=2 }
server main class=db.t3.small storage-gb=20 max-connections=300
service owner {
    database owner on=main
    table items entity=Item {
        column id integer; column name text; column touched bigint default=0; column deleted_at timestamptz nullable
        primary-key id
        soft-delete deleted_at
    }
    topic owner.item of=items { carries name; event ItemCreated when=created; event ItemUpdated when=updated; event ItemDeleted when=deleted }
}
service keeper {
    database keeper on=main
    table tickets { column id bigint identity; column item_id integer; primary-key id
        reference item_id to=owner.items on-delete=delete verify=none
    }
    projection copied of=owner.items { carries name }
}
"#;

/// How many rows there are at first.
const ROWS: i32 = 400;
/// How long an event is on its way.
const DELAY: Duration = Duration::from_millis(150);
/// Rows whose events get lost.
const LOST: [i32; 4] = [7, 8, 9, 10];

/// One change of the owner: what it does there, and what its event does in the copy. `n` counts changes, `id` is a row.
fn change(n: i32, id: i32) -> (String, String) {
    let copied = |values: &str, update: &str| {
        format!(
            "INSERT INTO copied (id, name, source_version, source_deleted_at) VALUES ({values}) ON CONFLICT (id) DO UPDATE SET {update}"
        )
    };
    match n % 5 {
        // A change that no event tells of, so that versions drift apart.
        0 => (
            format!("UPDATE items SET touched = touched + 1 WHERE id = {id} RETURNING row_version, name"),
            String::new(),
        ),
        1 => (
            format!("INSERT INTO items (id, name) VALUES ({}, 'new') RETURNING row_version, name", ROWS + n),
            copied(&format!("{}, 'new', 1, NULL", ROWS + n), "name = 'new'"),
        ),
        2 => (
            format!("UPDATE items SET deleted_at = now() WHERE id = {id} RETURNING row_version, name"),
            format!(
                "UPDATE copied SET source_deleted_at = now(), source_version = $1 WHERE id = {id}; DELETE FROM tickets WHERE item_id = {id}"
            ),
        ),
        3 => (
            format!(
                "UPDATE items SET deleted_at = NULL, name = 'back {n}' WHERE id = {id} RETURNING row_version, name"
            ),
            copied(
                &format!("{id}, 'back {n}', $1, NULL"),
                &format!("name = 'back {n}', source_version = $1, source_deleted_at = NULL"),
            ),
        ),
        _ => (
            format!("UPDATE items SET name = 'name {n}' WHERE id = {id} RETURNING row_version, name"),
            copied(
                &format!("{id}, 'name {n}', $1, NULL"),
                &format!("name = 'name {n}', source_version = $1"),
            ),
        ),
    }
}

/// Writes until told to stop; every event arrives, in order, a while later. Gives how many changes there were.
async fn write(owner: Client, keeper: Client, first: i32, stop: Arc<AtomicBool>) -> i32 {
    let mut on_their_way: VecDeque<(Instant, String)> = VecDeque::new();
    let mut n = first;
    while !stop.load(Ordering::Relaxed) || !on_their_way.is_empty() {
        while on_their_way.front().is_some_and(|(due, _)| *due <= Instant::now()) {
            let (_, event) = on_their_way.pop_front().unwrap();
            keeper.batch_execute(&event).await.unwrap();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
        if stop.load(Ordering::Relaxed) {
            continue;
        }
        n += 1;
        // A few rows change all the time, others now and then; those of lost events not at all.
        let id = if n % 3 == 0 { 20 + n % 4 } else { 30 + (n * 37) % (ROWS - 30) };
        let (statement, event) = change(n, id);
        if let Some(row) = owner.query(&statement, &[]).await.unwrap().first() {
            let version: i64 = row.get(0);
            on_their_way.push_back((Instant::now() + DELAY, event.replace("$1", &version.to_string())));
        }
    }
    n - first
}

async fn prove(server: &Server) {
    let world = World::new(REGISTER, |_| server).await;
    let rows = format!("FROM generate_series(1, {ROWS}) n");
    world.execute("owner", &format!("INSERT INTO items (id, name) SELECT n, 'name ' || n {rows}")).await;
    world
        .execute(
            "keeper",
            &format!("INSERT INTO copied (id, name, source_version) SELECT n, 'name ' || n, 1 {rows}"),
        )
        .await;
    world.execute("keeper", &format!("INSERT INTO tickets (item_id) SELECT n {rows}")).await;
    for round in 0..2 {
        let stop = Arc::new(AtomicBool::new(false));
        let clients =
            [server.connect("owner", ADMINISTRATOR).await, server.connect("keeper", ADMINISTRATOR).await];
        let [owner, keeper] = clients;
        let writer = tokio::spawn(write(owner, keeper, round * 100_000, stop.clone()));
        let mut command = world.command("keeper");
        command.env("FREEHOLD_CHUNK_ROWS", "25");
        let report =
            tokio::task::spawn_blocking(move || crate::world::Report::of(&mut command)).await.unwrap();
        stop.store(true, Ordering::Relaxed);
        let changes = writer.await.unwrap();
        assert!(changes > 200, "only {changes} changes: too few to prove anything");
        if round == 0 {
            assert!(
                report.errors.contains("rows differ in"),
                "no row was seen on its way:\n{}",
                report.errors
            );
            assert_eq!((report.code, report.found()), (Some(0), BTreeSet::new()), "{}", report.errors);
            // From now on some events are lost: of a change, a creation, a deletion and one that makes an orphan.
            let [changed, created, deleted, removed] = LOST;
            world.execute("owner", &format!("UPDATE items SET name = 'changed' WHERE id = {changed}; UPDATE items SET deleted_at = now() WHERE id = {deleted}; DELETE FROM items WHERE id = {removed}")).await;
            world.execute("keeper", &format!("DELETE FROM copied WHERE id = {created}")).await;
        } else {
            let named =
                |table: &str, kind: &str, id: i32| (table.to_owned(), kind.to_owned(), format!("[\"{id}\"]"));
            let [changed, created, deleted, removed] = LOST;
            let expected = [
                named("copied", "different", changed),
                named("copied", "missing", created),
                named("copied", "tombstone_missing", deleted),
                named("copied", "surplus", removed),
                named("tickets", "orphan", deleted),
                named("tickets", "orphan", removed),
            ];
            assert_eq!(
                (report.code, report.found()),
                (Some(1), BTreeSet::from(expected)),
                "{}",
                report.errors
            );
        }
    }
}

#[test]
fn only_what_is_lost_is_reported_while_writes_go_on() {
    let server = newest();
    run(prove(&server));
}

/// A snapshot that lasts keeps PostgreSQL from clearing away what was deleted since.
#[test]
fn every_chunk_is_read_under_a_snapshot_of_its_own() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        let rows = "FROM generate_series(1, 20000) n";
        world.execute("owner", &format!("INSERT INTO items (id, name) SELECT n, 'n' {rows}")).await;
        world
            .execute(
                "keeper",
                &format!("INSERT INTO copied (id, name, source_version) SELECT n, 'n', 1 {rows}"),
            )
            .await;
        let mut command = world.command("keeper");
        command.env("FREEHOLD_CHUNK_ROWS", "1");
        let script = tokio::task::spawn_blocking(move || crate::world::Report::of(&mut command));
        // When the transaction of a session began.
        let query = "SELECT usename || ' ' || xact_start FROM pg_stat_activity
            WHERE application_name = 'freehold reconciliation' AND query LIKE 'EXECUTE chunk_digest%' AND xact_start IS NOT NULL";
        let mut seen = BTreeSet::new();
        while !script.is_finished() {
            seen.extend(world.texts("owner", query).await);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        script.await.unwrap().assert_clean(3, 20000);
        for role in ["owner_reconciler", "keeper_reconciler"] {
            let transactions = seen.iter().filter(|transaction| transaction.starts_with(role)).count();
            assert!(transactions > 3, "{transactions} transactions of {role} for 20000 chunks");
        }
    });
}
