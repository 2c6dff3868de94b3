//! Cycles, to be shown to people: one short one for each knot, in linear time and without recursion.

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::EdgeRef;
use std::collections::VecDeque;

/// For every node with an edge to itself, the first such edge; for every strongly connected component of several
/// nodes, the edges of the shortest cycle through its first node, from there on. In the order of the first nodes.
pub fn shortest_cycles<N, E>(graph: &DiGraph<N, E>) -> Vec<Vec<EdgeIndex>> {
    // `kosaraju_scc` does not recurse; `tarjan_scc` does, and overflows the stack on a long chain.
    let components = kosaraju_scc(graph);
    let mut component_of = vec![0; graph.node_count()];
    for (number, component) in components.iter().enumerate() {
        for member in component {
            component_of[member.index()] = number;
        }
    }
    let mut search = Search::new(graph, component_of);
    let mut cycles: Vec<(NodeIndex, Vec<EdgeIndex>)> = Vec::new();
    for component in &components {
        for member in component {
            cycles.extend(search.edge_to_itself(*member).map(|edge| (*member, vec![edge])));
        }
        if component.len() > 1
            && let Some(first) = component.iter().min()
        {
            cycles.push((*first, search.cycle_through(*first)));
        }
    }
    cycles.sort_unstable();
    cycles.into_iter().map(|(_, cycle)| cycle).collect()
}

/// A breadth-first search within components. Every node belongs to one component, so all searches together are
/// linear in the size of the graph.
struct Search {
    /// By node: its edges in the order in which they were added (petgraph walks them backwards), with their ends.
    outgoing: Vec<Vec<(EdgeIndex, NodeIndex)>>,
    component_of: Vec<usize>,
    /// By node: the edge by which the search came, and where from.
    came_by: Vec<Option<(EdgeIndex, NodeIndex)>>,
}

impl Search {
    fn new<N, E>(graph: &DiGraph<N, E>, component_of: Vec<usize>) -> Search {
        let mut outgoing = vec![Vec::new(); graph.node_count()];
        for edge in graph.edge_references() {
            outgoing[edge.source().index()].push((edge.id(), edge.target()));
        }
        Search { outgoing, component_of, came_by: vec![None; graph.node_count()] }
    }

    fn edge_to_itself(&self, node: NodeIndex) -> Option<EdgeIndex> {
        self.outgoing[node.index()].iter().find(|(_, target)| *target == node).map(|(edge, _)| *edge)
    }

    fn cycle_through(&mut self, first: NodeIndex) -> Vec<EdgeIndex> {
        let mut queue = VecDeque::from([first]);
        while let Some(node) = queue.pop_front() {
            for (edge, target) in &self.outgoing[node.index()] {
                if *target == first && node != first {
                    return self.path_back(node, first, *edge);
                }
                let same_component = self.component_of[target.index()] == self.component_of[first.index()];
                if same_component && *target != first && self.came_by[target.index()].is_none() {
                    self.came_by[target.index()] = Some((*edge, node));
                    queue.push_back(*target);
                }
            }
        }
        Vec::new()
    }

    fn path_back(&self, last: NodeIndex, first: NodeIndex, closing: EdgeIndex) -> Vec<EdgeIndex> {
        let mut path = vec![closing];
        let mut node = last;
        while node != first
            && let Some((edge, from)) = self.came_by[node.index()]
        {
            path.push(edge);
            node = from;
        }
        path.reverse();
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn graph(nodes: usize, edges: &[(usize, usize)]) -> DiGraph<(), ()> {
        let mut graph = DiGraph::new();
        let ids: Vec<NodeIndex> = (0..nodes).map(|_| graph.add_node(())).collect();
        for (from, to) in edges {
            graph.add_edge(ids[*from], ids[*to], ());
        }
        graph
    }

    fn numbers(graph: &DiGraph<(), ()>) -> Vec<Vec<usize>> {
        let cycles = shortest_cycles(graph);
        cycles.into_iter().map(|cycle| cycle.into_iter().map(EdgeIndex::index).collect()).collect()
    }

    #[test]
    fn each_knot_gives_its_shortest_cycle_and_each_loop_itself() {
        let graph = graph(7, &[(0, 1), (1, 2), (2, 0), (1, 0), (2, 3), (3, 3), (4, 5), (5, 4), (6, 4)]);
        assert_eq!(numbers(&graph), vec![vec![0, 3], vec![5], vec![6, 7]]);
    }

    #[test]
    fn a_graph_without_cycles_gives_none() {
        assert!(numbers(&graph(4, &[(0, 1), (0, 2), (1, 3), (2, 3)])).is_empty());
    }

    #[test]
    fn a_cycle_of_a_million_nodes_needs_no_stack() {
        let edges: Vec<(usize, usize)> = (0..1_000_000).map(|from| (from, (from + 1) % 1_000_000)).collect();
        assert_eq!(numbers(&graph(1_000_000, &edges))[0].len(), 1_000_000);
    }

    proptest! {
        #[test]
        fn what_is_found_is_a_closed_path_and_nothing_is_missed(
            edges in proptest::collection::vec((0usize..12, 0usize..12), 0..40),
        ) {
            let graph = graph(12, &edges);
            let found = shortest_cycles(&graph);
            for cycle in &found {
                let ends: Vec<_> = cycle.iter().filter_map(|edge| graph.edge_endpoints(*edge)).collect();
                prop_assert_eq!(ends.len(), cycle.len());
                for (position, (_, target)) in ends.iter().enumerate() {
                    prop_assert_eq!(*target, ends[(position + 1) % ends.len()].0);
                }
            }
            prop_assert_eq!(found.is_empty(), !petgraph::algo::is_cyclic_directed(&graph));
        }
    }
}
