//! What KDL allows and a register does not, and what KDL reads otherwise than it was meant.

use super::habits::{
    LONGEST_FIX, bare_word, closing_quote, foreign_quotes, is_bare, sql_comment, without_commas,
};
use super::rules::{COLON, COMMA, DUPLICATE_PROPERTY, NESTING, TYPE_ANNOTATION};
use super::tree::{Entry, Node, NodeId, Text, Tree};
use crate::diagnostic::Finding;
use crate::source::Span;
use std::collections::BTreeMap;

/// How deep nodes of a register can be nested; a node of the document is at depth 1.
pub const DEEPEST: usize = 64;

/// Reports a property given twice, type annotations and too deep nesting, and words that are legal KDL but show that
/// something else was meant: with commas, colons, or the quotation marks and comments of other languages.
///
/// Gives at most one finding of each rule for each node, at most one of nesting for the whole text, and no more than
/// [`super::MOST_FINDINGS`] in all.
pub fn restrict(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for index in 0..tree.nodes.len() {
        if findings.len() >= super::MOST_FINDINGS {
            break;
        }
        restrict_node(Node { tree, id: NodeId(index as u32) }, &mut findings);
    }
    findings.truncate(super::MOST_FINDINGS);
    findings.extend(too_deep(tree));
    findings.sort_by_key(|finding| finding.primary().map(|place| place.span.start));
    findings
}

fn restrict_node(node: Node, all: &mut Vec<Finding>) {
    let mut findings = Vec::new();
    duplicate_properties(node, &mut findings);
    findings.extend(type_annotation(node));
    if has_foreign_word(node) {
        findings.extend(colon(node));
        findings.extend(commas(node));
        if let Some((finding, reach)) = comment(node).or_else(|| quotes(node)) {
            // What stands in a comment or a text of another language is no mistake of its own.
            findings.retain(|other| other.primary().is_none_or(|place| !reach.contains(place.span)));
            findings.push(finding);
        }
    }
    all.append(&mut findings);
}

/// Whether a bare word begins or ends as words of other languages do. Hardly any does, so that nothing else has to be
/// looked for in almost every node.
fn has_foreign_word(node: Node) -> bool {
    let is_foreign = |text: Text| {
        let word = node.tree.string(text).as_bytes();
        matches!(word.first(), Some(b'-' | b',' | b'\'' | b'`' | 0x80..))
            || matches!(word.last(), Some(b',' | b':'))
    };
    let values = node.entries().iter().filter_map(bare_word);
    std::iter::once(node.data().name).chain(values).any(is_foreign)
}

fn error(node: Node, rule: &'static str, message: impl Into<String>, at: Span, label: &str) -> Finding {
    Finding::error(rule, message).at(node.tree.place(at), label)
}

fn type_annotation(node: Node) -> Option<Finding> {
    let of_entries = node.entries().iter().filter_map(|entry| entry.value.annotation);
    let annotation = node.tree.annotation(node.data().annotation.into_iter().chain(of_entries).next()?);
    let name = super::cursor::excerpt(node.tree.string(annotation));
    let message = format!("the type annotation `({name})` has no meaning in a register");
    Some(error(node, TYPE_ANNOTATION, message, annotation.span, "type annotation").help("take it out"))
}

fn duplicate_properties(node: Node, findings: &mut Vec<Finding>) {
    let names = || node.entries().iter().filter_map(|entry| entry.name);
    if names().nth(1).is_none() {
        return;
    }
    let mut seen: BTreeMap<&str, (Span, bool)> = BTreeMap::new();
    for name in names() {
        let text = node.tree.string(name);
        match seen.get_mut(text) {
            None => {
                seen.insert(text, (name.span, false));
            }
            Some((_, true)) => {}
            Some((first, reported)) => {
                *reported = true;
                let message = format!("the property `{}` is given twice", super::cursor::excerpt(text));
                let finding = error(node, DUPLICATE_PROPERTY, message, name.span, "given again here");
                findings
                    .push(finding.at(node.tree.place(*first), "given first here").help("keep one of them"));
            }
        }
    }
}

fn too_deep(tree: &Tree) -> Option<Finding> {
    let mut open = vec![tree.roots()];
    while let Some(siblings) = open.last_mut() {
        match siblings.next() {
            None => {
                open.pop();
            }
            Some(node) if open.len() > DEEPEST => {
                let message = format!("nodes are nested deeper than {DEEPEST}");
                let finding =
                    error(node, NESTING, message, node.name_place().span, "the first that is too deep");
                return Some(
                    finding.help("a register needs no more than a few levels; look for a missing `}`"),
                );
            }
            Some(node) => open.push(node.children()),
        }
    }
    None
}

