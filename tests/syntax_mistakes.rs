//! The mistakes that people make: each is one finding, at its place, with the mend, and hides none after it.

mod syntax_support;

use freehold::diagnostic::Finding;
use freehold::source::Sources;
use freehold::syntax::{parse, restrict};
use std::fmt::Write as _;
use syntax_support::check_invariants;

/// The findings of reading a text and of restricting it, in the order of the text.
fn findings(text: &str) -> (Sources, Vec<Finding>) {
    let mut sources = Sources::default();
    let file = sources.add("mistakes.kdl", text);
    let parse = parse(file, text.into());
    check_invariants(text, &parse);
    let mut findings = restrict(&parse.tree);
    findings.splice(0..0, parse.findings);
    findings.sort_by_key(|finding| finding.primary().map(|place| place.span.start));
    (sources, findings)
}

fn render(text: &str) -> String {
    let (sources, findings) = findings(text);
    let mut out = String::new();
    for finding in &findings {
        for (index, label) in finding.labels.iter().enumerate() {
            let at = sources.line_column(label.place);
            let shown = sources.text(label.place).replace('\n', "⏎");
            let shown: String = shown.chars().take(60).flat_map(char::escape_debug).collect();
            if index == 0 {
                let _ = writeln!(out, "{}:{} {}: {}", at.line, at.column, finding.rule, finding.message);
            }
            let _ = writeln!(out, "    {}:{} [{shown}] {}", at.line, at.column, label.message);
        }
        if let Some(help) = &finding.help {
            let _ = writeln!(out, "    help: {help}");
        }
        if let Some(fix) = &finding.fix {
            let _ = writeln!(out, "    fix: {fix}");
        }
    }
    out
}

#[test]
fn mistakes_are_reported_with_their_mend() {
    insta::glob!("syntax-mistakes/*.kdl", |path| {
        #[expect(clippy::disallowed_methods, reason = "the test reads its cases")]
        let text = std::fs::read_to_string(path).expect("a case is UTF-8");
        insta::assert_snapshot!(render(&text));
    });
}

