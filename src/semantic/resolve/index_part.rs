//! A part of an index as one text: `created_at desc nulls last`, `name gin_trgm_ops`, `(lower(email))`.

use super::unknown_of;
use crate::diagnostic::Finding;
use crate::semantic::grammar::Flag;
use crate::semantic::model::{IndexKey, IndexPart, Located, TableId};
use crate::semantic::suggest::nearest;
use crate::semantic::wording::{shown, suggest_column};

/// What an index is over.
pub struct IndexOwner<'a> {
    /// `table` or `read copy`.
    pub kind: &'static str,
    /// Its name.
    pub name: &'a Located<String>,
    /// The names of its columns.
    pub columns: Vec<&'a str>,
    /// The table, or the one that is copied.
    pub table: TableId,
}

/// Why a text is no part of an index.
#[derive(Debug, PartialEq, Eq)]
pub enum Problem {
    /// There is no such column.
    UnknownColumn(String),
    /// A parenthesis has no partner.
    Unbalanced,
    /// A word behind the column means nothing there.
    UnknownWord(String),
    /// There is nothing to be over.
    Empty,
}

impl Problem {
    /// The finding about it, in an index that also takes these flags.
    pub fn finding(self, text: &Located<String>, owner: &IndexOwner<'_>, flags: &[Flag]) -> Finding {
        match self {
            Problem::UnknownColumn(name) if name.ends_with(',') => {
                Finding::error("wrong-value", "the columns of an index are texts of their own")
                    .at(text.place, "read as one column")
                    .help("written as `index COLUMN COLUMN`, each with quotes of its own where it has an order")
            }
            Problem::UnknownColumn(name) => {
                let is_call = name.contains('(');
                let name = Located::new(name, text.place);
                let finding = unknown_of(owner.kind, owner.name, "column", &name);
                match is_call {
                    true => finding.help("an expression stands in parentheses, as in `\"(lower(email))\"`"),
                    false => suggest_column(finding, name.as_str(), owner.columns.iter().copied(), flags),
                }
            }
            Problem::Unbalanced => Finding::error("wrong-value", "a parenthesis of the index has no partner")
                .at(text.place, "not balanced")
                .help("an expression stands in parentheses, as in `\"(lower(email))\"`"),
            Problem::UnknownWord(word) => {
                Finding::error("wrong-value", format!("`{}` means nothing in an index", shown(&word)))
                    .at(text.place, "not understood")
                    .help("behind the column: an operator class, then `asc` or `desc`, then `nulls first` or `nulls last`")
            }
            Problem::Empty => {
                Finding::error("wrong-value", "an index is over a column or an expression").at(text.place, "empty")
                    .help("written as `index COLUMN...`")
            }
        }
    }
}

/// Reads a part of an index over columns of these names.
pub fn index_part(text: &str, columns: &[&str]) -> Result<IndexPart, Problem> {
    let text = text.trim();
    let (key, rest) = if text.starts_with('(') {
        let end = closing_parenthesis(text).ok_or(Problem::Unbalanced)?;
        let inner = text.get(1..end).unwrap_or("").trim();
        if inner.is_empty() {
            return Err(Problem::Empty);
        }
        (IndexKey::Expression(inner.to_owned()), text.get(end + 1..).unwrap_or(""))
    } else {
        // A column whose name holds a space can only stand alone.
        match columns.iter().position(|column| *column == text) {
            Some(index) => (IndexKey::Column(index), ""),
            None => named_column(text, columns)?,
        }
    };
    options(key, rest)
}

fn named_column<'t>(text: &'t str, columns: &[&str]) -> Result<(IndexKey, &'t str), Problem> {
    let (name, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if name.is_empty() {
        return Err(Problem::Empty);
    }
    match columns.iter().position(|column| *column == name) {
        Some(index) => Ok((IndexKey::Column(index), rest)),
        None => Err(Problem::UnknownColumn(name.to_owned())),
    }
}

fn options(key: IndexKey, rest: &str) -> Result<IndexPart, Problem> {
    let mut part = IndexPart { key, descending: false, nulls_first: None, operator_class: None };
    let mut words = rest.split_whitespace().peekable();
    let is_order = |word: &str| ["asc", "desc", "nulls"].contains(&word.to_ascii_lowercase().as_str());
    if let Some(word) = words.next_if(|word| !is_order(word)) {
        // No operator class is called almost like a word of the order.
        if !is_operator_class(word) || nearest(word, ["asc", "desc", "nulls"]).is_some() {
            return Err(Problem::UnknownWord(word.to_owned()));
        }
        part.operator_class = Some(word.to_owned());
    }
    if let Some(word) = words.next_if(|word| ["asc", "desc"].contains(&word.to_ascii_lowercase().as_str())) {
        part.descending = word.eq_ignore_ascii_case("desc");
    }
    if words.next_if(|word| word.eq_ignore_ascii_case("nulls")).is_some() {
        part.nulls_first = match words.next() {
            Some(word) if word.eq_ignore_ascii_case("first") => Some(true),
            Some(word) if word.eq_ignore_ascii_case("last") => Some(false),
            other => return Err(Problem::UnknownWord(other.unwrap_or("nulls").to_owned())),
        };
    }
    match words.next() {
        Some(word) => Err(Problem::UnknownWord(word.to_owned())),
        None => Ok(part),
    }
}

fn is_operator_class(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// The byte of the parenthesis that closes the first one, with quoted parts passed over.
fn closing_parenthesis(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote: Option<char> = None;
    for (offset, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(offset);
                }
            }
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [&str; 3] = ["id", "created_at", "name"];

    fn part(key: IndexKey) -> IndexPart {
        IndexPart { key, descending: false, nulls_first: None, operator_class: None }
    }

    #[test]
    fn orders_classes_and_expressions_are_read() {
        let newest = IndexPart { descending: true, nulls_first: Some(false), ..part(IndexKey::Column(1)) };
        assert_eq!(index_part("created_at DESC NULLS LAST", &COLUMNS), Ok(newest));
        let fuzzy = IndexPart { operator_class: Some("gin_trgm_ops".into()), ..part(IndexKey::Column(2)) };
        assert_eq!(index_part("name gin_trgm_ops", &COLUMNS), Ok(fuzzy));
        let lower = IndexPart { descending: true, ..part(IndexKey::Expression("lower(name || ')')".into())) };
        assert_eq!(index_part("(lower(name || ')')) desc", &COLUMNS), Ok(lower));
    }

    #[test]
    fn mistakes_are_told_apart() {
        assert_eq!(index_part("nam", &COLUMNS), Err(Problem::UnknownColumn("nam".into())));
        assert_eq!(index_part("(lower(name)", &COLUMNS), Err(Problem::Unbalanced));
        assert_eq!(index_part("name desc please", &COLUMNS), Err(Problem::UnknownWord("please".into())));
        assert_eq!(index_part("name Ops;drop", &COLUMNS), Err(Problem::UnknownWord("Ops;drop".into())));
        assert_eq!(index_part("()", &COLUMNS), Err(Problem::Empty));
        assert_eq!(index_part("name nulls", &COLUMNS), Err(Problem::UnknownWord("nulls".into())));
    }
}
