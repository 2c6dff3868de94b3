//! Expressions and literals of the register as expressions of the schema.

use crate::schema::{Column, Expression};
use crate::semantic::model::DefaultValue;
use crate::sql::{self, Literal};
use foldhash::HashMap;
use indexmap::IndexMap;

/// An expression over a table's columns. One that is no expression, which rule `invalid-expression` reports, keeps
/// its text.
pub(super) fn expression(text: &str, columns: &IndexMap<String, Column>) -> Expression {
    let column_type = |name: &str| columns.get(name).map(|column| column.data_type.clone());
    sql::expression_with(text, &column_type)
        .unwrap_or_else(|_| Expression { text: text.to_owned(), normal_form: None })
}

/// The default of a column of a type.
pub(super) fn default(text: &str, data_type: &str) -> Expression {
    sql::default_expression(text, data_type)
        .unwrap_or_else(|_| Expression { text: text.to_owned(), normal_form: None })
}

/// Defaults that were read. A register has few different ones, and reading one is the slowest part of a column.
#[derive(Default)]
pub(super) struct Defaults {
    by_text: HashMap<String, Vec<(String, Expression)>>,
}

impl Defaults {
    /// The default of a column of a type.
    pub(super) fn read(&mut self, text: String, data_type: &str) -> Expression {
        let of_types = self.by_text.entry(text.clone()).or_default();
        if let Some((_, known)) = of_types.iter().find(|(known_type, _)| known_type == data_type) {
            return known.clone();
        }
        let read = default(&text, data_type);
        of_types.push((data_type.to_owned(), read.clone()));
        read
    }
}

/// A constant of the register in SQL.
pub(super) fn literal(value: &DefaultValue) -> Literal {
    match value {
        DefaultValue::Text(text) => Literal::text(text),
        DefaultValue::Number(text) => Literal::number(text).unwrap_or_else(|| Literal::text(text)),
        DefaultValue::Boolean(value) => Literal::Boolean(*value),
        DefaultValue::Null => Literal::Null,
    }
}
