//! What is refused before an expression is parsed: by its tokens, so that nothing hides in a corner of the
//! grammar, and so that the parser can neither overflow its stack nor read more than one expression.

use super::ExpressionError;
use crate::sql::lexer::{Token, TokenKind, tokens};

/// Longest expression, in bytes.
const LONGEST: usize = 64 * 1024;
/// Deepest nesting of parentheses, brackets and CASE.
const DEEPEST: usize = 32;
/// Most names, operators and brackets; values in lists do not count.
const MOST_PARTS: usize = 1000;

/// PostgreSQL manual, "Aggregate Functions".
const AGGREGATES: &[&str] = &[
    "any_value",
    "array_agg",
    "avg",
    "bit_and",
    "bit_or",
    "bit_xor",
    "bool_and",
    "bool_or",
    "corr",
    "count",
    "covar_pop",
    "covar_samp",
    "every",
    "grouping",
    "json_agg",
    "json_agg_strict",
    "json_arrayagg",
    "json_object_agg",
    "json_objectagg",
    "jsonb_agg",
    "jsonb_agg_strict",
    "jsonb_object_agg",
    "max",
    "min",
    "mode",
    "percentile_cont",
    "percentile_disc",
    "range_agg",
    "range_intersect_agg",
    "regr_avgx",
    "regr_avgy",
    "regr_count",
    "regr_intercept",
    "regr_r2",
    "regr_slope",
    "regr_sxx",
    "regr_sxy",
    "regr_syy",
    "stddev",
    "stddev_pop",
    "stddev_samp",
    "string_agg",
    "sum",
    "var_pop",
    "var_samp",
    "variance",
    "xmlagg",
];

/// PostgreSQL manual, "Window Functions".
const WINDOW_FUNCTIONS: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

/// PostgreSQL manual, "Set Returning Functions", and those that give sets of JSON, text and arrays.
const SET_FUNCTIONS: &[&str] = &[
    "generate_series",
    "generate_subscripts",
    "json_array_elements",
    "json_array_elements_text",
    "json_each",
    "json_each_text",
    "json_object_keys",
    "json_populate_recordset",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_object_keys",
    "jsonb_path_query",
    "jsonb_populate_recordset",
    "regexp_matches",
    "regexp_split_to_table",
    "string_to_table",
    "unnest",
];

pub(super) fn check(text: &str) -> Result<(), ExpressionError> {
    if text.len() > LONGEST {
        return Err(ExpressionError::new(format!("the expression is longer than {LONGEST} bytes"), LONGEST));
    }
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if let Some(offset) = text.find(control) {
        return Err(ExpressionError::new("the expression holds a control character", offset));
    }
    let tokens = tokens(text);
    if tokens.is_empty() {
        return Err(ExpressionError::new("the expression is empty", 0));
    }
    for (index, token) in tokens.iter().enumerate() {
        check_token(token).map_err(|message| ExpressionError::new(message, token.offset))?;
        check_meaning(&tokens, index).map_err(|message| ExpressionError::new(message, token.offset))?;
    }
    check_nesting(&tokens)
}

fn check_token(token: &Token<'_>) -> Result<(), String> {
    if !token.closed && token.kind != TokenKind::Comment {
        return Err("this quote is not closed".to_owned());
    }
    let quoted = |what: &str| Err(format!("{what} `{}` has no place in an expression", token.text));
    match token.kind {
        TokenKind::Comment => Err("comments have no place in an expression".to_owned()),
        TokenKind::Backslash => {
            Err("a backslash outside of a string has no place in an expression".to_owned())
        }
        TokenKind::Parameter => quoted("the parameter"),
        TokenKind::Stray => quoted("the character"),
        TokenKind::Punctuation if token.text == ";" => {
            Err("`;` ends a statement; only one expression may stand here".to_owned())
        }
        _ => Ok(()),
    }
}

/// Refuses what may stand in a query alone.
fn check_meaning(tokens: &[Token<'_>], index: usize) -> Result<(), String> {
    let token = &tokens[index];
    if token.kind != TokenKind::Word {
        return Ok(());
    }
    let word = token.text.to_ascii_lowercase();
    if word == "select" {
        return Err("a subquery has no place here: the database could not check it".to_owned());
    }
    if word == "isnull" {
        return Err("`ISNULL` is an old spelling of `IS NULL`, which is to be written here".to_owned());
    }
    if word == "collate" && index >= 2 && tokens[index - 2].text == "::" {
        return Err("a cast before `COLLATE` is to be written in parentheses here".to_owned());
    }
    let next = tokens.get(index + 1);
    let is_called = next.is_some_and(|next| next.is_punctuation("("));
    let previous = index.checked_sub(1).and_then(|before| tokens.get(before));
    if is_called && !previous.is_some_and(|previous| previous.is_punctuation(".")) {
        let among = |names: &[&str]| names.binary_search(&word.as_str()).is_ok();
        if among(AGGREGATES) {
            return Err(format!("the aggregate function `{word}` has no place here: there is only one row"));
        }
        if among(WINDOW_FUNCTIONS) {
            return Err(format!("the window function `{word}` has no place here: there is only one row"));
        }
        if among(SET_FUNCTIONS) {
            return Err(format!("`{word}` gives several rows, where one value is wanted"));
        }
    }
    let follows_call = previous.is_some_and(|previous| previous.is_punctuation(")"));
    if follows_call && matches!(word.as_str(), "over" | "filter" | "within") {
        return Err(format!("`{word}` belongs to window and aggregate functions, which have no place here"));
    }
    Ok(())
}

fn check_nesting(tokens: &[Token<'_>]) -> Result<(), ExpressionError> {
    let mut open: Vec<&Token<'_>> = Vec::new();
    let mut cases = 0usize;
    let mut parts = 0usize;
    for token in tokens {
        match token.kind {
            TokenKind::Punctuation => match token.text {
                "(" | "[" => {
                    open.push(token);
                    parts += 1;
                }
                ")" | "]" => close(&mut open, token)?,
                "," => {}
                _ => parts += 1,
            },
            TokenKind::Word | TokenKind::Operator => parts += 1,
            _ => {}
        }
        if token.is_word("case") {
            cases += 1;
        } else if token.is_word("end") {
            cases = cases.saturating_sub(1);
        }
        if open.len() + cases > DEEPEST {
            let message = format!("the expression is nested deeper than {DEEPEST} levels");
            return Err(ExpressionError::new(message, token.offset));
        }
        if parts > MOST_PARTS {
            let message = format!("the expression has more than {MOST_PARTS} names, operators and brackets");
            return Err(ExpressionError::new(message, token.offset));
        }
    }
    match open.pop() {
        Some(token) => Err(ExpressionError::new(format!("`{}` is not closed", token.text), token.offset)),
        None => Ok(()),
    }
}

fn close(open: &mut Vec<&Token<'_>>, token: &Token<'_>) -> Result<(), ExpressionError> {
    let wanted = if token.text == ")" { "(" } else { "[" };
    match open.pop() {
        Some(opening) if opening.text == wanted => Ok(()),
        _ => Err(ExpressionError::new(format!("`{}` closes nothing", token.text), token.offset)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_for_the_search() {
        assert!(AGGREGATES.is_sorted() && WINDOW_FUNCTIONS.is_sorted() && SET_FUNCTIONS.is_sorted());
    }
}
