//! Random registers that serve and publish: names that mean something to Protobuf or to a language, every type, keys of
//! one and of several columns, versions, streams. Their modules compile and agree with them.

use super::{agreement, compile_text};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use std::fmt::Write;

/// Names of columns, fields and events: keywords, names of types, names that the compiler uses elsewhere.
const NAMES: [&str; 34] = [
    "message",
    "package",
    "optional",
    "repeated",
    "reserved",
    "oneof",
    "map",
    "rpc",
    "stream",
    "returns",
    "import",
    "option",
    "extend",
    "group",
    "self",
    "type",
    "class",
    "string",
    "int32",
    "bool",
    "google",
    "freehold",
    "values",
    "rows",
    "keys",
    "missing",
    "event_id",
    "descriptors",
    "nova",
    "mood_list",
    "to_string",
    "syntax",
    "x1",
    "timestamp",
];
const SERVICES: [&str; 9] =
    ["google", "freehold", "nova", "identity", "import", "topics", "v1", "pay-service", "a1-b2"];
const PLATFORMS: [&str; 5] =
    ["", "platform nova\n", "platform google\n", "platform freehold\n", "platform package\n"];
const TYPES: [&str; 30] = [
    "uuid",
    "text",
    "varchar(20)",
    "int",
    "bigint",
    "smallint",
    "numeric(10,2)",
    "real",
    "double precision",
    "boolean",
    "bytea",
    "timestamptz",
    "timestamp",
    "date",
    "time",
    "timetz",
    "interval",
    "jsonb",
    "inet",
    "int4range",
    "mood",
    "citext",
    "vector(3)",
    "text[]",
    "uuid[]",
    "timestamptz[]",
    "bytea[]",
    "mood[]",
    "citext[]",
    "int[]",
];

#[derive(Clone, Debug)]
struct Column {
    name: &'static str,
    kind: &'static str,
    nullable: bool,
    private: bool,
    pii: bool,
    summary: bool,
}

impl Column {
    /// Whether an event may carry it.
    fn is_public(&self) -> bool {
        !self.private && !self.pii
    }
}

#[derive(Clone, Debug)]
struct Field {
    name: &'static str,
    kind: &'static str,
    flag: &'static str,
}

#[derive(Clone, Debug)]
struct Random {
    platform: &'static str,
    service: &'static str,
    columns: Vec<Column>,
    composite: bool,
    soft_delete: bool,
    published: bool,
    copied: bool,
    selected: Option<usize>,
    rpcs: Vec<(Vec<Field>, Vec<Field>, &'static str, bool)>,
    told: Vec<Field>,
}

fn columns() -> impl Strategy<Value = Vec<Column>> {
    subsequence(&NAMES[..], 1..12).prop_flat_map(|names| {
        let each =
            names.into_iter().map(|name| {
                let flags =
                    (any::<bool>(), prop::bool::weighted(0.2), prop::bool::weighted(0.2), any::<bool>());
                (select(&TYPES[..]), flags).prop_map(move |(kind, (nullable, private, pii, summary))| {
                    Column { name, kind, nullable, private, pii, summary }
                })
            });
        each.collect::<Vec<_>>()
    })
}

fn fields() -> impl Strategy<Value = Vec<Field>> {
    subsequence(&NAMES[..], 0..6).prop_flat_map(|names| {
        let each =
            names.into_iter().map(|name| {
                let kinds: Vec<&'static str> = TYPES.iter().copied().chain(["Entry"]).collect();
                (select(kinds), select(&["", "nullable", "repeated"][..]))
                    .prop_map(move |(kind, flag)| Field { name, kind, flag })
            });
        each.collect::<Vec<_>>()
    })
}

fn registers() -> impl Strategy<Value = Random> {
    let rpc = (
        fields(),
        fields(),
        select(&["", "stream=server", "stream=client", "stream=both", "not-idempotent", "timeout-ms=77"][..]),
        any::<bool>(),
    );
    (
        (select(&PLATFORMS[..]), select(&SERVICES[..]), columns(), fields()),
        (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), prop::option::of(0..12_usize)),
        prop::collection::vec(rpc, 0..4),
    )
        .prop_map(|((platform, service, columns, told), flags, rpcs)| Random {
            platform,
            service,
            columns,
            composite: flags.0,
            soft_delete: flags.1,
            published: flags.2,
            copied: flags.3,
            selected: flags.4,
            rpcs,
            told,
        })
}

