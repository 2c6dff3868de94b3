//! Reading the files of the catalog: sections, lines, columns between tabs.

use super::{Major, Section};

/// A line.
#[derive(Clone, Copy)]
pub(super) struct Line {
    /// The section that it stands in.
    pub section: Section,
    /// The one major that has it, where not both do.
    pub only: Option<Major>,
    text: &'static str,
}

impl Line {
    /// The line, of a section.
    pub fn of(self, section: Section) -> Line {
        Line { section, ..self }
    }

    /// A column by its number; empty where there is none.
    pub fn field(&self, number: usize) -> &'static str {
        self.text.split('\t').nth(number).unwrap_or_default()
    }
}

/// Every line, or the name of the section that begins.
pub(super) fn lines(text: &'static str) -> impl Iterator<Item = Result<Line, &'static str>> {
    let text = text.lines().filter(|line| !line.starts_with("# "));
    text.map(|line| match heading(line) {
        Some((name, _)) => Err(name),
        None => {
            let (front, last) = line.rsplit_once('\t').unwrap_or((line, ""));
            let only = major(last);
            Ok(Line { section: 0, only, text: if only.is_some() { front } else { line } })
        }
    })
}

/// The sections with the one major that is known, where not both are.
pub(super) fn sections(text: &'static str) -> impl Iterator<Item = (&'static str, Option<Major>)> {
    text.lines().filter_map(heading)
}

/// `[name]`, or `[name] 15`. No operator is spelt like that.
fn heading(line: &'static str) -> Option<(&'static str, Option<Major>)> {
    let (name, only) = line.strip_prefix('[')?.split_once(']')?;
    Some((name, major(only.trim_start())))
}

fn major(text: &str) -> Option<Major> {
    match text {
        "15" => Some(Major::Fifteen),
        "18" => Some(Major::Eighteen),
        _ => None,
    }
}
