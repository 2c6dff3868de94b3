//! What servers cost in each environment, and which part of it is a service's.

use crate::infrastructure::{ServerCost, server_cost};
use crate::semantic::Register;
use crate::semantic::model::{Environment, Server, ServerId};
use crate::templates::{MarkdownCode, MarkdownText, Quoted};
use rust_decimal::Decimal;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub(super) struct View {
    environments: Vec<EnvironmentView>,
}

#[derive(Serialize)]
struct EnvironmentView {
    name: MarkdownCode,
    has_servers: bool,
    servers: Vec<ServerRow>,
    total: Quoted,
    budget: MarkdownText,
    has_services: bool,
    services: Vec<ServiceRow>,
}

#[derive(Serialize)]
struct ServerRow {
    name: MarkdownCode,
    class: MarkdownCode,
    instance: Quoted,
    storage: Quoted,
    storage_gb: u32,
    instances: MarkdownText,
    total: Quoted,
}

#[derive(Serialize)]
struct ServiceRow {
    name: MarkdownCode,
    database: MarkdownCode,
    server: MarkdownCode,
    part: Quoted,
}

pub(super) fn view(register: &Register) -> View {
    View { environments: register.environments().map(|environment| of(register, environment)).collect() }
}

fn of(register: &Register, environment: Environment<'_>) -> EnvironmentView {
    let mut servers: Vec<(ServerId, &Server)> = environment.servers().collect();
    servers.sort_by_key(|(_, server)| server.name.as_str());
    let costs: BTreeMap<ServerId, ServerCost> =
        servers.iter().filter_map(|(id, server)| Some((*id, server_cost(register, server)?))).collect();
    let total = costs.values().fold(Decimal::ZERO, |sum, cost| sum.saturating_add(cost.usd));
    let services = services(register, environment, &costs);
    EnvironmentView {
        name: MarkdownCode::new(environment.name()),
        has_servers: !servers.is_empty(),
        servers: servers.iter().map(|(id, server)| server_row(server, costs.get(id))).collect(),
        total: usd(total),
        budget: MarkdownText::new(&budget(environment, total)),
        has_services: !services.is_empty(),
        services,
    }
}

fn server_row(server: &Server, cost: Option<&ServerCost>) -> ServerRow {
    let amount = |part: fn(&ServerCost) -> Decimal| cost.map_or_else(no_price, |cost| usd(part(cost)));
    let zones = if server.multi_az { "2 zones" } else { "1 zone" };
    let instances = match server.read_replicas {
        0 => zones.to_owned(),
        1 => format!("{zones}, 1 read replica"),
        replicas => format!("{zones}, {replicas} read replicas"),
    };
    ServerRow {
        name: MarkdownCode::new(server.name.as_str()),
        class: MarkdownCode::new(server.class.as_str()),
        instance: amount(|cost| cost.instance_usd),
        storage: amount(|cost| cost.storage_usd),
        storage_gb: server.storage_gb.value,
        instances: MarkdownText::new(&instances),
        total: amount(|cost| cost.usd),
    }
}

fn budget(environment: Environment<'_>, total: Decimal) -> String {
    match environment.monthly_budget_usd().map(|budget| budget.value) {
        None => "There is no budget.".to_owned(),
        Some(budget) if total > budget => {
            format!("The budget is {budget:.2}, which is {:.2} less.", total.saturating_sub(budget))
        }
        Some(budget) => {
            format!("The budget is {budget:.2}, of which {:.2} are left.", budget.saturating_sub(total))
        }
    }
}

/// The services with a database, by name, each with its part of what the server costs.
fn services(
    register: &Register,
    environment: Environment<'_>,
    costs: &BTreeMap<ServerId, ServerCost>,
) -> Vec<ServiceRow> {
    let mut on_server: BTreeMap<ServerId, u64> = BTreeMap::new();
    let placed = super::services_by_name(register).into_iter().filter_map(|(_, service)| {
        let database = service.database.as_ref()?;
        Some((service, database, database.server?))
    });
    let placed: Vec<_> = placed.collect();
    for (_, _, server) in &placed {
        *on_server.entry(*server).or_default() += 1;
    }
    let row = |(service, database, server): &(&_, &crate::semantic::model::Database, ServerId)| {
        let service: &crate::semantic::model::Service = service;
        let part = costs.get(server).zip(on_server.get(server));
        let part = part.and_then(|(cost, sharing)| cost.usd.checked_div(Decimal::from(*sharing)));
        ServiceRow {
            name: MarkdownCode::new(service.name.as_str()),
            database: MarkdownCode::new(database.name.as_str()),
            server: MarkdownCode::new(environment.server(*server).name.as_str()),
            part: part.map_or_else(no_price, usd),
        }
    };
    placed.iter().map(row).collect()
}

/// An amount, of digits and a point alone.
fn usd(amount: Decimal) -> Quoted {
    Quoted::already(format!("{amount:.2}"))
}

fn no_price() -> Quoted {
    Quoted::already("no price")
}
