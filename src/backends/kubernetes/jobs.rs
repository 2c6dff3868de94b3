//! Jobs: the migration, the upkeep of partitions, and the reconciliation.

use super::Context;
use super::parts::{
    CA_FILE, Volume, command, comment, component, resources, secret_variable, variable, verified,
    workload_labels,
};
use crate::backends::GeneratedFile;
use crate::infrastructure::{SecretKey, Service, Workload};
use crate::names::variable::PGAPPNAME;
use crate::sql::QualifiedName;
use crate::templates::{Quoted, TemplateError, Yaml};
use serde::Serialize;

/// The beginning of the day, in UTC, at which partitions are made: before backups and maintenance by default.
const PARTITIONS_HOUR: u32 = 2;
/// When databases are compared.
const RECONCILIATION_HOUR: u32 = 1;
/// Bytes of a digest in a name.
const DIGEST_LENGTH: usize = 8;

#[derive(Serialize)]
struct JobView {
    introduction: Quoted,
    name: Yaml,
    labels: Yaml,
    service_account: Yaml,
    psql_image: Yaml,
    command: Yaml,
    environment: Vec<Yaml>,
    mounts: Vec<Yaml>,
    volumes: Vec<Yaml>,
}

#[derive(Serialize)]
struct CronJobView {
    introduction: Quoted,
    name: Yaml,
    labels: Yaml,
    component: Yaml,
    schedule: Yaml,
    retries: u32,
    deadline_seconds: u32,
    service_account: Yaml,
    psql_image: Yaml,
    command: Yaml,
    environment: Vec<Yaml>,
    resources: Yaml,
    mounts: Vec<Yaml>,
    volumes: Vec<Yaml>,
}

