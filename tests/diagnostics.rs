//! The printers of findings: for people, for programs, for code scanning, for GitHub's runners.

use freehold::diagnostic::{Finding, Report, Style, github, human, json, sarif};
use freehold::source::{Place, Sources, Span};
use std::path::Path;

const MODEL: &str = r#"// Größe
service reports {
    table reports {
        column id uuid
        column reporter_id uuid
        primary-key id
        foreign-key reporter_id to=users on-delete=cascade
    }
}
"#;
const USERS: &str =
    "service identity {\n    table users {\n        column id uuid\n        primary-key id\n    }\n}\n";

const PLAIN: Style = Style { color: false, width: 100 };

fn place(sources: &Sources, path: &str, needle: &str) -> Place {
    let file = sources.by_path(Path::new(path)).expect("the file was added");
    let start = sources.file(file).text.find(needle).expect("the text is there") as u32;
    Place { file, span: Span::new(start, start + needle.len() as u32) }
}

fn two_files() -> (Sources, Vec<Finding>) {
    let mut sources = Sources::default();
    sources.add("users.kdl", USERS);
    sources.add("reports.kdl", MODEL);
    let foreign_key = Finding::error("cross-service-foreign-key", "foreign key of `reports` leads into service `identity` (P0)")
        .at(place(&sources, "reports.kdl", "to=users"), "leads out of `reports`")
        .at(place(&sources, "users.kdl", "users"), "owned by `identity`")
        .at(place(&sources, "reports.kdl", "on-delete=cascade"), "deletes rows of `reports`")
        .help("a service must be able to work without the database of another one; declare a reference instead, which yields an index, a check on insert and a consumer of the delete event")
        .fix("reference reporter_id to=identity.users \\\n    on-delete=delete verify=rpc");
    let unicode = Finding::warning("redundant-index", "50% of, this: index\nis redundant")
        .at(place(&sources, "reports.kdl", "Größe"), "hé");
    let nowhere = Finding::error("stale-output", "`docs/events.md` is stale").help("run `freehold build`");
    (sources, vec![foreign_key, unicode, nowhere])
}

fn report<'a>(sources: &'a Sources, findings: &'a [Finding]) -> Report<'a> {
    Report { sources, findings, root: Path::new("./model") }
}

#[test]
fn people_see_every_place_in_every_file() {
    let (sources, findings) = two_files();
    insta::assert_snapshot!(human(&report(&sources, &findings), PLAIN));
}

#[test]
fn colours_are_written_only_when_asked_for() {
    let (sources, findings) = two_files();
    let report = report(&sources, &findings);
    let colored = human(&report, Style { color: true, width: 100 });
    assert!(!human(&report, PLAIN).contains('\u{1b}'));
    assert!(colored.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), human(&report, PLAIN));
}

