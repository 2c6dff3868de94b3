//! Random expressions over the columns of `typing::columns`: some that fit together for the most part, with a wrong part
//! here and there, and some of parts that were thrown together.

use crate::typing::columns;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::BoxedStrategy;

/// Constants of all kinds.
#[rustfmt::skip]
const CONSTANTS: &[&str] = &[
    "1", "0", "-1", "42", "1.5", "3000000000", "1e3", "'a'", "''", "'1'", "'1.5'", "'2024-02-29'", "'10:00'", "'1 day'", "'{}'",
    "'{1,2}'", "'[1,2)'", "'true'", "'sad'", "'happy'", "'nope'", "true", "false", "NULL", "'{\"a\": 1}'", "'a=>b'",
    "'00000000-0000-0000-0000-000000000000'", "'10.0.0.1'", "DATE '2024-01-01'", "INTERVAL '1 day'",
    "TIMESTAMP '2024-01-01 10:00'", "ARRAY[1, 2]", "ARRAY['a', 'b']", "current_date", "now()", "current_user",
    "b'101'", "NUMERIC '1.5'", "'a.b'::ltree", "'x'::citext", "ARRAY[]::int[]", "'sad'::mood",
];

#[rustfmt::skip]
const OPERATORS: &[&str] = &[
    "=", "<>", "<", ">", "<=", ">=", "+", "-", "*", "/", "%", "^", "||", "~", "~*", "!~", "@>", "<@", "&&", "->", "->>", "#>", "#>>",
    "?", "|", "&", "#", "<<", ">>", "-|-", "~~", "^@", "@@", "<->",
];

/// Functions with how many arguments they get.
#[rustfmt::skip]
const FUNCTIONS: &[(&str, usize)] = &[
    ("abs", 1), ("lower", 1), ("upper", 1), ("length", 1), ("char_length", 1), ("round", 1), ("round", 2), ("trunc", 1), ("floor", 1),
    ("ceil", 1), ("mod", 2), ("power", 2), ("sqrt", 1), ("substr", 2), ("substr", 3), ("substring", 2), ("left", 2), ("right", 2),
    ("replace", 3), ("concat", 2), ("concat_ws", 3), ("trim", 1), ("btrim", 2), ("lpad", 2), ("strpos", 2), ("split_part", 3),
    ("starts_with", 2), ("md5", 1), ("encode", 2), ("decode", 2), ("to_char", 2), ("to_date", 2), ("to_number", 2), ("to_timestamp", 1),
    ("date_trunc", 2), ("date_part", 2), ("age", 2), ("age", 1), ("now", 0), ("make_date", 3), ("array_length", 2), ("cardinality", 1),
    ("array_append", 2), ("array_cat", 2), ("array_position", 2), ("array_to_string", 2), ("string_to_array", 2), ("array_remove", 2),
    ("jsonb_typeof", 1), ("jsonb_array_length", 1), ("jsonb_build_object", 2), ("jsonb_extract_path_text", 2), ("to_jsonb", 1),
    ("json_typeof", 1), ("jsonb_set", 3), ("coalesce", 2), ("coalesce", 3), ("nullif", 2), ("greatest", 2), ("least", 3), ("isempty", 1),
    ("lower_inc", 1), ("int4range", 2), ("tstzrange", 2), ("range_merge", 2), ("host", 1), ("masklen", 1), ("family", 1),
    ("to_tsvector", 1), ("to_tsvector", 2), ("plainto_tsquery", 2), ("ts_rank", 2), ("gen_random_uuid", 0), ("random", 0), ("hashtext", 1),
    ("text", 1), ("int4", 1), ("date", 1), ("timezone", 2), ("similarity", 2), ("nlevel", 1), ("akeys", 1), ("lowr", 1), ("quote_literal", 1),
    ("format", 2), ("num_nulls", 2), ("enum_first", 1), ("sign", 1), ("octet_length", 1), ("bit_length", 1), ("regexp_replace", 3),
    ("regexp_match", 2), ("pg_column_size", 1), ("pg_typeof", 1), ("extract_x", 1), ("log", 1), ("exp", 1), ("justify_days", 1), ("date_bin", 3),
    ("generate_series", 2), ("unnest", 1), ("array_agg", 1),
];

#[rustfmt::skip]
const TYPES: &[&str] = &[
    "text", "int", "bigint", "numeric", "boolean", "date", "timestamptz", "timestamp", "time", "interval", "uuid", "jsonb", "json",
    "text[]", "int[]", "varchar(3)", "char(2)", "numeric(5,1)", "double precision", "bytea", "inet", "mood", "mood[]", "citext",
    "int4range", "tsvector", "name", "oid", "regclass", "hstore", "xml", "point", "bit(3)", "money",
];

