//! Rules of references: keys, types, policies, checks on insert.

use super::super::check;
use super::{SERVER, assert_found, identity, referring, service};

#[test]
fn a_reference_points_at_a_key() {
    let by_name = "column name text; reference name to=identity.users.username on-delete=keep";
    let missing = ["reference-target-not-a-key"];
    let with = |users: &str| identity(users, "") + &referring(by_name).replace("column user_id uuid", "");
    assert_found(&with(""), &missing);
    assert_found(&with("unique username where=\"username <> ''\""), &missing);
    assert_found(&with("unique username id"), &missing);
    assert_found(&with("unique username"), &[]);
    assert_found(&with("index username unique"), &[]);
    assert_found(&with("index username unique where=\"true\""), &missing);
    assert_found(&with("index \"(lower(username))\" unique"), &missing);
}

#[test]
fn a_key_over_some_rows_is_pointed_at() {
    let by_name = "column name text; reference name to=identity.users.username on-delete=keep";
    let shown = |users: &str| {
        let register = identity(users, "") + &referring(by_name).replace("column user_id uuid", "");
        let (sources, mut findings) = check(&format!("{SERVER}{register}"));
        let finding = findings.remove(0);
        let last = finding.labels.last().unwrap();
        (sources.text(last.place).to_owned(), last.message.clone(), finding.help.unwrap_or_default())
    };
    let (place, message, help) = shown("unique id username; unique username where=\"username <> ''\"");
    assert_eq!(place, "unique username where=\"username <> ''\"");
    assert_eq!(message, "unique only among some rows");
    assert_eq!(help, "refer to the primary key, or make the column unique over all rows");
    assert_eq!(shown("").2, "refer to the primary key, or make the column unique");
}

#[test]
fn a_reference_to_a_partitioned_table_means_the_id_of_its_topic() {
    let content = |topic: &str| {
        service(
            "content",
            &format!(
                "table posts entity=Post {{
        column id uuid
        column at timestamptz
        primary-key id at
        partition at by=range {{ every month; from \"2026-01\" }}
    }}
    {topic}"
            ),
        )
    };
    let topic = "topic content.post of=posts key=id { event PostDeleted when=deleted }";
    let feed = service(
        "feed",
        "table items { column id uuid primary-key; column post_id uuid; reference post_id to=content.posts on-delete=delete }",
    );
    assert_found(&(content(topic) + &feed), &[]);
    let kept = feed.replace("on-delete=delete", "on-delete=keep");
    assert_found(&(content("") + &kept), &["reference-target-not-a-key"]);
    let both = kept.replace("column post_id uuid", "column post_id uuid; column post_at timestamptz");
    let both = both.replace("reference post_id", "reference post_id post_at");
    assert_found(&(content("") + &both), &[]);
}

#[test]
fn a_reference_to_a_table_without_a_key_is_said_at_both() {
    let owner = service("other", "table things { column name text }");
    let own = service(
        "search",
        "table history { column id uuid primary-key; column thing text; reference thing to=other.things on-delete=keep }",
    );
    assert_found(&(owner + &own), &["table-without-primary-key", "reference-target-not-a-key"]);
}

#[test]
fn texts_of_different_limits_agree_when_the_referring_one_is_not_shorter() {
    let pairs = [
        ("text", "\"varchar(10)\"", true),
        ("\"varchar(20)\"", "\"varchar(10)\"", true),
        ("\"varchar(10)\"", "\"varchar(20)\"", false),
        ("\"varchar(10)\"", "text", false),
        ("varchar", "text", true),
        ("bigint", "integer", false),
        ("integer", "bigint", false),
        ("int8", "bigint", true),
        ("\"text[]\"", "text", false),
        ("uuid", "uuid", true),
    ];
    for (own, other, agree) in pairs {
        let owner = service("other", &format!("table things {{ column id {other} primary-key }}"));
        let own_service = service(
            "search",
            &format!(
                "table history {{ column id uuid primary-key; column ref {own}; reference ref to=other.things on-delete=keep }}"
            ),
        );
        let expected: &[&str] = if agree { &[] } else { &["reference-type-mismatch"] };
        assert_found(&(owner + &own_service), expected);
    }
}

