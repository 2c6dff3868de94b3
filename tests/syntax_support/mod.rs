//! What the tests of reading share: the tree as plain data, from our reader and from the `kdl` crate.
#![allow(dead_code, reason = "every test file uses a part of this")]

pub mod generate;
pub mod invariants;

pub use invariants::check_invariants;

use freehold::source::FileId;
use freehold::syntax::{Annotation, Node, Parse, Siblings, Text, Tree, Value, ValueKind, parse};
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};

/// A value without its place. Numbers are compared as the crate holds them.
#[derive(Clone, Debug, PartialEq)]
pub enum Plain {
    String(String),
    Integer(i128),
    Float(u64),
    Boolean(bool),
    Null,
    /// A number that the crate cannot hold.
    Huge,
}

/// An argument or a property: name, type annotation, value.
pub type PlainEntry = (Option<String>, Option<String>, Plain);

/// A line of a document: depth, type annotation, name, entries. Nodes of a document in order are its lines.
pub type PlainNode = (usize, Option<String>, String, Vec<PlainEntry>);

/// Reads a text.
pub fn read(text: &str) -> Parse {
    parse(FileId(0), text.into())
}

/// Our tree as plain data.
pub fn ours(tree: &Tree) -> Vec<PlainNode> {
    let mut lines = Vec::new();
    let mut open: Vec<Siblings> = vec![tree.roots()];
    while let Some(siblings) = open.last_mut() {
        let Some(node) = siblings.next() else {
            open.pop();
            continue;
        };
        lines.push(our_node(tree, node, open.len() - 1));
        open.push(node.children());
    }
    lines
}

fn our_node(tree: &Tree, node: Node, depth: usize) -> PlainNode {
    let string = |text: Text| tree.string(text).to_owned();
    let type_name = |annotation: Annotation| string(tree.annotation(annotation));
    let entries = node.entries().iter().map(|entry| {
        (entry.name.map(string), entry.value.annotation.map(type_name), our_value(tree, entry.value))
    });
    (depth, node.data().annotation.map(type_name), node.name().to_owned(), entries.collect())
}

fn our_value(tree: &Tree, value: Value) -> Plain {
    let source = tree.source(value.span);
    match value.kind {
        ValueKind::String(text) => Plain::String(tree.string(text).to_owned()),
        ValueKind::Integer => integer(source),
        ValueKind::Decimal => float(source.replace('_', "").parse().expect("a decimal is a number of Rust")),
        ValueKind::Boolean(boolean) => Plain::Boolean(boolean),
        ValueKind::Null => Plain::Null,
        ValueKind::NotFinite => match source {
            "#inf" => float(f64::INFINITY),
            "#-inf" => float(f64::NEG_INFINITY),
            _ => float(f64::NAN),
        },
    }
}

fn float(number: f64) -> Plain {
    Plain::Float(if number.is_nan() { u64::MAX } else { number.to_bits() })
}

fn integer(source: &str) -> Plain {
    let plain = source.replace('_', "");
    let negative = plain.starts_with('-');
    let digits = plain.trim_start_matches(['-', '+']);
    let (radix, digits) = match digits.get(..2) {
        Some("0x") => (16, &digits[2..]),
        Some("0o") => (8, &digits[2..]),
        Some("0b") => (2, &digits[2..]),
        _ => (10, digits),
    };
    match i128::from_str_radix(digits, radix) {
        Ok(number) => Plain::Integer(if negative { -number } else { number }),
        Err(_) => Plain::Huge,
    }
}

/// The crate's document as plain data.
pub fn theirs(document: &KdlDocument) -> Vec<PlainNode> {
    let mut lines = Vec::new();
    let mut open = vec![document.nodes().iter()];
    while let Some(nodes) = open.last_mut() {
        let Some(node) = nodes.next() else {
            open.pop();
            continue;
        };
        lines.push(their_node(node, open.len() - 1));
        open.push(node.children().map_or([].iter(), |children| children.nodes().iter()));
    }
    lines
}

fn their_node(node: &KdlNode, depth: usize) -> PlainNode {
    let annotation = node.ty().map(|ty| ty.value().to_owned());
    (depth, annotation, node.name().value().to_owned(), node.entries().iter().map(their_entry).collect())
}

fn their_entry(entry: &KdlEntry) -> PlainEntry {
    let value = match entry.value() {
        KdlValue::String(text) => Plain::String(text.clone()),
        KdlValue::Integer(number) => Plain::Integer(*number),
        KdlValue::Float(number) => float(*number),
        KdlValue::Bool(boolean) => Plain::Boolean(*boolean),
        KdlValue::Null => Plain::Null,
    };
    (entry.name().map(|name| name.value().to_owned()), entry.ty().map(|ty| ty.value().to_owned()), value)
}
