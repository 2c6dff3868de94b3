//! Rules of ownership: who owns a table, and who says so.

use super::super::check;
use super::{SERVER, assert_found, identity, messages, referring, service, table};

#[test]
fn a_foreign_key_across_services_is_graded_by_what_it_does() {
    let graded = [
        ("on-delete=cascade", "P0"),
        ("on-delete=set-null", "P0"),
        ("on-delete=set-default", "P0"),
        ("on-update=cascade", "P0"),
        ("on-delete=restrict on-update=set-null", "P0"),
        ("on-delete=restrict", "P1"),
        ("on-delete=no-action", "P1"),
        ("", "P1"),
    ];
    for (policy, grade) in graded {
        let foreign_key = format!("foreign-key user_id to=identity.users {policy}");
        let found = messages(&(identity("", "") + &referring(&foreign_key)));
        assert_eq!(found.len(), 1, "{policy}: {found:?}");
        assert!(found[0].starts_with(grade), "{policy}: {}", found[0]);
    }
}

#[test]
fn a_foreign_key_across_services_says_what_it_does_to_whom() {
    let effects = [
        ("on-delete=cascade", "deletes these rows when `identity` deletes its row"),
        ("on-delete=set-null", "sets these columns to NULL when `identity` deletes its row"),
        ("on-delete=set-default", "sets these columns to their defaults when `identity` deletes its row"),
        ("on-update=cascade", "changes these rows when `identity` changes its key"),
        ("on-delete=restrict", "keeps `identity` from deleting its row while these are there"),
    ];
    for (policy, expected) in effects {
        let foreign_key = format!("foreign-key user_id to=identity.users {policy}");
        let (_, findings) = check(&format!("{SERVER}{}", identity("", "") + &referring(&foreign_key)));
        assert_eq!(findings[0].labels[0].message, expected, "{policy}");
    }
}

fn fix(register: &str) -> String {
    let (_, findings) = check(&format!("{SERVER}{register}"));
    findings.iter().find_map(|finding| finding.fix.clone()).unwrap()
}

#[test]
fn the_reference_to_write_does_what_comes_closest() {
    let offered = [
        ("on-delete=cascade", "on-delete=delete"),
        ("on-delete=set-null", "on-delete=nullify"),
        ("on-delete=set-default", "on-delete=keep"),
        ("on-delete=restrict", "on-delete=keep"),
    ];
    for (policy, expected) in offered {
        let foreign_key = format!("foreign-key user_id to=identity.users {policy}");
        let line = fix(&(identity("", "") + &referring(&foreign_key)));
        assert_eq!(line, format!("reference user_id to=identity.users {expected} verify=rpc"));
    }
}

#[test]
fn the_reference_to_write_marks_rows_where_both_tables_do() {
    let marked = "column deleted_at timestamptz nullable; soft-delete deleted_at";
    let foreign_key = format!("{marked}; foreign-key user_id to=identity.users on-delete=cascade");
    let line = fix(&(identity(marked, "") + &referring(&foreign_key)));
    assert_eq!(line, "reference user_id to=identity.users on-delete=soft-delete verify=rpc");
    let line = fix(&(identity("", "") + &referring(&foreign_key)));
    assert_eq!(line, "reference user_id to=identity.users on-delete=delete verify=rpc");
}

#[test]
fn the_reference_to_write_names_another_key_and_looks_into_a_read_copy() {
    let by_name = "column name text; foreign-key name to=identity.users.username";
    let copy = "projection accounts of=identity.users { key as=user_id; carries username }";
    let register = identity("unique username", "")
        + &referring(by_name).replace("table history", &format!("{copy}\n    table history"));
    let line = fix(&register.replace("column user_id uuid", ""));
    assert_eq!(line, "reference name to=identity.users.username on-delete=keep verify=projection");
}

