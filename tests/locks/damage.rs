//! Locks with mistakes in them: each is found at its place, and says nothing else.

use super::{program, read};
use program::{GOOD, project, put, run, tree};

const HEAD: &str = "lock version=1\nservice identity {\n";

/// The one finding of a lock: its rule, the text of its place, and what is to be seen there.
fn finding(text: &str) -> (&'static str, String, String) {
    let (locks, sources, findings) = read(&[("lock/identity.kdl", text)]);
    let [finding] = &findings[..] else { panic!("{text}\n{findings:#?}") };
    assert!(locks.service("identity").is_empty(), "a damaged lock says nothing");
    assert!(finding.help.is_some());
    let label = &finding.labels[0];
    (finding.rule, sources.text(label.place).to_owned(), label.message.clone())
}

fn damaged(body: &str) -> (String, String) {
    let (rule, place, message) = finding(&format!("{HEAD}{body}\n}}\n"));
    assert_eq!(rule, "lock-damaged");
    (place, message)
}

fn message(body: &str) -> (String, String) {
    damaged(&format!("message table users as=User {{\n{body}\n}}\n"))
}

#[test]
fn marks_of_a_merge_are_a_conflict() {
    let sides = "<<<<<<< HEAD\n    field a 1 string\n=======\n    field b 1 string\n>>>>>>> other\n";
    let text = format!("{HEAD}message table users as=User {{\n{sides}    next-field 2\n}}\n}}\n");
    assert_eq!(finding(&text).0, "lock-conflict");
    assert_eq!(finding(&text).1, "<<<<<<< HEAD");
    let left_over = format!("{HEAD}>>>>>>> other\n");
    assert_eq!(finding(&left_over).0, "lock-conflict");
}

#[test]
fn a_newer_format_is_left_alone() {
    let newer = "lock version=2\nservice identity { seal 7 { whatever } }\n";
    assert_eq!(finding(newer).0, "lock-newer");
    assert_eq!(finding(newer).1, "2");
    assert_eq!(finding("lock version=99999999999999999999\n").0, "lock-newer");
    for older in [
        "lock version=0\nservice identity { }\n",
        "lock\nservice identity { }\n",
        "lock version=\"1\"\nservice identity { }\n",
        "",
        "\n",
    ] {
        assert_eq!(finding(older).0, "lock-damaged", "{older}");
    }
}

#[test]
fn what_is_no_line_of_a_lock_is_found() {
    for (body, place) in [
        ("topic", "topic"),
        ("topic a b", "b"),
        ("topic \"\"", "\"\""),
        ("topic 1", "1"),
        ("topic a as=1", "1"),
        ("topic a was=b", "was"),
        ("topic a version=1", "version"),
        ("topic a { }", "topic a"),
        ("topic a\ntopic a as=b", "topic a as=b"),
        ("topics a", "topics"),
        ("package identity as=\"a b\"", "package identity as=\"a b\""),
        ("rpc \"Get User\"", "rpc \"Get User\""),
        ("rpc GetUser\nrpc Other as=GetUser", "rpc Other as=GetUser"),
        ("rpc GetUser version=-1", "-1"),
        ("rpc GetUser version=1.5", "1.5"),
        ("rpc GetUser version=0x1", "0x1"),
        ("enum state", "enum state"),
        ("message tables users { next-field 1 }", "message tables users"),
        ("message table users { next-field 1 }\nenum users { next-value 1 }", "enum users"),
        ("message table users as=\"a-b\" { next-field 1 }", "message table users as=a-b"),
        ("service other { }", "service"),
        ("lock version=1", "lock"),
        ("topic a {", "{"),
    ] {
        let (found, message) = damaged(body);
        assert_eq!(found.replace('"', ""), place.replace('"', ""), "{body}: {message}");
    }
    for document in [
        "",
        "platform { }",
        "service other { }",
        "service identity",
        "service identity { }\nservice identity { }",
        "service identity {",
        "topic a\nservice identity { }",
    ] {
        assert_eq!(finding(&format!("lock version=1\n{document}\n")).0, "lock-damaged", "{document}");
    }
    assert!(read(&[("lock/identity.kdl", "lock version=1\nservice identity { }\n")]).2.is_empty());
}

