//! From the parser's tree to types.

use super::coerce::Conversions;
use super::constant;
use super::problem::{ProblemKind, TypeProblem};
use super::typed::{At, Change, Type, Typed};
use crate::sql::catalog::{CastContext, TypeId, Volatility};
use crate::sql::expression::byte_offset;
use crate::sql::expression::columns::folded;
use sqlparser::ast::{AccessExpr, CaseWhen, Expr, Ident, Spanned, Subscript, UnaryOperator, Value};

/// Deepest part that is looked at. Bounds the stack.
const DEEPEST: usize = 100;

/// What a part is, or why PostgreSQL refuses it.
pub(super) type Inferred = Result<Typed, Box<TypeProblem>>;

/// Finds the types of the parts of one expression.
pub(super) struct Typer<'a> {
    pub text: &'a str,
    pub conversions: Conversions<'a>,
    pub column_type: &'a dyn Fn(&str) -> Option<TypeId>,
    /// Whether there may be functions, operators and casts that are not listed.
    pub is_open: bool,
}

/// A problem at a place.
pub(super) fn problem(message: impl Into<String>, at: At) -> Box<TypeProblem> {
    let (offset, length) = at;
    Box::new(TypeProblem { kind: ProblemKind::Other, message: message.into(), offset, length, help: None })
}

