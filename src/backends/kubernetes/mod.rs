//! Kubernetes: for each service a base that is as production is, and for each environment an overlay with what an environment
//! decides. The objects of a service are called after it; no name has a prefix, since every environment has a namespace of its own.

mod config_maps;
mod deployments;
mod inputs;
mod jobs;
mod kafka;
mod kustomization;
mod network;
mod overlays;
mod parts;
mod poolers;
mod readme;
mod secrets;

pub use config_maps::TooLarge;
pub use inputs::{InputError, Inputs, JobFiles};

use super::sql_text::one_line_feed_at_the_end;
use super::{GeneratedFile, REGISTER};
use crate::infrastructure::{
    Acl, DatabaseAccess, Image, Infrastructure, RoleKind, Route, Service, Topic, Workload, WorkloadKind,
    acls, object_name, platform, postgres_version, role_secret,
};
use crate::semantic::Register;
use crate::semantic::model::{Environment, ServerId, ServiceId};
use crate::templates::{Quoted, TemplateError, Templates, Yaml};
use kustomization::{ConfigMapView, Kustomization};
use parts::{comment, labels, workload_selector};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a digest in the name of a ConfigMap.
const DIGEST_LENGTH: usize = 8;
/// Scripts that all services share.
const SCRIPTS: [(&str, &str); 2] =
    [("migrate.sh", "kubernetes/migrate.sh"), ("pooler.sh", "kubernetes/pooler.sh")];

/// What all files of a register are made from.
pub struct Context<'a> {
    templates: &'a Templates,
    register: &'a Register,
    infrastructure: &'a Infrastructure,
    /// The platform's name, as labels have it.
    platform: &'a str,
    /// The ConfigMap with the scripts of this output.
    scripts: String,
    script_files: Vec<GeneratedFile>,
    /// The ConfigMap with what the scripts of reconciliation share.
    reconciliation_scripts: String,
    psql_image: Image,
    pooler_image: Image,
    /// Which workloads call a service.
    callers: BTreeMap<ServiceId, Vec<(&'a Service, &'a Workload)>>,
    /// As which roles something connects.
    roles: BTreeSet<(ServiceId, RoleKind)>,
    /// Topics by the services that they belong to.
    topics: BTreeMap<ServiceId, Vec<&'a Topic>>,
    /// What users of Kafka may do, by their names.
    acls: BTreeMap<String, Vec<Acl>>,
}

#[derive(Serialize)]
struct ServiceView {
    introduction: Quoted,
    name: Yaml,
    selector: Yaml,
    is_called: bool,
    port: u16,
    headless: Yaml,
}

