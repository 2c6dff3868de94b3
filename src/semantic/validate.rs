//! Holds a document against the grammar: what is unknown, missing, too much or of the wrong kind.
//! Iterative, so that no depth of nesting can overflow the stack.

use super::findings::Findings;
use super::grammar::{ALLOW, Arguments, DOCUMENT, Kind, NodeSpec};
use super::read::{Reader, Split, bare_word, expected, matches, matches_text};
use super::suggest::{did_you_mean, nearest};
use super::wording::{article, shown as short};
use crate::diagnostic::Finding;
use crate::syntax::{Node, Tree, Value, ValueKind};
use foldhash::{HashMap, HashMapExt};

/// How many findings about its form one document can have; one more says that there were others.
const MOST_FINDINGS: usize = 1000;

/// Every finding about the form of a document.
pub fn validate(tree: &Tree) -> Vec<Finding> {
    let mut findings = Findings::at_most(MOST_FINDINGS, "mistakes of form in this file");
    let mut open: Vec<Reader<'_>> = Vec::new();
    level(tree.roots(), &DOCUMENT, &mut open, &mut findings);
    while let Some(reader) = open.pop() {
        arguments(reader, &mut findings);
        properties(reader, &mut findings);
        level(reader.node.children(), reader.spec, &mut open, &mut findings);
        required_children(reader, &mut findings);
    }
    findings.into_vec()
}

/// The nodes of one level: known ones are opened, unknown and repeated ones reported.
fn level<'a>(
    nodes: impl Iterator<Item = Node<'a>>,
    parent: &'static NodeSpec,
    open: &mut Vec<Reader<'a>>,
    findings: &mut Findings,
) {
    let mut first: HashMap<&str, Node<'a>> = HashMap::new();
    for node in nodes {
        if node.name() == ALLOW.name && parent.name != ALLOW.name {
            open.push(Reader { node, spec: &ALLOW });
            continue;
        }
        let Some(child) = parent.child(node.name()) else {
            // A name of characters alone that KDL forbids was reported, and is empty without them.
            if !node.name().is_empty() || node.tree.source(node.data().name.span).starts_with(['"', '#']) {
                findings.push(unknown_node(node, parent));
            }
            continue;
        };
        if child.many {
            open.push(Reader { node, spec: child.node });
            continue;
        }
        if let Some(earlier) = first.get(node.name()) {
            findings.push(
                Finding::error(
                    "repeated-node",
                    format!("`{}` stands twice in {}", node.name(), shown(parent)),
                )
                .at(node.name_place(), "again here")
                .at(earlier.name_place(), "first here")
                .help("only the first one counts: bring both together into one"),
            );
        } else {
            first.insert(node.name(), node);
        }
        open.push(Reader { node, spec: child.node });
    }
}

fn unknown_node(node: Node<'_>, parent: &'static NodeSpec) -> Finding {
    let known = parent.children.iter().map(|child| child.node.name);
    let help = did_you_mean(node.name(), known).unwrap_or_else(|| not_a_child(node.name(), parent));
    Finding::error("unknown-node", format!("`{}` is not known in {}", short(node.name()), shown(parent)))
        .at(node.name_place(), "not known here")
        .help(help)
}

/// How a word is written that is no child of a node.
fn not_a_child(name: &str, parent: &'static NodeSpec) -> String {
    if parent.property(name).is_some() {
        return format!("`{name}=` is a property of `{}`: write it before the braces", parent.name);
    }
    if parent.has_flag(name) {
        return format!("`{name}` is a flag of `{}`: write it before the braces", parent.name);
    }
    elsewhere(name, parent)
}

/// Where a node of this name may stand, or what may stand here.
fn elsewhere(name: &str, parent: &'static NodeSpec) -> String {
    let mut open: Vec<&'static NodeSpec> = vec![&DOCUMENT];
    while let Some(spec) = open.pop() {
        if spec.child(name).is_some() && spec.name == parent.name {
            return format!(
                "`{name}` may stand in the `{}` of the register: an environment changes none",
                spec.name
            );
        }
        if spec.child(name).is_some() {
            return format!("`{name}` may stand in {}", shown(spec));
        }
        open.extend(spec.children.iter().map(|child| child.node));
    }
    let names: Vec<_> = parent.children.iter().map(|child| format!("`{}`", child.node.name)).collect();
    if parent.name == ALLOW.name {
        "nothing may stand in `allow`".to_owned()
    } else if names.is_empty() {
        format!("nothing but `allow` may stand in {}", shown(parent))
    } else {
        format!("what may stand in {}: {}", shown(parent), names.join(", "))
    }
}

