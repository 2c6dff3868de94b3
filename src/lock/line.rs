//! What a lock is made of, as data: its lines, and how one is read.
//!
//! One line for each thing, and a number and its line never move: so two branches that change different things merge,
//! and two that take the same number collide.

use super::Origin;
use crate::source::{Place, Span};
use crate::syntax::{Node, Tree, Value, ValueKind};

/// The version of the format that is written, and the newest that is read.
pub(super) const VERSION: u32 = 1;

/// What an argument has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// A text that is not empty.
    Text,
    /// A whole number in digits.
    Number,
}

/// A line of a lock, and what may stand in its braces.
#[derive(Debug)]
pub(super) struct LineSpec {
    pub name: &'static str,
    pub arguments: &'static [Argument],
    /// Whether it takes `as=`, the name on the wire where that is another than the register's.
    pub is_named: bool,
    /// Whether it takes `version=`, the version of the package; 1 where it is not written.
    pub is_versioned: bool,
    pub children: &'static [LineSpec],
}

const fn line(name: &'static str, arguments: &'static [Argument]) -> LineSpec {
    LineSpec { name, arguments, is_named: false, is_versioned: false, children: &[] }
}

const fn named(name: &'static str, arguments: &'static [Argument]) -> LineSpec {
    LineSpec { is_named: true, ..line(name, arguments) }
}

pub(super) const LOCK: &str = "lock";
pub(super) const SERVICE: &str = "service";
pub(super) const PLATFORM: &str = "platform";
pub(super) const FORMER_NAME: &str = "former-name";
pub(super) const RPC: &str = "rpc";
pub(super) const ENUM: &str = "enum";
pub(super) const MESSAGE: &str = "message";
pub(super) const FIELD: &str = "field";
pub(super) const VALUE: &str = "value";
pub(super) const RESERVED: &str = "reserved";
pub(super) const NEXT_FIELD: &str = "next-field";
pub(super) const NEXT_VALUE: &str = "next-value";

use Argument::{Number, Text};

/// The lines at the top of a lock.
pub(super) static LINES: &[LineSpec] = &[
    LineSpec { is_versioned: true, ..line(LOCK, &[]) },
    LineSpec { children: FROZEN, ..line(SERVICE, &[Text]) },
    LineSpec { children: FROZEN, ..line(PLATFORM, &[]) },
];

/// What is frozen of a service or of the platform. It stands in braces, so that a file that was cut off is not read as
/// one that says less. The lines of names are called as [`super::NameKind::line`] says.
static FROZEN: &[LineSpec] = &[
    line(FORMER_NAME, &[Text]),
    named("package", &[Text]),
    named("rpc-service", &[Text]),
    named("topic", &[Text]),
    named("group", &[Text]),
    named("database", &[Text]),
    named("bucket", &[Text]),
    named("server", &[Text]),
    LineSpec { is_versioned: true, ..named(RPC, &[Text]) },
    LineSpec {
        is_versioned: true,
        children: &[
            named(VALUE, &[Text, Number]),
            line(RESERVED, &[Text, Number]),
            line(NEXT_VALUE, &[Number]),
        ],
        ..named(ENUM, &[Text])
    },
    LineSpec {
        is_versioned: true,
        children: &[
            named(FIELD, &[Text, Number, Text]),
            line(RESERVED, &[Text, Number]),
            line(NEXT_FIELD, &[Number]),
        ],
        ..named(MESSAGE, &[Text, Text])
    },
];

/// A line that was read.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub node: Node<'a>,
    pub spec: &'static LineSpec,
    /// Its arguments that are texts; empty where there are fewer.
    pub texts: [&'a str; 2],
    /// Its argument that is a number.
    pub number: u32,
    /// `as=`.
    pub name: Option<&'a str>,
    /// `version=`.
    pub version: u32,
}

/// What is wrong with a line, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub place: Place,
    pub message: String,
}

impl Fault {
    pub fn new(place: Place, message: impl Into<String>) -> Fault {
        Fault { place, message: message.into() }
    }
}

impl<'a> Line<'a> {
    /// Reads a node as one of these lines.
    pub fn read(node: Node<'a>, specs: &'static [LineSpec]) -> Result<Line<'a>, Fault> {
        let Some(spec) = specs.iter().find(|spec| spec.name == node.name()) else {
            return Err(Fault::new(node.name_place(), "no line of a lock begins so here"));
        };
        if node.data().children.is_some() == spec.children.is_empty() {
            let what = if spec.children.is_empty() { "has no braces" } else { "has braces" };
            return Err(Fault::new(node.head_place(), format!("`{}` {what}", spec.name)));
        }
        let mut line = Line { node, spec, texts: [""; 2], number: 0, name: None, version: 1 };
        let (mut count, mut texts) = (0, 0);
        for entry in node.entries() {
            let place = node.tree.place(entry.value.span);
            let Some(name) = entry.name else {
                match spec.arguments.get(count) {
                    Some(Argument::Text) => {
                        line.texts[texts.min(1)] = text(node.tree, &entry.value, place)?;
                        texts += 1;
                    }
                    Some(Argument::Number) => line.number = number(node.tree, &entry.value, place)?,
                    None => return Err(Fault::new(place, format!("`{}` takes no more here", spec.name))),
                }
                count += 1;
                continue;
            };
            match node.tree.string(name) {
                "as" if spec.is_named => line.name = Some(text(node.tree, &entry.value, place)?),
                "version" if spec.is_versioned => line.version = number(node.tree, &entry.value, place)?,
                _ => {
                    return Err(Fault::new(
                        node.tree.place(name.span),
                        format!("`{}` has no such property", spec.name),
                    ));
                }
            }
        }
        if count < spec.arguments.len() {
            return Err(Fault::new(node.head_place(), format!("something is missing in `{}`", spec.name)));
        }
        Ok(line)
    }

    /// The place of the line, without its braces.
    pub fn place(&self) -> Place {
        self.node.head_place()
    }

    /// The name on the wire, where it is the register's unless `as=` says another.
    pub fn name_or(&self, key: &str) -> String {
        self.name.unwrap_or(key).to_owned()
    }
}

fn text<'a>(tree: &'a Tree, value: &Value, place: Place) -> Result<&'a str, Fault> {
    match value.kind {
        ValueKind::String(text) if !tree.string(text).is_empty() => Ok(tree.string(text)),
        _ => Err(Fault::new(place, "a name stands here, which is not empty")),
    }
}

fn number(tree: &Tree, value: &Value, place: Place) -> Result<u32, Fault> {
    let source = tree.source(value.span);
    let is_plain =
        matches!(value.kind, ValueKind::Integer) && source.bytes().all(|byte| byte.is_ascii_digit());
    let number = if is_plain { source.parse().ok() } else { None };
    number.ok_or_else(|| Fault::new(place, "a whole number stands here, in digits"))
}

/// The first line of a text that a merge left its marks in.
pub(super) fn conflict_mark(text: &str) -> Option<Span> {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let is_mark = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"].iter().any(|mark| line.starts_with(mark));
        if is_mark {
            let end = start + line.trim_end().len();
            return Some(Span::new(start as u32, end as u32));
        }
        start += line.len();
    }
    None
}

impl Origin {
    /// The word for it in a lock.
    pub(super) fn word(self) -> &'static str {
        match self {
            Origin::Table => "table",
            Origin::Topic => "topic",
            Origin::Event => "event",
            Origin::Request => "request",
            Origin::Response => "response",
        }
    }

    /// All of them.
    pub(super) const ALL: [Origin; 5] =
        [Origin::Table, Origin::Topic, Origin::Event, Origin::Request, Origin::Response];
}
