//! Habits of other languages that are legal KDL until something in their reach is not: comments of SQL, quotation marks
//! that KDL does not know, commas, and the parentheses of SQL types.

use super::cursor::span;
use super::mistakes::quoted;
use super::parser::{Blocks, Habit, OpenNode, Parser, Suspect};
use super::rules::{COMMENT, QUOTES};
use super::tree::{Entry, Storage, Text, Tree, ValueKind};
use crate::diagnostic::Finding;
use crate::source::Span;

/// A text longer than this is not repeated as a fix.
pub(super) const LONGEST_FIX: usize = 200;

/// The quotation mark of another language that a word begins with, and the one that closes it.
pub(super) fn closing_quote(word: &str) -> Option<(char, char)> {
    let open = word.chars().next()?;
    match open {
        '\'' | '`' => Some((open, open)),
        '“' | '”' | '„' => Some((open, '”')),
        '‘' | '’' | '‚' => Some((open, '’')),
        '«' => Some((open, '»')),
        _ => None,
    }
}

/// The finding of a comment as SQL has them.
pub(super) fn sql_comment(tree: &Tree, at: Span, whole: Span) -> Finding {
    let finding = Finding::error(COMMENT, "`--` does not begin a comment")
        .at(tree.place(at), "no comment in KDL")
        .help("a comment begins with `//`");
    match tree.source(whole) {
        text if text.len() <= LONGEST_FIX => {
            finding.fix(format!("// {}", text.trim_start_matches('-').trim()))
        }
        _ => finding,
    }
}

/// The finding of text between quotation marks that KDL does not know; `closed` where the closing one is there.
pub(super) fn foreign_quotes(tree: &Tree, at: Span, closed: bool) -> Option<Finding> {
    let text = tree.source(at);
    let (open, close) = closing_quote(text)?;
    let message = match open {
        '`' => "a backtick does not quote text".to_owned(),
        open => format!("`{open}` does not quote text"),
    };
    let finding = Finding::error(QUOTES, message)
        .at(tree.place(at), "read as bare words")
        .help("text is quoted by straight double quotation marks: `\"`");
    let inner = text.strip_prefix(open).unwrap_or(text);
    let inner = inner.strip_suffix(close).unwrap_or(inner);
    Some(if closed && text.len() <= LONGEST_FIX { finding.fix(quoted(inner)) } else { finding })
}

/// The entries of a node without commas between them, where that is short.
pub(super) fn without_commas(tree: &Tree, entries: &[Entry]) -> Option<String> {
    let mut words = Vec::new();
    let mut length = 0;
    for entry in entries {
        let start = entry.name.map_or(entry.value.span.start, |name| name.span.start);
        let source = tree.source(Span::new(start, entry.value.span.end));
        length += source.len();
        if length > LONGEST_FIX {
            return None;
        }
        words.push(if bare_word(entry).is_some() { source.trim_matches(',') } else { source });
    }
    words.retain(|word| !word.is_empty());
    (!words.is_empty()).then(|| words.join(" "))
}

/// The string of a value that is a bare word.
pub(super) fn bare_word(entry: &Entry) -> Option<Text> {
    match entry.value.kind {
        ValueKind::String(text) if is_bare(text) => Some(text),
        _ => None,
    }
}

/// Whether a string is a bare word.
pub(super) fn is_bare(text: Text) -> bool {
    matches!(text.storage, Storage::Source(value) if value == text.span)
}

