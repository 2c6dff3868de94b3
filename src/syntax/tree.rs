//! The tree of a KDL document: flat, with spans of everything, complete even where the text had mistakes.

use crate::source::{FileId, Place, Span};
use std::num::NonZeroU32;
use std::ops::Range;
use std::sync::Arc;

/// A node of a [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub u32);

/// A string as written: where it stands, and where its value is kept.
#[derive(Clone, Copy, Debug)]
pub struct Text {
    /// The whole token, with its quotes.
    pub span: Span,
    /// Where the value is.
    pub storage: Storage,
}

/// Where the value of a string is kept.
#[derive(Clone, Copy, Debug)]
pub enum Storage {
    /// Bytes of the source: nothing had to be unescaped.
    Source(Span),
    /// Bytes of [`Tree::unescaped`].
    Unescaped(Span),
}

/// What a value is. Numbers keep their source text, so `0.10` is not `0.1`.
#[derive(Clone, Copy, Debug)]
pub enum ValueKind {
    /// A bare word, a quoted, raw or multi-line string.
    String(Text),
    /// A whole number: decimal, or with `0x`, `0o`, `0b`; perhaps signed, perhaps with `_`.
    Integer,
    /// A number with a fraction or an exponent.
    Decimal,
    /// `#true` or `#false`.
    Boolean(bool),
    /// `#null`.
    Null,
    /// `#inf`, `#-inf` or `#nan`.
    NotFinite,
}

/// A value and its place.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// The token, without a type annotation.
    pub span: Span,
    /// What it is.
    pub kind: ValueKind,
    /// The type annotation before it.
    pub annotation: Option<Annotation>,
}

/// A type annotation, with its parentheses: a number in [`Tree::annotations`]. Hardly any node or value has one, and a
/// register has millions of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Annotation(NonZeroU32);

/// An argument (no name) or a property.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The name of a property.
    pub name: Option<Text>,
    /// The value.
    pub value: Value,
}

/// What the tree keeps of a node.
#[derive(Clone, Debug)]
pub struct NodeData {
    /// Its name.
    pub name: Text,
    /// The type annotation before the name.
    pub annotation: Option<Annotation>,
    /// Arguments and properties in the order of the source: indices into [`Tree::entries`].
    pub entries: Range<u32>,
    /// From the first byte of the annotation or name to the last of the children block or last entry.
    pub span: Span,
    /// The braces and what is between them, where there is a children block.
    pub children: Option<Span>,
    /// The first child.
    pub first_child: Option<NodeId>,
    /// The next node at the same level.
    pub next_sibling: Option<NodeId>,
}

/// A document as a flat tree.
#[derive(Debug)]
pub struct Tree {
    /// The file it was read from.
    pub file: FileId,
    /// The text it was read from.
    pub text: Arc<str>,
    /// Values of strings that had escapes, one after the other.
    pub unescaped: String,
    /// Every node, in the order of the source.
    pub nodes: Vec<NodeData>,
    /// Every argument and property, in the order of the source.
    pub entries: Vec<Entry>,
    /// Type annotations, with their parentheses.
    pub annotations: Vec<Text>,
    /// Every comment, in the order of the source; a slashdashed part counts as one.
    pub comments: Vec<Span>,
    /// The first node of the document.
    pub first_node: Option<NodeId>,
}

impl Tree {
    /// A tree of nothing.
    pub fn empty(file: FileId) -> Tree {
        Tree {
            file,
            text: Arc::from(""),
            unescaped: String::new(),
            nodes: Vec::new(),
            entries: Vec::new(),
            annotations: Vec::new(),
            comments: Vec::new(),
            first_node: None,
        }
    }

    /// The nodes of the document.
    pub fn roots(&self) -> Siblings<'_> {
        Siblings { tree: self, next: self.first_node }
    }

    /// The value of a string.
    pub fn string(&self, text: Text) -> &str {
        let (whole, span) = match text.storage {
            Storage::Source(span) => (&*self.text, span),
            Storage::Unescaped(span) => (self.unescaped.as_str(), span),
        };
        whole.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// A type annotation, with its parentheses.
    pub fn annotation(&self, annotation: Annotation) -> Text {
        self.annotations[annotation.0.get() as usize - 1]
    }

    /// Keeps a type annotation.
    pub(super) fn annotate(&mut self, text: Text) -> Option<Annotation> {
        self.annotations.push(text);
        NonZeroU32::new(self.annotations.len() as u32).map(Annotation)
    }

    /// The bytes of a span as they stand in the source.
    pub fn source(&self, span: Span) -> &str {
        self.text.get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// A span as a place in this tree's file.
    pub fn place(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }
}

/// A node together with its tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// The tree.
    pub tree: &'a Tree,
    /// The node in it.
    pub id: NodeId,
}

impl<'a> Node<'a> {
    /// What the tree keeps of it.
    pub fn data(self) -> &'a NodeData {
        &self.tree.nodes[self.id.0 as usize]
    }

    /// Its name.
    pub fn name(self) -> &'a str {
        self.tree.string(self.data().name)
    }

    /// The place of its name.
    pub fn name_place(self) -> Place {
        self.tree.place(self.data().name.span)
    }

    /// The place of all of it, with its children.
    pub fn place(self) -> Place {
        self.tree.place(self.data().span)
    }

    /// The place of its name and entries, without its children.
    pub fn head_place(self) -> Place {
        let data = self.data();
        let end = self.entries().last().map_or(data.name.span.end, |entry| entry.value.span.end);
        self.tree.place(Span::new(data.span.start, end.max(data.name.span.end)))
    }

    /// Arguments and properties in the order of the source.
    pub fn entries(self) -> &'a [Entry] {
        let range = &self.data().entries;
        self.tree.entries.get(range.start as usize..range.end as usize).unwrap_or(&[])
    }

    /// Its children.
    pub fn children(self) -> Siblings<'a> {
        Siblings { tree: self.tree, next: self.data().first_child }
    }
}

/// Nodes of one level.
#[derive(Clone, Debug)]
pub struct Siblings<'a> {
    tree: &'a Tree,
    next: Option<NodeId>,
}

impl<'a> Iterator for Siblings<'a> {
    type Item = Node<'a>;

    fn next(&mut self) -> Option<Node<'a>> {
        let id = self.next?;
        let node = Node { tree: self.tree, id };
        self.next = node.data().next_sibling;
        Some(node)
    }
}
