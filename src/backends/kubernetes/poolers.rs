//! PgBouncer before a server, where an environment keeps connections open for it.

use super::overlays::version_of_image;
use super::parts::{POOLER, Volume, command, comment, pooler_selector, workload_labels};
use super::{Context, REGISTER};
use crate::backends::GeneratedFile;
use crate::backends::sql_text::one_line_feed_at_the_end;
use crate::infrastructure::{
    Database, Image, PoolerShares, RoleKind, Route, Server, Service, Workload, object_name, port,
};
use crate::semantic::model::Environment;
use crate::templates::{Quoted, TemplateError, Yaml};
use serde::Serialize;
use std::collections::BTreeSet;

/// The roles that connect through a pooler.
const POOLED: [RoleKind; 2] = [RoleKind::Application, RoleKind::Readonly];

#[derive(Serialize)]
struct PoolerView {
    introduction: Quoted,
    name: Yaml,
    labels: Yaml,
    selector: Yaml,
    configuration: Yaml,
    readers: Vec<Quoted>,
    port: u16,
    replicas: u32,
    psql_image: Yaml,
    image: Yaml,
    secrets_command: Yaml,
    secret_mounts: Vec<Yaml>,
    volumes: Vec<Yaml>,
    tls_secret: Yaml,
    /// Whether cert-manager makes its certificate.
    has_issuer: bool,
    issuer: Yaml,
    host_names: Yaml,
}

/// The Secret with the certificate of a pooler.
fn tls_secret(pooler: &str) -> String {
    object_name(pooler, "tls")
}

impl Context<'_> {
    /// The objects of the pooler before a server in an environment; none where there is none, or nothing to connect to.
    pub(super) fn pooler_files(
        &self,
        environment: Environment<'_>,
        server: &Server,
    ) -> Result<Vec<GeneratedFile>, TemplateError> {
        let (Some(name), Some(connections)) =
            (self.pooler_before(environment, server.id), environment.server(server.id).pooler_connections)
        else {
            return Ok(Vec::new());
        };
        // A database that nothing runs on is not reached through it, and its roles have no secrets here.
        let clients = self.clients(server);
        let mut databases: Vec<&Database> =
            clients.iter().filter_map(|(service, _)| service.database.as_ref()).collect();
        databases.dedup_by_key(|database| database.service);
        if databases.is_empty() {
            return Ok(Vec::new());
        }
        let mut view = self.pooler_view(environment, server, &name, connections, &databases);
        // A digest of everything but itself: pods read their configuration only once.
        let text = self.templates.render("kubernetes/pooler.yaml", &view)?;
        view.configuration = blake3::hash(text.as_bytes()).to_hex()[..16].into();
        let folder = format!("kubernetes/overlays/{}/poolers/{}", environment.name(), server.name);
        let file = |file: &str, contents: String| GeneratedFile {
            path: format!("{folder}/{file}"),
            node: format!("server {}", server.name),
            contents: one_line_feed_at_the_end(contents),
        };
        let policy = self.pooler_policy(environment, server, &name, &clients)?;
        let images = [&self.psql_image, &self.pooler_image];
        let kustomization = super::Kustomization {
            namespace: Some(environment.namespace()),
            labels: Some(super::parts::labels(self.platform, POOLER)),
            resources: vec!["pooler.yaml".to_owned(), "network.yaml".to_owned()],
            images: images.iter().filter_map(|image| version_of_image(&image.name, image)).collect(),
            ..super::Kustomization::default()
        };
        let about = format!("The pooler before the server {} in {}.", server.name, environment.name());
        Ok(vec![
            file("pooler.yaml", self.templates.render("kubernetes/pooler.yaml", &view)?),
            file("network.yaml", policy),
            kustomization.render(self.templates, &folder, &format!("server {}", server.name), &about)?,
        ])
    }

    fn pooler_view(
        &self,
        environment: Environment<'_>,
        server: &Server,
        name: &str,
        connections: u32,
        databases: &[&Database],
    ) -> PoolerView {
        let services = databases.iter().map(|database| database.service);
        let PoolerShares { replicas, connections: each, .. } =
            PoolerShares::of(environment, connections, services);
        let mut words =
            ["sh", "/scripts/pooler.sh", "/secrets", "/run/pgbouncer"].map(str::to_owned).to_vec();
        let mut secrets = Vec::new();
        let mut readers = Vec::new();
        for database in databases {
            let roles: Vec<_> = POOLED.iter().filter_map(|kind| database.role(*kind)).collect();
            let names: Vec<&str> = roles.iter().map(|role| role.secret.as_str()).collect();
            words.push(format!("{}={each}={}", database.name, names.join(",")));
            secrets.extend(
                names.into_iter().map(|name| Volume::secret(name, &format!("/secrets/{name}"), name)),
            );
            // Names of roles that PgBouncer's configuration could not hold are no names of databases either.
            readers.extend(
                roles
                    .iter()
                    .filter(|role| role.kind == RoleKind::Readonly)
                    .map(|role| Quoted::already(crate::text::one_line(&role.name).into_owned())),
            );
        }
        let run = Yaml::map([("medium", "Memory".into()), ("sizeLimit", "1Mi".into())]);
        let run = Yaml::map([("name", "run".into()), ("emptyDir", run)]);
        let tls = tls_secret(name);
        let mut volumes = vec![
            Volume::temporary("16Mi").volume,
            run,
            Volume::secret("tls", "", &tls).volume,
            Volume::certificates().volume,
            Volume::scripts(&self.scripts).volume,
            Volume::config_map("configuration", "", name).volume,
        ];
        volumes.extend(secrets.iter().map(|it| it.volume.clone()));
        let issuer = self.register.platform.kubernetes.pooler_issuer.as_ref();
        let namespace = environment.namespace();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        PoolerView {
            introduction: comment(&format!(
                "PgBouncer before the server {}: {replicas} replicas with {each} connections to each of {} databases.",
                server.name,
                databases.len()
            )),
            name: name.into(),
            labels: workload_labels(POOLER, name, "pooler"),
            selector: pooler_selector(name),
            configuration: Yaml::from(""),
            readers,
            port: port::POOLER,
            replicas,
            psql_image: self.psql_image.name.as_str().into(),
            image: self.pooler_image.name.as_str().into(),
            secrets_command: command(&words),
            secret_mounts: secrets.into_iter().map(|it| it.mount).collect(),
            volumes,
            tls_secret: tls.into(),
            has_issuer: issuer.is_some(),
            issuer: issuer.map_or("", |issuer| issuer.as_str()).into(),
            // Programs know it by the first.
            host_names: Yaml::list([
                name.to_owned(),
                format!("{name}.{namespace}"),
                format!("{name}.{namespace}.svc"),
            ]),
        }
    }

    /// What connects through the pooler of a server, by the names of services.
    fn clients(&self, server: &Server) -> Vec<(&Service, &Workload)> {
        let mut services: Vec<&Service> =
            server.services.iter().map(|id| self.infrastructure.service(*id)).collect();
        services.sort_by_key(|service| service.name.as_str());
        let workloads =
            services.into_iter().flat_map(|service| service.workloads.iter().map(move |it| (service, it)));
        let is_pooled = |workload: &Workload| workload.databases.iter().any(|it| it.route == Route::Pooled);
        workloads.filter(|(_, workload)| is_pooled(workload)).collect()
    }
}

