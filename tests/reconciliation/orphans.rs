//! References of every kind: which rows count as orphans under which policy, wherever they lie.

use crate::pair::{Pair, oldest_and_newest};
use crate::support::Server;
use crate::world::{Report, World};
use crate::{newest, run};
use serde_json::Value;

const REGISTER: &str = r#"
platform shop { consistency percent=100 lag-seconds=1 }
server main class=db.t3.small storage-gb=20 max-connections=300
service owner {
    database owner on=main
    extension citext
    table accounts entity=Account { column id uuid; column deleted_at timestamptz nullable; primary-key id; soft-delete deleted_at }
    topic owner.account of=accounts { event AccountCreated when=created; event AccountDeleted when=deleted }
    table items entity=Item { column id integer; primary-key id }
    topic owner.item of=items { event ItemDeleted when=deleted }
    table codes entity=Code { column id bigint identity; column code "varchar(20)" unique; primary-key id }
    topic owner.code of=codes { event CodeDeleted when=deleted }
    table mails { column address citext; primary-key address }
    table places schema=geo as=places_v2 { column region text; column number integer; column deleted_at timestamptz nullable; primary-key region number; soft-delete deleted_at }
}
service keeper {
    database keeper on=main
    extension citext
    table tickets {
        column id bigint identity
        column account_id uuid nullable
        column item_id integer
        column code text nullable
        column region text nullable
        column number integer nullable
        column address citext nullable
        column subject_kind text nullable
        column subject_id uuid nullable
        column deleted_at timestamptz nullable
        primary-key id
        soft-delete deleted_at
        reference account_id to=owner.accounts on-delete=nullify verify=none
        reference item_id to=owner.items on-delete=delete verify=none
        reference code to=owner.codes.code on-delete=soft-delete verify=none
        reference region number to=owner.places on-delete=keep verify=none
        reference address to=owner.mails on-delete=keep verify=none
        reference subject_id to=owner.accounts on-delete=nullify verify=none when="tickets.subject_kind = 'account' AND id > 0"
    }
}
"#;

async fn world<'a>(owner: &'a Server, keeper: &'a Server) -> World {
    filled(REGISTER, owner, keeper).await
}

/// Thirty rows in each table, and thirty tickets that each refer to one of each.
async fn filled<'a>(register: &str, owner: &'a Server, keeper: &'a Server) -> World {
    let world = World::new(register, |service| if service == "owner" { owner } else { keeper }).await;
    world
        .execute(
            "owner",
            "INSERT INTO accounts (id) SELECT md5(n::text)::uuid FROM generate_series(1, 30) n;
            INSERT INTO items (id) SELECT n FROM generate_series(1, 30) n;
            INSERT INTO codes (code) SELECT 'çode ' || n FROM generate_series(1, 30) n;
            INSERT INTO mails (address) SELECT 'User' || n || '@example.org' FROM generate_series(1, 30) n;
            INSERT INTO geo.places_v2 (region, number) SELECT 'r' || n % 3, n FROM generate_series(1, 30) n",
        )
        .await;
    world
        .execute(
            "keeper",
            "INSERT INTO tickets (id, account_id, item_id, code, region, number, address, subject_kind, subject_id)
            SELECT n, md5(n::text)::uuid, n, 'çode ' || n, 'r' || n % 3, n, 'uSER' || n || '@example.org', 'account',
                md5(n::text)::uuid
            FROM generate_series(1, 30) n",
        )
        .await;
    world
}

/// The orphans of the reference of a column, each with how many rows there are and how the first are called.
fn orphans(report: &Report, column: &str) -> (String, Vec<String>) {
    let check = report.checks().iter().find(|check| check["columns"][0] == column);
    let check = check.unwrap_or_else(|| panic!("{column}: {} {}", report.json, report.errors));
    let one = |orphan: &Value| format!("{} {} {}", orphan["key"], orphan["rows"], orphan["first_rows"]);
    let mut found: Vec<String> = check["first"].as_array().unwrap().iter().map(one).collect();
    found.sort();
    (check["status"].as_str().unwrap().to_owned(), found)
}

