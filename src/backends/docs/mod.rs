//! Documentation of the whole register: who owns what, events, which service needs which.

mod connections;
mod costs;
mod events;
mod overview;
mod ownership;

use super::{GeneratedFile, REGISTER, ServiceDrawing};
use crate::lock::Locks;
use crate::semantic::Register;
use crate::semantic::model::{Service, ServiceId};
use crate::templates::{MarkdownCode, Quoted, TemplateError, Templates};
use serde::Serialize;

/// Every page. Topics have the names that the locks give them.
///
/// # Errors
/// A template does not fit its view.
pub fn render(
    register: &Register,
    locks: &Locks,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    Ok(vec![
        page("docs/connections.md", templates, &connections::view(register))?,
        page("docs/costs.md", templates, &costs::view(register))?,
        page("docs/README.md", templates, &overview::view(register))?,
        page("docs/events.md", templates, &events::view(register, locks))?,
        page("docs/ownership.md", templates, &ownership::view(register))?,
        page("docs/services.md", templates, &services_view(register))?,
    ])
}

/// A page: its template has the same path.
fn page<V: Serialize>(path: &str, templates: &Templates, view: &V) -> Result<GeneratedFile, TemplateError> {
    let contents = templates.render(path, view)?;
    Ok(GeneratedFile { path: path.to_owned(), node: REGISTER.to_owned(), contents })
}

/// Services by name: the order of the register must not show.
fn services_by_name(register: &Register) -> Vec<(ServiceId, &Service)> {
    let mut services: Vec<_> = register.services.iter().collect();
    services.sort_by_key(|(_, service)| service.name.as_str());
    services
}

fn codes<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<MarkdownCode> {
    names.into_iter().map(MarkdownCode::new).collect()
}

#[derive(Serialize)]
struct ServicesView {
    is_drawn: bool,
    drawing: Quoted,
    reason: Quoted,
    has_needs: bool,
    needs: Vec<NeedsRow>,
}

#[derive(Serialize)]
struct NeedsRow {
    from: MarkdownCode,
    to: MarkdownCode,
    what: Quoted,
}

fn services_view(register: &Register) -> ServicesView {
    let drawing = ServiceDrawing::new(register);
    let reason = drawing.too_large_for_mermaid();
    let needs: Vec<NeedsRow> = drawing
        .needs()
        .map(|(from, to, needs)| NeedsRow {
            from: MarkdownCode::new(from),
            to: MarkdownCode::new(to),
            what: Quoted::already(needs.to_string()),
        })
        .collect();
    ServicesView {
        is_drawn: reason.is_none(),
        drawing: Quoted::already(drawing.mermaid().trim_end()),
        reason: Quoted::already(reason.unwrap_or_default()),
        has_needs: !needs.is_empty(),
        needs,
    }
}
