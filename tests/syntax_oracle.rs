//! The `kdl` crate as the judge: the same tree on documents made at random, and on mutations of them that both accept.
//! A failure prints the shortest document found and a seed to run it again with.

mod syntax_support;

use kdl::KdlDocument;
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestCaseError, TestRunner};
use std::cell::Cell;
use syntax_support::generate::{document, mutated_document};
use syntax_support::{Plain, PlainNode, check_invariants, ours, read, theirs};

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })
}

/// Runs a property over documents, and panics with the shortest one that breaks it.
fn check(
    cases: u32,
    documents: impl Strategy<Value = String>,
    property: impl Fn(&str) -> Result<(), String>,
) {
    let mut runner = runner(cases);
    let result = runner.run(&documents, |text| property(&text).map_err(TestCaseError::fail));
    if let Err(error) = result {
        panic!("{error}\n{runner}");
    }
}

/// Whether a line of a document can be compared: the crate holds neither numbers of more than 127 bits nor all of a
/// decimal.
fn same(ours: &[PlainNode], theirs: &[PlainNode]) -> bool {
    ours.len() == theirs.len()
        && ours.iter().zip(theirs).all(|(our, their)| {
            let entries = our.3.iter().zip(&their.3);
            (our.0, &our.1, &our.2, our.3.len()) == (their.0, &their.1, &their.2, their.3.len())
                && entries.into_iter().all(|(our, their)| our == their || our.2 == Plain::Huge)
        })
}

#[test]
fn documents_of_the_grammar_are_accepted_with_the_tree_of_the_crate() {
    let compared = Cell::new(0);
    check(1500, document(), |text| {
        let parse = read(text);
        check_invariants(text, &parse);
        if !parse.findings.is_empty() {
            return Err(format!("refused: {:#?}", parse.findings));
        }
        let (ours, theirs) = match KdlDocument::parse_v2(text) {
            Ok(document) => (ours(&parse.tree), theirs(&document)),
            Err(_) => return Ok(()),
        };
        compared.set(compared.get() + 1);
        if same(&ours, &theirs) { Ok(()) } else { Err(format!("\n  ours   {ours:?}\n  theirs {theirs:?}")) }
    });
    // The crate refuses some that the grammar allows: see `DIFFERENCES`.
    assert!(compared.get() > 1400, "only {} were compared", compared.get());
}

#[test]
fn mutated_documents_that_both_accept_have_the_tree_of_the_crate() {
    let compared = Cell::new(0);
    let refused = Cell::new(0);
    check(3000, mutated_document(), |text| {
        let parse = read(text);
        check_invariants(text, &parse);
        let Ok(document) = KdlDocument::parse_v2(text) else {
            refused.set(refused.get() + 1);
            return Ok(());
        };
        if !parse.findings.is_empty() {
            return Ok(());
        }
        compared.set(compared.get() + 1);
        let (ours, theirs) = (ours(&parse.tree), theirs(&document));
        if same(&ours, &theirs) { Ok(()) } else { Err(format!("\n  ours   {ours:?}\n  theirs {theirs:?}")) }
    });
    assert!(compared.get() > 500, "only {} were compared", compared.get());
    assert!(refused.get() > 500, "only {} were refused by the crate", refused.get());
}

/// A document that only one of the two accepts.
struct Difference {
    text: &'static str,
    we_accept: bool,
    /// What the grammar of KDL 2 says, or why we do otherwise.
    reason: &'static str,
}

const fn we_accept(text: &'static str, reason: &'static str) -> Difference {
    Difference { text, we_accept: true, reason }
}

const fn we_refuse(text: &'static str, reason: &'static str) -> Difference {
    Difference { text, we_accept: false, reason }
}

/// Every kind of document that is known to be accepted by one and refused by the other.
const DIFFERENCES: &[Difference] = &[
    we_accept("/-a;", "a slashdashed node ends like any other, and `;` ends one"),
    we_accept("#\"\"\"\n\"\n\"\"\"#", "the value of a multi-line raw string can be one quotation mark"),
    we_accept(
        "a 0xffffffffffffffffffffffffffffffffff",
        "numbers have no largest value; the crate's have 127 bits",
    ),
    we_refuse("a \u{7f}", "U+007F is disallowed everywhere"),
    we_refuse("// \u{1}", "disallowed characters are disallowed in comments too"),
    we_refuse("/* \u{202e} */ a", "disallowed characters are disallowed in comments too"),
    we_refuse("a -inf", "`-inf` is a reserved word"),
    we_refuse("a 0X1F", "`hex := sign? '0x' ...`, in lower case"),
    we_refuse("a 0O17", "`octal := sign? '0o' ...`, in lower case"),
    we_refuse("a 0B11", "`binary := sign? '0b' ...`, in lower case"),
    we_refuse("a #\"\"\"\"#", "a raw string on one line cannot hold quotation marks alone"),
    we_refuse("/-a #true\"b\"", "entries are separated by `node-space+`"),
    we_refuse("a /- /- b c", "a slashdash cannot follow another one"),
    we_refuse("a {}/-{}", "a slashdashed block is separated by `node-space+`"),
    we_refuse("/-a{}b", "a slashdashed node ends with a terminator, like any other"),
    we_refuse("a{}/-b", "a node with children ends with a terminator, also before a slashdashed one"),
    we_refuse("/- kdl-version 1\na", "a file that says it is KDL 1 is not read as KDL 2"),
    we_refuse("a${b}", "without a space, a `{` after `$` is taken for a placeholder in a text"),
    we_refuse("a '{}", "without a space, a `{` after a foreign quotation mark is taken for text"),
];

#[test]
fn the_differences_from_the_crate_are_those_that_are_listed() {
    for difference in DIFFERENCES {
        let parse = read(difference.text);
        check_invariants(difference.text, &parse);
        let crate_accepts = KdlDocument::parse_v2(difference.text).is_ok();
        let found = (parse.findings.is_empty(), crate_accepts);
        let expected = (difference.we_accept, !difference.we_accept);
        assert_eq!(found, expected, "{:?}: {}", difference.text, difference.reason);
    }
}

#[test]
fn a_block_may_follow_without_a_space() {
    // The grammar asks for whitespace; the crate and KDL 1 do not, and nothing else could be meant.
    let parse = read("a{b}");
    assert!(parse.findings.is_empty());
    assert_eq!(ours(&parse.tree).len(), 2);
}
