//! What goes on to happen when a row goes: delete policies as steps from table to table.

use super::node;
use crate::semantic::Register;
use crate::semantic::model::{ForeignKeyAction, OnDelete, ReferenceId, TableId};
use petgraph::graph::DiGraph;

/// Delete policies. Every table is two nodes, since removing a row and marking it as deleted set off different
/// things: the one of a table's [`RowState::Removed`] is twice the table's number, the other follows it. An edge
/// goes from what happens to what follows. Edges are in the order of the register.
pub type CascadeGraph = DiGraph<CascadeNode, CascadeStep>;

/// Rows of a table and what happened to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CascadeNode {
    /// The table.
    pub table: TableId,
    /// What happened to its rows.
    pub state: RowState,
}

/// What happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowState {
    /// It was removed by DELETE.
    Removed,
    /// Its soft-delete column was set.
    Marked,
}

/// Why something happens to the rows of another table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CascadeStep {
    /// A foreign key with `on-delete=cascade`: PostgreSQL removes the referring rows of a removed row.
    ForeignKey {
        /// The table that refers.
        table: TableId,
        /// The number of the foreign key in it.
        number: usize,
    },
    /// A reference with `on-delete=delete` or `soft-delete`: the owner's delete event, which is sent for a removed
    /// and for a marked row, removes or marks the referring rows.
    Reference(ReferenceId),
}

/// The cascade graph. A table that cascades to itself ends with its own rows, so such steps are left out; and so
/// are foreign keys across services and references within one, which are findings of their own.
pub fn cascades(register: &Register) -> CascadeGraph {
    let mut graph = CascadeGraph::with_capacity(2 * register.tables.len(), register.tables.len());
    for table in register.tables.ids() {
        graph.add_node(CascadeNode { table, state: RowState::Removed });
        graph.add_node(CascadeNode { table, state: RowState::Marked });
    }
    for id in register.tables.ids() {
        add_foreign_keys(register, id, &mut graph);
        add_references(register, id, &mut graph);
    }
    graph
}

fn add_foreign_keys(register: &Register, id: TableId, graph: &mut CascadeGraph) {
    let table = &register.tables[id];
    for (number, foreign_key) in table.foreign_keys.iter().enumerate() {
        let Some(target) = foreign_key.target else { continue };
        let within = register.tables[target].service == table.service;
        if foreign_key.on_delete == ForeignKeyAction::Cascade && within && target != id {
            let step = CascadeStep::ForeignKey { table: id, number };
            graph.add_edge(removed(target), removed(id), step);
        }
    }
}

fn add_references(register: &Register, id: TableId, graph: &mut CascadeGraph) {
    let table = &register.tables[id];
    for reference_id in &table.references {
        let reference = &register.references[*reference_id];
        let Some(target) = reference.target else { continue };
        let effect = match reference.on_delete.value {
            OnDelete::Delete => removed(id),
            OnDelete::SoftDelete => marked(id),
            OnDelete::Nullify | OnDelete::Keep => continue,
        };
        if register.tables[target].service != table.service {
            graph.add_edge(removed(target), effect, CascadeStep::Reference(*reference_id));
            graph.add_edge(marked(target), effect, CascadeStep::Reference(*reference_id));
        }
    }
}

fn removed(table: TableId) -> petgraph::graph::NodeIndex {
    node(2 * table.index())
}

fn marked(table: TableId) -> petgraph::graph::NodeIndex {
    node(2 * table.index() + 1)
}
