//! What would change: what is made against what stands on the disk. Writes nothing.

use super::header::{Headed, Origin, origin, with_header};
use super::{State, TEMPORARY, WriteError};
use crate::backends::GeneratedFile;
use foldhash::{HashSet, HashSetExt};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

/// Where files are written, and which of those that stand there are looked at.
pub struct Target<'a> {
    /// The output folder.
    pub folder: &'a Path,
    /// The folders in it that hold generated files. Nothing else is read or removed.
    pub owned: &'a [&'static str],
    /// Whether a file that is no longer made is stale, by its path and the node that it was made from:
    /// not where only a part of the output is made.
    pub stale: &'a dyn Fn(&str, &str) -> bool,
    /// Whether files that people edited are overwritten.
    pub force: bool,
    /// What changes beside the output, before it.
    pub state: State<'a>,
}

/// A file that has to be written or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path below the output folder, with `/` between its parts.
    pub path: String,
    /// What stands there.
    pub before: Option<String>,
    /// What has to stand there; `None`: nothing.
    pub after: Option<String>,
}

/// A file that is not written or removed, although it is made, or no longer made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: RefusalReason,
    /// What would be done.
    pub change: Change,
}

/// Why a file is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalReason {
    /// Its digest is wrong: people edited it.
    Edited,
    /// It has no mark: people wrote it.
    Foreign,
    /// It, or a folder above it, is a symbolic link.
    Link,
    /// A folder stands where the file is to be, or a file where a folder above it is to be.
    NotAFile,
}

/// What would change.
#[derive(Debug, Default)]
pub struct Comparison {
    /// Files to write or remove, by path.
    pub changes: Vec<Change>,
    /// Files of the state to write or remove, by path.
    pub state: Vec<Change>,
    /// Files that are left alone, by path.
    pub refusals: Vec<Refusal>,
    /// How many files are as they have to be.
    pub unchanged: usize,
    /// Temporary files of a build that was cut off.
    pub(super) leftovers: Vec<PathBuf>,
}

/// What stands in the owned folders.
#[derive(Default)]
struct Present {
    files: BTreeMap<String, PathBuf>,
    folders: BTreeSet<String>,
    links: BTreeSet<String>,
    leftovers: Vec<PathBuf>,
}

/// Compares what is made with what stands on the disk.
///
/// # Errors
/// A folder or file cannot be read, or a path that a backend made leads elsewhere.
pub fn compare(target: &Target<'_>, files: &[GeneratedFile]) -> Result<Comparison, WriteError> {
    let mut output = Comparing::new(target)?;
    output.add(files)?;
    output.finish(&target.state)
}

/// A comparison of files that are made one after another. Of those that are as they have to be it keeps the path alone.
pub struct Comparing<'a> {
    target: &'a Target<'a>,
    present: Present,
    /// The paths of the files so far.
    made: HashSet<String>,
    comparison: Comparison,
}

impl<'a> Comparing<'a> {
    /// Looks at what stands there.
    ///
    /// # Errors
    /// A folder cannot be read.
    pub fn new(target: &'a Target<'a>) -> Result<Comparing<'a>, WriteError> {
        let present = present(target)?;
        Ok(Comparing { target, present, made: HashSet::new(), comparison: Comparison::default() })
    }

    /// Compares some of the files that are made.
    ///
    /// # Errors
    /// A file cannot be read, or a path that a backend made leads elsewhere, or was made before.
    pub fn add(&mut self, files: &[GeneratedFile]) -> Result<(), WriteError> {
        for file in files {
            self.check_path(&file.path)?;
        }
        let present = &self.present;
        let standing: Vec<_> = files
            .par_iter()
            .map(|file| {
                let after = with_header(file)?;
                let standing = standing(present, &file.path, &after)?;
                Ok((after, standing))
            })
            .collect();
        for (file, standing) in files.iter().zip(standing) {
            let (after, standing) = standing?;
            compare_wanted(self.target, &file.path, &after, standing, &mut self.comparison);
        }
        Ok(())
    }

    /// Refuses what a backend must never make.
    fn check_path(&mut self, path: &str) -> Result<(), WriteError> {
        let refuse = |reason| Err(WriteError::Unwritable { path: path.to_owned(), reason });
        let plain = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        let first = path.split('/').next().unwrap_or("");
        if !plain || path.contains(['\\', '\0']) || path.is_empty() {
            return refuse("the path leads out of the output folder");
        }
        if !self.target.owned.contains(&first) || first == path {
            return refuse("no backend owns this folder");
        }
        if !self.made.insert(path.to_owned()) {
            return refuse("it is made twice");
        }
        Ok(())
    }

    /// Compares what stands there and was not made. `state` is what changes beside the output.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn finish(self, state: &State<'_>) -> Result<Comparison, WriteError> {
        let Comparing { target, present, made, mut comparison } = self;
        for (path, file) in &present.files {
            if !made.contains(path) {
                compare_unwanted(target, path, file, &mut comparison)?;
            }
        }
        comparison.changes.sort_by(|a, b| a.path.cmp(&b.path));
        comparison.refusals.sort_by(|a, b| a.change.path.cmp(&b.change.path));
        comparison.leftovers = present.leftovers;
        comparison.state = state.changes.to_vec();
        Ok(comparison)
    }
}

