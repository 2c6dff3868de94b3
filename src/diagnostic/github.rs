//! Findings as workflow commands, which GitHub Actions shows at their lines.
//! Syntax and escapes: "Workflow commands for GitHub Actions" of GitHub's documentation.

use super::json::severity_name;
use super::{Finding, Report};
use crate::text::printable;
use std::fmt::Write;

/// One command per finding, each on a line of its own.
pub fn github(report: &Report<'_>) -> String {
    let mut commands = String::new();
    for finding in report.findings {
        commands.push_str("::");
        commands.push_str(severity_name(finding.severity));
        commands.push(' ');
        if let Some(place) = finding.primary() {
            let region = report.region(place);
            // The path, the lines and the title may each be any text; numbers need no escape.
            let _ = write!(
                commands,
                "file={},line={},endLine={},",
                escape_property(&report.path(place.file)),
                region.line,
                region.end_line
            );
            // GitHub refuses columns where a range has several lines.
            if region.line == region.end_line {
                let _ = write!(commands, "col={},endColumn={},", region.column, region.end_column);
            }
        }
        let _ = writeln!(
            commands,
            "title={}::{}",
            escape_property(finding.rule),
            escape_data(&text(report, finding))
        );
    }
    commands
}

/// The message, every other place, and the mend.
fn text(report: &Report<'_>, finding: &Finding) -> String {
    let mut text = finding.message.clone();
    for (index, label) in finding.labels.iter().enumerate() {
        if index == 0 {
            let _ = write!(text, "\n{}", label.message);
        } else {
            let start = report.sources.line_column(label.place);
            let path = report.path(label.place.file);
            let _ = write!(text, "\n{path}:{}:{}: {}", start.line, start.column, label.message);
        }
    }
    if let Some(help) = &finding.help {
        let _ = write!(text, "\nhelp: {help}");
    }
    if let Some(fix) = &finding.fix {
        let _ = write!(text, "\nfix:\n{fix}");
    }
    text
}

fn escape_data(text: &str) -> String {
    printable(&text.replace("\r\n", "\n")).replace('%', "%25").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
