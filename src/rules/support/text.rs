//! Words of findings: lists of names, numbers with their nouns, singulars.

use crate::semantic::model::{ColumnIndex, Environment, Located, Table};

/// Column names as they are written in a message: `a, b`.
pub fn column_list(table: &Table, columns: &[ColumnIndex]) -> String {
    let names = columns.iter().map(|column| table.columns[*column].name.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// As [`column_list`], of columns with places.
pub fn located_columns(table: &Table, columns: &[Located<ColumnIndex>]) -> String {
    column_list(table, &crate::semantic::model::column_indices(columns))
}

/// A count with its noun: `1 column`, `2 columns`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// The singular of an English plural such as `categories`, `addresses`, `users`, as far as its ending tells.
pub fn singular(plural: &str) -> String {
    let stem = |ending: &str| plural.strip_suffix(ending);
    if let Some(stem) = stem("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    for ending in ["sses", "shes", "ches", "xes", "uses"] {
        if let Some(stem) = plural.strip_suffix(ending) {
            return format!("{stem}{}", &ending[..ending.len() - 2]);
        }
    }
    match stem("s") {
        Some(stem) if !stem.is_empty() && !stem.ends_with('s') => stem.to_owned(),
        _ => plural.to_owned(),
    }
}

/// Where something is found, behind a sentence: nothing for production.
pub fn in_environment(environment: Environment<'_>) -> String {
    match environment.is_production() {
        true => String::new(),
        false => format!(" in the environment `{}`", environment.name()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_become_singular_by_their_ending() {
        let pairs = [
            ("users", "user"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("statuses", "status"),
            ("moderation_queue", "moderation_queue"),
            ("ties", "tie"),
            ("s", "s"),
            ("access", "access"),
        ];
        for (plural, expected) in pairs {
            assert_eq!(singular(plural), expected);
        }
    }
}
