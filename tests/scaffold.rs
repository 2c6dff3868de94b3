//! The crate in which people handle events: written once, never touched again.
#![expect(clippy::disallowed_methods, reason = "these tests prepare and look at real folders")]

mod program;

use program::{project, put, run, tree};

/// `mailing` handles an event; `orders` only follows deletions.
const REGISTER: &str = r#"
platform shop {
    postgres version="16"
}
server main class=db.t3.small storage-gb=20
service accounts {
    database accounts on=main pool=2
    table users entity=User {
        column id uuid primary-key
        column name text
    }
    topic accounts.user of=users {
        carries name
        event UserRenamed when=updated
        event UserDeleted when=deleted
    }
}
service mailing {
    database mailing on=main pool=2
    consumes accounts.UserRenamed
}
service orders {
    database orders on=main pool=2
    table orders {
        column id uuid primary-key
        column buyer_id uuid
        reference buyer_id to=accounts.users on-delete=delete
    }
}
"#;

#[test]
fn it_is_written_once_and_never_touched_again() {
    let folder = project(REGISTER);
    assert_eq!(run(folder.path(), "build").code, 0);
    let written = run(folder.path(), "scaffold mailing programs/mailing");
    assert_eq!((written.code, written.stdout.as_str()), (0, ""), "{}", written.stderr);
    let files = tree(&folder.path().join("programs/mailing"));
    let names: Vec<String> = files.keys().map(|path| path.display().to_string()).collect();
    assert_eq!(names, ["Cargo.toml", "src/handlers.rs", "src/main.rs"]);
    let text =
        |path: &str| std::fs::read_to_string(folder.path().join("programs/mailing").join(path)).expect(path);
    let manifest = text("Cargo.toml");
    let path = "path = \"../../generated/consumers/mailing/consumer\"";
    assert!(manifest.contains(path), "{manifest}");
    assert!(
        folder.path().join("programs/mailing/../../generated/consumers/mailing/consumer/Cargo.toml").exists()
    );
    let handlers = text("src/handlers.rs");
    assert!(handlers.contains("impl HandleUserRenamed for Handlers"), "{handlers}");
    // An event that nobody handles yet must not count as handled.
    assert!(handlers.contains("Err(HandlingError::away("), "{handlers}");

    let again = run(folder.path(), "scaffold mailing programs/mailing");
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("`programs/mailing` is not empty"), "{}", again.stderr);
    put(folder.path(), "programs/mailing/src/handlers.rs", "// mine\n");
    assert_eq!(run(folder.path(), "build --force").code, 0);
    assert_eq!(text("src/handlers.rs"), "// mine\n");
}

#[test]
fn what_cannot_be_written_says_why() {
    let folder = project(REGISTER);
    put(folder.path(), "file", "");
    let before = tree(folder.path());
    for (arguments, message) in [
        ("scaffold orders o", "nobody has to write handlers for `orders`"),
        ("scaffold accounts a", "nobody has to write handlers for `accounts`"),
        ("scaffold mailings m", "the register has no service `mailings`; did you mean `mailing`?"),
        ("scaffold mailing file", "`file` cannot be read"),
        ("scaffold mailing file/below", "cannot"),
        ("scaffold mailing model", "`model` is not empty"),
        ("scaffold mailing", "<DIR>"),
    ] {
        let ran = run(folder.path(), arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{arguments}: {}", ran.stderr);
    }
    assert!(tree(folder.path()) == before, "something was written");
    put(folder.path(), "model/register.kdl", format!("{REGISTER}service mailing\n"));
    let ran = run(folder.path(), "scaffold mailing m");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
}
