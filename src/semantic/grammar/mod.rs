//! What may be written where, as data: nodes, their arguments, flags, properties and children.
//! `validate` holds documents against it, `docs/language.md` is tested against it.

mod deployment;
mod document;
mod environment;
mod service;
mod table;

pub use document::DOCUMENT;

/// What a value has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// A name: text that is not empty.
    Name,
    /// Names with commas between them, in one text.
    NameList,
    /// A whole number from the first to the second, both included.
    Whole(u32, u32),
    /// A number with at most four digits after the point, not negative.
    Money,
    /// A percentage from 0 to 100, with at most four digits after the point.
    Percent,
    /// A literal: text, number, `#true`, `#false` or `#null`.
    Literal,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A day, `2026-01-31`.
    Date,
    /// A day, month or year: `2026-01-31`, `2026-01`, `2026`.
    DateStart,
    /// A PostgreSQL version, such as `16` or `16.3`.
    Version,
    /// A class of an RDS instance, `db.t3.medium`.
    InstanceClass,
    /// A time of every day, `03:00-04:00`.
    DailyWindow,
    /// A time of every week, `mon:04:00-mon:05:00`.
    WeeklyWindow,
    /// Networks with commas between them, `10.0.0.0/16`.
    CidrList,
    /// Hosts with their ports and commas between them, `kafka-1.example:9093`.
    EndpointList,
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub struct Argument {
    /// What it is called in findings.
    pub name: &'static str,
    /// What it has to be.
    pub kind: Kind,
}

/// The arguments that a node takes, before its flags.
#[derive(Clone, Copy, Debug)]
pub struct Arguments {
    /// The first ones, one by one; required.
    pub fixed: &'static [Argument],
    /// Those that may follow, any number of them.
    pub rest: Option<Argument>,
    /// How many of `rest` there must be.
    pub rest_at_least: usize,
}

impl Arguments {
    /// No argument.
    pub const NONE: Arguments = Arguments { fixed: &[], rest: None, rest_at_least: 0 };
    /// One name.
    pub const NAME: Arguments = Arguments::exactly(&[argument("name", Kind::Name)]);

    /// Just these.
    pub const fn exactly(fixed: &'static [Argument]) -> Arguments {
        Arguments { fixed, rest: None, rest_at_least: 0 }
    }

    /// Any number of these.
    pub const fn many(name: &'static str, kind: Kind, at_least: usize) -> Arguments {
        Arguments { fixed: &[], rest: Some(argument(name, kind)), rest_at_least: at_least }
    }
}

/// A flag: a bare word after the arguments.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// The word.
    pub name: &'static str,
    /// What it means.
    pub summary: &'static str,
}

/// A property.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its name.
    pub name: &'static str,
    /// What its value has to be.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What it means, with its default.
    pub summary: &'static str,
}

/// A node that may stand in another.
#[derive(Clone, Copy, Debug)]
pub struct Child {
    /// The node.
    pub node: &'static NodeSpec,
    /// Whether it may stand there more than once.
    pub many: bool,
}

/// What may be written in one kind of node.
#[derive(Debug)]
pub struct NodeSpec {
    /// Its name.
    pub name: &'static str,
    /// What it is for.
    pub summary: &'static str,
    /// Its arguments.
    pub arguments: Arguments,
    /// Its flags.
    pub flags: &'static [Flag],
    /// Its properties.
    pub properties: &'static [Property],
    /// Its children, beside `allow`, which may stand in every node.
    pub children: &'static [Child],
    /// Names of children of which at least one must be there.
    pub required_children: &'static [&'static str],
}

impl NodeSpec {
    /// The property of a name.
    pub fn property(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name == name)
    }

    /// The child of a name.
    pub fn child(&self, name: &str) -> Option<&'static Child> {
        self.children.iter().find(|child| child.node.name == name)
    }

    /// Whether it has a flag of this name.
    pub fn has_flag(&self, name: &str) -> bool {
        self.flags.iter().any(|flag| flag.name == name)
    }
}

const fn argument(name: &'static str, kind: Kind) -> Argument {
    Argument { name, kind }
}

const fn flag(name: &'static str, summary: &'static str) -> Flag {
    Flag { name, summary }
}

const fn required(name: &'static str, kind: Kind, summary: &'static str) -> Property {
    Property { name, kind, required: true, summary }
}

const fn optional(name: &'static str, kind: Kind, summary: &'static str) -> Property {
    Property { name, kind, required: false, summary }
}

const fn once(node: &'static NodeSpec) -> Child {
    Child { node, many: false }
}

const fn many(node: &'static NodeSpec) -> Child {
    Child { node, many: true }
}

/// A node with nothing in it, to be completed with `..`.
const EMPTY: NodeSpec = NodeSpec {
    name: "",
    summary: "",
    arguments: Arguments::NONE,
    flags: &[],
    properties: &[],
    children: &[],
    required_children: &[],
};

const WAS: Property = optional("was", Kind::Name, "the name it had before: a rename, not a new thing");
const SUMMARY: Property =
    optional("summary", Kind::Text, "what it is for; becomes a comment in every output");
const TIMEOUT: Property =
    optional("timeout-ms", Kind::Whole(1, 3_600_000), "time limit in milliseconds; default: the platform's");

/// `allow`, which may stand in every node, and at the top of a file.
pub static ALLOW: NodeSpec = NodeSpec {
    name: "allow",
    summary: "silences a rule in the node that holds it, and below",
    arguments: Arguments::exactly(&[argument("rule", Kind::Name)]),
    properties: &[
        required("reason", Kind::Name, "why it is right here"),
        optional("until", Kind::Date, "the last day on which it holds"),
    ],
    ..EMPTY
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_where_they_stand() {
        let mut open: Vec<&NodeSpec> = vec![&DOCUMENT];
        while let Some(spec) = open.pop() {
            let mut names: Vec<_> = spec.children.iter().map(|child| child.node.name).collect();
            names.sort_unstable();
            let count = names.len();
            names.dedup();
            assert_eq!(count, names.len(), "children of `{}`", spec.name);
            let mut keys: Vec<_> = spec.properties.iter().map(|property| property.name).collect();
            keys.sort_unstable();
            let count = keys.len();
            keys.dedup();
            assert_eq!(count, keys.len(), "properties of `{}`", spec.name);
            for required in spec.required_children {
                assert!(spec.child(required).is_some(), "`{required}` in `{}`", spec.name);
            }
            open.extend(spec.children.iter().map(|child| child.node));
        }
    }
}