fn present(target: &Target<'_>) -> Result<Present, WriteError> {
    let mut present = Present::default();
    for owned in target.owned {
        let root = target.folder.join(owned);
        if let Err(error) = root.symlink_metadata() {
            match error.kind() {
                std::io::ErrorKind::NotFound => continue,
                _ => return Err(WriteError::io("read", &root)(error)),
            }
        }
        for entry in walkdir::WalkDir::new(&root).follow_root_links(false) {
            let entry = entry.map_err(|error| {
                let path = error.path().unwrap_or(&root).to_path_buf();
                WriteError::Io { action: "read", path, source: error.into() }
            })?;
            present.add(target.folder, &entry);
        }
    }
    present.leftovers.sort();
    Ok(present)
}

impl Present {
    fn add(&mut self, folder: &Path, entry: &walkdir::DirEntry) {
        let relative = entry.path().strip_prefix(folder).unwrap_or(entry.path());
        // A name that is not Unicode is none that we wrote.
        let Some(path) = relative.to_str().map(|path| path.replace('\\', "/")) else { return };
        let name = entry.file_name().to_string_lossy();
        if entry.path_is_symlink() {
            self.links.insert(path);
        } else if entry.file_type().is_dir() {
            self.folders.insert(path);
        } else if name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1) {
            self.leftovers.push(entry.path().to_path_buf());
        } else {
            self.files.insert(path, entry.path().to_path_buf());
        }
    }

    /// Why nothing can be written at a path, wherever people put something else.
    fn obstacle(&self, path: &str) -> Option<RefusalReason> {
        if self.links.contains(path) {
            return Some(RefusalReason::Link);
        }
        if self.folders.contains(path) {
            return Some(RefusalReason::NotAFile);
        }
        path.match_indices('/').find_map(|(end, _)| {
            let above = &path[..end];
            if self.links.contains(above) {
                Some(RefusalReason::Link)
            } else {
                self.files.contains_key(above).then_some(RefusalReason::NotAFile)
            }
        })
    }
}

/// What stands where a file is to be written.
enum Standing {
    Nothing,
    Obstacle(RefusalReason),
    TheSame,
    Other(Origin, String),
}

fn standing(present: &Present, path: &str, after: &Headed<'_>) -> Result<Standing, WriteError> {
    if let Some(reason) = present.obstacle(path) {
        return Ok(Standing::Obstacle(reason));
    }
    let Some(file) = present.files.get(path) else { return Ok(Standing::Nothing) };
    let before = read(file)?;
    Ok(if after.is(&before) { Standing::TheSame } else { Standing::Other(origin(&before), before) })
}

fn compare_wanted(
    target: &Target<'_>,
    path: &str,
    after: &Headed<'_>,
    standing: Standing,
    comparison: &mut Comparison,
) {
    let change = |before| Change { path: path.to_owned(), before, after: Some(after.text()) };
    match standing {
        Standing::Nothing => comparison.changes.push(change(None)),
        Standing::Obstacle(reason) => comparison.refusals.push(Refusal { reason, change: change(None) }),
        Standing::TheSame => comparison.unchanged += 1,
        Standing::Other(origin, before) => comparison.add(target, origin, change(Some(before))),
    }
}

fn compare_unwanted(
    target: &Target<'_>,
    path: &str,
    file: &Path,
    comparison: &mut Comparison,
) -> Result<(), WriteError> {
    let before = read(file)?;
    let origin = origin(&before);
    let stale = match &origin {
        Origin::Foreign => false,
        Origin::Intact { node } | Origin::Edited { node } | Origin::Conflicted { node } => {
            (target.stale)(path, node)
        }
    };
    if stale {
        comparison.add(target, origin, Change { path: path.to_owned(), before: Some(before), after: None });
    }
    Ok(())
}

impl Comparison {
    fn add(&mut self, target: &Target<'_>, origin: Origin, change: Change) {
        let reason = match origin {
            Origin::Foreign => RefusalReason::Foreign,
            Origin::Edited { .. } if !target.force => RefusalReason::Edited,
            Origin::Edited { .. } | Origin::Intact { .. } | Origin::Conflicted { .. } => {
                self.changes.push(change);
                return;
            }
        };
        self.refusals.push(Refusal { reason, change });
    }
}

fn read(path: &Path) -> Result<String, WriteError> {
    let bytes = std::fs::read(path).map_err(WriteError::io("read", path))?;
    Ok(String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()))
}
