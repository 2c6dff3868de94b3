//! PostgreSQL's lexical rules: where strings, names, comments and operators begin and end. Total and linear.
//! PostgreSQL manual, "Lexical Structure"; the scanner is `src/backend/parser/scan.l`.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A keyword or a name without quotes.
    Word,
    /// A name in `"`.
    QuotedName,
    /// A string of any kind, prefix included.
    String,
    /// A number.
    Number,
    /// `$1`.
    Parameter,
    /// An operator, `::`, `:=` and `=>` among them.
    Operator,
    /// One of `( ) [ ] , ; . :`.
    Punctuation,
    /// `\`, which psql reads as a command.
    Backslash,
    /// A comment of either kind.
    Comment,
    /// A character that begins nothing.
    Stray,
}

/// A token and the bytes it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: TokenKind,
    pub text: &'a str,
    pub offset: usize,
    /// Whether its end was found: strings, quoted names and comments may lack it.
    pub closed: bool,
}

impl Token<'_> {
    /// Whether this is a keyword.
    pub fn is_word(&self, keyword: &str) -> bool {
        self.kind == TokenKind::Word && self.text.eq_ignore_ascii_case(keyword)
    }

    /// Whether this is a punctuation mark.
    pub fn is_punctuation(&self, mark: &str) -> bool {
        self.kind == TokenKind::Punctuation && self.text == mark
    }
}

/// The tokens of a text, without white space.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut offset = 0;
    while let Some(first) = text[offset..].chars().next() {
        if matches!(first, ' ' | '\t' | '\n' | '\r' | '\u{b}' | '\u{c}') {
            offset += 1;
            continue;
        }
        let rest = &text[offset..];
        let (kind, length, closed) = scan(rest, first);
        found.push(Token { kind, text: &rest[..length], offset, closed });
        offset += length;
    }
    found
}

/// The kind, the length in bytes, and whether the end was found.
fn scan(rest: &str, first: char) -> (TokenKind, usize, bool) {
    let bytes = rest.as_bytes();
    let second = bytes.get(1).copied().unwrap_or(0);
    match first {
        '-' if second == b'-' => (TokenKind::Comment, line_end(bytes), true),
        '/' if second == b'*' => {
            let end = block_comment_end(bytes);
            (TokenKind::Comment, end.unwrap_or(rest.len()), end.is_some())
        }
        '\'' => string(rest, 1, false),
        'e' | 'E' if second == b'\'' => string(rest, 2, true),
        'b' | 'B' | 'x' | 'X' | 'n' | 'N' if second == b'\'' => string(rest, 2, false),
        'u' | 'U' if rest[1..].starts_with("&'") => string(rest, 3, false),
        'u' | 'U' if rest[1..].starts_with("&\"") => quoted(rest, 3, b'"', false, TokenKind::QuotedName),
        '"' => quoted(rest, 1, b'"', false, TokenKind::QuotedName),
        '$' => dollar(rest),
        '\\' => (TokenKind::Backslash, 1, true),
        '0'..='9' => (TokenKind::Number, number_end(bytes), true),
        '.' if second.is_ascii_digit() => (TokenKind::Number, number_end(bytes), true),
        ':' if matches!(second, b':' | b'=') => (TokenKind::Operator, 2, true),
        '(' | ')' | '[' | ']' | ',' | ';' | '.' | ':' => (TokenKind::Punctuation, 1, true),
        _ if is_operator(first) => (TokenKind::Operator, operator_end(bytes), true),
        _ if is_name_start(first) => (TokenKind::Word, word_end(rest), true),
        _ => (TokenKind::Stray, first.len_utf8(), true),
    }
}

fn is_operator(character: char) -> bool {
    "+-*/<>=~!@#%^&|`?".contains(character)
}

fn is_name_start(character: char) -> bool {
    character.is_ascii_alphabetic() || character == '_' || !character.is_ascii()
}

fn word_end(rest: &str) -> usize {
    let part = |c: char| is_name_start(c) || c.is_ascii_digit() || c == '$';
    rest.find(|c| !part(c)).unwrap_or(rest.len())
}

fn line_end(bytes: &[u8]) -> usize {
    memchr::memchr2(b'\n', b'\r', bytes).unwrap_or(bytes.len())
}

