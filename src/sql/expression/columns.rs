//! Which columns an expression uses, and where.

use super::{byte_offset, parse};
use sqlparser::ast::{AccessExpr, Expr, Function, FunctionArg, FunctionArguments, Ident, Visit, Visitor};
use sqlparser::tokenizer::Location;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// One use of a column in an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnUse {
    /// The column, in lower case unless quoted.
    pub name: String,
    /// What stands before its `.`, if anything: the table.
    pub qualifier: Option<String>,
    /// The byte of the text where it stands, qualifier included.
    pub offset: usize,
}

/// The names of the columns that an expression uses, each once, in order. Empty where the text is no expression.
pub fn columns_of(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut seen = BTreeSet::new();
    for column in column_uses(text) {
        if seen.insert(column.name.clone()) {
            names.push(column.name);
        }
    }
    names
}

/// Every use of a column, in order. Empty where the text is no expression.
pub fn column_uses(text: &str) -> Vec<ColumnUse> {
    parse(text).map(|parsed| columns_in(text, &parsed)).unwrap_or_default()
}

/// Every use of a column in the tree of a text, in order.
pub(super) fn columns_in(text: &str, parsed: &Expr) -> Vec<ColumnUse> {
    let mut collector = Collector { text, found: Vec::new(), no_columns: BTreeSet::new() };
    let _ = parsed.visit(&mut collector);
    let mut found = collector.found;
    found.sort_by_key(|column| column.offset);
    found
}

/// Names that stand for values without being columns; PostgreSQL manual, "System Information Functions".
#[rustfmt::skip]
const VALUES: &[&str] = &[
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "localtime", "localtimestamp", "session_user", "system_user", "user",
];

struct Collector<'a> {
    text: &'a str,
    found: Vec<ColumnUse>,
    /// Where identifiers stand that are no columns: names of arguments, fields of composite values.
    no_columns: BTreeSet<Location>,
}

impl Collector<'_> {
    fn add(&mut self, qualifier: Option<&Ident>, column: &Ident) {
        let start = qualifier.unwrap_or(column).span.start;
        let is_value = column.quote_style.is_none() && VALUES.contains(&folded(column).as_str());
        if is_value && qualifier.is_none() || self.no_columns.contains(&start) {
            return;
        }
        self.found.push(ColumnUse {
            name: folded(column),
            qualifier: qualifier.map(folded),
            offset: byte_offset(self.text, start.line, start.column),
        });
    }

    fn skip(&mut self, expression: &Expr) {
        if let Expr::Identifier(identifier) = expression {
            self.no_columns.insert(identifier.span.start);
        }
    }

    fn skip_argument_names(&mut self, function: &Function) {
        let FunctionArguments::List(list) = &function.args else { return };
        for argument in &list.args {
            if let FunctionArg::ExprNamed { name, .. } = argument {
                self.skip(name);
            }
        }
    }
}

impl Visitor for Collector<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
        match expression {
            Expr::Identifier(column) => self.add(None, column),
            Expr::CompoundIdentifier(parts) => {
                if let [.., qualifier, column] = parts.as_slice() {
                    self.add(Some(qualifier), column);
                }
            }
            Expr::CompoundFieldAccess { access_chain, .. } => {
                for access in access_chain {
                    if let AccessExpr::Dot(field) = access {
                        self.skip(field);
                    }
                }
            }
            Expr::Function(function) => self.skip_argument_names(function),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// A name as PostgreSQL reads it: in lower case unless quoted.
pub(super) fn folded(identifier: &Ident) -> String {
    if identifier.quote_style.is_some() { identifier.value.clone() } else { identifier.value.to_lowercase() }
}