/// A mistake as it stands on a line of a register, and the rule that reports it.
const MISTAKES: &[(&str, &str)] = &[
    ("column a boolean default=true", "kdl-reserved-word"),
    ("column a boolean default=false", "kdl-reserved-word"),
    ("column a text default=null", "kdl-reserved-word"),
    ("limit inf", "kdl-reserved-word"),
    ("limit nan", "kdl-reserved-word"),
    ("limit -inf", "kdl-reserved-word"),
    ("null 1", "kdl-reserved-word"),
    ("a true=1", "kdl-reserved-word"),
    ("column a varchar(255)", "kdl-unquoted-word"),
    ("column a numeric(10, 2)", "kdl-unquoted-word"),
    ("column a numeric (10,2)", "kdl-unquoted-word"),
    ("column a text[]", "kdl-unquoted-word"),
    ("index created_at/desc", "kdl-unquoted-word"),
    ("path a\\b", "kdl-unquoted-word"),
    ("path /absolute/path", "kdl-unquoted-word"),
    ("contact a#b", "kdl-unquoted-word"),
    ("contact #accounts", "kdl-unquoted-word"),
    ("where=a=b", "kdl-syntax"),
    ("a where=a=b", "kdl-unquoted-word"),
    ("image ${TAG}", "kdl-unquoted-word"),
    ("image {{tag}}", "kdl-unquoted-word"),
    ("columns [a, b]", "kdl-unquoted-word"),
    ("columns [a,", "kdl-unquoted-word"),
    ("column, a", "kdl-comma"),
    ("columns (a, b)", "kdl-unquoted-word"),
    ("column a uuid default-sql=now()", "kdl-unquoted-word"),
    ("cpu 500m", "kdl-number"),
    ("version 1.2.3", "kdl-number"),
    ("keep 30d", "kdl-number"),
    ("keep days=30d", "kdl-number"),
    ("ratio .5", "kdl-number"),
    ("ratio 5.", "kdl-number"),
    ("size 1,000", "kdl-number"),
    ("size 0X1F", "kdl-number"),
    ("date 2025-11-01", "kdl-number"),
    ("enum a b, c, d", "kdl-comma"),
    ("enum a \"b\", \"c\", \"d\"", "kdl-comma"),
    ("enum a 1, 2, 3", "kdl-comma"),
    ("enum a b , c", "kdl-comma"),
    ("enum a b, 1, c, \"d\", e", "kdl-comma"),
    ("check a \"\\d+\\w\"", "kdl-escape"),
    ("path \"C:\\Program Files\\\"", "kdl-escape"),
    ("text \"\\u00e9\"", "kdl-escape"),
    ("summary \"never closed", "kdl-unclosed"),
    ("summary \"never closed {\n}", "kdl-unclosed"),
    ("summary #\"never closed\"", "kdl-unclosed"),
    ("summary \"over\ntwo lines\"", "kdl-multi-line-string"),
    ("summary \"\"\"one line\"\"\"", "kdl-multi-line-string"),
    ("summary \"\"\"\n  a\n b\n  \"\"\"", "kdl-multi-line-string"),
    ("sql a \"\"\"\n        never closed", "kdl-unclosed"),
    ("/* never closed", "kdl-unclosed"),
    ("a /* never closed", "kdl-unclosed"),
    ("name: users", "kdl-colon"),
    ("a team: core", "kdl-colon"),
    ("a \"team\": core", "kdl-colon"),
    ("url https://example.com", "kdl-colon"),
    ("summary 'hello'", "kdl-quotes"),
    ("summary 'hello world'", "kdl-quotes"),
    ("summary 'hello (world)'", "kdl-quotes"),
    ("a default='{}'", "kdl-quotes"),
    ("a default='it is'", "kdl-quotes"),
    ("summary “hello world”", "kdl-quotes"),
    ("raw r\"\\d\"", "kdl-quotes"),
    ("raw r#\"a \"b\"\"#", "kdl-quotes"),
    ("a default='it (x)'", "kdl-quotes"),
    ("a 'one, two: (three)'", "kdl-quotes"),
    ("\"a\": 1", "kdl-colon"),
    ("a where==1", "kdl-syntax"),
    ("a where=b==c", "kdl-unquoted-word"),
    ("a url=https://example.com", "kdl-colon"),
    ("a (1)2", "kdl-unquoted-word"),
    ("a (b", "kdl-unquoted-word"),
    ("a b)", "kdl-unquoted-word"),
    ("a \"b\")", "kdl-syntax"),
    ("\\ a", "kdl-syntax"),
    ("# comment", "kdl-comment"),
    ("#comment (with more) \"", "kdl-comment"),
    ("a b # comment (with more)", "kdl-comment"),
    ("-- comment", "kdl-comment"),
    ("-- comment (with more)", "kdl-comment"),
    ("column a text -- comment", "kdl-comment"),
    ("column a text -- comment (with more)", "kdl-comment"),
    ("a \"b\"c", "kdl-missing-space"),
    ("a\"b\"", "kdl-missing-space"),
    ("a {\n b /-\n}", "kdl-slashdash"),
    ("a b=/-1 c", "kdl-slashdash"),
    ("/- /- a", "kdl-slashdash"),
    ("a = b", "kdl-syntax"),
    ("a b=", "kdl-syntax"),
    ("a b= {\n}", "kdl-syntax"),
    ("a {}\n{\n}", "kdl-syntax"),
    ("a\n{\n}", "kdl-syntax"),
    ("a {\n} {\n}", "kdl-syntax"),
    ("a {\n} b", "kdl-syntax"),
    ("a; ; b", "kdl-syntax"),
    ("a \\ b", "kdl-syntax"),
    ("a \u{202e}", "kdl-character"),
    ("a b=1 b=2", "kdl-duplicate-property"),
    ("a (t)1", "kdl-type-annotation"),
    ("(t)a", "kdl-type-annotation"),
];

