//! Very large and very deep registers: read to the end, in time and memory that grow with their size alone.
#![expect(clippy::disallowed_methods, reason = "this test is about time")]

use freehold::semantic::{Loaded, load};
use freehold::source::Memory;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

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

/// A register that holds one kind of thing so many times.
type Make = fn(usize) -> String;

const KINDS: &[(&str, Make)] = &[
    ("sql", |n| service(n, |i| format!("sql s{i} {{ up \"SELECT 1\"; down \"SELECT 1\" }}"))),
    ("store", |n| service(n, |i| format!("store redis s{i}"))),
    ("extension", |n| service(n, |i| format!("extension e{i}"))),
    ("enum", |n| service(n, |i| format!("enum e{i} a"))),
    ("value", |n| service(1, |_| format!("enum e {}", list(n, |i| format!("v{i} "))))),
    ("extern", |n| {
        format!("{}{}", list(n, |i| format!("extern x{i}\n")), service(n, |i| format!("called-by x{i}")))
    }),
    ("extern rpc", |n| {
        let calls = service(n, |i| format!("calls x.R{i}"));
        format!("extern x {{ {} }}\n{calls}", list(n, |i| format!("rpc R{i}\n")))
    }),
    ("rpc", |n| {
        let rpcs = list(n, |i| format!("rpc R{i}\n"));
        service(n, |i| format!("calls s.R{i}")) + &format!("service s {{ api {{ {rpcs} }} }}")
    }),
    ("event", |n| {
        let events = list(n, |i| format!("event E{i}\n"));
        service(n, |i| format!("consumes s.E{i}"))
            + &format!("service s {{ topic t producers=all {{ {events} }} }}")
    }),
    ("event of a row", |n| {
        let events = list(n, |i| format!("event E{i} when=created version={}\n", i % 1000 + 1));
        let events = events.replace("when=created", "when=deleted");
        format!("service s {{ table t {{ column a int; primary-key a }}; topic t of=t {{ {events} }} }}")
    }),
    ("field", |n| {
        format!(
            "service s {{ api {{ rpc R {{ request {{ {} }} }} }} }}",
            list(n, |i| format!("field f{i} text\n"))
        )
    }),
    ("part", |n| table(&format!("partition a by=list {{ {} }}", list(n, |i| format!("part p{i} v{i}\n"))))),
    ("check", |n| table(&list(n, |i| format!("check c{i} \"a > 0\"\n")))),
    ("unique", |n| table(&list(n, |_| "unique a\n".to_owned()))),
    ("index", |n| table(&list(n, |_| "index a\n".to_owned()))),
    ("named again", |n| table(&format!("index {}", "a ".repeat(n)))),
    ("team", |n| list(n, |i| format!("team t{i}\nserver s{i} class=a storage-gb=20\n"))),
    ("shape", |n| {
        let shapes = list(n, |i| format!("shape h{i} {{ index a }}\n"));
        shapes + &table(&format!("use {}", list(n, |i| format!("h{i} "))))
    }),
    ("service", |n| list(n, |i| format!("service s{i} {{ table t {{ column a int; primary-key a }} }}\n"))),
    ("projection", |n| {
        let copies = list(n, |i| format!("projection p{i} of=s.t\n"));
        format!("service s {{ table t {{ column a int; primary-key a }} }}\nservice r {{ {copies} }}")
    }),
    ("reference", |n| {
        let refer = list(n, |_| "reference a to=s.t on-delete=keep\n".to_owned());
        table(&refer) + "\nservice s { table t { column a int; primary-key a } }"
    }),
    ("lint", |n| format!("platform p {{ {} }}", list(n, |i| format!("lint r{i} level=off\n")))),
    ("env", |n| {
        service(1, |_| format!("deploy {{ {} }}", list(n, |i| format!("env A{i} 1; secret B{i}\n"))))
    }),
    ("unknown column", |n| table(&list(n, |i| format!("unique b{i}\n")))),
    ("unknown flag", |n| format!("server s{}", " multi_az".repeat(n))),
    ("repeated flag", |n| format!("server s{}", " multi-az".repeat(n))),
    ("unknown property", |n| format!("team t{}", list(n, |i| format!(" c{i}=1")))),
    ("column twice", |n| table(&list(n, |_| "column a int unique\n".to_owned()))),
];

fn list(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect()
}

fn service(count: usize, each: impl Fn(usize) -> String) -> String {
    format!("service of_many {{\n{}}}\n", list(count, |index| each(index) + "\n"))
}

fn table(parts: &str) -> String {
    format!("service of_many {{ table t {{ column a int; primary-key a\n{parts}\n}} }}\n")
}

/// The shortest of some runs: others may be busy on the same machine.
fn time(text: &str) -> Duration {
    let run = || {
        let text = text.to_owned();
        let start = Instant::now();
        let loaded = loaded(text);
        let time = start.elapsed();
        drop(loaded);
        time
    };
    (0..3).map(|_| run()).min().unwrap_or_default()
}

#[test]
fn ten_times_as_many_take_about_ten_times_as_long() {
    let slow: Vec<String> = KINDS
        .iter()
        .filter_map(|(kind, make)| {
            let (few, many) = (time(&make(500)), time(&make(5_000)));
            // One by one compared with all others would be a hundred times as long.
            (many > few * 40 + Duration::from_millis(100)).then(|| format!("{kind}: {few:?}, then {many:?}"))
        })
        .collect();
    assert_eq!(slow, [""; 0]);
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