/// The text of a bare word, unless it was already reported as one that has to be quoted.
fn bare(tree: &Tree, text: Text) -> Option<&str> {
    let is_mistaken = |word: &str| word.contains(['(', ')', '[', ']', '{', '}', '/', '\\', '#', '"', '=']);
    is_bare(text).then(|| tree.string(text)).filter(|word| !is_mistaken(word))
}

fn bare_value<'a>(tree: &'a Tree, entry: &Entry) -> Option<(&'a str, Text)> {
    let text = bare_word(entry)?;
    bare(tree, text).map(|word| (word, text))
}

/// A comment as SQL has them, and how far it reaches.
fn comment(node: Node) -> Option<(Finding, Span)> {
    let name = bare(node.tree, node.data().name).map(|word| (word, node.data().name));
    let arguments = node.entries().iter().filter(|entry| entry.name.is_none());
    let mut words = name.into_iter().chain(arguments.filter_map(|entry| bare_value(node.tree, entry)));
    let (_, text) = words.find(|(word, _)| word.starts_with("--"))?;
    let whole = Span::new(text.span.start, node.head_place().span.end.max(text.span.end));
    Some((sql_comment(node.tree, text.span, whole), whole))
}

/// Text between quotation marks that KDL does not know, and how far it reaches.
fn quotes(node: Node) -> Option<(Finding, Span)> {
    let mut entries = node.entries().iter();
    let quoted =
        |entry: &Entry| bare_value(node.tree, entry).filter(|(word, _)| closing_quote(word).is_some());
    let (word, first) = entries.by_ref().find_map(quoted)?;
    let (open, close) = closing_quote(word)?;
    let ends = |word: &str| word.ends_with(close);
    let end = if ends(word) && word.len() > open.len_utf8() {
        Some(first.span.end)
    } else {
        let rest = entries.map_while(|entry| bare_value(node.tree, entry));
        rest.into_iter().find(|(word, _)| ends(word)).map(|(_, text)| text.span.end)
    };
    let at = Span::new(first.span.start, end.unwrap_or(first.span.end));
    foreign_quotes(node.tree, at, end.is_some()).map(|finding| (finding, at))
}

fn colon(node: Node) -> Option<Finding> {
    let name = node.data().name;
    let follows = |text: Text| node.tree.text.get(text.span.end as usize..).unwrap_or("");
    let values = node.entries().iter().filter_map(|entry| {
        let (word, text) = bare_value(node.tree, entry)?;
        (entry.name.is_none() || follows(text).starts_with("//")).then_some((word, text, false))
    });
    let mut words = bare(node.tree, name).map(|word| (word, name, true)).into_iter().chain(values);
    let (word, text, is_name) = words.find(|(word, ..)| word.ends_with(':') && word.len() > 1)?;
    let plain = word.trim_end_matches(':');
    let shown = super::cursor::excerpt(word);
    if follows(text).starts_with("//") {
        let finding =
            error(node, COLON, format!("the text after `{shown}` is a comment"), text.span, "ends here");
        return Some(finding.help("an address with `//` is written in quotes"));
    }
    let finding =
        error(node, COLON, format!("the colon is a part of the word `{shown}`"), text.span, "colon");
    let (help, fix) = match is_name {
        true => ("a node is its name and its values, with spaces between them", plain.to_owned()),
        false => ("a property is `name=value`", format!("{plain}=")),
    };
    Some(if word.len() <= LONGEST_FIX { finding.help(help).fix(fix) } else { finding.help(help) })
}

fn commas(node: Node) -> Option<Finding> {
    let name = bare(node.tree, node.data().name).map(|word| (word, node.data().name));
    let values = node.entries().iter().filter_map(|entry| bare_value(node.tree, entry));
    let has_comma = |word: &str| word.starts_with(',') || word.ends_with(',');
    let mut words = name.into_iter().chain(values).filter(|(word, _)| has_comma(word));
    let (word, text) = words.next()?;
    let shown = super::cursor::excerpt(word);
    let finding =
        error(node, COMMA, format!("the comma is a part of the word `{shown}`"), text.span, "comma");
    let finding = finding.help("values are separated by spaces alone");
    Some(match without_commas(node.tree, node.entries()) {
        Some(fix) => finding.fix(fix),
        None => finding,
    })
}
