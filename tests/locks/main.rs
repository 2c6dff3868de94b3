//! Locks: what was given is never given again, whatever is done to a register; and what is wrong with a lock is said.
#![expect(clippy::disallowed_methods, reason = "these tests prepare and look at real folders")]

mod builds;
mod damage;
mod names;
mod numbers;
#[path = "../program/mod.rs"]
mod program;

use freehold::diagnostic::Finding;
use freehold::lock::{LockChange, Locks};
use freehold::source::{Memory, Sources};

/// What the locks of a folder say, and what is wrong with them.
fn read(files: &[(&str, &str)]) -> (Locks, Sources, Vec<Finding>) {
    let mut memory = Memory::default();
    for (path, text) in files {
        memory.insert(*path, *text);
    }
    let mut sources = Sources::default();
    let read = Locks::read(&memory, &mut sources);
    assert!(read.failure.is_none());
    (read.locks, sources, read.findings)
}

/// The text that a change writes.
fn written(change: &LockChange) -> &str {
    change.after.as_deref().expect("it is not removed")
}
