//! Nodes and blocks: one pass, with an explicit stack in place of recursion.

use super::blocks::Frame;
use super::cursor::span;
use super::tree::{NodeData, NodeId, Text, Tree};
use crate::diagnostic::Finding;
use crate::source::{FileId, Span};
use std::sync::Arc;

/// What was there before a slashdashed part began, to go back to when it ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mark {
    start: usize,
    nodes: usize,
    entries: usize,
    comments: usize,
    unescaped: usize,
}

/// Which children blocks a node already has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Blocks {
    /// None: entries may follow.
    None,
    /// Slashdashed ones: only blocks may follow.
    Slashdashed,
    /// The children block itself: only slashdashed blocks may follow.
    Real,
}

/// A node that is being read.
#[derive(Clone, Copy, Debug)]
pub(super) struct OpenNode {
    pub id: NodeId,
    /// Set where the whole node is slashdashed.
    pub slashdash: Option<Mark>,
    pub blocks: Blocks,
    /// The finding that reports a comma between its values.
    pub comma: Option<usize>,
    /// What may turn out to be a habit of another language.
    pub suspect: Option<Suspect>,
}

impl OpenNode {
    pub(super) fn new(id: NodeId, slashdash: Option<Mark>) -> OpenNode {
        OpenNode { id, slashdash, blocks: Blocks::None, comma: None, suspect: None }
    }
}

/// A word that is legal, but is read as a habit of another language where mistakes follow in its reach.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspect {
    pub habit: Habit,
    /// The word.
    pub at: Span,
    /// Where the reach of the habit ends: the closing quotation mark, or the end of the node.
    pub end: usize,
    /// How many findings there were before it.
    pub findings: usize,
    /// How many entries there were before it.
    pub entries: usize,
}

/// A habit of another language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Habit {
    /// `--`, which begins a comment in SQL, as the name of a node.
    CommentNode,
    /// `--` among the values of a node.
    Comment,
    /// A quotation mark that KDL does not know.
    Quote,
}

/// Reads one text.
pub(super) struct Parser<'a> {
    pub text: &'a str,
    pub bytes: &'a [u8],
    pub at: usize,
    pub tree: Tree,
    pub findings: Vec<Finding>,
    /// Where the line begins that the last node began on, as far as newlines between nodes tell.
    pub line_start: usize,
    /// How often the text may still be gone through again to recover from something that is not closed.
    pub rescans: u32,
    /// A part of a line, to its end.
    pub known_line: Span,
    pub indentation: usize,
    pub frames: Vec<Frame>,
    pub top: Frame,
    /// The first closing brace that stands further left than the line its block opened on: what it closed, and itself.
    pub closed_late: Option<(Span, Span)>,
    /// The last closing brace that stands further right than the line its block opened on.
    pub closed_early: Option<Span>,
}

impl<'a> Parser<'a> {
    pub(super) fn new(file: FileId, shared: Arc<str>, text: &'a str) -> Parser<'a> {
        /// Beyond this many the vectors grow by themselves. What is reserved takes no memory before it is written, but
        /// a vector that grows is copied.
        const MOST: usize = 1 << 22;
        let lines = memchr::memchr_iter(b'\n', text.as_bytes()).count();
        let estimate = lines.min(text.len() / 24).min(MOST) + 1;
        let tree = Tree {
            file,
            text: shared,
            unescaped: String::new(),
            nodes: Vec::with_capacity(estimate),
            entries: Vec::with_capacity(estimate * 3),
            annotations: Vec::new(),
            comments: Vec::new(),
            first_node: None,
        };
        Parser {
            text,
            bytes: text.as_bytes(),
            at: if text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 },
            tree,
            findings: Vec::new(),
            line_start: 0,
            rescans: 16,
            known_line: Span::new(u32::MAX, 0),
            indentation: 0,
            frames: Vec::new(),
            top: Frame::document(),
            closed_late: None,
            closed_early: None,
        }
    }

    /// Reads the whole text.
    pub(super) fn document(&mut self) {
        self.version_marker();
        loop {
            let node = match self.next_node() {
                Some(node) => node,
                None if self.at < self.bytes.len() => match self.close_block() {
                    Some(node) => node,
                    None => continue,
                },
                None => break,
            };
            self.node(node);
        }
        self.close_everything();
    }

    /// Begins the next node of the block; `None` at a `}` and at the end of the text.
    fn next_node(&mut self) -> Option<OpenNode> {
        loop {
            let line_before = self.line_start;
            self.skip_line_space();
            if line_before != self.line_start {
                self.indentation = self.at - self.line_start;
            }
            match self.peek()? {
                b'}' => return None,
                b'{' => self.open_nameless_block(None),
                b';' => self.report_stray_semicolon(),
                b'/' if self.peek_second() == Some(b'-') => {
                    if let Some(mark) = self.slashdash() {
                        match self.peek() {
                            Some(b'{') => self.open_nameless_block(Some(mark)),
                            _ => return Some(self.begin_node(Some(mark))),
                        }
                    }
                }
                b'#' if self.is_hash_comment() => self.report_hash_comment(),
                b'\\' if self.is_lone_backslash() => self.skip_lone_backslash(),
                _ => return Some(self.begin_node(None)),
            }
        }
    }

    /// Passes over a `/-` and the whitespace after it; `None`, with a finding, where nothing follows to leave out.
    pub(super) fn slashdash(&mut self) -> Option<Mark> {
        let mark = self.mark();
        self.at += 2;
        self.skip_line_space();
        match self.peek() {
            None | Some(b'}' | b';') => {}
            Some(b'/') if self.peek_second() == Some(b'-') => {}
            Some(_) => return Some(mark),
        }
        self.report_empty_slashdash(span(mark.start, mark.start + 2));
        None
    }

