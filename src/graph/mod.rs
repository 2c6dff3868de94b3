//! Views of the register as graphs: order, cycles, reach.
//! Nodes and edges are in the order of the register, so everything found in them is too.

mod cascades;
mod cycles;
mod foreign_keys;
mod services;

pub use cascades::{CascadeGraph, CascadeNode, CascadeStep, RowState, cascades};
pub use cycles::shortest_cycles;
pub use foreign_keys::{ForeignKeyEdge, ForeignKeyGraph, required_foreign_keys};
pub use services::{Dependency, ServiceEdge, ServiceGraph, services};

/// A node of the petgraph graphs of this module by its number.
fn node(index: usize) -> petgraph::graph::NodeIndex {
    petgraph::graph::NodeIndex::new(index)
}
