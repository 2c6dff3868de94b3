//! One run: load, check, plan, render. The one entry for commands and tests; knows nothing of arguments.

use crate::backends::{
    Backend, GeneratedFile, bootstrap, consumers, docs, kafka, kubernetes, migrations, prometheus, protobuf,
    reconciliation, terraform,
};
use crate::diagnostic::{Finding, Severity};
use crate::infrastructure::{self, Infrastructure};
use crate::lock::{LockChange, Locks, Owner, ReadLocks, ServiceLock};
use crate::lowering;
use crate::plan::{self, PlanError, ProofError};
use crate::reconcile::{self, DatabaseReads};
use crate::rules;
use crate::schema::Schema;
use crate::semantic::model::ServiceId;
use crate::semantic::{self, ReadFailure, Register};
use crate::source::{FileSystem, Sources};
use crate::templates::{TemplateError, Templates};
use crate::wire::{self, Index, Uses};
use jiff::civil::Date;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A stage of a run, for those who measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Files are read, parsed and resolved.
    Load,
    /// Rules are run.
    Check,
    /// Services are lowered to the schemas of their databases.
    Lower,
    /// Schemas are turned into statements.
    Plan,
    /// Statements are executed symbolically, and must give the schemas.
    Prove,
    /// Templates are read, documents rendered.
    Render,
    /// Files are compared with the disk, and written.
    Write,
}

impl Stage {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Stage::Load => "load",
            Stage::Check => "check",
            Stage::Lower => "lower",
            Stage::Plan => "plan",
            Stage::Prove => "prove",
            Stage::Render => "render",
            Stage::Write => "write",
        }
    }
}

/// A register that was read and checked.
#[derive(Debug)]
pub struct Checked {
    /// Every file that was read.
    pub sources: Sources,
    /// The register. Only where there is no error does it hold everything that was written.
    pub register: Register,
    /// What is frozen: what the locks said, with the names that this register adds.
    pub locks: Locks,
    /// What was found, in order.
    pub findings: Vec<Finding>,
    /// A file of the register that could not be read, so that nothing can be said of the whole.
    pub failure: Option<ReadFailure>,
}

impl Checked {
    /// Whether a finding is an error.
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// Makes errors of all warnings.
    pub fn deny_warnings(&mut self) {
        for finding in &mut self.findings {
            finding.severity = Severity::Error;
        }
    }
}

/// Reads a register and runs the rules. `today` judges the last days of allowances; without it none is judged.
/// `ended` is told of every stage when it has ended.
pub fn check(
    files: &dyn FileSystem,
    model: &Path,
    today: Option<Date>,
    ended: &mut dyn FnMut(Stage),
) -> Checked {
    let mut loaded = semantic::load(files, model);
    let ReadLocks { mut locks, findings, failure } = Locks::read(files, &mut loaded.sources);
    if findings.is_empty() {
        loaded.findings.extend(locks.freeze(&loaded.register));
    }
    loaded.findings.extend(findings);
    ended(Stage::Load);
    let findings = rules::apply(&loaded.register, loaded.findings, today);
    ended(Stage::Check);
    let failure = loaded.failure.or(failure);
    Checked { sources: loaded.sources, register: loaded.register, locks, findings, failure }
}

/// Which part of the output is made: files of these services and of these backends; all where a list is empty.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Names of services.
    pub services: Vec<String>,
    /// Backends.
    pub backends: Vec<Backend>,
}

impl Selection {
    /// Whether the file at a path, made from a node, is of this part.
    pub fn includes(&self, path: &str, node: &str) -> bool {
        let folder = path.split('/').next().unwrap_or("");
        let of_backend = Backend::by_name(folder).is_some_and(|backend| self.includes_backend(backend));
        let of_service = match node.strip_prefix("service ") {
            Some(service) => self.includes_service(service),
            None => self.services.is_empty(),
        };
        of_backend && of_service
    }

    /// Whether a lock is of this part. That of a service is written as a whole or not at all.
    pub fn includes_lock(&self, owner: &Owner) -> bool {
        match owner {
            Owner::Platform => self.services.is_empty(),
            Owner::Service(name) => self.includes_service(name),
        }
    }

    fn includes_backend(&self, backend: Backend) -> bool {
        self.backends.is_empty() || self.backends.contains(&backend)
    }

    fn includes_service(&self, name: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|service| service == name)
    }

    /// The services of a register that are of this part, in its order.
    fn services(&self, register: &Register) -> Vec<ServiceId> {
        let services = register.services.iter();
        services.filter(|(_, service)| self.includes_service(&service.name.value)).map(|(id, _)| id).collect()
    }
}

/// Why there is no output although the register has no errors.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A template does not fit.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// There is no way to a service's schema.
    #[error("there is no migration for the service `{service}`: {error}")]
    Plan {
        /// The service.
        service: String,
        /// Why.
        error: Box<PlanError>,
    },
    /// Kubernetes cannot hold what its Jobs would read.
    #[error(transparent)]
    Inputs(#[from] kubernetes::InputError),
    /// The statements do not give the schema: the compiler is wrong, and nothing may be written.
    #[error("the migration of the service `{service}` is wrong, which is a fault of freehold: {error}")]
    Proof {
        /// The service.
        service: String,
        /// What the proof found.
        error: Box<ProofError>,
    },
}

