//! What KDL allows and a register does not, and what KDL reads otherwise than it was meant.

use super::mistakes::quoted;
use super::rules::{COLON, COMMA, COMMENT, DUPLICATE_PROPERTY, NESTING, QUOTES, TYPE_ANNOTATION};
use super::tree::{Entry, Node, NodeId, Storage, Text, Tree, ValueKind};
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
        let node = Node { tree, id: NodeId(index as u32) };
        findings.extend(type_annotation(node));
        duplicate_properties(node, &mut findings);
        if let Some(finding) = sql_comment(node) {
            findings.push(finding);
            continue;
        }
        findings.extend(colon(node));
        findings.extend(commas(node));
        findings.extend(foreign_quotes(node));
    }
    findings.truncate(super::MOST_FINDINGS);
    findings.extend(too_deep(tree));
    findings.sort_by_key(|finding| finding.primary().map(|place| place.span.start));
    findings
}

fn error(node: Node, rule: &'static str, message: impl Into<String>, at: Span, label: &str) -> Finding {
    Finding::error(rule, message).at(node.tree.place(at), label)
}

fn type_annotation(node: Node) -> Option<Finding> {
    let of_entries = node.entries().iter().filter_map(|entry| entry.value.annotation);
    let annotation = node.data().annotation.into_iter().chain(of_entries).next()?;
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

/// The text of a bare word.
fn bare(tree: &Tree, text: Text) -> Option<&str> {
    match text.storage {
        Storage::Source(span) if span == text.span => Some(tree.string(text)),
        _ => None,
    }
}

fn bare_value<'a>(tree: &'a Tree, entry: &Entry) -> Option<(&'a str, Text)> {
    match entry.value.kind {
        ValueKind::String(text) => bare(tree, text).map(|word| (word, text)),
        _ => None,
    }
}

fn sql_comment(node: Node) -> Option<Finding> {
    let name = bare(node.tree, node.data().name).map(|word| (word, node.data().name));
    let arguments = node.entries().iter().filter(|entry| entry.name.is_none());
    let mut words = name.into_iter().chain(arguments.filter_map(|entry| bare_value(node.tree, entry)));
    let (_, text) = words.find(|(word, _)| word.starts_with("--"))?;
    let finding = error(node, COMMENT, "`--` does not begin a comment", text.span, "no comment in KDL");
    Some(finding.help("a comment begins with `//`"))
}

fn colon(node: Node) -> Option<Finding> {
    let name = node.data().name;
    let arguments = node.entries().iter().filter(|entry| entry.name.is_none());
    let mut words = bare(node.tree, name).map(|word| (word, name, true)).into_iter().chain(
        arguments.filter_map(|entry| bare_value(node.tree, entry)).map(|(word, text)| (word, text, false)),
    );
    let (word, text, is_name) = words.find(|(word, ..)| word.ends_with(':') && word.len() > 1)?;
    let plain = word.trim_end_matches(':');
    let shown = super::cursor::excerpt(word);
    let follows = node.tree.text.get(text.span.end as usize..).unwrap_or("");
    if follows.starts_with("//") {
        let finding =
            error(node, COLON, format!("the text after `{shown}` is a comment"), text.span, "ends here");
        return Some(finding.help("an address with `//` is written in quotes"));
    }
    let finding =
        error(node, COLON, format!("the colon is a part of the word `{shown}`"), text.span, "colon");
    let help = if is_name {
        "a node is its name and its values, with spaces between them"
    } else {
        "a property is `name=value`"
    };
    let fix = if is_name { plain.to_owned() } else { format!("{plain}=") };
    Some(finding.help(help).fix(fix))
}

fn commas(node: Node) -> Option<Finding> {
    let words = node.entries().iter().filter_map(|entry| bare_value(node.tree, entry));
    let mut words = words.filter(|(word, _)| word.starts_with(',') || word.ends_with(','));
    let (word, text) = words.next()?;
    let shown = super::cursor::excerpt(word);
    let finding =
        error(node, COMMA, format!("the comma is a part of the word `{shown}`"), text.span, "comma");
    let finding = finding.help("values are separated by spaces alone");
    let plain = word.trim_matches(',');
    Some(if plain.is_empty() || plain.len() > 60 { finding } else { finding.fix(plain) })
}

fn foreign_quotes(node: Node) -> Option<Finding> {
    let mut entries = node.entries().iter();
    let (word, first) = entries
        .by_ref()
        .find_map(|entry| bare_value(node.tree, entry).filter(|(word, _)| closing_quote(word).is_some()))?;
    let (open, close) = closing_quote(word)?;
    let ends = |word: &str| word.ends_with(close);
    let closed_at = if ends(word) && word.len() > open.len_utf8() {
        Some(first.span.end)
    } else {
        let rest = entries.map_while(|entry| bare_value(node.tree, entry));
        rest.into_iter().find(|(word, _)| ends(word)).map(|(_, text)| text.span.end)
    };
    let at = Span::new(first.span.start, closed_at.unwrap_or(first.span.end));
    let message = format!("`{open}` does not quote text");
    let finding = error(node, QUOTES, message, at, "read as bare words");
    let finding = finding.help("text is quoted by straight double quotation marks: `\"`");
    let inner = node.tree.source(at).trim_start_matches(open).trim_end_matches(close);
    Some(if closed_at.is_some() && at.len() <= 200 { finding.fix(quoted(inner)) } else { finding })
}

/// The quotation mark of another language that a word begins with, and the one that closes it.
fn closing_quote(word: &str) -> Option<(char, char)> {
    let open = word.chars().next()?;
    match open {
        '\'' | '`' => Some((open, open)),
        '“' | '”' | '„' => Some((open, '”')),
        '‘' | '’' | '‚' => Some((open, '’')),
        '«' => Some((open, '»')),
        _ => None,
    }
}
