//! `allow` and `lint`: what they silence, what they raise, and what is wrong with them.

use super::check;
use freehold::diagnostic::Severity;
use freehold::lock::Locks;
use freehold::rules::{self, RULES, Rule};
use freehold::session::{self, Selection};
use freehold::templates::Templates;
use jiff::civil::date;
use std::collections::BTreeMap;

/// A rule that these tests silence.
const RULE: &str = "table-without-primary-key";

/// A register with two tables without a key, and something at four places.
fn register(platform: &str, service: &str, first: &str, top: &str) -> String {
    format!(
        "{top}
    platform p {{ {platform} }}
    server main class=db.t3.small storage-gb=20
    service s {{
        {service}
        database s on=main
        table a {{
            {first}
            column n bigint
        }}
        table b {{ column n bigint }}
    }}"
    )
}

fn found(text: &str) -> Vec<(&'static str, Severity)> {
    check(text).1.iter().map(|finding| (finding.rule, finding.severity)).collect()
}

const ALLOW: &str = "allow table-without-primary-key reason=\"counted only\"";

#[test]
fn an_allowance_silences_in_its_node_and_below() {
    let error = (RULE, Severity::Error);
    assert_eq!(found(&register("", "", "", "")), [error, error]);
    assert_eq!(found(&register("", "", ALLOW, "")), [error]);
    assert_eq!(found(&register("", ALLOW, "", "")), []);
    assert_eq!(found(&register("", "", "", ALLOW)), []);
}

#[test]
fn an_allowance_around_another_that_leaves_it_nothing_is_unused() {
    let unused = ("unused-allow", Severity::Error);
    assert_eq!(found(&register("", ALLOW, ALLOW, "")), []);
    assert_eq!(found(&register("", ALLOW, "", ALLOW)), [unused]);
    assert_eq!(found(&register("", &format!("{ALLOW}\n{ALLOW}"), "", "")), [unused]);
    let elsewhere = ALLOW.replace(RULE, "service-cycle");
    assert_eq!(found(&register("", ALLOW, "", &elsewhere)), [unused]);
}

#[test]
fn a_level_of_the_platform_holds_for_all_findings_of_a_rule() {
    let lint = |level: &str| register(&format!("lint {RULE} level={level}"), "", "", "");
    assert_eq!(found(&lint("warn")), [(RULE, Severity::Warning); 2]);
    assert_eq!(found(&lint("deny")), [(RULE, Severity::Error); 2]);
    assert_eq!(found(&lint("off")), []);
    let unused = register("lint unused-allow level=warn", "", "", &ALLOW.replace(RULE, "service-cycle"));
    assert_eq!(found(&unused)[0], ("unused-allow", Severity::Warning));
}

#[test]
fn an_allowance_of_a_rule_that_is_off_is_still_used() {
    assert_eq!(found(&register(&format!("lint {RULE} level=off"), ALLOW, "", "")), []);
}

#[test]
fn an_allowance_ends_with_its_last_day_and_goes_on_silencing_with_a_warning() {
    let text = register("", &format!("{ALLOW} until=\"2026-03-31\""), "", "");
    let loaded = super::load(&text);
    let on = |today| {
        let findings = rules::apply(&loaded.register, loaded.findings.clone(), today);
        findings.iter().map(|finding| (finding.rule, finding.severity)).collect::<Vec<_>>()
    };
    assert_eq!(on(Some(date(2026, 3, 31))), []);
    assert_eq!(on(Some(date(2026, 4, 1))), [("expired-allow", Severity::Warning)]);
    assert_eq!(on(None), []);
}

#[test]
fn an_allowance_that_ran_out_and_silences_nothing_is_an_error() {
    let expired = "allow service-cycle reason=\"soon gone\" until=\"2020-01-01\"";
    assert_eq!(found(&register("", ALLOW, "", expired)), [("unused-allow", Severity::Error)]);
}

#[test]
fn a_rule_that_does_not_exist_is_found_with_the_one_that_was_meant() {
    let text = register("lint shared-databse level=off", ALLOW, "", "allow no-such-thing reason=\"because\"");
    let (_, findings) = check(&text);
    let found: Vec<_> =
        findings.iter().map(|finding| (finding.message.as_str(), finding.help.as_deref())).collect();
    assert_eq!(
        found,
        [
            (
                "there is no rule `no-such-thing`",
                Some("`freehold explain --list` shows every rule; what reading finds cannot be allowed")
            ),
            ("there is no rule `shared-databse`", Some("did you mean `shared-database`?")),
        ]
    );
}