/// What is made from a register.
#[derive(Debug)]
pub struct Generated {
    /// The files of the output.
    pub files: Vec<GeneratedFile>,
    /// Locks that change.
    pub locks: Vec<LockChange>,
}

/// Makes everything that is made from a register without errors. `ended` is told of every stage when it has ended.
///
/// # Errors
/// A template does not fit, or a migration cannot be planned or proved.
pub fn generate(
    register: &Register,
    locks: &Locks,
    templates: &Templates,
    selection: &Selection,
    ended: &mut dyn FnMut(Stage),
) -> Result<Generated, GenerateError> {
    let (mut files, mut numbered) = (Vec::new(), BTreeMap::new());
    let mut pages = Ok(Vec::new());
    // The pages are made by one core, so they are not left to the end, when the others have nothing to do.
    rayon::in_place_scope(|scope| {
        if selection.includes_backend(Backend::Docs) {
            scope.spawn(|_| pages = docs::render(register, locks, templates));
        }
        // Jobs in a cluster read what these make, and the names of Jobs depend on it.
        let has_jobs = selection.includes_backend(Backend::Kubernetes);
        // Also where its files are not wanted: a lock is written as a whole.
        let (modules, index) = proto(register, locks, templates, selection, &mut numbered)?;
        ended(Stage::Render);
        if selection.includes_backend(Backend::Sql) || has_jobs {
            let names = Names { register, locks, wire: &index };
            files.extend(sql(names, templates, selection, ended)?);
        }
        files.extend(modules);
        if selection.includes_backend(Backend::Consumers) {
            let context = consumers::Context { templates, register, locks, wire: &index };
            files.extend(programs(context, selection)?);
        }
        if selection.includes_backend(Backend::Reconciliation) || has_jobs {
            files.extend(reconciliation(register, templates, selection)?);
        }
        let is_run = RUNNING.iter().any(|backend| selection.includes_backend(*backend));
        let infrastructure = is_run.then(|| Infrastructure::of(register, locks));
        let in_cluster = infrastructure.as_ref().filter(|_| has_jobs);
        let in_cluster = cluster(register, in_cluster, templates, selection, &files)?;
        files.extend(in_cluster);
        if let Some(infrastructure) = &infrastructure {
            files.extend(around(register, infrastructure, templates, selection)?);
        }
        Ok::<(), GenerateError>(())
    })?;
    files.extend(pages?);
    files.retain(|file| selection.includes(&file.path, &file.node));
    let mut changes = locks.changes_with(&numbered);
    changes.retain(|change| selection.includes_lock(&change.owner));
    ended(Stage::Render);
    Ok(Generated { files, locks: changes })
}

/// Backends whose files are made from what runs.
const RUNNING: [Backend; 4] = [Backend::Kubernetes, Backend::Kafka, Backend::Prometheus, Backend::Terraform];

/// What is around a cluster: topics, alerts, servers.
fn around(
    register: &Register,
    infrastructure: &Infrastructure,
    templates: &Templates,
    selection: &Selection,
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let mut files = Vec::new();
    if selection.includes_backend(Backend::Kafka) {
        files.extend(kafka::render(register, infrastructure, templates)?);
    }
    if selection.includes_backend(Backend::Prometheus) {
        files.extend(prometheus::render(register, infrastructure, templates)?);
    }
    if selection.includes_backend(Backend::Terraform) {
        files.extend(terraform::render(register, infrastructure, templates)?);
    }
    Ok(files)
}

/// How many services are worked on at a time: enough for every core, few enough that not all schemas are in
/// memory at once.
const SERVICES_AT_A_TIME: usize = 32;

/// A register with the names that are known outside.
#[derive(Clone, Copy)]
struct Names<'a> {
    register: &'a Register,
    locks: &'a Locks,
    wire: &'a Index,
}

/// Migrations and what an administrator runs before them, of every selected service with a database.
fn sql(
    names: Names<'_>,
    templates: &Templates,
    selection: &Selection,
    ended: &mut dyn FnMut(Stage),
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let register = names.register;
    let mut services = selection.services(register);
    services.retain(|id| register.services[*id].database.is_some());
    let reads = reconcile::reads(register);
    let mut files = Vec::new();
    for some in services.chunks(SERVICES_AT_A_TIME) {
        files.extend(sql_of(some, names, &reads, templates, ended)?);
    }
    Ok(files)
}

