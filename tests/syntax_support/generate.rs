//! Documents of KDL 2 made at random, and mutations of them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Whitespace within a node, never empty.
fn space() -> impl Strategy<Value = String> {
    let piece = select(vec![
        " ",
        " ",
        " ",
        " ",
        "\t",
        "  ",
        "\u{a0}",
        "\u{3000}",
        "\u{2003}",
        "/* c */",
        "/* a /* b */ c */",
        "/**/",
        "\\\n",
        " \\ // c\n",
        "\\\r\n  ",
    ]);
    // A comment alone separates; a line continuation does too.
    vec(piece, 1..3).prop_map(|pieces| pieces.concat())
}

fn newline() -> impl Strategy<Value = &'static str> {
    select(vec!["\n", "\n", "\n", "\r\n", "\r", "\u{85}", "\u{b}", "\u{c}", "\u{2028}", "\u{2029}"])
}

fn bare_word() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Zé_][a-zA-Z0-9_.,:<>é-]{0,6}".prop_filter("reserved", |word| !is_reserved(word)),
        1 => select(vec!["-", "--", "+", "-a", ".", "..", ".a", "-.a", "+x1", "true1", "nan-", "𝄞", "ñ", "'a'", "a'", "?", "r", "$"])
            .prop_map(str::to_owned),
    ]
}

fn is_reserved(word: &str) -> bool {
    matches!(word, "true" | "false" | "null" | "inf" | "nan")
}

fn escape() -> impl Strategy<Value = &'static str> {
    select(vec![
        "\\n",
        "\\r",
        "\\t",
        "\\s",
        "\\b",
        "\\f",
        "\\\\",
        "\\\"",
        "\\u{e9}",
        "\\u{1F600}",
        "\\u{000041}",
        "\\ ",
        "\\\n  ",
    ])
}

fn quoted_string() -> impl Strategy<Value = String> {
    let plain = "[a-zA-Z0-9 é€𝄞#/{};()=,'\\[\\]-]{1,5}";
    let piece = prop_oneof![3 => plain, 1 => escape().prop_map(str::to_owned)];
    vec(piece, 0..4).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn raw_string() -> impl Strategy<Value = String> {
    let body = "[a-zé \\\\{}]{0,6}(\"[a-z]{1,3}){0,2}";
    (1..3_usize, body).prop_filter_map("it is closed too early", |(hashes, body)| {
        let hashes = "#".repeat(hashes);
        (!body.starts_with("\"\"")).then(|| format!("{hashes}\"{body}\"{hashes}"))
    })
}

fn multi_line_string() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => "[a-zé \"]{0,1}[a-zé #{}]{0,8}",
        1 => select(vec!["", "  ", "\\n", "x\\ty", "\\s", "a \\\\ b", "\\\"\"\""]).prop_map(str::to_owned),
    ];
    let indentation = select(vec!["", "  ", "\t", "    ", "\u{a0}"]);
    (vec((line, newline()), 0..4), indentation, any::<bool>()).prop_map(|(lines, indentation, raw)| {
        let mut text = String::from(if raw { "#\"\"\"\n" } else { "\"\"\"\n" });
        for (line, newline) in &lines {
            text.extend([indentation, line, newline]);
        }
        text.extend([indentation, if raw { "\"\"\"#" } else { "\"\"\"" }]);
        text
    })
}

fn string() -> impl Strategy<Value = String> {
    prop_oneof![6 => bare_word(), 4 => quoted_string(), 1 => raw_string(), 1 => multi_line_string()]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[+-]?[0-9][0-9_]{0,6}",
        2 => "[+-]?[0-9][0-9_]{0,4}\\.[0-9][0-9_]{0,4}([eE][+-]?[0-9]{1,2})?",
        1 => "[+-]?[0-9]{1,3}[eE][+-]?[0-9]{1,2}",
        1 => "[+-]?0x[0-9a-fA-F][0-9a-fA-F_]{0,6}",
        1 => "[+-]?0o[0-7][0-7_]{0,6}",
        1 => "[+-]?0b[01][01_]{0,6}",
    ]
}

fn annotation() -> impl Strategy<Value = String> {
    let blank = select(vec!["", "", " ", "/*c*/"]);
    prop_oneof![
        9 => Just(String::new()),
        1 => (blank.clone(), string(), blank.clone(), blank).prop_map(|(a, string, b, c)| format!("({a}{string}{b}){c}")),
    ]
}

fn value() -> impl Strategy<Value = String> {
    let keyword = select(vec!["#true", "#false", "#null", "#inf", "#-inf", "#nan"]);
    let value = prop_oneof![5 => string(), 3 => number(), 1 => keyword.prop_map(str::to_owned)];
    (annotation(), value).prop_map(|(annotation, value)| annotation + &value)
}

