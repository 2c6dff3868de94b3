//! A PostgreSQL server with the databases of some services, which comes back after a crash.

use crate::folder::root;
use crate::installation::{Installation, installations};
use crate::process::Process;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::time::{Duration, Instant};

/// The services that have a database here: those that run, and those that reconciliation asks as well.
pub const SERVICES: [&str; 7] =
    ["identity", "user", "moderation", "search", "content", "media", "realtime-chat"];

/// The user that runs the server where the tests run as root, whom PostgreSQL refuses: `nobody`.
const UNPRIVILEGED: u32 = 65534;
/// How long the server may take to start, after a crash also until its last processes have ended.
const START: Duration = Duration::from_secs(60);

/// What has been committed outlives a crash of the server, though not one of the machine.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=off",
    "synchronous_commit=on",
    "shared_buffers=128MB",
    "max_connections=100",
    "max_wal_size=4GB",
    "track_commit_timestamp=on",
    "log_checkpoints=off",
];

/// A server.
pub struct Postgres {
    folder: PathBuf,
    logs: PathBuf,
    installation: &'static Installation,
    process: Option<Process>,
}

impl Postgres {
    /// Starts one of the newest version, with the databases, below a folder.
    pub async fn start(folder: &Path) -> Postgres {
        let installation = installations().last().unwrap();
        let own = folder.join("postgres");
        std::fs::create_dir(&own).unwrap();
        if is_root() {
            std::os::unix::fs::chown(&own, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
        }
        let mut initdb = unprivileged(&installation.programs.join("initdb"));
        initdb.arg("-D").arg(own.join("data")).current_dir("/");
        run(initdb.args([
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-sync",
        ]));
        let mut server = Postgres { folder: own, logs: folder.to_owned(), installation, process: None };
        server.resume().await;
        SERVICES.iter().for_each(|service| server.make_database(service));
        server
    }

    /// The version.
    pub fn version(&self) -> &str {
        &self.installation.version
    }

    /// The program `psql`.
    pub fn psql(&self) -> &Path {
        &self.installation.psql
    }

    /// How to reach a service's database as one of its roles: `app`, `owner` or `reconciler`.
    pub fn url(&self, service: &str, role: &str) -> String {
        let database = database(service);
        format!("postgres://{database}_{role}@localhost/{database}?host={}", self.folder.display())
    }

    /// Connections to a service's database as one of its roles.
    pub fn pool(&self, service: &str, role: &str, most: u32) -> PgPool {
        let options = PgPoolOptions::new().max_connections(most).acquire_timeout(START);
        options.connect_lazy_with(PgConnectOptions::from_str(&self.url(service, role)).unwrap())
    }

    /// Runs statements in a service's database as the owner.
    pub fn execute_as_owner(&self, service: &str, sql: &str) {
        run(self.command_of_psql(&self.url(service, "owner")).args(["-c", sql]));
    }

    /// Kills the server.
    pub fn kill(&mut self) {
        self.process.take().unwrap().kill();
    }

    /// Starts it on the data that are there.
    pub async fn resume(&mut self) {
        let deadline = Instant::now() + START;
        let mut command = unprivileged(&self.installation.programs.join("postgres"));
        command.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting]));
        let mut process = Process::start("postgres", &command, &self.logs, "QUIT");
        while !self.answers() {
            assert!(Instant::now() < deadline, "PostgreSQL does not start:\n{}", process.last_of_log());
            // After a crash it refuses as long as a process of the old server is left.
            if !process.runs() {
                process = Process::start("postgres", &command, &self.logs, "QUIT");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        self.process = Some(process);
    }

    fn answers(&self) -> bool {
        self.command_of_psql(&self.maintenance()).args(["-c", "SELECT"]).output().unwrap().status.success()
    }

    fn maintenance(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.folder.display())
    }

    fn command_of_psql(&self, url: &str) -> Command {
        let mut psql = Command::new(&self.installation.psql);
        psql.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url]);
        psql
    }

    /// As the runbook says: the administrator's script, the migration, and the script again for what the migration made.
    fn make_database(&self, service: &str) {
        let folder = root().join("generated/sql").join(service);
        let bootstrap = folder.join("bootstrap.sql");
        run(self.command_of_psql(&self.maintenance()).arg("-f").arg(&bootstrap));
        let migration = folder.join("0001_initial.up.sql");
        run(self.command_of_psql(&self.url(service, "owner")).arg("-1").arg("-f").arg(migration));
        run(self.command_of_psql(&self.maintenance()).arg("-f").arg(&bootstrap));
    }
}

/// As the register says it.
fn database(service: &str) -> String {
    format!("nova_{}", if service == "realtime-chat" { "messaging" } else { service })
}

/// A command that runs as a user whom PostgreSQL accepts.
fn unprivileged(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={UNPRIVILEGED}")).arg(format!("--regid={UNPRIVILEGED}"));
    command.arg("--clear-groups").arg(program);
    command
}

/// Whether the tests run as root, told by a file that they make.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    tempfile::tempfile().unwrap().metadata().unwrap().uid() == 0
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
