//! Random registers, as text: every type with defaults, checks and indexes that PostgreSQL stores in another
//! spelling; keys, references, topics, read copies, partitions, enums, `sql` nodes.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::fmt::Write;

/// Names of columns; some are words of SQL.
const COLUMNS: [&str; 10] = [
    "user",
    "order",
    "end",
    "value",
    "name_1",
    "desc",
    "primary",
    "a",
    "interval",
    "very_long_name_of_a_column_that_says_it_all",
];
/// Names of tables; some are words of SQL.
const TABLES: [&str; 6] =
    ["table", "orders", "select", "group", "things", "a_table_with_a_name_that_is_nearly_too_long_for_sql"];

/// A type, with defaults, checks and generated values that fit it. `{c}` stands for a column of the type.
struct TypeChoice {
    name: &'static str,
    /// Whether a btree index can be over it.
    ordered: bool,
    defaults: &'static [&'static str],
    checks: &'static [&'static str],
    /// Expressions for indexes.
    expressions: &'static [&'static str],
}

const TEXT_CHECKS: &[&str] = &[
    "length({c}) > 0",
    "{c} <> ''",
    "{c} IN ('a', 'it''s', 'c')",
    "{c} NOT IN ('x', 'y')",
    "{c} ~ '^[a-z]+$' AND char_length({c}) <= 2000",
    "lower({c}) = {c}",
    "{c} LIKE 'a%' OR {c} IS NULL",
    "coalesce({c}, '') <> 'none'",
    "NOT ({c} = 'a' AND length({c}) BETWEEN 2 AND 5)",
    "CASE WHEN {c} = 'a' THEN true ELSE length({c}) > 1 END",
    "{c} || 'x' <> 'yx'",
    "{c} = ANY (ARRAY['a', 'b'])",
];

const NUMBER_CHECKS: &[&str] = &[
    "{c} > 0",
    "{c} >= 0 AND {c} < 100",
    "{c} BETWEEN 1 AND 10",
    "{c} IN (1, 2, 3)",
    "{c} * 2 + 1 > -5",
    "{c} <> -1",
    "-{c} < 10",
    "({c} > 1 OR {c} < -1) AND {c} <> 7",
    "abs({c}) > 1",
    "{c} IS NOT NULL",
    "{c} % 2 = 0",
];