impl Typer<'_> {
    pub fn infer(&self, tree: &Expr, depth: usize) -> Inferred {
        if depth > DEEPEST {
            return Ok(Typed::not_known());
        }
        let below = |inner: &Expr| self.infer(inner, depth + 1);
        match tree {
            Expr::Nested(inner) => below(inner),
            Expr::Identifier(name) => Ok(self.name(tree, name)),
            Expr::CompoundIdentifier(parts) => Ok(match parts.last() {
                Some(column) if parts.len() == 2 => self.column(tree, &folded(column)),
                _ => Typed::not_known(),
            }),
            Expr::Value(value) => Ok(self.value_of(&value.value, self.at(tree))),
            Expr::IsNull(inner) | Expr::IsNotNull(inner) => {
                Ok(Typed::call(TypeId::named("bool"), self.at(tree), &[below(inner)?], None))
            }
            Expr::IsTrue(inner)
            | Expr::IsNotTrue(inner)
            | Expr::IsFalse(inner)
            | Expr::IsNotFalse(inner)
            | Expr::IsUnknown(inner)
            | Expr::IsNotUnknown(inner) => {
                let inner = below(inner)?;
                self.condition(&inner, "`IS` wants a condition before it")?;
                Ok(Typed::call(TypeId::named("bool"), self.at(tree), &[inner], None))
            }
            Expr::UnaryOp { op: UnaryOperator::Not, expr } => {
                let inner = below(expr)?;
                self.condition(&inner, "`NOT` wants a condition behind it")?;
                Ok(Typed::call(TypeId::named("bool"), self.at(tree), &[inner], None))
            }
            Expr::Case { operand, conditions, else_result, .. } => {
                self.case(tree, operand.as_deref(), conditions, else_result.as_deref(), depth)
            }
            Expr::Array(array) => self.array(tree, &array.elem, depth),
            Expr::Tuple(fields) => {
                for field in fields {
                    below(field)?;
                }
                Ok(Typed::not_known())
            }
            Expr::Collate { expr, .. } => {
                let inner = below(expr)?;
                match inner.kind {
                    Type::Of(id) if !id.is_collatable() => {
                        Err(problem(format!("`{}` has no collation", self.shown(id)), inner.at))
                    }
                    _ => Ok(inner),
                }
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.access(root, access_chain, depth),
            _ => match self.operation(tree, depth)? {
                Some(typed) => Ok(typed),
                None => self.call(tree, depth),
            },
        }
    }

    /// The bytes of the text where a part stands; all of it where that is not known.
    pub fn at(&self, tree: &Expr) -> At {
        let span = tree.span();
        if span.start.line == 0 {
            return (0, self.text.len());
        }
        let start = byte_offset(self.text, span.start.line, span.start.column);
        let end = byte_offset(self.text, span.end.line, span.end.column);
        (start, end.saturating_sub(start).max(1))
    }

    pub fn shown(&self, id: TypeId) -> String {
        self.conversions.surroundings.shown(id)
    }

    fn name(&self, tree: &Expr, name: &Ident) -> Typed {
        let text = folded(name);
        match value_type(&text).filter(|_| name.quote_style.is_none()) {
            Some(value_type) => self.session_value(tree, &text, value_type),
            None => self.column(tree, &text),
        }
    }

    /// A value that is called without parentheses, such as `current_date`.
    pub fn session_value(&self, tree: &Expr, name: &str, value_type: &str) -> Typed {
        let what = format!("`{name}`, whose result changes by itself");
        Typed::changing(TypeId::named(value_type), (self.at(tree).0, name.len()), what)
    }

    fn column(&self, tree: &Expr, name: &str) -> Typed {
        Typed::column((self.column_type)(name), self.at(tree))
    }

    fn value_of(&self, value: &Value, at: At) -> Typed {
        let constant = |text: Option<String>| {
            let may_be_null = text.is_none();
            Typed { kind: Type::Constant(text), may_be_null, ..Typed::fixed(None, at) }
        };
        match value {
            Value::Number(text, false) => Typed::fixed(number_type(text), at),
            Value::SingleQuotedString(text) | Value::EscapedStringLiteral(text) => {
                constant(Some(text.clone()))
            }
            Value::DollarQuotedString(string) => constant(Some(string.value.clone())),
            Value::Boolean(_) => Typed::fixed(TypeId::named("bool"), at),
            Value::Null => constant(None),
            Value::SingleQuotedByteStringLiteral(_) => Typed::fixed(TypeId::named("bit"), at),
            _ => Typed { at, ..Typed::not_known() },
        }
    }

    /// Refuses what is no condition; `what` says who wants one.
    pub fn condition(&self, typed: &Typed, what: &str) -> Result<(), Box<TypeProblem>> {
        let Some(boolean) = TypeId::named("bool") else { return Ok(()) };
        match &typed.kind {
            Type::Of(id) if *id == boolean => Ok(()),
            Type::Of(id) if self.is_open || id.extension().is_some() => {
                let path = self.conversions.path(*id, boolean, CastContext::Assignment);
                if path.is_some() || self.is_open {
                    Ok(())
                } else {
                    Err(self.no_condition(*id, what, typed.at))
                }
            }
            Type::Of(id) => Err(self.no_condition(*id, what, typed.at)),
            _ => self.constant(typed, boolean),
        }
    }

    fn no_condition(&self, id: TypeId, what: &str, at: At) -> Box<TypeProblem> {
        let message = format!("{what}, and this is `{}`", self.shown(id));
        Box::new(TypeProblem { kind: ProblemKind::WrongResult, ..*problem(message, at) })
    }

    /// Refuses a constant that a type does not take; says nothing of anything else.
    pub fn constant(&self, typed: &Typed, id: TypeId) -> Result<(), Box<TypeProblem>> {
        let Type::Constant(Some(text)) = &typed.kind else { return Ok(()) };
        match constant::problem(self.conversions.surroundings, id, text, typed.at) {
            Some(problem) => Err(Box::new(problem)),
            None => Ok(()),
        }
    }

    /// Refuses a value that a column of a type does not take.
    pub fn value(&self, typed: &Typed, wanted: TypeId) -> Result<(), Box<TypeProblem>> {
        let Type::Of(own) = typed.kind else { return self.constant(typed, wanted) };
        if self.is_open || self.conversions.path(own, wanted, CastContext::Assignment).is_some() {
            return Ok(());
        }
        let message = format!(
            "this is `{}`, which PostgreSQL does not turn into `{}` by itself",
            self.shown(own),
            self.shown(wanted)
        );
        let mut wrong = problem(message, typed.at);
        wrong.kind = ProblemKind::WrongResult;
        if self.conversions.path(own, wanted, CastContext::Explicit).is_some() {
            wrong.help = Some(format!("if it is meant, write a cast: `(...)::{}`", self.shown(wanted)));
        }
        Err(wrong)
    }

    /// What may change by itself where a value becomes one of another type.
    pub fn conversion(
        &self,
        own: TypeId,
        wanted: TypeId,
        context: CastContext,
        typed: &Typed,
    ) -> Option<Change> {
        let path = self.conversions.path(own, wanted, context)?;
        let what = format!(
            "the turning of `{}` into `{}`, whose result depends on the session",
            self.shown(own),
            self.shown(wanted)
        );
        (path.volatility != Volatility::Immutable).then_some(Change { what, at: typed.at })
    }

    /// The type that the results of a choice become, or the elements of an array. `None`: not known here.
    pub fn common(&self, parts: &[Typed], what: &str, at: At) -> Result<Option<TypeId>, Box<TypeProblem>> {
        let inputs: Result<Vec<_>, ()> = parts.iter().map(Typed::input).collect();
        let Ok(inputs) = inputs else { return Ok(None) };
        let Some(common) = self.conversions.common(&inputs) else {
            return if self.is_open { Ok(None) } else { Err(self.not_alike(&inputs, what, at)) };
        };
        for (part, input) in parts.iter().zip(&inputs) {
            self.constant(part, common)?;
            let Some(own) = input else { continue };
            if self.conversions.path(*own, common, CastContext::Implicit).is_none() {
                return if self.is_open { Ok(None) } else { Err(self.not_alike(&inputs, what, at)) };
            }
        }
        Ok(Some(common))
    }

    fn not_alike(&self, inputs: &[Option<TypeId>], what: &str, at: At) -> Box<TypeProblem> {
        let mut names: Vec<String> = Vec::new();
        for name in inputs.iter().flatten().map(|id| format!("`{}`", self.shown(*id))) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        problem(format!("{what} have no type in common: {}", names.join(", ")), at)
    }

    fn case(
        &self,
        tree: &Expr,
        operand: Option<&Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&Expr>,
        depth: usize,
    ) -> Inferred {
        let at = self.at(tree);
        let operand = operand.map(|operand| self.infer(operand, depth + 1)).transpose()?;
        // ELSE comes first where PostgreSQL looks for the type of the results.
        let otherwise = otherwise.map(|otherwise| self.infer(otherwise, depth + 1)).transpose()?;
        let mut results = vec![otherwise.unwrap_or_else(|| self.value_of(&Value::Null, at))];
        let mut parts: Vec<Typed> = Vec::new();
        for when in conditions {
            let condition = self.infer(&when.condition, depth + 1)?;
            match &operand {
                Some(operand) => {
                    let operand = match operand.kind {
                        Type::Constant(_) => Typed { kind: text(), ..operand.clone() },
                        _ => operand.clone(),
                    };
                    parts.push(self.compared("=", operand, condition)?);
                }
                None => {
                    self.condition(&condition, "`WHEN` wants a condition")?;
                    parts.push(condition);
                }
            }
            results.push(self.infer(&when.result, depth + 1)?);
        }
        let common = self.common(&results, "the results of `CASE`", at)?;
        Ok(Typed::case(common, at, &parts, &results))
    }

    fn array(&self, tree: &Expr, elements: &[Expr], depth: usize) -> Inferred {
        let at = self.at(tree);
        if elements.is_empty() {
            return Ok(Typed { at, ..Typed::not_known() });
        }
        let parts: Result<Vec<Typed>, _> =
            elements.iter().map(|inner| self.infer(inner, depth + 1)).collect();
        let parts = parts?;
        let common = self.common(&parts, "the elements of the array", at)?;
        // An array of arrays has the type of its elements: PostgreSQL keeps no number of dimensions.
        let id = common.and_then(|common| if common.is_array() { Some(common) } else { common.array() });
        // An array of NULLs is not NULL.
        let may_be_constant = parts.iter().all(|part| part.may_be_constant);
        let change = parts.iter().find_map(|part| part.change.clone());
        Ok(Typed { change, may_be_constant, ..Typed::fixed(id, at) })
    }

    fn access(&self, root: &Expr, chain: &[AccessExpr], depth: usize) -> Inferred {
        let root = self.infer(root, depth + 1)?;
        let mut parts = vec![root.clone()];
        let mut kind = root.kind;
        for access in chain {
            let AccessExpr::Subscript(subscript) = access else { return Ok(Typed::not_known()) };
            let (bounds, is_slice) = match subscript {
                Subscript::Index { index } => (vec![index], false),
                Subscript::Slice { lower_bound, upper_bound, stride: None } => {
                    ([lower_bound, upper_bound].into_iter().flatten().collect(), true)
                }
                Subscript::Slice { .. } => return Ok(Typed::not_known()),
            };
            let Type::Of(id) = kind else { return Ok(Typed::not_known()) };
            if !id.is_subscripted() && !self.is_open {
                return Err(problem(
                    format!("`{}` has no elements to take with `[`", self.shown(id)),
                    root.at,
                ));
            }
            for bound in bounds {
                let bound = self.infer(bound, depth + 1)?;
                if let (Some(integer), true) = (TypeId::named("int4"), id.is_array()) {
                    self.value(&bound, integer)?;
                }
                parts.push(bound);
            }
            kind = match (id.element(), is_slice) {
                // Further brackets go into further dimensions of the same array.
                (Some(element), false) if chain.len() == 1 => Type::Of(element),
                (Some(_), true) if chain.len() == 1 => Type::Of(id),
                _ => return Ok(Typed::call(None, root.at, &parts, None)),
            };
        }
        Ok(Typed { kind, ..Typed::call(None, root.at, &parts, None) })
    }
}

/// The type of text.
pub(super) fn text() -> Type {
    TypeId::named("text").map_or(Type::NotKnown, Type::Of)
}

/// The type of a number: the narrowest of `integer`, `bigint` and `numeric`. `None` for spellings of PostgreSQL 16.
pub(super) fn number_type(text: &str) -> Option<TypeId> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    if is_digits(unsigned) {
        return TypeId::named(match text.parse::<i64>() {
            Ok(value) if i32::try_from(value).is_ok() => "int4",
            Ok(_) => "int8",
            Err(_) => "numeric",
        });
    }
    unsigned.parse::<f64>().ok().and_then(|_| TypeId::named("numeric"))
}

/// Values that are called without parentheses, with their types.
pub(super) fn value_type(name: &str) -> Option<&'static str> {
    Some(match name {
        "current_date" => "date",
        "current_time" => "timetz",
        "current_timestamp" => "timestamptz",
        "localtime" => "time",
        "localtimestamp" => "timestamp",
        "current_catalog" | "current_role" | "current_schema" | "current_user" | "session_user" | "user" => {
            "name"
        }
        _ => return None,
    })
}
