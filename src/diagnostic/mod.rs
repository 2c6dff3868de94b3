//! Findings: what is wrong, where, why, and how to mend it. The printers live beside the type.

mod github;
mod human;
mod json;
mod report;
mod sarif;
mod snippets;

pub use github::github;
pub use human::{Style, human};
pub use json::json;
pub use report::{Report, Summary};
pub use sarif::sarif;

use crate::source::Place;
use crate::text::is_control;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The register is not sound, or cannot be read.
    Error,
    /// The register is sound; something in it deserves a look.
    Warning,
}

/// A place that a finding speaks of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub place: Place,
    /// What is to be seen there: a phrase.
    pub message: String,
}

/// One finding. The first label is where the mistake is; the others show what it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name, such as `cross-service-foreign-key`.
    pub rule: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// One phrase, in lower case, names in backticks; cut where a name makes it very long.
    pub message: String,
    /// Where: the first is the primary one. Never empty, but for findings about no file at all.
    pub labels: Vec<Label>,
    /// How to mend it, as a phrase or several sentences.
    pub help: Option<String>,
    /// The lines to write, where the mend is mechanical.
    pub fix: Option<String>,
}

impl Finding {
    /// An error of a rule.
    pub fn error(rule: &'static str, message: impl Into<String>) -> Finding {
        Finding {
            rule,
            severity: Severity::Error,
            message: readable(message.into()),
            labels: Vec::new(),
            help: None,
            fix: None,
        }
    }

    /// A warning of a rule.
    pub fn warning(rule: &'static str, message: impl Into<String>) -> Finding {
        Finding { severity: Severity::Warning, ..Finding::error(rule, message) }
    }

    /// Adds a place; the first one added is the primary.
    #[must_use]
    pub fn at(mut self, place: Place, message: impl Into<String>) -> Finding {
        self.labels.push(Label { place, message: readable(message.into()) });
        self
    }

    /// Sets how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// Sets the lines to write.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Finding {
        self.fix = Some(fix.into());
        self
    }

    /// Where the mistake is.
    pub fn primary(&self) -> Option<Place> {
        self.labels.first().map(|label| label.place)
    }
}

/// A value as indented JSON that ends with a line feed. What steers a terminal is escaped, since people look at JSON too.
fn pretty_json(value: &impl serde::Serialize) -> String {
    // Only maps with keys that are no strings, and types that fail by themselves, cannot be written; there are none.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    // All others are escaped already, and none lies beyond the 16 bits that one escape holds.
    let steers = |c: char| is_control(c) && c != '\n';
    if !text.contains(steers) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if steers(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

/// A message or a label without the rest of what is too long to be read. A name of a register may have megabytes, and stand in
/// thousands of findings.
fn readable(text: String) -> String {
    const LONGEST: usize = 1000;
    if text.len() <= LONGEST {
        return text;
    }
    format!("{}…", &text[..text.floor_char_boundary(LONGEST)])
}