/// Block comments nest.
fn block_comment_end(bytes: &[u8]) -> Option<usize> {
    let mut depth = 0usize;
    let mut at = 0;
    while at + 1 < bytes.len() {
        match (bytes[at], bytes[at + 1]) {
            (b'/', b'*') => {
                depth += 1;
                at += 2;
            }
            (b'*', b'/') => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

fn string(rest: &str, start: usize, backslash_escapes: bool) -> (TokenKind, usize, bool) {
    quoted(rest, start, b'\'', backslash_escapes, TokenKind::String)
}

fn quoted(
    rest: &str,
    start: usize,
    quote: u8,
    backslash_escapes: bool,
    kind: TokenKind,
) -> (TokenKind, usize, bool) {
    let bytes = rest.as_bytes();
    let mut at = start;
    while at < bytes.len() {
        if backslash_escapes && bytes[at] == b'\\' {
            at += 2;
        } else if bytes[at] == quote {
            if bytes.get(at + 1) != Some(&quote) {
                return (kind, at + 1, true);
            }
            at += 2;
        } else {
            at += 1;
        }
    }
    (kind, rest.len(), false)
}

/// `$1`, `$$...$$` or `$tag$...$tag$`.
fn dollar(rest: &str) -> (TokenKind, usize, bool) {
    let bytes = rest.as_bytes();
    if bytes.get(1).is_some_and(u8::is_ascii_digit) {
        let digits = bytes[1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        return (TokenKind::Parameter, 1 + digits, true);
    }
    let tag = &rest[1..];
    let tag_end = tag.find(|c: char| !(is_name_start(c) || c.is_ascii_digit())).unwrap_or(tag.len());
    if !tag[tag_end..].starts_with('$') {
        return (TokenKind::Stray, 1, true);
    }
    let delimiter = &rest[..tag_end + 2];
    match memchr::memmem::find(&bytes[delimiter.len()..], delimiter.as_bytes()) {
        Some(at) => (TokenKind::String, delimiter.len() + at + delimiter.len(), true),
        None => (TokenKind::String, rest.len(), false),
    }
}

/// Digits, `_` between them, a point, an exponent; or another base after `0x`, `0o`, `0b`.
fn number_end(bytes: &[u8]) -> usize {
    let run = |from: usize, good: fn(&u8) -> bool| {
        from + bytes[from..].iter().take_while(|byte| good(byte) || **byte == b'_').count()
    };
    if bytes[0] == b'0' && bytes.get(1).is_some_and(|byte| b"xXoObB".contains(byte)) {
        return run(2, u8::is_ascii_hexdigit);
    }
    let mut end = run(0, u8::is_ascii_digit);
    // `1..2` is a range of PL/pgSQL, not a number with a point.
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1) != Some(&b'.') {
        end = run(end + 1, u8::is_ascii_digit);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = run(end + 1 + sign, u8::is_ascii_digit);
        }
    }
    end
}

/// An operator ends before a comment, and in `+` or `-` only where it holds one of `~ ! @ # % ^ & | ? and backquote`.
fn operator_end(bytes: &[u8]) -> usize {
    // PostgreSQL takes no longer operator than a name; so a run of signs is not walked over and over.
    let longest = crate::sql::LONGEST_IDENTIFIER;
    let mut end = bytes.iter().take(longest).take_while(|byte| is_operator(char::from(**byte))).count();
    if let Some(comment) = (1..end).find(|at| matches!(&bytes[*at..], [b'-', b'-', ..] | [b'/', b'*', ..])) {
        end = comment;
    }
    let free_end = bytes[..end].iter().any(|byte| b"~!@#%^&|`?".contains(byte));
    while end > 1 && !free_end && matches!(bytes[end - 1], b'+' | b'-') {
        end -= 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        tokens(text).into_iter().map(|token| (token.kind, token.text)).collect()
    }

    #[test]
    fn strings_end_where_postgresql_ends_them() {
        use TokenKind::*;
        assert_eq!(kinds(r"'a''b' 'c\'"), [(String, "'a''b'"), (String, r"'c\'")]);
        assert_eq!(kinds(r"E'a\'b'"), [(String, r"E'a\'b'")]);
        assert_eq!(kinds("$$a'b$$$t$x$$y$t$"), [(String, "$$a'b$$"), (String, "$t$x$$y$t$")]);
        assert_eq!(kinds("\"a\"\"b\""), [(QuotedName, "\"a\"\"b\"")]);
        for open in ["'a", "\"a", "$$a", "$t$a$$", "/* a /* b */", "E'a\\'"] {
            assert!(tokens(open).iter().any(|token| !token.closed), "{open}");
        }
    }

    #[test]
    fn operators_end_before_comments_and_signs() {
        use TokenKind::*;
        assert_eq!(kinds("a*-1"), [(Word, "a"), (Operator, "*"), (Operator, "-"), (Number, "1")]);
        assert_eq!(kinds("a<--b"), [(Word, "a"), (Operator, "<"), (Comment, "--b")]);
        assert_eq!(kinds("@-"), [(Operator, "@-")]);
        assert_eq!(kinds("a::int"), [(Word, "a"), (Operator, "::"), (Word, "int")]);
    }

    #[test]
    fn numbers_and_parameters_are_told_apart() {
        use TokenKind::*;
        assert_eq!(
            kinds("1.5e-3 .5 0xfF $12"),
            [(Number, "1.5e-3"), (Number, ".5"), (Number, "0xfF"), (Parameter, "$12")]
        );
        assert_eq!(kinds("1..2")[0], (Number, "1"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_cut_without_loss(text in "[ -~\\né$'\"/*\\\\]{0,60}") {
            let mut rebuilt = String::new();
            let mut end = 0;
            for token in tokens(&text) {
                proptest::prop_assert!(text[end..token.offset].trim().is_empty());
                end = token.offset + token.text.len();
                rebuilt.push_str(token.text);
            }
            let squeezed = |text: &str| text.split_ascii_whitespace().collect::<String>();
            proptest::prop_assert_eq!(squeezed(&rebuilt), squeezed(&text));
        }
    }
}
