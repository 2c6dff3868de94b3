//! SQL as text of templates.

use crate::sql::{Literal, write_identifier};
use crate::templates::Quoted;

/// A name in SQL.
pub(super) fn identifier(name: &str) -> Quoted {
    let mut text = String::with_capacity(name.len());
    // Writing to a String cannot fail.
    let _ = write_identifier(&mut text, name);
    Quoted::already(text)
}

/// A string in SQL.
pub(super) fn literal(text: &str) -> Quoted {
    Quoted::already(Literal::text(text).to_string())
}

/// A file's text without empty lines at its end.
pub(super) fn one_line_feed_at_the_end(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
