//! What runs all the time: a service, its consumers, its relay.

use super::Context;
use super::parts::{
    CA_FILE, POOLER_CA_FILE, Volume, authority_secret, command, component, resources, secret_variable,
    variable, verified, workload_labels, workload_selector,
};
use crate::infrastructure::{
    DatabaseAccess, Image, RoleKind, Route, SecretKey, Service, Workload, WorkloadKind, port,
};
use crate::names::variable::{KAFKA_GROUP, PGAPPNAME};
use crate::semantic::model::{Deploy, Environment};
use crate::templates::{Quoted, Yaml};
use serde::Serialize;

/// For how long pods of a service may answer what they were asked, in seconds, beside its longest RPC.
const LEAST_GRACE_SECONDS: u32 = 30;
/// For how long a pod goes on as before while its callers learn that it goes, in seconds.
const PRE_STOP_SECONDS: u32 = 10;
/// For how long a pod waits for its migration before it is started again, in seconds.
const MIGRATION_SECONDS: &str = "900";

/// A Deployment with its disruption budget, as it is in one environment.
#[derive(Clone, Debug, Serialize)]
pub struct DeploymentView {
    pub introduction: Quoted,
    pub name: Yaml,
    pub labels: Yaml,
    pub selector: Yaml,
    pub component: Yaml,
    pub configuration: Yaml,
    pub service_account: Yaml,
    pub grace_seconds: u32,
    pub image: Yaml,
    pub ports: Vec<Yaml>,
    pub config_map: Yaml,
    pub environment: Vec<Yaml>,
    pub resources: Yaml,
    pub startup_probe: Quoted,
    pub readiness_probe: Quoted,
    pub liveness_probe: Quoted,
    pub mounts: Vec<Yaml>,
    pub volumes: Vec<Yaml>,
    pub has_pre_stop: bool,
    pub pre_stop: Quoted,
    pub has_database: bool,
    pub psql_image: Yaml,
    pub wait_command: Yaml,
    pub wait_environment: Vec<Yaml>,
    pub wait_mounts: Vec<Yaml>,
}

/// A place in an object, and what stands there in an environment.
#[derive(Clone, Debug, Serialize)]
pub struct Change {
    pub path: Yaml,
    pub value: Yaml,
}

impl DeploymentView {
    /// What is different of it in an environment: places as JSON Patch has them (RFC 6902).
    pub fn changes(&self, there: &DeploymentView) -> Vec<Change> {
        let template = "/spec/template";
        let list = |items: &[Yaml]| Yaml::List(items.to_vec());
        let container = format!("{template}/spec/containers/0");
        let parts = [
            (
                format!("{template}/metadata/annotations/freehold~1configuration"),
                self.configuration.clone(),
                there.configuration.clone(),
            ),
            (format!("{container}/resources"), self.resources.clone(), there.resources.clone()),
            (format!("{container}/env"), list(&self.environment), list(&there.environment)),
            (
                format!("{template}/spec/initContainers/0/env"),
                list(&self.wait_environment),
                list(&there.wait_environment),
            ),
            // Another environment has other brokers, and so somebody else who signs for them.
            (format!("{template}/spec/volumes"), list(&self.volumes), list(&there.volumes)),
        ];
        let different = parts.into_iter().filter(|(_, here, there)| here != there);
        different.map(|(path, _, value)| Change { path: path.into(), value }).collect()
    }
}

