//! Views of the register as graphs: order, cycles, reach.
//! Nodes and edges are in the order of the register, so everything found in them is too.

mod services;

pub use services::{Dependency, ServiceEdge, ServiceGraph, services};

/// A node of the petgraph graphs of this module by its number.
fn node(index: usize) -> petgraph::graph::NodeIndex {
    petgraph::graph::NodeIndex::new(index)
}
