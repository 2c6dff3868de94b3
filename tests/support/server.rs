//! A throw-away PostgreSQL server. Roles belong to a whole server, so each test has one of its own; starting one takes
//! a fifth of a second.
#![expect(clippy::disallowed_methods, reason = "a server needs folders, and a deadline to start by")]

use super::Installation;
use std::future::poll_fn;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls};

/// How long a server may take to start on a machine under load.
const START_LIMIT: Duration = Duration::from_secs(60);

/// The user that runs the server where the tests run as root, whom PostgreSQL refuses: `nobody`.
const UNPRIVILEGED: u32 = 65534;

/// The superuser.
pub const ADMINISTRATOR: &str = "postgres";

/// Settings of every server: small, and fast rather than safe.
const SETTINGS: [&str; 8] = [
    "listen_addresses=",
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    "shared_buffers=32MB",
    "max_connections=50",
    "autovacuum=off",
    "statement_timeout=120s",
];

/// Copies the data folder, starts the server, waits until nobody holds the other end of its input any more, and clears
/// up. So nothing is left of the server once the process of the test has ended, however it did.
const SUPERVISE: &str = r#"
    folder=$1
    cp -a "$2" "$folder/data" || exit
    shift 2
    "$@" -D "$folder/data" -k "$folder" >"$folder/log" 2>&1 </dev/null &
    server=$!
    cat >/dev/null
    # At once; but a shell makes what it starts in the background ignore that, until the server sees to its signals.
    kill -QUIT "$server" 2>/dev/null
    kill -TERM "$server" 2>/dev/null
    wait "$server"
    rm -rf "$folder"
"#;

/// A running server; it ends when this is dropped.
pub struct Server {
    /// The programs that it runs.
    pub installation: &'static Installation,
    /// Holds its socket, its data and its log.
    pub folder: PathBuf,
    supervisor: Child,
}

impl Server {
    /// Starts a server on a data folder of its own.
    pub fn start(installation: &'static Installation) -> Server {
        Server::start_with(installation, &[])
    }

    /// As [`Server::start`], with settings such as `timezone=Asia/Kolkata`, which go before those of every server.
    pub fn start_with(installation: &'static Installation, settings: &[&str]) -> Server {
        // Paths of sockets are limited to about 100 bytes, so not below a temporary folder of any depth.
        let folder = tempfile::Builder::new().prefix("freehold-").tempdir_in("/tmp").unwrap();
        give_away(folder.path());
        let server = unprivileged(installation.programs.join("postgres"));
        let supervisor = Command::new("sh")
            .args(["-c", SUPERVISE, "sh"])
            .args([folder.path(), &template(installation)])
            .arg(server.get_program())
            .args(server.get_args())
            .args(SETTINGS.iter().chain(settings).flat_map(|setting| ["-c", setting]))
            .current_dir("/")
            .stdin(Stdio::piped())
            // Not in the terminal's group: an interrupt is for the test, and the server follows it.
            .process_group(0)
            .spawn()
            .unwrap();
        // From here on the supervisor clears the folder away.
        let server = Server { installation, folder: folder.keep(), supervisor };
        server.wait_until_ready();
        server
    }

