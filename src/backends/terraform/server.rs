//! The root of a PostgreSQL server.

use super::{Move, Root, Roots, address, moves, quoted_label};
use crate::infrastructure::{Infrastructure, Server, postgres_version, role_secret_in_aws};
use crate::semantic::Register;
use crate::semantic::model::Environment;
use crate::templates::{Hcl, HclAttributes, HclComment, HclString, Quoted, TemplateError};
use serde::Serialize;

#[derive(Serialize)]
struct MainView {
    introduction: HclComment,
    module: HclString,
    moves: Vec<Move>,
}

#[derive(Serialize)]
struct OutputsView {
    address: Quoted,
}

pub(super) fn render(
    roots: &mut Roots<'_>,
    infrastructure: &Infrastructure,
    server: &Server,
) -> Result<(), TemplateError> {
    let root = Root { folder: "servers", name: &server.name, kind: "server", lasting: &server.identifier };
    let register = roots.register;
    let module = |name: &str| address("", name);
    let main = MainView {
        introduction: HclComment::new(&introduction(register, infrastructure, server)),
        module: quoted_label("", &server.name),
        moves: moves(module, &server.identifier, server.was.as_deref(), &server.name),
    };
    roots.file(&root, "main.tf", "terraform/server/main.tf", &main)?;
    roots.file(&root, "variables.tf", "terraform/server/variables.tf", &())?;
    let outputs = OutputsView { address: module(&server.name) };
    roots.file(&root, "outputs.tf", "terraform/server/outputs.tf", &outputs)?;
    roots.add(&root, |environment| values(register, infrastructure, server, environment))
}

fn introduction(register: &Register, infrastructure: &Infrastructure, server: &Server) -> String {
    let names = server.services.iter().filter_map(|id| infrastructure.database(*id));
    let names: Vec<&str> = names.map(|database| database.name.as_str()).collect();
    let summary = &register.servers[server.id].summary;
    let summary = summary.as_ref().map_or(String::new(), |summary| format!(": {}", summary.value));
    match names.is_empty() {
        true => format!("The PostgreSQL server {}{summary}. No database is on it.", server.name),
        false => format!("The PostgreSQL server {}{summary}. On it: {}.", server.name, names.join(", ")),
    }
}

fn values(
    register: &Register,
    infrastructure: &Infrastructure,
    server: &Server,
    environment: Environment<'_>,
) -> HclAttributes {
    let there = environment.server(server.id);
    let mut values = HclAttributes::new(0);
    values
        .set("identifier", environment.named(&server.identifier))
        .set("engine_version", postgres_version(register))
        .set("instance_class", there.class.as_str())
        .set("storage_gb", there.storage_gb.value)
        .set("max_connections", there.max_connections)
        .set("multi_az", there.multi_az)
        .set("read_replicas", there.read_replicas)
        .set("backup_days", there.backup_days)
        .set("backup_window", there.backup_window.to_string())
        .set("maintenance_window", there.maintenance_window.to_string())
        .set("roles", roles(register, infrastructure, server, environment));
    values
}

/// The roles of all its databases, by a key that never changes: names of databases are frozen.
fn roles(
    register: &Register,
    infrastructure: &Infrastructure,
    server: &Server,
    environment: Environment<'_>,
) -> Hcl {
    let databases = server.services.iter().filter_map(|id| infrastructure.database(*id));
    let roles = databases.flat_map(|database| database.roles.iter().map(move |role| (database, role)));
    let entry =
        |(database, role): (&crate::infrastructure::Database, &crate::infrastructure::DatabaseRole)| {
            let value = Hcl::map([
                ("database", database.name.as_str().into()),
                ("username", role.name.as_str().into()),
                ("secret", role_secret_in_aws(register, environment, &database.name, role).into()),
            ]);
            (format!("{}/{}", database.name, role.kind.name()), value)
        };
    Hcl::Map(roles.map(entry).collect())
}
