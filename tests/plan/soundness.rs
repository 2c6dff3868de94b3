//! What the executor refuses because it does not fit together, each with what it says.

use crate::standing::*;
use freehold::plan::{self, Statement};
use freehold::schema::*;
use std::collections::BTreeMap;

#[test]
fn foreign_keys_point_at_keys() {
    let add = |foreign_key| Statement::AddForeignKey {
        table: name("links"),
        name: "links_fkey".into(),
        foreign_key,
    };
    let two = ForeignKey { columns: vec!["id".into(), "slug".into()], ..foreign_key("id", "users", "id") };
    assert_refused(&[
        (
            add(foreign_key("slug", "users", "email")),
            "constraint `links_fkey` of table `public.links` points at columns of table `public.users` that no primary \
             key, unique constraint or unique index is over",
        ),
        (
            add(foreign_key("missing", "users", "id")),
            "column `missing` of table `public.links` does not stand",
        ),
        (
            add(foreign_key("id", "users", "missing")),
            "column `missing` of table `public.users` does not stand",
        ),
        (add(foreign_key("id", "nowhere", "id")), "table `public.nowhere` does not stand"),
        (
            add(two),
            "constraint `links_fkey` of table `public.links` has another number of columns than what it points at",
        ),
        (
            add(ForeignKey { columns: Vec::new(), ..foreign_key("id", "users", "id") }),
            "constraint `links_fkey` of table `public.links` is over no column",
        ),
    ]);
}

#[test]
fn a_partial_index_is_no_key() {
    let mut schema = standing();
    let partial = Index { unique: true, predicate: Some(text("id > 0")), ..index(&["email"]) };
    plan::apply(&mut schema, &create_index("users", "users_email_idx", partial)).expect("it can be made");
    let add = Statement::AddForeignKey {
        table: name("links"),
        name: "links_fkey".into(),
        foreign_key: foreign_key("slug", "users", "email"),
    };
    assert!(plan::apply(&mut schema, &add).is_err());
    plan::apply(&mut schema, &create_index("users", "whole", Index { unique: true, ..index(&["email"]) }))
        .expect("it can be made");
    assert_eq!(plan::apply(&mut schema, &add), Ok(()));
}

#[test]
fn an_index_whose_key_stands_twice_can_go() {
    let mut schema = standing();
    let again = Index { unique: true, ..index(&["slug"]) };
    let drop = Statement::DropIndex { table: name("posts"), name: "posts_slug_idx".into() };
    plan::apply(&mut schema, &create_index("posts", "again", again)).expect("it can be made");
    assert_eq!(plan::apply(&mut schema, &drop), Ok(()));
}

#[test]
fn keys_of_partitioned_tables_hold_the_partition_column() {
    let mut without = partitioned("x", PartitionMethod::Range);
    without.primary_key = Some(PrimaryKey { name: "x_pkey".into(), columns: vec!["other".into()] });
    let lacking = Index { unique: true, ..index(&["other"]) };
    assert_refused(&[
        (
            create("x", without),
            "constraint `x_pkey` of table `public.x` lacks column `id` of table `public.x`, by which the table is partitioned",
        ),
        (
            create_index("hashed", "i", lacking),
            "index `i` of table `public.hashed` lacks column `id` of table `public.hashed`, by which the table is \
             partitioned",
        ),
        (
            create("x", {
                let partitioning =
                    Partitioning { columns: vec!["missing".into()], method: PartitionMethod::Range };
                Table { partitioning: Some(partitioning), primary_key: None, ..table("x", &[]) }
            }),
            "column `missing` of table `public.x` does not stand",
        ),
    ]);
}

#[test]
fn partitions_fit_their_table() {
    assert_refused(&[
        (
            partition("hashed_p3", hash(3, 4)),
            "partition `hashed_p3` of table `public.hashed` does not have the next remainder",
        ),
        (
            partition("hashed_p2", hash(2, 2)),
            "partition `hashed_p2` of table `public.hashed` has a remainder that its modulus cannot leave",
        ),
        (
            partition("listed_b", list(&["2"])),
            "partition `listed_b` of table `public.listed` takes a value that another partition takes",
        ),
        (
            partition("listed_b", list(&[])),
            "partition `listed_b` of table `public.listed` takes no value, or one twice",
        ),
        (
            Statement::CreatePartition { table: name("listed"), name: "x".into(), bounds: hash(0, 1) },
            "partition `x` of table `public.listed` is of another kind than its table is partitioned by",
        ),
        (
            Statement::CreatePartition { table: name("users"), name: "x".into(), bounds: hash(0, 1) },
            "partition `x` of table `public.users` is of another kind than its table is partitioned by",
        ),
        (
            Statement::DropPartition { table: name("hashed"), name: "hashed_p0".into() },
            "partition `hashed_p0` of table `public.hashed` is not the one with the highest remainder",
        ),
    ]);
}