#[test]
fn enums_of_two_services_agree_when_their_values_do() {
    let with = |own_values: &str| {
        service("other", "enum kind a b; table kinds { column id kind primary-key }")
            + &service(
                "search",
                &format!(
                    "enum kind {own_values}; table history {{ column id uuid primary-key; column ref kind; reference ref to=other.kinds on-delete=keep }}"
                ),
            )
    };
    assert_found(&with("a b"), &[]);
    assert_found(&with("a c"), &["reference-type-mismatch"]);
    assert_found(
        &with("a b").replace("column ref kind", "column ref \"kind[]\""),
        &["reference-type-mismatch"],
    );
    let renamed = with("a b").replace("enum kind a b; table history", "enum sort a b; table history");
    assert_found(&renamed.replace("column ref kind", "column ref sort"), &["reference-type-mismatch"]);
}

#[test]
fn a_policy_needs_the_event_that_sets_it_off() {
    for policy in ["delete", "nullify", "soft-delete"] {
        let reference = format!(
            "column deleted_at timestamptz nullable; soft-delete deleted_at; reference user_id to=identity.users on-delete={policy}"
        );
        let nullable = referring(&reference).replace("user_id uuid", "user_id uuid nullable");
        assert_found(&(identity("", "") + &nullable), &[]);
        let without = identity("", "")
            .replace("event UserDeleted when=deleted", "")
            .replace(" identity.UserDeleted", "");
        assert_found(&(without + &nullable), &["delete-event-missing"]);
    }
}

#[test]
fn an_event_of_the_application_is_no_delete_event() {
    let published = identity("", "").replace("event UserDeleted when=deleted", "event UserDeleted");
    let deletes = referring("reference user_id to=identity.users on-delete=delete");
    assert_found(&(published + &deletes), &["delete-event-missing"]);
}

#[test]
fn null_goes_only_where_it_may() {
    let refers = |column: &str| {
        referring("reference user_id to=identity.users on-delete=nullify").replace("user_id uuid", column)
    };
    assert_found(&(identity("", "") + &refers("user_id uuid nullable")), &[]);
    assert_found(&(identity("", "") + &refers("user_id uuid")), &["nullify-not-nullable"]);
    let in_key = refers("user_id uuid nullable").replace("column id uuid primary-key", "primary-key user_id");
    assert_found(&(identity("", "") + &in_key), &["contradiction", "nullify-not-nullable"]);
    let foreign_key = |policy: &str, column: &str| {
        service("shop", &format!(
            "table a {{ column id uuid primary-key }}
            table b {{ column id uuid primary-key; column a_id uuid {column}; foreign-key a_id to=a {policy}; index a_id }}"
        ))
    };
    assert_found(&foreign_key("on-delete=set-null", ""), &["nullify-not-nullable"]);
    assert_found(&foreign_key("on-update=set-null", ""), &["nullify-not-nullable"]);
    assert_found(&foreign_key("on-delete=set-null", "nullable"), &[]);
    assert_found(&foreign_key("on-delete=set-default", ""), &[]);
}

#[test]
fn verifying_needs_an_exists_or_a_copy_by_the_same_columns() {
    let rpc = referring("reference user_id to=identity.users on-delete=keep verify=rpc");
    assert_found(&(identity("", "") + &rpc), &[]);
    let by_name = identity("unique username", "").replace("exists users", "exists users by=username");
    assert_found(&(by_name.clone() + &rpc), &["verify-without-means"]);
    let name =
        referring("column name text; reference name to=identity.users.username on-delete=keep verify=rpc")
            .replace("column user_id uuid", "");
    assert_found(&(by_name + &name), &[]);
    let copy = referring("reference user_id to=identity.users on-delete=keep verify=projection");
    assert_found(&(identity("", "") + &copy), &["verify-without-means"]);
    let kept = copy.replace(
        "    table history",
        "    projection accounts of=identity.users { carries username }\n    table history",
    );
    assert_found(&(identity("", "") + &kept), &[]);
    assert_found(&(identity("", "") + &kept.replace("carries username", "")), &[]);
    // A copy that somebody else keeps is none.
    let elsewhere = service("other", "projection accounts of=identity.users { carries username }");
    assert_found(&(identity("", "") + &copy + &elsewhere), &["verify-without-means"]);
}

#[test]
fn a_reference_within_a_service_is_one_finding_whatever_else_is_wrong_with_it() {
    let own = "table a { column id uuid primary-key }
        table b { column id uuid primary-key; column a_id text; reference a_id to=shop.a on-delete=soft-delete verify=rpc; index a_id }";
    assert_found(&service("shop", own), &["reference-within-service"]);
}
