//! The writer of files: what it writes, leaves alone, removes, and how it survives being cut off.
#![expect(clippy::disallowed_methods, reason = "these tests prepare and look at real folders")]

use freehold::backends::GeneratedFile;
use freehold::writer::{
    Change, Comparing, Comparison, HeldFolder, RefusalReason, State, Step, Target, WriteError, Written,
    compare, unified_diff, write,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

fn file(path: &str, contents: &str) -> GeneratedFile {
    let service = path.split('/').nth(1).unwrap_or("none");
    GeneratedFile { path: path.into(), node: format!("service {service}"), contents: contents.into() }
}

fn target(folder: &Path) -> Target<'_> {
    Target {
        folder,
        owned: &["sql", "docs"],
        stale: &|_, _| true,
        force: false,
        state: State { folder, changes: &[] },
    }
}

fn build(folder: &Path, files: &[GeneratedFile]) -> Written {
    write(&target(folder), files, &mut |_| {}).expect("nothing stands in the way")
}

fn changed(comparison: &Comparison) -> Vec<&str> {
    comparison.changes.iter().map(|change| change.path.as_str()).collect()
}

fn refused(comparison: &Comparison) -> Vec<(&str, RefusalReason)> {
    comparison.refusals.iter().map(|refusal| (refusal.change.path.as_str(), refusal.reason)).collect()
}

/// Every file below a folder with its text, links and folders by what they are.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut tree = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).min_depth(1) {
        let entry = entry.expect("the folder can be read");
        let path = entry.path().strip_prefix(folder).expect("it is below").display().to_string();
        let text = if entry.file_type().is_file() {
            std::fs::read_to_string(entry.path()).expect("it can be read")
        } else {
            format!("{:?}", entry.file_type().is_dir())
        };
        tree.insert(path, text);
    }
    tree
}

fn first() -> Vec<GeneratedFile> {
    vec![
        file("sql/identity/0001_initial.up.sql", "CREATE TABLE users ();\n"),
        file("sql/orders/0001_initial.up.sql", "CREATE TABLE orders ();\n"),
        file("docs/old/page.md", "old\n"),
        file("docs/services.md", "one\n"),
    ]
}

fn second() -> Vec<GeneratedFile> {
    vec![
        file("sql/identity/0001_initial.up.sql", "CREATE TABLE users (id uuid);\n"),
        file("sql/orders/0001_initial.up.sql", "CREATE TABLE orders ();\n"),
        file("docs/new/page.md", "new\n"),
        file("docs/services.md", "two\n"),
    ]
}

#[test]
fn only_what_changes_is_touched_and_what_is_stale_is_removed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("generated");
    build(&output, &first());
    let untouched = output.join("sql/orders/0001_initial.up.sql");
    let before = std::fs::metadata(&untouched).expect("it was written").modified().expect("a time");
    std::fs::write(output.join("docs/notes.md"), "mine").expect("written");

    let written = build(&output, &second());
    assert!(written.done);
    assert_eq!(
        changed(&written.comparison),
        ["docs/new/page.md", "docs/old/page.md", "docs/services.md", "sql/identity/0001_initial.up.sql"]
    );
    assert_eq!(written.comparison.unchanged, 1);
    assert_eq!(std::fs::metadata(&untouched).expect("it is there").modified().expect("a time"), before);
    assert!(!output.join("docs/old").exists(), "the folder became empty");
    assert_eq!(std::fs::read_to_string(output.join("docs/notes.md")).expect("it is there"), "mine");
    insta::assert_snapshot!(
        std::fs::read_to_string(output.join("docs/services.md")).expect("it was written")
    );

    let again = build(&output, &second());
    assert_eq!((again.comparison.changes.len(), again.comparison.unchanged), (0, 4));
}

