//! Cycles: which edges count, and that the whole path is shown.

use super::{check, shown};
use freehold::graph::{self, Dependency};

const SERVER: &str = "server main class=db.t3.small storage-gb=20 max-connections=2000\n";

/// The messages of the findings of one rule, and for each how many places it shows.
fn cycles(rule: &str, register: &str) -> Vec<(String, usize)> {
    let (_, findings) = check(&format!("{SERVER}{register}"));
    let found = findings.into_iter().filter(|finding| finding.rule == rule);
    found.map(|finding| (finding.message, finding.labels.len())).collect()
}

/// A service that serves an RPC and calls some.
fn calling(name: &str, calls: &str) -> String {
    format!("service {name} {{ {calls}; api {{ rpc Ask {{ response {{ field n text }} }} }} }}\n")
}

#[test]
fn a_ring_of_services_is_shown_with_every_edge() {
    let ring = calling("a", "calls b.Ask") + &calling("b", "calls c.Ask") + &calling("c", "calls a.Ask");
    let expected = "services need each other: `a` -> `b` -> `c` -> `a`".to_owned();
    assert_eq!(cycles("service-cycle", &ring), [(expected, 3)]);
    let chain = ring.replace("calls a.Ask", "");
    assert!(cycles("service-cycle", &chain).is_empty());
}

#[test]
fn two_rings_are_two_findings_and_a_service_that_calls_itself_is_one() {
    let rings = calling("a", "calls b.Ask")
        + &calling("b", "calls a.Ask")
        + &calling("c", "calls d.Ask a.Ask")
        + &calling("d", "calls c.Ask");
    let found: Vec<String> =
        cycles("service-cycle", &rings).into_iter().map(|(message, _)| message).collect();
    assert_eq!(
        found,
        ["services need each other: `a` -> `b` -> `a`", "services need each other: `c` -> `d` -> `c`"]
    );
    assert_eq!(
        cycles("service-cycle", &calling("a", "calls a.Ask")),
        [("service `a` needs itself".to_owned(), 1)]
    );
}

#[test]
fn a_cycle_of_one_service_has_a_mend_of_its_own() {
    let help = |register: &str| check(register).1.into_iter().find_map(|finding| finding.help).unwrap();
    let two = calling("a", "calls b.Ask") + &calling("b", "calls a.Ask");
    assert!(help(&two).starts_with("turn one of these around"));
    assert_eq!(
        help(&calling("a", "calls a.Ask")),
        "a service reads its own tables and calls its own functions"
    );
}

/// `a` speaks of its rows; `b` does something with them; `a` calls `b`.
fn needing(what: &str) -> String {
    format!(
        "service a {{
        database a on=main
        table t entity=T {{ column id uuid primary-key }}
        topic a.t of=t key=id {{ event TCreated when=created; event TUpdated when=updated; event TDeleted when=deleted }}
        calls b.Ask
    }}
    service b {{
        database b on=main
        {what}
        api {{ rpc Ask {{ response {{ field n text }} }} }}
    }}"
    )
}

#[test]
fn copies_and_references_are_needs_and_hearing_an_event_is_none() {
    let ring = [("services need each other: `a` -> `b` -> `a`".to_owned(), 2)];
    assert_eq!(cycles("service-cycle", &needing("projection ts of=a.t { }")), ring);
    let refers =
        "table u { column id uuid primary-key; column t_id uuid; reference t_id to=a.t on-delete=keep }";
    assert_eq!(cycles("service-cycle", &needing(refers)), ring);
    assert!(cycles("service-cycle", &needing("consumes a.TCreated a.TUpdated a.TDeleted")).is_empty());
}

#[test]
fn the_service_graph_has_its_edges_in_the_order_of_the_register() {
    let refers = "projection ts of=a.t { }
        table u { column id uuid primary-key; column t_id uuid; reference t_id to=a.t on-delete=keep }";
    let loaded = super::load(&format!("{SERVER}{}", needing(refers)));
    let graph = graph::services(&loaded.register);
    let name = |index| loaded.register.services[graph[index]].name.value.as_str();
    let edges: Vec<_> = graph
        .edge_indices()
        .map(|edge| {
            let (from, to) = graph.edge_endpoints(edge).unwrap();
            let kind = match graph[edge].dependency {
                Dependency::Call(_) => "calls",
                Dependency::Projection(_) => "copies",
                Dependency::Reference(_) => "refers",
            };
            (name(from), kind, name(to), loaded.sources.text(graph[edge].place))
        })
        .collect();
    assert_eq!(
        edges,
        [
            ("a", "calls", "b", "b.Ask"),
            ("b", "copies", "a", "projection ts of=a.t { }"),
            ("b", "refers", "a", "reference t_id to=a.t on-delete=keep"),
        ]
    );
}

/// Two tables with foreign keys to each other.
fn tables(first: &str, second: &str) -> String {
    format!(
        "service s {{
        database s on=main
        table a {{ column id uuid primary-key; column other uuid {first}; index other }}
        table b {{ column id uuid primary-key; column other uuid {second}; index other }}
    }}"
    )
}

