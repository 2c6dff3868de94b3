//! Calls of functions, and the special syntax that SQL has for some of them.

use super::Converter;
use super::term::{Head, Term};
use crate::sql::expression::columns::folded;
use sqlparser::ast::{
    BinaryOperator, CeilFloorKind, DateTimeField, Expr, Function, FunctionArg, FunctionArgExpr,
    FunctionArguments, ObjectName, TrimWhereField,
};

/// Functions whose arguments become one type.
const UNIFYING: &[&str] = &["coalesce", "greatest", "least", "nullif"];

impl Converter<'_> {
    pub(super) fn call(&self, expression: &Expr, depth: usize) -> Option<Term> {
        let below = |inner: &Expr| Some(self.as_argument(self.term(inner, depth + 1)?));
        match expression {
            Expr::Function(function) => self.function(function, depth),
            Expr::AtTimeZone { timestamp, time_zone } => {
                Some(Term::function("timezone", vec![below(time_zone)?, below(timestamp)?]))
            }
            Expr::Extract { field, expr, .. } => {
                let field = Term::Text(field.to_string().trim_matches('\'').to_lowercase());
                Some(Term::function("extract", vec![field, below(expr)?]))
            }
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                Some(Term::function("ceil", self.arguments("ceil", vec![self.term(expr, depth + 1)?])?))
            }
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                Some(Term::function("floor", self.arguments("floor", vec![self.term(expr, depth + 1)?])?))
            }
            Expr::Position { expr, r#in } => {
                Some(Term::function("position", vec![below(r#in)?, below(expr)?]))
            }
            Expr::BinaryOp { left, op: BinaryOperator::Overlaps, right } => {
                let mut arguments = Vec::new();
                for side in [left, right] {
                    match self.term(side, depth + 1)? {
                        Term::List(Head::Row, ends) => arguments.extend(ends),
                        _ => return None,
                    }
                }
                Some(Term::function("overlaps", arguments))
            }
            _ => self.text_call(expression, depth),
        }
    }

    /// SUBSTRING, TRIM and OVERLAY with their words between the arguments.
    fn text_call(&self, expression: &Expr, depth: usize) -> Option<Term> {
        let below = |inner: &Expr| Some(self.as_argument(self.term(inner, depth + 1)?));
        match expression {
            Expr::Substring { expr, substring_from, substring_for, .. } => {
                let start = match substring_from {
                    Some(start) => below(start)?,
                    None => Term::Number("1".to_owned(), None),
                };
                let mut arguments = vec![below(expr)?, start];
                if let Some(length) = substring_for {
                    arguments.push(below(length)?);
                }
                Some(Term::function("substring", arguments))
            }
            Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "btrim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                let mut arguments = vec![below(expr)?];
                match (trim_what, trim_characters.as_deref()) {
                    (None, None) => {}
                    (Some(what), None) => arguments.push(below(what)?),
                    (None, Some([what])) => arguments.push(below(what)?),
                    _ => return None,
                }
                Some(Term::function(name, arguments))
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut arguments = vec![below(expr)?, below(overlay_what)?, below(overlay_from)?];
                if let Some(length) = overlay_for {
                    arguments.push(below(length)?);
                }
                Some(Term::function("overlay", arguments))
            }
            _ => None,
        }
    }

    fn function(&self, function: &Function, depth: usize) -> Option<Term> {
        let is_plain = function.filter.is_none()
            && function.over.is_none()
            && function.null_treatment.is_none()
            && function.within_group.is_empty()
            && matches!(function.parameters, FunctionArguments::None)
            && !function.uses_odbc_syntax;
        if !is_plain {
            return None;
        }
        let name = function_name(&function.name)?;
        let arguments = match &function.args {
            FunctionArguments::None => return Some(Term::function(name, Vec::new())),
            FunctionArguments::Subquery(_) => return None,
            FunctionArguments::List(list) => list,
        };
        if arguments.duplicate_treatment.is_some() || !arguments.clauses.is_empty() {
            return None;
        }
        let terms: Option<Vec<Term>> =
            arguments.args.iter().map(|argument| self.argument(argument, depth)).collect();
        let terms = if UNIFYING.contains(&name.as_str()) {
            self.unify(terms?)?
        } else {
            self.arguments(&name, terms?)?
        };
        Some(if name == "row" { Term::List(Head::Row, terms) } else { Term::function(name, terms) })
    }

    fn argument(&self, argument: &FunctionArg, depth: usize) -> Option<Term> {
        match argument {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expression)) => self.term(expression, depth + 1),
            FunctionArg::Named { name, arg: FunctionArgExpr::Expr(value), .. } => {
                let value = self.term(value, depth + 1)?.without_width();
                Some(Term::List(Head::Named(folded(name)), vec![value]))
            }
            FunctionArg::ExprNamed {
                name: Expr::Identifier(name),
                arg: FunctionArgExpr::Expr(value),
                ..
            } => {
                let value = self.term(value, depth + 1)?.without_width();
                Some(Term::List(Head::Named(folded(name)), vec![value]))
            }
            _ => None,
        }
    }
}

/// The name without the schemas that PostgreSQL leaves out when it prints. The functions with a syntax of
/// their own keep its name.
fn function_name(name: &ObjectName) -> Option<String> {
    let parts: Option<Vec<String>> = name.0.iter().map(|part| part.as_ident().map(folded)).collect();
    let parts = parts?;
    let name = match parts.as_slice() {
        [name] => name.clone(),
        [schema, name] if schema == "pg_catalog" || schema == "public" => name.clone(),
        [schema, name] => format!("{schema}.{name}"),
        _ => return None,
    };
    Some(match name.as_str() {
        "user" => "current_user".to_owned(),
        _ => name,
    })
}
