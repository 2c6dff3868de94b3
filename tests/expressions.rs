//! Normal forms of expressions against what PostgreSQL stores: `tests/data/expressions.txt` holds, per line,
//! kind, own form and stored form between tabs; `postgres_expressions` checks the stored forms on a server.

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