#[test]
fn a_nullable_column_breaks_a_cycle_of_foreign_keys() {
    let to = |target: &str, nullable: &str| format!("{nullable}; foreign-key other to={target}");
    let found = cycles("foreign-key-cycle", &tables(&to("b", ""), &to("a", "")));
    assert_eq!(found, [("no row can come first: `a` -> `b` -> `a`".to_owned(), 2)]);
    assert!(cycles("foreign-key-cycle", &tables(&to("b", "nullable"), &to("a", ""))).is_empty());
    let own = cycles("foreign-key-cycle", &tables(&to("a", ""), ""));
    assert_eq!(own, [("every row of `a` needs another of the same table".to_owned(), 1)]);
    assert!(cycles("foreign-key-cycle", &tables(&to("a", "nullable"), "")).is_empty());
}

#[test]
fn one_nullable_column_of_several_is_enough() {
    let register = |nullable: &str| {
        format!(
            "service s {{
            database s on=main
            table a {{ column tenant uuid; column id uuid; column parent uuid {nullable}; primary-key tenant id
                foreign-key tenant parent to=a; index tenant parent }}
        }}"
        )
    };
    assert_eq!(cycles("foreign-key-cycle", &register("")).len(), 1);
    assert!(cycles("foreign-key-cycle", &register("nullable")).is_empty());
}

#[test]
fn a_table_that_cascades_to_itself_ends() {
    let own = tables("nullable; foreign-key other to=a on-delete=cascade", "");
    assert!(cycles("cascade-cycle", &own).is_empty());
}

#[test]
fn only_cascading_foreign_keys_go_around() {
    let to = |target: &str, policy: &str| format!("nullable; foreign-key other to={target} {policy}");
    let with = |second: &str| tables(&to("b", "on-delete=cascade"), &to("a", second));
    assert_eq!(cycles("cascade-cycle", &with("on-delete=cascade")).len(), 1);
    for ends in ["on-delete=set-null", "on-delete=restrict", "", "on-update=cascade"] {
        assert!(cycles("cascade-cycle", &with(ends)).is_empty(), "{ends}");
    }
}

/// `a.parent` is referred to by `b.row`, whose `b.detail` cascades; `a.child` refers to that, and goes with `a.parent`
/// by some policy of its own.
fn across(first: &str, second: &str) -> String {
    let marked = "column deleted_at timestamptz nullable; soft-delete deleted_at";
    format!(
        "service a {{
        database a on=main
        table parent entity=Parent {{ column id uuid primary-key; column back uuid
            reference back to=b.row on-delete={second}; {marked} }}
        topic a.parent of=parent key=id {{ event ParentDeleted when=deleted }}
    }}
    service b {{
        database b on=main
        table row entity=Row {{ column id uuid primary-key; column parent_id uuid
            reference parent_id to=a.parent on-delete={first}; {marked} }}
        topic b.row of=row key=id {{ event RowDeleted when=deleted }}
    }}"
    )
}

#[test]
fn policies_across_services_go_around_whether_they_remove_or_mark() {
    for (first, second) in [("delete", "delete"), ("soft-delete", "soft-delete"), ("delete", "soft-delete")] {
        let found = cycles("cascade-cycle", &across(first, second));
        assert_eq!(
            found,
            [("deleting goes around in a circle: `a.parent` -> `b.row` -> `a.parent`".to_owned(), 2)]
        );
    }
    for (first, second) in [("delete", "keep"), ("keep", "soft-delete")] {
        assert!(cycles("cascade-cycle", &across(first, second)).is_empty(), "{first} {second}");
    }
}

/// Removing `top` removes `detail`; `far` follows `detail`; `top` follows `far` by some policy.
fn around(policy: &str) -> String {
    format!(
        "service a {{
        database a on=main
        table top {{ column id uuid primary-key; column far_id uuid; column deleted_at timestamptz nullable
            soft-delete deleted_at; reference far_id to=b.far on-delete={policy} }}
        table detail entity=Detail {{ column id uuid primary-key; column top_id uuid
            foreign-key top_id to=top on-delete=cascade; index top_id }}
        topic a.detail of=detail key=id {{ event DetailDeleted when=deleted }}
    }}
    service b {{
        database b on=main
        table far entity=Far {{ column id uuid primary-key; column detail_id uuid
            reference detail_id to=a.detail on-delete=delete }}
        topic b.far of=far key=id {{ event FarDeleted when=deleted }}
    }}"
    )
}

#[test]
fn marking_a_row_sets_off_no_foreign_key() {
    let found = cycles("cascade-cycle", &around("delete"));
    assert_eq!(
        found,
        [("deleting goes around in a circle: `a.top` -> `a.detail` -> `b.far` -> `a.top`".to_owned(), 3)]
    );
    assert!(cycles("cascade-cycle", &around("soft-delete")).is_empty());
}

#[test]
fn every_step_of_a_cascade_is_told() {
    let (sources, findings) = check(&format!("{SERVER}{}", around("delete")));
    let found: Vec<_> = findings.into_iter().filter(|finding| finding.rule == "cascade-cycle").collect();
    insta::assert_snapshot!("cascade-across-services", shown(&sources, &found));
}
