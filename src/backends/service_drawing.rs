//! The service graph as a drawing: which service needs which, and who calls from outside.

use crate::graph::{Dependency, services};
use crate::semantic::Register;
use crate::templates::MermaidText;
use crate::text::one_line;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Mermaid draws no more edges than this, by default (`maxEdges`), and no page can change it.
const MOST_MERMAID_EDGES: usize = 500;
/// Mermaid reads no more characters than this, by default (`maxTextSize`).
const MOST_MERMAID_CHARACTERS: usize = 50_000;

/// What one service needs of another, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// RPCs that it calls.
    pub calls: usize,
    /// Read copies that it keeps.
    pub projections: usize,
    /// References of its tables.
    pub references: usize,
}

impl std::fmt::Display for Needs {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        };
        let parts = [
            counted(self.calls, "call", "calls"),
            counted(self.projections, "read copy", "read copies"),
            counted(self.references, "reference", "references"),
        ];
        formatter.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "))
    }
}

/// Services, externs and edges, all in the order of their names.
pub struct ServiceDrawing<'a> {
    services: Vec<&'a str>,
    externs: Vec<&'a str>,
    /// By the one that needs and the one that owns.
    needs: BTreeMap<(&'a str, &'a str), Needs>,
    /// Extern, then the service that it calls.
    calls_from_outside: Vec<(&'a str, &'a str)>,
    /// Service, then the extern that it calls.
    calls_to_outside: Vec<(&'a str, &'a str)>,
}

impl<'a> ServiceDrawing<'a> {
    /// The drawing of a register.
    pub fn new(register: &'a Register) -> ServiceDrawing<'a> {
        let sorted = |mut names: Vec<&'a str>| {
            names.sort_unstable();
            names
        };
        ServiceDrawing {
            services: sorted(register.services.values().map(|service| service.name.as_str()).collect()),
            externs: sorted(register.externs.values().map(|outside| outside.name.as_str()).collect()),
            needs: needs(register),
            calls_from_outside: calls_from_outside(register),
            calls_to_outside: calls_to_outside(register),
        }
    }

    /// What services need of each other, by the one that needs and the one that owns.
    pub fn needs(&self) -> impl Iterator<Item = (&'a str, &'a str, Needs)> + '_ {
        self.needs.iter().map(|((from, to), needs)| (*from, *to, *needs))
    }

    /// Why Mermaid would refuse the drawing, where it would.
    pub fn too_large_for_mermaid(&self) -> Option<String> {
        let edges = self.needs.len() + self.calls_from_outside.len() + self.calls_to_outside.len();
        let characters = self.mermaid().chars().count();
        if edges > MOST_MERMAID_EDGES {
            Some(format!("the drawing has {edges} edges, and Mermaid draws at most {MOST_MERMAID_EDGES}"))
        } else if characters > MOST_MERMAID_CHARACTERS {
            Some(format!(
                "the drawing has {characters} characters, and Mermaid reads at most {MOST_MERMAID_CHARACTERS}"
            ))
        } else {
            None
        }
    }

    /// The drawing in Mermaid, ending with a line feed.
    pub fn mermaid(&self) -> String {
        let mut text = String::from("flowchart LR\n");
        let (services, externs) = (numbers("s", &self.services), numbers("e", &self.externs));
        for (name, id) in &services {
            let _ = writeln!(text, "    {id}[\"{}\"]", MermaidText::new(name).as_str());
        }
        for (name, id) in &externs {
            let _ = writeln!(text, "    {id}([\"{}\"])", MermaidText::new(name).as_str());
        }
        for ((from, to), needs) in &self.needs {
            let label = MermaidText::new(&needs.to_string());
            let _ = writeln!(text, "    {} -->|\"{}\"| {}", services[from], label.as_str(), services[to]);
        }
        for (outside, service) in &self.calls_from_outside {
            let _ = writeln!(text, "    {} -.-> {}", externs[outside], services[service]);
        }
        for (service, outside) in &self.calls_to_outside {
            let _ = writeln!(text, "    {} -.-> {}", services[service], externs[outside]);
        }
        text
    }

    /// The drawing in Graphviz's language, ending with a line feed.
    pub fn dot(&self) -> String {
        let mut text = String::from("digraph services {\n    rankdir=LR;\n    node [shape=box];\n");
        let (services, externs) = (numbers("s", &self.services), numbers("e", &self.externs));
        for (name, id) in &services {
            let _ = writeln!(text, "    {id} [label={}];", dot_string(name));
        }
        for (name, id) in &externs {
            let _ = writeln!(text, "    {id} [label={}, shape=ellipse];", dot_string(name));
        }
        for ((from, to), needs) in &self.needs {
            let _ = writeln!(
                text,
                "    {} -> {} [label={}];",
                services[from],
                services[to],
                dot_string(&needs.to_string())
            );
        }
        for (outside, service) in &self.calls_from_outside {
            let _ = writeln!(text, "    {} -> {} [style=dashed];", externs[outside], services[service]);
        }
        for (service, outside) in &self.calls_to_outside {
            let _ = writeln!(text, "    {} -> {} [style=dashed];", services[service], externs[outside]);
        }
        text.push_str("}\n");
        text
    }
}

fn needs(register: &Register) -> BTreeMap<(&str, &str), Needs> {
    let graph = services(register);
    let mut needs: BTreeMap<(&str, &str), Needs> = BTreeMap::new();
    for edge in graph.edge_indices() {
        let Some((from, to)) = graph.edge_endpoints(edge) else { continue };
        let name = |node| register.services[graph[node]].name.as_str();
        if from == to {
            continue;
        }
        let counted = needs.entry((name(from), name(to))).or_default();
        match graph[edge].dependency {
            Dependency::Call(_) => counted.calls += 1,
            Dependency::Projection(_) => counted.projections += 1,
            Dependency::Reference(_) => counted.references += 1,
        }
    }
    needs
}

fn calls_from_outside(register: &Register) -> Vec<(&str, &str)> {
    let mut calls: Vec<(&str, &str)> = Vec::new();
    for service in register.services.values() {
        for caller in &service.called_by {
            calls.push((register.externs[caller.caller].name.as_str(), service.name.as_str()));
        }
    }
    calls.sort_unstable();
    calls.dedup();
    calls
}

fn calls_to_outside(register: &Register) -> Vec<(&str, &str)> {
    use crate::semantic::model::Callee;
    let mut calls: Vec<(&str, &str)> = Vec::new();
    for service in register.services.values() {
        for call in &service.calls {
            if let Some(Callee::Extern(outside)) = call.callee {
                calls.push((service.name.as_str(), register.externs[outside].name.as_str()));
            }
        }
    }
    calls.sort_unstable();
    calls.dedup();
    calls
}

/// Ids that no keyword of a drawing language can be, by name.
fn numbers<'a>(prefix: &str, names: &[&'a str]) -> BTreeMap<&'a str, String> {
    names.iter().enumerate().map(|(index, name)| (*name, format!("{prefix}{index}"))).collect()
}

/// A quoted string of Graphviz's language.
fn dot_string(text: &str) -> String {
    format!("\"{}\"", one_line(text).replace('\\', "\\\\").replace('"', "\\\""))
}
