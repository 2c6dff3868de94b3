//! `freehold build`: checks, makes everything, writes it; with `--check` shows what is stale instead.

use super::project::Project;
use super::stopwatch::Stopwatch;
use super::{
    CommandError, CommonArguments, FindingArguments, Format, Outcome, check, output_findings, print,
};
use crate::backends::{Backend, GeneratedFile};
use crate::diagnostic::Report;
use crate::lock::LockChange;
use crate::semantic::{Register, suggest};
use crate::session::{self, Checked, Selection, Stage, Work};
use crate::templates::Templates;
use crate::text::printable_path;
use crate::writer::{self, Change, Comparing, Comparison, HeldFolder, State, Target, unified_diff};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct BuildArguments {
    #[command(flatten)]
    findings: FindingArguments,
    /// Write nothing; show what is stale and fail if anything is
    #[arg(long)]
    check: bool,
    /// The output folder [default: generated/ beside the register's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Make only the output of these services and backends (sql, proto, ...)
    #[arg(long, value_name = "SERVICE|BACKEND", value_delimiter = ',')]
    only: Vec<String>,
    /// Replace templates by files of the same names in this folder
    #[arg(long, value_name = "DIR")]
    templates: Option<PathBuf>,
    /// Show how long each stage takes
    #[arg(long)]
    stats: bool,
    /// Overwrite generated files that were edited
    #[arg(long)]
    force: bool,
}

pub(super) fn run(common: &CommonArguments, arguments: &BuildArguments) -> Result<Outcome, CommandError> {
    let project = Project::find(common)?;
    let overrides = match &arguments.templates {
        Some(folder) => template_files(folder)?,
        None => BTreeMap::new(),
    };
    let templates = Templates::new(&overrides)?;
    let mut stopwatch = Stopwatch::start();
    let mut checked = session::check(&project.files, &project.model, None, &mut |stage| stopwatch.lap(stage));
    if let Some(failure) = &checked.failure {
        return Err(project.unreadable(failure, &checked.sources));
    }
    check::deny(&mut checked, arguments.findings.deny);
    let mut build = None;
    if !checked.has_errors() {
        build = Some(make(arguments, &project, &mut checked, &templates, &mut stopwatch)?);
    }
    stopwatch.hide_progress();
    let report = Report { sources: &checked.sources, findings: &checked.findings, root: &project.root };
    print::findings(common, &arguments.findings, &report)?;
    if let Some(build) = &build {
        build.show(common, arguments)?;
    }
    if arguments.stats {
        print::to_stderr(&stopwatch.table())?;
    }
    let outcome = check::outcome(&checked);
    std::mem::forget((checked, build)); // the process ends here, and to take a large register apart takes long
    Ok(outcome)
}

/// What was made, and what became of it.
struct Build {
    comparison: Comparison,
    files: usize,
    bytes: usize,
}

/// Makes the files and brings them to the disk; what stands in the way, or is stale, becomes a finding.
fn make(
    arguments: &BuildArguments,
    project: &Project,
    checked: &mut Checked,
    templates: &Templates,
    stopwatch: &mut Stopwatch,
) -> Result<Build, CommandError> {
    let selection = selection(&arguments.only, &checked.register)?;
    let output = arguments.out.clone().unwrap_or_else(|| project.default_output());
    let owned = Backend::ALL.map(Backend::name);
    let stale = |path: &str, node: &str| selection.includes(path, node);
    let state = State { folder: &project.root, changes: &[] };
    let target = Target { folder: &output, owned: &owned, stale: &stale, force: arguments.force, state };
    // From the first comparison on nobody else may write there: a file that is as it has to be is not looked at again.
    let held = if arguments.check { None } else { Some(HeldFolder::new(&output)?) };
    let mut comparing = Comparing::new(&target)?;
    let (mut compared, mut count, mut bytes) = (Ok(()), 0, 0);
    let mut take = |files: Vec<GeneratedFile>| {
        count += files.len();
        bytes += files.iter().map(|file| file.contents.len()).sum::<usize>();
        if compared.is_ok() {
            compared = comparing.add(&files);
        }
    };
    let work = Work { register: &checked.register, locks: &checked.locks, templates, selection: &selection };
    let locks = session::generate_in_parts(work, &mut take, &mut |stage| stopwatch.lap(stage))?;
    compared?;
    let changes: Vec<Change> = locks.iter().map(lock_change).collect();
    let state = State { folder: &project.root, changes: &changes };
    let mut comparison = comparing.finish(&state)?;
    let target = Target { state, ..target };
    let lost = if locks.iter().any(|lock| lock.before.is_none()) {
        output_findings::lost_locks(&project.root, &locks, &comparison)
    } else {
        Vec::new()
    };
    let is_lost = !lost.is_empty();
    checked.findings.extend(lost);
    match held.filter(|_| !is_lost) {
        Some(held) => {
            comparison = writer::write_compared(&held, &target, comparison, &mut |_| {})?.comparison
        }
        None => {
            checked.findings.extend(output_findings::stale(&project.root, &comparison.state));
            checked.findings.extend(output_findings::stale(&output, &comparison.changes));
        }
    }
    checked.findings.extend(output_findings::refused(&output, &comparison));
    stopwatch.lap(Stage::Write);
    Ok(Build { comparison, files: count, bytes })
}