fn entry() -> impl Strategy<Value = String> {
    let equals = select(vec!["=", "=", "=", "=", " =", "= ", " = ", "\\\n="]);
    let entry = prop_oneof![
        2 => value(),
        1 => (string(), equals, value()).prop_map(|(name, equals, value)| format!("{name}{equals}{value}")),
    ];
    (slashdash(), entry).prop_map(|(slashdash, entry)| slashdash + &entry)
}

fn slashdash() -> impl Strategy<Value = String> {
    let after = select(vec!["", "", " ", "\n", "\\\n", "// c\n", "/* c */"]);
    prop_oneof![9 => Just(String::new()), 1 => after.prop_map(|after| format!("/-{after}"))]
}

fn line_space() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => newline().prop_map(str::to_owned),
        3 => space(),
        1 => newline().prop_map(|newline| format!("// comment é{newline}")),
        1 => newline().prop_map(|newline| format!("//{newline}")),
    ];
    vec(piece, 0..3).prop_map(|pieces| pieces.concat())
}

fn terminator() -> impl Strategy<Value = String> {
    prop_oneof![
        5 => newline().prop_map(str::to_owned),
        2 => Just(";".to_owned()),
        1 => newline().prop_map(|newline| format!("// after{newline}")),
        1 => newline().prop_map(|newline| format!(" {newline}")),
    ]
}

fn node(block: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let head = (slashdash(), annotation(), string(), vec((space(), entry()), 0..4)).prop_map(
        |(slashdash, annotation, name, entries)| {
            let entries: String = entries.into_iter().map(|(space, entry)| space + &entry).collect();
            format!("{slashdash}{annotation}{name}{entries}")
        },
    );
    let left_out = prop_oneof![
        12 => Just(String::new()),
        1 => block.clone().prop_map(|block| format!(" /-{block}")),
    ];
    let block = prop_oneof![2 => Just(String::new()), 1 => block.prop_map(|block| format!(" {block}"))];
    (head, left_out.clone(), block, left_out)
        .prop_map(|(head, before, block, after)| head + &before + &block + &after)
        .boxed()
}

fn nodes(block: BoxedStrategy<String>) -> BoxedStrategy<String> {
    (vec((line_space(), node(block), terminator()), 0..5), line_space())
        .prop_map(|(nodes, after)| {
            let nodes = nodes.into_iter().flat_map(|(before, node, terminator)| {
                // The crate does not know that a slashdashed node can end with `;`.
                let terminator =
                    if node.starts_with("/-") && terminator == ";" { "\n".into() } else { terminator };
                [before, node, terminator]
            });
            let mut text: String = nodes.collect();
            text.push_str(&after);
            text
        })
        .boxed()
}

/// A document that follows the grammar of KDL 2; at most three levels deep, as the crate takes time that is
/// exponential in the depth of what is slashdashed.
pub fn document() -> impl Strategy<Value = String> {
    let empty = select(vec!["{}", "{ }", "{\n}"]).prop_map(str::to_owned).boxed();
    let block = (0..2).fold(empty, |inner, _| {
        let filled = nodes(inner.clone()).prop_map(|nodes| format!("{{{nodes}}}"));
        prop_oneof![1 => inner, 3 => filled].boxed()
    });
    let beginning = select(vec!["", "", "", "\u{feff}", "/- kdl-version 2\n"]);
    (beginning, nodes(block)).prop_map(|(beginning, nodes)| format!("{beginning}{nodes}"))
}

/// A document with characters taken out, put in, or put in the place of others.
pub fn mutated_document() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => select(vec![
            "\"", "\"", "#", "{", "}", "(", ")", "[", "]", "/", "/-", "/*", "*/", "//", "\\", ";", "=", "\n", " ", "-", "+",
            ".", "0", "1", "x", "e", "_", "r", "u", "true", "#true", "\"\"\"", "\"\"\"\n", "\r", "\t", ",", "'", "--",
        ]).prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    let mutation = (any::<Index>(), 0..3_usize, piece);
    (document(), vec(mutation, 1..4)).prop_map(|(document, mutations)| {
        let mut characters: Vec<char> = document.chars().collect();
        for (place, removed, inserted) in mutations {
            let start = place.index(characters.len() + 1);
            let end = (start + removed).min(characters.len());
            let inserted = if removed == 2 { String::new() } else { inserted };
            characters.splice(start..end, inserted.chars());
        }
        characters.into_iter().collect()
    })
}
