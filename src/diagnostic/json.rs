//! Findings as JSON, for programs. Lines and columns are from 1, columns in characters.

use super::{Finding, Label, Report, Severity, Summary};
use serde::Serialize;

#[derive(Serialize)]
struct Document {
    findings: Vec<JsonFinding>,
    summary: Summary,
}

#[derive(Serialize)]
struct JsonFinding {
    rule: &'static str,
    severity: &'static str,
    message: String,
    file: Option<String>,
    line: Option<u32>,
    column: Option<u32>,
    related: Vec<Related>,
    help: Option<String>,
    fix: Option<String>,
}

#[derive(Serialize)]
struct Related {
    message: String,
    file: String,
    line: u32,
    column: u32,
}

/// The findings as one JSON document that ends with a line feed.
pub fn json(report: &Report<'_>) -> String {
    let findings = report.findings.iter().map(|finding| json_finding(report, finding)).collect();
    super::pretty_json(&Document { findings, summary: report.summary() })
}

fn json_finding(report: &Report<'_>, finding: &Finding) -> JsonFinding {
    let place = finding.primary();
    let start = place.map(|place| report.sources.line_column(place));
    JsonFinding {
        rule: finding.rule,
        severity: severity_name(finding.severity),
        message: finding.message.clone(),
        file: place.map(|place| report.path(place.file)),
        line: start.map(|start| start.line),
        column: start.map(|start| start.column),
        related: finding.labels.iter().skip(1).map(|label| related(report, label)).collect(),
        help: finding.help.clone(),
        fix: finding.fix.clone(),
    }
}

fn related(report: &Report<'_>, label: &Label) -> Related {
    let start = report.sources.line_column(label.place);
    Related {
        message: label.message.clone(),
        file: report.path(label.place.file),
        line: start.line,
        column: start.column,
    }
}

pub(super) fn severity_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
