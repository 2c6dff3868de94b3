//! Characters that KDL forbids: reported once each, and left out of what is read, so that nothing else objects to them.

use super::characters::{disallowed_runs, is_disallowed};
use super::parser::Parser;
use super::rules::CHARACTER;
use super::tree::{Storage, Text, Tree, ValueKind};
use crate::source::Span;

impl Parser<'_> {
    /// Reports every character that KDL forbids, by runs, and takes them out of names and values.
    pub(super) fn report_disallowed_characters(&mut self, from: usize) {
        let mut found = Vec::new();
        disallowed_runs(self.text, from, |run| {
            found.push(run);
            found.len() <= super::MOST_FINDINGS
        });
        for run in &found {
            let character = self.source(*run).chars().find(|c| is_disallowed(*c)).unwrap_or('\0');
            let number = u32::from(character);
            let help = match character {
                '\0' => "take it out: nothing can hold it".to_owned(),
                _ => format!("take it out; in a quoted string it can be written as `\\u{{{number:X}}}`"),
            };
            let message = format!("the character U+{number:04X} is not allowed in KDL");
            let finding = self.error(CHARACTER, *run, "not allowed", message).help(help);
            self.report(finding);
        }
        if !found.is_empty() {
            take_out(&mut self.tree, &found);
        }
    }
}

/// Takes the characters of these runs, which are in order, out of the strings of a tree.
fn take_out(tree: &mut Tree, runs: &[Span]) {
    let Tree { text: source, unescaped, nodes, entries, .. } = tree;
    let mut clean = |text: &mut Text| {
        let next = runs.partition_point(|run| run.end <= text.span.start);
        if runs.get(next).is_none_or(|run| run.start >= text.span.end) {
            return;
        }
        let (whole, span) = match text.storage {
            Storage::Source(span) => (&**source, span),
            Storage::Unescaped(span) => (unescaped.as_str(), span),
        };
        let value = whole.get(span.start as usize..span.end as usize).unwrap_or("");
        let value: String = value.chars().filter(|c| !is_disallowed(*c)).collect();
        let start = unescaped.len() as u32;
        unescaped.push_str(&value);
        text.storage = Storage::Unescaped(Span::new(start, unescaped.len() as u32));
    };
    nodes.iter_mut().for_each(|node| clean(&mut node.name));
    for entry in entries {
        entry.name.iter_mut().for_each(&mut clean);
        if let ValueKind::String(text) = &mut entry.value.kind {
            clean(text);
        }
    }
}
