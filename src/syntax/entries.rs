//! Arguments, properties, type annotations, and the tokens that they and names consist of.

use super::characters::{newline_length, space_length, word_end};
use super::cursor::span;
use super::habits::closing_quote;
use super::numbers::{begins_number, number};
use super::parser::{Habit, OpenNode, Parser, Suspect};
use super::tree::{Entry, Storage, Text, Value, ValueKind};
use crate::source::Span;

/// What a token is before it is known whether it stands as a name or as a value.
#[derive(Clone, Copy, Debug)]
enum Token {
    /// A string of any kind; also a word that a finding says to quote.
    Text(Text),
    /// A number or a keyword.
    Other(Span, ValueKind),
    /// A bare `true`, `false`, `null`, `inf`, `-inf` or `nan`, and what was meant.
    Reserved(Span, ValueKind),
}

impl Parser<'_> {
    /// Reads the name of a node, which begins at the position.
    pub(super) fn node_name(&mut self) -> Text {
        match self.token(false) {
            Token::Text(text) => text,
            Token::Other(at, _) | Token::Reserved(at, _) => {
                self.report_name_not_string(at, "a node");
                Text { span: at, storage: Storage::Source(at) }
            }
        }
    }

    /// Reads an argument or a property, which begins at the position. Says whether whitespace followed.
    pub(super) fn entry(&mut self, node: &mut OpenNode) -> bool {
        if self.peek() == Some(b'=') {
            let first = self.tree.nodes.get(node.id.0 as usize).map_or(0, |data| data.entries.start);
            self.report_stray_equals(first as usize == self.tree.entries.len());
            return true;
        }
        if self.is_lone_backslash() {
            self.skip_lone_backslash();
            return true;
        }
        if self.peek() == Some(b'#') && self.is_hash_comment_after_value() {
            self.report_hash_comment();
            return true;
        }
        let findings = self.findings.len();
        let annotation = self.annotation();
        let token = self.token(false);
        let spaced = self.skip_node_space();
        if self.peek() == Some(b'=') {
            return self.property(node, token, annotation);
        }
        let (at, kind) = self.as_value(token);
        self.suspect_habit(node, at, findings);
        let annotation = annotation.and_then(|text| self.tree.annotate(text));
        self.tree.entries.push(Entry { name: None, value: Value { span: at, kind, annotation } });
        spaced
    }

    /// Reads the rest of a property from its `=`, which is the position.
    fn property(&mut self, node: &mut OpenNode, token: Token, annotation: Option<Text>) -> bool {
        let (mut token, mut annotation) = (token, annotation);
        loop {
            let name = self.property_name(token, annotation);
            match self.property_value(node, name) {
                Ok(spaced) => return spaced,
                Err(next) => (token, annotation) = next,
            }
        }
    }

    fn property_name(&mut self, token: Token, annotation: Option<Text>) -> Text {
        if let Some(annotation) = annotation {
            self.report_annotated_name(annotation.span);
        }
        match token {
            Token::Text(text) => text,
            Token::Other(at, _) | Token::Reserved(at, _) => {
                self.report_name_not_string(at, "a property");
                Text { span: at, storage: Storage::Source(at) }
            }
        }
    }

    /// Reads the value of a property from its `=`, and the whitespace after it. Where the value is missing, and the next
    /// property follows at once, gives the name of that one.
    fn property_value(&mut self, node: &mut OpenNode, name: Text) -> Result<bool, (Token, Option<Text>)> {
        self.at += 1;
        if self.peek() == Some(b'=') {
            self.report_double_equals();
        }
        let after_equals = self.at;
        let mut spaced = self.skip_node_space();
        if self.peek() == Some(b'/') && self.peek_second() == Some(b'-') {
            self.report_slashdashed_value();
            spaced |= self.skip_node_space();
        }
        if self.at_node_end() || self.peek() == Some(b'{') {
            self.missing_value(name, after_equals);
            return Ok(true);
        }
        let findings = self.findings.len();
        let annotation = self.annotation();
        let token = self.token(!spaced);
        if spaced && self.peek() == Some(b'=') {
            self.missing_value(name, after_equals);
            return Err((token, annotation));
        }
        let (at, kind) = self.as_value(token);
        self.suspect_habit(node, at, findings);
        let annotation = annotation.and_then(|text| self.tree.annotate(text));
        self.tree.entries.push(Entry { name: Some(name), value: Value { span: at, kind, annotation } });
        Ok(self.skip_node_space())
    }

    /// Reports that a property has no value, and keeps it with an empty one.
    fn missing_value(&mut self, name: Text, at: usize) {
        self.report_missing_value(name.span, at);
        let empty = span(at, at);
        let kind = ValueKind::String(Text { span: empty, storage: Storage::Source(empty) });
        self.tree
            .entries
            .push(Entry { name: Some(name), value: Value { span: empty, kind, annotation: None } });
    }

    /// Notes a word that may begin a comment or a text as another language has them.
    fn suspect_habit(&self, node: &mut OpenNode, at: Span, findings: usize) {
        if node.suspect.is_some() {
            return;
        }
        let entries = self.tree.entries.len();
        let word = self.source(at);
        let habit = match word.as_bytes().first() {
            Some(b'-') if word.starts_with("--") => Some((Habit::Comment, usize::MAX)),
            Some(b'\'' | b'`' | 0xC2 | 0xE2) => self.quote_end(at).map(|end| (Habit::Quote, end)),
            _ => None,
        };
        node.suspect = habit.map(|(habit, end)| Suspect { habit, at, end, findings, entries });
    }

    /// The end of a text in quotation marks that KDL does not know, where that is on the same line and not far.
    fn quote_end(&self, at: Span) -> Option<usize> {
        const MOST_CHARACTERS: usize = 200;
        let (_, close) = closing_quote(self.source(at))?;
        let rest = self.text.get(at.start as usize..)?;
        let line =
            rest.char_indices().skip(1).take(MOST_CHARACTERS).take_while(|(_, c)| !matches!(c, '\n' | '\r'));
        let mut ends =
            line.filter(|(_, c)| *c == close).map(|(offset, c)| at.start as usize + offset + c.len_utf8());
        ends.find(|end| self.token_ends(*end) && self.bytes.get(*end) != Some(&b'='))
    }

    fn as_value(&mut self, token: Token) -> (Span, ValueKind) {
        match token {
            Token::Text(text) => (text.span, ValueKind::String(text)),
            Token::Other(at, kind) => (at, kind),
            Token::Reserved(at, kind) => {
                self.report_reserved_word(at);
                (at, kind)
            }
        }
    }

    /// Reads a type annotation and the whitespace after it. Where there is none, or what stands in parentheses is no
    /// annotation of something, nothing is read.
    pub(super) fn annotation(&mut self) -> Option<Text> {
        if self.peek() != Some(b'(') {
            return None;
        }
        let (start, comments, unescaped) = (self.at, self.tree.comments.len(), self.tree.unescaped.len());
        let findings = self.findings.len();
        let found = self.annotation_text();
        if found.is_none() {
            self.at = start;
            self.findings.truncate(findings);
            self.tree.comments.truncate(comments);
            self.tree.unescaped.truncate(unescaped);
        }
        found
    }

    fn annotation_text(&mut self) -> Option<Text> {
        let start = self.at;
        self.at += 1;
        self.skip_node_space();
        let text = match self.peek()? {
            b'"' => self.quoted_string(),
            b'#' => self.raw_string()?,
            _ => self.plain_word()?,
        };
        self.skip_node_space();
        let closed = self.peek() == Some(b')');
        self.at += 1;
        let end = self.at;
        if closed {
            self.skip_node_space();
        }
        let follows = !self.at_node_end() && !matches!(self.peek(), Some(b'{' | b'=' | b')' | b'('));
        let slashdash = self.peek() == Some(b'/') && self.peek_second() == Some(b'-');
        if !closed || !follows || slashdash {
            return None;
        }
        Some(Text { span: span(start, end), storage: text.storage })
    }

    /// Reads a bare word that has no mistake; `None`, and nothing read, where there is none.
    fn plain_word(&mut self) -> Option<Text> {
        let (start, end) = (self.at, word_end(self.bytes, self.at));
        let word = self.text.get(start..end)?;
        if word.is_empty() || begins_number(self.bytes, start) || reserved(word).is_some() {
            return None;
        }
        self.at = end;
        Some(self.source_text(start, end))
    }

    /// Reads any token; at least one character.
    fn token(&mut self, is_property_value: bool) -> Token {
        let start = self.at;
        match self.peek() {
            Some(b'"') => Token::Text(self.quoted_string()),
            Some(b'#') => match self.raw_string() {
                Some(text) => Token::Text(text),
                None => self.keyword(),
            },
            _ if begins_number(self.bytes, start) => self.number_or_word(is_property_value),
            _ => self.word(is_property_value),
        }
    }

    fn keyword(&mut self) -> Token {
        let start = self.at;
        let end = word_end(self.bytes, start + 1);
        let kind = self.text.get(start + 1..end).and_then(reserved);
        if let Some(kind) = kind.filter(|_| self.token_ends(end)) {
            self.at = end;
            return Token::Other(span(start, end), kind);
        }
        let end = self.mistaken_word_end(start, false);
        self.at = end;
        self.report_unknown_keyword(span(start, end));
        Token::Text(self.source_text(start, end))
    }

    fn number_or_word(&mut self, is_property_value: bool) -> Token {
        let start = self.at;
        if let Some((end, kind)) = number(self.bytes, start) {
            if self.token_ends(end) {
                self.at = end;
                return Token::Other(span(start, end), kind);
            }
            if self.bytes.get(end) == Some(&b',') && self.token_ends(end + 1) {
                self.at = end;
                return Token::Other(span(start, end), kind);
            }
        }
        let end = self.mistaken_word_end(start, is_property_value);
        self.at = end;
        self.report_number_word(span(start, end));
        Token::Text(self.source_text(start, end))
    }

    fn word(&mut self, is_property_value: bool) -> Token {
        let start = self.at;
        let end = word_end(self.bytes, start);
        let word = self.text.get(start..end).unwrap_or("");
        if word == "r" && self.begins_old_raw_string(end) {
            return Token::Text(self.old_raw_string(end));
        }
        let is_template = matches!(self.bytes.get(end..end + 2), Some([b'{', b'{']))
            || word.ends_with('$')
            || closing_quote(word).is_some();
        let ends = self.token_ends(end) && !(is_property_value && self.bytes.get(end) == Some(&b'='));
        if !word.is_empty() && ends && !(is_template && self.bytes.get(end) == Some(&b'{')) {
            self.at = end;
            return match reserved(word) {
                Some(kind) => Token::Reserved(span(start, end), kind),
                None => Token::Text(self.source_text(start, end)),
            };
        }
        let end = self.mistaken_word_end(start, is_property_value);
        self.at = end;
        let start = self.type_before_parentheses(start, end).unwrap_or(start);
        self.report_unquoted_word(span(start, end));
        Token::Text(self.source_text(start, end))
    }

    /// Whether a token can end at `at`: with what may follow one, or with another token that only lacks a space.
    fn token_ends(&self, at: usize) -> bool {
        match self.bytes.get(at) {
            None | Some(b';' | b'{' | b'}' | b'=' | b'"') => true,
            Some(b'/') => matches!(self.bytes.get(at + 1), Some(b'/' | b'*' | b'-')),
            Some(b'\\') => self.is_line_continuation(at),
            Some(_) => space_length(self.bytes, at) > 0 || newline_length(self.bytes, at) > 0,
        }
    }

    /// Whether `r`, which ends at `at`, begins a raw string as KDL 1 has them.
    fn begins_old_raw_string(&self, at: usize) -> bool {
        let hashes = self.bytes.get(at..).unwrap_or(&[]).iter().take_while(|byte| **byte == b'#').count();
        self.bytes.get(at + hashes) == Some(&b'"')
    }

    fn old_raw_string(&mut self, at: usize) -> Text {
        let start = self.at;
        let hashes = self.bytes.get(at..).unwrap_or(&[]).iter().take_while(|byte| **byte == b'#').count();
        let text = self.raw_string_body(start, at + hashes + 1, hashes);
        self.report_old_raw_string(text, hashes);
        text
    }

    /// Where a word ends that has to be quoted: with the whitespace after it, apart from that in parentheses.
    pub(super) fn mistaken_word_end(&self, start: usize, with_equals: bool) -> usize {
        let mut at = start;
        while let Some(byte) = self.bytes.get(at) {
            at = match byte {
                b'(' | b'[' => self.closing_bracket(at).unwrap_or(at + 1),
                b'{' if at > start && self.is_in_word(start, at) => {
                    self.closing_bracket(at).unwrap_or(at + 1)
                }
                b'{' if self.bytes.get(at + 1) == Some(&b'{') => self.closing_bracket(at).unwrap_or(at + 2),
                b'=' if with_equals || at == start => at + 1,
                b'\\' if at > start && self.is_line_continuation(at) => break,
                b'/' if at > start && matches!(self.bytes.get(at + 1), Some(b'/' | b'*')) => break,
                b'{' | b'}' | b';' | b'=' | b'"' => break,
                b')' | b']' | b'/' | b'\\' | b'#' => at + 1,
                _ => match word_end(self.bytes, at) {
                    end if end > at => end,
                    _ => break,
                },
            };
        }
        at.max(start + 1)
    }

    /// Whether a `{` belongs to the word before it: after `$`, or where a quotation mark that KDL does not know begins it.
    fn is_in_word(&self, start: usize, at: usize) -> bool {
        let before = self.text.get(start..at).unwrap_or("");
        before.ends_with('$') || closing_quote(before).is_some()
    }

    /// Whether the position is at `{{`, which begins no block, with its `}}`.
    pub(super) fn is_template(&self) -> bool {
        self.peek_second() == Some(b'{') && self.closing_bracket(self.at).is_some()
    }

    /// The end of what the bracket at `at` opens, where that is on the same line and not far.
    fn closing_bracket(&self, at: usize) -> Option<usize> {
        const MOST_BYTES: usize = 200;
        let mut depth = 0_usize;
        for (offset, byte) in self.bytes.get(at..)?.iter().take(MOST_BYTES).enumerate() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b'\n' | b'\r' => return None,
                _ => {}
            }
            if depth == 0 {
                return Some(at + offset + 1);
            }
        }
        None
    }
}

/// What a reserved word means with `#` before it.
pub(super) fn reserved(word: &str) -> Option<ValueKind> {
    match word {
        "true" => Some(ValueKind::Boolean(true)),
        "false" => Some(ValueKind::Boolean(false)),
        "null" => Some(ValueKind::Null),
        "inf" | "-inf" | "nan" => Some(ValueKind::NotFinite),
        _ => None,
    }
}
