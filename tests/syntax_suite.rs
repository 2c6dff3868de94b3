//! The official test suite of KDL 2.

mod syntax_support;

use std::path::{Path, PathBuf};
use syntax_support::{check_invariants, ours, read, theirs};

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/kdl-suite")
}

#[test]
fn every_case_of_the_official_suite_is_read_or_refused_as_it_says() {
    let mut failures = Vec::new();
    let mut counts = [0; 3];
    for entry in walkdir::WalkDir::new(suite().join("input")).sort_by_file_name() {
        let entry = entry.expect("the suite can be listed");
        if entry.file_type().is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        let text = read_file(entry.path());
        let parse = read(&text);
        check_invariants(&text, &parse);
        let expected = suite().join("expected_kdl").join(&name);
        if name.ends_with("_fail.kdl") {
            counts[0] += 1;
            if parse.findings.is_empty() {
                failures.push(format!("{name}: accepted"));
            }
            continue;
        }
        if !parse.findings.is_empty() {
            failures.push(format!("{name}: refused: {:?}", parse.findings));
        } else if expected.exists() {
            counts[1] += 1;
            let want = kdl::KdlDocument::parse_v2(&read_file(&expected)).expect("an expected file is KDL");
            let (got, want) = (canonical(ours(&parse.tree)), canonical(theirs(&want)));
            if got != want {
                failures.push(format!("{name}:\n  got  {got:?}\n  want {want:?}"));
            }
        } else {
            counts[2] += 1;
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    // Those that have to be refused, those with an expected tree, and `hex.kdl`, for which the suite has no expected file.
    assert_eq!(counts, [87, 232, 1]);
}

#[expect(clippy::disallowed_methods, reason = "the test reads the suite")]
fn read_file(path: &Path) -> String {
    let bytes = std::fs::read(path).expect("a file of the suite can be read");
    String::from_utf8(bytes).expect("a file of the suite is UTF-8")
}

/// As the suite prints trees: of properties with the same name the last counts, and they are sorted.
fn canonical(mut nodes: Vec<syntax_support::PlainNode>) -> Vec<syntax_support::PlainNode> {
    for (_, _, _, entries) in &mut nodes {
        let mut kept: Vec<syntax_support::PlainEntry> = Vec::new();
        for entry in entries.drain(..) {
            if entry.0.is_some() {
                kept.retain(|other| other.0 != entry.0);
            }
            kept.push(entry);
        }
        kept.sort_by(|left, right| left.0.cmp(&right.0));
        *entries = kept;
    }
    nodes
}
