//! A database of a service, migrated, on a server of its own that can be restarted.

use crate::server::{ADMINISTRATOR, Server, unprivileged};
use crate::{Installation, installations};
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Where the migrations are.
const SQL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../generated/sql");

/// A database.
pub struct Database {
    server: Server,
    restarted: Option<Child>,
    options: PgConnectOptions,
    /// Connections of the test itself.
    pub pool: PgPool,
}

impl Database {
    /// Migrates a service's database on the newest PostgreSQL that there is.
    pub async fn of(service: &str) -> Database {
        Database::on(installations().last().unwrap(), service).await
    }

    /// The same on a certain one.
    pub async fn on(installation: &'static Installation, service: &str) -> Database {
        let server = Server::start(installation);
        drop(server.new_database("service").await);
        let options =
            PgConnectOptions::new().socket(&server.folder).username(ADMINISTRATOR).database("service");
        let pool = connect(&options);
        let mut files: Vec<_> = std::fs::read_dir(Path::new(SQL).join(service))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_str().unwrap().ends_with(".up.sql"))
            .collect();
        files.sort();
        assert!(!files.is_empty(), "{service} has no migration");
        for file in files {
            let text = std::fs::read_to_string(file).unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&pool).await.unwrap();
        }
        Database { server, restarted: None, options, pool }
    }

    /// Connections for a consumer.
    pub fn connections(&self) -> PgPool {
        connect(&self.options)
    }

    /// Runs a statement.
    pub async fn execute(&self, sql: &'static str) -> u64 {
        sqlx::query(sql).execute(&self.pool).await.unwrap().rows_affected()
    }

    /// The number that a query gives.
    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// The first column of what a query gives, as texts.
    pub async fn texts(&self, sql: &'static str) -> Vec<String> {
        sqlx::query_scalar(sql).fetch_all(&self.pool).await.unwrap()
    }

    /// Kills the server, every session with it.
    pub fn kill(&mut self) {
        let pid = std::fs::read_to_string(self.server.folder.join("data/postmaster.pid")).unwrap();
        let pid = pid.lines().next().unwrap().to_owned();
        // "Immediate Shutdown": sessions end at once, and the next start recovers.
        assert!(Command::new("kill").args(["-QUIT", &pid]).status().unwrap().success());
        while Command::new("kill").args(["-0", &pid]).stderr(Stdio::null()).status().unwrap().success() {
            // What the supervisor started becomes a zombie until it is waited for.
            let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            if state.contains(") Z ") {
                break;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts the server that was killed, on its data.
    pub async fn start_again(&mut self) {
        let folder = &self.server.folder;
        let server = unprivileged(self.server.installation.programs.join("postgres"))
            .args(["-D", folder.join("data").to_str().unwrap(), "-k", folder.to_str().unwrap()])
            .args(["-c", "listen_addresses=", "-c", "max_connections=50"])
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.restarted = Some(server);
        while sqlx::query("SELECT 1").execute(&self.pool).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(server) = &mut self.restarted {
            let _ = Command::new("kill").args(["-QUIT", &server.id().to_string()]).status();
            let _ = server.wait();
        }
    }
}

fn connect(options: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(8)
        .acquire_timeout(Duration::from_secs(3))
        .connect_lazy_with(options.clone())
}
