//! The pooler's configuration and the script that completes it, with PgBouncer before a real server.
#![expect(clippy::disallowed_methods, reason = "PgBouncer reads files, and a test has to wait for it")]

use crate::runtime;
use crate::support::server::{give_away, unprivileged};
use crate::support::{Server, installations};
use freehold::session::{self, Selection};
use freehold::source::Memory;
use freehold::templates::Templates;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio_postgres::{Client, Config, NoTls};

const REGISTER: &str = "
server main class=db.t3.small storage-gb=20 max-connections=100 pooler-connections=13
service one { database shop_one on=main; deploy }
service two { database shop_two on=main; deploy }
service jobs-alone { database shop_three on=main; table t { column id bigint identity; primary-key id } }
";
/// All that a shell, a list of users or a file of settings could stumble over.
const PASSWORD: &str = "p\"a' ss\\:@/%é$(ls)`";

/// The objects of the pooler.
fn objects() -> Vec<Value> {
    let mut files = Memory::default();
    files.insert("model.kdl", REGISTER);
    let checked = session::check(&files, Path::new("model.kdl"), None, &mut |_| {});
    assert!(!checked.has_errors(), "{:?}", checked.findings);
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    let all = Selection::default();
    let made = session::generate(&checked.register, &checked.locks, &templates, &all, &mut |_| {}).unwrap();
    let path = "kubernetes/overlays/production/poolers/main/pooler.yaml";
    let file = made.files.into_iter().find(|file| file.path == path).unwrap();
    serde_norway::Deserializer::from_str(&file.contents).map(|it| Value::deserialize(it).unwrap()).collect()
}

fn object<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects.iter().find(|object| object["kind"] == kind).unwrap()
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// Who signs certificates.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Authority {
        let folder = tempfile::Builder::new().prefix("freehold-authority-").tempdir_in("/tmp").unwrap();
        let authority = Authority { folder };
        let subject =
            ["req", "-x509", "-days", "2", "-subj", "/CN=authority", "-addext", "keyUsage=keyCertSign"];
        openssl(|command| {
            command
                .args(subject)
                .args(KEY)
                .arg("-keyout")
                .arg(authority.file("ca.key"))
                .arg("-out")
                .arg(authority.certificate());
        });
        give_away(authority.folder.path());
        authority
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its own certificate.
    fn certificate(&self) -> PathBuf {
        self.file("ca.pem")
    }

    /// Signs for a name, as `tls.crt` and `tls.key` in a folder. Who reads them sees both change at once.
    fn sign(&self, name: &str, folder: &Path) {
        let [request, extensions, key, certificate] =
            ["request", "extensions", "tls.key", "tls.crt"].map(|name| self.file(name));
        std::fs::write(&extensions, format!("subjectAltName={name}")).unwrap();
        openssl(|command| {
            command.args(["req", "-subj", "/CN=server"]).args(KEY);
            command.arg("-keyout").arg(&key).arg("-out").arg(&request);
        });
        openssl(|command| {
            command.args(["x509", "-req", "-days", "2", "-CAcreateserial"]);
            command.arg("-CA").arg(self.certificate()).arg("-CAkey").arg(self.file("ca.key"));
            command.arg("-in").arg(&request).arg("-extfile").arg(&extensions).arg("-out").arg(&certificate);
        });
        for file in [key, certificate] {
            give_away(&file);
            std::fs::rename(&file, folder.join(file.file_name().unwrap())).unwrap();
        }
    }
}

/// A new key.
const KEY: [&str; 5] = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