/// The image of PgBouncer, where the register names none.
const DEFAULT_IMAGE: &str = "docker.io/edoburu/pgbouncer:v1.25.2-p0";

/// The image of PgBouncer.
pub(super) fn image(register: &crate::semantic::Register) -> Image {
    let named = register.platform.kubernetes.pooler_image.as_ref();
    Image::parse(named.map_or(DEFAULT_IMAGE, |image| image.as_str()))
}

#[derive(Serialize)]
struct NamespaceView {
    introduction: Quoted,
    name: Yaml,
    platform: Yaml,
}

impl Context<'_> {
    /// What an environment has beside its services: its namespace, its poolers, and all of it at once.
    pub(super) fn environment_files(
        &self,
        environment: Environment<'_>,
    ) -> Result<Vec<GeneratedFile>, TemplateError> {
        let name = environment.name();
        let folder = format!("kubernetes/overlays/{name}");
        let namespace = NamespaceView {
            introduction: comment(&format!("Where {name} runs.")),
            name: environment.namespace().into(),
            platform: self.platform.into(),
        };
        let contents = self.templates.render("kubernetes/namespace.yaml", &namespace)?;
        let mut files = vec![GeneratedFile {
            path: format!("{folder}/namespace.yaml"),
            node: REGISTER.to_owned(),
            contents: one_line_feed_at_the_end(contents),
        }];
        let mut folders = BTreeSet::new();
        let mut resources = vec!["namespace.yaml".to_owned(), "../../base/shared".to_owned()];
        if self.has_reconciliation() {
            resources.push("../../../reconciliation".to_owned());
        }
        for server in &self.infrastructure.servers {
            let made = self.pooler_files(environment, server)?;
            if !made.is_empty() {
                folders.insert(format!("poolers/{}", server.name));
            }
            files.extend(made);
        }
        let services = self.infrastructure.services.iter().filter(|service| self.has_objects(service));
        folders.extend(services.map(|service| format!("services/{}", service.name)));
        resources.extend(folders);
        let kustomization = super::Kustomization {
            namespace: Some(environment.namespace()),
            resources,
            ..super::Kustomization::default()
        };
        let about = format!("All of {name}.");
        files.push(kustomization.render(self.templates, &folder, REGISTER, &about)?);
        Ok(files)
    }

    fn has_reconciliation(&self) -> bool {
        let mut workloads = self.infrastructure.services.iter().flat_map(|service| &service.workloads);
        workloads.any(|workload| workload.kind == crate::infrastructure::WorkloadKind::Reconciliation)
    }
}
