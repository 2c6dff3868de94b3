//! Locks as the program writes them: where, when, and when not.

use super::program;
use program::{GOOD, project, put, run, tree};
use std::path::Path;

fn lock(folder: &Path, service: &str) -> String {
    std::fs::read_to_string(folder.join(format!("model/lock/{service}.kdl"))).expect("the lock was written")
}

/// A name that GOOD has in one service only, and another for it.
fn renamed() -> String {
    GOOD.replace("database orders", "database purchases was=orders")
        .replace("database accounts", "database people was=accounts")
}

#[test]
fn a_build_writes_a_lock_for_each_service_and_for_the_platform() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    assert!(lock(folder.path(), "accounts").contains("\nlock version=1\nservice accounts {\n"));
    assert!(lock(folder.path(), "orders").contains("\n    database orders\n"));
    assert!(lock(folder.path(), "_platform").ends_with("platform {\n    server main\n}\n"));
    let first = tree(folder.path());
    assert_eq!(run(folder.path(), "build --check").code, 0);
    assert_eq!(run(folder.path(), "build").code, 0);
    assert!(tree(folder.path()) == first, "a second build changes nothing");
}

#[test]
fn a_stale_lock_is_shown_and_fails() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    put(folder.path(), "model/register.kdl", renamed());
    let before = tree(folder.path());
    let checked = run(folder.path(), "build --check");
    assert_eq!(checked.code, 1);
    assert!(
        checked.stderr.contains("`model/lock/orders.kdl` is not what the register makes"),
        "{}",
        checked.stderr
    );
    assert!(checked.stdout.contains("\n+    database purchases as=orders\n"), "{}", checked.stdout);
    assert!(tree(folder.path()) == before);
}

#[test]
fn a_part_of_the_output_has_the_locks_of_that_part() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    put(folder.path(), "model/register.kdl", renamed());
    let (accounts, orders) = (lock(folder.path(), "accounts"), lock(folder.path(), "orders"));
    // Whatever the backend, the lock of a service is written as a whole.
    assert_eq!(run(folder.path(), "build --only orders,docs").code, 0);
    assert_eq!(lock(folder.path(), "accounts"), accounts);
    assert_ne!(lock(folder.path(), "orders"), orders);
    assert_eq!(run(folder.path(), "build --only sql").code, 0);
    assert!(lock(folder.path(), "accounts").contains("\n    database people as=accounts\n"));
}

#[test]
fn another_output_folder_has_the_same_locks() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    put(folder.path(), "model/register.kdl", renamed());
    assert_eq!(run(folder.path(), "build --out elsewhere").code, 0);
    let bootstrap =
        std::fs::read_to_string(folder.path().join("elsewhere/sql/orders/bootstrap.sql")).expect("written");
    assert!(bootstrap.contains("\\connect orders") && !bootstrap.contains("purchases"), "{bootstrap}");
    assert!(lock(folder.path(), "orders").contains("\n    database purchases as=orders\n"));
    assert!(!folder.path().join("elsewhere/lock").exists());
}

#[test]
fn a_lost_lock_is_not_made_anew_from_nothing() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    // Numbers that nothing shows to be others may be given again.
    let path = folder.path().join("model/lock/accounts.kdl");
    std::fs::remove_file(&path).expect("it was written");
    assert_eq!(run(folder.path(), "build").code, 0);
    put(
        folder.path(),
        "model/register.kdl",
        GOOD.replace("        column email text", "        column other text\n        column email text")
            .replace("carries display_name\n        event", "carries other display_name\n        event"),
    );
    std::fs::remove_file(&path).expect("it was written again");
    let before = tree(folder.path());
    for command in ["build", "build --check", "build --force", "build --only proto"] {
        let ran = run(folder.path(), command);
        assert_eq!(ran.code, 1, "{command}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("lock-lost") && ran.stderr.contains("model/lock/accounts.kdl"),
            "{}",
            ran.stderr
        );
    }
    assert!(tree(folder.path()) == before, "something was written");
    assert_eq!(run(folder.path(), "build --out elsewhere").code, 0, "nothing there was made with the lock");
}

#[test]
fn locks_lie_beside_the_model_file_wherever_it_is() {
    let folder = project(GOOD);
    put(folder.path(), "other/place/shop.kdl", GOOD);
    assert_eq!(run(folder.path(), "build --model other/place/shop.kdl").code, 0);
    assert!(folder.path().join("other/place/lock/orders.kdl").exists());
    assert!(!folder.path().join("model/lock").exists());
}

#[test]
fn nothing_changes_where_an_output_was_edited() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    put(folder.path(), "model/register.kdl", renamed());
    let path = folder.path().join("generated/sql/orders/bootstrap.sql");
    let edited = std::fs::read_to_string(&path).expect("written") + "-- mine\n";
    put(folder.path(), "generated/sql/orders/bootstrap.sql", edited);
    let before = tree(folder.path());
    assert_eq!(run(folder.path(), "build").code, 1);
    assert!(tree(folder.path()) == before, "locks and output change together or not at all");
}

#[test]
fn a_lock_is_no_part_of_the_register() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    put(folder.path(), "model/register.kdl", format!("include \"**/*.kdl\"\n{GOOD}"));
    put(folder.path(), "model/parts/more.kdl", "team more\n");
    assert_eq!(run(folder.path(), "check").code, 0);
    put(folder.path(), "model/register.kdl", format!("include \"lock/orders.kdl\"\n{GOOD}"));
    let ran = run(folder.path(), "check");
    assert_eq!(ran.code, 1);
    assert!(
        ran.stderr.contains("include-not-found") && ran.stderr.contains("never included"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_lock_that_says_the_same_in_other_words_is_left_alone() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    let text = format!("// A note of ours.\r\n{}", lock(folder.path(), "orders").replace('\n', "\r\n"));
    put(folder.path(), "model/lock/orders.kdl", &text);
    assert_eq!(run(folder.path(), "build --check").code, 0);
    assert_eq!(run(folder.path(), "build").code, 0);
    assert_eq!(lock(folder.path(), "orders"), text);
}
