//! Which service needs which: calls, read copies and references. Consuming an event is no edge.

use super::node;
use crate::semantic::Register;
use crate::semantic::model::{Callee, ProjectionId, ReferenceId, RpcId, ServiceId};
use crate::source::Place;
use petgraph::graph::DiGraph;

/// Services and what they need; the number of a node is the number of its service. An edge goes from the service
/// that needs to the one that owns. Edges are in the order of the register: by service its calls, then its read
/// copies, then the references of its tables.
pub type ServiceGraph = DiGraph<ServiceId, ServiceEdge>;

/// One reason why a service needs another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceEdge {
    /// What it needs of the other.
    pub dependency: Dependency,
    /// Where the register says so.
    pub place: Place,
}

/// What a service needs of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// It calls an RPC of the other.
    Call(RpcId),
    /// It keeps a read copy of a table of the other.
    Projection(ProjectionId),
    /// A table of it refers to a table of the other.
    Reference(ReferenceId),
}

/// The service graph. A reference within a service, which is a finding of its own, is no edge.
pub fn services(register: &Register) -> ServiceGraph {
    let mut graph = ServiceGraph::with_capacity(register.services.len(), register.references.len());
    for id in register.services.ids() {
        graph.add_node(id);
    }
    for (id, service) in register.services.iter() {
        let mut add = |owner: ServiceId, dependency, place| {
            graph.add_edge(node(id.index()), node(owner.index()), ServiceEdge { dependency, place });
        };
        for call in &service.calls {
            if let Some(Callee::Rpc(rpc)) = call.callee {
                add(register.rpcs[rpc].service, Dependency::Call(rpc), call.place);
            }
        }
        for projection_id in &service.projections {
            let projection = &register.projections[*projection_id];
            if let Some(source) = projection.source {
                let owner = register.tables[source].service;
                add(owner, Dependency::Projection(*projection_id), projection.place);
            }
        }
        for reference_id in service.tables.iter().flat_map(|table| &register.tables[*table].references) {
            let reference = &register.references[*reference_id];
            let owner = reference.target.map(|target| register.tables[target].service);
            if let Some(owner) = owner.filter(|owner| *owner != id) {
                add(owner, Dependency::Reference(*reference_id), reference.place);
            }
        }
    }
    graph
}
