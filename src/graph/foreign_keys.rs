//! Which table has to have a row before which: foreign keys within a service whose columns are all required.

use super::node;
use crate::semantic::Register;
use crate::semantic::model::TableId;
use petgraph::graph::DiGraph;

/// Tables and the foreign keys that no row can do without; the number of a node is the number of its table. An
/// edge goes from the table that refers to the one that it points at. Edges are in the order of the register.
pub type ForeignKeyGraph = DiGraph<TableId, ForeignKeyEdge>;

/// A foreign key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ForeignKeyEdge {
    /// The table that refers.
    pub table: TableId,
    /// The number of the foreign key in it.
    pub number: usize,
}

/// The foreign keys within services of which every column is NOT NULL. One with a nullable column is satisfied by
/// NULL in it (MATCH SIMPLE, PostgreSQL's default), so a row can be there before the row that it points at.
pub fn required_foreign_keys(register: &Register) -> ForeignKeyGraph {
    let mut graph = ForeignKeyGraph::with_capacity(register.tables.len(), register.tables.len());
    for id in register.tables.ids() {
        graph.add_node(id);
    }
    for (id, table) in register.tables.iter() {
        for (number, foreign_key) in table.foreign_keys.iter().enumerate() {
            let Some(target) = foreign_key.target else { continue };
            let within = register.tables[target].service == table.service;
            let required = foreign_key.columns.iter().all(|column| table.is_required(column.value));
            if within && required {
                graph.add_edge(node(id.index()), node(target.index()), ForeignKeyEdge { table: id, number });
            }
        }
    }
    graph
}
