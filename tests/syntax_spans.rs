//! Where things stand: spans in bytes, also after text that is not ASCII; comments; the values of strings.

mod syntax_support;

use freehold::source::Span;
use freehold::syntax::{Node, Tree, ValueKind};
use syntax_support::{check_invariants, read};

fn tree(text: &str) -> Tree {
    let parse = read(text);
    check_invariants(text, &parse);
    assert!(parse.findings.is_empty(), "{:?}", parse.findings);
    parse.tree
}

fn first(tree: &Tree) -> Node<'_> {
    tree.roots().next().expect("a node")
}

#[test]
fn names_keys_and_values_stand_where_they_are_after_text_that_is_not_ascii() {
    let text = "\u{feff}// ñ€𝄞\n(tÿp)\"é𝄞\" größe=\"ü\\n\" (ä)0.10 名前=#null {\n\tчlöß 'x' \"𝄞\" 1\n}\n";
    let tree = tree(text);
    let node = first(&tree);
    let data = node.data();
    let source = |span: Span| tree.source(span);
    assert_eq!(source(data.name.span), "\"é𝄞\"");
    assert_eq!(node.name(), "é𝄞");
    assert_eq!(data.annotation.map(|annotation| source(tree.annotation(annotation).span)), Some("(tÿp)"));
    assert_eq!(data.annotation.map(|annotation| tree.string(tree.annotation(annotation))), Some("tÿp"));
    let entries: Vec<_> = node
        .entries()
        .iter()
        .map(|entry| (entry.name.map(|name| source(name.span)), source(entry.value.span)))
        .collect();
    assert_eq!(entries, [(Some("größe"), "\"ü\\n\""), (None, "0.10"), (Some("名前"), "#null")]);
    let annotation = node.entries()[1].value.annotation.map(|annotation| tree.annotation(annotation));
    assert_eq!(annotation.map(|annotation| source(annotation.span)), Some("(ä)"));
    assert_eq!(data.children.map(source), Some("{\n\tчlöß 'x' \"𝄞\" 1\n}"));
    assert_eq!(source(data.span), &text[text.find("(t").unwrap()..text.len() - 1]);
    assert_eq!(source(node.head_place().span), "(tÿp)\"é𝄞\" größe=\"ü\\n\" (ä)0.10 名前=#null");
    let child = node.children().next().expect("a child");
    assert_eq!(source(child.data().span), "чlöß 'x' \"𝄞\" 1");
    assert_eq!(source(child.entries()[1].value.span), "\"𝄞\"");
}

/// The values of the arguments of the first node, and where they are kept.
fn strings(text: &str) -> Vec<(String, bool)> {
    let tree = tree(text);
    let values = first(&tree).entries().iter().map(|entry| match entry.value.kind {
        ValueKind::String(text) => {
            let in_source = matches!(text.storage, freehold::syntax::Storage::Source(_));
            (tree.string(text).to_owned(), in_source)
        }
        kind => panic!("{kind:?} is no string"),
    });
    values.collect()
}

