//! Normal forms of expressions against what PostgreSQL stores: `tests/data/expressions.txt` holds, per line,
//! kind, own form and stored form between tabs; `tests/postgres/expressions.rs` asks servers for the stored forms.

use freehold::sql;
use std::collections::BTreeMap;

const PAIRS: &str = include_str!("data/expressions.txt");
const DIFFERENT: &str = include_str!("data/expressions_that_differ.txt");

/// Columns of the table that the expressions are about, with their types.
fn columns() -> BTreeMap<String, String> {
    let lines = PAIRS.lines().filter_map(|line| line.strip_prefix("column\t"));
    lines.filter_map(|line| line.split_once('\t')).map(|(n, t)| (n.to_owned(), t.to_owned())).collect()
}

/// Line feeds, tabs and backslashes are written as in C.
fn unescape(part: &str) -> String {
    let mut plain = String::new();
    let mut characters = part.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                other => plain.extend(other),
            },
            other => plain.push(other),
        }
    }
    plain
}

fn pairs(text: &str) -> Vec<[String; 3]> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.starts_with("column\t") && !line.is_empty())
        .map(|line| {
            let parts: Vec<String> = line.split('\t').map(unescape).collect();
            parts.try_into().unwrap_or_else(|_| panic!("three parts: {line}"))
        })
        .collect()
}

/// The normal form, or why there is none.
fn normal_form(text: &str) -> Result<String, String> {
    let columns = columns();
    let types = |name: &str| columns.get(name).cloned();
    let expression = sql::expression_with(text, &types).map_err(|error| format!("{error:?}"))?;
    expression.normal_form.ok_or_else(|| "none".to_owned())
}

fn default_form(column: &str, text: &str) -> Result<String, String> {
    let data_type = columns().remove(column).unwrap_or_default();
    let expression = sql::default_expression(text, &data_type).map_err(|error| format!("{error:?}"))?;
    expression.normal_form.ok_or_else(|| "none".to_owned())
}

#[test]
fn own_and_stored_forms_are_equal() {
    let mut failures = Vec::new();
    let mut compared = 0;
    for [kind, own, stored] in pairs(PAIRS) {
        let (left, right) = match kind.strip_prefix("default ") {
            Some(column) => (default_form(column, &own), default_form(column, &stored)),
            None => (normal_form(&own), normal_form(&stored)),
        };
        compared += 1;
        if kind == "uncomparable" {
            // Not taken for equal, nor for different: one of them has no normal form.
            if left.is_ok() && right.is_ok() {
                failures.push(format!("comparable\t{own}\t{stored}"));
            }
        } else if left.is_err() || left != right {
            failures.push(format!("{kind}\t{own}\t{stored}\n    {left:?}\n    {right:?}"));
        }
    }
    assert!(compared >= 120, "only {compared} pairs");
    assert!(failures.is_empty(), "{} of {compared}:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn expressions_of_different_meaning_stay_different() {
    let mut compared = 0;
    for line in DIFFERENT.lines().filter(|line| !line.starts_with('#')) {
        let (left, right) = line.split_once('\t').unwrap_or_else(|| panic!("two parts: {line}"));
        let (left, right) = (normal_form(&unescape(left)), normal_form(&unescape(right)));
        assert!(left.is_ok() && right.is_ok(), "{line}: {left:?} {right:?}");
        assert_ne!(left, right, "{line}");
        compared += 1;
    }
    assert!(compared >= 50, "only {compared} pairs");
}

/// Texts that would be deep trees, or many tokens.
fn towers() -> Vec<String> {
    let pieces = [
        ("(", "a", ")"),
        ("NOT ", "a", ""),
        ("- ", "1", ""),
        ("", "a", "::int"),
        ("", "a", " + 1"),
        ("", "a", " AND b"),
        ("", "a", "[1]"),
        ("", "a", " IS NULL"),
        ("CASE WHEN ", "a", " THEN 1 END"),
        ("f(", "a", ")"),
        ("ARRAY[", "1", "]"),
        ("", "a", " COLLATE \"C\""),
        ("", "a", " AT TIME ZONE 'UTC'"),
        ("", "a", ".b"),
        ("a = ANY (", "b", ")"),
        ("a + ", "b", ""),
        ("a ^ ", "b", ""),
        ("", "a", " || 'x'"),
        ("a IN (", "1", ")"),
        ("", "a", " OR b = 1"),
    ];
    let mut towers = Vec::new();
    for (front, middle, back) in pieces {
        for height in [10, 31, 100, 400, 900, 20_000] {
            towers.push(format!("{}{middle}{}", front.repeat(height), back.repeat(height)));
        }
    }
    towers
}

#[test]
fn no_tower_of_tokens_overflows_the_stack() {
    let (mut read, mut refused) = (0, 0);
    for tower in towers() {
        match sql::expression(&tower) {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(error.offset <= tower.len());
                refused += 1;
            }
        }
        let _ = sql::columns_of(&tower);
        let _ = sql::statement(&tower);
    }
    assert!(read > 20 && refused > 20, "{read} read, {refused} refused");
}

#[test]
fn lists_of_values_may_be_long() {
    let values: Vec<String> = (0..5000).map(|value| value.to_string()).collect();
    let text = format!("n IN ({})", values.join(", "));
    assert!(sql::expression(&text).unwrap().normal_form.is_some());
    let many: Vec<String> = (0..200).map(|value| format!("n <> {value}")).collect();
    assert!(sql::expression(&many.join(" AND ")).unwrap().normal_form.is_some());
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(text in "\\PC{0,80}") {
        if let Err(error) = sql::expression(&text) {
            proptest::prop_assert!(error.offset <= text.len() && text.is_char_boundary(error.offset));
        }
        let _ = sql::column_uses(&text);
        let _ = sql::statement(&text);
    }

    #[test]
    fn any_run_of_tokens_is_read_or_refused(
        words in proptest::collection::vec(proptest::sample::select(WORDS), 0..30)
    ) {
        let text = words.join(" ");
        if let Err(error) = sql::expression(&text) {
            proptest::prop_assert!(error.offset <= text.len());
        }
        let _ = sql::statement(&text);
        let _ = sql::DataType::parse(&text);
    }
}

#[rustfmt::skip]
const WORDS: &[&str] = &[
    "a", "b", "\"C\"", "1", "1.5e3", "'x'", "E'\\n'", "$$x$$", "(", ")", "[", "]", ",", ".", ";", "::", "int", "text", "=", "<",
    "+", "-", "*", "||", "~~", "@>", "AND", "OR", "NOT", "IS", "NULL", "IN", "BETWEEN", "LIKE", "CASE", "WHEN", "THEN", "ELSE",
    "END", "CAST", "AS", "ARRAY", "ANY", "INTERVAL", "'1 day'", "EXTRACT", "FROM", "TRIM", "LEADING", "SUBSTRING", "COLLATE",
    "AT", "TIME", "ZONE", "now", "count", "SELECT", "OVER", "$1", "--", "/*", "*/", "\\", "DISTINCT", "date", "ROW", "true",
];
