//! Reading KDL 2: total, without recursion, in linear time, with a tree even when there are mistakes.
//! Knows nothing of what nodes mean, of files, or of miette.
//!
//! The grammar is that of <https://kdl.dev/spec>, with one liberty: a children block may follow without a space.

mod blocks;
mod characters;
mod cursor;
mod dedent;
mod disallowed;
mod entries;
mod escapes;
mod habits;
mod mistakes;
mod numbers;
mod parser;
mod restrictions;
mod rules;
mod string_mistakes;
mod strings;
mod structure_mistakes;
mod tree;

pub use restrictions::{DEEPEST, restrict};
pub use rules::{RULES, SyntaxRule, TOO_MANY_MISTAKES};
pub use tree::{Annotation, Entry, Node, NodeData, NodeId, Siblings, Storage, Text, Tree, Value, ValueKind};

use crate::diagnostic::Finding;
use crate::source::{FileId, Place, Span};
use std::sync::Arc;

/// The longest text that is read, in bytes: offsets have 32 bits, and some room above keeps sums of them from
/// overflowing.
pub const MOST_BYTES: usize = (1 << 30) - 1;

/// How many findings of reading one text can have; one more says that there were others.
pub const MOST_FINDINGS: usize = 1000;

/// What reading a text gives.
#[derive(Debug)]
pub struct Parse {
    /// The document, as far as it could be read.
    pub tree: Tree,
    /// The mistakes, in the order of the text.
    pub findings: Vec<Finding>,
}

/// Reads a KDL 2 document.
///
/// Always gives a tree: where there is a mistake, the tree holds what was probably meant. A text of more than
/// [`MOST_BYTES`] is not read; the tree is empty then. No more than [`MOST_FINDINGS`] mistakes are reported.
pub fn parse(file: FileId, text: Arc<str>) -> Parse {
    if text.len() > MOST_BYTES {
        return too_large(file, text.len());
    }
    let shared = Arc::clone(&text);
    let mut parser = parser::Parser::new(file, shared, &text);
    parser.document();
    parser.finish()
}

fn too_large(file: FileId, length: usize) -> Parse {
    let finding =
        Finding::error(rules::TOO_LARGE, format!("the file has {length} bytes, more than can be read"))
            .at(Place { file, span: Span::default() }, "this file")
            .help(format!("split it into files of at most {MOST_BYTES} bytes, joined by `include`"));
    Parse { tree: Tree::empty(file), findings: vec![finding] }
}
