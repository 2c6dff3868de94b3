//! One run: load, check, plan, render. The one entry for commands and tests; knows nothing of arguments.

use crate::backends::{Backend, GeneratedFile, docs};
use crate::diagnostic::{Finding, Severity};
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
    _today: Option<Date>,
    ended: &mut dyn FnMut(Stage),
) -> Checked {
    let loaded = semantic::load(files, model);
    ended(Stage::Load);
    let findings = loaded.findings;
    ended(Stage::Check);
    Checked { sources: loaded.sources, register: loaded.register, findings, failure: loaded.failure }
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
        let of_backend =
            self.backends.is_empty() || self.backends.iter().any(|backend| backend.name() == folder);
        let of_service = self.services.is_empty()
            || node
                .strip_prefix("service ")
                .is_some_and(|name| self.services.iter().any(|service| service == name));
        of_backend && of_service
    }
}

/// Makes everything that is made from a register without errors.
///
/// # Errors
/// A template does not fit.
pub fn generate(
    register: &Register,
    templates: &Templates,
    selection: &Selection,
    ended: &mut dyn FnMut(Stage),
) -> Result<Vec<GeneratedFile>, TemplateError> {
    let mut files = Vec::new();
    files.extend(docs::render(register, templates)?);
    files.retain(|file| selection.includes(&file.path, &file.node));
    ended(Stage::Render);
    Ok(files)
}
