//! Whether a text is a run of whole statements that a migration can hold. It is checked by its tokens alone: the
//! parser knows too few of PostgreSQL's statements to be asked. Running the migration is what proves the rest.

use super::expression::ExpressionError;
use super::lexer::{Token, TokenKind, tokens};

/// What a statement may begin with; PostgreSQL manual, "SQL Commands", without what has no place in a migration.
#[rustfmt::skip]
const FIRST_WORDS: &[&str] = &[
    "alter", "analyze", "call", "cluster", "comment", "create", "deallocate", "delete", "do", "drop", "execute",
    "explain", "grant", "import", "insert", "lock", "merge", "notify", "perform", "prepare", "reassign", "refresh",
    "reindex", "reset", "revoke", "security", "select", "set", "table", "truncate", "update", "values", "with",
];

/// With which words a query begins.
const QUERY_WORDS: [&str; 4] = ["select", "table", "values", "with"];

/// Statements that begin or end a transaction; a migration is one already.
const TRANSACTION_WORDS: &[&str] =
    &["abort", "begin", "commit", "end", "release", "rollback", "savepoint", "start"];

/// Checks the `up` or `down` of a `sql` node: one or more whole statements, of which the last may lack its `;`.
///
/// # Errors
/// Says what is wrong, and at which byte.
pub fn statement(text: &str) -> Result<(), ExpressionError> {
    let fail = |message: &str, offset: usize| Err(ExpressionError::new(message, offset));
    let control = |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r');
    if let Some(offset) = text.find(control) {
        return fail("the statement holds a control character", offset);
    }
    let all = tokens(text);
    for token in &all {
        let what = match token.kind {
            TokenKind::Comment if !token.closed => "this comment is not closed",
            _ if !token.closed => "this quote is not closed",
            TokenKind::Backslash => "commands of psql have no place in a statement",
            TokenKind::Parameter => "there is nothing to put in for a parameter",
            TokenKind::Stray => "this character has no place in a statement",
            _ => continue,
        };
        return fail(what, token.offset);
    }
    let significant: Vec<Token<'_>> =
        all.into_iter().filter(|token| token.kind != TokenKind::Comment).collect();
    let mut statements = 0;
    for part in split(&significant)? {
        check_statement(part)?;
        statements += 1;
    }
    if statements == 0 { fail("there is no statement", 0) } else { Ok(()) }
}

/// Cuts at every `;` outside of parentheses and of `BEGIN ATOMIC ... END`; what is empty is left out.
fn split<'t, 'a>(tokens: &'t [Token<'a>]) -> Result<Vec<&'t [Token<'a>]>, ExpressionError> {
    let mut parts = Vec::new();
    let mut open: Vec<&Token<'_>> = Vec::new();
    let mut atomic = 0usize;
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|before| tokens.get(before));
        let begins_body = token.is_word("atomic") && before.is_some_and(|before| before.is_word("begin"));
        if begins_body || atomic > 0 && token.is_word("case") {
            atomic += 1;
        } else if atomic > 0 && token.is_word("end") {
            atomic -= 1;
        } else if token.kind == TokenKind::Punctuation {
            match token.text {
                "(" | "[" => open.push(token),
                ")" | "]" => {
                    let wanted = if token.text == ")" { "(" } else { "[" };
                    if open.pop().is_none_or(|opening| opening.text != wanted) {
                        let message = format!("`{}` closes nothing", token.text);
                        return Err(ExpressionError::new(message, token.offset));
                    }
                }
                ";" if open.is_empty() && atomic == 0 => {
                    parts.push(tokens.get(start..index).unwrap_or_default());
                    start = index + 1;
                }
                _ => {}
            }
        }
    }
    if let Some(token) = open.pop() {
        return Err(ExpressionError::new(format!("`{}` is not closed", token.text), token.offset));
    }
    parts.push(tokens.get(start..).unwrap_or_default());
    parts.retain(|part| !part.is_empty());
    Ok(parts)
}

fn check_statement(tokens: &[Token<'_>]) -> Result<(), ExpressionError> {
    let Some(first) = tokens.first() else { return Ok(()) };
    let fail = |message: String, offset: usize| Err(ExpressionError::new(message, offset));
    // A query may begin with a parenthesis, and nothing else may.
    if first.is_punctuation("(") {
        let inner = tokens.iter().find(|token| !token.is_punctuation("("));
        let is_query = inner.is_some_and(|inner| QUERY_WORDS.iter().any(|word| inner.is_word(word)));
        return if is_query {
            Ok(())
        } else {
            fail("no query stands in these parentheses".to_owned(), first.offset)
        };
    }
    let words: Vec<String> = tokens
        .iter()
        .take(8)
        .map_while(|token| (token.kind == TokenKind::Word).then(|| token.text.to_ascii_lowercase()))
        .collect();
    let word = |index: usize| words.get(index).map_or("", String::as_str);
    if TRANSACTION_WORDS.contains(&word(0)) || word(0) == "prepare" && word(1) == "transaction" {
        let message = format!("`{}` would end the transaction that the migration runs in", first.text);
        return fail(message, first.offset);
    }
    if let Some(at) = words.iter().position(|word| word == "concurrently")
        && matches!(word(0), "create" | "drop" | "reindex")
    {
        let offset = tokens.get(at).map_or(first.offset, |token| token.offset);
        let message = "`CONCURRENTLY` cannot run in a transaction, which a migration is";
        return fail(message.to_owned(), offset);
    }
    let alone =
        matches!((word(0), word(1)), ("create" | "drop", "database" | "tablespace") | ("alter", "system"));
    if alone || word(0) == "vacuum" {
        return fail(
            format!("`{}` cannot run in a transaction, which a migration is", first.text),
            first.offset,
        );
    }
    if word(0) == "copy" {
        return fail("`COPY` reads or writes files, which a migration has none of".to_owned(), first.offset);
    }
    if !FIRST_WORDS.contains(&word(0)) {
        return fail(format!("no statement of PostgreSQL begins with `{}`", first.text), first.offset);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::statement;

    #[test]
    fn whole_statements_pass() {
        for text in [
            "CREATE VIEW v AS SELECT 1",
            "CREATE VIEW v AS SELECT ';' AS \"a;b\"; -- done\nDROP VIEW w;",
            "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;",
            "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;",
            "DO $body$ BEGIN PERFORM 1; END $body$",
            "(SELECT 1) UNION (SELECT 2)",
            "ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (owner = current_user)",
            "/* a /* nested */ comment */ DROP VIEW v",
        ] {
            assert_eq!(statement(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_no_run_of_statements_is_refused_at_its_place() {
        for (text, offset) in [
            ("", 0),
            (" ; ;", 0),
            ("SELECT 'a", 7),
            ("SELECT $$a", 7),
            ("SELECT (1", 7),
            ("SELECT 1)", 8),
            ("SELECT 1 /* a", 9),
            ("\\! rm -rf /", 0),
            ("SELECT 1; COMMIT", 10),
            ("BEGIN; SELECT 1", 0),
            ("CREATE INDEX CONCURRENTLY i ON t (a)", 13),
            ("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)", 20),
            ("VACUUM t", 0),
            ("COPY t FROM STDIN", 0),
            ("CRAETE VIEW v AS SELECT 1", 0),
            ("SELECT $1", 7),
            ("SELECT 1\u{0}", 8),
        ] {
            let error = statement(text).expect_err(text);
            assert_eq!(error.offset, offset, "{text}: {}", error.message);
        }
    }
}
