//! Random text: whatever it is, no panic, and a tree that is whole. The fuzz target does the same, guided.

mod syntax_support;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::FileFailurePersistence;
use syntax_support::generate::mutated_document;
use syntax_support::{check_invariants, read};

/// Pieces that mean something to the reader, side by side.
fn pieces() -> impl Strategy<Value = String> {
    let piece = select(vec![
        "\"", "\"\"\"", "\"\"\"\n", "#", "##", "#\"", "\"#", "{", "}", "(", ")", "[", "]", "/", "/-", "/*",
        "*/", "//", "\\", "\\\n", "\\u{", ";", "=", "\n", "\r\n", "\r", " ", "  ", "\t", "-", "--", "+", ".",
        "0", "1", "0x", "1e", "_", "a", "r", "r#\"", "true", "#true", "null", "-inf", ",", "'", "“", "”",
        "`", ":", "://", "$", "${", "{{", "}}", "é", "𝄞", "\u{feff}", "\u{7f}", "\0", "\u{202e}", "\u{85}",
        "\u{2028}", "\u{3000}", "\u{a0}", "numeric", "(10,2)", "name", "\n    ", "\n  ", "\\d",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// What random or guided input has broken before.
const ONCE_BROKEN: &[&str] = &[
    "\n/*",
    "\0o\\e {\\\"e {\\\u{85} {\\\"",
    "l `t{`}",
    "'x*/y='it is'\nse’ «guillemets» `t` {a`}` z=)'it (is)' u0d",
    "\"\"\"\n a\u{b} \"\"\"\n",
    "a /-'x 'b (c)",
    "a 'x /-b (c)' d",
];

#[test]
fn what_was_broken_before_is_read() {
    for text in ONCE_BROKEN {
        check_invariants(text, &read(text));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 10_000,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn pieces_of_kdl_in_any_order_are_read(text in pieces()) {
        let parse = read(&text);
        check_invariants(&text, &parse);
    }

    #[test]
    fn characters_in_any_order_are_read(text in any::<String>()) {
        let parse = read(&text);
        check_invariants(&text, &parse);
    }

    #[test]
    fn a_document_that_is_cut_off_is_read_up_to_there(text in mutated_document(), cut in any::<prop::sample::Index>()) {
        let mut end = cut.index(text.len() + 1);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let parse = read(&text[..end]);
        check_invariants(&text[..end], &parse);
    }
}
