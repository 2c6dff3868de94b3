//! The files of locks: which there are, what they say, and what a build changes in them.
//!
//! There is one for each service, so that merges collide only where services do, and one for what belongs to no service.
//! The lock of a service that is no longer in the register stays: what it froze is still known outside.

use super::{ServiceLock, read, write};
use crate::diagnostic::Finding;
use crate::semantic::{LOCK_FOLDER, ReadFailure, Register};
use crate::source::{FileSystem, Sources};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The name of the file of what belongs to no service. No service can be called so: names of services begin with a letter.
const PLATFORM_FILE: &str = "_platform";

/// What a lock is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// What belongs to no service: servers.
    Platform,
    /// A service, by its name in the register.
    Service(String),
}

impl Owner {
    /// The path of its file from the folder of the model: `lock/identity.kdl`.
    pub fn path(&self) -> String {
        let stem = match self {
            Owner::Platform => PLATFORM_FILE,
            Owner::Service(name) => name,
        };
        format!("{LOCK_FOLDER}/{stem}.kdl")
    }

    fn of_file(path: &Path) -> Option<Owner> {
        Some(match path.file_stem()?.to_str()? {
            PLATFORM_FILE => Owner::Platform,
            name => Owner::Service(name.to_owned()),
        })
    }
}

/// All locks of a register: as they were read, and as they are to be.
#[derive(Debug, Default)]
pub struct Locks {
    read: BTreeMap<Owner, (Arc<str>, ServiceLock)>,
    current: BTreeMap<Owner, ServiceLock>,
}

/// What reading gives.
#[derive(Debug, Default)]
pub struct ReadLocks {
    /// The locks. One with a mistake is left out.
    pub locks: Locks,
    /// The mistakes.
    pub findings: Vec<Finding>,
    /// A file that could not be read: nothing can be said then.
    pub failure: Option<ReadFailure>,
}

/// A lock that has to be written or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockChange {
    /// What it is of.
    pub owner: Owner,
    /// What was read; `None`: there was none.
    pub before: Option<Arc<str>>,
    /// What has to stand there; `None`: nothing.
    pub after: Option<String>,
}

impl Locks {
    /// Reads every lock; none where the folder is missing. The files are added to `sources`.
    pub fn read(files: &dyn FileSystem, sources: &mut Sources) -> ReadLocks {
        let mut read_locks = ReadLocks::default();
        let folder = Path::new(LOCK_FOLDER);
        let paths = match files.kdl_files_in(folder) {
            Ok(paths) => paths,
            Err(error) => {
                read_locks.failure = Some(ReadFailure { path: folder.to_path_buf(), error, place: None });
                return read_locks;
            }
        };
        let texts: Vec<io::Result<(String, bool)>> = paths.par_iter().map(|path| text(files, path)).collect();
        let mut waiting = Vec::with_capacity(paths.len());
        for (path, text) in paths.into_iter().zip(texts) {
            match (text, Owner::of_file(&path)) {
                (Ok((text, is_whole)), Some(owner)) => {
                    let file = sources.add(path, text);
                    let text = Arc::clone(&sources.file(file).text);
                    if is_whole {
                        waiting.push((file, text, owner));
                    } else {
                        read_locks.findings.push(read::not_utf_8(file, &text));
                    }
                }
                (Ok(_), None) => {}
                (Err(error), _) => {
                    read_locks.failure.get_or_insert(ReadFailure { path, error, place: None });
                }
            }
        }
        let read: Vec<_> = waiting
            .into_par_iter()
            .map(|(file, text, owner)| (read::read(file, &text, &owner), text, owner))
            .collect();
        for (lock, text, owner) in read {
            match lock {
                Ok(lock) => {
                    read_locks.locks.current.insert(owner.clone(), lock.clone());
                    read_locks.locks.read.insert(owner, (text, lock));
                }
                Err(finding) => read_locks.findings.push(finding),
            }
        }
        read_locks
    }

    /// The lock of a service, as it is to be.
    pub fn service(&self, name: &str) -> &ServiceLock {
        self.of(&Owner::Service(name.to_owned()))
    }

    /// The lock of what belongs to no service, as it is to be.
    pub fn platform(&self) -> &ServiceLock {
        self.of(&Owner::Platform)
    }

    fn of(&self, owner: &Owner) -> &ServiceLock {
        static NONE: LazyLock<ServiceLock> = LazyLock::new(ServiceLock::default);
        self.current.get(owner).unwrap_or(&NONE)
    }

    pub(super) fn current(&self) -> &BTreeMap<Owner, ServiceLock> {
        &self.current
    }

    pub(super) fn lock_mut(&mut self, owner: &Owner) -> &mut ServiceLock {
        self.current.entry(owner.clone()).or_default()
    }

    /// Follows the renames of services: one that was renamed takes the lock that it had.
    ///
    /// A service remembers the names that it had, so that a build which was cut off between writing the new file and
    /// removing the old one leaves nothing behind that the next one would take for another service's.
    pub(super) fn follow_renames(&mut self, register: &Register) {
        let present: BTreeSet<&str> =
            register.services.values().map(|service| service.name.as_str()).collect();
        for service in register.services.values() {
            let owner = Owner::Service(service.name.value.clone());
            let Some(was) = service.was.as_ref().filter(|was| !present.contains(was.as_str())) else {
                continue;
            };
            let former = Owner::Service(was.value.clone());
            if !self.current.contains_key(&owner)
                && let Some(mut lock) = self.current.remove(&former)
            {
                lock.former_names.insert(was.value.clone());
                self.current.insert(owner, lock);
            }
        }
        let mut left_over = BTreeSet::new();
        for (owner, lock) in &mut self.current {
            lock.former_names.retain(|name| !present.contains(name.as_str()));
            if matches!(owner, Owner::Service(name) if present.contains(name.as_str())) {
                left_over.extend(lock.former_names.iter().cloned());
            }
        }
        self.current.retain(|owner, _| !matches!(owner, Owner::Service(name) if left_over.contains(name)));
    }

    /// What has to be written or removed, by file. One in which nothing changed is left as it is, however it is spelt.
    pub fn changes(&self) -> Vec<LockChange> {
        self.changes_with(&BTreeMap::new())
    }

    /// The same with locks that a build has added to: they go before those that are here.
    pub fn changes_with(&self, newer: &BTreeMap<Owner, ServiceLock>) -> Vec<LockChange> {
        let owners: BTreeSet<&Owner> =
            self.read.keys().chain(self.current.keys()).chain(newer.keys()).collect();
        let changes = owners.into_iter().filter_map(|owner| {
            let (before, after) = (self.read.get(owner), newer.get(owner).or(self.current.get(owner)));
            let after = after.filter(|lock| before.is_some() || !lock.is_empty());
            if before.map(|(_, lock)| lock) == after {
                return None;
            }
            Some(LockChange {
                owner: owner.clone(),
                before: before.map(|(text, _)| Arc::clone(text)),
                after: after.map(|lock| write::text(owner, lock)),
            })
        });
        changes.collect()
    }
}

/// The text of a file up to the first byte that is not UTF-8, and whether that is all of it.
fn text(files: &dyn FileSystem, path: &Path) -> io::Result<(String, bool)> {
    Ok(match String::from_utf8(files.read(path)?) {
        Ok(text) => (text, true),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(valid);
            (String::from_utf8(bytes).unwrap_or_default(), false)
        }
    })
}
