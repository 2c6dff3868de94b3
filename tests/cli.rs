//! The program as people and scripts run it: exit codes, formats, pipes, folders that cannot be written.
#![expect(clippy::disallowed_methods, reason = "these tests prepare and look at real folders")]

mod program;

use program::{GOOD, command, project, put, ran, run, tree};
use std::process::Stdio;

/// A register with a mistake in its second line.
const BAD: &str = "service a {\n    tabel users {\n        column id uuid primary-key\n    }\n}\n";

#[test]
fn what_init_writes_is_checked_and_built_without_a_finding() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(run(folder.path(), "init shop").code, 0);
    let shop = folder.path().join("shop");
    let check = run(&shop, "check --deny warnings");
    assert_eq!((check.code, check.stdout.as_str()), (0, ""), "{}", check.stderr);
    assert!(check.stderr.ends_with("no findings\n"), "{}", check.stderr);
    let build = run(&shop, "build --deny warnings");
    assert_eq!((build.code, build.stdout.as_str()), (0, ""), "{}", build.stderr);
    assert!(shop.join("generated/docs/ownership.md").exists());
    assert!(shop.join("generated/sql/accounts").exists());
    let again = run(folder.path(), "init shop");
    assert_eq!(again.code, 2);
    assert!(again.stderr.starts_with("error: there is a register already: `shop/model/register.kdl`"));
}

#[test]
fn findings_go_to_stderr_for_people_and_to_stdout_for_programs() {
    let folder = project(BAD);
    let people = run(folder.path(), "check");
    assert_eq!((people.code, people.stdout.as_str()), (1, ""));
    assert!(people.stderr.contains("[model/register.kdl:2:5]"), "{}", people.stderr);
    assert!(people.stderr.contains("did you mean `table`?"), "{}", people.stderr);
    for format in ["json", "sarif"] {
        let machine = run(folder.path(), &format!("check --format {format}"));
        assert_eq!((machine.code, machine.stderr.as_str()), (1, ""));
        let document: serde_json::Value = serde_json::from_str(&machine.stdout).expect("it is JSON");
        let finding = if format == "json" {
            &document["findings"][0]["rule"]
        } else {
            &document["runs"][0]["results"][0]["ruleId"]
        };
        assert_eq!(finding, "unknown-node");
    }
    let github = run(folder.path(), "check --format github");
    assert_eq!((github.code, github.stderr.as_str()), (1, ""));
    assert!(
        github.stdout.starts_with("::error file=model/register.kdl,line=2,endLine=2,col=5,"),
        "{}",
        github.stdout
    );
}

#[test]
fn a_build_with_errors_writes_nothing() {
    let folder = project(BAD);
    let before = tree(folder.path());
    assert_eq!(run(folder.path(), "build").code, 1);
    assert_eq!(tree(folder.path()), before);
    assert!(!folder.path().join("generated").exists());
}

#[test]
fn warnings_fail_only_when_denied() {
    let folder = project(
        "server s class=db.t3.small storage-gb=20\nservice a {\n    database a on=s\n    table t {\n        \
         allow redundant-index reason=\"measured\" until=\"2025-01-31\"\n        column id uuid primary-key\n        \
         column x int\n        index x\n        index x id\n    }\n}\n",
    );
    let warned = run(folder.path(), "check --today 2025-06-01");
    assert_eq!(warned.code, 0, "{}", warned.stderr);
    assert!(warned.stderr.contains("warning[expired-allow]"), "{}", warned.stderr);
    let denied = run(folder.path(), "check --today 2025-06-01 --deny warnings");
    assert_eq!(denied.code, 1);
    assert!(denied.stderr.contains("error[expired-allow]"), "{}", denied.stderr);
    assert_eq!(run(folder.path(), "check --today 2025-01-31 --deny warnings").code, 0);
}

