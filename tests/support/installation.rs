//! Finds the PostgreSQL programs that the tests run: those that `tests/run` names, else what is on the machine.
#![expect(clippy::disallowed_methods, reason = "which servers to test on is told through the environment")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The programs of one version of PostgreSQL.
#[derive(Clone, Debug)]
pub struct Installation {
    /// The version as `postgres --version` says it.
    pub version: String,
    /// The folder with `postgres` and `initdb`.
    pub programs: PathBuf,
    /// `psql`, perhaps of another version.
    pub psql: PathBuf,
}

static INSTALLATIONS: LazyLock<Vec<Installation>> = LazyLock::new(find);

/// Every installation to test on, one for each major version, the oldest first.
///
/// # Panics
/// When there is none: a test that needs PostgreSQL is never skipped.
pub fn installations() -> &'static [Installation] {
    &INSTALLATIONS
}

fn find() -> Vec<Installation> {
    let named = std::env::var("FREEHOLD_TEST_POSTGRES").ok();
    let folders = match &named {
        Some(folders) => std::env::split_paths(folders).collect(),
        None => folders_of_this_machine(),
    };
    let mut versions = BTreeMap::new();
    for folder in &folders {
        match version(folder) {
            Some((major, text)) => drop(versions.entry(major).or_insert((text, folder.clone()))),
            None if named.is_some() => panic!("FREEHOLD_TEST_POSTGRES names {folder:?}, which has no server"),
            None => {}
        }
    }
    assert!(
        !versions.is_empty(),
        "no PostgreSQL was found: `tests/run` installs what is missing and runs the tests"
    );
    let psql = psql(versions.values().map(|(_, folder)| folder.as_path()));
    let installation = |(version, programs)| Installation { version, programs, psql: psql.clone() };
    versions.into_values().map(installation).collect()
}

/// The folders where `tests/run` looks and installs, too.
fn folders_of_this_machine() -> Vec<PathBuf> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut folders: Vec<PathBuf> = variable("PG_BIN").map(PathBuf::from).into_iter().collect();
    let caches = [
        Some(PathBuf::from("/usr/lib/postgresql")),
        Some(PathBuf::from("/var/cache/freehold-postgres")),
        variable("XDG_CACHE_HOME").map(|folder| Path::new(&folder).join("freehold-postgres")),
        variable("HOME").map(|folder| Path::new(&folder).join(".cache/freehold-postgres")),
    ];
    for parent in caches.into_iter().flatten() {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries.map(|entry| entry.path().join("bin")).collect();
        found.sort();
        folders.append(&mut found);
    }
    folders.extend(std::env::split_paths(&variable("PATH").unwrap_or_default()));
    folders
}

/// The major version and the whole one of the server in a folder; `None` where there is none.
fn version(folder: &Path) -> Option<(u32, String)> {
    if !folder.join("initdb").is_file() {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.strip_prefix("postgres (PostgreSQL) ")?.split_whitespace().next()?;
    Some((number.split('.').next()?.parse().ok()?, number.to_owned()))
}

/// Some distributions of the server come without `psql`, and any newer one will do.
fn psql<'a>(folders: impl DoubleEndedIterator<Item = &'a Path>) -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let candidates = folders.rev().map(Path::to_path_buf).chain(std::env::split_paths(&path));
    let found = candidates.map(|folder| folder.join("psql")).find(|program| program.is_file());
    found.expect("no psql was found: `tests/run` installs what is missing and runs the tests")
}