#[test]
fn nothing_is_written_where_a_file_was_edited_until_it_is_forced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(folder.path(), &first());
    let edited = folder.path().join("docs/old/page.md");
    let mut text = std::fs::read_to_string(&edited).expect("it was written");
    text.push_str("by hand\n");
    std::fs::write(&edited, text).expect("written");
    let before = tree(folder.path());

    let written = build(folder.path(), &second());
    assert!(!written.done);
    assert_eq!(refused(&written.comparison), [("docs/old/page.md", RefusalReason::Edited)]);
    assert!(unified_diff(&written.comparison.refusals[0].change).contains("\n-by hand\n"));
    assert_eq!(tree(folder.path()), before, "nothing is touched");

    let forced = Target { force: true, ..target(folder.path()) };
    assert!(write(&forced, &second(), &mut |_| {}).expect("it is forced").done);
    assert!(!edited.exists());
}

#[test]
fn files_of_people_are_never_overwritten() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("docs/services.md");
    std::fs::create_dir_all(folder.path().join("docs")).expect("made");
    std::fs::write(&path, "mine\n").expect("written");
    let forced = Target { force: true, ..target(folder.path()) };
    let written = write(&forced, &first(), &mut |_| {}).expect("it is only refused");
    assert_eq!(refused(&written.comparison), [("docs/services.md", RefusalReason::Foreign)]);
    assert_eq!(tree(folder.path()).len(), 2, "nothing else was written");
}

#[test]
fn a_file_with_marks_of_a_merge_is_made_again() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(folder.path(), &first());
    let path = folder.path().join("docs/services.md");
    let text = std::fs::read_to_string(&path).expect("it was written");
    std::fs::write(&path, format!("<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> branch\n")).expect("written");
    assert_eq!(changed(&build(folder.path(), &first()).comparison), ["docs/services.md"]);
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), text);
}

#[test]
fn only_selected_files_are_stale() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(folder.path(), &first());
    let partial = Target {
        stale: &|path, node| path.starts_with("sql/") && node == "service orders",
        ..target(folder.path())
    };
    let comparison = compare(&partial, &[]).expect("it can be read");
    assert_eq!(changed(&comparison), ["sql/orders/0001_initial.up.sql"]);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let outside = folder.path().join("outside");
    let output = folder.path().join("generated");
    std::fs::create_dir_all(outside.join("orders")).expect("made");
    std::fs::create_dir_all(output.join("docs")).expect("made");
    std::fs::write(outside.join("page.md"), "mine").expect("written");
    std::os::unix::fs::symlink(&outside, output.join("sql")).expect("linked");
    std::os::unix::fs::symlink(outside.join("page.md"), output.join("docs/services.md")).expect("linked");
    let written = build(&output, &first());
    assert_eq!(
        refused(&written.comparison),
        [
            ("docs/services.md", RefusalReason::Link),
            ("sql/identity/0001_initial.up.sql", RefusalReason::Link),
            ("sql/orders/0001_initial.up.sql", RefusalReason::Link)
        ]
    );
    assert_eq!(std::fs::read_to_string(outside.join("page.md")).expect("it is there"), "mine");
    assert_eq!(tree(&outside).len(), 2);
}

#[test]
fn a_folder_in_the_place_of_a_file_is_left_alone() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::create_dir_all(folder.path().join("docs/services.md/deep")).expect("made");
    std::fs::write(folder.path().join("docs/old"), "mine").expect("written");
    let written = build(folder.path(), &first());
    assert_eq!(
        refused(&written.comparison),
        [("docs/old/page.md", RefusalReason::NotAFile), ("docs/services.md", RefusalReason::NotAFile)]
    );
}

#[test]
fn paths_that_lead_elsewhere_are_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for path in [
        "../a.md",
        "docs/../../a.md",
        "/docs/a.md",
        "a.md",
        "other/a.md",
        "",
        "docs",
        "docs/a.exe",
        "docs/..\\a.md",
    ] {
        let error = compare(&target(folder.path()), &[file(path, "x")]).expect_err(path);
        assert!(matches!(error, WriteError::Unwritable { .. }), "{path}: {error}");
    }
    let twice = [file("docs/a.md", "x"), file("docs/a.md", "y")];
    assert!(compare(&target(folder.path()), &twice).is_err());
}