const TYPES: [TypeChoice; 22] = [
    TypeChoice {
        name: "text",
        ordered: true,
        defaults: &["default=\"it's\"", "default=\"\"", "default-sql=\"'a' || 'b'\""],
        checks: TEXT_CHECKS,
        expressions: &["lower({c})", "{c} || 'x'"],
    },
    TypeChoice {
        name: "varchar(40)",
        ordered: true,
        defaults: &["default=draft", "default-sql=\"'a'\""],
        checks: TEXT_CHECKS,
        expressions: &["lower({c})", "length({c})"],
    },
    TypeChoice {
        name: "char(3)",
        ordered: true,
        defaults: &["default=EUR"],
        checks: &["{c} = 'EUR'", "{c} IN ('EUR', 'USD')", "length({c}) = 3"],
        expressions: &["upper({c})"],
    },
    TypeChoice {
        name: "smallint",
        ordered: true,
        defaults: &["default=3", "default=-3"],
        checks: NUMBER_CHECKS,
        expressions: &["{c} + 1"],
    },
    TypeChoice {
        name: "int",
        ordered: true,
        defaults: &["default=0", "default=-7"],
        checks: NUMBER_CHECKS,
        expressions: &["{c} + 1", "-{c}"],
    },
    TypeChoice {
        name: "bigint",
        ordered: true,
        defaults: &["default=0", "default=-5000000000", "default=5000000000"],
        checks: NUMBER_CHECKS,
        expressions: &["{c} % 10"],
    },
    TypeChoice {
        name: "numeric(12,2)",
        ordered: true,
        defaults: &["default=0", "default=0.10", "default=-1.5"],
        checks: &[
            "{c} > 0",
            "{c} >= 0.5 AND {c} < 1e6",
            "{c} BETWEEN 1 AND 10.5",
            "round({c}, 1) = {c}",
            "{c} <> -1.5",
        ],
        expressions: &["round({c}, 1)"],
    },
    TypeChoice {
        name: "real",
        ordered: true,
        defaults: &["default=1.5"],
        checks: &["{c} > 0", "{c} < 1.5"],
        expressions: &[],
    },
    TypeChoice {
        name: "double precision",
        ordered: true,
        defaults: &["default=1.5", "default=0"],
        checks: &["{c} > 0", "{c} BETWEEN -90 AND 90", "{c} <> 0.5"],
        expressions: &[],
    },
    TypeChoice {
        name: "boolean",
        ordered: true,
        defaults: &["default=#true", "default=#false"],
        checks: &["{c}", "NOT {c}", "{c} IS NOT TRUE", "{c} = true"],
        expressions: &["NOT {c}"],
    },
    TypeChoice {
        name: "timestamptz",
        ordered: true,
        defaults: &[
            "default-sql=\"now()\"",
            "default-sql=CURRENT_TIMESTAMP",
            "default-sql=\"now() + interval '1 day'\"",
        ],
        checks: &["{c} > '2020-01-01 00:00:00+00'", "{c} >= TIMESTAMPTZ '2020-01-01 00:00:00+00'"],
        expressions: &[],
    },
    TypeChoice {
        name: "timestamp(3)",
        ordered: true,
        defaults: &["default=\"2025-11-01 10:00:00\"", "default-sql=LOCALTIMESTAMP"],
        checks: &["{c} > '2020-01-01 00:00:00'"],
        expressions: &["date_trunc('day', {c})"],
    },
    TypeChoice {
        name: "date",
        ordered: true,
        defaults: &["default=\"2025-11-01\"", "default-sql=CURRENT_DATE"],
        checks: &["{c} > '2020-01-01'", "{c} >= DATE '2020-01-01'", "extract(year from {c}) > 2000"],
        expressions: &["{c} + 1"],
    },
    TypeChoice {
        name: "time",
        ordered: true,
        defaults: &["default=\"10:30\""],
        checks: &["{c} < '23:00'"],
        expressions: &[],
    },
    TypeChoice {
        name: "interval",
        ordered: true,
        defaults: &["default-sql=\"interval '90 minutes'\""],
        checks: &["{c} > interval '0'"],
        expressions: &[],
    },
    TypeChoice {
        name: "uuid",
        ordered: true,
        defaults: &["default-sql=\"gen_random_uuid()\""],
        checks: &["{c} <> '00000000-0000-0000-0000-000000000000'"],
        expressions: &[],
    },
    TypeChoice {
        name: "jsonb",
        ordered: false,
        defaults: &["default-sql=\"'{}'\"", "default-sql=\"'[]'::jsonb\""],
        checks: &[
            "jsonb_typeof({c}) = 'object'",
            "{c} ? 'key'",
            "{c} ->> 'a' <> 'b'",
            "({c} -> 'a') IS NOT NULL",
        ],
        expressions: &["{c} ->> 'a'"],
    },
    TypeChoice {
        name: "text[]",
        ordered: false,
        defaults: &[
            "default-sql=\"'{}'\"",
            "default-sql=\"ARRAY['a', 'b']\"",
            "default-sql=\"ARRAY[]::text[]\"",
        ],
        checks: &[
            "cardinality({c}) < 10",
            "{c} <> '{}'",
            "'a' = ANY ({c})",
            "{c} @> ARRAY['a']",
            "{c}[1] <> ''",
        ],
        expressions: &["cardinality({c})"],
    },
    TypeChoice {
        name: "bytea",
        ordered: true,
        defaults: &["default-sql=#\"'\\x00'\"#"],
        checks: &["length({c}) <= 32", "octet_length({c}) > 0"],
        expressions: &[],
    },
    TypeChoice {
        name: "inet",
        ordered: true,
        defaults: &["default=\"10.0.0.1\""],
        checks: &["family({c}) = 4"],
        expressions: &[],
    },
    TypeChoice {
        name: "citext",
        ordered: true,
        defaults: &["default=a"],
        checks: &["{c} || 'x' <> 'yx'", "length({c}) > 0", "{c} <> ''", "{c} IN ('a', 'b')"],
        expressions: &["lower({c})"],
    },
    TypeChoice {
        name: "status",
        ordered: true,
        defaults: &["default=open", "default=\"it's done\""],
        checks: &["{c} <> 'open'", "{c} IN ('open', 'closed')", "{c} = 'open' OR {c} = 'closed'"],
        expressions: &[],
    },
];

/// A random register: between one and three services, in a file that reads without findings.
pub fn registers() -> impl Strategy<Value = String> {
    vec((vec(tables(), 1..4), any::<bool>()), 1..4).prop_map(|mut services| {
        for (number, (tables, _)) in services.iter_mut().enumerate() {
            tables.iter_mut().for_each(|table| table.service = number);
        }
        let mut text = "platform shop { postgres version=\"16.3\"; kafka partitions=2 retention-days=7 }\n\
            team all contact=\"#all\"\n\
            server main class=db.t3.small storage-gb=50 max-connections=200\n"
            .to_owned();
        let subject = &services[0].0[0];
        for (number, (tables, extra)) in services.iter().enumerate() {
            service(&mut text, number, tables, *extra, subject);
        }
        text
    })
}