#[test]
fn statements_fit_together() {
    let with_column = |made: Column| {
        let mut table = table("x", &[]);
        table.columns.insert("a".into(), made);
        create("x", table)
    };
    let object = |what: &str| format!("column `a` of table `public.x` {what}");
    let (two, nullable, comment, default) = (
        object("takes its value from two of default, identity and generated"),
        object("is an identity and nullable"),
        object("has a comment, which no CREATE TABLE can give"),
        object("has a default that uses a column"),
    );
    let own =
        "table `public.x` has partitions, a comment, indexes or triggers, which no CREATE TABLE can give";
    assert_refused(&[
        (with_column(Column { identity: true, default: Some(text("1")), ..column("bigint") }), &two),
        (with_column(Column { identity: true, nullable: true, ..column("bigint") }), &nullable),
        (with_column(Column { comment: Some("x".into()), ..column("bigint") }), &comment),
        (with_column(Column { default: Some(text("id + 1")), ..column("bigint") }), &default),
        (create("x", Table { comment: Some("x".into()), ..table("x", &[]) }), own),
        (
            create("x", Table { indexes: BTreeMap::from([("i".into(), index(&["id"]))]), ..table("x", &[]) }),
            own,
        ),
        (create("x", partitioned("x", PartitionMethod::Hash { partitions: vec!["x_p0".into()] })), own),
        (
            create("x", {
                let mut table = table("x", &[]);
                table.columns["id"].nullable = true;
                table
            }),
            "constraint `x_pkey` of table `public.x` is over a nullable column",
        ),
        (
            create("x", {
                let unique = Unique { columns: vec!["id".into()], nulls_not_distinct: false };
                Table { uniques: BTreeMap::from([("x_key".into(), unique)]), ..table("x", &[]) }
            }),
            "constraint `x_key` of table `public.x` says what another one says, so PostgreSQL makes one of both",
        ),
        (
            create("x", {
                let columns = vec!["id".into(), "id".into()];
                Table { primary_key: Some(PrimaryKey { name: "x_pkey".into(), columns }), ..table("x", &[]) }
            }),
            "constraint `x_pkey` of table `public.x` names a column twice",
        ),
        (
            create_index("users", "i", Index { unique: true, method: "gin".into(), ..index(&["id"]) }),
            "index `i` of table `public.users` is unique, which only an index of method btree can be",
        ),
        (create_index("users", "i", index(&[])), "index `i` of table `public.users` is over no column"),
        (
            create_index("users", "i", Index { comment: Some("x".into()), ..index(&["id"]) }),
            "index `i` of table `public.users` has a comment, which no CREATE INDEX can give",
        ),
        (
            Statement::CreateEnum { name: name("e"), values: vec!["a".into(), "a".into()] },
            "enum `public.e` has a value twice",
        ),
        (
            Statement::CreateTrigger {
                table: name("users"),
                name: "t".into(),
                trigger: trigger("maintain", &[TriggerEvent::Update]),
            },
            "trigger `t` of table `public.users` calls a function that does not return `trigger`",
        ),
        (
            Statement::CreateTrigger {
                table: name("users"),
                name: "t".into(),
                trigger: trigger("on_change", &[TriggerEvent::Update, TriggerEvent::Insert]),
            },
            "trigger `t` of table `public.users` has its events not in order and without repeats",
        ),
        (
            Statement::CreateTrigger {
                table: name("users"),
                name: "t".into(),
                trigger: trigger("on_change", &[TriggerEvent::Update, TriggerEvent::Update]),
            },
            "trigger `t` of table `public.users` has its events not in order and without repeats",
        ),
        (
            Statement::MaintainPartitions { function: name("on_change") },
            "function `public.on_change` can only be called by a trigger",
        ),
    ]);
}
