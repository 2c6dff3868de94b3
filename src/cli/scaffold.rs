//! `freehold scaffold`: the crate in which people handle the events of a service. It is written once and never touched again.

use super::project::Project;
use super::{CommandError, CommonArguments, FindingArguments, Format, Outcome, check, print};
use crate::diagnostic::Report;
use crate::semantic::{Register, suggest};
use crate::session;
use crate::templates::Templates;
use crate::text::printable_path;
use crate::writer;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct ScaffoldArguments {
    /// The service whose events are handled
    #[arg(value_name = "SERVICE")]
    service: String,
    /// The folder of the crate; it is made, or has to be empty
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The output folder that `build` writes [default: generated/ beside the register's folder]
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(common: &CommonArguments, arguments: &ScaffoldArguments) -> Result<Outcome, CommandError> {
    let project = Project::find(common)?;
    let checked = session::check(&project.files, &project.model, None, &mut |_| {});
    if let Some(failure) = &checked.failure {
        return Err(project.unreadable(failure, &checked.sources));
    }
    if checked.has_errors() {
        let report = Report { sources: &checked.sources, findings: &checked.findings, root: &project.root };
        print::findings(common, &FindingArguments { format: Format::Human, deny: None }, &report)?;
        return Ok(check::outcome(&checked));
    }
    let Some((service, _)) =
        checked.register.services.iter().find(|(_, service)| service.name.value == arguments.service)
    else {
        return Err(unknown_service(&checked.register, &arguments.service));
    };
    refuse_if_taken(&arguments.folder)?;
    let output = arguments.out.clone().unwrap_or_else(|| project.default_output());
    let workspace = path_between(&arguments.folder, &output.join("consumers"))?;
    let templates = Templates::new(&BTreeMap::new())?;
    let Some(files) = session::consumer_scaffold(&checked, &templates, service, &workspace)? else {
        return Err(CommandError::new(format!(
            "nobody has to write handlers for `{}`: whatever it does about events follows from the register",
            arguments.service
        )));
    };
    for (path, text) in &files {
        writer::create(&arguments.folder.join(path), text)?;
    }
    print::to_stderr(&format!(
        "wrote a crate into `{}`: say in `src/handlers.rs` what is done about each event; `cargo run` consumes\n",
        printable_path(&arguments.folder)
    ))?;
    Ok(Outcome::Fine)
}

fn unknown_service(register: &Register, name: &str) -> CommandError {
    let names: Vec<&str> = register.services.values().map(|service| service.name.as_str()).collect();
    let help = suggest::nearest(name, names.iter().copied());
    let help = help.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
    CommandError::new(format!("the register has no service `{name}`{help}"))
}

/// What people wrote is never written over.
fn refuse_if_taken(folder: &Path) -> Result<(), CommandError> {
    let refused = |why: &str| CommandError::new(format!("`{}` {why}", printable_path(folder)));
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(refused("is not empty; name a folder that is not there yet")),
            None => Ok(()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(refused(&format!("cannot be read: {error}"))),
    }
}

/// The path to a folder as seen from another one, neither of which has to be there yet, with `/` between its parts.
fn path_between(from: &Path, to: &Path) -> Result<String, CommandError> {
    let absolute = |path: &Path| {
        let error = |error| CommandError::new(format!("`{}` has no place: {error}", printable_path(path)));
        std::path::absolute(path).map_err(error).map(|path| normal(&path))
    };
    let (from, to) = (absolute(from)?, absolute(to)?);
    let between = pathdiff::diff_paths(&to, &from).unwrap_or(to);
    let between = between.to_str().map(|text| text.replace('\\', "/"));
    between.ok_or_else(|| CommandError::new("a path that is no UTF-8 cannot stand in a manifest"))
}

/// A path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::CurDir => {}
            std::path::Component::ParentDir => drop(normal.pop()),
            part => normal.push(part),
        }
    }
    normal
}