#[test]
fn what_resolving_finds_is_neither_silenced_nor_switched_off() {
    let text = register(
        "lint unknown-name level=off",
        "database s on=nowhere",
        "",
        "allow unknown-name reason=\"because\"",
    );
    assert!(found(&text).contains(&("unknown-name", Severity::Error)));
}

#[test]
fn findings_are_in_the_order_of_places_each_once() {
    let text = register("", "", "", "");
    let loaded = super::load(&text);
    let once = rules::apply(&loaded.register, Vec::new(), None);
    let twice = rules::apply(&loaded.register, once.clone(), None);
    assert_eq!(once, twice);
    assert!(once.is_sorted_by_key(|finding| finding.primary().map(|place| place.span.start)));
    assert_eq!(once.len(), 2);
}

#[test]
fn no_allowance_is_called_unused_while_part_of_the_register_cannot_be_read() {
    let unread = register(
        "",
        &format!("{ALLOW}\ntable c {{ column; column id bigint primary-key }}"),
        "column id bigint primary-key",
        "",
    );
    let unread = unread.replace("table b { column n bigint }", "");
    assert_eq!(found(&unread), [("missing-argument", Severity::Error)]);
}

/// The register in which a rule fires, with a `lint` for the rule.
fn levelled(rule: &Rule, level: &str) -> String {
    let lint = format!("lint {} level={level}", rule.name);
    match rule.fires.split_once("\nplatform ") {
        Some((before, after)) => {
            let (name, rest) = after.split_once('{').expect("the platform has children");
            format!("{before}\nplatform {name}{{\n{lint}\n{rest}")
        }
        None => format!("platform p {{ {lint} }}\n{}", rule.fires),
    }
}

#[test]
fn what_can_be_silenced_can_be_built() {
    let templates = Templates::new(&BTreeMap::new()).unwrap();
    for rule in RULES.iter().filter(|rule| rule.unsilenceable.is_none()) {
        let text = levelled(rule, "off");
        assert_eq!(found(&text), [], "{}", rule.name);
        let register = super::load(&text).register;
        let selection = Selection::default();
        let built = session::generate(&register, &Locks::default(), &templates, &selection, &mut |_| {});
        assert!(built.is_ok(), "{} can be silenced, but then: {}", rule.name, built.err().unwrap());
    }
}

#[test]
fn what_cannot_be_silenced_stays_an_error_and_says_why() {
    let unsilenceable = RULES.iter().filter(|rule| rule.unsilenceable.is_some());
    assert!(unsilenceable.clone().count() >= 10);
    for rule in unsilenceable {
        let allowed = format!("allow {} reason=\"because\"\n{}", rule.name, rule.fires);
        for text in [allowed, levelled(rule, "off"), levelled(rule, "warn")] {
            let findings = found(&text);
            assert!(findings.contains(&(rule.name, Severity::Error)), "{}: {findings:?}", rule.name);
            assert!(findings.contains(&("wrong-value", Severity::Error)), "{}: {findings:?}", rule.name);
            assert!(!findings.iter().any(|(name, _)| *name == "unused-allow"), "{}", rule.name);
        }
        assert!(!found(&levelled(rule, "deny")).contains(&("wrong-value", Severity::Error)), "{}", rule.name);
    }
    let (_, findings) = check(&register("", "allow unknown-type reason=\"later\"", ALLOW, ALLOW));
    let shown: Vec<_> = findings.iter().map(|one| (one.message.as_str(), one.help.as_deref())).collect();
    assert_eq!(
        shown,
        [(
            "`unknown-type` cannot be allowed: PostgreSQL would refuse the migration",
            Some("mend what the rule finds, and take the `allow` out")
        )]
    );
}

#[test]
fn what_a_level_would_have_done_is_said() {
    for (level, done) in [("off", "be switched off"), ("warn", "be a mere warning")] {
        let (_, findings) = check(&register(&format!("lint unknown-type level={level}"), ALLOW, "", ""));
        let said: Vec<&str> = findings.iter().map(|finding| finding.message.as_str()).collect();
        let expected = format!("`unknown-type` cannot {done}: PostgreSQL would refuse the migration");
        assert_eq!(said, [expected]);
    }
}
