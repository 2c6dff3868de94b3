//! From the parser's tree to terms.

use super::term::{Head, Term, Width};
use super::{Converter, DEEPEST, constant};
use crate::sql::expression::columns::folded;
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, Expr, Ident, Subscript, UnaryOperator, Value,
};

impl Converter<'_> {
    pub(super) fn term(&self, expression: &Expr, depth: usize) -> Option<Term> {
        if depth > DEEPEST {
            return None;
        }
        let below = |inner: &Expr| self.term(inner, depth + 1);
        if let Some((symbol, inner)) = test(expression) {
            return Some(Term::operator(symbol, vec![below(inner)?]));
        }
        match expression {
            Expr::Nested(inner) => below(inner),
            Expr::Identifier(column) => Some(Term::Column(folded(column))),
            Expr::CompoundIdentifier(parts) => qualified_column(parts),
            Expr::Value(value) => literal(&value.value),
            Expr::IsDistinctFrom(left, right) => {
                self.comparison("IS DISTINCT FROM", below(left)?, below(right)?)
            }
            Expr::IsNotDistinctFrom(left, right) => {
                Some(Term::not(self.comparison("IS DISTINCT FROM", below(left)?, below(right)?)?))
            }
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, depth),
            Expr::Between { expr, negated, low, high } => self.between(expr, *negated, low, high, depth),
            Expr::Like { .. } | Expr::ILike { .. } | Expr::SimilarTo { .. } => {
                self.pattern(expression, depth)
            }
            Expr::BinaryOp { left, op, right } => self.binary(expression, left, op, right, depth),
            Expr::AnyOp { left, compare_op, right, .. } => {
                self.quantified(left, compare_op, right, true, depth)
            }
            Expr::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, false, depth),
            Expr::UnaryOp { op, expr } => self.unary(*op, expr, depth),
            Expr::Cast { kind: CastKind::Cast | CastKind::DoubleColon, expr, data_type, format: None } => {
                self.cast_to(below(expr)?, &data_type.to_string())
            }
            Expr::TypedString(typed) if !typed.uses_odbc_syntax => {
                self.cast_to(literal(&typed.value.value)?, &typed.data_type.to_string())
            }
            Expr::Interval(interval) if interval.leading_field.is_none() => {
                self.cast_to(below(&interval.value)?, "interval")
            }
            Expr::Collate { expr, collation } => {
                let name = collation.0.last()?.as_ident()?.value.clone();
                Some(Term::List(Head::Collate(name), vec![below(expr)?]))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref(), depth)
            }
            Expr::Array(array) if array.named => {
                let elements: Option<Vec<Term>> = array.elem.iter().map(below).collect();
                Some(Term::List(Head::Array, self.unify(elements?)?))
            }
            Expr::Tuple(fields) => {
                let fields: Option<Vec<Term>> = fields.iter().map(below).collect();
                Some(Term::List(Head::Row, fields?))
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, depth),
            _ => self.call(expression, depth),
        }
    }

    fn in_list(&self, expr: &Expr, list: &[Expr], negated: bool, depth: usize) -> Option<Term> {
        let subject = self.term(expr, depth + 1)?;
        let symbol = if negated { "<>" } else { "=" };
        let items: Option<Vec<Term>> = list.iter().map(|item| self.term(item, depth + 1)).collect();
        let items = items?;
        let junction = if negated { Head::And } else { Head::Or };
        if matches!(subject, Term::List(Head::Row, _)) {
            let compared = items.into_iter().map(|item| self.row_comparison(symbol, subject.clone(), item));
            return Some(Term::junction(junction, compared.collect::<Option<_>>()?));
        }
        // PostgreSQL makes one array of two or more items without columns, and compares the others one by one.
        let (mut single, constant): (Vec<Term>, Vec<Term>) = items.into_iter().partition(has_column);
        let mut compared = Vec::new();
        if constant.len() > 1 {
            let array = Term::List(Head::Array, constant);
            compared.push(self.any_or_all(symbol, subject.clone(), array, !negated)?);
        } else if !constant.is_empty() && !single.is_empty() {
            // Their order is not kept here.
            return None;
        } else {
            single.extend(constant);
        }
        for item in single {
            compared.push(self.comparison(symbol, subject.clone(), item)?);
        }
        if compared.len() == 1 {
            return compared.pop();
        }
        Some(Term::junction(junction, compared))
    }

    fn between(&self, expr: &Expr, negated: bool, low: &Expr, high: &Expr, depth: usize) -> Option<Term> {
        let subject = self.term(expr, depth + 1)?;
        let (low, high) = (self.term(low, depth + 1)?, self.term(high, depth + 1)?);
        let (head, first, second) = if negated { (Head::Or, "<", ">") } else { (Head::And, ">=", "<=") };
        let lower = self.comparison(first, subject.clone(), low)?;
        let upper = self.comparison(second, subject, high)?;
        Some(Term::junction(head, vec![lower, upper]))
    }

    fn pattern(&self, expression: &Expr, depth: usize) -> Option<Term> {
        let (expr, pattern, escape, symbol) = match expression {
            Expr::Like { negated, any: false, expr, pattern, escape_char } => {
                (expr, pattern, escape_char, if *negated { "!~~" } else { "~~" })
            }
            Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
                (expr, pattern, escape_char, if *negated { "!~~*" } else { "~~*" })
            }
            Expr::SimilarTo { negated, expr, pattern, escape_char } => {
                (expr, pattern, escape_char, if *negated { "!~" } else { "~" })
            }
            _ => return None,
        };
        let mut arguments = vec![self.term(pattern, depth + 1)?];
        if let Some(escape) = escape {
            arguments.push(self.term(escape, depth + 1)?);
        }
        let pattern = if matches!(expression, Expr::SimilarTo { .. }) {
            Term::function("similar_to_escape", arguments)
        } else if arguments.len() == 2 {
            Term::function("like_escape", arguments)
        } else {
            arguments.pop()?
        };
        Some(Term::operator(symbol, vec![self.term(expr, depth + 1)?, pattern]))
    }

    fn binary(
        &self,
        whole: &Expr,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        depth: usize,
    ) -> Option<Term> {
        if let BinaryOperator::And | BinaryOperator::Or = op {
            return self.junction(whole, op, depth);
        }
        if *op == BinaryOperator::Overlaps {
            return self.call(whole, depth);
        }
        let symbol = symbol(op)?;
        if reads_otherwise(op, left) || reads_otherwise(op, right) {
            return None;
        }
        let (left, right) = (self.term(left, depth + 1)?, self.term(right, depth + 1)?);
        Some(match symbol.as_str() {
            "=" | "<>" | "<" | ">" | "<=" | ">=" => return self.row_comparison(&symbol, left, right),
            "+" | "-" | "*" | "/" | "%" | "^" => self.arithmetic(&symbol, left, right),
            "||" => {
                let side = |term| self.without_cast_of_citext(self.as_argument(term));
                Term::operator("||", vec![side(left), side(right)])
            }
            _ => self.other_operator(&symbol, left, right),
        })
    }

    /// AND and OR in a row are walked without recursion: there may be hundreds.
    fn junction(&self, whole: &Expr, op: &BinaryOperator, depth: usize) -> Option<Term> {
        let mut operands = Vec::new();
        let mut current = whole;
        loop {
            match current {
                Expr::BinaryOp { left, op: inner, right } if inner == op => {
                    operands.push(self.term(right, depth + 1)?);
                    current = left;
                }
                other => {
                    operands.push(self.term(other, depth + 1)?);
                    break;
                }
            }
        }
        operands.reverse();
        let head = if *op == BinaryOperator::And { Head::And } else { Head::Or };
        Some(Term::junction(head, operands))
    }

    /// `(a, b) = (c, d)` is stored as two comparisons; other comparisons of rows stay as they are.
    fn row_comparison(&self, symbol: &str, left: Term, right: Term) -> Option<Term> {
        match (left, right) {
            (Term::List(Head::Row, left), Term::List(Head::Row, right)) => {
                if left.len() != right.len() || !matches!(symbol, "=" | "<>") {
                    return None;
                }
                let pairs = left.into_iter().zip(right);
                let compared: Option<Vec<Term>> =
                    pairs.map(|(left, right)| self.comparison(symbol, left, right)).collect();
                Some(Term::junction(if symbol == "=" { Head::And } else { Head::Or }, compared?))
            }
            (Term::List(Head::Row, _), _) | (_, Term::List(Head::Row, _)) => None,
            (left, right) => self.comparison(symbol, left, right),
        }
    }

    fn quantified(
        &self,
        left: &Expr,
        op: &BinaryOperator,
        right: &Expr,
        any: bool,
        depth: usize,
    ) -> Option<Term> {
        let (left, right) = (self.term(left, depth + 1)?, self.term(right, depth + 1)?);
        self.any_or_all(&symbol(op)?, left, right, any)
    }

    fn unary(&self, op: UnaryOperator, operand: &Expr, depth: usize) -> Option<Term> {
        let term = self.term(operand, depth + 1)?;
        if op == UnaryOperator::Not {
            return Some(Term::not(term));
        }
        // sqlparser binds a sign looser than PostgreSQL does.
        if matches!(operand, Expr::BinaryOp { .. } | Expr::AtTimeZone { .. } | Expr::Collate { .. }) {
            return None;
        }
        match (op, term) {
            (UnaryOperator::Minus, Term::Number(digits, width)) => {
                Some(Term::Number(negated(&digits), width))
            }
            (UnaryOperator::Minus, term) => Some(Term::operator("-", vec![term])),
            (UnaryOperator::Plus, term) => Some(Term::operator("+", vec![term])),
            (UnaryOperator::BitwiseNot, term) => Some(Term::operator("~", vec![term])),
            (UnaryOperator::PGAbs, term) => Some(Term::operator("@", vec![term])),
            _ => None,
        }
    }

    fn case(
        &self,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        depth: usize,
    ) -> Option<Term> {
        let operand = match operand {
            Some(expr) => self.term(expr, depth + 1)?,
            None => Term::List(Head::Case, Vec::new()),
        };
        let mut terms = vec![operand.clone()];
        let mut results = Vec::new();
        for when in conditions {
            let condition = self.term(&when.condition, depth + 1)?;
            let has_operand = operand != Term::List(Head::Case, Vec::new());
            terms.push(if has_operand { self.matched(&operand, condition)? } else { condition });
            results.push(self.term(&when.result, depth + 1)?);
        }
        results.push(match otherwise {
            Some(expr) => self.term(expr, depth + 1)?,
            None => Term::Null,
        });
        terms.extend(self.unify(results)?);
        Some(Term::List(Head::Case, terms))
    }

    fn access(&self, root: &Expr, chain: &[AccessExpr], depth: usize) -> Option<Term> {
        let mut term = self.term(root, depth + 1)?;
        for access in chain {
            term = match access {
                AccessExpr::Subscript(Subscript::Index { index }) => {
                    let index = self.term(index, depth + 1)?.without_width();
                    Term::List(Head::Subscript, vec![term, index])
                }
                AccessExpr::Dot(Expr::Identifier(field)) => {
                    Term::List(Head::Field(folded(field)), vec![term])
                }
                _ => return None,
            };
        }
        // Every access is one level of the term.
        (chain.len() + depth <= DEEPEST).then_some(term)
    }
}

