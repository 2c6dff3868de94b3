//! Expressions of SQL: whether a text is one, alone and whole, and what it uses.

mod check;
mod columns;
mod grouping;
mod normal_form;
mod syntax;
mod typing;

pub use columns::{ColumnUse, column_uses, columns_of};
pub use typing::{
    ClassProblem, EnumValues, ParsedExpression, Place, ProblemKind, Surroundings, TypeProblem, Wanted,
};

use crate::schema::Expression;
use sqlparser::ast::Expr;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;

/// Why a text is no expression that a table can hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExpressionError {
    /// A phrase in lower case.
    pub message: String,
    /// The byte of the text where the mistake is.
    pub offset: usize,
}

impl ExpressionError {
    pub(super) fn new(message: impl Into<String>, offset: usize) -> ExpressionError {
        ExpressionError { message: message.into(), offset }
    }
}

/// Reads an expression: the whole text, one expression, without comments, subqueries, aggregates, window
/// functions and parameters. Nothing is known of the columns' types; see [`expression_with`].
///
/// # Errors
/// Says what is wrong, and at which byte.
pub fn expression(text: &str) -> Result<Expression, ExpressionError> {
    expression_with(text, &|_| None)
}

/// Like [`expression`], with the types of the columns as `format_type` writes them. PostgreSQL stores
/// `status = 'a'` as `((status)::text = 'a'::text)` where `status` is a `character varying`: only with the
/// types can two such texts be told equal.
///
/// # Errors
/// Says what is wrong, and at which byte.
pub fn expression_with(
    text: &str,
    column_type: &dyn Fn(&str) -> Option<String>,
) -> Result<Expression, ExpressionError> {
    let parsed = parse(text)?;
    let normal_form = normal_form::normal_form(&parsed, column_type);
    Ok(Expression { text: text.to_owned(), normal_form })
}

/// Reads the default of a column of a type as `format_type` writes it. Like [`expression`], but a constant
/// takes the column's type: PostgreSQL stores `'10:00'` of a `time` as `'10:00:00'::time without time zone`.
///
/// # Errors
/// Says what is wrong, and at which byte.
pub fn default_expression(text: &str, data_type: &str) -> Result<Expression, ExpressionError> {
    let parsed = parse(text)?;
    let normal_form = normal_form::default_normal_form(&parsed, data_type);
    Ok(Expression { text: text.to_owned(), normal_form })
}

/// Most levels of parentheses, brackets and CASE that sqlparser may descend into.
const DEEPEST_RECURSION: usize = 200;

fn parse(text: &str) -> Result<Expr, ExpressionError> {
    check::check(text)?;
    let fail = |error| parser_error(text, error);
    let mut parser = Parser::new(&PostgreSqlDialect {})
        .with_recursion_limit(DEEPEST_RECURSION)
        .try_with_sql(&syntax::as_sqlparser_reads(text))
        .map_err(fail)?;
    let parsed = parser.parse_expr().map_err(fail)?;
    let rest = parser.next_token();
    if rest.token != Token::EOF {
        let offset = byte_offset(text, rest.span.start.line, rest.span.start.column);
        let message = format!("the expression ends before `{}`", first_word(&text[offset..]));
        return Err(ExpressionError::new(message, offset));
    }
    Ok(parsed)
}

/// What a message shows of the text that it speaks of.
fn first_word(text: &str) -> &str {
    let end = text.char_indices().find(|(at, c)| *at > 0 && (c.is_whitespace() || *at > 30));
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// sqlparser ends its messages with ` at Line: 1, Column: 5`, columns in characters.
fn parser_error(text: &str, error: ParserError) -> ExpressionError {
    let message = match error {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => message,
        ParserError::RecursionLimitExceeded => {
            return ExpressionError::new("the expression is nested too deeply", 0);
        }
    };
    let Some((phrase, position)) = message.rsplit_once(" at Line: ") else {
        // Without a position it is the end that was not expected.
        return ExpressionError::new(lower_first(message.trim_end_matches(", found: EOF")), text.len());
    };
    let mut numbers = position.split(", Column: ").map(|number| number.trim().parse::<u64>().unwrap_or(1));
    let (line, column) = (numbers.next().unwrap_or(1), numbers.next().unwrap_or(1));
    ExpressionError::new(lower_first(phrase), byte_offset(text, line, column))
}

fn lower_first(phrase: &str) -> String {
    let phrase = phrase
        .strip_prefix("Expected: ")
        .map_or_else(|| phrase.to_owned(), |rest| format!("expected {rest}"));
    let mut characters = phrase.chars();
    let first = characters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(characters).collect::<String>().replace(", found: ", ", found ")
}

/// The byte at a line and a column in characters, both from 1; the end where there is no such.
fn byte_offset(text: &str, line: u64, column: u64) -> usize {
    let mut start = 0;
    for _ in 1..line {
        match text[start..].find('\n') {
            Some(at) => start += at + 1,
            None => return text.len(),
        }
    }
    let skip = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    text[start..].char_indices().nth(skip).map_or(text.len(), |(at, _)| start + at)
}
