//! The outputs, read back from their text.

use crate::cluster::Cluster;
use hcl_edit::expr::{Expression, Object, ObjectKey};
use hcl_edit::structure::Body;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that was written.
pub struct Outputs {
    pub environments: Vec<Environment>,
    /// What `bootstrap.sql` of a service makes.
    pub databases: BTreeMap<String, Database>,
    /// The newest migration of a service.
    pub migrations: BTreeMap<String, u64>,
    /// Variables that the script of a service's reconciliation asks for.
    pub reconciliations: BTreeMap<String, BTreeSet<String>>,
    /// The keys that the secret of a role is said to hold in AWS.
    pub role_keys: BTreeSet<String>,
    /// Sources of programs, by path.
    pub programs: BTreeMap<String, String>,
}

/// What `bootstrap.sql` makes.
#[derive(Debug, Default)]
pub struct Database {
    pub names: BTreeSet<String>,
    pub roles: BTreeSet<String>,
}

/// What there is of an environment.
pub struct Environment {
    pub name: String,
    pub cluster: Cluster,
    /// Values of the root modules of servers.
    pub servers: Vec<Server>,
    /// Secrets of services in AWS, with the keys that they are said to hold.
    pub service_secrets: BTreeMap<String, BTreeSet<String>>,
    /// Alerts: where each is, and its query.
    pub alerts: Vec<(String, String)>,
    /// The script that makes topics, where there is one.
    pub script: Option<String>,
    /// The page that says which secrets people make, where nothing else makes them.
    pub page: Option<String>,
    /// The page that says what has to be there before.
    pub readme: String,
    /// Images of which kustomizations say the version: where, the name, and whether a container of the base has it.
    pub images: Vec<(String, String, bool)>,
}

/// The values of a server's root module.
pub struct Server {
    pub identifier: String,
    pub max_connections: u64,
    pub replicas: u64,
    pub roles: Vec<Role>,
}

/// A role in the values of a server.
pub struct Role {
    pub database: String,
    pub username: String,
    pub secret: String,
}

impl Outputs {
    pub fn read(files: &BTreeMap<String, String>) -> Outputs {
        let mut outputs = Outputs {
            environments: Vec::new(),
            databases: BTreeMap::new(),
            migrations: BTreeMap::new(),
            reconciliations: BTreeMap::new(),
            role_keys: BTreeSet::new(),
            programs: BTreeMap::new(),
        };
        let mut names = BTreeSet::new();
        for (path, text) in files {
            let parts: Vec<&str> = path.split('/').collect();
            match parts[..] {
                ["sql", service, "bootstrap.sql"] => {
                    outputs.databases.insert(service.to_owned(), bootstrap(text));
                }
                ["sql", service, file] if file.ends_with(".up.sql") => {
                    let number: u64 = file.split('_').next().unwrap().parse().unwrap();
                    let newest = outputs.migrations.entry(service.to_owned()).or_default();
                    *newest = number.max(*newest);
                }
                ["reconciliation", service, "reconcile.sh"] => {
                    let variables = text.lines().filter_map(|line| line.strip_prefix("database "));
                    let variables = variables.map(|line| line.split('\'').nth(3).unwrap().to_owned());
                    outputs.reconciliations.insert(service.to_owned(), variables.collect());
                }
                ["consumers", ..] => drop(outputs.programs.insert(path.clone(), text.clone())),
                ["kubernetes", "overlays", environment, ..] => {
                    names.insert(environment);
                }
                ["terraform", "modules", "postgres-server", "main.tf"] => {
                    outputs.role_keys = json_object(text);
                }
                _ => {}
            }
        }
        outputs.environments = names.into_iter().map(|name| Environment::read(files, name)).collect();
        outputs
    }

    /// The database and roles that `bootstrap.sql` of any service makes.
    pub fn database(&self, name: &str) -> Option<&Database> {
        self.databases.values().find(|database| database.names.contains(name))
    }
}

/// What stands behind `a JSON object of`, up to the end of the text that says so.
fn json_object(text: &str) -> BTreeSet<String> {
    let lower = text.replace("A JSON", "a JSON");
    let Some((_, keys)) = lower.split_once("a JSON object of ") else { return BTreeSet::new() };
    let keys = keys.split('"').next().unwrap().replace(" and ", ", ");
    keys.split(", ").map(|key| key.trim().to_owned()).collect()
}

/// The texts in single quotes of a line.
fn literals(line: &str) -> Vec<&str> {
    line.split('\'').skip(1).step_by(2).collect()
}

fn bootstrap(text: &str) -> Database {
    let mut database = Database::default();
    for line in text.lines() {
        let literals = literals(line);
        if line.contains("format('CREATE ROLE ") {
            database.roles.insert(literals[1].to_owned());
        }
        if line.contains("format('CREATE DATABASE ") {
            // Its first literal holds two more quotes, around the encoding.
            let name = line.rsplit("', '").nth(1).unwrap();
            database.names.insert(name.to_owned());
        }
    }
    database
}

