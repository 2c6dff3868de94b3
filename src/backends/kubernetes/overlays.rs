//! What an environment decides of a service.

use super::deployments::DeploymentView;
use super::kustomization::Kustomization;
use super::parts::{Entry, authority_secret, comment, labels};
use super::{Context, Folder, JobFiles, headless};
use crate::backends::GeneratedFile;
use crate::infrastructure::{Image, Service, Workload, WorkloadKind};
use crate::names::variable;
use crate::semantic::model::{Environment, Scale, SecretsFrom};
use crate::templates::{Quoted, TemplateError, Yaml};
use foldhash::{HashSet, HashSetExt};
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct ConfigMapView {
    introduction: Quoted,
    name: Yaml,
    has_entries: bool,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct PatchView {
    introduction: Quoted,
    changes: Vec<super::deployments::Change>,
}

#[derive(Serialize)]
struct AutoscalersView {
    introduction: Quoted,
    scalers: Vec<ScalerView>,
}

#[derive(Serialize)]
struct ScalerView {
    name: Yaml,
    by_lag: bool,
    min: u32,
    max: u32,
    cpu_percent: u32,
    triggers: Vec<TriggerView>,
    ca_secret: Yaml,
    user_secret: Yaml,
}

#[derive(Serialize)]
struct TriggerView {
    brokers: Yaml,
    group: Yaml,
    topic: Yaml,
    lag: Yaml,
}

impl Context<'_> {
    /// The Deployment of a workload in an environment; `None` where its service is not run.
    pub(super) fn deployment_in(
        &self,
        environment: Environment<'_>,
        service: &Service,
        workload: &Workload,
        files: &JobFiles<'_>,
    ) -> Option<DeploymentView> {
        let deploy = environment.deploy(service.id)?;
        let digest =
            blake3::hash(Yaml::Map(self.settings(environment, service)).to_string().as_bytes()).to_hex();
        let newest = files.migrations.last().and_then(|file| version(file));
        Some(self.deployment(environment, service, workload, deploy, &digest[..16], newest))
    }

    /// The overlay of a service for an environment.
    pub(super) fn overlay(
        &self,
        environment: Environment<'_>,
        service: &Service,
        files: &JobFiles<'_>,
    ) -> Result<Vec<GeneratedFile>, TemplateError> {
        let name = environment.name();
        let path = format!("kubernetes/overlays/{name}/services/{}", service.name);
        let mut folder = Folder::new(path, service);
        if environment.deploy(service.id).is_some() {
            folder.add("configuration.yaml", self.configuration(environment, service)?);
        }
        if let Some(contents) = self.policies_outside(environment, service)? {
            folder.add("network.yaml", contents);
        }
        if let SecretsFrom::ExternalSecrets { store } = &self.register.platform.kubernetes.secrets
            && let Some(contents) = self.external_secrets(environment, service, store)?
        {
            folder.add("secrets.yaml", contents);
        }
        if let Some(contents) = self.kafka(environment, service)? {
            folder.add("kafka.yaml", contents);
        }
        let mut kustomization =
            Kustomization { namespace: Some(environment.namespace()), ..Kustomization::default() };
        kustomization.labels = Some(labels(self.platform, &service.name));
        self.scale(environment, service, &mut folder, &mut kustomization)?;
        if !environment.is_production() {
            self.patch(environment, service, files, &mut folder, &mut kustomization)?;
        }
        kustomization.images = self.images(environment, service);
        let base = format!("../../../../base/services/{}", service.name);
        let about = format!("The service {} in {name}.", service.name);
        folder.finish(self.templates, kustomization, vec![base], &about)
    }

    /// What programs of a service read from their ConfigMap: what the register says, and where others are found.
    fn settings(&self, environment: Environment<'_>, service: &Service) -> Vec<(String, Yaml)> {
        let (mut settings, mut taken) = (Vec::new(), HashSet::new());
        let mut set = |key: &str, value: String| {
            if taken.insert(key.to_owned()) {
                settings.push((key.to_owned(), Yaml::from(value)));
            }
        };
        for (key, value) in environment.deploy(service.id).into_iter().flat_map(|deploy| &deploy.env) {
            set(key.as_str(), value.value.clone());
        }
        let mut called = BTreeMap::new();
        for id in service.workloads.iter().flat_map(|workload| &workload.reach.services) {
            let callee = self.infrastructure.service(*id);
            if let Some(port) = callee.port {
                called.insert(callee.name.as_str(), port);
            }
        }
        for (callee, port) in called {
            set(&variable::address_of(callee), format!("{}:{port}", headless(callee)));
        }
        if service.workloads.iter().any(|workload| workload.uses_brokers) {
            let brokers: Vec<String> =
                environment.bootstrap_servers().iter().map(ToString::to_string).collect();
            set(variable::KAFKA_BOOTSTRAP_SERVERS, brokers.join(","));
            set(variable::KAFKA_CA_FILE, "/etc/kafka/ca/ca.crt".to_owned());
            set(variable::KAFKA_CERTIFICATE_FILE, "/etc/kafka/user/user.crt".to_owned());
            set(variable::KAFKA_KEY_FILE, "/etc/kafka/user/user.key".to_owned());
        }
        settings
    }

    fn configuration(
        &self,
        environment: Environment<'_>,
        service: &Service,
    ) -> Result<String, TemplateError> {
        let settings = self.settings(environment, service);
        let entries = settings.into_iter().map(|(key, value)| Entry { key: key.into(), value });
        let entries: Vec<Entry> = entries.collect();
        let view = ConfigMapView {
            introduction: comment(&format!(
                "What the programs of the service {} find in their environment in {}.",
                service.name,
                environment.name()
            )),
            name: service.name.as_str().into(),
            has_entries: !entries.is_empty(),
            entries,
        };
        self.templates.render("kubernetes/config-map.yaml", &view)
    }

    /// How many replicas run: an autoscaler where the number may change, else the number itself.
    fn scale(
        &self,
        environment: Environment<'_>,
        service: &Service,
        folder: &mut Folder,
        kustomization: &mut Kustomization,
    ) -> Result<(), TemplateError> {
        let Some(deploy) = environment.deploy(service.id) else { return Ok(()) };
        let mut scalers = Vec::new();
        for workload in service.workloads.iter().filter(|workload| workload.kind.is_running()) {
            // One relay publishes in order; the next one takes over when it is gone.
            let (min, max) = match workload.kind {
                WorkloadKind::Relay => (1, 1),
                _ => (deploy.scale.min, deploy.scale.max),
            };
            if max > min {
                scalers.push(self.scaler(environment, workload, &deploy.scale));
            } else {
                let count = Yaml::map([("name", workload.name.as_str().into()), ("count", min.into())]);
                kustomization.replicas.push(count);
            }
        }
        if !scalers.is_empty() {
            let view = AutoscalersView {
                introduction: comment(&format!("How many replicas of the service {} run.", service.name)),
                scalers,
            };
            folder.add("autoscalers.yaml", self.templates.render("kubernetes/autoscalers.yaml", &view)?);
        }
        Ok(())
    }

    fn scaler(&self, environment: Environment<'_>, workload: &Workload, scale: &Scale) -> ScalerView {
        let brokers: Vec<String> = environment.bootstrap_servers().iter().map(ToString::to_string).collect();
        let mut triggers = Vec::new();
        if let (true, WorkloadKind::Consumer { group, topics }) =
            (self.register.platform.kubernetes.keda, &workload.kind)
        {
            triggers.extend(topics.iter().map(|topic| TriggerView {
                brokers: brokers.join(",").into(),
                group: group.as_str().into(),
                topic: topic.as_str().into(),
                lag: scale.lag.to_string().into(),
            }));
        }
        ScalerView {
            name: workload.name.as_str().into(),
            by_lag: !triggers.is_empty(),
            min: scale.min,
            max: scale.max,
            cpu_percent: scale.cpu_percent,
            triggers,
            ca_secret: authority_secret(environment).into(),
            user_secret: workload.name.as_str().into(),
        }
    }

    /// What is different of Deployments.
    fn patch(
        &self,
        environment: Environment<'_>,
        service: &Service,
        files: &JobFiles<'_>,
        folder: &mut Folder,
        kustomization: &mut Kustomization,
    ) -> Result<(), TemplateError> {
        for workload in service.workloads.iter().filter(|workload| workload.kind.is_running()) {
            let here = self.deployment_in(self.register.production(), service, workload, files);
            let there = self.deployment_in(environment, service, workload, files);
            let (Some(here), Some(there)) = (here, there) else { continue };
            let changes = here.changes(&there);
            if changes.is_empty() {
                continue;
            }
            let introduction =
                comment(&format!("What is different of {} in {}.", workload.name, environment.name()));
            let view = PatchView { introduction, changes };
            let path = format!("{}.patch.yaml", super::file_stem(service, workload));
            folder.add(&path, self.templates.render("kubernetes/patch.yaml", &view)?);
            let target = Yaml::map([("kind", "Deployment".into()), ("name", workload.name.as_str().into())]);
            kustomization.patches.push(Yaml::map([("path", path.into()), ("target", target)]));
        }
        Ok(())
    }

    /// Which versions of images run. Where the register does not say, whoever rolls out does.
    fn images(&self, environment: Environment<'_>, service: &Service) -> Vec<Yaml> {
        let mut images: BTreeMap<String, Image> = BTreeMap::new();
        for workload in &service.workloads {
            if workload.kind.is_running() {
                let deploy = environment.deploy(service.id);
                images.insert(self.image(service, workload), self.image_in(deploy, service, workload));
            }
            if !workload.databases.is_empty() {
                images.insert(self.psql_image.name.clone(), self.psql_image.clone());
            }
        }
        images.into_iter().filter_map(|(name, image)| version_of_image(&name, &image)).collect()
    }
}

/// What kustomize puts for an image of a name; nothing where there is nothing to say.
pub(super) fn version_of_image(name: &str, image: &Image) -> Option<Yaml> {
    let mut entries = vec![("name".to_owned(), Yaml::from(name))];
    let mut set = |key: &str, value: &str| entries.push((key.to_owned(), value.into()));
    if image.name != name {
        set("newName", &image.name);
    }
    match (&image.digest, &image.tag) {
        (Some(digest), _) => set("digest", digest),
        (None, Some(tag)) => set("newTag", tag),
        (None, None) => {}
    }
    (entries.len() > 1).then_some(Yaml::Map(entries))
}

/// The version of a migration, without leading zeros: `7` of `sql/user/0007_add_index.up.sql`.
fn version(file: &GeneratedFile) -> Option<&str> {
    let name = file.path.rsplit('/').next()?;
    let digits = name.split('_').next()?.trim_start_matches('0');
    (!digits.is_empty()).then_some(digits)
}
