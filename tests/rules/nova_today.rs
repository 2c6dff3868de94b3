//! Nova as it was before: what has to be refused in it, and that the offered mend mends. And Nova as it is to be.

use super::{check, shown};
use freehold::diagnostic::Finding;
use freehold::source::{Disk, Sources};
use freehold::{rules, semantic};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const MODEL: &str = include_str!("../cases/nova-today/model.kdl");
const FOREIGN_KEY: &str = "cross-service-foreign-key";

/// Where each of the nine is, and how grave: the table, the column, the grade.
const NINE: [(&str, &str, &str); 9] = [
    ("activity_logs", "user_id", "P0"),
    ("moderation_actions", "moderator_id", "P1"),
    ("moderation_appeals", "reviewed_by", "P1"),
    ("moderation_appeals", "user_id", "P0"),
    ("moderation_queue", "assigned_to", "P1"),
    ("reports", "reported_user_id", "P0"),
    ("reports", "reporter_id", "P0"),
    ("search_history", "user_id", "P0"),
    ("search_suggestions", "user_id", "P0"),
];

fn count(findings: &[Finding]) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    counts
}

/// The text with the first place of each finding replaced by its fix.
fn mend(sources: &Sources, findings: &[Finding]) -> String {
    let mut text = MODEL.to_owned();
    let mut edits: Vec<_> = findings
        .iter()
        .map(|finding| (finding.primary().unwrap(), finding.fix.as_deref().unwrap()))
        .collect();
    edits.sort_by_key(|(place, _)| std::cmp::Reverse(place.span.start));
    for (place, fix) in edits {
        assert!(sources.text(place).starts_with("foreign-key"), "the first place is not the foreign key");
        text.replace_range(place.span.start as usize..place.span.end as usize, fix);
    }
    text
}

#[test]
fn exactly_the_nine_the_duplicate_and_the_sharing_are_found() {
    let (sources, findings) = check(MODEL);
    let expected = [(FOREIGN_KEY, 9), ("duplicate-table", 1), ("shared-database", 2)];
    assert_eq!(count(&findings), BTreeMap::from(expected), "\n{}", shown(&sources, &findings));
    insta::assert_snapshot!("nova-today", shown(&sources, &findings));
}

#[test]
fn each_of_the_nine_says_how_grave_it_is_and_shows_both_ends() {
    let (sources, findings) = check(MODEL);
    let mut found = Vec::new();
    for finding in findings.iter().filter(|finding| finding.rule == FOREIGN_KEY) {
        let (grade, _) = finding.message.split_once(": ").unwrap();
        let table =
            finding.message.split("foreign key `").nth(1).and_then(|rest| rest.split('`').next()).unwrap();
        let column = finding.message.split('(').nth(1).and_then(|rest| rest.split(')').next()).unwrap();
        found.push((table, column, grade));
        let owner = finding.labels.last().unwrap();
        assert_eq!(sources.text(owner.place), "users");
        assert!(owner.message.contains("owned by `user`"), "{}", owner.message);
    }
    found.sort_unstable();
    assert_eq!(found, NINE);
}

#[test]
fn mending_them_as_offered_removes_the_nine() {
    let (sources, findings) = check(MODEL);
    let nine: Vec<Finding> = findings.into_iter().filter(|finding| finding.rule == FOREIGN_KEY).collect();
    let (sources, findings) = check(&mend(&sources, &nine));
    let counts = count(&findings);
    assert_eq!(counts.get(FOREIGN_KEY), None, "\n{}", shown(&sources, &findings));
    // What is left: the two other things, and that nobody publishes the event that five references now wait for.
    let expected = [("delete-event-missing", 6), ("duplicate-table", 1), ("shared-database", 2)];
    assert_eq!(counts, BTreeMap::from(expected), "\n{}", shown(&sources, &findings));
}

#[test]
fn nova_as_it_is_to_be_has_no_finding_and_needs_its_allowances() {
    let disk = Disk::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("model"));
    let mut loaded = semantic::load(&disk, Path::new("nova.kdl"));
    assert!(loaded.register.tables.len() >= 45, "only {} tables were read", loaded.register.tables.len());
    let findings = rules::apply(&loaded.register, loaded.findings, Some(super::TODAY));
    assert!(findings.is_empty(), "\n{}", shown(&loaded.sources, &findings));
    let allowed: BTreeSet<String> = loaded.register.allows.drain(..).map(|allow| allow.rule.value).collect();
    let findings = rules::apply(&loaded.register, Vec::new(), Some(super::TODAY));
    let found: BTreeSet<String> = findings.iter().map(|finding| finding.rule.to_owned()).collect();
    assert_eq!(found, allowed);
}
