//! What the executor refuses, each with what it says.

use freehold::plan::{self, Commented, PartitionBounds, Statement};
use freehold::schema::*;
use std::collections::BTreeMap;

fn name(table: &str) -> ObjectName {
    ObjectName::new("public", table)
}

fn text(expression: &str) -> Expression {
    Expression { text: expression.into(), normal_form: None }
}

fn column(data_type: &str) -> Column {
    Column {
        data_type: data_type.into(),
        nullable: false,
        default: None,
        identity: false,
        generated: None,
        comment: None,
    }
}

/// A table of `id bigint` with a primary key and further columns.
fn table(own: &str, columns: &[(&str, &str)]) -> Table {
    let mut table = Table {
        primary_key: Some(PrimaryKey { name: format!("{own}_pkey"), columns: vec!["id".into()] }),
        ..Table::default()
    };
    table.columns.insert("id".into(), column("bigint"));
    table.columns.extend(columns.iter().map(|(name, kind)| ((*name).to_owned(), column(kind))));
    table
}

fn create(own: &str, table: Table) -> Statement {
    Statement::CreateTable { name: name(own), table: Box::new(table) }
}

fn foreign_key(column: &str, target: &str, target_column: &str) -> ForeignKey {
    ForeignKey {
        columns: vec![column.into()],
        target: name(target),
        target_columns: vec![target_column.into()],
        on_delete: ForeignKeyAction::NoAction,
        on_update: ForeignKeyAction::NoAction,
        deferrable: false,
    }
}

fn index(columns: &[&str]) -> Index {
    let part = |column: &&str| IndexPart {
        key: IndexKey::Column((*column).to_owned()),
        descending: false,
        nulls_first: false,
        operator_class: None,
    };
    Index {
        unique: false,
        method: "btree".into(),
        parts: columns.iter().map(part).collect(),
        include: Vec::new(),
        predicate: None,
        nulls_not_distinct: false,
        comment: None,
    }
}

fn create_index(table: &str, own: &str, index: Index) -> Statement {
    Statement::CreateIndex { table: name(table), name: own.into(), index }
}

fn trigger(function: &str, events: &[TriggerEvent]) -> Trigger {
    Trigger { timing: TriggerTiming::Before, events: events.to_vec(), function: name(function) }
}

fn partitioned(own: &str, method: PartitionMethod) -> Table {
    let partitioning = Partitioning { columns: vec!["id".into()], method };
    Table { partitioning: Some(partitioning), ..table(own, &[("other", "text")]) }
}

fn partition(own: &str, bounds: PartitionBounds) -> Statement {
    let table = if matches!(bounds, PartitionBounds::Hash { .. }) { "hashed" } else { "listed" };
    Statement::CreatePartition { table: name(table), name: own.into(), bounds }
}

fn hash(remainder: usize, modulus: usize) -> PartitionBounds {
    PartitionBounds::Hash { modulus, remainder }
}

fn list(values: &[&str]) -> PartitionBounds {
    PartitionBounds::List { values: values.iter().map(|value| (*value).to_owned()).collect() }
}

fn function(own: &str, returns: &str) -> Statement {
    Statement::CreateFunction { name: name(own), returns: returns.into(), body: "BEGIN END".into() }
}

fn node(after: Option<&str>) -> SqlNode {
    SqlNode { after: after.map(name), up: "CREATE VIEW v AS SELECT 1".into(), down: "DROP VIEW v".into() }
}

/// One of everything.
fn standing() -> Schema {
    let referring = Table {
        foreign_keys: BTreeMap::from([("posts_user_fkey".into(), foreign_key("user_id", "users", "id"))]),
        ..table("posts", &[("user_id", "bigint"), ("kind", "mood"), ("email", "citext[]"), ("slug", "text")])
    };
    let by_slug = Index { unique: true, ..index(&["slug"]) };
    let statements = [
        Statement::CreateNamespace { name: "audit".into() },
        Statement::CreateExtension { name: "citext".into() },
        Statement::CreateEnum { name: name("mood"), values: vec!["good".into()] },
        function("on_change", "trigger"),
        function("maintain", "void"),
        create("users", table("users", &[("email", "text")])),
        create("posts", referring),
        create_index("posts", "posts_slug_idx", by_slug),
        create("links", {
            let key = foreign_key("slug", "posts", "slug");
            let foreign_keys = BTreeMap::from([("links_slug_fkey".into(), key)]);
            Table { foreign_keys, ..table("links", &[("slug", "text")]) }
        }),
        Statement::CreateTrigger {
            table: name("posts"),
            name: "changes".into(),
            trigger: trigger("on_change", &[TriggerEvent::Update]),
        },
        create("hashed", partitioned("hashed", PartitionMethod::Hash { partitions: Vec::new() })),
        create("listed", partitioned("listed", PartitionMethod::List { partitions: BTreeMap::new() })),
        partition("hashed_p0", hash(0, 2)),
        partition("hashed_p1", hash(1, 2)),
        partition("listed_a", list(&["1", "2"])),
        Statement::CreateTable {
            name: ObjectName::new("audit", "logs"),
            table: Box::new(table("logs", &[("kind", "mood")])),
        },
        Statement::RunSqlNode { name: "view".into(), node: node(Some("links")) },
    ];
    let mut schema = Schema::default();
    for statement in &statements {
        plan::apply(&mut schema, statement).expect("the schema is sound");
    }
    schema
}

/// Each statement is refused with these words, also by an executor that was there from the start, and changes nothing.
fn assert_refused(cases: &[(Statement, &str)]) {
    let standing = standing();
    for (statement, expected) in cases {
        let mut schema = standing.clone();
        let error = plan::apply(&mut schema, statement).expect_err(&format!("{statement:?} must be refused"));
        assert_eq!(error.to_string(), *expected, "{statement:?}");
        assert_eq!(schema, standing, "{statement:?}");
    }
}

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
            Statement::CreateFunction { name: elsewhere, returns: "void".into(), body: String::new() },
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
            Statement::MaintainPartitions { function: name("on_change") },
            "function `public.on_change` can only be called by a trigger",
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