#[test]
fn colours_follow_the_arguments_and_the_environment() {
    let folder = project(BAD);
    let colored = |arguments: &str, variable: Option<(&str, &str)>| {
        let mut command = command(folder.path(), arguments);
        command.envs(variable);
        ran(command.output().expect("the program starts")).stderr.contains('\u{1b}')
    };
    assert!(!colored("check", None), "stderr is no terminal");
    assert!(colored("check --color always", None));
    assert!(colored("check", Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored("check --color never", Some(("CLICOLOR_FORCE", "1"))));
    assert!(!colored("check", Some(("NO_COLOR", "1"))));
}

#[test]
fn a_closed_pipe_is_no_error() {
    let folder = project(GOOD);
    for arguments in ["explain --list", "graph", "--help", "check --format json"] {
        let mut child = command(folder.path(), arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let ran = ran(child.wait_with_output().expect("it ends"));
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{arguments}");
    }
}

#[test]
fn what_cannot_run_exits_with_two_and_says_why() {
    let empty = tempfile::tempdir().expect("a temporary folder");
    let several = project(GOOD);
    put(several.path(), "model/other.kdl", GOOD);
    let bare = project(GOOD);
    std::fs::remove_file(bare.path().join("model/register.kdl")).expect("removed");
    let good = project(GOOD);
    put(good.path(), "overrides/docs/typo.md", "x");
    put(good.path(), "wrong/docs/events.md", "{% if view.rows %}x{% endif %}");
    put(good.path(), "unquoted/docs/events.md", "{{ view.rows[0].version }} {{ \"x\" }}");
    for (folder, arguments, message) in [
        (&empty, "check", "there is no folder `model`"),
        (&bare, "check", "holds no .kdl file"),
        (
            &several,
            "check",
            "several registers here: `model/other.kdl`, `model/register.kdl`; say which with `--model FILE`",
        ),
        (&empty, "check --model gone.kdl", "cannot read the register `gone.kdl`"),
        (&good, "check --model model", "it is a folder"),
        (&good, "check --today tomorrow", "tomorrow"),
        (&good, "check --formt json", "--format"),
        (&good, "chek", "check"),
        (&good, "build --only order", "did you mean `orders`?"),
        (
            &good,
            "build --only zzzzzz",
            "the backends are sql, proto, reconciliation, kubernetes, kafka, prometheus, terraform, consumers, docs",
        ),
        (&good, "build --templates gone", "cannot read the template `gone`"),
        (&good, "build --templates model/register.kdl", "`--templates` names a folder, and this is a file"),
        (
            &good,
            "build --templates overrides",
            "there is no template `docs/typo.md`; the templates of `docs` are `docs/",
        ),
        (&good, "build --templates wrong", "the condition `view.rows` is not of the form"),
        (&good, "build --templates unquoted", "is not quoted"),
        (&good, "explain cross-service-foreign-kye", "did you mean `cross-service-foreign-key`?"),
        (&good, "explain", "<RULE>"),
        (&good, "graph --format svg", "mermaid, dot"),
    ] {
        let ran = run(folder.path(), arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{arguments}: {}", ran.stderr);
        assert!(ran.stderr.contains(message), "{arguments}: {}", ran.stderr);
    }
    assert!(!good.path().join("generated").exists());
}

#[test]
fn build_check_shows_what_is_stale_and_writes_nothing() {
    let folder = project(GOOD);
    let fresh = run(folder.path(), "build --check");
    assert_eq!(fresh.code, 1);
    assert!(fresh.stdout.contains("--- /dev/null\n+++ b/docs/events.md\n"), "{}", fresh.stdout);
    assert!(!folder.path().join("generated").exists());

    assert_eq!(run(folder.path(), "build").code, 0);
    let current = run(folder.path(), "build --check");
    assert_eq!((current.code, current.stdout.as_str()), (0, ""), "{}", current.stderr);

    put(folder.path(), "model/register.kdl", GOOD.replace("Who may sign in", "Who may come in"));
    let before = tree(folder.path());
    let stale = run(folder.path(), "build --check");
    assert_eq!(stale.code, 1);
    assert!(stale.stdout.contains("+| `accounts` | core | \\#core | Who may come in |"), "{}", stale.stdout);
    assert!(stale.stderr.contains("error[stale-output]"), "{}", stale.stderr);
    let json = run(folder.path(), "build --check --format json");
    let document: serde_json::Value = serde_json::from_str(&json.stdout).expect("stdout is JSON alone");
    assert_eq!(document["findings"][0]["rule"], "stale-output");
    assert_eq!(tree(folder.path()), before);
}

#[test]
fn an_edited_file_is_shown_and_kept_until_it_is_forced() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    let page = folder.path().join("generated/docs/events.md");
    let text = std::fs::read_to_string(&page).expect("it was written");
    std::fs::write(&page, format!("{text}by hand\n")).expect("written");
    let before = tree(folder.path());
    let refused = run(folder.path(), "build");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("error[edited-output]"), "{}", refused.stderr);
    assert!(refused.stdout.contains("\n-by hand\n"), "{}", refused.stdout);
    assert_eq!(tree(folder.path()), before);
    assert_eq!(run(folder.path(), "build --force").code, 0);
    assert_eq!(std::fs::read_to_string(&page).expect("it is there"), text);
}

#[test]
fn only_a_part_is_made_and_the_rest_stays() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build --only docs --out out").code, 0);
    assert!(folder.path().join("out/docs").exists() && !folder.path().join("out/sql").exists());
    assert_eq!(run(folder.path(), "build --only orders,sql --out out").code, 0);
    assert!(
        folder.path().join("out/sql/orders").exists() && !folder.path().join("out/sql/accounts").exists()
    );
    assert_eq!(run(folder.path(), "build --out out").code, 0);
    let all = tree(&folder.path().join("out"));
    assert_eq!(run(folder.path(), "build --only accounts --out out").code, 0);
    assert_eq!(tree(&folder.path().join("out")), all);
}