async fn prove(owner: &Server, keeper: &Server) {
    let world = world(owner, keeper).await;
    world.reconcile("keeper", 10).assert_clean(7, 180);
    // Keys at the borders of chunks of ten: the first, the last, and those on either side of a border.
    for (table, key) in TARGETS {
        let gone = format!(
            "DELETE FROM {table} WHERE ({key}) IN (
                SELECT {key} FROM (SELECT {key}, row_number() OVER (ORDER BY {key}) n FROM {table}) rows WHERE n IN (1, 10, 11, 30)
            )"
        );
        world.execute("owner", &gone).await;
    }
    world.execute("keeper", "INSERT INTO tickets (id, item_id) VALUES (101, 10), (102, 10), (103, 10)").await;
    for chunk_rows in [10, 1, 1000] {
        let report = world.reconcile("keeper", chunk_rows);
        let (status, found) = orphans(&report, "item_id");
        assert_eq!(status, "beyond_goal");
        let expected = [
            r#"["1"] 1 [["1"]]"#,
            r#"["10"] 4 [["10"],["101"],["102"]]"#,
            r#"["11"] 1 [["11"]]"#,
            r#"["30"] 1 [["30"]]"#,
        ];
        assert_eq!(found, expected);
        for (column, key, status) in KEYS {
            let query = format!(
                "SELECT {key}::text || ' 1 ' || jsonb_build_array(jsonb_build_array(id::text))
                FROM (SELECT *, row_number() OVER (ORDER BY {column}) n FROM tickets WHERE id <= 30) rows
                WHERE n IN (1, 10, 11, 30)"
            );
            let mut expected = world.texts("keeper", &query).await;
            expected.iter_mut().for_each(|orphan| *orphan = orphan.replace("\", \"", "\",\""));
            expected.sort();
            assert_eq!(expected.len(), 4);
            let first = column.split(", ").next().unwrap();
            assert_eq!(orphans(&report, first), (status.to_owned(), expected), "chunks of {chunk_rows}");
        }
        assert_eq!((report.code, report.json["result"].as_str()), (Some(1), Some("beyond_goal")));
    }
}

/// What is referred to, and its key.
const TARGETS: [(&str, &str); 4] =
    [("accounts", "id"), ("items", "id"), ("codes", "code"), ("geo.places_v2", "region, number")];

/// Columns that refer, each of which one ticket has a value in, as JSON and with what an orphan of it is.
const KEYS: [(&str, &str, &str); 4] = [
    ("account_id", "jsonb_build_array(account_id)", "beyond_goal"),
    ("subject_id", "jsonb_build_array(subject_id)", "beyond_goal"),
    ("code", "jsonb_build_array(code)", "beyond_goal"),
    ("region, number", "jsonb_build_array(region, number::text)", "allowed"),
];

#[test]
fn orphans_are_found_wherever_they_lie() {
    let server = newest();
    run(prove(&server, &server));
}

#[test]
fn orphans_are_found_across_versions() {
    let (oldest, newest) = oldest_and_newest();
    for (owner, copy) in [(oldest, newest), (newest, oldest)] {
        let pair = Pair::on_two_servers(owner, copy);
        run(prove(pair.owner(), pair.copy()));
    }
}

