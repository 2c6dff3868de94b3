//! Rules of topics, events and read copies.

use super::super::check;
use super::{SERVER, assert_found, identity, messages, service};

fn keeping(copy: &str) -> String {
    identity("column locale text", "") + &service("search", copy)
}

#[test]
fn a_copy_needs_its_columns_in_created_and_updated_events() {
    assert_found(&keeping("projection accounts of=identity.users { carries username }"), &[]);
    let wants = keeping("projection accounts of=identity.users { carry locale as=language }");
    assert_found(&wants, &["projection-column-not-carried"]);
    let created = wants.replace("when=created", "when=created { carries locale }");
    assert_eq!(messages(&created), ["`accounts` copies `locale`, which `UserUpdated` does not carry"]);
    let both = created.replace("when=updated", "when=updated { carries locale }");
    assert_found(&both, &[]);
}

#[test]
fn a_copy_is_filled_by_the_newest_version_of_an_event() {
    let wants = keeping("projection accounts of=identity.users { carries locale }");
    let newer = wants
        .replace(
            "when=created",
            "when=created\n event UserCreatedAgain when=created version=2 { carries locale }",
        )
        .replace("when=updated", "when=updated { carries locale }");
    assert_found(&newer, &[]);
}

#[test]
fn a_copy_needs_events_at_all() {
    let silent = service("identity", "table users entity=User { column id uuid primary-key }");
    let copy = service("search", "projection accounts of=identity.users { }");
    assert_found(&(silent + &copy), &["projection-column-not-carried"]);
    let only_deleted = identity("", "")
        .replace("event UserCreated when=created", "")
        .replace("event UserUpdated when=updated", "")
        .replace("identity.UserCreated identity.UserUpdated", "");
    assert_found(
        &(only_deleted + &copy),
        &["projection-column-not-carried", "projection-column-not-carried"],
    );
}

#[test]
fn the_id_of_a_topic_holds_a_key() {
    let with = |columns: &str, id: &str| {
        service(
            "a",
            &format!(
                "table t entity=T {{ {columns} }}
            topic a.t of=t key={id} id={id} {{ event TDeleted when=deleted }}"
            ),
        ) + &service("b", "consumes a.TDeleted")
    };
    let key = "column id uuid primary-key; column code text";
    assert_found(&with(key, "id"), &[]);
    assert_found(&with(key, "code"), &["topic-id-not-unique"]);
    let two = "column id uuid; column code text; primary-key id code";
    assert_found(&with(two, "id"), &["topic-id-not-unique"]);
    assert_found(&with(two, "\"code, id\""), &[]);
    assert_found(&with(&format!("{key}; unique code"), "code"), &[]);
    assert_found(
        &with(&format!("{key}; unique code where=\"code <> ''\""), "code"),
        &["topic-id-not-unique"],
    );
    let nullable = "column id uuid primary-key; column code text nullable; unique code";
    assert_found(&with(nullable, "code"), &["topic-id-not-unique"]);
    let partitioned = "column id uuid; column at timestamptz; primary-key id at; partition at by=range { every month; from \"2026-01\" }";
    assert_found(&with(partitioned, "id"), &[]);
    assert_found(&with(partitioned, "at"), &["topic-id-not-unique"]);
}

#[test]
fn a_topic_of_a_table_without_a_key_has_no_id() {
    let keyless = service(
        "a",
        "table t entity=T { column n text }
        topic a.t of=t { event TDeleted when=deleted }",
    ) + &service("b", "consumes a.TDeleted");
    assert_found(&keyless, &["table-without-primary-key", "topic-id-not-unique"]);
}

#[test]
fn what_all_produce_needs_no_database_of_its_owner() {
    let all = "service analytics {
        topic analytics.events producers=all key=kind { event Anything { field kind text } }
    }
    service reader { consumes analytics.Anything }";
    assert_found(all, &[]);
}

#[test]
fn each_way_of_hearing_an_event_counts() {
    let speaks = |event: &str| {
        service(
            "a",
            &format!(
                "table t entity=T {{ column id uuid primary-key }}
            topic a.t of=t key=id {{ {event} }}"
            ),
        )
    };
    let refers = |policy: &str| {
        service(
            "b",
            &format!(
                "table u {{ column id uuid primary-key; column t_id uuid; reference t_id to=a.t on-delete={policy} }}"
            ),
        )
    };
    let unheard = ["event-without-consumer"];
    assert_found(&(speaks("event TDeleted when=deleted") + &refers("delete")), &[]);
    assert_found(&(speaks("event TDeleted when=deleted") + &refers("keep")), &unheard);
    let created = speaks("event TCreated when=created; event TDeleted when=deleted");
    assert_found(&(created + &refers("delete")), &unheard);
    let copied = speaks(
        "event TCreated when=created; event TUpdated when=updated; event TDeleted when=deleted; event TSaid",
    );
    assert_found(&(copied.clone() + &service("b", "projection ts of=a.t { }")), &unheard);
    assert_found(&(copied + &service("b", "projection ts of=a.t { }; consumes a.TSaid")), &[]);
}

#[test]
fn a_table_without_an_entity_is_said_once_for_all_its_uses() {
    let uses = service(
        "a",
        "table things { column id uuid primary-key }
        topic a.thing of=things key=id { event ThingDeleted when=deleted }
        api { get things; list things }",
    ) + &service("b", "consumes a.ThingDeleted");
    assert_found(&uses, &["entity-name-missing"]);
    let (_, findings) = check(&format!("{SERVER}{uses}"));
    assert_eq!(findings[0].labels.len(), 4);
    assert_eq!(findings[0].fix.as_deref(), Some("table things entity=Thing"));
}

#[test]
fn a_compacted_topic_is_keyed_by_its_id_in_any_order() {
    let with = |key: &str| {
        service(
            "a",
            &format!(
                "table t entity=T {{ column a uuid; column b uuid; primary-key a b }}
            topic a.t of=t key={key} compact {{ event TDeleted when=deleted }}"
            ),
        ) + &service("b", "consumes a.TDeleted")
    };
    assert_found(&with("\"b, a\""), &[]);
    assert_found(&with("a"), &["compact-key-not-id"]);
    assert_found(&with("a").replace(" compact", ""), &[]);
}
