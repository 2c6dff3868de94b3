//! The user's reference of the language, `docs/language.md`: it says what the grammar says, and its examples compile.
//! A section of a node has a heading with its name (and, where two nodes share a name, the node that holds it), a line
//! that says where it stands and what it holds, a table of what it takes, and an example.
#![expect(clippy::disallowed_methods, reason = "the test reads the page")]

use freehold::semantic::grammar::{ALLOW, DOCUMENT, Kind, NodeSpec};
use freehold::session;
use freehold::source::Memory;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/language.md");
    std::fs::read_to_string(path).expect("the reference is there")
}

/// A kind of node with those that hold it, each with whether it may do so more than once.
struct Entry {
    spec: &'static NodeSpec,
    /// It stands in `environment` alone, where many nodes are called like what they change.
    in_environment: bool,
    parents: Vec<(&'static str, bool)>,
}

/// Every kind of node, each once, in the order of the grammar.
fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut open: Vec<&'static NodeSpec> = vec![&DOCUMENT];
    while let Some(parent) = open.pop() {
        let is_there = |entry: &Entry| std::ptr::eq(entry.spec, parent) && entry.in_environment;
        let in_environment = parent.name == "environment" || entries.iter().any(is_there);
        let mut fresh = Vec::new();
        for child in parent.children {
            match entries.iter_mut().find(|entry| std::ptr::eq(entry.spec, child.node)) {
                Some(entry) if entry.parents.contains(&(parent.name, child.many)) => {}
                Some(entry) => entry.parents.push((parent.name, child.many)),
                None => {
                    let parents = vec![(parent.name, child.many)];
                    entries.push(Entry { spec: child.node, in_environment, parents });
                    fresh.push(child.node);
                }
            }
        }
        open.extend(fresh.into_iter().rev());
    }
    entries.push(Entry { spec: &ALLOW, in_environment: false, parents: Vec::new() });
    entries
}

impl Entry {
    /// `` `rpc` in `api` `` where several nodes are called `rpc`, else `` `table` ``; `` `server` in `environment` `` for
    /// what changes another node.
    fn heading(&self, all: &[Entry]) -> String {
        let name = self.spec.name;
        if self.in_environment {
            return format!("`{name}` in `environment`");
        }
        let is_same = |entry: &&Entry| entry.spec.name == name && !entry.in_environment;
        let is_alone = all.iter().filter(is_same).count() == 1;
        match self.parents.first() {
            Some((parent, _)) if !is_alone => format!("`{name}` in `{parent}`"),
            _ => format!("`{name}`"),
        }
    }

    /// Where it stands and what it holds, as the section has to say it.
    fn position(&self) -> String {
        let shown = |(parent, many): &(&str, bool)| {
            let place = if *parent == DOCUMENT.name { "a file".to_owned() } else { format!("`{parent}`") };
            format!("{place} ({})", if *many { "any number" } else { "once" })
        };
        let parents: Vec<String> = self.parents.iter().map(shown).collect();
        let stands = if parents.is_empty() {
            "every node and every file (any number)".to_owned()
        } else {
            parents.join(", ")
        };
        let children: Vec<String> =
            self.spec.children.iter().map(|child| format!("`{}`", child.node.name)).collect();
        let holds =
            if children.is_empty() { String::new() } else { format!(" Holds {}.", children.join(", ")) };
        format!("Stands in {stands}.{holds}")
    }

    /// The rows of its table: name, what it takes, default, and what the meaning has to begin with.
    fn rows(&self) -> Vec<[String; 4]> {
        let arguments = self.spec.arguments;
        let fixed = arguments.fixed.iter().map(|argument| {
            [argument.name.to_uppercase(), takes(argument.kind), "required".to_owned(), String::new()]
        });
        let rest = arguments.rest.iter().map(|argument| {
            let least = if arguments.rest_at_least > 0 { "required" } else { "none" };
            let name = format!("{}...", argument.name.to_uppercase());
            [name, takes(argument.kind), least.to_owned(), String::new()]
        });
        let flags =
            self.spec.flags.iter().map(|flag| {
                [flag.name.to_owned(), "flag".to_owned(), "off".to_owned(), flag.summary.to_owned()]
            });
        let properties = self.spec.properties.iter().map(|property| {
            let (meaning, default) = meaning_and_default(property.summary);
            let default = if property.required { "required".to_owned() } else { default };
            [format!("{}=", property.name), takes(property.kind), default, meaning]
        });
        fixed.chain(rest).chain(flags).chain(properties).collect()
    }
}