fn column() -> BoxedStrategy<String> {
    let names: Vec<String> = columns().keys().map(|name| format!("\"{name}\"")).collect();
    select(names).boxed()
}

fn constant() -> BoxedStrategy<String> {
    select(CONSTANTS).prop_map(str::to_owned).boxed()
}

/// Parts thrown together.
fn any_expression() -> BoxedStrategy<String> {
    let leaf = prop_oneof![3 => column(), 2 => constant()];
    leaf.prop_recursive(3, 10, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        prop_oneof![
            6 => (two.clone(), select(OPERATORS)).prop_map(|((one, other), op)| format!("({one} {op} {other})")),
            6 => (select(FUNCTIONS), vec(inner.clone(), 3))
                .prop_map(|((name, count), arguments)| format!("{name}({})", arguments[..count].join(", "))),
            2 => (inner.clone(), select(TYPES)).prop_map(|(inner, name)| format!("({inner})::{name}")),
            1 => (inner.clone(), select(TYPES)).prop_map(|(inner, name)| format!("CAST({inner} AS {name})")),
            1 => vec(inner.clone(), 3).prop_map(|parts| format!("({} IN ({}, {}))", parts[0], parts[1], parts[2])),
            1 => vec(inner.clone(), 3).prop_map(|parts| format!("({} BETWEEN {} AND {})", parts[0], parts[1], parts[2])),
            1 => two.clone().prop_map(|(one, other)| format!("({one} LIKE {other})")),
            1 => (two.clone(), select(&["=", "<", "<>", "~~"][..])).prop_map(|((one, other), op)| format!("({one} {op} ANY ({other}))")),
            1 => vec(inner.clone(), 3).prop_map(|parts| format!("CASE WHEN {} THEN {} ELSE {} END", parts[0], parts[1], parts[2])),
            1 => vec(inner.clone(), 3).prop_map(|parts| format!("CASE {} WHEN {} THEN {} END", parts[0], parts[1], parts[2])),
            1 => vec(inner.clone(), 2).prop_map(|parts| format!("ARRAY[{}, {}]", parts[0], parts[1])),
            1 => two.clone().prop_map(|(one, other)| format!("({one})[{other}]")),
            1 => two.clone().prop_map(|(one, other)| format!("({one} IS DISTINCT FROM {other})")),
            1 => inner.clone().prop_map(|inner| format!("({inner} IS NULL)")),
            1 => inner.clone().prop_map(|inner| format!("({inner} IS TRUE)")),
            1 => inner.clone().prop_map(|inner| format!("(NOT {inner})")),
            1 => inner.clone().prop_map(|inner| format!("(- {inner})")),
            1 => two.clone().prop_map(|(one, other)| format!("({one} AND {other})")),
            1 => (inner.clone(), select(&["year", "epoch", "day"][..])).prop_map(|(inner, field)| format!("EXTRACT({field} FROM {inner})")),
            1 => two.clone().prop_map(|(one, other)| format!("({one} AT TIME ZONE {other})")),
            1 => vec(inner.clone(), 4).prop_map(|parts| format!("(({}, {}) = ({}, {}))", parts[0], parts[1], parts[2], parts[3])),
            1 => inner.clone().prop_map(|inner| format!("({inner} COLLATE \"C\")")),
            1 => two.clone().prop_map(|(one, other)| format!("SUBSTRING({one} FROM {other})")),
            1 => two.clone().prop_map(|(one, other)| format!("POSITION({one} IN {other})")),
        ]
    })
    .boxed()
}