/// The same of some services, with what comparisons read of their databases. One knows nothing of another here, so each stage works on all of them at once.
fn sql_of(
    services: &[ServiceId],
    Names { register, locks, wire }: Names<'_>,
    reads: &BTreeMap<ServiceId, DatabaseReads>,
    templates: &Templates,
    ended: &mut dyn FnMut(Stage),
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let name = |id: ServiceId| register.services[id].name.value.clone();
    let schemas: Vec<Schema> = services.par_iter().map(|id| lowering::lower(register, wire, *id)).collect();
    ended(Stage::Lower);
    let plans = in_order(services.par_iter().zip(&schemas).map(|(id, schema)| {
        plan::initial(schema)
            .map_err(|error| GenerateError::Plan { service: name(*id), error: Box::new(error) })
    }))?;
    ended(Stage::Plan);
    in_order(services.par_iter().zip(&schemas).zip(&plans).map(|((id, schema), plan)| {
        plan::prove(plan, schema)
            .map_err(|error| GenerateError::Proof { service: name(*id), error: Box::new(error) })
    }))?;
    ended(Stage::Prove);
    // Schemas and plans are many small parts: whoever is the last to use one takes it apart.
    let files = in_order(services.par_iter().zip(schemas).zip(plans).map(|((id, _schema), plan)| {
        let lock = locks.service(&name(*id));
        let mut files: Vec<GeneratedFile> =
            bootstrap::render(templates, register, lock, *id, reads.get(id))?.into_iter().collect();
        files.extend(migrations::render_initial(templates, register, lock, *id, &plan)?);
        Ok(files)
    }))?;
    ended(Stage::Render);
    Ok(files.into_iter().flatten().collect())
}

/// The module of Protobuf, of the selected services, and where what they declare stands in it: of all services where programs
/// are made, which use messages of others. The locks of the selected ones, with the numbers that it takes, go into `numbered`.
fn proto(
    register: &Register,
    locks: &Locks,
    templates: &Templates,
    selection: &Selection,
    numbered: &mut BTreeMap<Owner, ServiceLock>,
) -> Result<(Vec<GeneratedFile>, Index), GenerateError> {
    let is_wanted = selection.includes_backend(Backend::Proto);
    let uses = Uses::of(register);
    let services = match selection.includes_backend(Backend::Consumers) {
        true => register.services.iter().map(|(id, _)| id).collect(),
        false => selection.services(register),
    };
    let made = in_order(services.par_iter().map(|id| {
        let name = &register.services[*id].name.value;
        let mut lock = locks.service(name).clone();
        let wire = wire::lower(register, &uses, *id, &mut lock);
        let (mut files, mut shared) = (Vec::new(), BTreeSet::new());
        if is_wanted && selection.includes_service(name) {
            files = protobuf::render_service(templates, name, &wire.files)?;
            shared = protobuf::shared(&wire.files);
        }
        Ok((files, shared, wire.index, name, lock))
    }))?;
    let (mut files, mut shared, mut index) = (Vec::new(), BTreeSet::new(), Index::default());
    for (of_service, used, in_files, name, lock) in made {
        files.extend(of_service);
        shared.extend(used);
        index.extend(in_files);
        if selection.includes_service(name) {
            numbered.insert(Owner::Service(name.clone()), lock);
        }
    }
    if !files.is_empty() {
        files.extend(protobuf::render_shared(templates, &shared)?);
    }
    Ok((files, index))
}

/// Programs of every selected service, and what they share.
fn programs(
    context: consumers::Context<'_>,
    selection: &Selection,
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let services = selection.services(context.register);
    let of_services = in_order(services.par_iter().map(|id| Ok(consumers::render_service(context, *id)?)))?;
    let mut files: Vec<GeneratedFile> = of_services.into_iter().flatten().collect();
    files.extend(consumers::render_shared(context)?);
    Ok(files)
}

/// Queries and scripts of every selected service that has something to compare, and what they share.
fn reconciliation(
    register: &Register,
    templates: &Templates,
    selection: &Selection,
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let of_services = in_order(
        selection
            .services(register)
            .par_iter()
            .map(|id| Ok(reconciliation::render_service(templates, register, *id)?)),
    )?;
    let mut files: Vec<GeneratedFile> = of_services.into_iter().flatten().collect();
    files.extend(reconciliation::render_shared(templates, register)?);
    Ok(files)
}

/// What runs in a cluster, where that is wanted, and the ConfigMaps over files of other outputs that its Jobs read.
fn cluster(
    register: &Register,
    infrastructure: Option<&Infrastructure>,
    templates: &Templates,
    selection: &Selection,
    others: &[GeneratedFile],
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let inputs = kubernetes::Inputs::of(templates, infrastructure::platform(register), others)?;
    let mut files = inputs.kustomizations;
    if let Some(infrastructure) = infrastructure {
        let context = kubernetes::Context::new(templates, register, infrastructure, &inputs.shared)?;
        let nothing = kubernetes::JobFiles::default();
        let made = in_order(infrastructure.services.par_iter().map(|service| {
            if !selection.includes_service(&service.name) {
                return Ok(Vec::new());
            }
            Ok(context.service(service.id, inputs.services.get(&service.name).unwrap_or(&nothing))?)
        }))?;
        files.extend(made.into_iter().flatten());
        files.extend(context.shared()?);
    }
    Ok(files)
}

/// All results, or the first error in the order of the services, whichever thread was first.
fn in_order<T: Send>(
    results: impl IndexedParallelIterator<Item = Result<T, GenerateError>>,
) -> Result<Vec<T>, GenerateError> {
    let results: Vec<Result<T, GenerateError>> = results.collect();
    results.into_iter().collect()
}