fn takes(kind: Kind) -> String {
    match kind {
        Kind::Text => "text".to_owned(),
        Kind::Name => "text, not empty".to_owned(),
        Kind::NameList => "names with commas, in one text".to_owned(),
        Kind::Whole(least, most) => format!("{least} to {most}"),
        Kind::Money => "amount".to_owned(),
        Kind::Percent => "percentage".to_owned(),
        Kind::Literal => "literal".to_owned(),
        Kind::OneOf(words) => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
        Kind::Date => "day".to_owned(),
        Kind::DateStart => "day, month or year".to_owned(),
        Kind::Version => "version".to_owned(),
        Kind::InstanceClass => "class of RDS".to_owned(),
        Kind::DailyWindow => "time of every day".to_owned(),
        Kind::WeeklyWindow => "time of every week".to_owned(),
        Kind::CidrList => "networks".to_owned(),
        Kind::EndpointList => "hosts with ports".to_owned(),
    }
}

/// `of an RPC that states none; default 1000` as its two parts.
fn meaning_and_default(summary: &str) -> (String, String) {
    let at =
        if summary.starts_with("default") { Some(0) } else { summary.find("; default").map(|at| at + 2) };
    let Some(at) = at else { return (summary.to_owned(), "none".to_owned()) };
    let default = summary[at..].trim_start_matches("default").trim_start_matches(':').trim();
    (summary[..at].trim_end_matches("; ").to_owned(), default.to_owned())
}

/// The sections of nodes by their headings, each with its text.
fn sections(page: &str) -> BTreeMap<String, String> {
    let mut sections = BTreeMap::new();
    let mut heading: Option<String> = None;
    for line in page.lines() {
        if line.starts_with('#') {
            heading = line.strip_prefix("### ").map(str::to_owned);
            if let Some(heading) = &heading {
                let again = sections.insert(heading.clone(), String::new());
                assert!(again.is_none(), "two sections {heading}");
            }
        } else if let Some(text) = heading.as_ref().and_then(|heading| sections.get_mut(heading)) {
            text.push_str(line);
            text.push('\n');
        }
    }
    sections
}

/// The first table of a section: its rows without the head.
fn table(section: &str) -> Vec<[String; 4]> {
    let lines = section.lines().skip_while(|line| !line.starts_with("| name | takes | default | meaning |"));
    let rows = lines.skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| {
        let cells: Vec<String> =
            row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect();
        <[String; 4]>::try_from(cells).unwrap_or_else(|cells| panic!("four cells: {cells:?}"))
    })
    .collect()
}

/// What differs between a section and the grammar.
fn faults_of(entry: &Entry, section: &str) -> Vec<String> {
    let name = entry.spec.name;
    let mut faults = Vec::new();
    if !section.contains(&entry.position()) {
        faults.push(format!("`{name}` does not say: {}", entry.position()));
    }
    let (_, default) = meaning_and_default(entry.spec.summary);
    if default != "none" && !section.contains(&format!("Default: {default}.")) {
        faults.push(format!("`{name}` does not say: Default: {default}."));
    }
    let (wanted, found) = (entry.rows(), table(section));
    for row in &wanted {
        let [label, takes, default, meaning] = row;
        let is_row = |found: &&[String; 4]| {
            found[0] == format!("`{label}`")
                && &found[1] == takes
                && found[2].trim_matches('`') == default.trim_matches('`')
                && found[3].starts_with(meaning.as_str())
                && !found[3].is_empty()
        };
        if !found.iter().any(|found| is_row(&found)) {
            faults.push(format!("`{name}` has no row | `{label}` | {takes} | {default} | {meaning}"));
        }
    }
    let known: BTreeSet<String> = wanted.iter().map(|row| format!("`{}`", row[0])).collect();
    let unknown = found.iter().filter(|row| !known.contains(&row[0]));
    faults.extend(unknown.map(|row| format!("`{name}` has a row {}, which the grammar has not", row[0])));
    faults
}

