//! Expressions and literals of the register as expressions of the schema.

use crate::schema::{Column, Expression, OrderedMap};
use crate::semantic::model::DefaultValue;
use crate::sql::{self, Literal};
use foldhash::HashMap;
use std::cell::RefCell;

/// The default of a column of a type.
pub(super) fn default(text: &str, data_type: &str) -> Expression {
    sql::default_expression(text, data_type)
        .unwrap_or_else(|_| Expression { text: text.to_owned(), normal_form: None })
}

/// Expressions that were read. A register has few different ones, and reading one is the slowest part of a table.
#[derive(Default)]
pub(super) struct Expressions {
    /// By text, then by the type of the column.
    defaults: HashMap<String, HashMap<String, Expression>>,
    /// The last reading of every text.
    readings: HashMap<String, Reading>,
}

/// What became of a text. It depends on nothing else than the types of the columns that were asked for.
struct Reading {
    asked: Vec<(String, Option<String>)>,
    expression: Expression,
}

impl Expressions {
    /// The default of a column of a type.
    pub(super) fn default_of(&mut self, text: String, data_type: &str) -> Expression {
        let of_types = self.defaults.entry(text.clone()).or_default();
        if let Some(known) = of_types.get(data_type) {
            return known.clone();
        }
        let read = default(&text, data_type);
        of_types.insert(data_type.to_owned(), read.clone());
        read
    }

    /// An expression over a table's columns. One that is no expression, which rule `invalid-expression` reports, keeps
    /// its text.
    pub(super) fn over(&mut self, columns: &OrderedMap<String, Column>, text: &str) -> Expression {
        let column_type = |name: &str| columns.get(name).map(|column| &column.data_type);
        let holds = |reading: &&Reading| {
            reading.asked.iter().all(|(name, known)| column_type(name) == known.as_ref())
        };
        if let Some(known) = self.readings.get(text).filter(holds) {
            return known.expression.clone();
        }
        let asked = RefCell::new(Vec::new());
        let answer = |name: &str| {
            let found = column_type(name).cloned();
            asked.borrow_mut().push((name.to_owned(), found.clone()));
            found
        };
        let expression = sql::expression_with(text, &answer)
            .unwrap_or_else(|_| Expression { text: text.to_owned(), normal_form: None });
        let reading = Reading { asked: asked.into_inner(), expression: expression.clone() };
        self.readings.insert(text.to_owned(), reading);
        expression
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
