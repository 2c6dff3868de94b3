//! Files of a register: their text, their places, and how they are found. Knows nothing of KDL.

mod file_system;
mod line_index;

pub use file_system::{Disk, FileSystem, Memory, RefusedFile, normalize_path};
pub use line_index::{LineColumn, LineIndex};

use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A file of one run, an index into [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of bytes in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` up to, but without, `end`.
    pub const fn new(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    /// Whether `other` lies within this span.
    pub const fn contains(self, other: Span) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Length in bytes.
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether the span holds no byte.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }
}

/// Where something stands: a span of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes in it.
    pub span: Span,
}

impl Place {
    /// Whether `other` lies within this place.
    pub fn contains(self, other: Place) -> bool {
        self.file == other.file && self.span.contains(other.span)
    }
}

/// One file that was read: its path as shown to people, and its text.
#[derive(Debug)]
pub struct SourceFile {
    /// The path relative to the root of the model, with `/` between parts.
    pub path: PathBuf,
    /// The text; empty where the file was not UTF-8.
    pub text: Arc<str>,
    /// Where lines begin.
    pub lines: LineIndex,
}

/// Every file of one run, in the order of reading.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// Adds a file and gives its id.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<Arc<str>>) -> FileId {
        let text = text.into();
        let lines = LineIndex::new(&text);
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile { path: path.into(), text, lines });
        id
    }

    /// The file of an id that [`Sources::add`] gave.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The files in the order of reading.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(index, file)| (FileId(index as u32), file))
    }

    /// The file that was read from `path`.
    pub fn by_path(&self, path: &Path) -> Option<FileId> {
        self.iter().find(|(_, file)| file.path == path).map(|(id, _)| id)
    }

    /// The text of a place.
    pub fn text(&self, place: Place) -> &str {
        let file = self.file(place.file);
        file.text.get(place.span.start as usize..place.span.end as usize).unwrap_or("")
    }

    /// Line and column, both from 1, the column in characters, of the first byte of a place.
    pub fn line_column(&self, place: Place) -> LineColumn {
        let file = self.file(place.file);
        file.lines.line_column(&file.text, place.span.start)
    }
}
