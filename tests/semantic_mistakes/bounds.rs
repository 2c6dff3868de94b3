//! Very large and very deep registers: read to the end, with findings that are bounded.

use freehold::semantic::{Loaded, load};
use freehold::source::Memory;
use std::fmt::Write as _;
use std::path::Path;

fn loaded(text: String) -> Loaded {
    let mut files = Memory::default();
    files.insert("model.kdl", text);
    load(&files, Path::new("model.kdl"))
}

fn rules(loaded: &Loaded) -> Vec<&'static str> {
    loaded.findings.iter().map(|finding| finding.rule).collect()
}

fn repeated(count: usize, mut line: impl FnMut(usize, &mut String)) -> String {
    let mut text = String::new();
    for index in 0..count {
        line(index, &mut text);
        text.push('\n');
    }
    text
}

fn write(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("a string can be written");
}

#[test]
fn nodes_nested_very_deeply_are_refused_and_do_not_overflow() {
    let depth = 100_000;
    for name in ["a", "service", "allow", "table"] {
        let loaded = loaded(format!("{} {}", format!("{name} {{ ").repeat(depth), "}".repeat(depth)));
        assert!(rules(&loaded).contains(&"kdl-nesting"), "{name}");
        assert!(loaded.findings.len() < 5_000, "{name}: {}", loaded.findings.len());
    }
}

#[test]
fn a_service_of_very_many_things_is_read_whole() {
    let count = 100_000;
    let tables = repeated(count, |index, text| {
        let target = (index + 1) % count;
        write(
            text,
            format_args!(
                "table t{index} entity=T{index} {{ column id uuid; column o uuid; primary-key id; foreign-key o to=t{target} }}"
            ),
        );
    });
    let loaded = loaded(format!("service a {{\n{tables}}}\n"));
    assert_eq!(rules(&loaded), [""; 0]);
    assert_eq!(loaded.register.tables.len(), count);
}

#[test]
fn very_many_unknown_names_are_bounded() {
    let count = 12_000;
    let tables = repeated(count, |index, text| {
        write(
            text,
            format_args!(
                "table table_number_{index} {{ column id uuid; primary-key id; foreign-key id to=tabel_number_{index} }}"
            ),
        );
    });
    let loaded = loaded(format!("service a {{\n{tables}}}\n"));
    let found = rules(&loaded);
    assert_eq!(found.len(), 10_001);
    assert_eq!(found.last(), Some(&"kdl-too-many-mistakes"));
    assert!(
        loaded.findings.first().is_some_and(|first| first.help.is_some()),
        "{:?}",
        loaded.findings.first()
    );
}

#[test]
fn a_large_file_is_read_whole() {
    let line = format!("service s {{ summary \"{}\" }}\n", "a large file ".repeat(80));
    let loaded = loaded(line.repeat(50_000_000 / line.len() + 1));
    assert_eq!(loaded.register.services.len(), 1);
    assert_eq!(rules(&loaded).iter().filter(|rule| **rule == "duplicate-name").count(), 10_000);
}

#[test]
fn a_file_full_of_mistakes_of_form_is_bounded() {
    let loaded = loaded("x y=1 z\n".repeat(30_000));
    let found = rules(&loaded);
    assert_eq!(found.iter().filter(|rule| **rule == "unknown-node").count(), 1000);
    assert_eq!(found.iter().filter(|rule| **rule == "kdl-too-many-mistakes").count(), 1);
}

#[test]
fn one_node_of_very_many_words_is_bounded() {
    let loaded = loaded(format!(
        "service a {{ table t {{ column id uuid{} ; primary-key{} }} }}\nteam{}",
        " private pii".repeat(30_000),
        " id".repeat(30_000),
        " a".repeat(30_000),
    ));
    let found = rules(&loaded);
    assert_eq!(found.iter().filter(|rule| **rule == "repeated-flag").count(), 2);
    assert_eq!(found.iter().filter(|rule| **rule == "wrong-argument").count(), 1);
}

#[test]
fn a_table_has_as_many_columns_as_postgresql_allows() {
    let columns = repeated(20_000, |index, text| write(text, format_args!("column c{index} int unique")));
    let loaded = loaded(format!("service a {{ table t {{\n{columns}}} }}\n"));
    let table = loaded.register.tables.values().next().expect("there is a table");
    assert_eq!(table.columns.len(), 1600);
    assert_eq!(rules(&loaded), ["repeated-node"]);
}
