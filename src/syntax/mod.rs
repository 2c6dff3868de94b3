//! Reading KDL 2: total, without recursion, in linear time, with a tree even when there are mistakes.
//! Knows nothing of what nodes mean, of files, or of miette.

mod tree;

pub use tree::{Entry, Node, NodeData, NodeId, Siblings, Storage, Text, Tree, Value, ValueKind};
