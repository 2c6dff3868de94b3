//! The crate that consumes events: a module for each consumer group, read copies, delete policies.

mod binding;
mod delete_policies;
mod effects;
mod fills;
mod groups;
mod projections;
mod scaffold;
mod told;

pub use scaffold::{Scaffold, scaffold};

use super::Context;
use crate::names::rust_identifier;
use crate::semantic::Register;
use crate::semantic::model::{ColumnType, EnumId, EventId, ProjectionId, ReferenceId, Service, ServiceId};
use crate::sql::write_identifier;
use crate::templates::{MarkdownCode, Quoted, RustDoc, RustPath, RustString, TemplateError};
use binding::Labels;
use delete_policies::PolicyView;
use effects::Group;
use foldhash::HashSet;
use groups::Calls;
use serde::Serialize;
use std::collections::BTreeMap;

/// Crates that the library of a service needs.
pub(super) const DEPENDENCIES: [&str; 7] =
    ["contracts", "prost", "runtime", "sqlx", "tokio", "tokio-util", "tonic"];

/// Names in Rust of which each is taken once.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// The name itself, in the style of functions and modules; with a number behind where it is taken.
    fn take(&mut self, name: &str) -> String {
        let name = rust_identifier(name);
        let mut number = 1usize;
        let mut free = name.clone();
        while !self.0.insert(free.clone()) {
            number += 1;
            free = format!("{name}_{number}");
        }
        free
    }

    /// The name as it is, unless it is taken.
    fn take_exactly(&mut self, name: &str) -> Option<String> {
        self.0.insert(name.to_owned()).then(|| name.to_owned())
    }
}

/// What the parts of a crate are made from.
struct Maker<'a> {
    context: Context<'a>,
    register: &'a Register,
    service: &'a Service,
}

impl Maker<'_> {
    /// `identity.UserCreated`.
    fn event_doc(&self, id: EventId) -> MarkdownCode {
        let event = &self.register.events[id];
        let service = &self.register.services[self.register.topics[event.topic].service];
        let version = if event.version == 1 { String::new() } else { format!(" v{}", event.version) };
        MarkdownCode::new(&format!("{}.{}{version}", service.name.value, event.name.value))
    }

    fn enum_name(&self, id: EnumId) -> String {
        self.register.enums[id].name.value.clone()
    }
}

#[derive(Serialize)]
struct LibraryView {
    summary: RustDoc,
    crate_name: RustPath,
    has_database: bool,
    has_handlers: bool,
    has_copies: bool,
    has_policies: bool,
    has_labels: bool,
    pool: u32,
    groups: Vec<ModuleView>,
    has_fills: bool,
    fills: Vec<RustPath>,
    bounds: Quoted,
}

#[derive(Serialize)]
struct ModuleView {
    name: RustPath,
    has_handlers: bool,
    /// Whether it fills the service's read copies.
    has_fills: bool,
}

#[derive(Serialize)]
struct PoliciesView {
    from_runtime: Quoted,
    /// Whether any of them publishes events.
    is_told: bool,
    parts: Vec<PolicyView>,
}

#[derive(Serialize)]
struct PartsView<T> {
    from_runtime: Quoted,
    uses_labels: bool,
    parts: Vec<T>,
}

#[derive(Serialize)]
struct LabelView {
    doc: MarkdownCode,
    function: RustPath,
    has_list: bool,
    list_function: RustPath,
    message: RustPath,
    values: Vec<ValueView>,
}

#[derive(Serialize)]
struct ValueView {
    name: RustString,
    label: RustString,
}

/// The files of the crate below its folder, and whether it publishes events of its own service.
///
/// # Errors
/// A template that was overridden does not fit.
pub(super) fn files(
    context: Context<'_>,
    id: ServiceId,
    summary: &str,
    package: &str,
) -> Result<(Vec<(String, String)>, bool), TemplateError> {
    let maker = Maker { context, register: context.register, service: &context.register.services[id] };
    let groups = effects::groups(context.register, context.locks, id);
    let (mut copied, mut followed) = (BTreeMap::new(), BTreeMap::new());
    for (event, effects) in groups.iter().flat_map(|group| &group.topics).flat_map(|heard| &heard.events) {
        for copy in &effects.copies {
            copied.entry(*copy).or_insert_with(Vec::new).push(*event);
        }
        followed.extend(effects.policies.iter().map(|policy| (*policy, *event)));
    }
    let mut crate_files = Crate { maker, labels: Labels::default(), files: Vec::new(), is_told: false };
    crate_files.add_all(&groups, &copied, &followed, summary, package)?;
    Ok((crate_files.files, crate_files.is_told))
}

struct Crate<'a> {
    maker: Maker<'a>,
    labels: Labels,
    files: Vec<(String, String)>,
    /// Whether what it does is told of by the service's own events.
    is_told: bool,
}

