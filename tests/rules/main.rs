//! Every rule: its page, the register in which it fires, the one that passes, and what is in the registry.

mod capacity;
mod edges;
mod graphs;
mod levels;
mod nova_today;
mod schema;

use freehold::diagnostic::{Finding, Severity};
use freehold::rules::{self, RULES};
use freehold::semantic::{self, Loaded};
use freehold::source::{Memory, Sources};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// The day on which the registers of these tests are judged.
const TODAY: jiff::civil::Date = jiff::civil::date(2026, 6, 15);

fn load(text: &str) -> Loaded {
    let mut files = Memory::default();
    files.insert("register.kdl", text);
    semantic::load(&files, Path::new("register.kdl"))
}

fn check(text: &str) -> (Sources, Vec<Finding>) {
    let loaded = load(text);
    let findings = rules::apply(&loaded.register, loaded.findings, Some(TODAY));
    // Of every register of these tests.
    for finding in &findings {
        assert!(finding.help.is_some(), "a finding without help: {finding:#?}");
    }
    (loaded.sources, findings)
}

/// Findings as text: each place with its line, so that a reader sees what is shown without counting.
fn shown(sources: &Sources, findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        writeln!(text, "{level}[{}]: {}", finding.rule, finding.message).unwrap();
        for label in &finding.labels {
            let line = sources.line_column(label.place).line;
            let first_line = sources.text(label.place).lines().next().unwrap_or("");
            writeln!(text, "  {line:>3} | {first_line}").unwrap();
            writeln!(text, "      ^ {}", label.message).unwrap();
        }
        for line in finding.help.iter().flat_map(|help| help.lines()) {
            writeln!(text, "  help: {line}").unwrap();
        }
        for line in finding.fix.iter().flat_map(|fix| fix.lines()) {
            writeln!(text, "  fix:  {line}").unwrap();
        }
        text.push('\n');
    }
    text
}

#[test]
fn every_rule_fires_alone_in_its_example_and_nothing_fires_in_the_mended_one() {
    let mut faults = String::new();
    for rule in RULES {
        let (sources, findings) = check(rule.fires);
        if findings.is_empty() {
            writeln!(faults, "{}: nothing fires", rule.name).unwrap();
        }
        let others: Vec<Finding> = findings.into_iter().filter(|found| found.rule != rule.name).collect();
        if !others.is_empty() {
            writeln!(faults, "{}: others fire:\n{}", rule.name, shown(&sources, &others)).unwrap();
        }
        let (sources, findings) = check(rule.passes);
        if !findings.is_empty() {
            writeln!(faults, "{}: the mended one fires:\n{}", rule.name, shown(&sources, &findings)).unwrap();
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

#[test]
fn what_every_rule_shows() {
    for rule in RULES {
        let (sources, findings) = check(rule.fires);
        insta::with_settings!({ description => rule.fires.trim(), omit_expression => true }, {
            insta::assert_snapshot!(rule.name, shown(&sources, &findings));
        });
    }
}

#[test]
fn the_registry_is_sorted_and_finds_every_rule() {
    assert!(RULES.is_sorted_by(|one, next| one.name < next.name), "RULES is not sorted by name");
    for known in RULES {
        assert_eq!(rules::rule(known.name).map(|found| found.name), Some(known.name));
    }
    assert!(rules::rule("no-such-rule").is_none());
}

#[test]
fn every_file_of_rules_is_a_rule_of_its_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let names: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        .filter(|name| name != "mod")
        .collect();
    let registered: BTreeSet<String> = RULES.iter().map(|rule| rule.name.to_owned()).collect();
    assert_eq!(names, registered, "a file without its line in RULES, or the other way around");
}

#[test]
fn every_page_says_what_why_and_how_to_mend() {
    for rule in RULES {
        let headings: Vec<&str> = rule.page.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(
            headings,
            ["## What it does", "## Why it is bad", "## How to mend it"],
            "headings of {}",
            rule.name
        );
        for section in rule.page.split("## ").skip(1) {
            let words = section.lines().skip(1).flat_map(str::split_whitespace).count();
            assert!(words >= 5, "a section of {} says nothing", rule.name);
        }
        for line in rule.page.lines() {
            assert!(line.chars().count() <= 140, "a line of the page of {} is too long: {line}", rule.name);
        }
    }
}

#[test]
fn an_explanation_holds_the_level_the_page_and_both_registers() {
    for rule in RULES {
        let text = rule.explanation();
        let level = if rule.severity == Severity::Error { "an error" } else { "a warning" };
        let first = text.lines().nth(2).unwrap();
        assert!(
            first == format!("By default {level}.") || first.starts_with(&format!("Always {level}: ")),
            "{text}"
        );
        for part in [rule.page, rule.fires, rule.passes] {
            assert!(text.contains(part.trim()), "{}: without {part}", rule.name);
        }
    }
}

#[test]
fn rules_and_findings_of_resolving_have_different_names() {
    for resolving in semantic::RULES {
        assert!(rules::rule(resolving.name).is_none(), "{} is the name of both", resolving.name);
    }
}

#[test]
fn the_words_of_findings_are_phrases() {
    for rule in RULES {
        for finding in check(rule.fires).1 {
            let texts = finding.labels.iter().map(|label| &label.message).chain([&finding.message]);
            for text in texts.chain(&finding.help) {
                let first = text.chars().next().unwrap();
                let acronym =
                    text.chars().nth(1).is_some_and(|second| second.is_uppercase() || second.is_numeric());
                assert!(!first.is_uppercase() || acronym, "{}: begins in upper case: {text}", rule.name);
                assert!(!text.ends_with('.'), "{}: ends with a full stop: {text}", rule.name);
                let you =
                    text.split(|c: char| !c.is_alphabetic()).any(|word| word.eq_ignore_ascii_case("you"));
                assert!(!you, "{}: speaks to somebody: {text}", rule.name);
            }
        }
    }
}
