//! `freehold explain`: the pages of the rules.

use super::{CommandError, Outcome, output_findings, print};
use crate::lock;
use crate::rules;
use crate::semantic::{self, suggest};
use crate::syntax;
use crate::text::printable_on_one_line;
use std::collections::BTreeMap;
use std::fmt::Write;

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArguments {
    /// The rule, as findings name it
    #[arg(required_unless_present = "list")]
    rule: Option<String>,
    /// List all rules
    #[arg(long, conflicts_with = "rule")]
    list: bool,
}

pub(super) fn run(arguments: &ExplainArguments) -> Result<Outcome, CommandError> {
    let pages = pages();
    let Some(rule) = &arguments.rule else {
        print::to_stdout(&list(&pages))?;
        return Ok(Outcome::Fine);
    };
    let Some(page) = pages.get(rule.as_str()) else {
        let hint = suggest::did_you_mean(rule, pages.keys().copied())
            .unwrap_or_else(|| "`freehold explain --list` shows all".to_owned());
        return Err(CommandError::new(format!("there is no rule `{}`; {hint}", printable_on_one_line(rule))));
    };
    print::to_stdout(page)?;
    Ok(Outcome::Fine)
}

/// The page of a rule, in Markdown.
pub(super) fn page(rule: &str) -> Option<String> {
    pages().remove(rule)
}

/// Every rule that a finding can have, with its page.
fn pages() -> BTreeMap<&'static str, String> {
    let mut pages = BTreeMap::new();
    let reading = syntax::RULES.iter().map(|rule| (rule.name, rule.page));
    for (name, page) in reading.chain(output_findings::RULES.iter().copied()) {
        pages.insert(name, titled(name, page));
    }
    for rule in semantic::RULES {
        let page = titled(rule.name, rule.page);
        // One of them is about what is no text, and has no example that can be shown.
        let example = std::str::from_utf8(rule.fires)
            .map(|fires| format!("\n## Example\n\n```kdl\n{}\n```\n", fires.trim()));
        pages.insert(rule.name, page + &example.unwrap_or_default());
    }
    for rule in lock::RULES {
        pages.insert(rule.name, titled(rule.name, rule.page));
    }
    for rule in rules::RULES {
        pages.insert(rule.name, rule.explanation());
    }
    pages
}

/// A page with its title, which some have already.
fn titled(name: &str, page: &str) -> String {
    let page = page.trim();
    let title = if page.starts_with("# ") { String::new() } else { format!("# {name}\n\n") };
    format!("{title}{page}\n")
}

/// One line per rule: its name and the first sentence of its page.
fn list(pages: &BTreeMap<&'static str, String>) -> String {
    let width = pages.keys().map(|name| name.len()).max().unwrap_or(0);
    let mut list = String::new();
    for (name, page) in pages {
        let _ = writeln!(list, "{name:<width$}  {}", first_sentence(page));
    }
    list
}

fn first_sentence(page: &str) -> String {
    let paragraph = page.split("\n\n").find(|paragraph| {
        let text = paragraph.trim();
        !text.is_empty() && !text.starts_with('#') && !text.starts_with("By default ")
    });
    let text = paragraph.unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ");
    match text.split_once(". ") {
        Some((sentence, _)) => sentence.to_owned(),
        None => text.trim_end_matches('.').to_owned(),
    }
}