impl<'a> Context<'a> {
    /// Prepares what all files share. `reconciliation_shared` are the files that the scripts of reconciliation share.
    ///
    /// # Errors
    /// A template that was overridden does not fit.
    pub fn new(
        templates: &'a Templates,
        register: &'a Register,
        infrastructure: &'a Infrastructure,
        reconciliation_shared: &[&GeneratedFile],
    ) -> Result<Context<'a>, TemplateError> {
        let mut script_files = Vec::new();
        for (name, template) in SCRIPTS {
            let contents = templates.render(template, &())?;
            let path = format!("kubernetes/base/shared/{name}");
            script_files.push(GeneratedFile {
                path,
                node: REGISTER.to_owned(),
                contents: one_line_feed_at_the_end(contents),
            });
        }
        let mut callers: BTreeMap<ServiceId, Vec<(&Service, &Workload)>> = BTreeMap::new();
        let mut roles = BTreeSet::new();
        for service in &infrastructure.services {
            for workload in &service.workloads {
                roles.extend(workload.databases.iter().map(|access| (access.service, access.role)));
                if workload.kind.is_running() {
                    // Its pods wait for migrations as the role that reads.
                    roles.insert((service.id, RoleKind::Readonly));
                }
                for called in &workload.reach.services {
                    callers.entry(*called).or_default().push((service, workload));
                }
            }
        }
        let mut topics: BTreeMap<ServiceId, Vec<&Topic>> = BTreeMap::new();
        for topic in &infrastructure.topics {
            topics.entry(topic.service).or_default().push(topic);
        }
        let mut by_user: BTreeMap<String, Vec<Acl>> = BTreeMap::new();
        for acl in acls(infrastructure) {
            by_user.entry(acl.user.clone()).or_default().push(acl);
        }
        Ok(Context {
            templates,
            register,
            infrastructure,
            platform: platform(register),
            scripts: with_digest("scripts", &script_files.iter().collect::<Vec<_>>()),
            script_files,
            reconciliation_scripts: reconciliation_scripts(reconciliation_shared),
            psql_image: Image::parse(&psql_image(register)),
            pooler_image: poolers::image(register),
            callers,
            roles,
            topics,
            acls: by_user,
        })
    }

    /// The files of a service: its base, and its overlay for every environment.
    ///
    /// # Errors
    /// A template that was overridden does not fit.
    pub fn service(&self, id: ServiceId, files: &JobFiles<'_>) -> Result<Vec<GeneratedFile>, TemplateError> {
        let service = self.infrastructure.service(id);
        if !self.has_objects(service) {
            return Ok(Vec::new());
        }
        let mut folder = Folder::new(format!("kubernetes/base/services/{}", service.name), service);
        folder.add("service.yaml", self.service_objects(service)?);
        let production = self.register.production();
        for workload in &service.workloads {
            let contents = match &workload.kind {
                WorkloadKind::Migration => {
                    self.migration(service, workload, &files.migration_config_maps, &files.migrations)?
                }
                WorkloadKind::Maintenance => self.maintenance(service, workload)?,
                WorkloadKind::Reconciliation => {
                    self.reconciliation(service, workload, &files.query_config_maps)?
                }
                _ => {
                    let Some(view) = self.deployment_in(production, service, workload, files) else {
                        continue;
                    };
                    self.templates.render("kubernetes/deployment.yaml", &view)?
                }
            };
            folder.add(&format!("{}.yaml", file_stem(service, workload)), contents);
        }
        folder.add("network.yaml", self.policies(service)?);
        let mut resources = Vec::new();
        if !files.migration_config_maps.is_empty() {
            resources.push(format!("../../../../sql/{}", service.name));
        }
        if !files.query_config_maps.is_empty() {
            resources.push(format!("../../../../reconciliation/{}", service.name));
        }
        let kustomization = Kustomization {
            namespace: Some(production.namespace()),
            labels: Some(labels(self.platform, &service.name)),
            ..Kustomization::default()
        };
        let about = format!(
            "The service {} as it is in production; overlays say what differs elsewhere.",
            service.name
        );
        let mut made = folder.finish(self.templates, kustomization, resources, &about)?;
        for environment in self.register.environments() {
            made.extend(self.overlay(environment, service, files)?);
        }
        Ok(made)
    }

    /// What belongs to no service: scripts, poolers, namespaces, and how it is applied.
    ///
    /// # Errors
    /// A template that was overridden does not fit.
    pub fn shared(&self) -> Result<Vec<GeneratedFile>, TemplateError> {
        if !self.infrastructure.services.iter().any(|service| self.has_objects(service)) {
            return Ok(Vec::new());
        }
        let mut files = self.script_files.clone();
        let scripts = of_scripts(&self.scripts, SCRIPTS.map(|(name, _)| name));
        let kustomization = Kustomization {
            namespace: Some(self.register.production().namespace()),
            labels: Some(parts::platform_labels(self.platform)),
            config_maps: vec![scripts],
            ..Kustomization::default()
        };
        let about = "Scripts of all services. The digest in the name is that of what they hold.";
        files.push(kustomization.render(self.templates, "kubernetes/base/shared", REGISTER, about)?);
        for environment in self.register.environments() {
            files.extend(self.environment_files(environment)?);
        }
        files.push(self.readme()?);
        Ok(files)
    }

    /// Whether there is anything of a service in a cluster.
    fn has_objects(&self, service: &Service) -> bool {
        !service.workloads.is_empty() || self.has_strimzi(service)
    }

    fn service_objects(&self, service: &Service) -> Result<String, TemplateError> {
        let view = ServiceView {
            introduction: comment(&format!(
                "Who the pods of the service {} are, and where they are found.",
                service.name
            )),
            name: service.name.as_str().into(),
            selector: workload_selector(&service.name, &service.name),
            is_called: service.port.is_some(),
            port: service.port.unwrap_or_default(),
            headless: headless(&service.name).into(),
        };
        self.templates.render("kubernetes/service.yaml", &view)
    }

    /// The Secret with what a connection needs.
    fn secret_of(&self, access: &DatabaseAccess) -> String {
        role_secret(&self.infrastructure.service(access.service).name, access.role)
    }

    /// The pooler that a connection goes through in an environment.
    fn pooler(&self, environment: Environment<'_>, access: &DatabaseAccess) -> Option<String> {
        if access.route == Route::Direct {
            return None;
        }
        self.pooler_before(environment, self.infrastructure.database(access.service)?.server)
    }

    /// The name of the pooler before a server, where there is one in an environment.
    fn pooler_before(&self, environment: Environment<'_>, server: ServerId) -> Option<String> {
        environment.server(server).pooler_connections?;
        Some(object_name(&self.infrastructure.servers[server.index()].identifier, "pooler"))
    }
}