#[test]
fn a_file_in_the_place_of_the_output_folder_is_an_error() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = folder.path().join("generated");
    std::fs::write(&output, "mine").expect("written");
    let error = write(&target(&output), &first(), &mut |_| {}).expect_err("a file is in the way");
    assert!(error.to_string().contains("generated"), "{error}");
    assert_eq!(std::fs::read_to_string(&output).expect("it is there"), "mine");
}

/// What a build makes of the state: one file that changes, and one that is no longer there. Like any build, it begins
/// with what stands there.
fn state(folder: &Path) -> Vec<Change> {
    let change = |path: &str, after: Option<&str>| {
        let before = std::fs::read_to_string(folder.join(path)).ok();
        let after = after.map(str::to_owned);
        (before != after).then_some(Change { path: path.to_owned(), before, after })
    };
    [change("lock/a.kdl", Some("new state\n")), change("lock/b.kdl", None)].into_iter().flatten().collect()
}

/// Builds into a folder beside the state.
fn build_with_state(folder: &Path, step: &mut dyn FnMut(Step<'_>)) {
    let (output, changes) = (folder.join("generated"), state(folder));
    let target = Target { state: State { folder, changes: &changes }, ..target(&output) };
    write(&target, &second(), step).expect("nothing stands in the way");
}

/// A folder with a first build, and the state that it left.
fn built_before() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(&folder.path().join("generated"), &first());
    std::fs::create_dir(folder.path().join("lock")).expect("made");
    for path in ["lock/a.kdl", "lock/b.kdl"] {
        std::fs::write(folder.path().join(path), "old state\n").expect("written");
    }
    folder
}

/// Run as a process of its own: builds, and dies without a word before a step.
#[test]
#[ignore = "started by a_build_that_was_killed_at_any_step_is_completed_by_the_next"]
fn killed_build() {
    let folder = std::env::var("WRITER_TEST_FOLDER").expect("the parent sets it");
    let mut left: usize =
        std::env::var("WRITER_TEST_STEP").expect("the parent sets it").parse().expect("a number");
    build_with_state(Path::new(&folder), &mut |_| {
        if left == 0 {
            std::process::abort();
        }
        left -= 1;
    });
}

#[test]
fn a_build_that_was_killed_at_any_step_is_completed_by_the_next() {
    let expected = built_before();
    build_with_state(expected.path(), &mut |_| {});
    let expected = tree(expected.path());
    let (old, new) = (texts(&first()), texts(&second()));
    let mut killed = 0;
    for step in 0.. {
        let folder = built_before();
        let status = Command::new(std::env::current_exe().expect("the test knows itself"))
            .args(["--exact", "killed_build", "--ignored", "--quiet"])
            .env("WRITER_TEST_FOLDER", folder.path())
            .env("WRITER_TEST_STEP", step.to_string())
            .output()
            .expect("it starts")
            .status;
        if status.success() {
            assert_eq!(tree(folder.path()), expected, "not killed");
            break;
        }
        killed += 1;
        let left = tree(folder.path());
        let is_state = |path: &str| path.starts_with("lock/");
        for (path, text) in left.iter().filter(|(path, text)| path.contains('.') && *text != "true") {
            let whole = old.contains(text) || new.contains(text) || path.ends_with(".tmp") || is_state(path);
            assert!(whole, "{path} is half-written after a kill before step {step}");
        }
        let has_new_output = left
            .iter()
            .any(|(path, text)| !path.ends_with(".tmp") && new.contains(text) && !old.contains(text));
        let is_state_new = left["lock/a.kdl"] == "new state\n";
        assert!(is_state_new || !has_new_output, "output without its state, before step {step}");
        assert!(is_state_new || left.contains_key("lock/b.kdl"), "state was lost before step {step}");
        build_with_state(folder.path(), &mut |_| {});
        let mut after = tree(folder.path());
        after.retain(|path, _| !path.starts_with("lock/.freehold-"));
        assert_eq!(after, expected, "killed before step {step}");
    }
    assert_eq!(killed, 10, "four texts are staged, four replaced, two files are removed");
}