/// In a constraint, a column may stand with its table; PostgreSQL prints it without.
fn qualified_column(parts: &[Ident]) -> Option<Term> {
    match parts {
        [_, column] => Some(Term::Column(folded(column))),
        _ => None,
    }
}

fn literal(value: &Value) -> Option<Term> {
    Some(match value {
        Value::Number(text, false) => {
            let (digits, is_integer) = constant::number(text)?;
            Term::Number(digits, Some(if is_integer { Width::Integer } else { Width::Decimal }))
        }
        Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => Term::Text(text.clone()),
        Value::SingleQuotedByteStringLiteral(bits) => Term::Text(bits.clone()),
        Value::DollarQuotedString(string) => Term::Text(string.value.clone()),
        Value::Boolean(value) => Term::Boolean(*value),
        Value::Null => Term::Null,
        _ => return None,
    })
}

fn negated(digits: &str) -> String {
    digits.strip_prefix('-').map_or_else(|| format!("-{digits}"), str::to_owned)
}

fn has_column(term: &Term) -> bool {
    match term {
        Term::Column(_) => true,
        Term::List(_, terms) => terms.iter().any(has_column),
        _ => false,
    }
}

/// PostgreSQL's sign of an operator; `None` for those of other databases.
fn symbol(op: &BinaryOperator) -> Option<String> {
    match op {
        BinaryOperator::Spaceship
        | BinaryOperator::Xor
        | BinaryOperator::DuckIntegerDivide
        | BinaryOperator::MyIntegerDivide
        | BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::Glob
        | BinaryOperator::Overlaps
        | BinaryOperator::Assignment => None,
        BinaryOperator::PGCustomBinaryOperator(parts) => match parts.as_slice() {
            [schema, symbol] if schema == "pg_catalog" => Some(symbol.clone()),
            [symbol] => Some(symbol.clone()),
            _ => None,
        },
        // Operators are made of signs alone, so that sqlparser's text of them is safe.
        other => Some(other.to_string()),
    }
}

