//! Files beside the output that a build reads and writes: what was given, and must not be given again. They are replaced
//! before anything that is made by them, so that a build which was cut off left no output that they know nothing of.

use super::{Change, TEMPORARY, WriteError};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// What changes in the state.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// The folder that the paths of the changes begin in.
    pub folder: &'a Path,
    /// What is to stand where; what stood there when it was read is its `before`.
    pub changes: &'a [Change],
}

impl State<'_> {
    /// What is left to do, as long as what is replaced is what was read. A build that ran at the same time may have done
    /// the same.
    ///
    /// # Errors
    /// Another program wrote something else there in the meantime, or the operating system refused.
    pub(super) fn pending(&self) -> Result<Vec<Change>, WriteError> {
        let mut pending = Vec::new();
        for change in self.changes {
            let path = self.folder.join(&change.path);
            let found = match std::fs::read_to_string(&path) {
                Ok(text) => Some(text),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => return Err(WriteError::io("read", &path)(error)),
            };
            if found == change.after {
                continue;
            }
            if found != change.before {
                return Err(WriteError::Changed { path });
            }
            pending.push(change.clone());
        }
        Ok(pending)
    }

    /// The folders that hold the files.
    pub(super) fn folders(&self) -> BTreeSet<PathBuf> {
        let paths = self.changes.iter().map(|change| self.folder.join(&change.path));
        paths.filter_map(|path| path.parent().map(Path::to_path_buf)).collect()
    }

    /// Temporary files of a build that was cut off.
    pub(super) fn leftovers(&self) -> Vec<PathBuf> {
        let entries =
            self.folders().into_iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
        let is_temporary = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1)
        };
        entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).filter(is_temporary).collect()
    }
}