/// The rules of what a text has, and where, by lines.
fn rules(text: &str) -> Vec<&'static str> {
    findings(text).1.iter().map(|finding| finding.rule).collect()
}

#[test]
fn every_mistake_is_one_finding_and_hides_none_after_it() {
    let mut failures = Vec::new();
    for (mistake, rule) in MISTAKES {
        for (before, after) in [("", ""), ("é \"ü\"\nservice a {\n    ", "\n}")] {
            let text = format!("{before}{mistake}{after}\nnode \"é\" 7seven\n");
            let found = findings(&text);
            let rules: Vec<_> = found.1.iter().map(|finding| finding.rule).collect();
            if rules != [*rule, "kdl-number"] {
                failures.push(format!("{text}\n  {rules:?}, not {rule}\n{}", render(&text)));
                continue;
            }
            let last = found.1[1].primary().map(|place| found.0.text(place));
            assert_eq!(last, Some("7seven"), "the second mistake of {text}");
        }
    }
    assert!(failures.is_empty(), "{} failures\n{}", failures.len(), failures.join("\n"));
}

/// The rules whose fix replaces what the primary label marks.
const REPLACED: [&str; 4] = ["kdl-reserved-word", "kdl-unquoted-word", "kdl-number", "kdl-quotes"];

#[test]
fn writing_the_fix_in_place_of_what_is_marked_mends_it() {
    let mut mended = 0;
    for (mistake, rule) in MISTAKES.iter().filter(|(_, rule)| REPLACED.contains(rule)) {
        let (_, found) = findings(mistake);
        let finding = &found[0];
        let (Some(place), Some(fix)) = (finding.primary(), &finding.fix) else {
            panic!("{mistake} has no fix");
        };
        let (start, end) = (place.span.start as usize, place.span.end as usize);
        let text = format!("{}{fix}{}", &mistake[..start], &mistake[end..]);
        assert_eq!(rules(&text), [""; 0], "{mistake} mended as {text}, by {rule}:\n{}", render(&text));
        mended += 1;
    }
    assert!(mended > 40, "{mended} were mended");
}

#[test]
fn a_brace_too_many_or_too_few_is_one_finding() {
    assert_eq!(rules("a {\n    b\n}\n}\nc 7seven\n"), ["kdl-stray-brace", "kdl-number"]);
    assert_eq!(rules("a {\n    b 7seven\n"), ["kdl-unclosed", "kdl-number"]);
    assert_eq!(rules("a {\n    b {\n    c\n}\nd 7seven\n"), ["kdl-unclosed", "kdl-number"]);
}

#[test]
fn every_rule_has_a_page_and_every_page_an_example_that_the_rule_reports() {
    let names: std::collections::BTreeSet<_> = freehold::syntax::RULES.iter().map(|rule| rule.name).collect();
    assert_eq!(names.len(), freehold::syntax::RULES.len(), "a rule is listed twice");
    for rule in freehold::syntax::RULES {
        let headings = ["## What it does", "## Why it is bad", "## Example", "## Fix"];
        let missing = headings.iter().find(|heading| !rule.page.contains(*heading));
        assert_eq!(missing, None, "{}", rule.name);
        // These show no KDL: their examples are too long, or invisible.
        if matches!(rule.name, "kdl-too-large" | "kdl-too-many-mistakes" | "kdl-nesting" | "kdl-character") {
            continue;
        }
        let mut blocks = rule.page.split("```kdl\n").skip(1).filter_map(|rest| rest.split("```").next());
        let bad = blocks.next().unwrap_or_else(|| panic!("{} has no example", rule.name));
        assert!(
            rules(bad).contains(&rule.name),
            "the example of {} is not reported: {}",
            rule.name,
            render(bad)
        );
        let good = blocks.next().unwrap_or_else(|| panic!("{} has no mended example", rule.name));
        assert_eq!(rules(good), [""; 0], "the mended example of {}: {}", rule.name, render(good));
    }
}
