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
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;
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

/// PgBouncer as a pod runs it; it ends when this is dropped.
struct Pooler {
    process: Child,
    port: u16,
    folder: TempDir,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // What has ended cannot be killed, and what cannot be waited for has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Pooler {
    fn start(objects: &[Value], server_port: u16, has_certificate: bool) -> Pooler {
        let folder = tempfile::Builder::new().prefix("freehold-pooler-").tempdir_in("/tmp").unwrap();
        let path = |name: &str| folder.path().join(name);
        let pod = &object(objects, "Deployment")["spec"]["template"]["spec"];
        let words: Vec<&str> = pod["initContainers"][0]["command"]
            .as_array()
            .unwrap()
            .iter()
            .map(|word| word.as_str().unwrap())
            .collect();
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
        std::fs::create_dir(path("run")).unwrap();
        std::fs::create_dir(path("tls")).unwrap();
        if has_certificate {
            certify(&path("tls"));
        }
        give_away(&path("run"));
        give_away(folder.path());
        assert_eq!(words[..5], ["sh", "/scripts/pooler.sh", "/secrets", "/tls", "/run/pgbouncer"]);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/kubernetes/pooler.sh");
        let script = std::fs::read_to_string(script).unwrap();
        let mut shell = unprivileged("sh");
        shell
            .args(["-c", &script, "pooler.sh"])
            .arg(path("secrets"))
            .arg(path("tls"))
            .arg(path("run"))
            .args(&words[5..]);
        let output = shell.current_dir("/").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

        let port = free_port();
        let text = object(objects, "ConfigMap")["data"]["pgbouncer.ini"].as_str().unwrap();
        std::fs::write(path("pgbouncer.ini"), adapted(text, &path("run"), port)).unwrap();
        let mut command = unprivileged("pgbouncer");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(path("log")).unwrap();
        let process = command.arg(path("pgbouncer.ini")).current_dir("/").stderr(log).spawn();
        let process = process.expect("`tests/run` installs pgbouncer where it is missing");
        Pooler { process, port, folder }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Connects, as soon as PgBouncer listens.
    async fn connect(
        &self,
        database: &str,
        user: &str,
        password: &str,
    ) -> Result<Client, tokio_postgres::Error> {
        let mut result = connect(self.port, database, user, password).await;
        for _ in 0..100 {
            if !result.as_ref().is_err_and(|error| error.as_db_error().is_none()) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            result = connect(self.port, database, user, password).await;
        }
        result
    }
}

/// A certificate of its own for a pooler, as the user who runs it reads it.
fn certify(folder: &Path) {
    let names = ["tls.key", "tls.crt"].map(|name| folder.join(name));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=pooler.test"]);
    openssl.arg("-keyout").arg(&names[0]).arg("-out").arg(&names[1]);
    let output = openssl.output().expect("`tests/run` installs openssl where it is missing");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    names.iter().for_each(|name| give_away(name));
}

/// What openssl says of a handshake.
fn handshake(port: u16) -> String {
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-starttls", "postgres", "-connect", &format!("127.0.0.1:{port}")]);
    let output = openssl.stdin(std::process::Stdio::null()).output().unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The configuration, but for the places that a pod has, TLS, which the server of a test lacks, and what an older PgBouncer does
/// not know.
fn adapted(text: &str, run: &Path, port: u16) -> String {
    let version =
        Command::new("pgbouncer").arg("--version").output().expect("`tests/run` installs pgbouncer");
    let version = String::from_utf8(version.stdout).unwrap();
    let minor = version.split(['.', ' ', '\n']).nth(2).and_then(|number| number.parse::<u32>().ok());
    let mut lines = Vec::new();
    for line in text.lines() {
        match line.split_once(" = ").map_or(line, |(key, _)| key) {
            "server_tls_sslmode" => {
                assert_eq!(line, "server_tls_sslmode = verify-full");
                lines.push("server_tls_sslmode = disable".to_owned());
            }
            "server_tls_ca_file" => {}
            "max_prepared_statements" if minor.is_some_and(|minor| minor < 21) => {}
            "listen_port" => lines.push(format!("listen_port = {port}")),
            _ => lines.push(line.replace("/run/pgbouncer", run.to_str().unwrap())),
        }
    }
    lines.join("\n")
}

async fn connect(
    port: u16,
    database: &str,
    user: &str,
    password: &str,
) -> Result<Client, tokio_postgres::Error> {
    let mut config = Config::new();
    config.host("127.0.0.1").port(port).dbname(database).user(user).password(password);
    let (client, connection) = config.connect(NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Roles with passwords, which everyone but the administrator has to know.
async fn prepare(server: &Server, port: u16) -> Client {
    let administrator = connect(port, "postgres", "postgres", "").await.unwrap();
    for name in ["one", "two"] {
        let password = PASSWORD.replace('\'', "''");
        let role = |role: &str| format!("CREATE ROLE {name}_{role} LOGIN PASSWORD '{password}'");
        for statement in [role("app"), role("readonly"), format!("CREATE DATABASE shop_{name}")] {
            administrator.batch_execute(&statement).await.unwrap();
        }
    }
    let rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
    std::fs::write(server.folder.join("data/pg_hba.conf"), rules).unwrap();
    administrator.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    administrator
}

async fn text(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

#[test]
fn programs_share_the_connections_of_a_database() {
    let objects = objects();
    assert_eq!(object(&objects, "Deployment")["spec"]["replicas"], 2);
    for installation in installations() {
        let port = free_port();
        let settings =
            ["listen_addresses=127.0.0.1", &format!("port={port}"), "password_encryption=scram-sha-256"];
        let server = Server::start_with(installation, &settings);
        runtime().block_on(async {
            let administrator = prepare(&server, port).await;
            let pooler = Pooler::start(&objects, port, false);
            let first = pooler.connect("shop_one", "one_app", PASSWORD).await;
            let first = first.unwrap_or_else(|error| panic!("{error:?}\n{}", pooler.log()));
            assert_eq!(
                text(&first, "SELECT current_user || '@' || current_database()").await,
                "one_app@shop_one"
            );
            let reader = pooler.connect("shop_two", "two_readonly", PASSWORD).await.unwrap();
            assert_eq!(text(&reader, "SELECT current_user::text").await, "two_readonly");
            // Who does not know the password, or is not of the register, does not get in.
            for (database, user, password) in [
                ("shop_one", "one_app", "wrong"),
                ("shop_one", "postgres", ""),
                ("shop_three", "one_app", PASSWORD),
                ("pgbouncer", "one_app", PASSWORD),
            ] {
                assert!(
                    pooler.connect(database, user, password).await.is_err(),
                    "{user} gets into {database}"
                );
            }
            // Twenty programs at once, of which each works in a transaction: as many connections as the register allows.
            let mut clients = Vec::new();
            for _ in 0..20 {
                clients.push(pooler.connect("shop_one", "one_app", PASSWORD).await.unwrap());
            }
            let work = |client: Client| async move {
                client.batch_execute("BEGIN; SELECT pg_sleep(0.1); COMMIT").await
            };
            let running: Vec<_> = clients.into_iter().map(|client| tokio::spawn(work(client))).collect();
            for program in running {
                program.await.unwrap().unwrap();
            }
            // Connections stay open for the next ones. 13 are shared by two replicas and two databases.
            let query = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop_one'";
            let open: i64 = administrator.query_one(query, &[]).await.unwrap().get(0);
            assert!((1..=3).contains(&open), "{open}\n{}", pooler.log());

            let pooler = Pooler::start(&objects, port, true);
            let refused = pooler.connect("shop_one", "one_app", PASSWORD).await.err().unwrap();
            assert!(format!("{refused:?}").contains("SSL required"), "{refused:?}\n{}", pooler.log());
            assert!(handshake(pooler.port).contains("pooler.test"));
        });
    }
}
