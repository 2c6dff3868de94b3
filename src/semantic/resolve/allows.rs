//! Every `allow` of a register, with the node that holds it.

use crate::semantic::grammar::ALLOW;
use crate::semantic::model::Allow;
use crate::semantic::read::Reader;
use crate::source::Place;
use crate::syntax::{Siblings, Tree};

/// The `allow` nodes of all documents, in order. Iterative: nesting may be as deep as a text is long.
pub fn allows(trees: &[Tree]) -> Vec<Allow> {
    let mut found = Vec::new();
    for tree in trees {
        let mut open: Vec<(Option<Place>, Siblings<'_>)> = vec![(None, tree.roots())];
        while let Some((scope, mut siblings)) = open.pop() {
            let Some(node) = siblings.next() else { continue };
            open.push((scope, siblings));
            if node.name() == ALLOW.name {
                found.extend(allow(Reader { node, spec: &ALLOW }, scope));
            } else {
                open.push((Some(node.place()), node.children()));
            }
        }
    }
    found
}

fn allow(reader: Reader<'_>, scope: Option<Place>) -> Option<Allow> {
    Some(Allow {
        rule: reader.argument(0)?,
        reason: reader.text("reason")?,
        until: reader.date("until"),
        scope,
        place: reader.node.place(),
    })
}
