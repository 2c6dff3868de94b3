//! Whether PostgreSQL would group an expression as sqlparser did. Their ranks of operators differ in places; a tree in
//! which every operand ranks as PostgreSQL's grammar (`src/backend/parser/gram.y`) wants it is PostgreSQL's own, since
//! there is only one such tree.

use crate::sql::lexer::{TokenKind, tokens};
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CastKind, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Subscript,
    UnaryOperator,
};

/// Ranks from the loosest to the tightest. What stands in parentheses, or is a call, binds tightest of all.
const OR: u8 = 1;
const AND: u8 = 2;
const NOT: u8 = 3;
const IS: u8 = 4;
const COMPARISON: u8 = 5;
const PATTERN: u8 = 6;
const OTHER_OPERATOR: u8 = 7;
const SUM: u8 = 8;
const PRODUCT: u8 = 9;
const POWER: u8 = 10;
const TIME_ZONE: u8 = 11;
const COLLATE: u8 = 12;
const SIGN: u8 = 13;
const CAST: u8 = 14;
const CLOSED: u8 = 15;

/// Deepest tree that is looked at.
const DEEPEST: usize = 100;

/// Whether the tree is the one that PostgreSQL reads in the text. Not so, too, where a part of it is not known here.
pub(super) fn is_as_postgresql_reads(text: &str, tree: &Expr, is_operator: &dyn Fn(&str) -> bool) -> bool {
    // `a||-1` has an operator `||-`, which sqlparser reads as two.
    let tokens = tokens(text);
    let mut operators = tokens.iter().filter(|token| token.kind == TokenKind::Operator);
    let is_known = |text: &str| matches!(text, "::" | "!=" | "=>" | ":=") || is_operator(text);
    operators.all(|token| is_known(token.text)) && is_grouped(tree, 0)
}

/// Walks down the left side without recursion: there may be hundreds of operators in a row.
fn is_grouped(tree: &Expr, depth: usize) -> bool {
    if depth > DEEPEST {
        return false;
    }
    let mut current = tree;
    while let Expr::BinaryOp { left, op, right } = current {
        let Some(rank) = rank_of(op) else { return false };
        // Comparisons do not stand in a row.
        let left_rank = if rank == COMPARISON { rank + 1 } else { rank };
        if rank_of_tree(left) < left_rank || rank_of_tree(right) <= rank || !is_grouped(right, depth + 1) {
            return false;
        }
        current = left;
    }
    let Some(operands) = operands(current) else { return false };
    operands.iter().all(|(operand, least)| rank_of_tree(operand) >= *least && is_grouped(operand, depth + 1))
}

/// The rank of an operator between two operands.
fn rank_of(op: &BinaryOperator) -> Option<u8> {
    Some(match op {
        BinaryOperator::Or => OR,
        BinaryOperator::And => AND,
        BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::Lt
        | BinaryOperator::LtEq
        | BinaryOperator::Gt
        | BinaryOperator::GtEq => COMPARISON,
        BinaryOperator::Plus | BinaryOperator::Minus => SUM,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Modulo => PRODUCT,
        BinaryOperator::PGExp => POWER,
        other => {
            symbol(other)?;
            OTHER_OPERATOR
        }
    })
}

fn rank_of_tree(tree: &Expr) -> u8 {
    match tree {
        Expr::BinaryOp { op, .. } => rank_of(op).unwrap_or(0),
        Expr::AnyOp { compare_op, .. } | Expr::AllOp { compare_op, .. } => rank_of(compare_op).unwrap_or(0),
        Expr::UnaryOp { op: UnaryOperator::Not, .. } => NOT,
        Expr::UnaryOp { op: UnaryOperator::Minus | UnaryOperator::Plus, .. } => SIGN,
        Expr::UnaryOp { .. } => OTHER_OPERATOR,
        Expr::IsNull(_)
        | Expr::IsNotNull(_)
        | Expr::IsTrue(_)
        | Expr::IsNotTrue(_)
        | Expr::IsFalse(_)
        | Expr::IsNotFalse(_)
        | Expr::IsUnknown(_)
        | Expr::IsNotUnknown(_)
        | Expr::IsDistinctFrom(..)
        | Expr::IsNotDistinctFrom(..) => IS,
        Expr::InList { .. }
        | Expr::Between { .. }
        | Expr::Like { .. }
        | Expr::ILike { .. }
        | Expr::SimilarTo { .. } => PATTERN,
        Expr::AtTimeZone { .. } => TIME_ZONE,
        Expr::Collate { .. } => COLLATE,
        Expr::Cast { kind: CastKind::DoubleColon, .. } => CAST,
        _ => CLOSED,
    }
}

