//! What the executor refuses because of what stands or does not, each with what it says.

use crate::standing::*;
use freehold::plan::{self, Commented, Statement};
use freehold::schema::*;
use std::collections::BTreeMap;

#[test]
fn what_stands_is_not_made_again() {
    assert_refused(&[
        (Statement::CreateNamespace { name: "audit".into() }, "schema `audit` stands already"),
        (Statement::CreateNamespace { name: "public".into() }, "schema `public` stands already"),
        (Statement::CreateExtension { name: "citext".into() }, "extension `citext` stands already"),
        (
            Statement::CreateEnum { name: name("mood"), values: Vec::new() },
            "enum `public.mood` stands already",
        ),
        (function("maintain", "void"), "function `public.maintain` stands already"),
        (create("users", table("users", &[])), "table `public.users` stands already"),
        (
            create_index("posts", "posts_slug_idx", index(&["id"])),
            "index `posts_slug_idx` of table `public.posts` stands already",
        ),
        (
            Statement::AddForeignKey {
                table: name("posts"),
                name: "posts_pkey".into(),
                foreign_key: foreign_key("id", "users", "id"),
            },
            "constraint `posts_pkey` of table `public.posts` stands already",
        ),
        (
            Statement::CreateTrigger {
                table: name("posts"),
                name: "changes".into(),
                trigger: trigger("on_change", &[TriggerEvent::Delete]),
            },
            "trigger `changes` of table `public.posts` stands already",
        ),
        (partition("listed_a", list(&["3"])), "partition `listed_a` of table `public.listed` stands already"),
        (Statement::RunSqlNode { name: "view".into(), node: node(None) }, "sql node `view` stands already"),
    ]);
}

#[test]
fn names_are_taken_once_in_a_namespace() {
    assert_refused(&[
        (
            create_index("users", "posts", index(&["id"])),
            "index `posts` of table `public.users` cannot have the name of table `public.posts`",
        ),
        (
            create("posts_pkey", table("x", &[])),
            "table `public.posts_pkey` cannot have the name of constraint `posts_pkey` of table `public.posts`",
        ),
        (
            create("x", table("users", &[])),
            "constraint `users_pkey` of table `public.x` cannot have the name of constraint `users_pkey` of table \
             `public.users`",
        ),
        (create("mood", table("x", &[])), "table `public.mood` cannot have the name of enum `public.mood`"),
        (
            Statement::CreateEnum { name: name("users"), values: Vec::new() },
            "enum `public.users` cannot have the name of table `public.users`",
        ),
        (
            partition("users", list(&["3"])),
            "partition `users` of table `public.listed` cannot have the name of table `public.users`",
        ),
        (
            create("y_pkey", table("y", &[])),
            "constraint `y_pkey` of table `public.y_pkey` cannot have the name of table `public.y_pkey`",
        ),
        (
            create("x", {
                let unique = Unique { columns: vec!["id".into()], nulls_not_distinct: false };
                Table { uniques: BTreeMap::from([("x_pkey".into(), unique)]), ..table("x", &[]) }
            }),
            "constraint `x_pkey` of table `public.x` stands already",
        ),
    ]);
}

#[test]
fn what_is_needed_must_stand() {
    let elsewhere = ObjectName::new("elsewhere", "x");
    let nowhere = name("nowhere");
    assert_refused(&[
        (
            Statement::CreateTable { name: elsewhere.clone(), table: Box::new(table("x", &[])) },
            "schema `elsewhere` does not stand",
        ),
        (
            Statement::CreateEnum { name: elsewhere.clone(), values: Vec::new() },
            "schema `elsewhere` does not stand",
        ),
        (
            Statement::CreateFunction {
                name: elsewhere,
                returns: "void".into(),
                settings: BTreeMap::new(),
                body: String::new(),
            },
            "schema `elsewhere` does not stand",
        ),
        (create("x", table("x", &[("a", "hstore")])), "type `hstore` does not stand"),
        (create("x", table("x", &[("a", "moods")])), "type `moods` does not stand"),
        (
            create_index("users", "i", index(&["missing"])),
            "column `missing` of table `public.users` does not stand",
        ),
        (create_index("nowhere", "i", index(&["id"])), "table `public.nowhere` does not stand"),
        (
            create_index("users", "i", Index { include: vec!["missing".into()], ..index(&["id"]) }),
            "column `missing` of table `public.users` does not stand",
        ),
        (
            create_index("users", "i", Index { predicate: Some(text("missing > 0")), ..index(&["id"]) }),
            "column `missing` of table `public.users` does not stand",
        ),
        (
            create("x", {
                let check = Check { expression: text("missing > 0") };
                Table { checks: BTreeMap::from([("c".into(), check)]), ..table("x", &[]) }
            }),
            "column `missing` of table `public.x` does not stand",
        ),
        (
            create("x", {
                let mut table = table("x", &[]);
                let generated = Some(text("missing + 1"));
                table.columns.insert("g".into(), Column { generated, ..column("bigint") });
                table
            }),
            "column `missing` of table `public.x` does not stand",
        ),
        (
            Statement::CreateTrigger {
                table: name("users"),
                name: "t".into(),
                trigger: trigger("nowhere", &[TriggerEvent::Update]),
            },
            "function `public.nowhere` does not stand",
        ),
        (
            Statement::SetComment { on: Commented::Column(name("users"), "missing".into()), text: None },
            "column `missing` of table `public.users` does not stand",
        ),
        (
            Statement::SetComment { on: Commented::Enum(nowhere.clone()), text: None },
            "enum `public.nowhere` does not stand",
        ),
        (
            Statement::RunSqlNode { name: "n".into(), node: node(Some("nowhere")) },
            "table `public.nowhere` does not stand",
        ),
        (Statement::MaintainPartitions { function: nowhere }, "function `public.nowhere` does not stand"),
    ]);
}