/// A test that is written behind its operand.
fn test(expression: &Expr) -> Option<(&'static str, &Expr)> {
    Some(match expression {
        Expr::IsNull(inner) => ("IS NULL", inner),
        Expr::IsNotNull(inner) => ("IS NOT NULL", inner),
        Expr::IsTrue(inner) => ("IS TRUE", inner),
        Expr::IsNotTrue(inner) => ("IS NOT TRUE", inner),
        Expr::IsFalse(inner) => ("IS FALSE", inner),
        Expr::IsNotFalse(inner) => ("IS NOT FALSE", inner),
        Expr::IsUnknown(inner) => ("IS UNKNOWN", inner),
        Expr::IsNotUnknown(inner) => ("IS NOT UNKNOWN", inner),
        _ => return None,
    })
}

/// Whether PostgreSQL would group `a OP b OP c` otherwise than sqlparser: both give regular expressions,
/// LIKE's signs and the like a rank of their own, but not the same.
fn reads_otherwise(op: &BinaryOperator, operand: &Expr) -> bool {
    let Expr::BinaryOp { op: inner, .. } = operand else { return false };
    ranks_differ(op) && !ranks_agree(inner) || ranks_differ(inner) && !ranks_agree(op)
}

fn ranks_differ(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::PGRegexMatch
            | BinaryOperator::PGRegexIMatch
            | BinaryOperator::PGRegexNotMatch
            | BinaryOperator::PGRegexNotIMatch
            | BinaryOperator::PGLikeMatch
            | BinaryOperator::PGILikeMatch
            | BinaryOperator::PGNotLikeMatch
            | BinaryOperator::PGNotILikeMatch
            | BinaryOperator::BitwiseOr
            | BinaryOperator::BitwiseAnd
            | BinaryOperator::PGBitwiseXor
            | BinaryOperator::PGOverlap
            | BinaryOperator::PGCustomBinaryOperator(_)
    )
}

/// Operators that stand above or below all others in both. (Chained comparisons are no expression in PostgreSQL.)
fn ranks_agree(op: &BinaryOperator) -> bool {
    matches!(
        op,
        BinaryOperator::Plus
            | BinaryOperator::Minus
            | BinaryOperator::Multiply
            | BinaryOperator::Divide
            | BinaryOperator::Modulo
            | BinaryOperator::PGExp
            | BinaryOperator::And
            | BinaryOperator::Or
            | BinaryOperator::Eq
            | BinaryOperator::NotEq
            | BinaryOperator::Lt
            | BinaryOperator::Gt
            | BinaryOperator::LtEq
            | BinaryOperator::GtEq
    )
}
