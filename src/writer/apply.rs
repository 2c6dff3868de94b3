//! Makes the changes: first every text in a temporary file beside its place, then one rename after the other.

use super::{Change, Comparison, TEMPORARY, Target, WriteError, compare};
use crate::backends::GeneratedFile;
use std::collections::BTreeSet;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// How many threads wait for the disk.
const SYNCING_THREADS: usize = 16;

/// What is done next. For progress, and for tests that cut a build off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// A text is written to a temporary file.
    Stage(&'a str),
    /// A temporary file takes its place.
    Replace(&'a str),
    /// A file that is no longer made is removed.
    Remove(&'a str),
}

/// What was done, or why nothing was.
#[derive(Debug)]
pub struct Written {
    /// What changed; where something was refused, what would have.
    pub comparison: Comparison,
    /// Whether it was done: not where something was refused.
    pub done: bool,
}

/// Brings the output folder to what is made, unless a file has to be left alone: then nothing is changed.
/// Another process that writes there at the same time is waited for.
///
/// # Errors
/// The operating system refused. Every file is either as it was or as it has to be, and where a text could
/// not be stored (a full disk, a folder that is read-only), nothing is changed at all.
pub fn write(
    target: &Target<'_>,
    files: &[GeneratedFile],
    before_step: &mut dyn FnMut(Step<'_>),
) -> Result<Written, WriteError> {
    let held = HeldFolder::new(target.folder)?;
    let comparison = compare(target, files)?;
    write_compared(&held, target, comparison, before_step)
}

/// Like [`write()`], after the comparison, for which the folder was held as well.
///
/// # Errors
/// Like [`write()`].
pub fn write_compared(
    _held: &HeldFolder,
    target: &Target<'_>,
    mut comparison: Comparison,
    before_step: &mut dyn FnMut(Step<'_>),
) -> Result<Written, WriteError> {
    let done = comparison.refusals.is_empty();
    if done {
        let mut folders = NewFolders::default();
        let state_folders = target.state.folders();
        state_folders.iter().try_for_each(|folder| folders.make(folder))?;
        let _locks = state_folders.iter().map(|folder| lock(folder)).collect::<Result<Vec<_>, _>>()?;
        comparison.state = target.state.pending()?;
        apply(target, &comparison, folders, before_step)?;
    }
    Ok(Written { comparison, done })
}

/// The output folder, in which no other build writes until this is dropped. It is made where it is missing, with the
/// folders above it; those that are empty at the end are removed again.
pub struct HeldFolder {
    // Dropped before the lock is.
    _made: NewFolders,
    _lock: Option<File>,
}

impl HeldFolder {
    /// Waits for every other build that writes there.
    ///
    /// # Errors
    /// The operating system refused.
    pub fn new(folder: &Path) -> Result<HeldFolder, WriteError> {
        let made = missing(folder).into_iter().map(Path::to_path_buf).collect();
        Ok(HeldFolder { _made: NewFolders { made }, _lock: lock(folder)? })
    }
}

/// The folders that are missing on the way to a folder and itself, from above.
fn missing(folder: &Path) -> Vec<&Path> {
    let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.exists();
    let mut missing: Vec<&Path> = folder.ancestors().take_while(is_missing).collect();
    missing.reverse();
    missing
}

/// Writes a file that people own from then on, with the folders above it. Never overwrites.
///
/// # Errors
/// Something stands there, or the operating system refused.
pub fn create(path: &Path, text: &str) -> Result<(), WriteError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut folders = NewFolders::default();
    folders.make(folder)?;
    let temporary = stage(path, text)?;
    sync(&temporary).map_err(WriteError::io("write", path))?;
    temporary.persist_noclobber(path).map_err(|error| WriteError::io("create", path)(error.error))?;
    folders.keep();
    Ok(())
}

/// The folder, made where it is missing, locked until the value is dropped.
fn lock(folder: &Path) -> Result<Option<File>, WriteError> {
    std::fs::create_dir_all(folder).map_err(WriteError::io("create the folder", folder))?;
    // Not every file system has locks, nor every system folders that can be opened. Two builds at once are
    // harmless without one too, for every file is replaced as a whole; they are only not clear of each other.
    let Ok(handle) = File::open(folder) else { return Ok(None) };
    match handle.lock() {
        Ok(()) => Ok(Some(handle)),
        Err(error) if error.kind() == io::ErrorKind::Unsupported => Ok(None),
        Err(error) => Err(WriteError::io("lock", folder)(error)),
    }
}

/// A change whose text waits in a temporary file.
struct Staged<'a> {
    change: &'a Change,
    path: PathBuf,
    temporary: TempPath,
}

fn apply(
    target: &Target<'_>,
    comparison: &Comparison,
    mut folders: NewFolders,
    before_step: &mut dyn FnMut(Step<'_>),
) -> Result<(), WriteError> {
    let state = stage_all(target.state.folder, &comparison.state, &mut folders, before_step)?;
    let output = stage_all(target.folder, &comparison.changes, &mut folders, before_step)?;
    sync_all(&state)?;
    sync_all(&output)?;
    folders.keep();
    // The state lasts before anything does that is made by it.
    replace_all(state, before_step)?;
    replace_all(output, before_step)?;
    remove_all(target.folder, &comparison.changes, before_step)?;
    remove_all(target.state.folder, &comparison.state, before_step)?;
    comparison.leftovers.iter().try_for_each(|leftover| remove(target.folder, leftover))?;
    target.state.leftovers().iter().try_for_each(|leftover| remove(target.state.folder, leftover))
}

/// Writes the texts of changes to temporary files.
fn stage_all<'a>(
    folder: &Path,
    changes: &'a [Change],
    folders: &mut NewFolders,
    before_step: &mut dyn FnMut(Step<'_>),
) -> Result<Vec<Staged<'a>>, WriteError> {
    let mut staged = Vec::new();
    for change in changes {
        if let Some(text) = &change.after {
            before_step(Step::Stage(&change.path));
            let path = folder.join(&change.path);
            folders.make(path.parent().unwrap_or(folder))?;
            let temporary = stage(&path, text)?;
            staged.push(Staged { change, path, temporary });
        }
    }
    Ok(staged)
}

/// Lets temporary files take their places, and makes that last.
fn replace_all(staged: Vec<Staged<'_>>, before_step: &mut dyn FnMut(Step<'_>)) -> Result<(), WriteError> {
    let mut touched = BTreeSet::new();
    for Staged { change, path, temporary } in staged {
        before_step(Step::Replace(&change.path));
        temporary.persist(&path).map_err(|error| WriteError::io("replace", &path)(error.error))?;
        touched.extend(path.parent().map(Path::to_path_buf));
    }
    touched.iter().for_each(|folder| sync_folder(folder));
    Ok(())
}

/// Removes the files of changes after which nothing is there.
fn remove_all(
    folder: &Path,
    changes: &[Change],
    before_step: &mut dyn FnMut(Step<'_>),
) -> Result<(), WriteError> {
    for change in changes.iter().filter(|change| change.after.is_none()) {
        before_step(Step::Remove(&change.path));
        remove(folder, &folder.join(&change.path))?;
    }
    Ok(())
}

/// Folders that were made for staged files; removed again when dropped, unless kept.
#[derive(Default)]
struct NewFolders {
    made: Vec<PathBuf>,
}

impl NewFolders {
    fn make(&mut self, folder: &Path) -> Result<(), WriteError> {
        for above in missing(folder) {
            std::fs::create_dir(above).map_err(WriteError::io("create the folder", above))?;
            self.made.push(above.to_path_buf());
        }
        Ok(())
    }

    fn keep(mut self) {
        self.made.clear();
    }
}

impl Drop for NewFolders {
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            let _ = std::fs::remove_dir(folder);
        }
    }
}

