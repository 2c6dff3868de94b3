//! Blocks: what is open, which nodes belong where, and what to make of braces without a partner.

use super::cursor::span;
use super::parser::{Blocks, Mark, OpenNode, Parser};
use super::tree::NodeId;
use crate::source::Span;

/// Where the nodes of a block belong.
#[derive(Clone, Copy, Debug)]
enum Parent {
    Document,
    Node(NodeId),
    /// A block that is left out.
    Nowhere,
}

/// A block that is being read.
#[derive(Debug)]
pub(super) struct Frame {
    parent: Parent,
    /// The node that the block belongs to; none for a block without a name before it.
    node: Option<OpenNode>,
    open: Span,
    slashdash: Option<Mark>,
    last: Option<NodeId>,
    /// The indentation, in bytes, of the line that the block opens on.
    indentation: usize,
}

impl Frame {
    /// The document itself.
    pub(super) fn document() -> Frame {
        Frame::new(Parent::Document, None, Span::default())
    }

    fn new(parent: Parent, node: Option<OpenNode>, open: Span) -> Frame {
        Frame { parent, node, open, slashdash: None, last: None, indentation: 0 }
    }
}

impl Parser<'_> {
    /// Puts a node behind the last one of the block.
    pub(super) fn link(&mut self, id: NodeId) {
        if self.top.last == Some(id) {
            return;
        }
        match (self.top.last.replace(id), self.top.parent) {
            (Some(last), _) => {
                if let Some(data) = self.tree.nodes.get_mut(last.0 as usize) {
                    data.next_sibling = Some(id);
                }
            }
            (None, Parent::Document) => self.tree.first_node = Some(id),
            (None, Parent::Node(parent)) => {
                if let Some(data) = self.tree.nodes.get_mut(parent.0 as usize) {
                    data.first_child = data.first_child.or(Some(id));
                }
            }
            (None, Parent::Nowhere) => {}
        }
    }

    pub(super) fn open_block(&mut self, mut node: OpenNode, slashdash: Option<Mark>) {
        let parent = if slashdash.is_some() { Parent::Nowhere } else { Parent::Node(node.id) };
        if slashdash.is_none() {
            node.blocks = Blocks::Real;
        } else if node.blocks == Blocks::None {
            node.blocks = Blocks::Slashdashed;
        }
        let frame = Frame { slashdash, ..Frame::new(parent, Some(node), span(self.at, self.at + 1)) };
        self.push(frame);
    }

    fn push(&mut self, mut frame: Frame) {
        self.at += 1;
        frame.indentation = self.indentation;
        let outer = std::mem::replace(&mut self.top, frame);
        self.frames.push(outer);
    }

    /// A block where a node is expected: the children of the node on the line before, or nodes of this block.
    pub(super) fn open_nameless_block(&mut self, slashdash: Option<Mark>) {
        let brace = span(self.at, self.at + 1);
        let previous = self.top.last.filter(|last| {
            let data = self.tree.nodes.get(last.0 as usize);
            slashdash.is_none() && data.is_some_and(|data| data.children.is_none())
        });
        self.report_nameless_block(brace, previous);
        match previous {
            Some(id) => {
                self.open_block(OpenNode::new(id, None), None);
            }
            None => {
                let parent = if slashdash.is_some() { Parent::Nowhere } else { self.top.parent };
                let last = if slashdash.is_some() { None } else { self.top.last };
                self.push(Frame { slashdash, last, ..Frame::new(parent, None, brace) });
            }
        }
    }

    /// Closes a block at its `}`, which is the position, and gives the node that it belongs to.
    pub(super) fn close_block(&mut self) -> Option<OpenNode> {
        let brace = span(self.at, self.at + 1);
        if self.frames.is_empty() {
            let early = self.closed_early.take();
            self.report_stray_brace(brace, early);
            self.at += 1;
            return None;
        }
        let stands_first = self.at - self.line_start == self.indentation;
        if stands_first && self.indentation < self.top.indentation && self.closed_late.is_none() {
            self.closed_late = Some((self.top.open, brace));
        }
        if stands_first && self.indentation > self.top.indentation {
            self.closed_early = Some(brace);
        }
        self.at += 1;
        self.pop()
    }

    fn pop(&mut self) -> Option<OpenNode> {
        let outer = self.frames.pop()?;
        let frame = std::mem::replace(&mut self.top, outer);
        match (frame.slashdash, frame.node) {
            (Some(mark), _) => self.leave_out(mark, self.at),
            (None, Some(node)) => {
                let end = self.at as u32;
                if let Some(data) = self.tree.nodes.get_mut(node.id.0 as usize) {
                    data.children = Some(Span::new(frame.open.start, end));
                    data.span.end = end;
                }
            }
            (None, None) => self.top.last = frame.last,
        }
        frame.node
    }

    /// Ends what is still open at the end of the text.
    pub(super) fn close_everything(&mut self) {
        if !self.frames.is_empty() {
            self.report_unclosed_block(self.top.open, self.closed_late, self.frames.len());
        }
        while !self.frames.is_empty() {
            if let Some(node) = self.pop() {
                self.end_node(node);
            }
        }
    }

    pub(super) fn children(&mut self, node: OpenNode) {
        match node.blocks {
            Blocks::Real => self.second_block(node),
            Blocks::None | Blocks::Slashdashed => self.open_block(node, None),
        }
    }

    /// A second children block: its nodes are read as those of the block around.
    fn second_block(&mut self, node: OpenNode) {
        self.report_second_block();
        self.end_node(node);
        let (parent, last) = (self.top.parent, self.top.last);
        let open = span(self.at, self.at + 1);
        self.push(Frame { last, ..Frame::new(parent, None, open) });
    }

    /// Something other than the node's end after its children: it is read as the next node.
    pub(super) fn text_after_block(&mut self, node: OpenNode) {
        self.report_text_after_block();
        self.end_node(node);
    }
}