fn openssl(arguments: impl Fn(&mut Command)) {
    let mut command = Command::new("openssl");
    arguments(&mut command);
    let output = command.output().expect("`tests/run` installs openssl where it is missing");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// PgBouncer as a pod runs it; it ends when this is dropped.
struct Pooler {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // What runs beside it ends with a pod. What has ended cannot be killed, and what cannot be waited for has ended.
        let group = format!("-{}", self.process.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.process.wait();
    }
}

impl Pooler {
    /// `authority` signs for it; `servers` signs for the server, where that speaks TLS. The certificate is read again
    /// after so many seconds.
    fn start(
        objects: &[Value],
        server_port: u16,
        authority: &Authority,
        servers: Option<&Authority>,
        seconds: &str,
    ) -> Pooler {
        let folder = tempfile::Builder::new().prefix("freehold-pooler-").tempdir_in("/tmp").unwrap();
        let path = |name: &str| folder.path().join(name);
        let pod = &object(objects, "Deployment")["spec"]["template"]["spec"];
        let words = |list: &str| -> Vec<&str> {
            let words = pod.pointer(list).and_then(Value::as_array).unwrap();
            words.iter().map(|word| word.as_str().unwrap()).collect()
        };
        for mount in pod["initContainers"][0]["volumeMounts"].as_array().unwrap() {
            let Some(secret) = mount["mountPath"].as_str().unwrap().strip_prefix("/secrets/") else {
                continue;
            };
            let user = secret.replace("-database-", "_").replace("application", "app");
            let port = server_port.to_string();
            std::fs::create_dir_all(path("secrets").join(secret)).unwrap();
            for (key, value) in
                [("username", user.as_str()), ("password", PASSWORD), ("host", "127.0.0.1"), ("port", &port)]
            {
                std::fs::write(path("secrets").join(secret).join(key), value).unwrap();
            }
        }
        for folder in ["run", "tls"] {
            std::fs::create_dir(path(folder)).unwrap();
            give_away(&path(folder));
        }
        authority.sign("DNS:main-pooler", &path("tls"));
        give_away(folder.path());
        let prepare = words("/initContainers/0/command");
        assert_eq!(prepare[..4], ["sh", "/scripts/pooler.sh", "/secrets", "/run/pgbouncer"]);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/kubernetes/pooler.sh");
        let script = std::fs::read_to_string(script).unwrap();
        let mut shell = unprivileged("sh");
        shell.args(["-c", &script, "pooler.sh"]).arg(path("secrets")).arg(path("run")).args(&prepare[4..]);
        let output = shell.current_dir("/").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

        let port = free_port();
        let text = object(objects, "ConfigMap")["data"]["pgbouncer.ini"].as_str().unwrap();
        let places = [
            ("/run/pgbouncer", path("run")),
            ("/etc/pooler-tls", path("tls")),
            ("/etc/postgres-ca", servers.map_or_else(|| path("none"), |it| it.folder.path().to_owned())),
        ];
        let mut text = adapted(text, port, servers.is_some());
        for (place, here) in places {
            assert!(text.contains(place), "{place}: {text}");
            text = text.replace(place, here.to_str().unwrap());
        }
        std::fs::write(path("pgbouncer.ini"), text).unwrap();
        // As in a pod, but that PgBouncer is not the first process, and an hour may be shorter.
        let command = words("/containers/0/command");
        let mut line = command[2].to_owned();
        let file = path("pgbouncer.ini");
        for (there, here) in [
            ("3600", seconds),
            ("-HUP 1;", "-HUP $$;"),
            ("/etc/pgbouncer/pgbouncer.ini", file.to_str().unwrap()),
        ] {
            assert!(line.contains(there), "{line}");
            line = line.replace(there, here);
        }
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path("log")).unwrap();
        let mut command = unprivileged(command[0]);
        command.args(["-c", &line]).current_dir("/").process_group(0).stderr(log);
        Pooler { process: command.spawn().unwrap(), port, folder }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// A client of libpq, which trusts an authority.
    fn client(&self, psql: &Path, authority: &Authority, database: &str, user: &str) -> Command {
        let mut command = Command::new(psql);
        let port = self.port.to_string();
        for (variable, value) in [
            ("PGHOST", "main-pooler"),
            ("PGHOSTADDR", "127.0.0.1"),
            ("PGPORT", &port),
            ("PGDATABASE", database),
            ("PGUSER", user),
            ("PGPASSWORD", PASSWORD),
            ("PGSSLMODE", "verify-full"),
        ] {
            command.env(variable, value);
        }
        command.env("PGSSLROOTCERT", authority.certificate()).args(["-X", "-q", "-A", "-t", "-w"]);
        command
    }
}

/// A psql that can speak TLS: that of the machine, or of a server.
fn psql() -> PathBuf {
    let of_servers = installations().iter().map(|installation| installation.psql.clone());
    let has_tls = |psql: &PathBuf| {
        let output = Command::new(psql).args(["-X", "-w", "host=/none sslmode=require"]).output();
        output.is_ok_and(|output| !said(&output).contains("SSL support is not compiled in"))
    };
    std::iter::once(PathBuf::from("psql"))
        .chain(of_servers)
        .find(has_tls)
        .expect("`tests/run` installs a psql that can speak TLS")
}

/// Runs a client until it succeeds or the time is up: PgBouncer may have to start, or to read a certificate again.
fn patiently(mut client: Command) -> Output {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        let output = client.output().expect("psql is there, as the tests of scripts need it");
        if output.status.success() || Instant::now() > end {
            return output;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).trim().to_owned()
}

/// The configuration, but for the port, and what an older PgBouncer or a server without TLS does not know.
fn adapted(text: &str, port: u16, has_tls: bool) -> String {
    let version =
        Command::new("pgbouncer").arg("--version").output().expect("`tests/run` installs pgbouncer");
    let version = String::from_utf8(version.stdout).unwrap();
    let minor = version.split(['.', ' ', '\n']).nth(2).and_then(|number| number.parse::<u32>().ok());
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.split_once(" = ").map_or(line, |(key, _)| key) {
            "server_tls_sslmode" => {
                assert_eq!(line, "server_tls_sslmode = verify-full");
                lines.push(if has_tls { line.to_owned() } else { "server_tls_sslmode = disable".to_owned() });
            }
            "max_prepared_statements" if minor.is_some_and(|minor| minor < 21) => {}
            "listen_port" => lines.push(format!("listen_port = {port}")),
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

async fn connect(port: u16, database: &str, user: &str) -> Client {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).dbname(database).user(user);
    let (client, connection) = config.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// Roles with passwords, which everyone but the administrator has to know; and TLS, where the server has it.
async fn prepare(server: &Server, port: u16, authority: &Authority) -> (Client, bool) {
    let administrator = connect(port, "postgres", "postgres").await;
    for name in ["one", "two"] {
        let password = PASSWORD.replace('\'', "''");
        let role = |role: &str| format!("CREATE ROLE {name}_{role} LOGIN PASSWORD '{password}'");
        for statement in [role("app"), role("readonly"), format!("CREATE DATABASE shop_{name}")] {
            administrator.batch_execute(&statement).await.unwrap();
        }
    }
    let library: String = administrator.query_one("SHOW ssl_library", &[]).await.unwrap().get(0);
    let has_tls = !library.is_empty();
    if has_tls {
        let data = server.folder.join("data");
        authority.sign("IP:127.0.0.1", &data);
        for setting in ["ssl_cert_file = 'tls.crt'", "ssl_key_file = 'tls.key'", "ssl = on"] {
            administrator.batch_execute(&format!("ALTER SYSTEM SET {setting}")).await.unwrap();
        }
    }
    let all = if has_tls { "hostssl" } else { "host" };
    let rules = format!("host all postgres 127.0.0.1/32 trust\n{all} all all 127.0.0.1/32 scram-sha-256\n");
    std::fs::write(server.folder.join("data/pg_hba.conf"), rules).unwrap();
    administrator.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    (administrator, has_tls)
}

#[test]
fn programs_share_the_connections_of_a_database() {
    let objects = objects();
    assert_eq!(object(&objects, "Deployment")["spec"]["replicas"], 2);
    let [own, servers] = [Authority::new(), Authority::new()];
    let psql = psql();
    for installation in installations() {
        let port = free_port();
        let settings =
            ["listen_addresses=127.0.0.1", &format!("port={port}"), "password_encryption=scram-sha-256"];
        let server = Server::start_with(installation, &settings);
        let runtime = runtime();
        let (administrator, has_tls) = runtime.block_on(prepare(&server, port, &servers));
        println!("PostgreSQL {} with TLS: {has_tls}", installation.version);
        let pooler = Pooler::start(&objects, port, &own, has_tls.then_some(&servers), "0.7");
        let client = |database, user| pooler.client(&psql, &own, database, user);
        let mut first = client("shop_one", "one_app");
        first.args(["-c", "SELECT current_user || '@' || current_database()"]);
        let answer = patiently(first);
        assert_eq!(said(&answer), "one_app@shop_one", "{}", pooler.log());
        let reader = client("shop_two", "two_readonly").args(["-c", "SELECT current_user"]).output().unwrap();
        assert_eq!(said(&reader), "two_readonly");
        // Who does not know the password, or is not of the register, does not get in.
        for (database, user, password) in [
            ("shop_one", "one_app", "wrong"),
            ("shop_one", "postgres", ""),
            ("shop_three", "one_app", PASSWORD),
            ("pgbouncer", "one_app", PASSWORD),
        ] {
            let output = client(database, user).env("PGPASSWORD", password).args(["-c", "SELECT 1"]).output();
            assert!(!output.unwrap().status.success(), "{user} gets into {database}");
        }
        // Twenty programs at once, of which each works in a transaction: as many connections as the register allows.
        let working: Vec<Child> = (0..20)
            .map(|_| {
                client("shop_one", "one_app")
                    .args(["-c", "BEGIN; SELECT pg_sleep(0.1); COMMIT"])
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for mut program in working {
            assert!(program.wait().unwrap().success(), "{}", pooler.log());
        }
        // Connections stay open for the next ones, with TLS. 13 are shared by two replicas and two databases.
        let query = "SELECT count(*), count(*) FILTER (WHERE ssl) FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) \
                     WHERE datname = 'shop_one'";
        let row = runtime.block_on(administrator.query_one(query, &[])).unwrap();
        let (open, with_tls): (i64, i64) = (row.get(0), row.get(1));
        assert!((1..=3).contains(&open), "{open}\n{}", pooler.log());
        assert_eq!(with_tls, if has_tls { open } else { 0 });
    }
}

/// Programs know that it is the pooler, and nothing passes in the clear.
#[test]
fn a_pooler_proves_who_it_is() {
    let objects = objects();
    let [own, other] = [Authority::new(), Authority::new()];
    let psql = psql();
    // No server is needed for a handshake: where it succeeds, PgBouncer says that it reaches none.
    let pooler = Pooler::start(&objects, free_port(), &own, None, "0.2");
    let ask = |authority: &Authority, change: &dyn Fn(&mut Command)| {
        let mut client = pooler.client(&psql, authority, "shop_one", "one_app");
        change(client.args(["-c", "SELECT 1"]).env("PGPASSWORD", "wrong"));
        let end = Instant::now() + Duration::from_secs(10);
        let mut answer = said(&client.output().unwrap());
        while answer.contains("Connection refused") && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(50));
            answer = said(&client.output().unwrap());
        }
        answer
    };
    let nothing = |_: &mut Command| {};
    let expect = |answer: String, part: &str| assert!(answer.contains(part), "{answer}\n{}", pooler.log());
    expect(ask(&own, &nothing), "SASL authentication failed");
    expect(
        ask(&own, &|client| {
            client.env("PGSSLMODE", "disable");
        }),
        "SSL required",
    );
    expect(ask(&other, &nothing), "certificate verify failed");
    expect(
        ask(&own, &|client| {
            client.env("PGHOST", "other-pooler");
        }),
        "does not match host name",
    );
    // A certificate that was renewed, here by another authority, is read again.
    other.sign("DNS:main-pooler", &pooler.folder.path().join("tls"));
    let end = Instant::now() + Duration::from_secs(10);
    while !ask(&other, &nothing).contains("SASL authentication failed") && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(50));
    }
    expect(ask(&other, &nothing), "SASL authentication failed");
    expect(ask(&own, &nothing), "certificate verify failed");
}
