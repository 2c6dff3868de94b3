//! What holds for every text that is read, however wrong it is. Used by the tests and by the fuzz target.

use freehold::diagnostic::Finding;
use freehold::source::Span;
use freehold::syntax::{
    Entry, MOST_FINDINGS, Node, Parse, RULES, Siblings, Storage, Text, Tree, ValueKind, restrict,
};

/// Panics, naming what is wrong, unless the parse is whole: spans within the text, on the boundaries of characters,
/// nested, in order; every node linked once; tokens that are their own text; findings in order, with known rules.
pub fn check_invariants(text: &str, parse: &Parse) {
    let tree = &parse.tree;
    assert_eq!(&*tree.text, text);
    check_findings(tree, &parse.findings);
    check_findings(tree, &restrict(tree));
    check_comments(tree);
    let whole = Span::new(0, u32::try_from(text.len()).expect("a small text"));
    let mut seen = 0;
    let mut last = 0;
    let mut open: Vec<(Siblings, Span)> = vec![(tree.roots(), whole)];
    while let Some((siblings, outer)) = open.last_mut() {
        let outer = *outer;
        let Some(node) = siblings.next() else {
            open.pop();
            continue;
        };
        seen += 1;
        assert!(seen <= tree.nodes.len(), "a node is linked twice");
        let data = node.data();
        assert!(outer.contains(data.span), "{:?} is not within {outer:?}", data.span);
        assert!(data.span.start >= last, "nodes are not in order");
        last = data.span.start;
        check_node(node);
        open.push((node.children(), data.children.unwrap_or(data.span)));
    }
    assert_eq!(seen, tree.nodes.len(), "a node is not linked");
}

fn check_span(tree: &Tree, span: Span, what: &str) {
    let found = tree.text.get(span.start as usize..span.end as usize);
    assert!(
        found.is_some(),
        "{what} {span:?} is outside of the text, or not on the boundaries of characters"
    );
}

fn check_findings(tree: &Tree, findings: &[Finding]) {
    assert!(findings.len() <= MOST_FINDINGS + 1, "{} findings", findings.len());
    for finding in findings {
        assert!(!finding.labels.is_empty(), "{} has no place", finding.rule);
        finding.labels.iter().for_each(|label| check_span(tree, label.place.span, finding.rule));
        assert!(RULES.iter().any(|rule| rule.name == finding.rule), "{} is no rule", finding.rule);
    }
    assert!(findings.is_sorted_by_key(|finding| finding.primary().map(|place| place.span.start)));
}

fn check_comments(tree: &Tree) {
    tree.comments.iter().for_each(|comment| check_span(tree, *comment, "comment"));
    assert!(tree.comments.iter().all(|comment| !comment.is_empty()), "a comment is empty");
    assert!(
        tree.comments.windows(2).all(|pair| pair[0].end <= pair[1].start),
        "comments overlap, or are in disorder"
    );
}

fn check_node(node: Node) {
    let (tree, data) = (node.tree, node.data());
    check_span(tree, data.span, "node");
    check_text(tree, data.name, data.span);
    if let Some(annotation) = data.annotation.map(|annotation| tree.annotation(annotation)) {
        check_text(tree, annotation, data.span);
        assert!(annotation.span.end <= data.name.span.start, "an annotation is not before its name");
    }
    let mut after = data.name.span.end;
    for entry in node.entries() {
        let start = entry.name.map_or(entry.value.span.start, |name| name.span.start);
        assert!(after <= start && start <= entry.value.span.start, "entries are not in order");
        after = entry.value.span.end;
        check_entry(tree, entry, data.span);
    }
    if let Some(children) = data.children {
        assert!(
            data.span.contains(children) && children.start >= after,
            "children are not after the entries"
        );
        assert!(tree.source(children).starts_with('{'), "children without a brace");
    }
}

fn check_entry(tree: &Tree, entry: &Entry, node: Span) {
    let annotation = entry.value.annotation.map(|annotation| tree.annotation(annotation));
    for text in entry.name.into_iter().chain(annotation) {
        check_text(tree, text, node);
    }
    check_span(tree, entry.value.span, "value");
    assert!(node.contains(entry.value.span), "a value is not within its node");
    if let ValueKind::String(text) = entry.value.kind {
        check_text(tree, text, node);
        assert_eq!(text.span, entry.value.span, "a value and its string stand in different places");
    }
}

fn check_text(tree: &Tree, text: Text, outer: Span) {
    assert!(outer.contains(text.span), "{:?} is not within {outer:?}", text.span);
    check_span(tree, text.span, "string");
    let token = tree.source(text.span);
    match text.storage {
        Storage::Source(value) => {
            assert!(text.span.contains(value), "the value of a string is not within it");
            check_span(tree, value, "value of a string");
            let is_delimited =
                token.starts_with(['"', '#', 'r', '(', '\'', '`', '“', '”', '„', '‘', '’', '‚', '«']);
            assert!(value == text.span || is_delimited, "{token:?} is a part of itself");
        }
        Storage::Unescaped(value) => {
            let found = tree.unescaped.get(value.start as usize..value.end as usize);
            assert!(found.is_some(), "{value:?} is not in the unescaped text");
            let is_disallowed = |c: char| c.is_control() || freehold::text::is_control(c);
            let has_escapes = token.starts_with(['"', '#', '(']);
            assert!(has_escapes || token.contains(is_disallowed), "{token:?} has nothing to unescape");
        }
    }
}
