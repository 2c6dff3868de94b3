//! Functions whose result changes from one call to the next: an index or a generated column cannot hold them.

use crate::sql::lexer::{Token, TokenKind, tokens};

/// Functions that PostgreSQL calls stable or volatile, as far as they are met in expressions of tables.
#[rustfmt::skip]
const CHANGING: &[&str] = &[
    "clock_timestamp", "currval", "gen_random_uuid", "inet_client_addr", "lastval", "nextval", "now",
    "pg_backend_pid", "random", "statement_timestamp", "timeofday", "to_char", "transaction_timestamp",
    "txid_current", "uuid_generate_v1", "uuid_generate_v4", "uuidv4", "uuidv7",
];

/// Values that are called without parentheses.
#[rustfmt::skip]
const CHANGING_VALUES: &[&str] = &[
    "current_catalog", "current_date", "current_role", "current_schema", "current_time", "current_timestamp",
    "current_user", "localtime", "localtimestamp", "session_user", "user",
];

/// The first use of a function whose result may change while its arguments do not, with the byte where it
/// stands. PostgreSQL refuses them in indexes, index predicates and generated columns.
pub fn changing_function(text: &str) -> Option<(String, usize)> {
    let tokens = tokens(text);
    let found = tokens.iter().enumerate().find(|(index, token)| is_changing(&tokens, *index, token));
    found.map(|(_, token)| (token.text.to_ascii_lowercase(), token.offset))
}

fn is_changing(tokens: &[Token<'_>], index: usize, token: &Token<'_>) -> bool {
    if token.kind != TokenKind::Word {
        return false;
    }
    let after_point = index > 0 && tokens[index - 1].is_punctuation(".");
    let word = token.text.to_ascii_lowercase();
    let is_called = tokens.get(index + 1).is_some_and(|next| next.is_punctuation("("));
    let is_function = is_called && CHANGING.contains(&word.as_str());
    !after_point && (is_function || CHANGING_VALUES.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::changing_function;

    #[test]
    fn functions_of_time_chance_and_session_are_found() {
        assert_eq!(changing_function("a + random()"), Some(("random".to_owned(), 4)));
        assert_eq!(changing_function("CURRENT_DATE - day"), Some(("current_date".to_owned(), 0)));
        assert_eq!(changing_function("lower(now)"), None);
        assert_eq!(changing_function("'now()' || title"), None);
        assert_eq!(changing_function("\"now\" > 1"), None);
    }
}
