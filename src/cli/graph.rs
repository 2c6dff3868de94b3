//! `freehold graph`: which service needs which, as a drawing.

use super::project::Project;
use super::{CommandError, CommonArguments, FindingArguments, Format, Outcome, print};
use crate::backends::ServiceDrawing;
use crate::diagnostic::{Report, Severity};
use crate::semantic;
use clap::ValueEnum;

#[derive(Debug, clap::Args)]
pub(super) struct GraphArguments {
    /// The language of the drawing
    #[arg(long, value_enum, default_value_t = Drawing::Mermaid)]
    format: Drawing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Drawing {
    Mermaid,
    Dot,
}

/// Draws also what the rules object to, such as a cycle; only a register that cannot be read is no graph.
pub(super) fn run(common: &CommonArguments, arguments: &GraphArguments) -> Result<Outcome, CommandError> {
    let project = Project::find(common)?;
    let loaded = semantic::load(&project.files, &project.model);
    if let Some(failure) = &loaded.failure {
        return Err(project.unreadable(failure, &loaded.sources));
    }
    if loaded.findings.iter().any(|finding| finding.severity == Severity::Error) {
        let report = Report { sources: &loaded.sources, findings: &loaded.findings, root: &project.root };
        print::findings(common, &FindingArguments { format: Format::Human, deny: None }, &report)?;
        return Ok(Outcome::Findings);
    }
    let drawing = ServiceDrawing::new(&loaded.register);
    match arguments.format {
        Drawing::Mermaid => print::to_stdout(&drawing.mermaid())?,
        Drawing::Dot => print::to_stdout(&drawing.dot())?,
    }
    if arguments.format == Drawing::Mermaid
        && let Some(reason) = drawing.too_large_for_mermaid()
    {
        print::to_stderr(&format!("warning: {reason}; `--format dot` has no such limit\n"))?;
    }
    Ok(Outcome::Fine)
}