impl Random {
    fn text(&self) -> String {
        let mut text = format!(
            "{}server main class=db.t3.small storage-gb=20\nteam all\nservice {} team=all {{\n    database one on=main\n    \
             extension citext; extension vector\n    enum mood happy in-progress \"It's on\"\n",
            self.platform, self.service
        );
        self.table(&mut text);
        if self.published {
            self.topic(&mut text);
        }
        self.api(&mut text);
        text.push_str("}\n");
        if self.published {
            let service = self.service;
            write!(text, "service other team=all {{\n    database two on=main\n    consumes {service}.Made {service}.Changed {service}.Gone {service}.Told\n").unwrap();
            let public: Vec<&str> =
                self.columns.iter().filter(|column| column.is_public()).map(|column| column.name).collect();
            if self.copied && !public.is_empty() {
                writeln!(
                    text,
                    "    projection copies of={service}.entries {{ carries {} }}",
                    public.join(" ")
                )
                .unwrap();
            }
            text.push_str("}\n");
        }
        text
    }

    fn table(&self, text: &mut String) {
        text.push_str(
            "    table entries entity=Entry {\n        column entry_id uuid\n        column part_no bigint\n",
        );
        for column in &self.columns {
            let name =
                if column.private { format!("secret_{}", column.name) } else { column.name.to_owned() };
            let flag = |set: bool, flag: &'static str| if set { flag } else { "" };
            writeln!(
                text,
                "        column {name} \"{}\" {} {} {} {}",
                column.kind,
                flag(column.nullable, "nullable"),
                flag(column.private, "private"),
                flag(column.pii, "pii"),
                flag(column.summary, "summary=\"*/ } message X {} // ``` \\n option\"")
            )
            .unwrap();
        }
        text.push_str(if self.composite {
            "        primary-key entry_id part_no\n"
        } else {
            "        primary-key entry_id\n"
        });
        if self.soft_delete {
            text.push_str("        column deleted_at timestamptz nullable\n        soft-delete deleted_at\n");
        }
        text.push_str("    }\n");
    }

    fn topic(&self, text: &mut String) {
        let public: Vec<&str> =
            self.columns.iter().filter(|column| column.is_public()).map(|column| column.name).collect();
        writeln!(text, "    topic made.of-entries of=entries {{").unwrap();
        if !public.is_empty() {
            writeln!(text, "        carries {}", public.join(" ")).unwrap();
        }
        text.push_str("        event Made when=created; event Changed when=updated; event Gone when=deleted\n        event Made when=created version=2\n");
        write!(text, "        event Told {{ ").unwrap();
        let personal = self.columns.iter().any(|column| column.pii);
        let is_free = |field: &&Field| !public.contains(&field.name) && (!personal || field.kind != "Entry");
        for field in self.told.iter().filter(is_free) {
            write!(text, "field {} \"{}\" {}; ", field.name, field.kind, field.flag).unwrap();
        }
        text.push_str("}\n    }\n");
    }

    fn api(&self, text: &mut String) {
        text.push_str("    api {\n        get entries; batch-get entries max=7; exists entries; list entries order=\"part_no desc\"\n");
        let shown: Vec<&Column> = self.columns.iter().filter(|column| !column.private).collect();
        if let Some(column) = self.selected.and_then(|number| shown.get(number)) {
            writeln!(text, "        list entries by={} page-size=3 name=Chosen", column.name).unwrap();
        }
        for (number, (request, response, flag, second)) in self.rpcs.iter().enumerate() {
            let versions = if *second { 2 } else { 1 };
            for version in 1..=versions {
                let list = |fields: &[Field]| -> String {
                    fields
                        .iter()
                        .map(|field| format!("field {} \"{}\" {}; ", field.name, field.kind, field.flag))
                        .collect()
                };
                writeln!(
                    text,
                    "        rpc Ask{number} {flag} version={version} {{ request {{ {}}}; response {{ {}}} }}",
                    list(request),
                    list(response)
                )
                .unwrap();
            }
        }
        text.push_str("    }\n");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn modules_of_random_registers_say_what_these_say(random in registers()) {
        let text = random.text();
        let compiled = std::panic::catch_unwind(|| {
            let compiled = compile_text(&text);
            agreement::assert_agrees(&compiled);
            compiled
        });
        let compiled = match compiled {
            Ok(compiled) => compiled,
            Err(cause) => {
                eprintln!("{text}");
                std::panic::resume_unwind(cause);
            }
        };
        for (path, text) in &compiled.texts {
            prop_assert!(!text.contains("secret"), "a private column is in {path}:\n{text}");
        }
    }
}