/// What fits together: templates by what they give, with `{b}` for a condition, `{n}` for a number, `{t}` for text, `{s}` for a
/// time stamp, `{a}` for an array of numbers, `{j}` for a document.
#[rustfmt::skip]
const TEMPLATES: &[(char, &[&str])] = &[
    ('b', &["b", "({n} = {n})", "({n} < {n})", "({t} = {t})", "({t} LIKE {t})", "({t} ~ {t})", "({b} AND {b})", "({b} OR {b})", "(NOT {b})",
        "({n} IN ({n}, {n}))", "({t} IN ({t}, {t}, 'x'))", "({n} BETWEEN {n} AND {n})", "({t} IS NULL)", "({b} IS TRUE)", "(e = 'sad')",
        "(e IN ('ok', 'happy'))", "({n} = ANY ({a}))", "({s} > {s})", "({j} @> {j})", "({j} ? {t})", "({a} && {a})",
        "({n} IS DISTINCT FROM {n})", "starts_with({t}, {t})", "CASE WHEN {b} THEN {b} ELSE {b} END", "(({n}, {t}) = ({n}, {t}))", "isempty(r)",
        "({s} IS NOT NULL)", "coalesce({b}, {b})", "(e <> 'ok'::mood)", "(u = u)", "({t} = ANY (ARRAY[{t}, {t}]))", "(ct = {t})"]),
    ('n', &["i", "i", "bi", "si", "nu", "dp", "1", "2.5", "({n} + {n})", "({n} * {n})", "(- {n})", "abs({n})", "length({t})", "coalesce({n}, {n})",
        "CASE WHEN {b} THEN {n} ELSE {n} END", "greatest({n}, {n})", "round({n})", "EXTRACT(year FROM {s})", "cardinality({a})",
        "({t})::int", "({a})[1]", "nullif({n}, {n})", "strpos({t}, {t})", "jsonb_array_length({j})", "(({j} ->> 'a'))::numeric", "date_part('day', {s})"]),
    ('t', &["t", "v", "c", "'x'", "({t} || {t})", "({t} || {n})", "lower({t})", "upper({t})", "coalesce({t}, 'none')", "({j} ->> 'a')", "substr({t}, 1, 2)",
        "replace({t}, 'a', 'b')", "concat({t}, {n}, {b})", "({n})::text", "CASE {t} WHEN 'a' THEN {t} END", "(e)::text", "to_char({s}, 'YYYY')",
        "md5({t})", "trim({t})", "left({t}, 3)", "array_to_string({a}, ',')", "nullif({t}, '')", "(u)::text", "(d)::text", "format('%s', {t})",
        "regexp_replace({t}, 'a', 'b')", "greatest({t}, {t})", "(ct)::text", "split_part({t}, ',', 1)"]),
    ('s', &["tz", "ts", "d", "({s} + INTERVAL '1 day')", "({s} - INTERVAL '1 hour')", "date_trunc('day', {s})", "now()", "current_timestamp", "coalesce({s}, {s})",
        "TIMESTAMP '2024-01-01'", "(ts AT TIME ZONE 'UTC')", "(tz AT TIME ZONE 'UTC')", "({t})::timestamp", "greatest({s}, {s})", "(d + 1)", "({s})::date"]),
    ('a', &["ia", "ARRAY[{n}, {n}]", "'{1,2}'", "array_append(ia, i)", "(ia || i)", "ARRAY[1, 2]", "string_to_array({t}, ',')::int[]", "coalesce(ia, '{}')"]),
    ('j', &["jb", "'{}'", "to_jsonb({t})", "({j} -> 'a')", "jsonb_build_object('a', {n})", "({j} || {j})", "(jb #> '{a}')", "({j} - 'a')"]),
];

fn fitting(kind: char, depth: u32) -> BoxedStrategy<String> {
    let templates =
        TEMPLATES.iter().find(|(name, _)| *name == kind).map_or(&[][..], |(_, templates)| *templates);
    let usable: Vec<&'static str> = templates
        .iter()
        .filter(|template| depth > 0 || !template.contains('{') || template.contains("'{"))
        .copied()
        .collect();
    let one = select(usable).prop_flat_map(move |template| filled(template, depth));
    // A wrong part now and then.
    prop_oneof![30 => one, 1 => column(), 1 => constant()].boxed()
}

/// The template with its gaps filled.
fn filled(template: &'static str, depth: u32) -> BoxedStrategy<String> {
    let gap = template.char_indices().find_map(|(at, _)| {
        let rest = template[at..].strip_prefix('{')?;
        let kind = rest.chars().next()?;
        (rest[kind.len_utf8()..].starts_with('}') && TEMPLATES.iter().any(|(name, _)| *name == kind))
            .then_some((at, kind))
    });
    match gap {
        Some((at, kind)) if depth > 0 => {
            let (front, back) = (&template[..at], &template[at + 3..]);
            (fitting(kind, depth - 1), filled(back, depth))
                .prop_map(move |(part, back)| format!("{front}{part}{back}"))
                .boxed()
        }
        _ => Just(template.to_owned()).boxed(),
    }
}

/// An expression and where it stands.
pub fn placed_expression() -> BoxedStrategy<(String, String)> {
    let of = |kind: &'static str, expression: BoxedStrategy<String>| (Just(kind.to_owned()), expression);
    prop_oneof![
        5 => of("check", fitting('b', 4)),
        2 => of("check", any_expression()),
        2 => of("where", fitting('b', 4)),
        1 => of("index", fitting('t', 3)),
        1 => of("index", fitting('s', 3)),
        1 => of("index", any_expression()),
        1 => (select(TYPES).prop_map(|name| format!("generated {name}")), any_expression()),
        1 => of("generated text", fitting('t', 3)),
        1 => of("generated numeric", fitting('n', 3)),
        1 => of("generated timestamp", fitting('s', 3)),
        1 => (select(columns().keys().copied().collect::<Vec<_>>()).prop_map(|name| format!("default {name}")), constant()),
    ]
    .boxed()
}
