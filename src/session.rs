//! One run: load, check, plan, render. The one entry for commands and tests; knows nothing of arguments.

mod generate;
mod scaffold;

pub use generate::{Work, generate_in_parts};
pub use scaffold::consumer_scaffold;

use crate::backends::{Backend, GeneratedFile, kubernetes};
use crate::diagnostic::{Finding, Severity};
use crate::lock::{LockChange, Locks, Owner, ReadLocks};
use crate::plan::{PlanError, ProofError};
use crate::rules;
use crate::semantic::model::ServiceId;
use crate::semantic::{self, ReadFailure, Register};
use crate::source::{FileSystem, Sources};
use crate::templates::{TemplateError, Templates};
use jiff::civil::Date;
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
        let of_backend = Backend::of_path(path).is_some_and(|backend| self.includes_backend(backend));
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

/// Makes everything that is made from a register without errors, and keeps it, in the order of the backends. `ended` is told of every stage when it has
/// ended.
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
    let mut files = Vec::new();
    let work = Work { register, locks, templates, selection };
    let locks = generate_in_parts(work, &mut |some| files.extend(some), ended)?;
    files.sort_by_key(|file| Backend::of_path(&file.path));
    Ok(Generated { files, locks })
}
