//! The findings of nodes, blocks, properties and slashdashes.

use super::cursor::{excerpt, span};
use super::parser::Parser;
use super::rules::{SLASHDASH, STRAY_BRACE, SYNTAX, TOO_MANY_MISTAKES, UNCLOSED, VERSION};
use super::tree::NodeId;
use crate::diagnostic::Finding;
use crate::source::Span;

impl Parser<'_> {
    /// Keeps a finding, up to the limit of one text.
    pub(super) fn report(&mut self, finding: Finding) {
        match self.findings.len() {
            count if count < super::MOST_FINDINGS => self.findings.push(finding),
            count if count == super::MOST_FINDINGS => {
                let message = format!("the file has more than {} mistakes of syntax", super::MOST_FINDINGS);
                let mut last = Finding::error(TOO_MANY_MISTAKES, message).help("mend the ones above first");
                last.labels = finding.labels.into_iter().take(1).collect();
                self.findings.push(last);
            }
            _ => {}
        }
    }

    fn simple(&mut self, rule: &'static str, at: Span, label: &str, message: &str, help: &str) {
        let finding = Finding::error(rule, message).at(self.tree.place(at), label).help(help);
        self.report(finding);
    }

    fn here(&self) -> Span {
        span(self.at, self.at + 1)
    }

    pub(super) fn report_continuation_with_text(&mut self, backslash: usize) {
        self.simple(
            SYNTAX,
            span(backslash, backslash + 1),
            "continues no line",
            "the backslash does not end its line",
            "a backslash continues a line, and only whitespace and comments can follow it there",
        );
    }

    pub(super) fn report_stray_semicolon(&mut self) {
        let at = self.here();
        self.at += 1;
        self.simple(SYNTAX, at, "ends nothing", "`;` stands where no node is to end", "take the `;` out");
    }

    /// Reports an `=` without a name before it, which for the first entry means: with that of the node.
    pub(super) fn report_stray_equals(&mut self, is_first: bool) {
        let at = self.here();
        self.at += 1;
        let (message, help) = match is_first {
            true => (
                "`=` stands between a node and its value",
                "the values of a node follow its name after a space, without `=`",
            ),
            false => (
                "`=` stands without the name of a property",
                "a property is `name=value`; text with `=` is written in quotes",
            ),
        };
        self.simple(SYNTAX, at, "no property's name before it", message, help);
    }

    pub(super) fn report_double_equals(&mut self) {
        let at = self.here();
        self.at += 1;
        self.simple(
            SYNTAX,
            at,
            "a second `=`",
            "the property has more than one `=`",
            "a property is `name=value`; text with `=` is written in quotes",
        );
    }

    /// Whether the position is at a `\\` that stands as a word of its own.
    pub(super) fn is_lone_backslash(&self) -> bool {
        self.peek() == Some(b'\\') && super::characters::space_length(self.bytes, self.at + 1) > 0
    }

    /// Passes over a `\\` that neither continues a line nor stands in a word.
    pub(super) fn skip_lone_backslash(&mut self) {
        self.at += 1;
        self.report_continuation_with_text(self.at - 1);
    }

    pub(super) fn report_missing_value(&mut self, name: Span, at: usize) {
        let message = format!("the property `{}` has no value", self.excerpt(name));
        let finding = Finding::error(SYNTAX, message)
            .at(self.tree.place(span(at, at)), "a value has to stand here")
            .help("write the value on the same line, `\"\"` for an empty text");
        self.report(finding);
    }

    pub(super) fn report_annotated_name(&mut self, at: Span) {
        self.simple(
            SYNTAX,
            at,
            "before a property's name",
            "a type annotation stands before the name of a property",
            "an annotation stands before the value: `name=(type)value`",
        );
    }

    pub(super) fn report_slashdashed_value(&mut self) {
        let at = span(self.at, self.at + 2);
        self.at += 2;
        self.simple(
            SLASHDASH,
            at,
            "leaves out a value alone",
            "`/-` cannot leave out the value of a property alone",
            "write `/-` before the name to leave out the whole property",
        );
    }

    pub(super) fn report_empty_slashdash(&mut self, at: Span) {
        self.simple(
            SLASHDASH,
            at,
            "nothing follows",
            "`/-` has nothing to leave out",
            "`/-` stands before a node, a value, a property or a block, once",
        );
    }

    pub(super) fn report_entry_after_block(&mut self) {
        let at = span(self.at, self.at);
        self.simple(
            SLASHDASH,
            at,
            "stands after a block",
            "a value is left out after a children block",
            "after a block only blocks can be left out; move this before the block",
        );
    }

    pub(super) fn report_value_after_slashdashed_block(&mut self) {
        let at = span(self.at, self.at);
        self.simple(
            SLASHDASH,
            at,
            "stands after a block",
            "a value follows a block that is left out",
            "values and properties stand before all blocks, also before those that are left out",
        );
    }

    pub(super) fn report_nameless_block(&mut self, brace: Span, previous: Option<NodeId>) {
        let previous = previous.and_then(|id| self.tree.nodes.get(id.0 as usize)).map(|data| data.name.span);
        let finding = Finding::error(SYNTAX, "a block has no node before it")
            .at(self.tree.place(brace), "opens here, where a node's name is expected");
        let finding = match previous {
            Some(name) => finding
                .at(self.tree.place(name), "read as the children of this node")
                .help("the `{` stands on the line of its node"),
            None => finding.help("write the name of a node before the `{`"),
        };
        self.report(finding);
    }

    pub(super) fn report_second_block(&mut self) {
        let at = self.here();
        self.simple(
            SYNTAX,
            at,
            "second block",
            "a node has only one children block",
            "put all children into the first block, or begin the next node on a line of its own",
        );
    }

    pub(super) fn report_text_after_block(&mut self) {
        let at = span(self.at, self.at);
        self.simple(
            SYNTAX,
            at,
            "read as the next node",
            "text follows a children block on its line",
            "values and properties stand before the block; the next node begins on a line of its own, or after `;`",
        );
    }

    pub(super) fn report_stray_brace(&mut self, brace: Span, early: Option<Span>) {
        let finding = Finding::error(STRAY_BRACE, "`}` closes no block")
            .at(self.tree.place(brace), "no block is open here")
            .help("take it out, or look above for a block that is closed too early");
        let finding = match early {
            Some(early) => finding.at(self.tree.place(early), "perhaps closed too early here"),
            None => finding,
        };
        self.report(finding);
    }

    pub(super) fn report_unclosed_block(
        &mut self,
        innermost: Span,
        late: Option<(Span, Span)>,
        count: usize,
    ) {
        let end = span(self.at, self.at);
        let message = match count {
            1 => "a block is not closed by `}`".to_owned(),
            count => format!("{count} blocks are not closed by `}}`"),
        };
        let finding = Finding::error(UNCLOSED, message);
        let finding = match late {
            Some((open, close)) => finding
                .at(self.tree.place(open), "perhaps this one")
                .at(self.tree.place(close), "closes it, but stands where the block around it would close"),
            None => finding.at(self.tree.place(innermost), "opens here"),
        };
        self.report(
            finding.at(self.tree.place(end), "the text ends here").help("write `}` where the block ends"),
        );
    }

    /// Refuses a text that says it is written in another version of KDL.
    pub(super) fn version_marker(&mut self) {
        let rest = self.text.get(self.at..).unwrap_or("");
        let marker =
            rest.strip_prefix("/-").map(str::trim_start).and_then(|rest| rest.strip_prefix("kdl-version"));
        let Some(after) = marker else { return };
        let line = after.lines().next().unwrap_or("");
        let version = line.trim();
        if line.starts_with([' ', '\t']) && version == "1" {
            let end = self.text.len() - after.len() + line.trim_end().len();
            let message = format!("the file says that it is KDL {}, which is not read", excerpt(version));
            let at = span(end - version.len(), end);
            let finding = Finding::error(VERSION, message)
                .at(self.tree.place(at), "version")
                .help("registers are written in KDL 2: write `/- kdl-version 2`, or leave the line out")
                .fix("/- kdl-version 2");
            self.report(finding);
        }
    }
}