fn required_children(reader: Reader<'_>, findings: &mut Findings) {
    for name in reader.spec.required_children {
        // A misspelt one was reported.
        let is_misspelt = || reader.node.children().any(|child| nearest(child.name(), [*name]).is_some());
        if reader.child(name).is_none() && !is_misspelt() {
            let own = reader.spec.name;
            findings.push(
                Finding::error("missing-node", format!("`{own}` has no `{name}`"))
                    .at(reader.node.head_place(), format!("{} `{name}` is needed in here", article(name)))
                    .help(format!("add `{name}` in the braces of `{own}`")),
            );
        }
    }
}

fn arguments(reader: Reader<'_>, findings: &mut Findings) {
    let split = reader.split();
    let expected = reader.spec.arguments;
    let tree = reader.node.tree;
    for (index, value) in split.arguments.iter().enumerate() {
        let Some(argument) = expected.fixed.get(index).copied().or(expected.rest) else { continue };
        if let Err(phrase) = matches(tree, value, argument.kind) {
            let what = format!("{} of `{}` has to be {phrase}", argument.name, reader.spec.name);
            findings.push(wrong_value(tree, value, argument.kind, what, || usage(reader.spec)));
        }
    }
    missing_arguments(reader, expected, &split, findings);
    repeated_flags(tree, &split, findings);
    surplus_arguments(reader, &split, findings);
}

fn missing_arguments(reader: Reader<'_>, expected: Arguments, split: &Split<'_>, findings: &mut Findings) {
    let least = expected.fixed.len() + expected.rest_at_least;
    if split.arguments.len() >= least {
        return;
    }
    let missing = expected.fixed.get(split.arguments.len()).copied().or(expected.rest);
    let Some(missing) = missing else { return };
    findings.push(
        Finding::error(
            "missing-argument",
            format!("`{}` needs {} {}", reader.spec.name, article(missing.name), missing.name),
        )
        .at(reader.node.head_place(), format!("the {} is missing", missing.name))
        .help(usage(reader.spec)),
    );
}

/// One finding for each flag that is given more than once.
fn repeated_flags(tree: &Tree, split: &Split<'_>, findings: &mut Findings) {
    let mut seen: HashMap<&str, (&Value, bool)> = HashMap::new();
    for value in &split.flags {
        let Some(word) = bare_word(tree, value) else { continue };
        let (first, reported) = seen.entry(word).or_insert((*value, false));
        if first.span == value.span || *reported {
            continue;
        }
        *reported = true;
        findings.push(
            Finding::error("repeated-flag", format!("the flag `{word}` is given twice"))
                .at(tree.place(value.span), "again here")
                .at(tree.place(first.span), "first here")
                .help("take one of them out"),
        );
    }
}

fn surplus_arguments(reader: Reader<'_>, split: &Split<'_>, findings: &mut Findings) {
    let Some(first) = split.surplus.first() else { return };
    let tree = reader.node.tree;
    if let Some(finding) = unquoted_type(reader, split) {
        findings.push(finding);
        return;
    }
    if reader.spec.flags.is_empty() {
        let what = format!("`{}` takes no further argument", reader.spec.name);
        let finding = Finding::error("wrong-argument", what).at(tree.place(first.span), "not known here");
        return findings.push(finding.help(usage_with_properties(reader.spec)));
    }
    for value in &split.surplus {
        let word = bare_word(tree, value).unwrap_or_else(|| tree.source(value.span));
        let what = format!("`{}` is no flag of `{}`", short(word), reader.spec.name);
        let label = if value.span == first.span { "not known here" } else { "nor this" };
        findings.push(
            Finding::error("unknown-flag", what)
                .at(tree.place(value.span), label)
                .help(flag_help(reader.spec, word)),
        );
    }
}

fn flag_help(spec: &'static NodeSpec, word: &str) -> String {
    if let Some(help) = did_you_mean(word, spec.flags.iter().map(|flag| flag.name)) {
        return help;
    }
    let folded = word.to_ascii_lowercase().replace(['-', '_'], "");
    if spec.has_flag("nullable") && matches!(folded.as_str(), "notnull" | "required") {
        return format!("a `{}` is NOT NULL unless flagged `nullable`: leave the word out", spec.name);
    }
    let known: Vec<_> = spec.flags.iter().map(|flag| format!("`{}`", flag.name)).collect();
    format!("flags: {}", known.join(", "))
}

/// `column x double precision`: a type of several words without quotes.
fn unquoted_type(reader: Reader<'_>, split: &Split<'_>) -> Option<Finding> {
    let whole = reader.unquoted_type(split)?;
    Some(
        Finding::error("unquoted-type", format!("the type `{}` has to be quoted", whole.value))
            .at(whole.place, "read as a type and unknown flags")
            .help("a type of several words is one quoted text")
            .fix(format!("\"{}\"", whole.value)),
    )
}