#[test]
fn the_reference_to_write_means_the_columns_of_the_foreign_key() {
    let posts = |id: &str| {
        let topic =
            format!("topic content.post of=posts key={id} id={id} {{ event PostDeleted when=deleted }}");
        let table = "table posts entity=Post { column id uuid; column code uuid; unique code";
        service("content", &format!("{table}; KEY }}\n{topic}"))
            + &service("archive", "consumes content.PostDeleted")
    };
    let refers = |columns: &str, to: &str| {
        let table = "table items { column id uuid primary-key; column a uuid; column b uuid";
        service("feed", &format!("{table}; foreign-key {columns} to=content.posts{to} }}"))
    };
    let both = posts("code").replace("KEY", "primary-key id code") + &refers("a b", "");
    assert_eq!(fix(&both), "reference a b to=content.posts on-delete=keep verify=none");
    let key = posts("code").replace("KEY", "primary-key id") + &refers("a", "");
    assert_eq!(fix(&key), "reference a to=content.posts.id on-delete=keep verify=none");
    let id = posts("code").replace("KEY", "primary-key id") + &refers("a", ".code");
    assert_eq!(fix(&id), "reference a to=content.posts on-delete=keep verify=none");
}

#[test]
fn a_foreign_key_to_a_read_copy_becomes_a_reference_with_its_policy() {
    for (policy, expected) in [("cascade", "delete"), ("set-null", "nullify"), ("restrict", "keep")] {
        let foreign_key = format!("index user_id; foreign-key user_id to=accounts on-delete={policy}");
        let copying = referring(&foreign_key)
            .replace("    table", "    projection accounts of=identity.users { }\n    table")
            .replace("column user_id uuid", "column user_id uuid nullable");
        let register = identity("", "") + &copying;
        assert_found(&register, &["foreign-key-to-read-copy"]);
        let line = format!("reference user_id to=identity.users on-delete={expected} verify=projection");
        assert_eq!(fix(&register), line);
    }
}

#[test]
fn a_table_of_one_name_in_another_schema_or_under_another_name_is_another() {
    let two = |first: &str, second: &str| {
        let key = "{ column id uuid primary-key }";
        service("a", &format!("table things {first} {key}"))
            + &service("b", &format!("table things {second} {key}"))
    };
    assert_found(&two("", ""), &["duplicate-table"]);
    assert_found(&two("", "schema=other"), &[]);
    assert_found(&two("", "as=b_things"), &[]);
    assert_found(&two("as=same", "as=same"), &["duplicate-table"]);
}

#[test]
fn a_read_copy_is_no_second_owner() {
    let copy = "projection users of=identity.users { carries username }";
    assert_found(&(identity("", "") + &service("search", copy)), &[]);
}

#[test]
fn three_services_with_one_database_are_one_finding_at_all_three() {
    let sharing: String =
        ["a", "b", "c"].map(|name| format!("service {name} {{ database x on=main }}\n")).concat();
    let (_, findings) = check(&format!("{SERVER}{sharing}"));
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].labels.len(), 3);
}

#[test]
fn a_column_that_looks_like_a_reference_is_found_only_where_nothing_speaks_for_it() {
    let found = ["implicit-reference"];
    assert_found(&(identity("", "") + &referring("")), &found);
    assert_found(&(identity("", "") + &referring("reference user_id to=identity.users on-delete=keep")), &[]);
    // Another type, another word, the service's own thing: not what it looks like.
    let other_type = referring("").replace("user_id uuid", "user_id bigint");
    assert_found(&(identity("", "") + &other_type), &[]);
    assert_found(&(identity("", "") + &referring("").replace("user_id", "author_id")), &[]);
    let own = service("search", "table user { column id uuid primary-key; column user_id uuid }");
    assert_found(&(identity("", "") + &own), &[]);
    let copied = referring("projection_goes_here").replace("projection_goes_here", "");
    let copied = copied.replace(
        "    table history",
        "    projection users of=identity.users { carries username }\n    table history",
    );
    assert_found(&(identity("", "") + &copied), &[]);
}

#[test]
fn a_word_that_two_services_have_a_table_for_is_no_reference_to_either() {
    let more = service("profiles", "table user { column id uuid primary-key }");
    assert_found(&(identity("", "") + &more + &referring("")), &[]);
}

#[test]
fn a_table_without_a_key_is_offered_the_one_that_it_has() {
    let (_, findings) =
        check(&format!("{SERVER}{}", table("column code text unique; column other text nullable unique")));
    assert_eq!(findings[0].fix.as_deref(), Some("primary-key code"));
    let (_, findings) = check(&format!("{SERVER}{}", table("column id uuid")));
    assert_eq!(findings[0].fix.as_deref(), Some("primary-key id"));
}
