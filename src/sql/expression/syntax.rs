//! Syntax of PostgreSQL that sqlparser does not read, put into other words of the same length, so that offsets
//! stay what they are.

use crate::sql::lexer::{Token, tokens};
use std::borrow::Cow;

/// The text with `TRIM(LEADING FROM x)` as `ltrim(x)`, padded with spaces.
pub(super) fn as_sqlparser_reads(text: &str) -> Cow<'_, str> {
    let tokens = tokens(text);
    let mut rewritten = Cow::Borrowed(text);
    for window in tokens.windows(4) {
        let [trim, open, side, from] = window else { continue };
        let is_trim = trim.is_word("trim") && open.is_punctuation("(") && from.is_word("from");
        let name = trim_function(side);
        if let (true, Some(name)) = (is_trim, name) {
            let end = from.offset + from.text.len();
            let width = end - trim.offset;
            rewritten.to_mut().replace_range(trim.offset..end, &format!("{name:<width$}"));
        }
    }
    rewritten
}

fn trim_function(side: &Token<'_>) -> Option<&'static str> {
    let names = [("both", "btrim("), ("leading", "ltrim("), ("trailing", "rtrim(")];
    names.iter().find(|(word, _)| side.is_word(word)).map(|(_, name)| *name)
}
