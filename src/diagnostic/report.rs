//! What every printer needs to know of a run: its findings, and where their files are.

use super::{Finding, Severity};
use crate::source::{FileId, Place, Sources};
use std::path::{Component, Path, PathBuf};

/// The findings of a run and what is needed to show them.
#[derive(Clone, Copy)]
pub struct Report<'a> {
    /// The files that the findings speak of.
    pub sources: &'a Sources,
    /// The findings, in the order in which they are shown.
    pub findings: &'a [Finding],
    /// The root of the model as seen from where the program runs: it stands before every path.
    pub root: &'a Path,
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// How many errors.
    pub errors: usize,
    /// How many warnings.
    pub warnings: usize,
}

/// A range of lines and columns, all from 1, columns in characters; the end is exclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Region {
    pub line: u32,
    pub column: u32,
    pub end_line: u32,
    pub end_column: u32,
}

impl Report<'_> {
    /// Counts the findings.
    pub fn summary(&self) -> Summary {
        let errors = self.findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        Summary { errors, warnings: self.findings.len() - errors }
    }

    /// The path of a file as people can open it, with `/` between its parts.
    pub(super) fn path(&self, file: FileId) -> String {
        let mut parts = PathBuf::new();
        for component in self.root.join(&self.sources.file(file).path).components() {
            match component {
                Component::CurDir => {}
                Component::ParentDir
                    if matches!(parts.components().next_back(), Some(Component::Normal(_))) =>
                {
                    parts.pop();
                }
                other => parts.push(other),
            }
        }
        parts.to_string_lossy().replace('\\', "/")
    }

    pub(super) fn region(&self, place: Place) -> Region {
        let start = self.sources.line_column(place);
        let file = self.sources.file(place.file);
        let end = file.lines.line_column(&file.text, place.span.end.max(place.span.start));
        Region { line: start.line, column: start.column, end_line: end.line, end_column: end.column }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match (self.errors, self.warnings) {
            (0, 0) => formatter.write_str("no findings"),
            (errors, 0) => write!(formatter, "{errors} error{}", plural(errors)),
            (0, warnings) => write!(formatter, "{warnings} warning{}", plural(warnings)),
            (errors, warnings) => {
                write!(formatter, "{errors} error{}, {warnings} warning{}", plural(errors), plural(warnings))
            }
        }
    }
}