/// What differs between the page and the grammar.
fn faults(page: &str) -> Vec<String> {
    let (sections, entries) = (sections(page), entries());
    let headings: BTreeSet<String> = entries.iter().map(|entry| entry.heading(&entries)).collect();
    let mut faults: Vec<String> = sections
        .keys()
        .filter(|heading| !headings.contains(*heading))
        .map(|heading| format!("the grammar has no {heading}"))
        .collect();
    for entry in &entries {
        let heading = entry.heading(&entries);
        match sections.get(&heading) {
            Some(section) => faults.extend(faults_of(entry, section)),
            None => faults.push(format!("no section {heading}")),
        }
        let is_example = |section: &String| section.contains("```kdl") && section.contains(entry.spec.name);
        if sections.get(&heading).is_some_and(|section| !is_example(section)) {
            faults.push(format!("no example of {heading}"));
        }
    }
    faults.extend(unknown_properties(page, &entries));
    faults
}

/// Words such as `` `pool=` `` or `` `by=hash` `` in the text that are no property of any node.
fn unknown_properties(page: &str, entries: &[Entry]) -> Vec<String> {
    let properties = entries.iter().flat_map(|entry| entry.spec.properties);
    // The marks of examples are written like properties.
    let known: BTreeSet<&str> = properties.map(|property| property.name).chain(["in", "refused"]).collect();
    let text: Vec<&str> = page.split("\n```").step_by(2).collect();
    let text = text.concat();
    let codes = text.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let written = codes.filter_map(|word| word.split_once('=')).map(|(name, _)| name);
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    let unknown: BTreeSet<&str> = written.filter(is_name).filter(|name| !known.contains(name)).collect();
    unknown.into_iter().map(|name| format!("no node has a property `{name}=`")).collect()
}

#[test]
fn the_reference_says_what_the_grammar_says() {
    assert_eq!(faults(&page()), [""; 0]);
}

#[test]
fn what_the_reference_leaves_out_or_makes_up_is_found() {
    let plant = |from: &str, to: &str| {
        let page = page();
        assert!(page.contains(from), "{from}");
        faults(&page.replacen(from, to, 1))
    };
    assert_eq!(plant("### `latency`", "### `speed`").len(), 2);
    assert_eq!(plant("| `pool=` | 1 to 1000 | 8 |", "| `pool=` | 1 to 1000 | 5 |").len(), 1);
    assert_eq!(plant("| `pool=` | 1 to 1000 |", "| `pool=` | 1 to 100 |").len(), 1);
    assert_eq!(plant("### `deploy` in `environment`", "### `deploy` elsewhere").len(), 2);
    assert_eq!(plant("| `pii` | flag |", "| `secret` | flag |").len(), 2);
    assert_eq!(plant("Default: 3.", "").len(), 1);
    assert_eq!(plant("`topic` (any number), `event` (any number)", "`topic` (any number)").len(), 1);
    assert_eq!(
        plant("`default-sql=`, ", "`default-expression=`, "),
        ["no node has a property `default-expression=`"]
    );
}

#[test]
fn the_contents_list_every_section() {
    let page = page();
    let headings =
        page.lines().filter_map(|line| line.strip_prefix("### ").or_else(|| line.strip_prefix("## ")));
    let anchor = |heading: &str| {
        let kept = heading.to_lowercase().replace(|c: char| !c.is_alphanumeric() && !" _-".contains(c), "");
        format!("[{heading}](#{})", kept.replace(' ', "-"))
    };
    let missing =
        headings.filter(|heading| *heading != "Contents").filter(|heading| !page.contains(&anchor(heading)));
    assert_eq!(missing.collect::<Vec<_>>(), [""; 0]);
}