fn properties(reader: Reader<'_>, findings: &mut Findings) {
    let tree = reader.node.tree;
    for entry in reader.node.entries() {
        let Some(key) = entry.name else { continue };
        let name = tree.string(key);
        let Some(property) = reader.spec.property(name) else {
            findings.push(unknown_property(reader, name, tree.place(key.span)));
            continue;
        };
        if let Err(phrase) = matches(tree, &entry.value, property.kind) {
            let what = format!("`{name}` of `{}` has to be {phrase}", reader.spec.name);
            let meaning = || format!("`{name}=`: {}", property.summary);
            findings.push(wrong_value(tree, &entry.value, property.kind, what, meaning));
        }
    }
    for property in reader.spec.properties.iter().filter(|property| property.required) {
        if !reader.has_property(property.name) && !reader.misspells_property(property.name) {
            let what = format!("`{}` needs `{}=`", reader.spec.name, property.name);
            findings.push(
                Finding::error("missing-property", what)
                    .at(reader.node.head_place(), format!("`{}=` is missing", property.name))
                    .help(format!("`{}=`: {}; {}", property.name, property.summary, expected(property.kind))),
            );
        }
    }
}

fn unknown_property(reader: Reader<'_>, name: &str, place: crate::source::Place) -> Finding {
    let known = reader.spec.properties.iter().map(|property| property.name);
    let all: Vec<_> = known.clone().map(|name| format!("`{name}=`")).collect();
    let help = match nearest(name, known) {
        Some(near) => format!("did you mean `{near}=`?"),
        None if reader.spec.has_flag(name) => format!("`{name}` is a flag: write the word alone"),
        None if reader.spec.arguments.fixed.iter().any(|argument| argument.name == name) => {
            format!("the {name} is an argument: {}", usage(reader.spec))
        }
        None if reader.spec.child(name).is_some() => {
            format!("`{name}` is a node in the braces of `{}`", reader.spec.name)
        }
        None if all.is_empty() => format!("`{}` has no properties", reader.spec.name),
        None => format!("properties of `{}`: {}", reader.spec.name, all.join(", ")),
    };
    Finding::error("unknown-property", format!("`{}` is no property of `{}`", short(name), reader.spec.name))
        .at(place, "not known here")
        .help(help)
}

/// A value that is none of its kind. Where nothing better is known, the help is the meaning of what was to be written.
fn wrong_value(
    tree: &Tree,
    value: &Value,
    kind: Kind,
    what: String,
    meaning: impl FnOnce() -> String,
) -> Finding {
    let source = tree.source(value.span);
    let finding = Finding::error("wrong-value", what).at(tree.place(value.span), describe(value, kind));
    match (kind, value.kind) {
        (Kind::OneOf(words), ValueKind::String(text)) => {
            match nearest(tree.string(text), words.iter().copied()) {
                Some(near) => finding.help(format!("did you mean `{near}`?")),
                None => finding.help(meaning()),
            }
        }
        (Kind::Whole(..) | Kind::Money | Kind::Percent, ValueKind::String(text))
            if tree.string(text).parse::<f64>().is_ok_and(f64::is_finite) =>
        {
            finding.help("numbers are written without quotes").fix(tree.string(text).to_owned())
        }
        (_, ValueKind::Integer | ValueKind::Decimal) if matches_text(source, kind).is_ok() => {
            finding.help("a number that is meant as text is quoted").fix(format!("\"{source}\""))
        }
        _ => finding.help(meaning()),
    }
}

fn describe(value: &Value, kind: Kind) -> &'static str {
    match value.kind {
        ValueKind::Integer
            if matches!(kind, Kind::Whole(..) | Kind::Money | Kind::Percent | Kind::Version) =>
        {
            "not within these limits"
        }
        ValueKind::String(_) => "this text does not fit",
        ValueKind::Integer => "a whole number",
        ValueKind::Decimal => "a number with a fraction or exponent",
        ValueKind::Boolean(_) => "a truth value",
        ValueKind::Null => "`#null`",
        ValueKind::NotFinite => "a number that is not finite",
    }
}

/// How a node is written, in one line.
fn usage(spec: &'static NodeSpec) -> String {
    let mut line = format!("written as `{}", spec.name);
    for argument in spec.arguments.fixed {
        line.push(' ');
        line.push_str(&argument.name.to_uppercase());
    }
    if let Some(rest) = spec.arguments.rest {
        line.push(' ');
        line.push_str(&rest.name.to_uppercase());
        line.push_str("...");
    }
    for property in spec.properties.iter().filter(|property| property.required) {
        line.push_str(&format!(" {}=...", property.name));
    }
    line.push('`');
    line
}

fn usage_with_properties(spec: &'static NodeSpec) -> String {
    let properties: Vec<_> = spec.properties.iter().map(|property| format!("`{}=`", property.name)).collect();
    match properties.is_empty() {
        true => usage(spec),
        false => format!("{}; properties: {}", usage(spec), properties.join(", ")),
    }
}

fn shown(spec: &'static NodeSpec) -> String {
    if spec.name == DOCUMENT.name { "a register".to_owned() } else { format!("`{}`", spec.name) }
}