impl Build {
    /// Shows people the differences, and what was done.
    fn show(&self, common: &CommonArguments, arguments: &BuildArguments) -> Result<(), CommandError> {
        let comparison = &self.comparison;
        if arguments.findings.format == Format::Human {
            let refused = comparison.refusals.iter().map(|refusal| &refusal.change);
            let changes = comparison.state.iter().chain(&comparison.changes);
            let stale = changes.filter(|_| arguments.check);
            for change in refused.chain(stale) {
                print::diff(common.color, &unified_diff(change))?;
            }
            print::to_stderr(&self.summary(arguments.check))?;
        }
        if arguments.stats {
            print::to_stderr(&format!(
                "{:<10}{:>10}\n{:<10}{:>10}\n",
                "files", self.files, "bytes", self.bytes
            ))?;
        }
        Ok(())
    }

    fn summary(&self, check: bool) -> String {
        let comparison = &self.comparison;
        let changes = comparison.state.iter().chain(&comparison.changes);
        let removed = changes.filter(|change| change.after.is_none()).count();
        let written = comparison.state.len() + comparison.changes.len() - removed;
        let unchanged = comparison.unchanged;
        match (check, comparison.refusals.is_empty()) {
            (true, _) => format!("{written} to write, {removed} to remove, {unchanged} up to date\n"),
            (false, true) => format!("{written} written, {removed} removed, {unchanged} up to date\n"),
            (false, false) => "nothing was written\n".to_owned(),
        }
    }
}

fn lock_change(change: &LockChange) -> Change {
    let before = change.before.as_deref().map(str::to_owned);
    Change { path: change.owner.path(), before, after: change.after.clone() }
}

/// What `--only` means: each word is a service, a backend, or both.
fn selection(only: &[String], register: &Register) -> Result<Selection, CommandError> {
    let mut selection = Selection::default();
    for word in only {
        let backend = Backend::by_name(word);
        let is_service = register.services.values().any(|service| service.name.as_str() == word);
        selection.backends.extend(backend);
        if is_service {
            selection.services.push(word.clone());
        }
        if backend.is_none() && !is_service {
            let backends = Backend::ALL.iter().map(|backend| backend.name());
            let services = register.services.values().map(|service| service.name.as_str());
            let hint = match suggest::did_you_mean(word, backends.clone().chain(services)) {
                Some(hint) => hint,
                None => format!("the backends are {}", backends.collect::<Vec<_>>().join(", ")),
            };
            return Err(CommandError::new(format!(
                "`--only {word}` names neither a service nor a backend; {hint}"
            )));
        }
    }
    Ok(selection)
}

/// The files of a folder by their paths in it, with `/` between the parts.
fn template_files(folder: &Path) -> Result<BTreeMap<String, String>, CommandError> {
    let failed = |path: &Path, why: &dyn std::fmt::Display| {
        CommandError::new(format!("cannot read the template `{}`: {why}", printable_path(path)))
    };
    if folder.is_file() {
        let why = "`--templates` names a folder, and this is a file";
        return Err(failed(folder, &why));
    }
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        let entry = entry.map_err(|error| failed(error.path().unwrap_or(folder), &error))?;
        let path = entry.path();
        if path.is_dir() {
            continue;
        }
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(path).map_err(|error| failed(path, &error))?;
        files.insert(name, text);
    }
    Ok(files)
}
