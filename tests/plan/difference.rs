//! What is said of two schemas that differ: each kind of thing, missing, too much or changed.

use crate::standing::*;
use freehold::plan;
use freehold::schema::*;

/// What is said of the schema with one of everything after a change to it.
fn said(change: impl FnOnce(&mut Schema)) -> Option<String> {
    let mut changed = standing();
    change(&mut changed);
    plan::difference(&changed, &standing())
}

fn assert_said(change: impl FnOnce(&mut Schema), expected: &str) {
    assert_eq!(said(change).as_deref(), Some(expected));
}

#[test]
fn a_schema_does_not_differ_from_itself() {
    assert_eq!(said(|_| ()), None);
    let move_last_to_front = |schema: &mut Schema| {
        let posts = schema.tables.get_mut(&name("posts")).expect("it stands");
        posts.columns.move_index(posts.columns.len() - 1, 0);
    };
    assert_eq!(said(move_last_to_front), None, "PostgreSQL cannot move a column");
}

#[test]
fn what_is_missing_is_named() {
    assert_said(|schema| schema.namespaces.clear(), "schema `audit` is missing");
    assert_said(|schema| schema.extensions.clear(), "extension `citext` is missing");
    assert_said(|schema| schema.enums.clear(), "enum `public.mood` is missing");
    assert_said(
        |schema| drop(schema.functions.remove(&name("maintain"))),
        "function `public.maintain` is missing",
    );
    assert_said(|schema| drop(schema.tables.remove(&name("links"))), "table `public.links` is missing");
    assert_said(|schema| schema.sql_nodes.clear(), "sql node `view` is missing");
}

#[test]
fn what_is_too_much_is_named() {
    let extra = || "extra".to_owned();
    assert_said(|schema| assert!(schema.namespaces.insert(extra())), "schema `extra` is too much");
    assert_said(|schema| assert!(schema.extensions.insert(extra())), "extension `extra` is too much");
    let add_table = |schema: &mut Schema| drop(schema.tables.insert(name("extra"), table("extra", &[])));
    assert_said(add_table, "table `public.extra` is too much");
    assert_said(|schema| drop(schema.sql_nodes.insert(extra(), node(None))), "sql node `extra` is too much");
}

#[test]
fn what_changed_is_named_among_what_did_not() {
    assert_said(
        |schema| schema.enums.values_mut().for_each(|mood| mood.values.push("bad".into())),
        "enum `public.mood` differs",
    );
    assert_said(
        |schema| schema.functions.get_mut(&name("on_change")).expect("it stands").body.push(' '),
        "function `public.on_change` differs",
    );
    assert_said(|schema| schema.sql_nodes["view"].after = None, "sql node `view` differs");
    let two_nodes = |schema: &mut Schema| {
        schema.sql_nodes.insert("another".into(), node(None));
    };
    let (mut actual, mut expected) = (standing(), standing());
    two_nodes(&mut actual);
    two_nodes(&mut expected);
    actual.sql_nodes["another"].up.push(' ');
    assert_eq!(plan::difference(&actual, &expected).as_deref(), Some("sql node `another` differs"));
}

type TableChange<'a> = &'a dyn Fn(&mut Table);

#[test]
fn a_part_of_a_table_is_named_with_its_table() {
    let unique = || Unique { columns: vec!["slug".into()], nulls_not_distinct: false };
    let changes: [(&str, TableChange); 16] = [
        ("column `slug` is missing", &|posts| drop(posts.columns.shift_remove("slug"))),
        ("column `x` is too much", &|posts| drop(posts.columns.insert("x".into(), column("text")))),
        ("column `slug` differs", &|posts| posts.columns["slug"].nullable = true),
        ("unique constraint `k` is too much", &|posts| drop(posts.uniques.insert("k".into(), unique()))),
        ("check `c` is too much", &|posts| {
            posts.checks.insert("c".into(), Check { expression: text("id > 0") });
        }),
        ("foreign key `posts_user_fkey` is missing", &|posts| posts.foreign_keys.clear()),
        ("foreign key `posts_user_fkey` differs", &|posts| {
            posts.foreign_keys.values_mut().for_each(|key| key.deferrable = true);
        }),
        ("index `posts_slug_idx` is missing", &|posts| posts.indexes.clear()),
        ("index `posts_slug_idx` differs", &|posts| {
            posts.indexes.values_mut().for_each(|index| index.unique = false);
        }),
        ("trigger `changes` is missing", &|posts| posts.triggers.clear()),
        ("trigger `changes` differs", &|posts| {
            posts.triggers.values_mut().for_each(|trigger| trigger.timing = TriggerTiming::After);
        }),
        ("trigger `changes` differs", &|posts| {
            posts.triggers.values_mut().for_each(|trigger| trigger.level = TriggerLevel::Statement);
        }),
        ("primary key differs", &|posts| posts.primary_key = None),
        ("partitioning differs", &|posts| {
            let method = PartitionMethod::Range;
            posts.partitioning = Some(Partitioning { columns: vec!["id".into()], method });
        }),
        ("comment differs", &|posts| posts.comment = Some("x".into())),
        // Of several, the first column that differs, not one that does not.
        ("column `email` differs", &|posts| {
            posts.columns["email"].identity = true;
            posts.comment = Some("x".into());
        }),
    ];
    for (expected, change) in changes {
        let change_posts =
            |schema: &mut Schema| change(schema.tables.get_mut(&name("posts")).expect("it stands"));
        assert_said(change_posts, &format!("{expected} of table `public.posts`"));
    }
}