#[test]
fn messages_keep_to_the_width() {
    let (sources, findings) = two_files();
    let text = human(&report(&sources, &findings), Style { color: false, width: 60 });
    let help = text.lines().skip_while(|line| !line.contains("help:"));
    for line in help.take_while(|line| !line.contains("fix:")) {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn programs_read_json() {
    let (sources, findings) = two_files();
    insta::assert_snapshot!(json(&report(&sources, &findings)));
}

#[test]
fn json_is_whole_without_findings() {
    let text = json(&report(&Sources::default(), &[]));
    let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(value, serde_json::json!({"findings": [], "summary": {"errors": 0, "warnings": 0}}));
}

#[test]
fn github_reads_one_command_per_finding() {
    let (sources, findings) = two_files();
    insta::assert_snapshot!(github(&report(&sources, &findings)));
}

fn page(rule: &str) -> Option<String> {
    (rule == "redundant-index").then(|| "# redundant-index\n\nAnother index already serves.".to_owned())
}

fn sarif_errors(log: &serde_json::Value) -> Vec<String> {
    // The schema's own expression for languages has a bracket that only JavaScript lets pass.
    let text = include_str!("data/sarif-2.1.0.schema.json").replace("-[a-zA-Z]{2}]?$", "-[a-zA-Z]{2}$");
    let schema: serde_json::Value = serde_json::from_str(&text).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is valid");
    validator.iter_errors(log).map(|error| error.to_string()).collect()
}

#[test]
fn sarif_is_valid_under_its_schema() {
    let (sources, findings) = two_files();
    let text = sarif(&report(&sources, &findings), page);
    let mut log: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(sarif_errors(&log), Vec::<String>::new());
    insta::assert_snapshot!(text);

    log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["startLine"] = 0.into();
    log["runs"][0]["results"][1]["level"] = "grave".into();
    assert_eq!(sarif_errors(&log).len(), 2, "the schema finds planted faults");
}

#[test]
fn hostile_sources_are_shown_without_harm() {
    let mut sources = Sources::default();
    let long = format!("node \"{}\u{1b}[31mred\u{202e}\" {}\n", "x".repeat(100_000), "y".repeat(100_000));
    sources.add("long.kdl", long.as_str());
    sources.add("empty.kdl", "");
    sources.add("returns.kdl", "a\rb\r\nc\r");
    let end = |path: &str| {
        let file = sources.by_path(Path::new(path)).expect("the file was added");
        let end = sources.file(file).text.len() as u32;
        Place { file, span: Span::new(end, end) }
    };
    let whole = Place { span: Span::new(0, u32::MAX), ..end("long.kdl") };
    let findings = vec![
        Finding::error("a", "in the middle \u{1b}]0;title\u{7}")
            .at(place(&sources, "long.kdl", "red"), "here"),
        Finding::error("b", "all of it").at(whole, "all").at(end("long.kdl"), "the end"),
        Finding::error("c", "empty").at(end("empty.kdl"), "nothing"),
        Finding::error("d", "past the end")
            .at(Place { span: Span::new(9999, 10), ..end("returns.kdl") }, "far"),
    ];
    let report = report(&sources, &findings);
    let text = human(&report, PLAIN);
    assert!(text.len() < 6_000, "{} bytes", text.len());
    assert!(!text.contains(['\u{1b}', '\u{7}', '\u{202e}', '\r']));
    assert!(github(&report).lines().count() == findings.len() && !github(&report).contains(['\u{1b}', '\r']));
    let log = serde_json::from_str(&sarif(&report, page)).expect("it is JSON");
    assert_eq!(sarif_errors(&log), Vec::<String>::new());
    insta::assert_snapshot!(text);
}

#[test]
fn a_finding_with_very_many_places_is_cut() {
    let mut sources = Sources::default();
    let line = "table a\n\n\n\n\n";
    let file = sources.add("many.kdl", line.repeat(5_000));
    let mut finding = Finding::error("service-cycle", "a long cycle");
    for index in 0..5_000 {
        let start = index * line.len() as u32;
        finding = finding.at(Place { file, span: Span::new(start, start + 5) }, "next");
    }
    let findings = [finding];
    let text = human(&report(&sources, &findings), PLAIN);
    assert!(text.contains("(and 4960 more places)"));
    assert_eq!(text.matches("next").count(), 40);
}

#[test]
fn people_are_shown_a_thousand_findings_and_told_of_the_others() {
    let finding = |index: usize| Finding::warning("redundant-index", format!("number {index}"));
    let findings: Vec<Finding> = (0..1003).map(finding).collect();
    let sources = Sources::default();
    let text = human(&report(&sources, &findings), PLAIN);
    assert!(text.contains("number 999\n") && !text.contains("number 1000\n"));
    assert!(text.ends_with("and 3 more findings; `--format json` shows all\n1003 warnings\n"));
    assert!(json(&report(&sources, &findings)).contains("number 1002"));
}

#[test]
fn random_places_in_random_text_never_panic() {
    use proptest::prelude::*;
    let text = "[a-z \t\r\n\u{1b}\u{e9}\u{4e00}\u{202e}]{0,80}";
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(first in text, second in text, spans in prop::collection::vec((any::<bool>(), 0u32..100, 0u32..100), 1..5))| {
        let mut sources = Sources::default();
        let ids = [sources.add("first.kdl", first.as_str()), sources.add("second.kdl", second.as_str())];
        let mut finding = Finding::error("rule", "message");
        for (which, start, end) in spans {
            finding = finding.at(Place { file: ids[usize::from(which)], span: Span::new(start, end) }, "label");
        }
        let findings = [finding];
        let report = report(&sources, &findings);
        let text = human(&report, PLAIN);
        prop_assert!(text.contains("rule") && !text.contains("Failed to read"), "{text}");
        let log = serde_json::from_str(&sarif(&report, page)).expect("it is JSON");
        prop_assert_eq!(sarif_errors(&log), Vec::<String>::new());
        prop_assert_eq!(github(&report).lines().count(), 1);
    });
}