/// The operands of what is no operator between two, each with its least rank; `None` for what is not known here.
fn operands(tree: &Expr) -> Option<Vec<(&Expr, u8)>> {
    Some(match tree {
        Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Value(_) | Expr::TypedString(_) => {
            Vec::new()
        }
        Expr::Nested(inner) => vec![(&**inner, 0)],
        Expr::IsNull(inner)
        | Expr::IsNotNull(inner)
        | Expr::IsTrue(inner)
        | Expr::IsNotTrue(inner)
        | Expr::IsFalse(inner)
        | Expr::IsNotFalse(inner)
        | Expr::IsUnknown(inner)
        | Expr::IsNotUnknown(inner) => vec![(&**inner, IS + 1)],
        Expr::IsDistinctFrom(left, right) | Expr::IsNotDistinctFrom(left, right) => {
            vec![(&**left, IS + 1), (&**right, IS + 1)]
        }
        Expr::UnaryOp { op, expr } => vec![(&**expr, least_of(*op))],
        Expr::InList { expr, list, .. } => {
            let items = list.iter().map(|item| (item, 0));
            std::iter::once((&**expr, PATTERN + 1)).chain(items).collect()
        }
        Expr::Between { expr, low, high, .. } => {
            vec![(&**expr, PATTERN + 1), (&**low, PATTERN + 1), (&**high, PATTERN + 1)]
        }
        Expr::Like { any: false, expr, pattern, escape_char, .. }
        | Expr::ILike { any: false, expr, pattern, escape_char, .. }
        | Expr::SimilarTo { expr, pattern, escape_char, .. } => {
            let three = [Some(expr), Some(pattern), escape_char.as_ref()];
            three.into_iter().flatten().map(|operand| (&**operand, PATTERN + 1)).collect()
        }
        Expr::AnyOp { left, compare_op, right, .. } | Expr::AllOp { left, compare_op, right } => {
            vec![(&**left, rank_of(compare_op)? + 1), (&**right, 0)]
        }
        Expr::AtTimeZone { timestamp, time_zone } => {
            vec![(&**timestamp, TIME_ZONE), (&**time_zone, TIME_ZONE + 1)]
        }
        Expr::Collate { expr, .. } => vec![(&**expr, COLLATE)],
        Expr::Cast { kind: CastKind::DoubleColon, expr, format: None, .. } => vec![(&**expr, CAST)],
        Expr::Cast { kind: CastKind::Cast, expr, format: None, .. } => vec![(&**expr, 0)],
        _ => return closed_operands(tree),
    })
}

fn least_of(op: UnaryOperator) -> u8 {
    match op {
        UnaryOperator::Not => NOT,
        UnaryOperator::Minus | UnaryOperator::Plus => SIGN,
        _ => OTHER_OPERATOR + 1,
    }
}

/// Operands that stand between parentheses, brackets or words.
fn closed_operands(tree: &Expr) -> Option<Vec<(&Expr, u8)>> {
    let inner: Vec<&Expr> = match tree {
        Expr::Extract { expr, .. } | Expr::Ceil { expr, .. } | Expr::Floor { expr, .. } => vec![expr],
        Expr::Position { expr, r#in } => vec![expr, r#in],
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let rest = [substring_from, substring_for].into_iter().flatten();
            std::iter::once(expr).chain(rest).map(|inner| &**inner).collect()
        }
        Expr::Trim { trim_what, expr, trim_characters, .. } => {
            let characters = trim_characters.iter().flatten();
            std::iter::once(&**expr).chain(trim_what.as_deref()).chain(characters).collect()
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            let three = [expr, overlay_what, overlay_from].map(|inner| &**inner);
            three.into_iter().chain(overlay_for.as_deref()).collect()
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            let pairs = conditions.iter().flat_map(|when| [&when.condition, &when.result]);
            operand.as_deref().into_iter().chain(pairs).chain(else_result.as_deref()).collect()
        }
        Expr::Array(array) if array.named => array.elem.iter().collect(),
        // Elements of an array in an array may leave the word out.
        Expr::Array(array) => array.elem.iter().collect(),
        Expr::Tuple(fields) => fields.iter().collect(),
        Expr::Interval(interval) if matches!(*interval.value, Expr::Value(_)) => vec![&interval.value],
        Expr::Function(function) => arguments(&function.args)?,
        Expr::CompoundFieldAccess { root, access_chain } => {
            // PostgreSQL takes a column or parentheses before `[`, and nothing else.
            let is_closed =
                matches!(**root, Expr::Identifier(_) | Expr::CompoundIdentifier(_) | Expr::Nested(_));
            if !is_closed {
                return None;
            }
            std::iter::once(&**root).chain(access_chain.iter().flat_map(accessed)).collect()
        }
        _ => return None,
    };
    Some(inner.into_iter().map(|operand| (operand, 0)).collect())
}

fn arguments(arguments: &FunctionArguments) -> Option<Vec<&Expr>> {
    let list = match arguments {
        FunctionArguments::None => return Some(Vec::new()),
        FunctionArguments::Subquery(_) => return None,
        FunctionArguments::List(list) => list,
    };
    let inner = list.args.iter().map(|argument| match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(inner))
        | FunctionArg::Named { arg: FunctionArgExpr::Expr(inner), .. }
        | FunctionArg::ExprNamed { arg: FunctionArgExpr::Expr(inner), .. } => Some(inner),
        _ => None,
    });
    inner.collect()
}

fn accessed(access: &AccessExpr) -> Vec<&Expr> {
    match access {
        AccessExpr::Subscript(Subscript::Index { index }) => vec![index],
        AccessExpr::Subscript(Subscript::Slice { lower_bound, upper_bound, stride }) => {
            [lower_bound, upper_bound, stride].into_iter().flatten().collect()
        }
        AccessExpr::Dot(_) => Vec::new(),
    }
}

/// PostgreSQL's sign of an operator; `None` for those of other databases and for AND and OR.
pub(super) fn symbol(op: &BinaryOperator) -> Option<String> {
    match op {
        BinaryOperator::And
        | BinaryOperator::Or
        | BinaryOperator::Spaceship
        | BinaryOperator::Xor
        | BinaryOperator::DuckIntegerDivide
        | BinaryOperator::MyIntegerDivide
        | BinaryOperator::Match
        | BinaryOperator::Regexp
        | BinaryOperator::Glob
        | BinaryOperator::Overlaps
        | BinaryOperator::Assignment => None,
        // With the schema of its own, PostgreSQL ranks it as any other operator.
        BinaryOperator::PGCustomBinaryOperator(_) => None,
        other => Some(other.to_string()),
    }
}
