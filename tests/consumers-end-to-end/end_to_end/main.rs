//! Nova's identity, user, moderation and search with Apache Kafka and PostgreSQL: 2,000 users come, change and go, while the relay, a
//! consumer, the broker and the server are killed and a group rebalances. In the end everything is everywhere, once.
#![expect(clippy::disallowed_methods, reason = "the test reads what scripts say, and waits for what happens")]

mod checks;
mod planted;

use checks::Databases;
use freehold_end_to_end_tests::{
    CONSUMERS, Load, Owners, PUBLISHED, REASON, Referring, World, insert_without_events, programs, until,
};
use planted::Refused;
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many users come, change and go.
const USERS: usize = 2000;
/// How many more are in identity from the start, of whom no event ever tells.
const SILENT: usize = 100;
/// More rows than a step of a delete policy changes.
const MANY: i32 = 2500;
/// How long it may take after the load until all is quiet.
const QUIET: Duration = Duration::from_secs(120);

/// Whatever is put aside, or counted against an event in an outbox, is noted for good.
const TROUBLE: &str = "
    CREATE TABLE trouble (partition_key text, last_error text);
    CREATE FUNCTION note_trouble() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO trouble VALUES (NEW.partition_key, NEW.last_error);
        RETURN NULL;
    END $$;";
const TROUBLE_OF_OUTBOX: &str =
    "CREATE TRIGGER trouble AFTER UPDATE ON outbox_events FOR EACH ROW EXECUTE FUNCTION note_trouble()";
const TROUBLE_OF_CONSUMER: &str =
    "CREATE TRIGGER trouble AFTER INSERT ON parked_events FOR EACH ROW EXECUTE FUNCTION note_trouble()";
/// What the handlers of search write and read.
const HANDLERS: &str =
    "CREATE TABLE handled (event_id uuid, event_type text); CREATE TABLE refused (aggregate_key text)";

/// Says how far it is: what takes how long is seen with `--nocapture`.
struct Clock(Instant);

impl Clock {
    fn say(&self, what: &str) {
        println!("{:6.1} s  {what}", self.0.elapsed().as_secs_f64());
    }
}

async fn prepare(world: &World, load: &Load, owners: &Owners) {
    for service in ["identity", "user", "moderation", "search"] {
        world.postgres.execute_as_owner(service, TROUBLE);
    }
    for service in ["identity", "user"] {
        world.postgres.execute_as_owner(service, PUBLISHED);
        world.postgres.execute_as_owner(service, TROUBLE_OF_OUTBOX);
    }
    for consumer in &CONSUMERS {
        world.postgres.execute_as_owner(consumer.service, TROUBLE_OF_CONSUMER);
    }
    world.postgres.execute_as_owner("search", HANDLERS);
    world.postgres.execute_as_owner("moderation", REASON);
    let silent: Vec<String> = (0..SILENT).map(|_| Uuid::now_v7().to_string()).collect();
    let there = load.users().filter(|user| user.was_there).map(|user| user.id.as_str());
    let there: Vec<&str> = there.chain(silent.iter().map(String::as_str)).collect();
    insert_without_events(&owners.identity, &there).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everything_is_everywhere_once_whatever_is_killed() {
    let clock = Clock(Instant::now());
    let mut world = World::start(programs!()).await;
    clock.say("servers run");
    let owners = Owners::new(&world.postgres, 8);
    let referring = Referring::new(&world.postgres, 8);
    let databases = Databases::new(&world);
    let mut load = Load::new(USERS);
    prepare(&world, &load, &owners).await;

    let mut identity_relay = world.relay("identity");
    let user_relay = world.relay("user");
    let user = world.consumer("user");
    let moderation = world.consumer("moderation");
    let mut search = world.consumer("search");
    search.ready().await;
    clock.say("programs run");

    load.start(&owners, &referring);
    let many = load.users().find(|user| user.was_there && user.was_deleted()).unwrap();
    let insert = "INSERT INTO search_history (user_id, query_type, query_text)
        SELECT $1::text::uuid, 'people', $1 FROM generate_series(1, $2)";
    sqlx::query(insert).bind(&many.id).bind(MANY).execute(databases.of("search")).await.unwrap();
    load.go_on_to(10).await;
    planted::publish_nonsense(&world.kafka).await;

    load.go_on_to(20).await;
    clock.say("the relay of identity is killed");
    identity_relay.process.kill();
    identity_relay = world.relay("identity");

    load.go_on_to(30).await;
    clock.say("the consumer of search is killed");
    search.process.kill();
    search = world.consumer("search");

    load.go_on_to(45).await;
    clock.say("PostgreSQL is killed");
    world.postgres.kill();
    tokio::time::sleep(Duration::from_secs(1)).await;
    world.postgres.resume().await;

    load.go_on_to(60).await;
    clock.say("the broker is killed");
    tokio::task::block_in_place(|| world.kafka.kill());
    tokio::time::sleep(Duration::from_secs(1)).await;
    tokio::task::block_in_place(|| world.kafka.resume());

    load.go_on_to(75).await;
    clock.say("a second replica of the consumer of search comes");
    let mut second = world.replica("search", "search-consumer-2");
    second.ready().await;
    until("the second replica works", Duration::from_secs(60), || async {
        let applied = second.messages(planted::USERS, "Applied");
        if applied > 0.0 { Ok(()) } else { Err("it has done nothing".to_owned()) }
    })
    .await;
    load.go_on_to(85).await;
    clock.say("the second replica goes");
    tokio::task::block_in_place(|| second.process.stop());

    clock.say("a user's events are refused; the copy of search is filled again");
    let refused = Refused::plant(&owners, databases.of("search")).await;
    sqlx::query("DELETE FROM projection_fills").execute(databases.of("search")).await.unwrap();
    load.go_on_to(95).await;
    refused.mend().await;
    let again = planted::publish_again(&world).await;
    planted::publish_unknown(&world.kafka).await;
    clock.say(&format!("{again} messages came again"));
    load.finish().await;
    clock.say("the load ends");

    let deadline = Instant::now() + QUIET;
    while let Err(restless) = checks::restlessness(&world, &databases).await {
        let logs = [&identity_relay, &user_relay, &user, &moderation, &search];
        let logs =
            logs.map(|program| format!("{}:\n{}", program.process.name, program.process.last_of_log()));
        assert!(Instant::now() < deadline, "not quiet: {restless}\n{}", logs.join("\n"));
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    clock.say("all is quiet");

    let mut faults = checks::faults(&world, &databases, &load, &refused).await;
    clock.say("copies, references, effects and dead letters are compared");
    for consumer in [&user, &moderation] {
        if consumer.messages(planted::USERS, "Unknown") < 1.0 {
            faults.push(format!("{} has not counted the event that it does not know", consumer.process.name));
        }
    }
    if faults.is_empty() {
        for consumer in &CONSUMERS {
            let service = consumer.service;
            faults.extend(tokio::task::block_in_place(|| checks::reconciliation(&world, service)).err());
        }
        clock.say("reconciliation has ended");
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
    for program in [identity_relay, user_relay, user, moderation, search] {
        tokio::task::block_in_place(|| program.process.stop());
    }
    clock.say("all programs have ended as they were told");
}