#[test]
fn state_that_changed_since_it_was_read_is_not_overwritten() {
    let folder = built_before();
    let before = tree(folder.path());
    let mut changes = state(folder.path());
    changes[0].before = Some("something older\n".to_owned());
    let output = folder.path().join("generated");
    let state = State { folder: folder.path(), changes: &changes };
    let error = write(&Target { state, ..target(&output) }, &second(), &mut |_| {}).expect_err("it changed");
    assert!(error.to_string().contains("was changed while the build was running"), "{error}");
    assert_eq!(tree(folder.path()), before);
}

fn texts(files: &[GeneratedFile]) -> Vec<String> {
    files
        .iter()
        .map(|file| freehold::writer::header::with_header(file).expect("the kind is known").text())
        .collect()
}

#[test]
fn builds_at_the_same_time_do_not_mix() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::thread::scope(|scope| {
        for round in 0..8 {
            let folder = folder.path();
            scope.spawn(move || build(folder, &if round % 2 == 0 { first() } else { second() }));
        }
    });
    let all = tree(folder.path());
    let is = |files: &[GeneratedFile]| files.iter().all(|file| all.contains_key(&file.path));
    assert!(is(&first()) != is(&second()), "one of the two is there as a whole");
    assert!(!all.keys().any(|path| path.contains(".tmp")));
}

#[cfg(unix)]
#[test]
fn files_have_the_permissions_that_others_have() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a temporary folder");
    build(folder.path(), &[file("sql/a/run.sh", "#!/bin/sh\ntrue\n"), file("docs/a.md", "x\n")]);
    std::fs::write(folder.path().join("other"), "").expect("written");
    let mode = |path: &str| {
        std::fs::metadata(folder.path().join(path)).expect("it is there").permissions().mode() & 0o777
    };
    assert_eq!(mode("docs/a.md"), mode("other"));
    assert_eq!(mode("sql/a/run.sh"), mode("other") | ((mode("other") & 0o444) >> 2));
}

#[test]
fn files_that_are_made_in_parts_are_compared_as_all_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    build(
        folder.path(),
        &[file("sql/a/1.sql", "one\n"), file("sql/b/1.sql", "two\n"), file("docs/c.md", "x\n")],
    );
    let files = [file("sql/a/1.sql", "one\n"), file("sql/b/1.sql", "2\n"), file("sql/b/2.sql", "three\n")];
    let target = target(folder.path());
    let mut parts = Comparing::new(&target).expect("it is read");
    for part in files.chunks(1) {
        parts.add(part).expect("it is compared");
    }
    let parts = parts.finish(&target.state).expect("it is compared");
    assert_eq!(changed(&parts), ["docs/c.md", "sql/b/1.sql", "sql/b/2.sql"]);
    assert_eq!(parts.unchanged, 1);
    assert_eq!(parts.changes, compare(&target, &files).expect("it is compared").changes);

    let mut twice = Comparing::new(&target).expect("it is read");
    twice.add(&files).expect("it is compared");
    let error = twice.add(&files[..1]).expect_err("it was made before");
    assert!(error.to_string().contains("it is made twice"), "{error}");
}

#[test]
fn a_folder_that_was_held_and_stayed_empty_is_gone() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("above/output");
    let held = HeldFolder::new(&output).expect("it is made");
    assert!(output.is_dir());
    drop(held);
    assert!(!folder.path().join("above").exists());
    let held = HeldFolder::new(&output).expect("it is made");
    std::fs::write(output.join("file"), "").expect("it is written");
    drop(held);
    assert!(output.join("file").exists());
}