fn object(expression: &Expression) -> Vec<(String, &Expression)> {
    let Expression::Object(object) = expression else { panic!("{expression:?}") };
    let object: &Object = object;
    let key = |key: &ObjectKey| match key {
        ObjectKey::Expression(Expression::String(text)) => text.value().clone(),
        ObjectKey::Ident(name) => name.to_string(),
        other => panic!("{other:?}"),
    };
    object.iter().map(|(name, value)| (key(name), value.expr())).collect()
}

fn text(expression: &Expression) -> String {
    let Expression::String(text) = expression else { panic!("{expression:?}") };
    text.value().clone()
}

fn number(body: &Body, name: &str) -> u64 {
    body.get_attribute(name).unwrap().value.to_string().trim().parse().unwrap()
}

impl Environment {
    fn read(files: &BTreeMap<String, String>, name: &str) -> Environment {
        let mut environment = Environment {
            name: name.to_owned(),
            cluster: Cluster::of(files, name),
            servers: Vec::new(),
            service_secrets: BTreeMap::new(),
            alerts: Vec::new(),
            script: files.get(&format!("kafka/{name}.sh")).cloned(),
            images: Vec::new(),
            page: None,
            readme: files["kubernetes/README.md"].clone(),
        };
        if environment.cluster.kind("ExternalSecret").next().is_none() {
            environment.page = Some(environment.readme.clone());
        }
        for (path, contents) in files {
            let parts: Vec<&str> = path.split('/').collect();
            let values = format!("{name}.tfvars");
            match parts[..] {
                ["terraform", "servers", _, file] if file == values => {
                    environment.servers.push(server(contents))
                }
                ["terraform", "services", _, file] if file == values => {
                    let body: Body = contents.parse().unwrap();
                    for (_, secret) in object(&body.get_attribute("secrets").unwrap().value) {
                        let entries: BTreeMap<String, &Expression> = object(secret).into_iter().collect();
                        let keys = json_object(&text(entries["description"]));
                        environment.service_secrets.insert(text(entries["name"]), keys);
                    }
                }
                ["kubernetes", "overlays", of, "services", service, "kustomization.yaml"] if of == name => {
                    environment.images.extend(images(files, path, contents, service));
                }
                ["prometheus", of, ..] if of == name => environment.alerts.extend(alerts(path, contents)),
                _ => {}
            }
        }
        environment
    }
}

fn images(
    files: &BTreeMap<String, String>,
    path: &str,
    contents: &str,
    service: &str,
) -> Vec<(String, String, bool)> {
    let kustomization: Value = serde_norway::from_str(contents).unwrap();
    let base = format!("kubernetes/base/services/{service}/");
    let has = |image: &str| {
        let mut of_base = files.iter().filter(|(path, _)| path.starts_with(&base));
        of_base.any(|(_, contents)| contents.contains(&format!("image: \"{image}\"\n")))
    };
    let images = kustomization["images"].as_array().into_iter().flatten();
    let images = images.map(|image| image["name"].as_str().unwrap());
    images.map(|image| (path.to_owned(), image.to_owned(), has(image))).collect()
}

fn server(contents: &str) -> Server {
    let body: Body = contents.parse().unwrap();
    let role = |(_, role): (String, &Expression)| {
        let entries: BTreeMap<String, &Expression> = object(role).into_iter().collect();
        Role {
            database: text(entries["database"]),
            username: text(entries["username"]),
            secret: text(entries["secret"]),
        }
    };
    Server {
        identifier: text(&body.get_attribute("identifier").unwrap().value),
        max_connections: number(&body, "max_connections"),
        replicas: number(&body, "read_replicas"),
        roles: object(&body.get_attribute("roles").unwrap().value).into_iter().map(role).collect(),
    }
}

fn alerts(path: &str, contents: &str) -> Vec<(String, String)> {
    let file: Value = serde_norway::from_str(contents).unwrap();
    let rules =
        file["groups"].as_array().unwrap().iter().flat_map(|group| group["rules"].as_array().unwrap());
    let alert = |rule: &Value| {
        let name = rule["alert"].as_str().unwrap();
        (format!("{path} {name}"), rule["expr"].as_str().unwrap().to_owned())
    };
    rules.map(alert).collect()
}

/// Every `label='value'` of a query, with its sign: `=` or `=~`.
pub fn matchers(query: &str) -> Vec<(String, bool, String)> {
    let mut found = Vec::new();
    let mut rest = query;
    while let Some(at) = rest.find("='").into_iter().chain(rest.find("=~'")).min() {
        let before = &rest[..at];
        let label = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap();
        let is_pattern = rest[at..].starts_with("=~");
        let start = at + if is_pattern { 3 } else { 2 };
        let end = start + rest[start..].find('\'').unwrap();
        found.push((label.to_owned(), is_pattern, rest[start..end].replace('\\', "")));
        rest = &rest[end + 1..];
    }
    found
}
