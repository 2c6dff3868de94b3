//! Input made to hang or to crash a reader: deep, long, unclosed, a hundred thousand times over. A reader that recurses
//! overflows its stack here; one that is quadratic takes longer than anybody waits.

mod syntax_support;

use freehold::syntax::{MOST_FINDINGS, restrict};
use syntax_support::{check_invariants, read};

const TIMES: usize = 100_000;

/// What is repeated, and what follows after all of it.
const REPEATED: &[(&str, &str)] = &[
    ("{", ""),
    ("}", ""),
    ("a {", ""),
    ("a {\n", ""),
    ("a {\n", "}"),
    ("a\n{\n", ""),
    ("{{", ""),
    ("a {{", ""),
    ("(", ""),
    ("( ", ""),
    ("a (", ""),
    ("a (\"", ""),
    ("a (b", ""),
    ("(a)", ""),
    ("[", ""),
    ("a [ ", ""),
    ("a( ", ""),
    ("a[{( ", ""),
    ("\"", ""),
    ("a \"", ""),
    ("a \"\n", ""),
    ("a \"b\n", ""),
    ("\"\\", ""),
    ("\\", ""),
    ("\\ ", ""),
    ("\\\n", ""),
    ("a \\", ""),
    ("a\\   ", ""),
    ("a \"\\d\"\n", ""),
    ("a \"\\u{", ""),
    ("\"\"\"", ""),
    ("\"\"\"\n", ""),
    ("a \"\"\"\n", ""),
    ("a \"\"\"\nb\"\"\"\n", ""),
    ("a \"\"\"x\n", ""),
    ("#", ""),
    ("#", "\""),
    ("#\"", ""),
    ("#\"a\"# ", ""),
    ("#a ", ""),
    ("r\"a\" ", ""),
    ("--(b;", ""),
    ("a -- (b;", ""),
    ("#\"\n", ""),
    ("a #\"\"\"\n", ""),
    ("a #\"\"\"x\n", ""),
    ("a ##\"\"\"\n\"\"\"#\n", ""),
    ("# comment\n", ""),
    ("a #b", ""),
    ("a r#\"", ""),
    ("/*", ""),
    ("/*\n", ""),
    ("a /*\n", ""),
    ("/* /", ""),
    ("*/", ""),
    ("//", ""),
    ("// a\n", ""),
    ("/-", ""),
    ("/- ", ""),
    ("/-\n", ""),
    ("/- a {", ""),
    ("/- a { ", "}"),
    ("/-{", ""),
    ("a /-{", ""),
    ("a /- b ", ""),
    ("/- a /- b\n", ""),
    ("a /-{} ", ""),
    ("a {} ", ""),
    ("=", ""),
    ("a=", ""),
    ("a= ", ""),
    ("a =", ""),
    ("a = ", ""),
    (";", ""),
    ("a;", ""),
    (",", ""),
    ("a,", ""),
    ("a, 1, ", ""),
    ("\"a\",", ""),
    ("1,", ""),
    ("'", ""),
    ("' ", ""),
    ("'a (b ", ""),
    ("“a ", ""),
    ("a 'b (c) d' ", ""),
    ("-", ""),
    ("-- ", ""),
    ("--(b\n", ""),
    ("0", ""),
    ("0_", ""),
    ("0x", ""),
    ("1.", ""),
    ("1e", ""),
    ("1 ", ""),
    ("1( ", ""),
    ("numeric (1) ", ""),
    ("a (1) (1) ", ""),
    ("true ", ""),
    ("#true ", ""),
    (" ", ""),
    (" ", "a;"),
    ("\n", ""),
    ("\r", ""),
    ("\r\n", ""),
    ("\u{feff}", ""),
    ("\0", ""),
    ("\u{202e}a", ""),
    ("\u{85}", ""),
    ("\u{3000}", ""),
    ("é", ""),
    ("a b=1 ", ""),
    ("𝄞 \"𝄞\" ", ""),
    ("https://a\n", ""),
    ("a: ", ""),
    ("{a}", ""),
    ("${", ""),
    ("a ${", ""),
    ("{{a ", ""),
];

