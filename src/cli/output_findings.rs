//! Findings about generated files, with their pages.

use crate::diagnostic::Finding;
use crate::writer::{Change, Comparison, RefusalReason};
use std::path::Path;

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
