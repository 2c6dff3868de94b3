//! Services whose databases stand on servers, and a run of the generated script between them.
#![expect(
    clippy::disallowed_methods,
    reason = "the script is run as people run it: from a folder, with variables"
)]

use crate::support::services::{Service, check, compile};
use crate::support::{ADMINISTRATOR, Server};
use freehold::backends::Backend;
use freehold::session::{self, Selection};
use freehold::source::Memory;
use freehold::templates::Templates;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use tokio_postgres::Client;

/// The databases of a register, each with a connection of the administrator.
pub struct World {
    pub clients: BTreeMap<String, Client>,
    /// What the script is told: variables of the environment.
    pub variables: BTreeMap<String, String>,
    folder: tempfile::TempDir,
    psql: PathBuf,
}

/// What a run of the script says.
pub struct Report {
    pub code: Option<i32>,
    pub json: Value,
    pub errors: String,
}

/// A difference: the table of the check, what differs, and the key as JSON.
pub type Found = (String, String, String);

impl World {
    /// Makes the databases of a register, each on the server that is given for its service, and writes the scripts.
    pub async fn new<'a>(register: &str, server: impl Fn(&str) -> &'a Server) -> World {
        let mut files = Memory::default();
        files.insert("model.kdl", register);
        let folder = tempfile::tempdir().unwrap();
        let checked = check(&files, "model.kdl");
        let templates = Templates::new(&BTreeMap::new()).unwrap();
        let selection = Selection { services: Vec::new(), backends: vec![Backend::Reconciliation] };
        let register = &checked.register;
        let made = session::generate(register, &checked.locks, &templates, &selection, &mut |_| {}).unwrap();
        for file in made.files {
            let path = folder.path().join(&file.path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, &file.contents).unwrap();
        }
        let mut world = World {
            clients: BTreeMap::new(),
            variables: BTreeMap::new(),
            folder,
            psql: server("").installation.psql.clone(),
        };
        for service in compile(&files, "model.kdl") {
            world.stand_up(server(&service.name), &service).await;
        }
        world
    }

    async fn stand_up(&mut self, server: &Server, service: &Service) {
        bootstrap(server, service);
        let owner = server.connect(&service.database, &service.roles.owner).await;
        owner.batch_execute(&service.up).await.unwrap();
        // Once more, as it is run after migrations: now there are tables to grant.
        bootstrap(server, service);
        let variable = format!("{}_DATABASE_URL", service.name.to_uppercase());
        let connection = server.connection_string(&service.database, &service.roles.reconciler);
        self.variables.insert(variable, connection);
        let administrator = server.connect(&service.database, ADMINISTRATOR).await;
        // Settings of servers are for the script to cope with, not for the literals of the tests.
        administrator.batch_execute("SET array_nulls = on").await.unwrap();
        self.clients.insert(service.name.clone(), administrator);
    }

    /// Runs statements in the database of a service, as administrator.
    pub async fn execute(&self, service: &str, statements: &str) {
        if let Err(error) = self.clients[service].batch_execute(statements).await {
            panic!("{service}: {:?}\n{statements}", error.as_db_error());
        }
    }

    /// The first column of an answer, as texts.
    pub async fn texts(&self, service: &str, query: &str) -> Vec<String> {
        let rows = self.clients[service].query(query, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Where the scripts lie.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The command that runs the script of a service.
    pub fn command(&self, service: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg(self.folder.path().join("reconciliation").join(service).join("reconcile.sh"));
        command.env_clear().envs(&self.variables);
        command.env("PATH", std::env::var("PATH").unwrap()).env("PSQL", &self.psql);
        command
    }

    /// Runs the script of a service with chunks of so many rows.
    pub fn reconcile(&self, service: &str, chunk_rows: u32) -> Report {
        Report::of(self.command(service).env("FREEHOLD_CHUNK_ROWS", chunk_rows.to_string()))
    }
}

fn bootstrap(server: &Server, service: &Service) {
    let output = server.psql(&service.bootstrap);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

impl Report {
    /// Runs a command that reports.
    pub fn of(command: &mut Command) -> Report {
        let output = command.output().unwrap();
        let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        Report { code: output.status.code(), json, errors: String::from_utf8(output.stderr).unwrap() }
    }

    /// The checks of the report.
    pub fn checks(&self) -> &[Value] {
        self.json["checks"].as_array().map_or(&[], Vec::as_slice)
    }

    /// Everything that is listed, of checks with a table.
    pub fn found(&self) -> BTreeSet<Found> {
        let mut found = BTreeSet::new();
        for check in self.checks() {
            for difference in check["first"].as_array().unwrap() {
                let table = check["table"].as_str().unwrap_or_default().to_owned();
                let kind = difference["difference"].as_str().unwrap().to_owned();
                let new = found.insert((table, kind, difference["key"].to_string()));
                assert!(new, "listed twice: {difference}");
            }
        }
        found
    }

    /// Nothing differs, and everything was looked at: so many checks, with so many rows.
    pub fn assert_clean(&self, checks: usize, rows: u64) {
        assert_eq!(self.code, Some(0), "{}", self.errors);
        assert_eq!(self.json["result"], "clean", "{}", self.errors);
        assert_eq!(self.checks().len(), checks, "{}", self.json);
        let seen: u64 = self.checks().iter().map(|check| check["rows"].as_u64().unwrap()).sum();
        assert_eq!(seen, rows, "{}", self.json);
    }
}

/// Writes a program that can be run.
pub fn write_program(path: &std::path::Path, script: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, script).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
