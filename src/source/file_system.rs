//! The outside world of reading: a disk, or files in memory.
#![expect(clippy::disallowed_methods, reason = "source is one of the ends that may read files")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Where files are read from. Paths are relative to the root, which is the folder of the model file.
pub trait FileSystem: Sync {
    /// The bytes of a file.
    ///
    /// # Errors
    /// Whatever the file system says, with its own kind.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// Every file below the root whose name ends with `.kdl`, sorted; links are among them, wherever they lead.
    ///
    /// # Errors
    /// Whatever the file system says of a folder that it cannot list.
    fn kdl_files(&self) -> io::Result<Vec<PathBuf>>;

    /// Every file directly in a folder whose name ends with `.kdl`, sorted; none where there is no such folder.
    ///
    /// # Errors
    /// Whatever the file system says of a folder that it cannot list.
    fn kdl_files_in(&self, folder: &Path) -> io::Result<Vec<PathBuf>>;
}

/// Why a file that is there is not read. The error of [`FileSystem::read`] holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedFile {
    /// A link leads out of the root.
    #[error("the file is outside the root")]
    OutsideRoot,
    /// A link leads to nothing.
    #[error("it is a link that leads nowhere")]
    DanglingLink,
    /// A folder, or a pipe or a device, which would never end.
    #[error("it is no regular file")]
    NotAFile,
}

/// Files below a folder of the disk.
#[derive(Debug)]
pub struct Disk {
    root: PathBuf,
}

impl Disk {
    /// The files below `root`.
    pub fn new(root: impl Into<PathBuf>) -> Disk {
        Disk { root: root.into() }
    }
}

impl FileSystem for Disk {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        let full = self.root.join(path);
        let real = full.canonicalize().map_err(|error| match full.symlink_metadata() {
            Ok(_) if error.kind() == io::ErrorKind::NotFound => io::Error::other(RefusedFile::DanglingLink),
            _ => error,
        })?;
        if !real.starts_with(self.root.canonicalize()?) {
            return Err(io::Error::other(RefusedFile::OutsideRoot));
        }
        if !real.metadata()?.is_file() {
            return Err(io::Error::other(RefusedFile::NotAFile));
        }
        std::fs::read(real)
    }

    fn kdl_files(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        for entry in walkdir::WalkDir::new(&self.root).sort_by_file_name() {
            let entry = entry?;
            if is_kdl(entry.path()) && !entry.file_type().is_dir() {
                let relative = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
                found.push(relative.to_path_buf());
            }
        }
        Ok(found)
    }

    fn kdl_files_in(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let entries = match std::fs::read_dir(self.root.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = folder.join(entry?.file_name());
            if is_kdl(&path) && !self.root.join(&path).is_dir() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}

fn is_kdl(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "kdl")
}

/// Files in memory, for tests and for editors.
#[derive(Debug, Default, Clone)]
pub struct Memory {
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Memory {
    /// Adds or replaces a file.
    pub fn insert(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Vec<u8>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// Removes a file, where there is one.
    pub fn remove(&mut self, path: &Path) {
        self.files.remove(path);
    }
}

impl FileSystem for Memory {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.files.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn kdl_files(&self) -> io::Result<Vec<PathBuf>> {
        Ok(self.files.keys().filter(|path| is_kdl(path)).cloned().collect())
    }

    fn kdl_files_in(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        let within = |path: &&PathBuf| is_kdl(path) && path.parent() == Some(folder);
        Ok(self.files.keys().filter(within).cloned().collect())
    }
}

/// Takes `.` and `..` out of a relative path; `None` where it is absolute or leaves the root.
pub fn normalize_path(path: &Path) -> Option<PathBuf> {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => normal.push(part),
            Component::ParentDir => {
                if !normal.pop() {
                    return None;
                }
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(normal)
}