#[test]
fn a_hundred_thousand_of_anything_are_read() {
    for (repeated, end) in REPEATED {
        // What is left out is kept until its end is known, so it is a case of its own where it can be deep.
        let beginnings: &[&str] = if repeated.contains(['{', '-']) { &["", "/- "] } else { &[""] };
        for beginning in beginnings {
            let text = format!("{beginning}{}{end}", repeated.repeat(TIMES));
            let parse = read(&text);
            check_invariants(&text, &parse);
            assert!(parse.findings.len() <= MOST_FINDINGS + 1, "{} findings", parse.findings.len());
            assert!(restrict(&parse.tree).len() <= MOST_FINDINGS + 1);
            let help: usize = parse.findings.iter().map(|finding| finding.message.len()).sum();
            assert!(help < 1_000_000, "{help} bytes of messages for {repeated:?}");
        }
    }
}

#[test]
fn one_token_of_a_megabyte_is_read() {
    for (open, inside, close) in [
        ("", "a", ""),
        ("node \"", "a", "\""),
        ("node \"", "\\n", "\""),
        ("node \"", "\\d", "\""),
        ("node \"", "\\ ", "\""),
        ("node \"\"\"\n", "  a\n", "  \"\"\""),
        ("node \"\"\"\n", " a\\\n ", "\n\"\"\""),
        ("node \"\"\"\n", " a\n", "  \"\"\""),
        ("node #\"", "\"", "\"#"),
        ("node #\"\"\"\n", "\"\"\"", "\n\"\"\"#"),
        ("node varchar(", "2", ")"),
        ("node ", "(", ""),
        ("node a/", "b/", ""),
        ("node 5", "m", ""),
        ("/*", "a*", "*/"),
        ("//", "é", "\n"),
        ("node '", "a (b) ", "'"),
        ("node \"", "a\n", "\""),
    ] {
        let text = format!("{open}{}{close}\nlater 7seven\n", inside.repeat(500_000));
        let parse = read(&text);
        check_invariants(&text, &parse);
        let last = parse.findings.last().and_then(|finding| finding.primary());
        let last = last.map(|place| parse.tree.source(place.span));
        assert_eq!(last, Some("7seven"), "what follows {open:?} and {inside:?}");
        let messages: usize = parse
            .findings
            .iter()
            .map(|finding| finding.message.len() + finding.fix.as_ref().map_or(0, String::len))
            .sum();
        assert!(messages < 2_000, "{messages} bytes of messages for {open:?}");
    }
}

#[test]
fn a_deep_tree_is_read_whole() {
    let text = format!("{}{}", "a {\n".repeat(TIMES), "}\n".repeat(TIMES));
    let parse = read(&text);
    check_invariants(&text, &parse);
    assert!(parse.findings.is_empty());
    assert_eq!(parse.tree.nodes.len(), TIMES);
    let rules: Vec<_> = restrict(&parse.tree).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["kdl-nesting"]);
}

#[test]
fn more_mistakes_than_are_reported_are_said_to_be_there() {
    let text = "node 7seven\n".repeat(MOST_FINDINGS + 10);
    let parse = read(&text);
    check_invariants(&text, &parse);
    assert_eq!(parse.findings.len(), MOST_FINDINGS + 1);
    assert_eq!(parse.findings.last().map(|finding| finding.rule), Some("kdl-too-many-mistakes"));
    assert_eq!(parse.tree.nodes.len(), MOST_FINDINGS + 10);
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    // Zeroed pages that are never written cost no memory.
    let text = "\0".repeat(freehold::syntax::MOST_BYTES + 1);
    let parse = read(&text);
    let rules: Vec<_> = parse.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["kdl-too-large"]);
    assert_eq!(parse.tree.nodes.len(), 0);
}
