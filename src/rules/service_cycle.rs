//! Rule `service-cycle`: services that need each other.

use super::{Rule, Scope};
use crate::diagnostic::{Finding, Severity};
use crate::graph::{self, Dependency, ServiceEdge};
use crate::semantic::Register;

pub(super) const RULE: Rule = Rule {
    name: "service-cycle",
    severity: Severity::Error,
    scope: Scope::Platform,
    unsilenceable: None,
    page: "
## What it does

Reports services that need each other, directly or around several corners, with the whole path: a service needs
another when it calls it, keeps a copy of a table of it, or refers to a table of it. Consuming an event is no need.

## Why it is bad

None of them can be deployed, tested or restored without the others, and none can be understood alone: they are one
service in several places. When one slows down, all do, and a call may come back to where it started.

## How to mend it

Turn one of the arrows around. Where a service calls another to tell it something, let it publish an event instead and
the other consume it. Or move the table to the service that all of them need.
",
    fires: r#"
server main class=db.t3.small storage-gb=20
service orders {
    database orders on=main
    calls billing.Charge
    api {
        rpc GetTotal {
            request { field order_id uuid }
            response { field total "numeric(12,2)" }
        }
    }
}
service billing {
    database billing on=main
    calls orders.GetTotal
    api {
        rpc Charge {
            request { field order_id uuid }
            response { field charged boolean }
        }
    }
}
"#,
    passes: r#"
server main class=db.t3.small storage-gb=20
service orders {
    database orders on=main
    calls billing.Charge
    api {
        rpc GetTotal {
            request { field order_id uuid }
            response { field total "numeric(12,2)" }
        }
    }
}
service billing {
    database billing on=main
    api {
        rpc Charge {
            request { field order_id uuid; field total "numeric(12,2)" }
            response { field charged boolean }
        }
    }
}
"#,
    check,
};

fn check(register: &Register, findings: &mut Vec<Finding>) {
    let graph = graph::services(register);
    for cycle in graph::shortest_cycles(&graph) {
        let edges: Vec<(&str, &ServiceEdge)> = cycle
            .iter()
            .filter_map(|edge| Some((graph.edge_endpoints(*edge)?.0, graph.edge_weight(*edge)?)))
            .map(|(from, edge)| (register.services[graph[from]].name.as_str(), edge))
            .collect();
        let Some((first, _)) = edges.first() else { continue };
        let names: Vec<String> =
            edges.iter().map(|(name, _)| name).chain([first]).map(|name| format!("`{name}`")).collect();
        let message = match edges.as_slice() {
            [(only, _)] => format!("service `{only}` needs itself"),
            _ => format!("services need each other: {}", names.join(" -> ")),
        };
        let mut finding = RULE.finding(message);
        for (name, edge) in &edges {
            finding = finding.at(edge.place, reason(register, name, edge));
        }
        let help = match edges.as_slice() {
            [_] => "a service reads its own tables and calls its own functions",
            _ => "turn one of these around: publish an event and let the other consume it, which is no need",
        };
        findings.push(finding.help(help));
    }
}

fn reason(register: &Register, service: &str, edge: &ServiceEdge) -> String {
    match edge.dependency {
        Dependency::Call(rpc) => {
            let rpc = &register.rpcs[rpc];
            format!("`{service}` calls `{}.{}`", register.services[rpc.service].name.value, rpc.name.value)
        }
        Dependency::Projection(copy) => {
            let source = register.projections[copy].source.map(|source| register.table_path(source));
            format!("`{service}` keeps a copy of `{}`", source.unwrap_or_default())
        }
        Dependency::Reference(reference) => {
            let reference = &register.references[reference];
            let target = reference.target.map(|target| register.table_path(target)).unwrap_or_default();
            format!("`{}` refers to `{target}`", register.table_path(reference.table))
        }
    }
}
