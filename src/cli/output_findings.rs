//! Findings about generated files, with their pages.

use crate::diagnostic::Finding;
use crate::lock::{LockChange, Owner};
use crate::text::printable_path;
use crate::writer::{self, Change, Comparison, RefusalReason};
use std::collections::BTreeMap;
use std::path::Path;

const LOST: &str = "lock-lost";
const STALE: &str = "stale-output";
const EDITED: &str = "edited-output";
const FOREIGN: &str = "foreign-output";

/// Names and pages of the rules of this file.
pub(super) const RULES: &[(&str, &str)] = &[
    (
        EDITED,
        "## What it does

Reports a generated file that was changed by hand: the digest in its first lines is not that of the rest. The change is
shown as a difference, and nothing is written.

## Why it is bad

The next build would undo the change, and whoever made it would not know.

## How to mend it

Make the change in the register, or in a template (`--templates`), and build with `--force`. A file that holds the
marks of a merge is no edited one: it is simply made again.
",
    ),
    (
        FOREIGN,
        "## What it does

Reports a file, link or folder that stands where a generated file is to be written, and that freehold did not write:
its first lines lack the mark of a generated file. Nothing is written, not even with `--force`.

## Why it is bad

It would be lost.

## How to mend it

Move it out of the output folder, or choose another one with `--out`.
",
    ),
    (
        LOST,
        "## What it does

Reports a service that has no lock, although files of Protobuf stand in the output that were made from it and would now
change. Nothing is written.

## Why it is bad

The lock knows which numbers are in use. Without it numbers are given anew, in the order of the register, and programs
that were made from the old files would read one field as another.

## How to mend it

Restore the file from version control; it belongs into every commit together with the register. Only where nothing uses
the old files any more, remove those, and build again.
",
    ),
    (
        STALE,
        "## What it does

`build --check` reports generated files and locks that are not what the register makes: missing, different, or no longer
made.

## Why it is bad

Reviewers and deployments see something else than the register says.

## How to mend it

Run `freehold build` and commit what it writes.
",
    ),
];

/// Files below a folder that are not what the register makes.
pub(super) fn stale(folder: &Path, changes: &[Change]) -> Vec<Finding> {
    let finding = |change: &Change| {
        let state = match (&change.before, &change.after) {
            (None, _) => "missing",
            (_, None) => "no longer made",
            _ => "not what the register makes",
        };
        Finding::error(STALE, format!("`{}` is {state}", shown(folder, change)))
            .help("run `freehold build` and commit what it writes")
    };
    changes.iter().map(finding).collect()
}

/// Services without a lock whose output knows numbers that only a lock can have given.
pub(super) fn lost_locks(root: &Path, locks: &[LockChange], comparison: &Comparison) -> Vec<Finding> {
    let refused = comparison.refusals.iter().map(|refusal| &refusal.change);
    let standing: BTreeMap<String, &Change> = comparison
        .changes
        .iter()
        .chain(refused)
        .filter(|change| change.path.starts_with("proto/"))
        .filter_map(|change| Some((writer::header::node(change.before.as_deref()?)?, change)))
        .collect();
    let lost = locks.iter().filter(|lock| lock.before.is_none()).filter_map(|lock| {
        let Owner::Service(name) = &lock.owner else { return None };
        let change = standing.get(&format!("service {name}"))?;
        let path = printable_path(&root.join(lock.owner.path()));
        let message = format!("service `{name}` has no lock, but `{}` was made with one", change.path);
        Some(Finding::error(LOST, message).help(format!(
            "restore `{path}` from version control; where nothing uses the old files any more, remove them"
        )))
    });
    lost.collect()
}

/// Files that stand in the way.
pub(super) fn refused(output: &Path, comparison: &Comparison) -> Vec<Finding> {
    let finding = |refusal: &crate::writer::Refusal| {
        let path = shown(output, &refusal.change);
        let foreign = |what: &str| {
            Finding::error(FOREIGN, format!("{what} stands where `{path}` is to be written"))
                .help("move it away, or choose another output folder with `--out`")
        };
        match refusal.reason {
            RefusalReason::Edited => Finding::error(EDITED, format!("`{path}` was edited by hand")).help(
                "make the change in the register or in a template; `--force` overwrites what was edited",
            ),
            RefusalReason::Foreign => foreign("a file that freehold did not write"),
            RefusalReason::Link => foreign("a symbolic link"),
            RefusalReason::NotAFile => foreign("a folder, or a file in place of a folder,"),
        }
    };
    comparison.refusals.iter().map(finding).collect()
}

fn shown(output: &Path, change: &Change) -> String {
    output.join(&change.path).to_string_lossy().replace('\\', "/")
}
