//! What resolving keeps: versions of events and RPCs, former names, summaries.

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

#[test]
fn each_part_of_consistency_comes_from_the_service_else_the_platform_else_the_default() {
    let consistencies = |platform: &str| {
        let register = format!(
            "{platform}\n service a\n service b {{ consistency percent=99.5 }}\n\
             service c {{ consistency lag-seconds=7 percent=0 }}"
        );
        let mut files = Memory::default();
        files.insert("model.kdl", register);
        let loaded = load(&files, Path::new("model.kdl"));
        assert!(loaded.findings.is_empty(), "{:?}", loaded.findings);
        let services = loaded.register.services.values().map(|service| service.consistency.clone());
        services.map(|goal| (goal.tolerated_per_million(), goal.lag_seconds)).collect::<Vec<_>>()
    };
    assert_eq!(consistencies("platform p"), [(0, 300), (5000, 300), (1_000_000, 7)]);
    let platform = "platform p { consistency percent=99.9999 lag-seconds=60 }";
    assert_eq!(consistencies(platform), [(1, 60), (5000, 60), (1_000_000, 7)]);
    assert_eq!(consistencies("platform p { consistency percent=1_0.00_01 }")[0], (899_999, 300));
}

/// Every former name and every summary, each with a word of its own.
const FORMER_NAMES_AND_SUMMARIES: &str = r#"
team a was=was-team summary=summary-team
server s class=db.t3.small storage-gb=20 was=was-server summary=summary-server
extern e was=was-extern summary=summary-extern
service owner was=was-service {
    summary summary-service
    database d on=s was=was-database
    store redis r was=was-store summary=summary-store
    enum kind was=was-enum summary=summary-enum { value one was=was-value summary=summary-value }
    table t entity=T was=was-table summary=summary-table {
        column id uuid was=was-column summary=summary-column
        column other uuid
        primary-key id
        unique other was=was-unique
        index id other was=was-index
        check different "id <> other" was=was-check
        foreign-key other to=t was=was-foreign-key
    }
    topic owner.t of=t was=was-topic summary=summary-topic {
        event Made when=created was=was-event summary=summary-event
        event Told was=was-told { field f text was=was-field summary=summary-field }
    }
    api {
        get t was=was-get summary=summary-get
        rpc Do was=was-rpc summary=summary-rpc
    }
    sql view was=was-sql { up "SELECT 1"; down "SELECT 1" }
}
service other {
    projection p of=owner.t was=was-projection summary=summary-projection {
        key as=t_id was=was-key
        carry other as=another was=was-carry
    }
}
"#;

#[test]
fn every_former_name_and_summary_is_kept() {
    let mut files = Memory::default();
    files.insert("model.kdl", FORMER_NAMES_AND_SUMMARIES);
    let loaded = load(&files, Path::new("model.kdl"));
    assert!(loaded.findings.is_empty(), "{:#?}", loaded.findings);
    let register = format!("{:?}", loaded.register);
    let words = FORMER_NAMES_AND_SUMMARIES.split([' ', '=', '\n']);
    let lost: Vec<_> = words
        .filter(|word| word.starts_with("was-") || word.starts_with("summary-"))
        .filter(|word| !register.contains(&format!("\"{word}\"")))
        .collect();
    assert!(lost.is_empty(), "read and then lost: {lost:?}");
}