/// Writes a text to a temporary file beside its place.
fn stage(path: &Path, text: &str) -> Result<TempPath, WriteError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    if let Some(permissions) = permissions(text) {
        builder.permissions(permissions);
    }
    let mut temporary = builder.tempfile_in(folder).map_err(WriteError::io("write to", folder))?;
    temporary.write_all(text.as_bytes()).map_err(WriteError::io("write", path))?;
    Ok(temporary.into_temp_path())
}

/// Brings what was staged down to the disk, so that a loss of power cannot leave an empty file behind a rename.
/// Several at a time: each waits for the disk, and the disk can do many at once.
fn sync_all(staged: &[Staged<'_>]) -> Result<(), WriteError> {
    let sync_some = |some: &[Staged<'_>]| {
        some.iter().try_for_each(|one| sync(&one.temporary).map_err(WriteError::io("write", &one.path)))
    };
    let share = staged.len().div_ceil(SYNCING_THREADS).max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = staged.chunks(share).map(|some| scope.spawn(move || sync_some(some))).collect();
        // A thread that panicked has its panic carried on here.
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn sync(path: &Path) -> io::Result<()> {
    File::options().write(true).open(path)?.sync_all()
}

/// What everybody's files have, less the process's mask; temporary files have less by themselves.
#[cfg(unix)]
fn permissions(text: &str) -> Option<Permissions> {
    use std::os::unix::fs::PermissionsExt;
    Some(Permissions::from_mode(if text.starts_with("#!") { 0o777 } else { 0o666 }))
}

#[cfg(not(unix))]
fn permissions(_text: &str) -> Option<Permissions> {
    None
}

/// Removes a file, and the folders up to the output folder that become empty by it.
fn remove(output: &Path, path: &Path) -> Result<(), WriteError> {
    std::fs::remove_file(path).map_err(WriteError::io("remove", path))?;
    for folder in path.ancestors().skip(1).take_while(|folder| *folder != output) {
        if std::fs::remove_dir(folder).is_err() {
            break;
        }
    }
    Ok(())
}

/// Makes renames last through a loss of power, where the system can.
fn sync_folder(folder: &Path) {
    if let Ok(handle) = File::open(folder) {
        let _ = handle.sync_all();
    }
}