#[derive(Clone, Debug)]
struct Table {
    /// The number of its service.
    service: usize,
    name: Index,
    columns: Vec<Column>,
    key: u8,
    keys: Vec<(Index, u8)>,
    indexes: Vec<(Index, Index, u8)>,
    partition: u8,
    soft_delete: bool,
}

#[derive(Clone, Debug)]
struct Column {
    kind: Index,
    nullable: bool,
    default: Option<Index>,
    check: Option<Index>,
    summary: bool,
}

fn columns() -> impl Strategy<Value = Column> {
    let choice = proptest::option::of(any::<Index>());
    (any::<Index>(), any::<bool>(), choice.clone(), choice, any::<bool>()).prop_map(
        |(kind, nullable, default, check, summary)| Column { kind, nullable, default, check, summary },
    )
}

fn tables() -> impl Strategy<Value = Table> {
    let parts = (any::<Index>(), vec(columns(), 1..8), 0..3u8, vec((any::<Index>(), any::<u8>()), 0..3));
    let rest = (vec((any::<Index>(), any::<Index>(), any::<u8>()), 0..4), 0..8u8, any::<bool>());
    (parts, rest).prop_map(|((name, columns, key, keys), (indexes, partition, soft_delete))| Table {
        service: 0,
        name,
        columns,
        key,
        keys,
        indexes,
        partition,
        soft_delete,
    })
}

impl Table {
    fn name(&self, number: usize) -> String {
        format!("{}_{}{number}", TABLES[self.name.index(TABLES.len())], self.service)
    }

    fn key_type(&self) -> &'static str {
        ["uuid", "bigint", "text"][usize::from(self.key)]
    }

    /// Its name and its type.
    fn column(&self, number: usize) -> (String, &'static TypeChoice) {
        let kind = self.columns[number].kind.index(TYPES.len());
        (format!("{}_{number}", COLUMNS[(kind + number) % COLUMNS.len()]), &TYPES[kind])
    }

    /// Whether other tables can point at its `id` alone.
    fn is_whole(&self) -> bool {
        self.partition > 2
    }
}

fn service(text: &mut String, number: usize, tables: &[Table], extra: bool, subject: &Table) {
    let line = format!(
        "service s{number} team=all {{\n    database shop_s{number} on=main pool=2\n    extension citext\n    \
         extension pg_trgm\n    enum status open closed \"it's done\"\n"
    );
    text.push_str(&line);
    // The first service tells of its first table; the others refer to it and keep copies.
    let (told, carried) = (subject.name(0), subject.column(0).0);
    let refers = number > 0 && subject.is_whole();
    for position in 0..tables.len() {
        let reference = (refers && position == 0).then_some(subject);
        table(text, tables, position, reference);
    }
    if number == 0 && subject.is_whole() {
        let events = "event ThingCreated when=created; event ThingUpdated when=updated; event ThingDeleted when=deleted";
        let outbox = if extra { "trigger" } else { "application" };
        writeln!(
            text,
            "    topic s0.thing of={told} key=id outbox={outbox} {{ carries {carried}; {events} }}"
        )
        .unwrap();
    }
    if refers {
        writeln!(text, "    projection copies of=s0.{told} {{ key as=thing_id; carries {carried} }}")
            .unwrap();
    }
    if extra {
        let name = tables[0].name(0);
        let up = format!("CREATE VIEW seen AS SELECT id FROM \\\"{name}\\\"");
        writeln!(text, "    sql seen after={name} {{ up \"{up}\"; down \"DROP VIEW seen\" }}").unwrap();
    }
    text.push_str("}\n");
}

fn table(text: &mut String, tables: &[Table], position: usize, refers_to: Option<&Table>) {
    let table = &tables[position];
    let name = table.name(position);
    writeln!(text, "    table {name} entity=Thing{position} summary=\"it's a \\\\ thing\" {{").unwrap();
    let identity = if table.key_type() == "bigint" { " identity" } else { "" };
    writeln!(text, "        column id {}{identity}", table.key_type()).unwrap();
    for number in 0..table.columns.len() {
        column(text, table, number);
    }
    keys(text, tables, position);
    partition(text, table, &name);
    indexes(text, table);
    if let Some(target) = refers_to {
        writeln!(text, "        column thing_id {} nullable", target.key_type()).unwrap();
        let target = target.name(0);
        writeln!(text, "        reference thing_id to=s0.{target} on-delete=nullify verify=projection")
            .unwrap();
    }
    if table.soft_delete {
        text.push_str("        column deleted_at timestamptz nullable\n        soft-delete deleted_at\n");
        text.push_str(
            "        column updated_at timestamptz default-sql=\"now()\" on-update-sql=\"now()\"\n",
        );
    }
    text.push_str("    }\n");
}

