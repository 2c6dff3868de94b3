//! The order in which tables are made: what a foreign key points at comes first, else by name.

use super::PlanError;
use crate::schema::{ForeignKey, ObjectName, Table};
use foldhash::HashMap;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Tables in an order in which each foreign key's target comes first, but for those keys of nullable columns that
/// lie on a cycle. Among tables that could come next the first by name does.
pub(super) fn table_order(tables: &BTreeMap<ObjectName, Table>) -> Result<Vec<&ObjectName>, PlanError> {
    let names: Vec<&ObjectName> = tables.keys().collect();
    let numbers: HashMap<&ObjectName, u32> = (0u32..).zip(&names).map(|(n, name)| (*name, n)).collect();
    let edges = edges(tables, &numbers);
    let component = components(names.len(), &edges);
    let hard =
        |edge: &&Edge| !(edge.can_wait && component[edge.from as usize] == component[edge.to as usize]);

    let mut waits_for = vec![0usize; names.len()];
    let mut referrers: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
    for edge in edges.iter().filter(hard) {
        waits_for[edge.from as usize] += 1;
        referrers[edge.to as usize].push(edge.from);
    }
    let mut ready: BinaryHeap<Reverse<u32>> =
        (0u32..).zip(&waits_for).filter(|(_, count)| **count == 0).map(|(n, _)| Reverse(n)).collect();
    let mut order = Vec::with_capacity(names.len());
    while let Some(Reverse(next)) = ready.pop() {
        order.push(names[next as usize]);
        for referrer in &referrers[next as usize] {
            waits_for[*referrer as usize] -= 1;
            if waits_for[*referrer as usize] == 0 {
                ready.push(Reverse(*referrer));
            }
        }
    }
    if order.len() == names.len() {
        return Ok(order);
    }
    let waiting = names.iter().zip(&waits_for).filter(|(_, count)| **count > 0);
    Err(PlanError::ForeignKeyCycle { tables: waiting.map(|(name, _)| (*name).clone()).collect() })
}

/// A foreign key as an edge from the referring table to its target.
struct Edge {
    from: u32,
    to: u32,
    /// Whether rows can be inserted while it points at nothing.
    can_wait: bool,
}

fn edges(tables: &BTreeMap<ObjectName, Table>, numbers: &HashMap<&ObjectName, u32>) -> Vec<Edge> {
    let mut edges = Vec::new();
    for (from, table) in (0u32..).zip(tables.values()) {
        for foreign_key in table.foreign_keys.values() {
            // One whose target is missing is left to the executor, which refuses it.
            let Some(to) = numbers.get(&foreign_key.target) else { continue };
            if from != *to {
                edges.push(Edge { from, to: *to, can_wait: can_wait(table, foreign_key) });
            }
        }
    }
    edges
}

/// With MATCH SIMPLE, the default, a key of which one column is NULL is not checked.
fn can_wait(table: &Table, foreign_key: &ForeignKey) -> bool {
    let mut columns = foreign_key.columns.iter().filter_map(|name| table.columns.get(name));
    foreign_key.deferrable || columns.any(|column| column.nullable)
}

/// The number of the strongly connected component of each table.
fn components(count: usize, edges: &[Edge]) -> Vec<usize> {
    let mut graph = DiGraph::<(), (), u32>::with_capacity(count, edges.len());
    for _ in 0..count {
        graph.add_node(());
    }
    for edge in edges {
        graph.add_edge(edge.from.into(), edge.to.into(), ());
    }
    let mut component = vec![0; count];
    for (number, members) in kosaraju_scc(&graph).into_iter().enumerate() {
        for member in members {
            component[member.index()] = number;
        }
    }
    component
}
