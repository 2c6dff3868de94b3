//! Findings as SARIF 2.1.0 (OASIS), which code scanning reads.

use super::json::severity_name;
use super::{Finding, Label, Report};
use crate::source::Place;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<SarifResult>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<RulePage>,
}

#[derive(Serialize)]
struct RulePage {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: BTreeMap<&'static str, String>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: PhysicalLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: SarifRegion,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifRegion {
    start_line: u32,
    start_column: u32,
    end_line: u32,
    end_column: u32,
}

/// The findings as one SARIF log that ends with a line feed. `page` gives the page of a rule, in Markdown.
pub fn sarif(report: &Report<'_>, page: impl Fn(&str) -> Option<String>) -> String {
    let names: Vec<&'static str> = {
        let mut names: Vec<_> = report.findings.iter().map(|finding| finding.rule).collect();
        names.sort_unstable();
        names.dedup();
        names
    };
    let results = report.findings.iter().map(|finding| result(report, finding, &names)).collect();
    let rules = names
        .iter()
        .map(|id| Rule { id, help: page(id).map(|text| RulePage { markdown: text.clone(), text }) })
        .collect();
    let driver = Driver { name: "freehold", semantic_version: env!("CARGO_PKG_VERSION"), rules };
    let run = Run { tool: Tool { driver }, column_kind: "unicodeCodePoints", results };
    super::pretty_json(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [run],
    })
}

fn result(report: &Report<'_>, finding: &Finding, names: &[&'static str]) -> SarifResult {
    let mut labels = finding.labels.iter();
    let locations = labels.next().map(|label| location(report, label, None)).into_iter().collect();
    let related_locations =
        labels.enumerate().map(|(index, label)| location(report, label, Some(index + 1))).collect();
    SarifResult {
        rule_id: finding.rule,
        rule_index: names.binary_search(&finding.rule).unwrap_or(0),
        level: severity_name(finding.severity),
        message: Message { text: text(finding) },
        locations,
        related_locations,
        partial_fingerprints: BTreeMap::from([("finding/v1", fingerprint(report, finding))]),
    }
}

fn text(finding: &Finding) -> String {
    let mut text = finding.message.clone();
    for (title, part) in [("help: ", &finding.help), ("fix:\n", &finding.fix)] {
        if let Some(part) = part {
            text.push('\n');
            text.push_str(title);
            text.push_str(part);
        }
    }
    text
}

/// The same for one mistake, wherever in its file it moves to.
fn fingerprint(report: &Report<'_>, finding: &Finding) -> String {
    let file = finding.primary().map(|place| report.path(place.file)).unwrap_or_default();
    let mut hasher = blake3::Hasher::new();
    for part in [finding.rule, &file, &finding.message] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

fn location(report: &Report<'_>, label: &Label, id: Option<usize>) -> Location {
    let message = (!label.message.is_empty()).then(|| Message { text: label.message.clone() });
    Location { id, physical_location: physical_location(report, label.place), message }
}

fn physical_location(report: &Report<'_>, place: Place) -> PhysicalLocation {
    let region = report.region(place);
    PhysicalLocation {
        artifact_location: ArtifactLocation { uri: percent_encode(&report.path(place.file)) },
        region: SarifRegion {
            start_line: region.line,
            start_column: region.column,
            end_line: region.end_line,
            end_column: region.end_column,
        },
    }
}

/// A path as a relative URI (RFC 3986): all but the unreserved characters and `/` as `%XX`.
fn percent_encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
