//! Cases: a folder each under `tests/cases/`, with a register `model.kdl` and what becomes of it in `output.snap`:
//! the findings as people see them, then every file that the case asks for. To add one, add a folder.
//!
//! `case.kdl` in the folder says what is shown beside the findings: `backends sql docs`, `services NAME...` to show
//! the files of these services only, `folders PATH...` to show the files in these folders only, and `today DATE` for the
//! last days of allowances. Without it, nothing is built.
#![expect(clippy::disallowed_methods, reason = "these tests read the case folders")]

use freehold::backends::Backend;
use freehold::diagnostic::{Report, Style, human};
use freehold::session::{self, Selection};
use freehold::source::Disk;
use freehold::templates::Templates;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What a case shows.
struct Case {
    folder: PathBuf,
    /// `None`: nothing is built.
    selection: Option<Selection>,
    /// What the paths of files that are shown begin with; all where it is empty.
    folders: Vec<String>,
    today: jiff::civil::Date,
}

fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let entries = std::fs::read_dir(root).expect("there are cases");
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be read").path()).collect();
    folders.sort();
    folders.into_iter().map(read_case).collect()
}

fn read_case(folder: PathBuf) -> Case {
    let mut case =
        Case { selection: None, folders: Vec::new(), today: jiff::civil::date(2025, 1, 1), folder };
    let Ok(text) = std::fs::read_to_string(case.folder.join("case.kdl")) else { return case };
    let document: kdl::KdlDocument = text.parse().expect("case.kdl is KDL");
    for node in document.nodes() {
        let words: Vec<&str> = node.iter().map(|entry| entry.value().as_string().expect("a word")).collect();
        let selection = case.selection.get_or_insert_default();
        match node.name().value() {
            "backends" => selection.backends.extend(words.iter().map(|word| backend(word))),
            "services" => selection.services.extend(words.into_iter().map(str::to_owned)),
            "folders" => case.folders.extend(words.into_iter().map(|word| format!("{word}/"))),
            "today" => case.today = words.concat().parse().expect("a date"),
            other => panic!("{}: `{other}` means nothing in case.kdl", case.folder.display()),
        }
    }
    case
}

fn backend(name: &str) -> Backend {
    Backend::by_name(name).unwrap_or_else(|| panic!("there is no backend `{name}`"))
}

/// The findings, then every file, as one text.
fn output(case: &Case) -> String {
    let files = Disk::new(&case.folder);
    let checked = session::check(&files, Path::new("model.kdl"), Some(case.today), &mut |_| {});
    let report = Report { sources: &checked.sources, findings: &checked.findings, root: Path::new("") };
    let mut text = human(&report, Style { color: false, width: 100 });
    if checked.findings.is_empty() {
        text.push_str("no findings\n");
    }
    let Some(selection) = case.selection.as_ref().filter(|_| !checked.has_errors()) else { return text };
    let templates = Templates::new(&BTreeMap::new()).expect("the embedded templates are right");
    let made = session::generate(&checked.register, &checked.locks, &templates, selection, &mut |_| {})
        .expect("it is built");
    for change in &made.locks {
        let _ = write!(
            text,
            "\n//// {}\n{}",
            change.owner.path(),
            change.after.as_deref().unwrap_or("(removed)\n")
        );
    }
    let mut made = made.files;
    made.retain(|file| {
        case.folders.is_empty() || case.folders.iter().any(|folder| file.path.starts_with(folder))
    });
    assert!(!made.is_empty(), "{}: the case shows no file", case.folder.display());
    for file in made {
        let _ = write!(text, "\n//// {} (from {})\n{}", file.path, file.node, file.contents);
    }
    text
}

#[test]
fn every_case_gives_what_its_folder_shows() {
    let mut failed = Vec::new();
    let cases = cases();
    assert!(!cases.is_empty());
    for case in &cases {
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&case.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let run = || settings.bind(|| insta::assert_snapshot!("output", output(case)));
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err() {
            failed.push(case.folder.display().to_string());
        }
    }
    assert!(failed.is_empty(), "these cases failed:\n{}", failed.join("\n"));
}