#[test]
fn what_does_not_stand_is_not_dropped() {
    let nowhere = name("nowhere");
    let missing = || (name("users"), "missing".to_owned());
    let (table, own) = missing();
    assert_refused(&[
        (Statement::DropNamespace { name: "missing".into() }, "schema `missing` does not stand"),
        (Statement::DropExtension { name: "missing".into() }, "extension `missing` does not stand"),
        (Statement::DropEnum { name: nowhere.clone() }, "enum `public.nowhere` does not stand"),
        (Statement::DropFunction { name: nowhere.clone() }, "function `public.nowhere` does not stand"),
        (Statement::DropTable { name: nowhere }, "table `public.nowhere` does not stand"),
        (
            Statement::DropPartition { table: table.clone(), name: own.clone() },
            "partition `missing` of table `public.users` does not stand",
        ),
        (
            Statement::DropForeignKey { table: table.clone(), name: own.clone() },
            "constraint `missing` of table `public.users` does not stand",
        ),
        (
            Statement::DropIndex { table: table.clone(), name: own.clone() },
            "index `missing` of table `public.users` does not stand",
        ),
        (
            Statement::DropTrigger { table, name: own },
            "trigger `missing` of table `public.users` does not stand",
        ),
        (
            Statement::UndoSqlNode { name: "missing".into(), down: String::new() },
            "sql node `missing` does not stand",
        ),
        (
            Statement::UndoSqlNode { name: "view".into(), down: "DROP VIEW other".into() },
            "sql node `view` is undone by another statement",
        ),
    ]);
}

#[test]
fn what_is_needed_is_not_dropped() {
    assert_refused(&[
        (Statement::DropNamespace { name: "audit".into() }, "schema `audit` is needed by table `audit.logs`"),
        (
            Statement::DropExtension { name: "citext".into() },
            "extension `citext` is needed by column `email` of table `public.posts`",
        ),
        (
            Statement::DropEnum { name: name("mood") },
            "enum `public.mood` is needed by column `kind` of table `audit.logs`",
        ),
        (
            Statement::DropFunction { name: name("on_change") },
            "function `public.on_change` is needed by trigger `changes` of table `public.posts`",
        ),
        (
            Statement::DropTable { name: name("users") },
            "table `public.users` is needed by constraint `posts_user_fkey` of table `public.posts`",
        ),
        (Statement::DropTable { name: name("links") }, "table `public.links` is needed by sql node `view`"),
        (
            Statement::DropIndex { table: name("posts"), name: "posts_slug_idx".into() },
            "index `posts_slug_idx` of table `public.posts` is needed by constraint `links_slug_fkey` of table \
             `public.links`",
        ),
    ]);
}

#[test]
fn what_is_no_longer_needed_can_go() {
    let mut schema = standing();
    let statements = [
        Statement::UndoSqlNode { name: "view".into(), down: "DROP VIEW v".into() },
        Statement::DropForeignKey { table: name("links"), name: "links_slug_fkey".into() },
        Statement::DropIndex { table: name("posts"), name: "posts_slug_idx".into() },
        Statement::DropTrigger { table: name("posts"), name: "changes".into() },
        Statement::DropFunction { name: name("on_change") },
        Statement::DropTable { name: name("links") },
        Statement::DropTable { name: name("posts") },
        Statement::DropExtension { name: "citext".into() },
        Statement::DropTable { name: name("users") },
        Statement::DropPartition { table: name("hashed"), name: "hashed_p1".into() },
        Statement::DropPartition { table: name("listed"), name: "listed_a".into() },
        Statement::DropTable { name: name("hashed") },
        Statement::DropTable { name: name("listed") },
        Statement::DropTable { name: ObjectName::new("audit", "logs") },
        Statement::DropNamespace { name: "audit".into() },
        Statement::DropEnum { name: name("mood") },
        Statement::DropFunction { name: name("maintain") },
    ];
    let mut executor = plan::Executor::new(schema.clone());
    for statement in &statements {
        assert_eq!(plan::apply(&mut schema, statement), Ok(()), "{statement:?}");
        assert_eq!(executor.apply(statement), Ok(()), "{statement:?}");
    }
    assert_eq!(schema, Schema::default());
    assert_eq!(executor.into_schema(), Schema::default());
}
