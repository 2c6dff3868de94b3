//! The output folder under strain: read-only, full, killed, built twice at once; and the same bytes every time.
#![expect(clippy::disallowed_methods, reason = "these tests prepare and look at real folders")]

mod program;

use program::{GOOD, PROGRAM, command, project, put, ran, run, tree};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn a_file_in_the_place_of_the_output_folder_is_exit_code_two() {
    let folder = project(GOOD);
    put(folder.path(), "generated", "mine");
    let ran = run(folder.path(), "build");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("generated"), "{}", ran.stderr);
    assert_eq!(tree(folder.path()).len(), 2);
}

/// Runs a shell script that ends in running the program; `None` where the machine does not let it.
#[cfg(target_os = "linux")]
fn shell(folder: &Path, script: &str) -> Command {
    let mut shell = Command::new("bash");
    shell.args(["-euc", script]).current_dir(folder).env("PROGRAM", PROGRAM);
    shell
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_only_folder_is_exit_code_two_and_nothing_is_written() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    for (read_only, writable, missing) in
        [("generated", "model", "generated/consumers"), ("model", "generated", "model/lock")]
    {
        let folder = project(GOOD);
        std::fs::create_dir(folder.path().join("generated")).expect("made");
        for (path, mode) in [("", 0o755), (read_only, 0o555), (writable, 0o777)] {
            let permissions = PermissionsExt::from_mode(mode);
            std::fs::set_permissions(folder.path().join(path), permissions).expect("set");
        }
        let before = tree(folder.path());
        // Permissions do not bind root, so root runs it as somebody else, who can reach a copy of the program.
        let is_root = std::fs::metadata(folder.path()).expect("it is there").uid() == 0;
        let script = if is_root {
            "cp \"$PROGRAM\" ./freehold; exec setpriv --reuid=65534 --regid=65534 --clear-groups ./freehold build"
        } else {
            "exec \"$PROGRAM\" build"
        };
        let ran = ran(shell(folder.path(), script).output().expect("bash starts"));
        assert_eq!(ran.code, 2, "{}", ran.stderr);
        let error = ran.stderr.replace("`./", "`");
        assert!(error.contains(&format!("cannot create the folder `{missing}`")), "{error}");
        let mut after = tree(folder.path());
        after.remove(Path::new("freehold"));
        assert!(after == before, "something was written");
        assert!(!folder.path().join("model/lock").exists());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_exit_code_two_and_nothing_is_half_written() {
    let folder = project(GOOD);
    assert_eq!(run(folder.path(), "build").code, 0);
    let before = tree(&folder.path().join("generated"));
    // A summary too long for the disk, in one page; the others change little.
    let long = format!("Who may {}", "sign in ".repeat(4_000));
    put(
        folder.path(),
        "model/register.kdl",
        GOOD.replace("Who may sign in", &long)
            .replace("team core", "team heart")
            .replace("team=core", "team=heart"),
    );
    // No file may be longer than 16 KiB, and to write on is an error instead of a signal: as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 16; exec \"$PROGRAM\" build";
    let ran = ran(shell(folder.path(), script).output().expect("bash starts"));
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("cannot write `") && ran.stderr.contains("generated/docs/README.md"),
        "{}",
        ran.stderr
    );
    assert_eq!(
        tree(&folder.path().join("generated")),
        before,
        "the pages that would have fitted are as they were"
    );
    assert_eq!(run(folder.path(), "build").code, 0);
    assert_eq!(run(folder.path(), "build --check").code, 0);
}

#[test]
fn a_build_that_is_killed_at_any_time_is_completed_by_the_next() {
    let expected = project(GOOD);
    assert_eq!(run(expected.path(), "build").code, 0);
    let expected = tree(&expected.path().join("generated"));
    for milliseconds in 0..25 {
        let folder = project(GOOD);
        let mut build =
            command(folder.path(), "build").stderr(Stdio::null()).spawn().expect("the program starts");
        std::thread::sleep(Duration::from_millis(milliseconds));
        build.kill().expect("it is killed, or has ended");
        build.wait().expect("it ends");
        let next = run(folder.path(), "build");
        assert_eq!(next.code, 0, "killed after {milliseconds} ms: {}", next.stderr);
        assert!(tree(&folder.path().join("generated")) == expected, "killed after {milliseconds} ms");
    }
}

#[test]
fn builds_at_the_same_time_leave_one_whole_output() {
    let folder = project(GOOD);
    let children: Vec<_> =
        (0..4).map(|_| command(folder.path(), "build").spawn().expect("the program starts")).collect();
    for mut child in children {
        assert!(child.wait().expect("it ends").success());
    }
    assert_eq!(run(folder.path(), "build --check").code, 0);
}

#[test]
fn two_processes_another_folder_and_another_order_of_services_give_the_same_bytes() {
    let (one, other) = (project(GOOD), project(&reordered(GOOD)));
    assert_eq!(run(one.path(), "build").code, 0);
    assert_eq!(run(other.path(), "build").code, 0);
    let (first, second) = (tree(&one.path().join("generated")), tree(&other.path().join("generated")));
    assert!(first.len() > 4);
    assert_eq!(first, second);
    std::fs::remove_dir_all(one.path().join("generated")).expect("removed");
    let mut elsewhere = command(Path::new("/"), "build --model");
    elsewhere.arg(one.path().join("model/register.kdl"));
    assert_eq!(ran(elsewhere.output().expect("the program starts")).code, 0);
    assert_eq!(tree(&one.path().join("generated")), first);
}

/// The register with its services in the opposite order.
fn reordered(register: &str) -> String {
    let mut parts = register.split("\nservice ");
    let first = parts.next().expect("there is a part before the services");
    let mut services: Vec<&str> = parts.collect();
    services.reverse();
    assert!(services.len() > 1);
    format!("{first}\nservice {}", services.join("\nservice "))
}

#[test]
fn the_output_lies_beside_the_folder_of_the_model() {
    let folder = project(GOOD);
    let inside = run(&folder.path().join("model"), "build --model register.kdl");
    assert_eq!(inside.code, 0, "{}", inside.stderr);
    assert!(folder.path().join("generated/docs").exists() && !folder.path().join("model/generated").exists());
    put(folder.path(), "elsewhere/other.kdl", GOOD);
    assert_eq!(run(folder.path(), "build --model elsewhere/other.kdl").code, 0);
    assert!(folder.path().join("elsewhere/generated/docs").exists());
}
