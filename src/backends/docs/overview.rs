//! The first page: every service in a line.

use super::services_by_name;
use crate::semantic::Register;
use crate::semantic::model::{Located, Service};
use crate::templates::{MarkdownCode, MarkdownText};
use serde::Serialize;

#[derive(Serialize)]
pub(super) struct View {
    title: MarkdownText,
    has_services: bool,
    services: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: MarkdownCode,
    team: MarkdownText,
    contact: MarkdownText,
    summary: MarkdownText,
    excludes: MarkdownText,
    latency: MarkdownText,
}

pub(super) fn view(register: &Register) -> View {
    let services = services_by_name(register).into_iter().map(|(_, service)| row(register, service));
    let services: Vec<Row> = services.collect();
    View {
        title: MarkdownText::new(register.platform.name.as_ref().map_or("Services", Located::as_str)),
        has_services: !services.is_empty(),
        services,
    }
}

fn row(register: &Register, service: &Service) -> Row {
    let team = service.team.map(|team| &register.teams[team]);
    let text = |text: Option<&Located<String>>| MarkdownText::new(text.map_or("", Located::as_str));
    let excludes: Vec<&str> = service.excludes.iter().map(Located::as_str).collect();
    let latency = service.latency_p95_ms.as_ref().map(|limit| format!("{} ms", limit.value));
    Row {
        name: MarkdownCode::new(service.name.as_str()),
        team: text(team.map(|team| &team.name)),
        contact: text(team.and_then(|team| team.contact.as_ref())),
        summary: text(service.summary.as_ref()),
        excludes: MarkdownText::new(&excludes.join(", ")),
        latency: MarkdownText::new(&latency.unwrap_or_default()),
    }
}
