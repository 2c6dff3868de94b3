//! `freehold check`: reads, resolves, runs the rules, shows what they find.

use super::project::Project;
use super::{CommandError, CommonArguments, Deny, FindingArguments, Format, Outcome, print};
use crate::diagnostic::Report;
use crate::session::{self, Checked};
use jiff::civil::Date;

#[derive(Debug, clap::Args)]
pub(super) struct CheckArguments {
    #[command(flatten)]
    findings: FindingArguments,
    /// The day on which `until` of an `allow` is judged, such as 2025-11-30 [default: today]
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
}

pub(super) fn run(common: &CommonArguments, arguments: &CheckArguments) -> Result<Outcome, CommandError> {
    let project = Project::find(common)?;
    let today = arguments.today.unwrap_or_else(|| jiff::Zoned::now().date());
    let mut checked = session::check(&project.files, &project.model, Some(today), &mut |_| {});
    if let Some(failure) = &checked.failure {
        return Err(project.unreadable(failure, &checked.sources));
    }
    deny(&mut checked, arguments.findings.deny);
    let report = Report { sources: &checked.sources, findings: &checked.findings, root: &project.root };
    print::findings(common, &arguments.findings, &report)?;
    if arguments.findings.format == Format::Human && checked.findings.is_empty() {
        let (services, tables) = (checked.register.services.len(), checked.register.tables.len());
        print::to_stderr(&format!("{services} services, {tables} tables: no findings\n"))?;
    }
    let outcome = outcome(&checked);
    std::mem::forget(checked); // the process ends here, and to take a large register apart takes long
    Ok(outcome)
}

/// Makes errors of warnings, where the arguments say so.
pub(super) fn deny(checked: &mut Checked, deny: Option<Deny>) {
    if deny == Some(Deny::Warnings) {
        checked.deny_warnings();
    }
}

pub(super) fn outcome(checked: &Checked) -> Outcome {
    if checked.has_errors() { Outcome::Findings } else { Outcome::Fine }
}
