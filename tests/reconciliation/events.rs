//! Events that are stuck in the outbox, and processed ones that should be gone.

use crate::world::World;
use crate::{newest, run};

const REGISTER: &str = r#"
platform shop {
    consistency percent=0 lag-seconds=60
    kafka retention-days=7
}
server main class=db.t3.small storage-gb=20 max-connections=300
service owner {
    database owner on=main
    table users entity=User { column id uuid; primary-key id }
    topic owner.user of=users retention-days=20 { event UserCreated when=created }
    consumes keeper.Told
}
service keeper {
    database keeper on=main
    topic keeper.told producers=all key=kind { event Told { field kind text } }
    consumes owner.UserCreated
}
"#;

#[test]
fn stuck_and_undead_events_are_named() {
    let server = newest();
    run(async {
        let world = World::new(REGISTER, |_| &server).await;
        world
            .execute(
                "keeper",
                "INSERT INTO outbox_events (event_id, topic, event_type, partition_key, aggregate_id, payload, occurred_at, parked_at)
                VALUES ('00000000-0000-0000-0000-000000000001', 'keeper.told', 'Told', 'k', 'fresh', '', now(), NULL),
                    ('00000000-0000-0000-0000-000000000002', 'keeper.told', 'Told', 'k', 'almost', '', now() - interval '30 s', NULL)",
            )
            .await;
        world
            .execute(
                "keeper",
                "INSERT INTO processed_events (consumer_group, event_id, processed_at)
                SELECT 'keeper', gen_random_uuid(), now() - days * interval '1 day' FROM unnest(ARRAY[0, 7, 20, 21, 22]) days",
            )
            .await;
        world.reconcile("keeper", 10).assert_clean(2, 0);
        world
            .execute(
                "keeper",
                "UPDATE outbox_events SET occurred_at = now() - interval '2 min', aggregate_id = 'o''ld \"x\" \\ tab\there'
                WHERE aggregate_id = 'almost';
                INSERT INTO outbox_events (event_id, topic, event_type, partition_key, aggregate_id, payload, parked_at)
                VALUES ('00000000-0000-0000-0000-000000000003', 'keeper.told', 'Told', 'k', 'parked', '', now());
                UPDATE processed_events SET event_id = '00000000-0000-0000-0000-000000000004', processed_at = now() - interval '24 days'
                WHERE processed_at < now() - interval '21 days 12 hours'",
            )
            .await;
        let report = world.reconcile("keeper", 10);
        // The goal leaves rows that differ, and no event that is stuck.
        assert_eq!(report.code, Some(1), "{}", report.errors);
        let [outbox, processed] = report.checks() else { panic!("{}", report.json) };
        assert_eq!(
            (outbox["status"].as_str(), &outbox["differences"]["stuck"]),
            (Some("beyond_goal"), &2.into())
        );
        let stuck: Vec<&str> = outbox["first"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["event"]["aggregate_id"].as_str().unwrap())
            .collect();
        assert_eq!(stuck, ["o'ld \"x\" \\ tab\there", "parked"]);
        assert_eq!(processed["differences"]["undead"], 1);
        assert_eq!(processed["first"][0]["event"]["event_id"], "00000000-0000-0000-0000-000000000004");
        // The owner keeps what it processed for as long as the platform's topics, which are shorter than its own.
        world.execute("owner", "INSERT INTO processed_events VALUES ('owner', gen_random_uuid(), now() - interval '11 days')").await;
        assert_eq!(world.reconcile("owner", 10).checks()[1]["differences"]["undead"], 1);
    });
}
