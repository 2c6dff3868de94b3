//! A query as text, with its name and parameters.

use crate::sql::LineComment;
use std::fmt::Write;

/// A statement that reads. Its parameters are `$1` and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Its name, unique among the queries of one side of a check.
    pub name: &'static str,
    /// What it answers, in a sentence or two.
    pub purpose: &'static str,
    /// Its parameters in order: the type of each, and what it says.
    pub parameters: Vec<(&'static str, &'static str)>,
    /// The statement, without a semicolon.
    pub text: String,
}

impl Query {
    /// A comment that says what the query answers, and what its parameters are.
    pub fn explanation(&self) -> String {
        let mut text = LineComment(&format!("{}: {}", self.name, self.purpose)).to_string();
        for (index, (_, meaning)) in self.parameters.iter().enumerate() {
            let _ = write!(text, "\n--   ${}: {meaning}", index + 1);
        }
        text
    }

    /// The statement that keeps the query in a session under its name. A plan has to be made for the parameters of each
    /// call (`plan_cache_mode = force_custom_plan`).
    pub fn prepare(&self) -> String {
        let types: Vec<&str> = self.parameters.iter().map(|(data_type, _)| *data_type).collect();
        let types = if types.is_empty() { String::new() } else { format!(" ({})", types.join(", ")) };
        format!("PREPARE {}{types} AS\n{};", self.name, self.text)
    }
}

/// Keys that travel together, separated by commas.
pub(super) const KEYS: (&str, &str) = ("text", "keys, separated by commas");
/// See [`super::key::Range::lower`].
pub(super) const LOWER: (&str, &str) =
    ("text", "the key after which the chunk begins; NULL: it begins with the first");
/// See [`super::key::Range::upper`].
pub(super) const UPPER: (&str, &str) = ("text", "the key with which it ends; NULL: it ends with the last");
/// How digests are made.
pub(super) const DIGEST: (&str, &str) = (
    "text",
    "'record': hashes, which servers of one major version agree on; 'sha256': those of canonical text",
);
/// The order of keys.
pub(super) const ORDER: (&str, &str) = (
    "text",
    "'native': the order of the key's own collation; 'bytes': where the servers have different ones",
);

/// An alias that a table of this name cannot be taken for.
pub(super) fn alias_beside(table: &str, alias: &str) -> String {
    if table == alias { format!("{alias}_") } else { alias.to_owned() }
}

/// Conditions under one another.
pub(super) fn where_all(conditions: &[String], indent: &str) -> String {
    if conditions.is_empty() {
        return String::new();
    }
    format!("\n{indent}WHERE {}", conditions.join(&format!("\n{indent}    AND ")))
}

/// Expressions on one line where they fit, else one on each line.
pub(super) fn list(columns: &[String], indent: &str) -> String {
    let on_one_line = columns.join(", ");
    if on_one_line.len() <= 80 {
        return on_one_line;
    }
    let separator = format!(",\n{indent}    ");
    format!("\n{indent}    {}\n{indent}", columns.join(&separator))
}