impl Context<'_> {
    /// The Deployment of a workload as it is in an environment. `configuration` is a digest of what it reads from its ConfigMap,
    /// `version` that of the newest migration.
    pub fn deployment(
        &self,
        environment: Environment<'_>,
        service: &Service,
        workload: &Workload,
        deploy: &Deploy,
        configuration: &str,
        version: Option<&str>,
    ) -> DeploymentView {
        let part = component(&workload.kind);
        let selector = workload_selector(&service.name, &workload.name);
        let volumes = self.volumes(environment, workload);
        let mounts = |is_needed: fn(&Needed) -> bool| -> Vec<Yaml> {
            volumes.iter().filter(|(needed, _)| is_needed(needed)).map(|(_, it)| it.mount.clone()).collect()
        };
        let is_service = workload.kind == WorkloadKind::Service;
        let http = |path: &str| {
            let get = Yaml::map([("path", path.into()), ("port", "metrics".into())]);
            Quoted::already(format!("httpGet: {get}"))
        };
        let probe = |path: &str| match is_service {
            true => Quoted::already(format!("grpc: {}", Yaml::map([("port", deploy.port.into())]))),
            false => http(path),
        };
        let own = service.database.as_ref();
        DeploymentView {
            introduction: super::parts::comment(&self.about(service, workload)),
            name: workload.name.as_str().into(),
            labels: workload_labels(&service.name, &workload.name, part),
            selector,
            component: part.into(),
            configuration: configuration.into(),
            service_account: service.name.as_str().into(),
            grace_seconds: self.grace_seconds(),
            image: self.image(service, workload).into(),
            ports: ports(deploy, is_service),
            config_map: service.name.as_str().into(),
            environment: self.environment(service, workload, deploy),
            resources: match workload.kind {
                // A relay reads rows and sends them; it needs what a small program needs, whatever the service does.
                WorkloadKind::Relay => resources(100, 128, 500, 256),
                _ => resources(
                    deploy.cpu_millis,
                    deploy.memory_mib,
                    deploy.cpu_limit_millis,
                    deploy.memory_limit_mib,
                ),
            },
            startup_probe: probe("/health/live"),
            readiness_probe: probe("/health/ready"),
            liveness_probe: probe("/health/live"),
            mounts: mounts(|needed| needed.by_program),
            wait_mounts: mounts(|needed| needed.by_wait),
            volumes: volumes.iter().map(|(_, it)| it.volume.clone()).collect(),
            // Nobody calls the others: they end at once, and what they did not finish is done by another.
            has_pre_stop: is_service,
            pre_stop: Quoted::already(self.pre_stop()),
            has_database: own.is_some() && version.is_some(),
            psql_image: self.psql_image.name.as_str().into(),
            wait_command: command(&[
                "sh",
                "/scripts/migrate.sh",
                "wait",
                version.unwrap_or_default(),
                MIGRATION_SECONDS,
            ]),
            wait_environment: own.map_or_else(Vec::new, |database| {
                let access = DatabaseAccess {
                    service: database.service,
                    role: RoleKind::Readonly,
                    route: Route::Pooled,
                    variable: String::new(),
                };
                self.psql_environment(environment, &access, "wait-for-migration")
            }),
        }
    }

    fn about(&self, service: &Service, workload: &Workload) -> String {
        match &workload.kind {
            WorkloadKind::Consumer { group, .. } => {
                format!("What consumes events for the service {} as the group {group}.", service.name)
            }
            WorkloadKind::Relay => format!("What publishes the events of the service {}.", service.name),
            _ => format!("The service {}.", service.name),
        }
    }

    /// Time for the pod's last answers: after those in which callers learn of its end, the longest RPC.
    fn grace_seconds(&self) -> u32 {
        let longest = self.register.platform.rpc.max_timeout_ms.div_ceil(1000);
        longest.saturating_add(PRE_STOP_SECONDS + 5).max(LEAST_GRACE_SECONDS)
    }

    /// The image of a workload, without a version: kustomize adds that.
    pub fn image(&self, service: &Service, workload: &Workload) -> String {
        let production = self.register.production().deploy(service.id);
        self.image_in(production, service, workload).name
    }

    /// The image of a workload by what says how its service is run. Where that is silent, it is called like the service, and
    /// whoever rolls it out names the image.
    pub fn image_in(&self, deploy: Option<&Deploy>, service: &Service, workload: &Workload) -> Image {
        let named = deploy.and_then(|deploy| deploy.image.as_ref());
        let image = Image::parse(named.map_or(service.name.as_str(), |image| image.as_str()));
        workload.kind.image_part().map_or(image.clone(), |part| image.of_part(part))
    }

    /// The variables that are not in the ConfigMap: those from secrets, and those of this workload alone.
    fn environment(&self, service: &Service, workload: &Workload, deploy: &Deploy) -> Vec<Yaml> {
        let mut variables = vec![variable(PGAPPNAME, &workload.name)];
        if let WorkloadKind::Consumer { group, .. } = &workload.kind {
            variables.push(variable(KAFKA_GROUP, group));
        }
        for access in &workload.databases {
            let key = url_key(access);
            variables.push(secret_variable(&access.variable, &self.secret_of(access), key.name()));
        }
        if workload.kind != WorkloadKind::Relay {
            let secret = crate::infrastructure::service_secret(&service.name);
            variables.extend(
                deploy.secrets.iter().map(|name| secret_variable(name.as_str(), &secret, name.as_str())),
            );
        }
        variables
    }

    /// What psql needs to connect, from the parts of a secret.
    pub fn psql_environment(
        &self,
        environment: Environment<'_>,
        access: &DatabaseAccess,
        program: &str,
    ) -> Vec<Yaml> {
        let secret = self.secret_of(access);
        let from = |name: &str, key: SecretKey| secret_variable(name, &secret, key.name());
        let mut variables = vec![
            from("PGUSER", SecretKey::Username),
            from("PGPASSWORD", SecretKey::Password),
            from("PGDATABASE", SecretKey::Database),
            variable(PGAPPNAME, program),
        ];
        match self.pooler(environment, access) {
            Some(pooler) => {
                variables.extend([variable("PGHOST", &pooler), variable("PGPORT", &port::POOLER.to_string())])
            }
            None => variables.extend([from("PGHOST", SecretKey::Host), from("PGPORT", SecretKey::Port)]),
        }
        let is_pooled = self.pooler(environment, access).is_some();
        variables.extend(verified(if is_pooled { POOLER_CA_FILE } else { CA_FILE }));
        variables
    }

    /// Callers learn that a pod goes before its program does. What Kubernetes 1.30 does itself, a program of the image does
    /// before that; where there is none, the pod ends at once.
    fn pre_stop(&self) -> String {
        match self.oldest_minor() {
            ..30 => format!("exec: {{command: [sleep, \"{PRE_STOP_SECONDS}\"]}}"),
            _ => format!("sleep: {{seconds: {PRE_STOP_SECONDS}}}"),
        }
    }

    /// The oldest minor version of Kubernetes that it has to run on.
    pub(super) fn oldest_minor(&self) -> u32 {
        self.register.platform.kubernetes.oldest_minor.unwrap_or(30)
    }

    /// Volumes, with what needs them.
    fn volumes(&self, environment: Environment<'_>, workload: &Workload) -> Vec<(Needed, Volume)> {
        let (program, wait) = ((true, false), (false, true));
        let both = (true, true);
        let mut volumes = vec![(both, Volume::temporary("64Mi"))];
        // How the container that waits connects: as the program does, where that goes through a pooler.
        let is_pooled = |access: &DatabaseAccess| self.pooler(environment, access).is_some();
        let has_pooled = workload.databases.iter().any(is_pooled);
        let has_direct = workload.databases.iter().any(|access| !is_pooled(access));
        if has_pooled {
            volumes.push((both, Volume::pooler_certificates()));
        }
        if has_direct {
            volumes.push((if has_pooled { program } else { both }, Volume::certificates()));
        }
        if has_pooled || has_direct {
            volumes.push((wait, Volume::scripts(&self.scripts)));
        }
        if workload.uses_brokers {
            volumes.push((program, Volume::secret("kafka-user", "/etc/kafka/user", &workload.name)));
            let authority = authority_secret(environment);
            volumes.push((program, Volume::secret("kafka-ca", "/etc/kafka/ca", &authority)));
        }
        let needed = |(by_program, by_wait): (bool, bool)| Needed { by_program, by_wait };
        volumes.into_iter().map(|(by, volume)| (needed(by), volume)).collect()
    }
}

/// Which container of a pod needs a volume.
#[derive(Clone, Copy, Debug)]
struct Needed {
    /// The program.
    by_program: bool,
    /// The one before it, which waits for the migration.
    by_wait: bool,
}

/// The key with the URL by which a role connects.
fn url_key(access: &DatabaseAccess) -> SecretKey {
    match (access.role, access.route) {
        (RoleKind::Application, Route::Direct) => SecretKey::DirectUrl,
        _ => SecretKey::Url,
    }
}

fn ports(deploy: &Deploy, is_service: bool) -> Vec<Yaml> {
    let named = |name: &str, number: u16| {
        Yaml::map([("name", name.into()), ("containerPort", number.into()), ("protocol", "TCP".into())])
    };
    let metrics = named("metrics", port::METRICS);
    match is_service {
        true => vec![named("grpc", deploy.port), metrics],
        false => vec![metrics],
    }
}