impl Context<'_> {
    /// The Job that applies migrations, which lie in these ConfigMaps. `digest` is that of what they hold.
    pub fn migration(
        &self,
        service: &Service,
        workload: &Workload,
        config_maps: &[String],
        contents: &[&GeneratedFile],
    ) -> Result<String, TemplateError> {
        let volumes = [
            Volume::temporary("16Mi"),
            Volume::certificates(),
            Volume::scripts(&self.scripts),
            Volume::config_maps("migrations", "/migrations", config_maps),
        ];
        let mut view = JobView {
            introduction: comment(&format!("Migrates the database of the service {}.", service.name)),
            name: Yaml::from(""),
            labels: workload_labels(&service.name, &workload.name, component(&workload.kind)),
            service_account: service.name.as_str().into(),
            psql_image: self.psql_image.name.as_str().into(),
            command: command(&["sh", "/scripts/migrate.sh", "apply", "/migrations"]),
            environment: self.connections_of_psql(workload),
            mounts: volumes.iter().map(|it| it.mount.clone()).collect(),
            volumes: volumes.iter().map(|it| it.volume.clone()).collect(),
        };
        // Everything that cannot change in a Job is in its name: its text, what kustomize adds to that, and what its ConfigMaps
        // hold, whose names have a digest in turn.
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.templates.render("kubernetes/job.yaml", &view)?.as_bytes());
        hasher.update(super::full_name(&self.psql_image).as_bytes()).update(self.platform.as_bytes());
        super::add_files(&mut hasher, contents);
        let digest = hasher.finalize().to_hex();
        view.name = format!("{}-{}", workload.name, &digest[..DIGEST_LENGTH]).into();
        self.templates.render("kubernetes/job.yaml", &view)
    }

    /// The CronJob that makes and retires partitions.
    pub fn maintenance(&self, service: &Service, workload: &Workload) -> Result<String, TemplateError> {
        let functions = service.database.iter().flat_map(|database| &database.maintenance);
        let calls: Vec<String> = functions
            .map(|(schema, name)| format!("SELECT {}()", QualifiedName::new(schema, name)))
            .collect();
        let mut words = vec!["psql", "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1"];
        for call in &calls {
            words.extend(["-c", call]);
        }
        let volumes = [Volume::temporary("16Mi"), Volume::certificates()];
        let view = CronJobView {
            introduction: comment(&format!(
                "Makes the partitions that the service {} will need, and retires those past their time.",
                service.name
            )),
            schedule: daily(PARTITIONS_HOUR, &workload.name),
            retries: 5,
            deadline_seconds: 1800,
            command: command(&words),
            environment: self.connections_of_psql(workload),
            resources: resources(50, 64, 500, 256),
            ..self.cron_job(service, workload, &volumes)
        };
        self.templates.render("kubernetes/cron-job.yaml", &view)
    }

    /// The CronJob that compares a service with what it refers to and copies. Its queries lie in these ConfigMaps.
    pub fn reconciliation(
        &self,
        service: &Service,
        workload: &Workload,
        config_maps: &[String],
    ) -> Result<String, TemplateError> {
        let folder = format!("/reconciliation/{}", service.name);
        let shared = |file: &str| {
            let mut volume = Volume::config_map(
                "reconciliation",
                &format!("/reconciliation/{file}"),
                &self.reconciliation_scripts,
            );
            if let Yaml::Map(entries) = &mut volume.mount {
                entries.push(("subPath".to_owned(), file.into()));
            }
            volume
        };
        let (driver, session) = (shared("driver.sh"), shared("session.sql"));
        let mut volumes = vec![
            Volume::temporary("1Gi"),
            Volume::certificates(),
            Volume::config_maps("queries", &folder, config_maps),
        ];
        volumes.push(driver);
        let mut environment: Vec<Yaml> = workload
            .databases
            .iter()
            .map(|access| secret_variable(&access.variable, &self.secret_of(access), SecretKey::Url.name()))
            .collect();
        environment.extend(verified(CA_FILE));
        let mut view = CronJobView {
            introduction: comment(&format!(
                "Compares the service {} with what it refers to and copies.",
                service.name
            )),
            schedule: daily(RECONCILIATION_HOUR, &workload.name),
            // What differs differs the next time, too.
            retries: 0,
            deadline_seconds: 6 * 3600,
            command: command(&["bash", &format!("{folder}/reconcile.sh")]),
            environment,
            resources: resources(100, 128, 1000, 512),
            ..self.cron_job(service, workload, &volumes)
        };
        view.mounts.push(session.mount);
        self.templates.render("kubernetes/cron-job.yaml", &view)
    }

    /// What psql needs to connect to the databases of a job.
    fn connections_of_psql(&self, workload: &Workload) -> Vec<Yaml> {
        let production = self.register.production();
        let databases = workload.databases.iter();
        databases.flat_map(|access| self.psql_environment(production, access, &workload.name)).collect()
    }

    fn cron_job(&self, service: &Service, workload: &Workload, volumes: &[Volume]) -> CronJobView {
        let part = component(&workload.kind);
        CronJobView {
            introduction: Quoted::already(""),
            name: workload.name.as_str().into(),
            labels: workload_labels(&service.name, &workload.name, part),
            component: part.into(),
            schedule: Yaml::from(""),
            retries: 0,
            deadline_seconds: 0,
            service_account: service.name.as_str().into(),
            psql_image: self.psql_image.name.as_str().into(),
            command: Yaml::List(Vec::new()),
            environment: vec![variable(PGAPPNAME, &workload.name)],
            resources: Yaml::Map(Vec::new()),
            mounts: volumes.iter().map(|it| it.mount.clone()).collect(),
            volumes: volumes.iter().map(|it| it.volume.clone()).collect(),
        }
    }
}

/// Once a day, in a minute that the name decides, so that not all services ask their servers at once.
fn daily(hour: u32, name: &str) -> Yaml {
    let minute = blake3::hash(name.as_bytes()).as_bytes()[0] % 60;
    format!("{minute} {hour} * * *").into()
}
