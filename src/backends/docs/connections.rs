//! Who takes how many connections on which server, in each environment.

use crate::infrastructure::{ConnectionLine, Connections, ServicesOnServer, services_on_servers};
use crate::semantic::Register;
use crate::semantic::model::{Environment, Server, ServerId};
use crate::templates::{MarkdownCode, MarkdownText, Quoted};
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
    servers: Vec<ServerView>,
}

#[derive(Serialize)]
struct ServerView {
    name: MarkdownCode,
    lines: Vec<LineView>,
    total: u64,
    most: u32,
}

#[derive(Serialize)]
struct LineView {
    /// Empty for what belongs to the whole server.
    database: Quoted,
    purpose: MarkdownText,
    number: u64,
}

pub(super) fn view(register: &Register) -> View {
    let mut on_servers = services_on_servers(register);
    for services in on_servers.values_mut() {
        services.sort_by_key(|(id, _)| register.services[*id].name.as_str());
    }
    let environments = register.environments().map(|environment| of(register, environment, &on_servers));
    View { environments: environments.collect() }
}

fn of(
    register: &Register,
    environment: Environment<'_>,
    on_servers: &BTreeMap<ServerId, ServicesOnServer>,
) -> EnvironmentView {
    let mut servers: Vec<(ServerId, &Server)> = environment.servers().collect();
    servers.sort_by_key(|(_, server)| server.name.as_str());
    let server_view = |(id, server): &(ServerId, &Server)| {
        let services = on_servers.get(id).map_or(&[][..], Vec::as_slice);
        let connections = Connections::of(register, environment, *id, services);
        ServerView {
            name: MarkdownCode::new(server.name.as_str()),
            lines: connections.lines.iter().map(line).collect(),
            total: connections.total,
            most: server.max_connections,
        }
    };
    EnvironmentView {
        name: MarkdownCode::new(environment.name()),
        has_servers: !servers.is_empty(),
        servers: servers.iter().map(server_view).collect(),
    }
}

fn line(line: &ConnectionLine) -> LineView {
    let database = line.database.as_ref();
    LineView {
        database: Quoted::already(
            database.map_or(String::new(), |name| MarkdownCode::new(name).as_str().to_owned()),
        ),
        purpose: MarkdownText::new(&line.purpose.to_string()),
        number: line.number,
    }
}