fn column(text: &mut String, table: &Table, number: usize) {
    let choice = &table.columns[number];
    let (name, kind) = table.column(number);
    write!(text, "        column {name} \"{}\"", kind.name).unwrap();
    if choice.nullable {
        text.push_str(" nullable");
    }
    if let Some(default) = choice.default.filter(|_| !kind.defaults.is_empty()) {
        write!(text, " {}", default.get(kind.defaults)).unwrap();
    }
    if choice.summary {
        text.push_str(" summary=\"what's in $$ it\"");
    }
    text.push('\n');
    if let Some(check) = choice.check {
        let expression = fill(kind.checks[check.index(kind.checks.len())], &name);
        writeln!(text, "        check check_{number} #\"{expression}\"#").unwrap();
    }
}

fn fill(pattern: &str, column: &str) -> String {
    pattern.replace("{c}", &format!("\"{column}\""))
}

/// The primary key, and foreign keys to tables before this one.
fn keys(text: &mut String, tables: &[Table], position: usize) {
    let table = &tables[position];
    match table.partition {
        0 | 2 => text.push_str("        column at timestamptz\n        column part text\n"),
        _ => {}
    }
    text.push_str(match table.partition {
        0 => "        primary-key id at\n",
        2 => "        primary-key id part\n",
        _ => "        primary-key id\n        unique id\n",
    });
    for (number, (target, flags)) in table.keys.iter().enumerate() {
        let target_position = target.index(position + 1);
        let target_table = &tables[target_position];
        if target_position == position || !target_table.is_whole() {
            continue;
        }
        let target = target_table.name(target_position);
        let nullable = flags % 2 == 0;
        let action = match flags / 2 % 4 {
            0 => "",
            1 => " on-delete=cascade",
            2 => " on-delete=restrict",
            _ if nullable => " on-delete=set-null on-update=cascade",
            _ => " on-delete=no-action",
        };
        let deferrable = if flags & 64 == 64 { " deferrable" } else { "" };
        let nullable = if nullable { " nullable" } else { "" };
        writeln!(text, "        column key_{number} {}{nullable}", target_table.key_type()).unwrap();
        writeln!(text, "        foreign-key key_{number} to={target}{action}{deferrable}").unwrap();
        writeln!(text, "        index key_{number}").unwrap();
    }
}

fn partition(text: &mut String, table: &Table, name: &str) {
    match table.partition {
        0 => text.push_str("        partition by=range at { every month; from \"2025-11\"; ahead 2 }\n"),
        1 => text.push_str("        partition by=hash id { parts 3 }\n"),
        2 => writeln!(
            text,
            "        partition by=list part {{ part {name}_a a \"it's\"; part {name}_b \"b, c\" }}"
        )
        .unwrap(),
        _ => {}
    }
}

fn indexes(text: &mut String, table: &Table) {
    for (first, second, flags) in &table.indexes {
        let (name, kind) = table.column(first.index(table.columns.len()));
        let (other, other_kind) = table.column(second.index(table.columns.len()));
        let line = if !kind.ordered {
            format!("index {name} using=gin")
        } else if flags & 8 == 8 && !kind.expressions.is_empty() {
            format!(
                "index #\"({})\"#",
                fill(kind.expressions[usize::from(flags / 16) % kind.expressions.len()], &name)
            )
        } else {
            let order = ["", " desc", " desc nulls last", " nulls first"][usize::from(flags % 4)];
            let pattern = if kind.name == "text" && flags & 16 == 16 { " text_pattern_ops" } else { "" };
            let include =
                if other == name || flags & 32 == 0 { String::new() } else { format!(" include={other}") };
            let condition = match other_kind.checks.get(usize::from(*flags) % other_kind.checks.len()) {
                Some(check) if flags & 4 == 4 => format!(" where=#\"{}\"#", fill(check, &other)),
                _ => String::new(),
            };
            format!("index \"{name}{pattern}{order}\" {condition}{include}")
        };
        writeln!(text, "        {line}").unwrap();
    }
}
