//! What statements do to tables while they run.

use crate::standing::*;
use freehold::plan::{Commented, LockMode, Statement};
use freehold::schema::*;
use std::collections::BTreeMap;

fn locks(statement: &Statement) -> Vec<(String, LockMode)> {
    let locks = statement.locks().expect("the locks are known");
    locks.into_iter().map(|lock| (lock.table.name.clone(), lock.mode)).collect()
}

fn lock(table: &str, mode: LockMode) -> (String, LockMode) {
    (table.to_owned(), mode)
}

#[test]
fn a_new_table_locks_what_it_points_at() {
    let keys =
        [("a".to_owned(), foreign_key("id", "users", "id")), ("b".into(), foreign_key("id", "x", "id"))];
    let made = create("x", Table { foreign_keys: BTreeMap::from(keys), ..table("x", &[]) });
    assert_eq!(locks(&made), [lock("users", LockMode::ShareRowExclusive)]);
    assert_eq!(made.scans(), Some(false));
}

#[test]
fn what_reads_all_rows_says_so() {
    let add = Statement::AddForeignKey {
        table: name("posts"),
        name: "k".into(),
        foreign_key: foreign_key("id", "users", "id"),
    };
    let both = [lock("posts", LockMode::ShareRowExclusive), lock("users", LockMode::ShareRowExclusive)];
    assert_eq!(locks(&add), both);
    let index = create_index("posts", "i", index(&["id"]));
    assert_eq!(locks(&index), [lock("posts", LockMode::Share)]);
    for statement in [add, index] {
        assert_eq!((statement.scans(), statement.rewrites()), (Some(true), Some(false)));
        assert!(!statement.loses_rows());
    }
}

#[test]
fn what_drops_stops_everyone_and_may_lose_rows() {
    let table = || name("posts");
    for (statement, loses_rows) in [
        (Statement::DropTable { name: table() }, true),
        (Statement::DropPartition { table: table(), name: "p".into() }, true),
        (Statement::DropIndex { table: table(), name: "i".into() }, false),
        (Statement::DropTrigger { table: table(), name: "t".into() }, false),
        (Statement::DropForeignKey { table: table(), name: "k".into() }, false),
    ] {
        assert_eq!(locks(&statement), [lock("posts", LockMode::AccessExclusive)]);
        assert_eq!(statement.loses_rows(), loses_rows, "{statement:?}");
        assert_eq!(statement.reverse(), None, "{statement:?}");
    }
}

#[test]
fn a_comment_stops_nobody_who_reads_or_writes() {
    let on = Commented::Column(name("posts"), "id".into());
    let comment = Statement::SetComment { on, text: None };
    assert_eq!(locks(&comment), [lock("posts", LockMode::ShareUpdateExclusive)]);
    assert!(!LockMode::ShareUpdateExclusive.blocks_writes());
    assert!(LockMode::Share.blocks_writes() && !LockMode::Share.blocks_reads());
    assert!(LockMode::AccessExclusive.blocks_reads());
    assert_eq!(LockMode::ShareRowExclusive.to_string(), "SHARE ROW EXCLUSIVE");
}

#[test]
fn of_what_people_wrote_nothing_is_known() {
    let up = Statement::RunSqlNode { name: "view".into(), node: node(None) };
    assert_eq!((up.locks(), up.scans(), up.rewrites()), (None, None, None));
    let down = up.reverse().expect("a sql node has a way back");
    assert_eq!(down, Statement::UndoSqlNode { name: "view".into(), down: "DROP VIEW v".into() });
    assert_eq!((down.locks(), down.scans(), down.rewrites()), (None, None, None));
}