#[test]
fn the_policy_says_what_an_orphan_is() {
    let server = newest();
    run(async {
        let world = world(&server, &server).await;
        // Marked as deleted: gone for those who had to follow.
        world.execute("owner", "UPDATE accounts SET deleted_at = now() WHERE id = md5('3')::uuid").await;
        world.execute("owner", "DELETE FROM accounts WHERE id = md5('4')::uuid").await;
        // Its ticket refers to nothing any more: marked as deleted, or NULL.
        world.execute("owner", "DELETE FROM accounts WHERE id IN (md5('5')::uuid, md5('6')::uuid)").await;
        world.execute("keeper", "UPDATE tickets SET deleted_at = now() WHERE id = 5").await;
        world.execute("keeper", "UPDATE tickets SET account_id = NULL, subject_id = NULL WHERE id = 6").await;
        // Not an account at all.
        world.execute("owner", "DELETE FROM accounts WHERE id = md5('7')::uuid").await;
        world.execute("keeper", "UPDATE tickets SET subject_kind = 'robot' WHERE id = 7").await;
        world.execute("keeper", "UPDATE tickets SET subject_kind = NULL WHERE id = 3").await;
        world.execute("owner", "DELETE FROM codes WHERE code = 'çode 8'").await;
        // Kept: still there though marked, partly NULL, and gone.
        world.execute("owner", "UPDATE geo.places_v2 SET deleted_at = now() WHERE number = 9").await;
        world.execute("owner", "DELETE FROM geo.places_v2 WHERE number IN (12, 13)").await;
        world.execute("keeper", "UPDATE tickets SET region = NULL WHERE id = 12").await;
        let report = world.reconcile("keeper", 10);
        let uuid = |number: u32| {
            let hex = [
                "",
                "",
                "",
                "eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3",
                "a87ff679-a2f3-e71d-9181-a67b7542122c",
                "",
                "",
                "8f14e45f-ceea-167a-5a36-dedd4bea2543",
            ];
            format!(r#"["{}"] 1 [["{number}"]]"#, hex[number as usize])
        };
        let mut expected = vec![uuid(3), uuid(4), uuid(7)];
        expected.sort();
        assert_eq!(orphans(&report, "account_id"), ("beyond_goal".to_owned(), expected));
        assert_eq!(orphans(&report, "subject_id"), ("beyond_goal".to_owned(), vec![uuid(4)]));
        assert_eq!(orphans(&report, "item_id"), ("clean".to_owned(), vec![]));
        assert_eq!(
            orphans(&report, "code"),
            ("beyond_goal".to_owned(), vec![r#"["çode 8"] 1 [["8"]]"#.to_owned()])
        );
        assert_eq!(
            orphans(&report, "region"),
            ("allowed".to_owned(), vec![r#"["r1","13"] 1 [["13"]]"#.to_owned()])
        );
        assert_eq!(orphans(&report, "address"), ("clean".to_owned(), vec![]));
    });
}

#[test]
fn orphans_that_the_goal_leaves_are_reported_and_fine() {
    let server = newest();
    run(async {
        let register = REGISTER.replace("percent=100", "percent=96.6");
        let world = filled(&register, &server, &server).await;
        // One of thirty is 3.33 %, two of thirty-one are 6.45 %.
        world.execute("owner", "DELETE FROM items WHERE id = 7").await;
        let report = world.reconcile("keeper", 10);
        let found = vec![r#"["7"] 1 [["7"]]"#.to_owned()];
        assert_eq!(orphans(&report, "item_id"), ("within_goal".to_owned(), found));
        assert_eq!((report.code, report.json["result"].as_str()), (Some(0), Some("within_goal")));
        world.execute("keeper", "INSERT INTO tickets (id, item_id) VALUES (107, 7)").await;
        let report = world.reconcile("keeper", 10);
        assert_eq!(orphans(&report, "item_id").0, "beyond_goal");
        assert_eq!(report.code, Some(1));
    });
}

#[test]
fn orphans_that_may_stay_are_no_mistake() {
    let server = newest();
    run(async {
        let world = world(&server, &server).await;
        world.execute("owner", "DELETE FROM mails; DELETE FROM geo.places_v2").await;
        let report = world.reconcile("keeper", 10);
        assert_eq!(
            (report.code, report.json["result"].as_str()),
            (Some(0), Some("clean")),
            "{}",
            report.errors
        );
        assert_eq!(orphans(&report, "address").0, "allowed");
        assert_eq!(orphans(&report, "region").1.len(), 30);
    });
}