    fn wait_until_ready(&self) {
        let deadline = Instant::now() + START_LIMIT;
        let pid_file = self.folder.join("data/postmaster.pid");
        // The last line of the file says how far the server is.
        while !std::fs::read_to_string(&pid_file).is_ok_and(|text| text.trim_end().ends_with("ready")) {
            if Instant::now() > deadline {
                panic!("PostgreSQL {} did not start:\n{}", self.installation.version, self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the server has written into its log.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap()
    }

    /// How libpq, and so psql, reaches a database of this server as a role.
    pub fn connection_string(&self, database: &str, role: &str) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let host = quoted(self.folder.to_str().unwrap());
        format!("host={host} dbname={} user={}", quoted(database), quoted(role))
    }

    /// Connects to a database as a role. The connection is driven by the runtime that this is awaited in.
    pub async fn connect(&self, database: &str, role: &str) -> Client {
        self.try_connect(database, role).await.unwrap_or_else(|error| {
            panic!("{role} cannot connect to {database}: {error}: {:?}", error.as_db_error())
        })
    }

    /// As [`Server::connect`], where it may be refused.
    pub async fn try_connect(&self, database: &str, role: &str) -> Result<Client, tokio_postgres::Error> {
        let mut config = Config::new();
        config.host_path(&self.folder).dbname(database).user(role);
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Connects as administrator and listens: gives the channel and payload of each notification.
    pub async fn listen(&self, database: &str, channel: &str) -> (Client, UnboundedReceiver<String>) {
        let mut config = Config::new();
        config.host_path(&self.folder).dbname(database).user(ADMINISTRATOR);
        let (client, mut connection) = config.connect(NoTls).await.unwrap();
        let (sender, receiver) = unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
                if let AsyncMessage::Notification(told) = message {
                    let _ =
                        sender.send(format!("{} {}", told.channel(), told.payload()).trim_end().to_owned());
                }
            }
        });
        client.batch_execute(&format!("LISTEN {channel}")).await.unwrap();
        (client, receiver)
    }

    /// Makes an empty database and connects to it as administrator.
    pub async fn new_database(&self, name: &str) -> Client {
        let administrator = self.connect("postgres", ADMINISTRATOR).await;
        let statement = format!("CREATE DATABASE \"{name}\" TEMPLATE template0 STRATEGY file_copy");
        administrator.batch_execute(&statement).await.unwrap();
        self.connect(name, ADMINISTRATOR).await
    }

    /// Runs a script with psql as administrator, stopping at the first error.
    pub fn psql(&self, script: &str) -> Output {
        self.psql_as(ADMINISTRATOR, script)
    }

    /// As [`Server::psql`], as another role.
    pub fn psql_as(&self, role: &str, script: &str) -> Output {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), script).unwrap();
        let mut command = Command::new(&self.installation.psql);
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d"]);
        command.arg(self.connection_string("postgres", role)).arg("-f").arg(file.path()).output().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // What cannot be waited for has ended.
        let _ = self.supervisor.wait();
    }
}

/// A data folder to copy: `initdb` takes seconds. It is kept from one run to the next.
fn template(installation: &Installation) -> PathBuf {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let user = if is_root() { "nobody" } else { "self" };
    let name = format!("postgres-{}-{user}", installation.version);
    let template = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    if !template.join("PG_VERSION").is_file() {
        // Where the server's user can write; the kept copy may lie where only root can.
        let folder = tempfile::Builder::new().prefix("freehold-initdb-").tempdir_in("/tmp").unwrap();
        give_away(folder.path());
        let data = folder.path().join("data");
        let mut initdb = unprivileged(installation.programs.join("initdb"));
        initdb.arg("-D").arg(&data).arg(format!("--username={ADMINISTRATOR}"));
        initdb.args(["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync", "--wal-segsize=1"]);
        run(initdb.current_dir("/"));
        let part = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let copy = part.path().join("data");
        run(Command::new("cp").arg("-a").arg(&data).arg(&copy));
        // Another process may have been faster; its copy is as good.
        if let Err(error) = std::fs::rename(&copy, &template) {
            assert!(template.join("PG_VERSION").is_file(), "{} cannot be made: {error}", template.display());
        }
    }
    template
}

/// A command that runs as a user whom PostgreSQL accepts.
pub fn unprivileged(program: impl AsRef<std::ffi::OsStr>) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.arg(format!("--reuid={UNPRIVILEGED}")).arg(format!("--regid={UNPRIVILEGED}"));
    command.arg("--clear-groups").arg(program);
    command
}

/// Makes the user of the server the owner of a folder or a file.
pub fn give_away(folder: &Path) {
    if is_root() {
        std::os::unix::fs::chown(folder, Some(UNPRIVILEGED), Some(UNPRIVILEGED)).unwrap();
    }
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
