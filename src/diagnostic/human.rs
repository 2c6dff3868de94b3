//! Findings for people: every place in its source, the help, and the lines to write.

use super::snippets::{ShownFiles, Snippets};
use super::{Finding, Report, Severity};
use crate::text::printable;
use anstyle::{AnsiColor, Style as AnsiStyle};
use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};
use std::fmt::{self, Write};

/// Findings with more places than this show the first ones and count the others.
const MOST_LABELS: usize = 40;

/// People are shown this many findings; the number of the others is said. Programs get all.
const MOST_FINDINGS: usize = 1000;

/// How text is laid out for people.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether to write colours.
    pub color: bool,
    /// How many columns a line may have.
    pub width: usize,
}

/// The findings, an empty line after each, and their number at the end; nothing where there is no finding.
pub fn human(report: &Report<'_>, style: Style) -> String {
    let theme = if style.color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme)
        .with_width(style.width.clamp(40, 120))
        .without_cause_chain()
        .without_syntax_highlighting();
    let shown = report.findings.get(..MOST_FINDINGS).unwrap_or(report.findings);
    let files = ShownFiles::new(report, shown);
    let mut text = String::new();
    for finding in shown {
        let labels = finding.labels.get(..MOST_LABELS).unwrap_or(&finding.labels);
        let diagnostic = ShownFinding { finding, snippets: files.snippets(labels) };
        // Writing to a string does not fail; miette itself fails for a source that it cannot read.
        if handler.render_report(&mut text, &diagnostic).is_err() {
            let _ = writeln!(text, "{}: {}", finding.rule, printable(&finding.message));
        }
        if let Some(fix) = &finding.fix {
            write_fix(&mut text, fix, style);
        }
        text.push('\n');
    }
    if report.findings.len() > MOST_FINDINGS {
        let _ = writeln!(
            text,
            "and {} more findings; `--format json` shows all",
            report.findings.len() - MOST_FINDINGS
        );
    }
    if !report.findings.is_empty() {
        let _ = writeln!(text, "{}", report.summary());
    }
    text
}

/// The lines to write, as they are: they are to be copied.
fn write_fix(text: &mut String, fix: &str, style: Style) {
    let title =
        if style.color { AnsiStyle::new().fg_color(Some(AnsiColor::Cyan.into())) } else { AnsiStyle::new() };
    let mut indent = format!("   {title}fix:{title:#} ");
    for line in printable(fix).lines() {
        let _ = writeln!(text, "{}", format!("{indent}{line}").trim_end());
        indent = " ".repeat(8);
    }
}

/// A finding as miette wants it.
struct ShownFinding<'a> {
    finding: &'a Finding,
    snippets: Snippets<'a>,
}

impl fmt::Debug for ShownFinding<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.finding.fmt(formatter)
    }
}

impl fmt::Display for ShownFinding<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&printable(&self.finding.message))?;
        match self.finding.labels.len().checked_sub(MOST_LABELS) {
            None | Some(0) => Ok(()),
            Some(more) => write!(formatter, " (and {more} more places)"),
        }
    }
}

impl std::error::Error for ShownFinding<'_> {}

impl Diagnostic for ShownFinding<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let severity = super::json::severity_name(self.finding.severity);
        Some(Box::new(format!("{severity}[{}]", self.finding.rule)))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.finding.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        let help = self.finding.help.as_ref()?;
        Some(Box::new(printable(help)))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.snippets)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.finding.labels.is_empty() {
            return None;
        }
        Some(Box::new(self.finding.labels.iter().take(MOST_LABELS).enumerate().map(|(index, label)| {
            let message = (!label.message.is_empty()).then(|| printable(&label.message).into_owned());
            let place = self.snippets.locate(label);
            if index == 0 {
                LabeledSpan::new_primary_with_span(message, place)
            } else {
                LabeledSpan::new_with_span(message, place)
            }
        })))
    }
}
