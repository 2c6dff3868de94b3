//! The texts that a finding points into, as miette wants to read them: by the line index instead of from
//! the start of the file, several files behind one another, and never more of a long line than fits.

use super::{Finding, Label, Report};
use crate::source::{FileId, LineIndex, Span};
use crate::text::{printable_in_place, printable_on_one_line};
use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Lines that are longer than this many bytes are cut around the label.
const LONGEST_LINE: usize = 300;
/// How many bytes of a long line are shown on each side of a label.
const WINDOW: usize = 60;
/// Labels over more lines are cut to their first one.
const MOST_LINES_OF_A_LABEL: usize = 4;
/// Labels over more bytes are cut.
const LONGEST_LABEL: usize = 120;
/// Snippets with more lines stay apart.
const MOST_LINES_OF_A_SNIPPET: usize = 16;

/// The files of a report that have labels, ready to be shown.
pub(super) struct ShownFiles<'a> {
    files: BTreeMap<FileId, ShownFile<'a>>,
}

struct ShownFile<'a> {
    path: String,
    text: Cow<'a, str>,
    lines: &'a LineIndex,
}

impl<'a> ShownFiles<'a> {
    pub(super) fn new(report: &Report<'a>, findings: &[Finding]) -> ShownFiles<'a> {
        let mut files = BTreeMap::new();
        for label in findings.iter().flat_map(|finding| &finding.labels) {
            files.entry(label.place.file).or_insert_with(|| {
                let file = report.sources.file(label.place.file);
                ShownFile {
                    path: printable_on_one_line(&report.path(label.place.file)).into_owned(),
                    text: printable_in_place(&file.text),
                    lines: &file.lines,
                }
            });
        }
        ShownFiles { files }
    }

    /// The files of these labels behind one another, the one of the first label first.
    pub(super) fn snippets(&'a self, labels: &[Label]) -> Snippets<'a> {
        let mut snippets = Snippets { segments: Vec::new() };
        let mut base = 0;
        for label in labels {
            let id = label.place.file;
            if snippets.segments.iter().any(|segment| segment.id == id) {
                continue;
            }
            if let Some(file) = self.files.get(&id) {
                snippets.segments.push(Segment { id, base, file });
                base += file.text.len() + 1;
            }
        }
        snippets
    }
}

/// One text made of several files.
pub(super) struct Snippets<'a> {
    segments: Vec<Segment<'a>>,
}

struct Segment<'a> {
    id: FileId,
    base: usize,
    file: &'a ShownFile<'a>,
}

impl Snippets<'_> {
    /// Where a label stands in the one text: offset and length, cut to what can be shown.
    pub(super) fn locate(&self, label: &Label) -> (usize, usize) {
        let Some(segment) = self.segments.iter().find(|segment| segment.id == label.place.file) else {
            return (0, 0);
        };
        let shown = segment.file.clip(label.place.span);
        (segment.base + shown.start as usize, shown.len() as usize)
    }
}

impl ShownFile<'_> {
    /// The part of a span that is shown: within the text, on character boundaries, not too long.
    fn clip(&self, span: Span) -> Span {
        let text = &*self.text;
        let mut start = text.floor_char_boundary(span.start as usize);
        if start >= text.len() && !text.is_empty() {
            // Nothing can be shown at the end of a text; its last character can.
            start = text.floor_char_boundary(text.len() - 1);
        }
        let mut end = text.floor_char_boundary((span.end as usize).max(start).min(start + LONGEST_LABEL));
        if self.line_of(end) - self.line_of(start) >= MOST_LINES_OF_A_LABEL {
            end = start + text[start..end].find('\n').unwrap_or(0);
        }
        Span::new(start as u32, end as u32)
    }

    fn line_of(&self, offset: usize) -> usize {
        self.lines.line_of(offset as u32)
    }

    /// First byte of a line and one past its last, with the line feed.
    fn line_range(&self, line: usize) -> (usize, usize) {
        let start = self.lines.line_start(line).unwrap_or(0) as usize;
        let end = self.lines.line_start(line + 1).map_or(self.text.len(), |next| next as usize);
        (start, end)
    }

    /// What is shown around a span: its lines and one before and after, less where lines are long.
    fn around(&self, start: usize, end: usize) -> (usize, usize) {
        let (first, last) = (self.line_of(start), self.line_of(end.saturating_sub(1).max(start)));
        let mut from = self.line_range(first).0;
        if start - from > LONGEST_LINE {
            from = self.text.floor_char_boundary(start - WINDOW);
        } else if let Some(before) = first.checked_sub(1) {
            let (context, _) = self.line_range(before);
            if from - context <= LONGEST_LINE {
                from = context;
            }
        }
        let mut to = self.line_range(last).1;
        if to - end > LONGEST_LINE {
            to = self.text.ceil_char_boundary(end + WINDOW);
        } else {
            let (_, context) = self.line_range(last + 1);
            if context > to && context - to <= LONGEST_LINE {
                to = context;
            }
        }
        (from, to)
    }
}

impl SourceCode for Snippets<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_before: usize,
        _context_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let index = self.segments.partition_point(|segment| segment.base <= span.offset());
        let segment = index.checked_sub(1).and_then(|index| self.segments.get(index));
        let Segment { base, file, .. } = segment.ok_or(MietteError::OutOfBounds)?;
        let (start, end) = (span.offset() - base, span.offset() + span.len() - base);
        // miette asks for the range from one label to another, to show both at once; it asks in vain where
        // they are in different files, or far apart.
        if end > file.text.len() || file.line_of(end) - file.line_of(start) > MOST_LINES_OF_A_SNIPPET {
            return Err(MietteError::OutOfBounds);
        }
        let (from, to) = if context_before == 0 { (start, end) } else { file.around(start, end) };
        if to - from > LONGEST_LABEL + 5 * LONGEST_LINE {
            return Err(MietteError::OutOfBounds);
        }
        let position = file.lines.line_column(&file.text, from as u32);
        let column = if context_before == 0 { position.column as usize - 1 } else { 0 };
        let line = position.line as usize - 1;
        let line_count = file.line_of(to) - line;
        let data = &file.text.as_bytes()[from..to];
        let shown = SourceSpan::new((base + from).into(), to - from);
        Ok(Box::new(MietteSpanContents::new_named(file.path.clone(), data, shown, line, column, line_count)))
    }
}