#[test]
fn strings_are_kept_in_the_source_unless_they_have_escapes() {
    let in_source = |text: &str| (text.to_owned(), true);
    let unescaped = |text: &str| (text.to_owned(), false);
    assert_eq!(
        strings(r##"n bare "quoted" #"r\aw"# "e\\s\"c" "" "\u{1F600}\s""##),
        [
            in_source("bare"),
            in_source("quoted"),
            in_source("r\\aw"),
            unescaped("e\\s\"c"),
            in_source(""),
            unescaped("😀 "),
        ]
    );
}

#[test]
fn multi_line_strings_lose_their_indentation_after_escaped_whitespace_and_before_other_escapes() {
    let value = |text: &str| strings(text).swap_remove(0).0;
    assert_eq!(value("n \"\"\"\n    a\n      b\n\n    c\n    \"\"\""), "a\n  b\n\nc");
    assert_eq!(value("n \"\"\"\r\n\ta\r\n\tb\r\n\t\"\"\""), "a\nb");
    assert_eq!(value("n \"\"\"\n\"\"\""), "");
    assert_eq!(value("n \"\"\"\n\n\"\"\""), "");
    assert_eq!(value("n \"\"\"\n  \\n\\t\\\\\n  \"\"\""), "\n\t\\");
    assert_eq!(value("n \"\"\"\n  a \\\n    b\n  c\n  \\   \"\"\""), "a b\nc");
    assert_eq!(value("n #\"\"\"\n  a\\n\"\"\"\n  b\n  \"\"\"#"), "a\\n\"\"\"\nb");
}

#[test]
fn comments_are_kept_and_a_slashdashed_part_is_one_comment() {
    let text = "// é one\na /* two /* nested */ */ b // three\n/- c 1 { d /* inside */ } // four\ne /-f=1 /-{ g } \\ // five\n\nh\n";
    let tree = tree(text);
    let comments: Vec<_> = tree.comments.iter().map(|comment| tree.source(*comment)).collect();
    assert_eq!(
        comments,
        [
            "// é one",
            "/* two /* nested */ */",
            "// three",
            "/- c 1 { d /* inside */ }",
            "// four",
            "/-f=1",
            "/-{ g }",
            "// five",
        ]
    );
    let nodes: Vec<_> = tree.roots().map(Node::name).collect();
    assert_eq!(nodes, ["a", "e", "h"]);
}

#[test]
fn numbers_keep_their_text_and_their_kind() {
    let tree = tree("n 0.10 1_000 -0x1F 1e3 +7 #true #-inf #null 0b1_0");
    let kinds: Vec<_> = first(&tree)
        .entries()
        .iter()
        .map(|entry| {
            let kind = match entry.value.kind {
                ValueKind::Integer => "integer",
                ValueKind::Decimal => "decimal",
                ValueKind::Boolean(true) => "true",
                ValueKind::NotFinite => "not finite",
                ValueKind::Null => "null",
                kind => panic!("{kind:?}"),
            };
            (tree.source(entry.value.span), kind)
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("0.10", "decimal"),
            ("1_000", "integer"),
            ("-0x1F", "integer"),
            ("1e3", "decimal"),
            ("+7", "integer"),
            ("#true", "true"),
            ("#-inf", "not finite"),
            ("#null", "null"),
            ("0b1_0", "integer"),
        ]
    );
}

/// A tree as one line: names, arguments, properties, children.
fn shape(text: &str) -> String {
    fn write(node: Node<'_>, out: &mut String) {
        out.push_str(node.name());
        for entry in node.entries() {
            let name = entry.name.map(|name| format!("{}=", node.tree.string(name))).unwrap_or_default();
            let value = match entry.value.kind {
                ValueKind::String(text) => node.tree.string(text),
                _ => node.tree.source(entry.value.span),
            };
            out.push_str(&format!(" {name}<{value}>"));
        }
        let children: Vec<_> = node.children().collect();
        if !children.is_empty() {
            out.push_str(" {");
            children.into_iter().for_each(|child| write(child, out));
            out.push('}');
        }
        out.push(';');
    }
    let parse = read(text);
    check_invariants(text, &parse);
    assert!(!parse.findings.is_empty(), "{text} has no mistake");
    let mut out = String::new();
    parse.tree.roots().for_each(|node| write(node, &mut out));
    out
}

#[test]
fn the_tree_of_a_mistake_is_what_was_meant() {
    assert_eq!(shape("a varchar(255) nullable"), "a <varchar(255)> <nullable>;");
    assert_eq!(shape("a numeric (10, 2) nullable"), "a <numeric (10, 2)> <nullable>;");
    assert_eq!(shape("a 500m b=1.2.3"), "a <500m> b=<1.2.3>;");
    assert_eq!(shape("a \"x\", 1, y, z"), "a <x> <1> <y> <z>;");
    assert_eq!(shape("a \"open\nb c"), "a <open>;b <c>;");
    assert_eq!(shape("a \"open {\nb\n}\nc"), "a <open> {b;};c;");
    assert_eq!(shape("a \"\\d+\""), "a <\\d+>;");
    assert_eq!(shape("a 'f(x) > 0' b"), "a <f(x) > 0> <b>;");
    assert_eq!(shape("a b -- c (d)\ne"), "a <b>;e;");
    assert_eq!(shape("-- c (d)\ne"), "e;");
    assert_eq!(shape("# c (d)\ne # f\ng"), "e;g;");
    assert_eq!(shape("a\n{\n b\n}\nc"), "a {b;};c;");
    assert_eq!(shape("a\n{\n b\n}\n{\n c\n}\nd"), "a {b;};c;d;");
    assert_eq!(shape("a { b } c { d }"), "a {b;};c {d;};");
    assert_eq!(shape("a { b } { c } d"), "a {b;};c;d;");
    assert_eq!(shape("a { b\n"), "a {b;};");
    assert_eq!(shape("a }\nb"), "a;b;");
    assert_eq!(shape("a b= c=1 d=a=b"), "a b=<> c=<1> d=<a=b>;");
    assert_eq!(shape("a b=\nc"), "a b=<>;c;");
    assert_eq!(shape("a = b"), "a <b>;");
    assert_eq!(shape("a r\"\\d\" b"), "a <\\d> <b>;");
    assert_eq!(shape("a \"\"\"one\"\"\" b"), "a <one> <b>;");
    assert_eq!(shape("a \"\"\"\n    x\n   y\n    \"\"\" b"), "a <x\ny> <b>;");
    assert_eq!(shape("/- /- a\nb /- /- c d"), "b <d>;");
}