#[test]
fn numbers_are_each_there_once() {
    let all = "message table users as=User";
    for (body, place) in [
        ("field a 1 string\nfield b 1 string\nnext-field 2", "field b 1 string"),
        ("field a 1 string\nreserved b 1\nnext-field 2", "reserved b 1"),
        ("field a 1 string\nfield a 2 string\nnext-field 3", "field a 2 string"),
        ("field a 1 string\nfield b 2 string as=A\nnext-field 3", "field b 2 string as=A"),
        ("reserved user_id 1\nfield userId 2 string\nnext-field 3", "field userId 2 string"),
        ("field a 1 string", all),
        ("field a 1 string\nnext-field 1", all),
        ("field a 1 string\nnext-field 3", all),
        ("field a 2 string\nnext-field 2", all),
        ("field a 0 string\nnext-field 1", all),
        ("next-field 0", all),
        ("next-field 500000001", all),
        ("next-field 4294967296", "4294967296"),
        ("field a 19000 string\nnext-field 19001", "field a 19000 string"),
        ("field größe 1 string\nnext-field 2", "field größe 1 string"),
        ("field a string 1\nnext-field 2", "string"),
        ("field a 1\nnext-field 2", "field a 1"),
        ("value a 1\nnext-field 2", "value"),
        ("next-value 1", "next-value"),
    ] {
        let (found, message) = message(body);
        assert_eq!(found, place, "{body}: {message}");
    }
}

#[test]
fn a_merge_that_lost_a_line_is_found() {
    let whole = "field a 1 string\nreserved b 2\nfield c 3 string\nnext-field 4";
    let text = |body: &str| format!("{HEAD}message table users as=User {{\n{body}\n}}\n}}\n");
    assert!(read(&[("lock/identity.kdl", &text(whole))]).2.is_empty());
    for lost in 0..4 {
        let mut lines: Vec<&str> = whole.lines().collect();
        lines.remove(lost);
        assert_eq!(finding(&text(&lines.join("\n"))).0, "lock-damaged", "without line {lost}");
    }
}

#[test]
fn any_text_is_read_without_a_panic() {
    use proptest::prelude::*;
    let whole = format!(
        "{HEAD}topic a as=b\nrpc GetUser\nenum state as=State {{\n    value a 1 as=A\n    next-value 2\n}}\nmessage \
         table users as=User {{\n    field a 1 string\n    reserved b 2\n    next-field 3\n}}\n}}\n"
    );
    let whole = whole.as_str();
    let cut = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), ".{0,6}");
    proptest!(|((from, to, put) in cut)| {
        let (from, to) = (from.index(whole.len() + 1), to.index(whole.len() + 1));
        let text = format!("{}{put}{}", &whole[..from.min(to)], &whole[from.max(to)..]);
        let (_, _, findings) = read(&[("lock/identity.kdl", &text)]);
        prop_assert!(findings.len() <= 1);
    });
}

#[test]
fn the_program_says_which_file_and_touches_nothing() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    let lock =
        std::fs::read_to_string(folder.path().join("model/lock/accounts.kdl")).expect("it was written");
    let broken: [(&[u8], &str); 5] = [
        (b"<<<<<<< HEAD\n", "lock-conflict"),
        (b"lock version=2\n", "lock-newer"),
        (b"\xff\xfe", "lock-damaged"),
        (b"", "lock-damaged"),
        (&lock.as_bytes()[..lock.len() - 20], "lock-damaged"),
    ];
    for (text, rule) in broken {
        put(folder.path(), "model/lock/accounts.kdl", text);
        put(folder.path(), "model/register.kdl", GOOD.replace("display_name", "shown_name"));
        let before = tree(folder.path());
        for command in ["check", "build", "build --check", "build --force", "build --only orders"] {
            let ran = run(folder.path(), command);
            assert_eq!(ran.code, 1, "{command}: {}", ran.stderr);
            assert!(ran.stderr.contains(rule), "{command}: {}", ran.stderr);
            assert!(ran.stderr.contains("model/lock/accounts.kdl:"), "{command}: {}", ran.stderr);
        }
        assert!(tree(folder.path()) == before, "a file was touched");
        let explained = run(folder.path(), &format!("explain {rule}"));
        assert_eq!(explained.code, 0);
    }
}

#[cfg(unix)]
#[test]
fn a_lock_that_cannot_be_read_ends_the_run() {
    let folder = project(GOOD);
    std::fs::create_dir_all(folder.path().join("model/lock")).expect("made");
    std::os::unix::fs::symlink("nowhere.kdl", folder.path().join("model/lock/accounts.kdl")).expect("linked");
    for command in ["check", "build"] {
        let ran = run(folder.path(), command);
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        assert!(ran.stderr.contains("model/lock/accounts.kdl"), "{}", ran.stderr);
    }
    assert!(!folder.path().join("generated").exists());
    std::fs::remove_dir_all(folder.path().join("model/lock")).expect("removed");
    put(folder.path(), "model/lock", "a file");
    assert_eq!(run(folder.path(), "check").code, 2);
}
