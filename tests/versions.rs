//! Events and RPCs of several versions: a name means its newest one.

use freehold::semantic::load;
use freehold::source::Memory;
use std::path::Path;

fn findings(events: &str) -> Vec<&'static str> {
    let register = format!(
        "service a {{\n table t entity=T {{ column id uuid; primary-key id }}\n topic a.t of=t {{\n {events}\n }}\n}}\n\
         service b {{ consumes a.Made }}"
    );
    let mut files = Memory::default();
    files.insert("model.kdl", register);
    load(&files, Path::new("model.kdl")).findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_newer_version_stands_beside_the_older_one() {
    assert!(findings("event Made when=created; event Made when=created version=2").is_empty());
}

#[test]
fn the_same_version_twice_and_a_falling_order_are_found() {
    assert_eq!(findings("event Made when=created; event Made when=updated"), ["duplicate-name"]);
    assert_eq!(findings("event Made when=created version=2; event Made when=created"), ["duplicate-name"]);
}
