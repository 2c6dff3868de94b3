//! `buf breaking`, a judge of changes that knows nothing of this project.
#![expect(clippy::disallowed_methods, reason = "where buf is, is told through the environment")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What breaks readers of the binary form and of JSON.
const CONFIGURATION: &str = r#"{"version":"v2","breaking":{"use":["WIRE_JSON"]}}"#;

/// The program that `tests/run` names, else the one of the machine.
///
/// # Panics
/// When there is none: a test that needs it is never skipped.
fn program() -> PathBuf {
    let program = PathBuf::from(std::env::var("FREEHOLD_TEST_BUF").unwrap_or_else(|_| "buf".to_owned()));
    let starts = Command::new(&program).arg("--version").output().is_ok_and(|output| output.status.success());
    assert!(starts, "buf was not found: `tests/run` installs what is missing and runs the tests");
    program
}

/// Writes the files of a module, by path.
pub fn write(folder: &Path, files: &BTreeMap<String, String>) {
    for (path, text) in files {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// What breaks between two versions of a module: the rules, each with what it says.
pub fn breaking(before: &Path, after: &Path) -> BTreeSet<(String, String)> {
    let output = Command::new(program())
        .args(["breaking", "--error-format", "json", "--config", CONFIGURATION, "--against"])
        .arg(before)
        .arg(".")
        .current_dir(after)
        .output()
        .unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(matches!(output.status.code(), Some(0 | 100)), "buf could not judge: {stdout}{stderr}");
    let finding = |line: &str| {
        let finding: serde_json::Value = serde_json::from_str(line).unwrap();
        (finding["type"].as_str().unwrap().to_owned(), finding["message"].as_str().unwrap().to_owned())
    };
    stdout.lines().map(finding).collect()
}