/// An example of the page: its line, what its fence says behind `kdl`, its text.
struct Example {
    line: usize,
    info: String,
    text: String,
}

fn examples(page: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    let mut is_open = false;
    for (number, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if is_open => is_open = false,
            Some(info) => {
                let info = info.strip_prefix("kdl").expect("every example is KDL").trim().to_owned();
                examples.push(Example { line: number + 1, info, text: String::new() });
                is_open = true;
            }
            None if is_open => {
                let example = examples.last_mut().expect("one is open");
                example.text.push_str(line);
                example.text.push('\n');
            }
            None => {}
        }
    }
    examples
}

/// What a part of a register stands in. `%` is the part.
fn wrapped(inside: &str, text: &str) -> String {
    let service = |text: &str| include_str!("data/language_reference.kdl").replace("part-of-the-page", text);
    match inside {
        "" => text.to_owned(),
        "platform" => format!("platform shop {{\n{text}\n}}\n"),
        "service" => service(text),
        "environment" => service("") + &format!("environment staging {{\n{text}\n}}\n"),
        "table" => {
            service(&format!("table things {{\ncolumn id bigint identity\nprimary-key id\n{text}\n}}"))
        }
        other => panic!("nothing is known of `in={other}`"),
    }
}

/// The rules of the findings about an example, each with its message.
fn findings(text: &str) -> Vec<(&'static str, String)> {
    let mut files = Memory::default();
    files.insert("model.kdl", text);
    let checked = session::check(&files, Path::new("model.kdl"), None, &mut |_| {});
    for finding in &checked.findings {
        assert!(finding.help.is_some(), "a finding without help: {finding:#?}");
    }
    checked.findings.into_iter().map(|finding| (finding.rule, finding.message)).collect()
}

#[test]
fn examples_are_sound_or_refused_as_they_say() {
    let examples = examples(&page());
    assert!(examples.len() > 60, "{} examples", examples.len());
    let mut faults = Vec::new();
    for Example { line, info, text } in examples {
        let word = |key: &str| info.split_whitespace().find_map(|word| word.strip_prefix(key)).unwrap_or("");
        let found = findings(&wrapped(word("in="), &text));
        let rules: Vec<&str> = found.iter().map(|(rule, _)| *rule).collect();
        let wanted: Vec<&str> = Some(word("refused=")).filter(|rule| !rule.is_empty()).into_iter().collect();
        if rules != wanted {
            faults.push(format!("line {line}: wanted {wanted:?}, found {found:#?}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_faulty_example_is_found() {
    assert_eq!(
        findings(&wrapped("table", "column a text nulable")).first().map(|found| found.0),
        Some("unknown-flag")
    );
    assert_eq!(findings(&wrapped("service", "")), []);
    assert_eq!(findings(&wrapped("table", "")), []);
}

/// Whether a mistake of the page's table gives its rule: alone, in a table, a service or a deployment, or as a part of a
/// column.
fn gives(written: &str, rule: &str) -> bool {
    let whole = [
        written.to_owned(),
        wrapped("table", written),
        wrapped("table", &format!("column a text {written}")),
        wrapped("table", &format!("partition id by=range {{ every month; {written} }}")),
        wrapped("service", &format!("deploy {{ {written} }}")),
    ];
    whole.iter().any(|text| findings(text).iter().any(|(found, _)| *found == rule))
}

#[test]
fn common_mistakes_are_found_by_the_rules_that_the_page_names() {
    let page = page();
    let rows = page.lines().skip_while(|line| !line.starts_with("| written | rule | write |")).skip(2);
    let rows: Vec<&str> = rows.take_while(|line| line.starts_with('|')).collect();
    assert!(rows.len() > 10, "{} rows", rows.len());
    for row in rows {
        let cells: Vec<&str> =
            row.trim_matches('|').split(" | ").map(|cell| cell.trim().trim_matches('`')).collect();
        let [written, rule, _] = cells.as_slice() else { panic!("three cells: {row}") };
        assert!(gives(written, rule), "{written} gives no {rule}");
    }
    assert!(!gives("column a text", "kdl-number"));
}
