//! The rules of reading, with the pages that explain them.

/// A rule that reading can break, and its page.
#[derive(Clone, Copy, Debug)]
pub struct SyntaxRule {
    /// Its name, as findings have it.
    pub name: &'static str,
    /// What it is, why it is bad, an example and the mend, in Markdown.
    pub page: &'static str,
}

pub(super) const SYNTAX: &str = "kdl-syntax";
pub(super) const RESERVED_WORD: &str = "kdl-reserved-word";
pub(super) const UNQUOTED_WORD: &str = "kdl-unquoted-word";
pub(super) const NUMBER: &str = "kdl-number";
pub(super) const COMMA: &str = "kdl-comma";
pub(super) const COLON: &str = "kdl-colon";
pub(super) const QUOTES: &str = "kdl-quotes";
pub(super) const ESCAPE: &str = "kdl-escape";
pub(super) const MULTI_LINE_STRING: &str = "kdl-multi-line-string";
pub(super) const UNCLOSED: &str = "kdl-unclosed";
pub(super) const STRAY_BRACE: &str = "kdl-stray-brace";
pub(super) const MISSING_SPACE: &str = "kdl-missing-space";
pub(super) const COMMENT: &str = "kdl-comment";
pub(super) const SLASHDASH: &str = "kdl-slashdash";
pub(super) const CHARACTER: &str = "kdl-character";
pub(super) const VERSION: &str = "kdl-version";
pub(super) const TOO_LARGE: &str = "kdl-too-large";
/// The rule that ends a list of very many findings.
pub const TOO_MANY_MISTAKES: &str = "kdl-too-many-mistakes";
pub(super) const DUPLICATE_PROPERTY: &str = "kdl-duplicate-property";
pub(super) const TYPE_ANNOTATION: &str = "kdl-type-annotation";
pub(super) const NESTING: &str = "kdl-nesting";

/// Every rule that a finding of reading can have.
pub const RULES: &[SyntaxRule] = &[
    rule(SYNTAX, include_str!("pages/kdl-syntax.md")),
    rule(RESERVED_WORD, include_str!("pages/kdl-reserved-word.md")),
    rule(UNQUOTED_WORD, include_str!("pages/kdl-unquoted-word.md")),
    rule(NUMBER, include_str!("pages/kdl-number.md")),
    rule(COMMA, include_str!("pages/kdl-comma.md")),
    rule(COLON, include_str!("pages/kdl-colon.md")),
    rule(QUOTES, include_str!("pages/kdl-quotes.md")),
    rule(ESCAPE, include_str!("pages/kdl-escape.md")),
    rule(MULTI_LINE_STRING, include_str!("pages/kdl-multi-line-string.md")),
    rule(UNCLOSED, include_str!("pages/kdl-unclosed.md")),
    rule(STRAY_BRACE, include_str!("pages/kdl-stray-brace.md")),
    rule(MISSING_SPACE, include_str!("pages/kdl-missing-space.md")),
    rule(COMMENT, include_str!("pages/kdl-comment.md")),
    rule(SLASHDASH, include_str!("pages/kdl-slashdash.md")),
    rule(CHARACTER, include_str!("pages/kdl-character.md")),
    rule(VERSION, include_str!("pages/kdl-version.md")),
    rule(TOO_LARGE, include_str!("pages/kdl-too-large.md")),
    rule(TOO_MANY_MISTAKES, include_str!("pages/kdl-too-many-mistakes.md")),
    rule(DUPLICATE_PROPERTY, include_str!("pages/kdl-duplicate-property.md")),
    rule(TYPE_ANNOTATION, include_str!("pages/kdl-type-annotation.md")),
    rule(NESTING, include_str!("pages/kdl-nesting.md")),
];

const fn rule(name: &'static str, page: &'static str) -> SyntaxRule {
    SyntaxRule { name, page }
}