    fn mark(&self) -> Mark {
        Mark {
            start: self.at,
            nodes: self.tree.nodes.len(),
            entries: self.tree.entries.len(),
            comments: self.tree.comments.len(),
            unescaped: self.tree.unescaped.len(),
        }
    }

    /// Takes everything since `mark` out of the tree again and keeps it as one comment that ends at `end`; comments
    /// after `end` stay.
    pub(super) fn leave_out(&mut self, mark: Mark, end: usize) {
        self.tree.nodes.truncate(mark.nodes);
        self.tree.entries.truncate(mark.entries);
        self.tree.unescaped.truncate(mark.unescaped);
        let comments = &mut self.tree.comments;
        let inside = comments.iter().skip(mark.comments).take_while(|comment| (comment.start as usize) < end);
        let after = mark.comments + inside.count();
        comments.splice(mark.comments..after, [span(mark.start, end)]);
    }

    fn begin_node(&mut self, slashdash: Option<Mark>) -> OpenNode {
        let start = self.at;
        let findings = self.findings.len();
        let annotation = self.annotation().and_then(|text| self.tree.annotate(text));
        let name = self.node_name();
        let entries = self.tree.entries.len() as u32;
        let id = NodeId(self.tree.nodes.len() as u32);
        self.tree.nodes.push(NodeData {
            name,
            annotation,
            entries: entries..entries,
            span: span(start, self.at.max(name.span.end as usize)),
            children: None,
            first_child: None,
            next_sibling: None,
        });
        let mut node = OpenNode::new(id, slashdash);
        if self.text.get(start..self.at).is_some_and(|name| name.starts_with("--")) {
            let (habit, at) = (Habit::CommentNode, name.span);
            node.suspect = Some(Suspect { habit, at, end: usize::MAX, findings, entries: entries as usize });
        }
        node
    }

    /// Reads on in a node: entries and blocks, up to its end or to the beginning of its children.
    fn node(&mut self, mut node: OpenNode) {
        let mut spaced = false;
        loop {
            spaced |= self.skip_node_space();
            self.settle_quote(&mut node);
            if self.at_node_end() {
                return self.end_node(node);
            }
            match self.peek() {
                Some(b'{') if !self.is_template() => return self.children(node),
                Some(b'/') if self.peek_second() == Some(b'-') => match self.left_out(&mut node, spaced) {
                    Some(after) => spaced = after,
                    None => return,
                },
                Some(_) if node.blocks == Blocks::Real => return self.text_after_block(node),
                Some(_) if node.blocks == Blocks::Slashdashed => {
                    self.report_value_after_slashdashed_block();
                    node.blocks = Blocks::None;
                }
                Some(_) => {
                    if !spaced && self.glued(&mut node) {
                        spaced = true;
                        continue;
                    }
                    spaced = self.entry(&mut node);
                    self.extend_entries(node.id);
                }
                None => return self.end_node(node),
            }
        }
    }

    /// Reads a `/-` in a node and the entry after it. Says whether whitespace followed; `None` where it began a block.
    fn left_out(&mut self, node: &mut OpenNode, spaced: bool) -> Option<bool> {
        if !spaced {
            self.report_missing_space();
        }
        let entries = self.tree.entries.len();
        let Some(mark) = self.slashdash() else { return Some(true) };
        if self.peek() == Some(b'{') {
            self.open_block(*node, Some(mark));
            return None;
        }
        if node.blocks != Blocks::None {
            self.report_entry_after_block();
        }
        let suspect = node.suspect;
        let spaced = self.entry(node);
        node.suspect = suspect;
        let end = self.tree.entries.last().filter(|_| self.tree.entries.len() > entries);
        let end = end.map_or(self.at, |entry| entry.value.span.end as usize);
        self.leave_out(mark, end);
        Some(spaced)
    }

    /// Tells a node of the entries that were read since it began.
    pub(super) fn extend_entries(&mut self, id: NodeId) {
        let count = self.tree.entries.len() as u32;
        let end = self.tree.entries.last().map_or(0, |entry| entry.value.span.end);
        if let Some(data) = self.tree.nodes.get_mut(id.0 as usize) {
            data.entries.end = count.max(data.entries.start);
            data.span.end = data.span.end.max(end);
        }
    }

    /// Ends a node: passes over its terminator, and puts it into its block or leaves it out.
    pub(super) fn end_node(&mut self, node: OpenNode) {
        let end = self.tree.nodes.get(node.id.0 as usize).map_or(self.at, |data| data.span.end as usize);
        match self.peek() {
            Some(b';') => self.at += 1,
            Some(b'/') if self.peek_second() == Some(b'/') => self.line_comment(),
            _ => {}
        }
        self.mend_commas(&node);
        if let Some(mark) = node.slashdash {
            self.leave_out(mark, end);
        } else if !self.take_back_sql_comment(&node) {
            self.link(node.id);
        }
    }

    /// The tree and the findings, these in the order of the text.
    pub(super) fn finish(mut self) -> super::Parse {
        let from = self.text.len() - self.text.trim_start_matches('\u{FEFF}').len();
        let from = from.min('\u{FEFF}'.len_utf8());
        self.report_disallowed_characters(from);
        self.findings.sort_by_key(|finding| finding.primary().map(|place| place.span.start));
        super::Parse { tree: self.tree, findings: self.findings }
    }

    /// The text of a span as a string of the tree.
    pub(super) fn source_text(&self, start: usize, end: usize) -> Text {
        let whole = span(start, end);
        Text { span: whole, storage: super::tree::Storage::Source(whole) }
    }
}
