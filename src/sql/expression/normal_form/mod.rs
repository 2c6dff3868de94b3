//! The normal form of an expression: a text that is the same for what people write and for what PostgreSQL
//! stores and prints of it (`pg_get_expr`), and differs where the meaning may. What is not covered has none.
//!
//! PostgreSQL resolves operators when it stores an expression: constants become constants of the other side's
//! type, IN becomes `= ANY`, BETWEEN two comparisons. `tests/data/expressions.txt` holds examples of each.

mod call;
mod cast;
mod constant;
mod convert;
mod family;
mod term;

use crate::sql::DataType;
use sqlparser::ast::Expr;
use term::Term;

/// The normal form of a parsed expression, if it has one. `column_type` gives types as `format_type` writes them.
pub(super) fn normal_form(expression: &Expr, column_type: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let converter = Converter { column_type };
    let mut text = String::new();
    converter.term(expression, 0)?.without_width().write(&mut text);
    Some(text)
}

/// The normal form of the default of a column of a type.
pub(super) fn default_normal_form(expression: &Expr, data_type: &str) -> Option<String> {
    let converter = Converter { column_type: &|_| None };
    let term = match (converter.term(expression, 0)?, DataType::parse(data_type)) {
        (literal @ Term::Text(_), Some(target)) if !target.is_array() => {
            converter.cast_to(literal, target.base())?
        }
        (other, _) => other,
    };
    let mut text = String::new();
    term.without_width().write(&mut text);
    Some(text)
}

/// Deepest term: what is deeper has no normal form. Bounds the stack of every walk over terms.
const DEEPEST: usize = 100;

struct Converter<'a> {
    column_type: &'a dyn Fn(&str) -> Option<String>,
}

impl Converter<'_> {
    /// The built-in type of a column, where it is known and is one.
    fn column(&self, name: &str) -> Option<DataType> {
        DataType::parse(&(self.column_type)(name)?)
    }
}