/// What the file of a workload is called: as the workload is, without the service. So no service's name meets that of another
/// file.
fn file_stem<'a>(service: &Service, workload: &'a Workload) -> &'a str {
    let ending = workload.name.strip_prefix(&service.name).and_then(|rest| rest.strip_prefix('-'));
    ending.unwrap_or("server")
}

/// The Service by which clients find every pod of a service.
pub fn headless(service: &str) -> String {
    object_name(service, "headless")
}

/// The ConfigMap with what the scripts of reconciliation share. The digest in the name is that of what they hold.
fn reconciliation_scripts(shared: &[&GeneratedFile]) -> String {
    with_digest("reconciliation-scripts", shared)
}

/// A kustomization that makes it, beside the files.
fn reconciliation_kustomization(
    templates: &Templates,
    platform: &str,
    shared: &[&GeneratedFile],
) -> Result<GeneratedFile, TemplateError> {
    let names = shared.iter().map(|file| file.path.rsplit('/').next().unwrap_or_default());
    let view = of_scripts(&reconciliation_scripts(shared), names);
    let kustomization = Kustomization {
        labels: Some(parts::platform_labels(platform)),
        config_maps: vec![view],
        ..Kustomization::default()
    };
    let about = "What the scripts of all services share, for Jobs in Kubernetes.";
    kustomization.render(templates, "reconciliation", REGISTER, about)
}

/// A ConfigMap over scripts that many objects name. Its name has its digest already.
fn of_scripts<'a>(name: &str, files: impl IntoIterator<Item = &'a str>) -> ConfigMapView {
    ConfigMapView {
        name: name.into(),
        options: Yaml::map([("disableNameSuffixHash", Yaml::Flag(true)), ("immutable", Yaml::Flag(true))]),
        files: files.into_iter().map(Yaml::from).collect(),
    }
}

/// Adds files to a digest, each with its path.
fn add_files(hasher: &mut blake3::Hasher, files: &[&GeneratedFile]) {
    for file in files {
        hasher.update(file.path.as_bytes()).update(b"\0").update(file.contents.as_bytes()).update(b"\0");
    }
}

/// A name with a digest of what files hold.
fn with_digest(name: &str, files: &[&GeneratedFile]) -> String {
    let mut hasher = blake3::Hasher::new();
    add_files(&mut hasher, files);
    format!("{name}-{}", &hasher.finalize().to_hex()[..DIGEST_LENGTH])
}

/// All of the name of an image.
fn full_name(image: &Image) -> String {
    let part = |sign: &str, text: &Option<String>| {
        text.as_ref().map_or_else(String::new, |text| format!("{sign}{text}"))
    };
    format!("{}{}{}", image.name, part(":", &image.tag), part("@", &image.digest))
}

/// The image with psql: the one that the register names, else the official one of the platform's version.
fn psql_image(register: &Register) -> String {
    if let Some(image) = &register.platform.kubernetes.postgres_image {
        return image.value.clone();
    }
    let version = postgres_version(register);
    format!("docker.io/library/postgres:{}", version.split('.').next().unwrap_or(version))
}

/// The files of a folder in the making.
struct Folder {
    path: String,
    node: String,
    files: Vec<GeneratedFile>,
}

impl Folder {
    fn new(path: String, service: &Service) -> Folder {
        Folder { path, node: format!("service {}", service.name), files: Vec::new() }
    }

    fn add(&mut self, name: &str, contents: String) {
        self.files.push(GeneratedFile {
            path: format!("{}/{name}", self.path),
            node: self.node.clone(),
            contents: one_line_feed_at_the_end(contents),
        });
    }

    /// Adds a kustomization over other folders and all files of this one.
    fn finish(
        mut self,
        templates: &Templates,
        mut kustomization: Kustomization,
        others: Vec<String>,
        about: &str,
    ) -> Result<Vec<GeneratedFile>, TemplateError> {
        let own = self.files.iter().map(|file| file.path[self.path.len() + 1..].to_owned());
        let is_patch = |name: &String| name.ends_with(".patch.yaml");
        kustomization.resources = others.into_iter().chain(own.filter(|name| !is_patch(name))).collect();
        self.files.push(kustomization.render(templates, &self.path, &self.node, about)?);
        Ok(self.files)
    }
}