#[test]
fn a_template_can_be_replaced() {
    let folder = project(GOOD);
    put(
        folder.path(),
        "mine/docs/events.md",
        "# Ours\n{% for row in view.rows %}{{ row.event }}\n{% endfor %}",
    );
    assert_eq!(run(folder.path(), "build --templates mine").code, 0);
    let page =
        std::fs::read_to_string(folder.path().join("generated/docs/events.md")).expect("it was written");
    assert!(page.ends_with("# Ours\n`UserCreated`\n`UserUpdated`\n`UserDeleted`\n"), "{page}");
}

#[test]
fn stats_name_every_stage() {
    let folder = project(GOOD);
    let stats = run(folder.path(), "build --stats").stderr;
    for stage in ["load", "check", "render", "write", "total", "files", "bytes"] {
        assert!(stats.lines().any(|line| line.starts_with(stage)), "{stage}: {stats}");
    }
}

#[test]
fn every_rule_is_listed_and_explained() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let list = run(folder.path(), "explain --list");
    assert_eq!(list.code, 0);
    assert!(list.stdout.lines().count() > 50, "{}", list.stdout);
    for line in list.stdout.lines() {
        let (name, sentence) = line.split_once("  ").expect("a name and a sentence");
        assert!(!sentence.trim().is_empty(), "{name} has no page");
        let page = run(folder.path(), &format!("explain {name}"));
        assert_eq!(page.code, 0);
        assert!(page.stdout.starts_with(&format!("# {name}\n")), "{}", page.stdout);
    }
}

#[test]
fn a_cycle_is_drawn_but_what_cannot_be_read_is_not() {
    let folder = project(GOOD);
    assert!(run(folder.path(), "graph").stdout.starts_with("flowchart LR\n"));
    assert!(run(folder.path(), "graph --format dot").stdout.starts_with("digraph services {\n"));
    let broken = run(project(BAD).path(), "graph");
    assert_eq!((broken.code, broken.stdout.as_str()), (1, ""));
    assert!(broken.stderr.contains("unknown-node"));
}
