//! The shape of the source: what every file begins with, how long it may be, and which module may use which, as the
//! table "Stages" of `docs/architecture.md` says.
#![expect(clippy::disallowed_methods, reason = "these tests read the source")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Where Rust is written.
const FOLDERS: [&str; 4] = ["src", "tests", "benches", "fuzz"];

/// The most lines of a file.
const MOST_LINES: usize = 500;

/// Files that may be longer, each with the reason.
const LONG_FILES: [(&str, &str); 0] = [];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file of Rust by its path from the root, with its text.
fn source_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    assert!(files.len() > 20, "the source was not found below {}", root().display());
    files
}

fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn every_file_opens_with_what_it_is() {
    let files = source_files();
    let bare = files.iter().filter(|(_, text)| !text.starts_with("//! "));
    let faults: Vec<String> = bare.map(|(path, _)| format!("{path}: does not open with `//! `")).collect();
    assert_none(&faults);
}

#[test]
fn no_file_is_too_long() {
    let files = source_files();
    let is_long = |path: &str| files.get(path).is_some_and(|text| text.lines().count() > MOST_LINES);
    let excused: BTreeSet<&str> = LONG_FILES.iter().map(|(path, _)| *path).collect();
    let long = files.keys().filter(|path| is_long(path) && !excused.contains(path.as_str()));
    let mut faults: Vec<String> =
        long.map(|path| format!("{path}: more than {MOST_LINES} lines; split it")).collect();
    let needless = LONG_FILES.iter().filter(|(path, reason)| !is_long(path) || reason.is_empty());
    faults.extend(needless.map(|(path, _)| format!("{path}: its excuse is empty or no longer needed")));
    assert_none(&faults);
}

/// What the table of the stages says: for each module, those that it may use.
fn stages(page: &str) -> BTreeMap<String, BTreeSet<String>> {
    let section = page.split_once("\n## Stages\n").expect("the page has no heading `## Stages`").1;
    let section = section.split_once("\n## ").map_or(section, |(section, _)| section);
    let rows = section.lines().filter(|line| line.starts_with('|')).map(cells);
    let mut rows = rows.skip_while(|cells| cells.first().is_none_or(|cell| cell != "module"));
    let heading = rows.next().expect("the section has no table whose first column is `module`");
    let column =
        heading.iter().position(|cell| cell == "may use").expect("the table has no column `may use`");
    let mut stages = BTreeMap::new();
    for row in rows.skip(1) {
        let module = quoted_names(&row[0]).pop_first().unwrap_or_else(|| row[0].clone());
        assert!(stages.insert(module, quoted_names(&row[column])).is_none(), "a row stands twice: {row:?}");
    }
    stages
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

/// The names between backticks, without the slash of a folder.
fn quoted_names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(|name| name.trim_end_matches('/').to_owned()).collect()
}

/// The module that a file of `src` belongs to; `None` for the roots of the two crates.
fn module_of(path: &str) -> Option<&str> {
    let inner = path.strip_prefix("src/")?;
    let first = inner.split('/').next()?;
    match first.strip_suffix(".rs") {
        Some("lib" | "main") => None,
        Some(file) => Some(file),
        None => Some(first),
    }
}

/// The modules that a text names by a `crate::` path, outside of comments and of its unit tests.
fn modules_used(text: &str) -> BTreeSet<String> {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    code.split("crate::").skip(1).flat_map(first_names).collect()
}

/// The first name of each path at the start of a text: one, or those of a group in braces.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![name(path)] };
    let mut depth = 0;
    let mut names = vec![name(group)];
    for (position, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&group[position + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// What differs between the table and the source.
fn stage_faults(
    stages: &BTreeMap<String, BTreeSet<String>>,
    files: &BTreeMap<String, String>,
) -> Vec<String> {
    let modules: BTreeSet<&str> = files.keys().filter_map(|path| module_of(path)).collect();
    let without_row = modules.iter().filter(|module| !stages.contains_key(**module));
    let mut faults: Vec<String> = without_row.map(|module| format!("module `{module}` has no row")).collect();
    let named = stages.iter().flat_map(|(module, uses)| uses.iter().chain([module]));
    let unknown: BTreeSet<&String> = named.filter(|name| !modules.contains(name.as_str())).collect();
    faults.extend(unknown.iter().map(|name| format!("the table names `{name}`, which is no module")));
    for (path, text) in files {
        let Some((module, allowed)) = module_of(path).and_then(|module| Some((module, stages.get(module)?)))
        else {
            continue;
        };
        let used = modules_used(text).into_iter().filter(|used| used != module && !allowed.contains(used));
        faults.extend(used.map(|used| format!("{path}: `{module}` may not use `{used}`")));
    }
    faults
}

#[test]
fn modules_use_only_what_the_table_of_the_stages_allows() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    assert_none(&stage_faults(&stages(&page), &source_files()));
}

#[test]
fn a_path_against_the_table_is_found() {
    let page = "# A\n\n## Stages\n\n| module | owns | may use |\n| --- | --- | --- |\n\
        | `first/` | x | |\n| `second` | y | `first` |\n| `gone` | z | |\n\n## B\n";
    let files = [
        ("src/lib.rs", "pub mod first;"),
        ("src/first/mod.rs", "// crate::second in a comment\nuse crate::{first::X, second::{Y, Z}};"),
        (
            "src/second.rs",
            "use crate::first;\nfn f() { crate::third::g() }\n#[cfg(test)]\nmod tests { use crate::gone; }",
        ),
        ("src/third.rs", ""),
    ];
    let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
    let faults = stage_faults(&stages(page), &BTreeMap::from(files));
    let expected = [
        "module `third` has no row",
        "the table names `gone`, which is no module",
        "src/first/mod.rs: `first` may not use `second`",
        "src/second.rs: `second` may not use `third`",
    ];
    assert_eq!(faults, expected);
}