impl Parser<'_> {
    /// Takes a comment as SQL has them out of the node, where what stands in it led to findings; these are replaced by
    /// one. Says whether the whole node was such a comment.
    pub(super) fn take_back_sql_comment(&mut self, node: &OpenNode) -> bool {
        let is_comment = |suspect: &Suspect| suspect.habit != Habit::Quote;
        let Some(suspect) = node.suspect.filter(is_comment) else { return false };
        if node.blocks == Blocks::Real || self.findings.len() <= suspect.findings {
            return false;
        }
        self.findings.truncate(suspect.findings);
        let start = suspect.at.start as usize;
        let end_of_line = self.end_of_line(start);
        let whole = span(start, self.at.min(end_of_line));
        let finding = sql_comment(&self.tree, suspect.at, whole);
        self.report(finding);
        self.tree.entries.truncate(suspect.entries);
        if suspect.habit == Habit::CommentNode {
            self.tree.nodes.truncate(node.id.0 as usize);
            return true;
        }
        if let Some(data) = self.tree.nodes.get_mut(node.id.0 as usize) {
            let end = self.tree.entries.last().map_or(0, |entry| entry.value.span.end);
            data.entries.end = (suspect.entries as u32).max(data.entries.start);
            data.span.end = end.max(data.name.span.end);
        }
        false
    }

    /// Once the closing one of foreign quotation marks is behind: replaces the findings between them by one, and the
    /// entries by one string.
    pub(super) fn settle_quote(&mut self, node: &mut OpenNode) {
        let passed = |suspect: &Suspect| suspect.habit == Habit::Quote && suspect.end <= self.at;
        let Some(suspect) = node.suspect.filter(passed) else { return };
        node.suspect = None;
        if node.blocks != Blocks::None {
            return;
        }
        let first = self.tree.entries.get(suspect.entries).copied();
        let last = self.tree.entries.last().map(|entry| entry.value.span.end);
        let (Some(mut first), Some(last)) = (first, last) else { return };
        if self.findings.len() <= suspect.findings {
            return;
        }
        self.findings.truncate(suspect.findings);
        let whole = span(suspect.at.start as usize, suspect.end.max(last as usize));
        let finding = foreign_quotes(&self.tree, whole, true);
        finding.into_iter().for_each(|finding| self.report(finding));
        let open = self.source(whole).chars().next().map_or(0, char::len_utf8) as u32;
        let close = self.source(whole).chars().next_back().map_or(0, char::len_utf8) as u32;
        let inner = Span::new(whole.start + open, (whole.end - close).max(whole.start + open));
        first.value.span = whole;
        first.value.kind = ValueKind::String(Text { span: whole, storage: Storage::Source(inner) });
        self.tree.entries.truncate(suspect.entries);
        self.tree.entries.push(first);
        self.extend_entries(node.id);
    }

    /// Where a comma between values was reported: says what to write, and takes the commas off the other values.
    pub(super) fn mend_commas(&mut self, node: &OpenNode) {
        let Some(index) = node.comma else { return };
        let Some(range) = self.tree.nodes.get(node.id.0 as usize).map(|data| data.entries.clone()) else {
            return;
        };
        let range = range.start as usize..range.end as usize;
        let fix =
            self.tree.entries.get(range.clone()).and_then(|entries| without_commas(&self.tree, entries));
        if let Some(finding) = self.findings.get_mut(index) {
            finding.fix = fix;
        }
        for entry in self.tree.entries.get_mut(range).unwrap_or(&mut []) {
            let Some(text) = bare_word(entry) else { continue };
            let word = self.text.get(text.span.start as usize..text.span.end as usize).unwrap_or("");
            let start = text.span.start as usize + word.len() - word.trim_start_matches(',').len();
            let end = start + word.trim_matches(',').len();
            if start < end {
                let at = span(start, end);
                entry.value.span = at;
                entry.value.kind = ValueKind::String(Text { span: at, storage: Storage::Source(at) });
            }
        }
    }

    /// Where the parentheses from `start` to `end` are those of an SQL type, as in `numeric (10, 2)`: takes the word
    /// before them out of the entries and gives its beginning.
    pub(super) fn type_before_parentheses(&mut self, start: usize, end: usize) -> Option<usize> {
        let inner = self.text.get(start..end)?.strip_prefix('(')?.trim_end_matches("[]").strip_suffix(')')?;
        if !inner.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' ')) {
            return None;
        }
        let node = self.tree.nodes.last()?;
        let before = self
            .tree
            .entries
            .get(node.entries.start as usize..)?
            .last()
            .filter(|entry| entry.name.is_none())?;
        let word = bare_word(before)?;
        let gap = self.text.get(word.span.end as usize..start)?;
        if word.span.start < node.name.span.end || !gap.bytes().all(|byte| byte == b' ') {
            return None;
        }
        self.tree.entries.pop();
        Some(word.span.start as usize)
    }
}