impl Crate<'_> {
    fn add(&mut self, path: &str, template: &str, view: &impl Serialize) -> Result<(), TemplateError> {
        let text = self.maker.context.templates.render(&format!("consumers/consumer/{template}"), view)?;
        self.files.push((path.to_owned(), text));
        Ok(())
    }

    fn add_all(
        &mut self,
        groups: &[Group<'_>],
        copied: &BTreeMap<ProjectionId, Vec<EventId>>,
        followed: &BTreeMap<ReferenceId, EventId>,
        summary: &str,
        package: &str,
    ) -> Result<(), TemplateError> {
        let (copies, functions) = projections::copies(&self.maker, copied, &mut self.labels);
        let (policies, mut calls) = delete_policies::policies(&self.maker, followed, &mut self.labels);
        let (has_copies, has_policies) = (!copies.is_empty(), !policies.is_empty());
        let mut names = Names::default();
        let mut modules = Vec::new();
        for group in groups {
            let name = RustPath::new(&names.take(group.key));
            let mut calls = Calls { copies: &functions, policies: &mut calls };
            let view = groups::group(&self.maker, group, &mut calls);
            let path = format!("src/groups/{}.rs", name.as_str().trim_start_matches("r#"));
            self.add(&path, "group.rs", &view)?;
            let has_handlers =
                group.topics.iter().flat_map(|heard| &heard.events).any(|(_, effects)| effects.is_handled);
            // A service's own group keeps its read copies.
            let has_fills =
                group.key == self.maker.service.name.as_str() && !self.maker.service.projections.is_empty();
            modules.push(ModuleView { name, has_handlers, has_fills });
        }
        if has_copies {
            let uses_labels = copies.iter().any(projections::CopyView::uses_labels);
            self.add_parts(
                "src/projections.rs",
                "projections.rs",
                (used(&[(true, "HandlingError")]), uses_labels),
                copies,
            )?;
        }
        if has_policies {
            let is_limited = policies.iter().any(|policy| policy.is_limited);
            let names = [(is_limited, "DELETE_BATCH"), (true, "HandlingError"), (true, "Progress")];
            self.is_told = policies.iter().any(|policy| policy.is_told);
            let view = PoliciesView { from_runtime: used(&names), is_told: self.is_told, parts: policies };
            self.add("src/delete_policies.rs", "delete_policies.rs", &view)?;
        }
        let fills = fills::fills(&self.maker, &mut self.labels);
        if !fills.copies.is_empty() {
            self.add("src/fills.rs", "fills.rs", &fills)?;
        }
        let labels = self.label_views();
        let has_labels = !labels.is_empty();
        if has_labels {
            self.add_parts("src/labels.rs", "labels.rs", (used(&[(true, "HandlingError")]), false), labels)?;
        }
        let bounds = modules.iter().filter(|module| module.has_handlers);
        let bounds: Vec<String> =
            bounds.map(|module| format!("groups::{}::Handlers", module.name.as_str())).collect();
        let view = LibraryView {
            summary: RustDoc::new(summary),
            crate_name: RustPath::new(&package.replace('-', "_")),
            has_database: self.maker.service.database.is_some(),
            has_handlers: !bounds.is_empty(),
            has_copies,
            has_policies,
            has_labels,
            pool: self.maker.service.database.as_ref().map_or(0, |database| database.pool),
            has_fills: modules.iter().any(|module| module.has_fills),
            groups: modules,
            fills: fills.copies.into_iter().map(|copy| copy.name).collect(),
            bounds: Quoted::already(bounds.join(" + ")),
        };
        self.add("src/lib.rs", "lib.rs", &view)?;
        self.add("src/groups.rs", "groups.rs", &view)?;
        if !view.has_handlers {
            self.add("src/main.rs", "main.rs", &view)?;
        }
        Ok(())
    }

    fn add_parts<T: Serialize>(
        &mut self,
        path: &str,
        template: &str,
        (from_runtime, uses_labels): (Quoted, bool),
        parts: Vec<T>,
    ) -> Result<(), TemplateError> {
        self.add(path, template, &PartsView { from_runtime, uses_labels, parts })
    }

    fn label_views(&self) -> Vec<LabelView> {
        let views = self.labels.functions.iter().filter_map(|(id, function)| {
            let (declared, on_wire) =
                (&self.maker.register.enums[*id], self.maker.context.wire.enums.get(id)?);
            let values = on_wire.values.iter().zip(&declared.values);
            let values = values
                .map(|(name, value)| ValueView {
                    name: RustString::new(name),
                    label: RustString::new(value.name.as_str()),
                })
                .collect();
            Some(LabelView {
                doc: MarkdownCode::new(declared.name.as_str()),
                has_list: function.list.is_some(),
                list_function: function.list.clone().unwrap_or_else(|| function.name.clone()),
                function: function.name.clone(),
                message: super::rust::message(&on_wire.name),
                values,
            })
        });
        views.collect()
    }
}

/// The names of those that are used, as they stand in a `use`.
fn used(names: &[(bool, &str)]) -> Quoted {
    let used: Vec<&str> = names.iter().filter(|(is_used, _)| *is_used).map(|(_, name)| *name).collect();
    Quoted::already(used.join(", "))
}

/// A type without its length or precision: a cast to one with a length cuts in silence what storing would refuse.
pub(super) fn without_modifiers(data_type: &str, column_type: &ColumnType) -> String {
    let brackets = if data_type.ends_with("[]") { "[]" } else { "" };
    let element = match column_type {
        // Bare, these two have the length 1.
        ColumnType::Builtin(builtin) if builtin.base() == "character" => "bpchar",
        ColumnType::Builtin(builtin) if builtin.base() == "bit" => "bit varying",
        ColumnType::Builtin(builtin) => builtin.base(),
        _ => data_type.trim_end_matches("[]").split('(').next().unwrap_or(data_type),
    };
    format!("{element}{brackets}")
}

fn identifier(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    // Writing to a String cannot fail.
    let _ = write_identifier(&mut text, name);
    text
}
