//! Operators, and the words that stand for some: AND, IN, BETWEEN, LIKE, ANY, IS DISTINCT FROM.

use super::infer::{Inferred, Typer, number_type, problem};
use super::problem::TypeProblem;
use super::resolve::Resolution;
use super::typed::{At, Change, Type, Typed};
use crate::sql::catalog::{CastContext, Operator, TypeId, Volatility, extension_of};
use crate::sql::expression::grouping::symbol;
use sqlparser::ast::{BinaryOperator, Expr, UnaryOperator, Value};

/// Operators that give a value for every two values.
const TOTAL: &[&str] = &["+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">="];

impl Typer<'_> {
    /// What an operation gives; `None` where the tree is none.
    pub fn operation(&self, tree: &Expr, depth: usize) -> Result<Option<Typed>, Box<TypeProblem>> {
        let below = |inner: &Expr| self.infer(inner, depth + 1);
        let typed = match tree {
            Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. } => {
                self.junction(tree, depth)?
            }
            Expr::BinaryOp { left, op, right } => match symbol(op) {
                Some(symbol) => self.binary(&symbol, left, right, depth)?,
                None => Typed::not_known(),
            },
            Expr::UnaryOp { op, expr } => self.unary(*op, tree, expr, depth)?,
            Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
                let (left, right) = (below(left)?, below(right)?);
                let is_null = |typed: &Typed| typed.kind == Type::Constant(None);
                if is_null(&left) || is_null(&right) {
                    Typed::call(TypeId::named("bool"), left.at, &[left, right], None)
                } else {
                    self.compared("=", left, right)?
                }
            }
            Expr::InList { expr, list, negated } => self.in_list(expr, list, *negated, depth)?,
            Expr::Between { expr, negated, low, high } => {
                let (subject, low, high) = (below(expr)?, below(low)?, below(high)?);
                let (first, second) = if *negated { ("<", ">") } else { (">=", "<=") };
                let lower = self.compared(first, subject.clone(), low)?;
                let upper = self.compared(second, subject, high)?;
                Typed::choice(TypeId::named("bool"), lower.at, &[lower, upper])
            }
            Expr::Like { negated, expr, pattern, escape_char, .. } => {
                let symbol = if *negated { "!~~" } else { "~~" };
                self.pattern(symbol, "like_escape", expr, pattern, escape_char.as_deref(), depth)?
            }
            Expr::ILike { negated, expr, pattern, escape_char, .. } => {
                let symbol = if *negated { "!~~*" } else { "~~*" };
                self.pattern(symbol, "like_escape", expr, pattern, escape_char.as_deref(), depth)?
            }
            Expr::SimilarTo { negated, expr, pattern, escape_char } => {
                let (subject, pattern) = (below(expr)?, below(pattern)?);
                let mut arguments = vec![pattern];
                arguments.extend(escape_char.as_deref().map(below).transpose()?);
                let pattern = self.apply("similar_to_escape", arguments, subject.at)?;
                self.operator(if *negated { "!~" } else { "~" }, vec![subject, pattern])?
            }
            Expr::AnyOp { left, compare_op, right, .. } | Expr::AllOp { left, compare_op, right } => {
                self.quantified(left, compare_op, right, depth)?
            }
            _ => return Ok(None),
        };
        Ok(Some(typed))
    }

    /// AND and OR in a row are walked without recursion: there may be hundreds.
    fn junction(&self, tree: &Expr, depth: usize) -> Inferred {
        let (mut current, mut operands) = (tree, Vec::new());
        while let Expr::BinaryOp { left, op: op @ (BinaryOperator::And | BinaryOperator::Or), right } =
            current
        {
            let word = if *op == BinaryOperator::And { "AND" } else { "OR" };
            operands.push((&**right, word));
            if !matches!(&**left, Expr::BinaryOp { op: BinaryOperator::And | BinaryOperator::Or, .. }) {
                operands.push((&**left, word));
            }
            current = left;
        }
        let mut parts = Vec::new();
        for (operand, word) in operands.into_iter().rev() {
            let part = self.infer(operand, depth + 1)?;
            self.condition(&part, &format!("`{word}` wants conditions on both sides"))?;
            parts.push(part);
        }
        Ok(Typed::choice(TypeId::named("bool"), self.at(tree), &parts))
    }

    fn binary(&self, symbol: &str, left: &Expr, right: &Expr, depth: usize) -> Inferred {
        if let (Some(lefts), Some(rights)) = (row(left), row(right)) {
            return self.rows(symbol, lefts, rights, (left, right), depth);
        }
        // Down the left side without recursion.
        let mut pending = vec![(symbol.to_owned(), right)];
        let mut current = left;
        while let Expr::BinaryOp { left, op, right } = current
            && let Some(symbol) = super::super::grouping::symbol(op)
            && !(row(left).is_some() && row(right).is_some())
        {
            pending.push((symbol, right));
            current = left;
        }
        let mut typed = self.infer(current, depth + 1)?;
        for (symbol, right) in pending.into_iter().rev() {
            let right = self.infer(right, depth + 1)?;
            typed = self.operator(&symbol, vec![typed, right])?;
        }
        Ok(typed)
    }

    fn rows(
        &self,
        symbol: &str,
        lefts: &[Expr],
        rights: &[Expr],
        sides: (&Expr, &Expr),
        depth: usize,
    ) -> Inferred {
        let at = self.at(sides.0);
        if !matches!(symbol, "=" | "<>" | "<" | "<=" | ">" | ">=") {
            return Ok(Typed::not_known());
        }
        if lefts.len() != rights.len() {
            let message =
                format!("rows of {} and of {} fields cannot be compared", lefts.len(), rights.len());
            return Err(problem(message, at));
        }
        let mut parts = Vec::new();
        for (left, right) in lefts.iter().zip(rights) {
            let (left, right) = (self.infer(left, depth + 1)?, self.infer(right, depth + 1)?);
            parts.push(self.compared(symbol, left, right)?);
        }
        Ok(Typed::choice(TypeId::named("bool"), at, &parts))
    }

    fn unary(&self, op: UnaryOperator, tree: &Expr, operand: &Expr, depth: usize) -> Inferred {
        let at = self.at(tree);
        if let (UnaryOperator::Minus, Expr::Value(value)) = (op, operand)
            && let Value::Number(text, false) = &value.value
        {
            // The sign is part of the number: it may make it fit a narrower type.
            return Ok(Typed::fixed(number_type(&format!("-{text}")), at));
        }
        let symbol = match op {
            UnaryOperator::Minus => "-",
            UnaryOperator::Plus => "+",
            UnaryOperator::BitwiseNot => "~",
            UnaryOperator::PGAbs => "@",
            UnaryOperator::PGSquareRoot => "|/",
            UnaryOperator::PGCubeRoot => "||/",
            _ => return Ok(Typed::not_known()),
        };
        let operand = self.infer(operand, depth + 1)?;
        self.operator(symbol, vec![operand])
    }

    fn in_list(&self, subject: &Expr, list: &[Expr], negated: bool, depth: usize) -> Inferred {
        let symbol = if negated { "<>" } else { "=" };
        if row(subject).is_some() {
            let mut parts = Vec::new();
            for item in list {
                parts.push(self.binary(symbol, subject, item, depth + 1)?);
            }
            return Ok(Typed::choice(TypeId::named("bool"), self.at(subject), &parts));
        }
        let subject = self.infer(subject, depth + 1)?;
        let mut constants = Vec::new();
        let mut parts = Vec::new();
        for item in list {
            let item = self.infer(item, depth + 1)?;
            if item.kind == Type::NotKnown || !item.may_be_constant {
                parts.push(self.compared(symbol, subject.clone(), item)?);
            } else {
                constants.push(item);
            }
        }
        // Several constants become one array, if they have a type in common with what is looked for.
        let all: Result<Vec<_>, ()> = std::iter::once(&subject).chain(&constants).map(Typed::input).collect();
        let common = all.ok().filter(|_| constants.len() > 1).and_then(|all| {
            let common = self.conversions.common(&all)?;
            let becomes = |id: &TypeId| self.conversions.path(*id, common, CastContext::Implicit).is_some();
            (common.array().is_some() && all.iter().flatten().all(becomes)).then_some(common)
        });
        for item in constants {
            let item = match common {
                Some(common) => {
                    self.constant(&item, common)?;
                    Typed { kind: Type::Of(common), ..item }
                }
                None => item,
            };
            parts.push(self.compared(symbol, subject.clone(), item)?);
        }
        Ok(Typed::choice(TypeId::named("bool"), subject.at, &parts))
    }

    fn pattern(
        &self,
        symbol: &str,
        escaping: &str,
        subject: &Expr,
        pattern: &Expr,
        escape: Option<&Expr>,
        depth: usize,
    ) -> Inferred {
        let (subject, mut pattern) = (self.infer(subject, depth + 1)?, self.infer(pattern, depth + 1)?);
        if let Some(escape) = escape {
            let at = pattern.at;
            pattern = self.apply(escaping, vec![pattern, self.infer(escape, depth + 1)?], at)?;
        }
        self.operator(symbol, vec![subject, pattern])
    }

    fn quantified(&self, left: &Expr, op: &BinaryOperator, right: &Expr, depth: usize) -> Inferred {
        let (left, right) = (self.infer(left, depth + 1)?, self.infer(right, depth + 1)?);
        let Some(symbol) = symbol(op) else { return Ok(Typed::not_known()) };
        let element = match right.kind {
            Type::Of(id) => match id.element() {
                Some(element) => Type::Of(element),
                None if self.is_open => Type::NotKnown,
                None => {
                    let message = format!("`ANY` and `ALL` want an array, and this is `{}`", self.shown(id));
                    return Err(problem(message, right.at));
                }
            },
            // What the constant's elements are is said by the operator alone.
            Type::Constant(_) => Type::Constant(None),
            Type::NotKnown => Type::NotKnown,
        };
        if let Type::Constant(_) = right.kind {
            self.constant_array(&symbol, &left, &right)?;
        }
        let right = Typed { kind: element, ..right };
        let typed = self.operator(&symbol, vec![left, right])?;
        match typed.kind {
            Type::Of(id) if Some(id) != TypeId::named("bool") => {
                let message = format!(
                    "`ANY` and `ALL` want an operator that compares, and this gives `{}`",
                    self.shown(id)
                );
                Err(problem(message, typed.at))
            }
            _ => Ok(typed),
        }
    }

    /// Refuses a constant that is no array of what an operator takes on its right.
    fn constant_array(&self, symbol: &str, left: &Typed, right: &Typed) -> Result<(), Box<TypeProblem>> {
        let Ok(own) = left.input() else { return Ok(()) };
        let inputs = [own, None];
        let Resolution::Found(found, true) = self.conversions.operator(symbol, &inputs) else {
            return Ok(());
        };
        match found.arguments.last().and_then(|element| element.array()) {
            Some(array) => self.constant(right, array),
            None => Ok(()),
        }
    }

    /// A comparison, which has to give a truth value.
    pub fn compared(&self, symbol: &str, left: Typed, right: Typed) -> Inferred {
        self.operator(symbol, vec![left, right])
    }

    /// An operator between two operands, or before one.
    pub fn operator(&self, symbol: &str, operands: Vec<Typed>) -> Inferred {
        let at = covering(&operands);
        let inputs: Result<Vec<_>, ()> = operands.iter().map(Typed::input).collect();
        let Ok(inputs) = inputs else {
            return Ok(Typed { at, ..Typed::not_known() });
        };
        let (found, is_exact) = match self.conversions.operator(symbol, &inputs) {
            Resolution::Found(found, is_exact) => (found, is_exact),
            Resolution::NotKnown => return Ok(Typed::not_known()),
            Resolution::NoMatch | Resolution::Ambiguous if self.is_open => return Ok(Typed::not_known()),
            Resolution::NoMatch => return Err(self.no_operator(symbol, &inputs, at)),
            Resolution::Ambiguous => {
                let message = format!(
                    "PostgreSQL cannot tell which operator `{symbol}` is meant for {}",
                    self.listed(&inputs)
                );
                return Err(with_help(
                    problem(message, at),
                    "write the type of what stands in quotation marks: `'...'::text`",
                ));
            }
        };
        if self.is_open && !is_exact {
            return Ok(Typed::not_known());
        }
        let volatility = match symbol {
            // Text beside anything else: that is turned into text.
            "||" if found.item.is_sql => self.textual(&inputs),
            _ if found.item.is_sql => Volatility::Immutable,
            _ => found.item.volatility,
        };
        let what = || format!("`{symbol}` of {}, whose result depends on the session", self.listed(&inputs));
        let own = (volatility != Volatility::Immutable).then(|| Change { what: what(), at });
        let typed = self.applied(found.item.result, &found.arguments, &inputs, &operands, own, at)?;
        // These give NULL for NULL alone.
        let is_total = TOTAL.contains(&symbol) && !operands.iter().any(|operand| operand.may_be_null);
        Ok(Typed { may_be_null: typed.may_be_null && !is_total, ..typed })
    }

    /// How much the texts of values may change.
    fn textual(&self, inputs: &[Option<TypeId>]) -> Volatility {
        let Some(text) = TypeId::named("text") else { return Volatility::Immutable };
        let paths = inputs.iter().flatten();
        let paths = paths.filter_map(|id| self.conversions.path(*id, text, CastContext::Explicit));
        paths.map(|path| path.volatility).max().unwrap_or(Volatility::Immutable)
    }

    fn no_operator(&self, symbol: &str, inputs: &[Option<TypeId>], at: At) -> Box<TypeProblem> {
        let message = match inputs {
            [left, right] => format!(
                "PostgreSQL has no operator `{symbol}` between {} and {}",
                self.named(*left),
                self.named(*right)
            ),
            _ => format!("PostgreSQL has no operator `{symbol}` before {}", self.listed(inputs)),
        };
        let lacking = self.lacking_extension(self.conversions.catalog.operators(symbol), inputs);
        match lacking {
            Some(extension) => with_help(
                problem(message, at),
                format!("the extension `{extension}` has one: write `extension {extension}` in the service"),
            ),
            None => problem(message, at),
        }
    }

    /// An extension that the service does not declare, with an operator for just these operands.
    fn lacking_extension(&self, operators: &[Operator], inputs: &[Option<TypeId>]) -> Option<&'static str> {
        let fits = |operator: &&Operator| {
            operator.operands.len() == inputs.len()
                && !self.conversions.surroundings.has(operator.section)
                && self.conversions.can_become(inputs, &operator.operands)
        };
        operators.iter().find(fits).and_then(|operator| extension_of(operator.section))
    }

    /// Types of operands or arguments as a message shows them.
    pub fn listed(&self, inputs: &[Option<TypeId>]) -> String {
        inputs.iter().map(|input| self.named(*input)).collect::<Vec<_>>().join(", ")
    }

    fn named(&self, input: Option<TypeId>) -> String {
        input.map_or_else(|| "a constant".to_owned(), |id| format!("`{}`", self.shown(id)))
    }
}

/// A problem with help.
pub(super) fn with_help(mut problem: Box<TypeProblem>, help: impl Into<String>) -> Box<TypeProblem> {
    problem.help = Some(help.into());
    problem
}

/// The place of several parts.
pub(super) fn covering(parts: &[Typed]) -> At {
    let known = parts.iter().filter(|part| part.at.1 > 0);
    let start = known.clone().map(|part| part.at.0).min().unwrap_or(0);
    let end = known.map(|part| part.at.0 + part.at.1).max().unwrap_or(start);
    (start, end - start)
}

/// The fields of a row.
fn row(tree: &Expr) -> Option<&[Expr]> {
    match tree {
        Expr::Tuple(fields) => Some(fields),
        _ => None,
    }
}
