//! What reading and resolving find, each with its page and an example.

/// A rule of reading or resolving. It cannot be allowed or switched off: the register means nothing without it.
pub struct ResolvingRule {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it finds, why that is wrong, and how to mend it: Markdown, shown by `explain`.
    pub page: &'static str,
    /// A model file in which it fires, and no other rule. Bytes, because one of them is about what is no text.
    pub fires: &'static [u8],
}

const fn rule(name: &'static str, page: &'static str, fires: &'static [u8]) -> ResolvingRule {
    ResolvingRule { name, page, fires }
}

/// Every rule of reading and resolving, by name.
pub const RULES: &[ResolvingRule] = &[
    rule(
        "contradiction",
        "Two things were written that cannot both be meant: a column with a default and a generated value, \
an event sent on `when=` with fields that the compiler could not fill, children of another `partition by=`.\n\n\
Both places are shown. Keep the one that is meant.",
        b"service a { table t { column id bigint identity default=1; primary-key id } }",
    ),
    rule(
        "duplicate-name",
        "A name was given twice where names have to be unique: services, servers and topics in the register; \
tables, read copies, enums, events and RPCs in a service; columns, checks and parts in a table.\n\n\
Both places are shown; only the first one counts for the rest of the check. Rename one, or remove it.",
        b"team a\nteam a",
    ),
    rule(
        "include-cycle",
        "A file includes a file that is being read already because of it.\n\n\
Every file is read once, so nothing would be lost, but nobody meant this. Remove one of the two `include`s.",
        b"include \"model.kdl\"",
    ),
    rule(
        "include-not-found",
        "An `include` matches no file, or a link that leads to none.\n\n\
Its path or glob is relative to the file that it stands in, and only files that end with `.kdl` are read. \
`*` does not match `/`; `**` does.",
        b"include \"services/*.kdl\"",
    ),
    rule(
        "include-outside-root",
        "An `include` leaves the folder of the model file, by its path or by a link.\n\n\
A register has to mean the same in every checkout; a file outside its folder may differ from one machine to \
the next. Move the file below the folder of the model.",
        b"include \"../shared.kdl\"",
    ),
    rule(
        "missing-argument",
        "A node has fewer arguments than it needs, as in `column id` without a type.\n\n\
The help shows how the node is written.",
        b"team",
    ),
    rule(
        "missing-node",
        "A node lacks a child without which it means nothing: a table without columns, a topic without events, \
a `sql` node without `down`.\n\n\
Add the child in its braces.",
        b"service a { table t }",
    ),
    rule(
        "missing-property",
        "A node lacks a property without which it means nothing, as in `foreign-key user_id` without `to=`.\n\n\
The help says what the property means and what it takes.",
        b"server a class=db.t3.small",
    ),
    rule(
        "not-utf-8",
        "A file is not UTF-8.\n\n\
KDL is UTF-8. What stands before the first other byte is checked, the rest is not read. Save the file as UTF-8.",
        b"team a\n\xff",
    ),
    rule(
        "repeated-flag",
        "A flag was given twice to one node, as in `column a text nullable nullable`.\n\n\
It means nothing more the second time; another flag may have been meant.",
        b"service a { table t { column id uuid private private; primary-key id } }",
    ),
    rule(
        "repeated-node",
        "A node stands more often than it can: two `database`s of a service, two primary keys of a table, \
two `platform`s in a register, more than 1600 columns of a table, which is PostgreSQL's limit.\n\n\
Only the first one counts for the rest of the check. Bring both together into one.",
        b"platform a { budget monthly-usd=1; budget monthly-usd=2 }",
    ),
    rule(
        "unknown-flag",
        "A bare word behind the arguments of a node is none of its flags, as in `column a text nulable`.\n\n\
The help suggests the flag that is most like it, or lists all of them.",
        b"service a { table t { column id uuid privat; primary-key id } }",
    ),
    rule(
        "unknown-name",
        "Something was named that does not exist: a service, table, column, event, RPC, server, team or shape.\n\n\
The help suggests the name that is most like it. Tables of other services are written `service.table`.",
        b"service a team=nobody",
    ),
    rule(
        "unknown-node",
        "A node means nothing where it stands: it is misspelt, or belongs somewhere else.\n\n\
The help suggests the node that is most like it, or says where a node of this name may stand.",
        b"servce a",
    ),
    rule(
        "unknown-property",
        "A property means nothing for its node: it is misspelt, or is a flag or a child node instead.\n\n\
The help suggests the property that is most like it, or lists all of them.",
        b"team a contct=\"#a\"",
    ),
    rule(
        "unquoted-type",
        "A type of several words was written without quotes: `column x double precision` reads as the type `double` \
with a flag `precision`.\n\n\
Write it as one quoted text: `column x \"double precision\"`.",
        b"service a { table t { column id uuid; column x double precision; primary-key id } }",
    ),
    rule(
        "wrong-argument",
        "A node has more arguments than it takes, or one that does not fit its others.\n\n\
The help shows how the node is written.",
        b"team a b",
    ),
    rule(
        "wrong-value",
        "An argument or property has a value of the wrong kind: text where a number belongs, a number outside its \
limits, a word that is none of those allowed.\n\n\
The message says what is expected. Numbers are written without quotes, and texts that look like numbers with quotes.",
        b"server a class=db.t3.small storage-gb=\"50\"",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::load;
    use crate::source::Memory;
    use std::path::Path;

    #[test]
    fn every_rule_fires_alone_in_its_example() {
        for rule in RULES {
            let mut files = Memory::default();
            files.insert("model.kdl", rule.fires);
            let loaded = load(&files, Path::new("model.kdl"));
            let found: Vec<_> = loaded.findings.iter().map(|finding| finding.rule).collect();
            assert_eq!(found, [rule.name], "{:#?}", loaded.findings);
        }
    }

    #[test]
    fn rules_are_sorted_and_have_pages() {
        assert!(RULES.is_sorted_by(|one, other| one.name < other.name));
        for rule in RULES {
            assert!(
                rule.page.contains("\n\n"),
                "the page of `{}` has a first and further paragraphs",
                rule.name
            );
        }
    }
}
