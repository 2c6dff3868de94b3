//! The crate in which people handle events: made once, and theirs from then on.

use super::super::{Context, Crate};
use super::groups::{self, Calls, EventView};
use super::projections::Functions;
use super::{Maker, Names, effects};
use crate::names::crate_name;
use crate::semantic::model::ServiceId;
use crate::templates::{MarkdownCode, Quoted, RustPath, TemplateError, TomlString};
use serde::Serialize;
use std::collections::BTreeMap;

/// Files of a crate by their paths in it, with their texts.
pub type Scaffold = Vec<(&'static str, String)>;

#[derive(Serialize)]
struct View {
    service: MarkdownCode,
    package: TomlString,
    consumer: TomlString,
    consumer_path: TomlString,
    contracts: TomlString,
    contracts_path: TomlString,
    runtime: TomlString,
    runtime_path: TomlString,
    has_database: bool,
    handlers: Vec<Quoted>,
    events: Vec<EventView>,
}

/// What is used of the module of a group.
fn import(module: &str, names: &[String]) -> Option<Quoted> {
    let path = format!("consumer::groups::{module}");
    Some(Quoted::already(match names {
        [] => return None,
        [only] => format!("{path}::{only}"),
        names => format!("{path}::{{\n    {},\n}}", names.join(",\n    ")),
    }))
}

/// The crate of a service; none where it consumes nothing that people handle. `workspace` is the path of the folder `consumers` of
/// the output, as seen from the crate.
///
/// # Errors
/// A template that was overridden does not fit.
pub fn scaffold(
    context: Context<'_>,
    id: ServiceId,
    workspace: &str,
) -> Result<Option<Scaffold>, TemplateError> {
    let service = &context.register.services[id];
    let maker = Maker { context, register: context.register, service };
    let (copies, mut policies) = (Functions::new(), BTreeMap::new());
    let (mut names, mut handlers, mut events) = (Names::default(), Vec::new(), Vec::new());
    for group in effects::groups(context.register, context.locks, id) {
        let module = names.take(group.key);
        let mut calls = Calls { copies: &copies, policies: &mut policies };
        let view = groups::group(&maker, &group, &mut calls);
        let mut imported = Vec::new();
        let handled = view.events.into_iter().filter(|event| event.is_handled);
        for mut event in handled {
            let path = RustPath::new(&format!("consumer::groups::{module}::{}", event.handler.as_str()));
            // Two groups may have a trait of one name.
            match names.take_exactly(event.handler.as_str()) {
                Some(name) => imported.push(name),
                None => event.handler = path,
            }
            events.push(event);
        }
        handlers.extend(import(&module, &imported));
    }
    if events.is_empty() {
        return Ok(None);
    }
    let path = |folder: &str| TomlString::new(&format!("{workspace}/{folder}"));
    let view = View {
        service: MarkdownCode::new(service.name.as_str()),
        package: TomlString::new(&crate_name(&format!("{}-consumer", service.name.value))),
        consumer: TomlString::new(&context.package_of(service, Crate::Consumer)),
        consumer_path: path(&context.folder_of(service, Crate::Consumer)),
        contracts: TomlString::new(&context.package("contracts")),
        contracts_path: path("contracts"),
        runtime: TomlString::new(&context.package("runtime")),
        runtime_path: path("runtime"),
        has_database: service.database.is_some(),
        handlers,
        events,
    };
    let render = |name: &str| context.templates.render(&format!("consumers/scaffold/{name}"), &view);
    Ok(Some(vec![
        ("Cargo.toml", render("Cargo.toml")?),
        ("src/handlers.rs", render("handlers.rs")?),
        ("src/main.rs", render("main.rs")?),
    ]))
}
