//! Typed access to nodes. What does not have the right form is `None` here; `validate` has said why.

use super::grammar::{Kind, NodeSpec};
use super::model::{
    DailyWindow, DefaultValue, Endpoint, Located, WeeklyWindow, is_instance_class, parse_network,
};
use super::suggest::nearest;
use crate::source::{Place, Span};
use crate::sql::DataType;
use crate::syntax::{Node, Storage, Text, Tree, Value, ValueKind};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::str::FromStr;

/// A node together with what may be written in it.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The node.
    pub node: Node<'a>,
    /// What may be written in it.
    pub spec: &'static NodeSpec,
}

/// What an argument of the source turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An argument proper, with its number.
    Argument(usize),
    /// A flag: an unquoted word behind the required arguments.
    Flag,
    /// Too much.
    Surplus,
}

/// The arguments of a node, told apart.
pub struct Split<'a> {
    /// Arguments proper.
    pub arguments: Vec<&'a Value>,
    /// Flags.
    pub flags: Vec<&'a Value>,
    /// What is too much.
    pub surplus: Vec<&'a Value>,
}

impl<'a> Reader<'a> {
    /// The children that have a meaning here, with theirs.
    pub fn children(self) -> impl Iterator<Item = Reader<'a>> {
        self.node.children().filter_map(move |node| {
            let spec = self.spec.child(node.name())?.node;
            Some(Reader { node, spec })
        })
    }

    /// The children of one name.
    pub fn children_named(self, name: &'static str) -> impl Iterator<Item = Reader<'a>> {
        let spec = self.spec.child(name).map(|child| child.node);
        let named = self.node.children().filter(move |node| node.name() == name);
        named.filter_map(move |node| Some(Reader { node, spec: spec? }))
    }

    /// The first child of a name.
    pub fn child(self, name: &'static str) -> Option<Reader<'a>> {
        self.children_named(name).next()
    }

    /// Every argument of the source with what it turned out to be.
    fn roles(self) -> impl Iterator<Item = (Role, &'a Value)> {
        let expected = self.spec.arguments;
        let mut count = 0;
        let values =
            self.node.entries().iter().filter(|entry| entry.name.is_none()).map(|entry| &entry.value);
        // Commas alone are a mistake that was reported; they are no argument.
        let meant = values.filter(move |value| bare_word(self.node.tree, value) != Some(""));
        meant.map(move |value| {
            let filled = count >= expected.fixed.len();
            let is_flag = |word: &str| self.spec.has_flag(word);
            if filled && bare_word(self.node.tree, value).is_some_and(is_flag) {
                (Role::Flag, value)
            } else if filled && expected.rest.is_none() {
                (Role::Surplus, value)
            } else {
                count += 1;
                (Role::Argument(count - 1), value)
            }
        })
    }

    /// Tells arguments, flags and what is too much apart.
    pub fn split(self) -> Split<'a> {
        let mut split = Split { arguments: Vec::new(), flags: Vec::new(), surplus: Vec::new() };
        for (role, value) in self.roles() {
            match role {
                Role::Argument(_) => split.arguments.push(value),
                Role::Flag => split.flags.push(value),
                Role::Surplus => split.surplus.push(value),
            }
        }
        split
    }

    /// An argument by its number, with what it has to be.
    fn argument_value(self, index: usize) -> Option<(&'a Value, Kind)> {
        let (_, value) = self.roles().find(|(role, _)| *role == Role::Argument(index))?;
        Some((value, self.argument_kind(index)?))
    }

    /// An argument by its number, as text.
    pub fn argument(self, index: usize) -> Option<Located<String>> {
        let (value, kind) = self.argument_value(index)?;
        self.text_of(value, kind)
    }

    /// The argument called `type`, as it was meant where its words stand without quotes.
    pub fn type_argument(self) -> Option<Located<String>> {
        let position = self.spec.arguments.fixed.iter().position(|argument| argument.name == "type")?;
        let has_surplus = self.roles().any(|(role, _)| role == Role::Surplus);
        let unquoted = if has_surplus { self.unquoted_type(&self.split()) } else { None };
        unquoted.or_else(|| self.argument(position))
    }

    /// A type of several words without quotes, such as `double precision`: its first word is read as the type, the
    /// others as what is too much.
    pub fn unquoted_type(self, split: &Split<'_>) -> Option<Located<String>> {
        let tree = self.node.tree;
        let position = self.spec.arguments.fixed.iter().position(|argument| argument.name == "type")?;
        let first = split.arguments.get(position)?;
        let last = split.surplus.last()?;
        let words: Vec<_> = split.surplus.iter().map_while(|value| bare_word(tree, value)).collect();
        let whole = format!("{} {}", bare_word(tree, first)?, words.join(" "));
        if words.len() != split.surplus.len() || DataType::parse(&whole).is_none() {
            return None;
        }
        let span = Span::new(first.span.start, last.span.end);
        Some(Located::new(whole, tree.place(span)))
    }

    /// An argument by its number as it stands in the tree, where it is a text.
    pub fn argument_text(self, index: usize) -> Option<&'a str> {
        let ValueKind::String(text) = self.argument_value(index)?.0.kind else { return None };
        Some(self.node.tree.string(text))
    }

    /// The arguments from a number on, as text.
    pub fn arguments_from(self, index: usize) -> Vec<Located<String>> {
        let texts = self.roles().filter_map(|(role, value)| match role {
            Role::Argument(number) if number >= index => self.text_of(value, self.argument_kind(number)?),
            _ => None,
        });
        texts.collect()
    }

    /// The arguments from a number on, as literals.
    pub fn literals_from(self, index: usize) -> Vec<Located<DefaultValue>> {
        let literals = self.roles().filter_map(|(role, value)| match role {
            Role::Argument(number) if number >= index => self.literal_of(value),
            _ => None,
        });
        literals.collect()
    }

    /// An argument by its number, as a whole number.
    pub fn whole_argument(self, index: usize) -> Option<Located<u32>> {
        let (value, kind) = self.argument_value(index)?;
        self.whole_of(value, kind)
    }

    /// An argument by its number, as the beginning of a day, month or year.
    pub fn date_argument(self, index: usize) -> Option<Located<Date>> {
        let text = self.argument(index)?;
        Some(Located::new(date_start(text.as_str())?, text.place))
    }

    /// The flags, each with its place.
    pub fn flags(self) -> Vec<(&'a str, Place)> {
        let tree = self.node.tree;
        let flags = self.roles().filter(|(role, _)| *role == Role::Flag);
        flags.filter_map(|(_, value)| Some((bare_word(tree, value)?, tree.place(value.span)))).collect()
    }

    /// The place of a flag.
    pub fn flag(self, name: &str) -> Option<Place> {
        self.flags().into_iter().find(|(flag, _)| *flag == name).map(|(_, place)| place)
    }

    /// A property as text.
    pub fn text(self, name: &str) -> Option<Located<String>> {
        let (value, kind) = self.property(name)?;
        self.text_of(value, kind)
    }

    /// A property as a whole number.
    pub fn whole(self, name: &str) -> Option<Located<u32>> {
        let (value, kind) = self.property(name)?;
        self.whole_of(value, kind)
    }

    /// A property as an amount of money or a percentage.
    pub fn decimal(self, name: &str) -> Option<Located<Decimal>> {
        let (value, kind) = self.property(name)?;
        matches(self.node.tree, value, kind).ok()?;
        let amount = Decimal::from_str(&digits(self.node.tree.source(value.span))).ok()?;
        Some(Located::new(amount, self.node.tree.place(value.span)))
    }

    /// A property as a day.
    pub fn date(self, name: &str) -> Option<Located<Date>> {
        let text = self.text(name)?;
        Some(Located::new(Date::from_str(text.as_str()).ok()?, text.place))
    }

    /// A property as a literal.
    pub fn literal(self, name: &str) -> Option<Located<DefaultValue>> {
        self.literal_of(self.property(name)?.0)
    }

    /// A property as names with commas between them, each with its own place.
    pub fn names(self, name: &str) -> Vec<Located<String>> {
        let Some((value, Kind::NameList)) = self.property(name) else { return Vec::new() };
        let ValueKind::String(text) = value.kind else { return Vec::new() };
        split_names(self.node.tree, text)
    }

    /// Whether a property was written, whatever its value.
    pub fn has_property(self, name: &str) -> bool {
        self.property(name).is_some()
    }

    /// Whether an unknown property was written that is most like this one.
    pub fn misspells_property(self, name: &str) -> bool {
        let tree = self.node.tree;
        let written = self.node.entries().iter().filter_map(|entry| Some(tree.string(entry.name?)));
        let mut unknown = written.filter(|written| self.spec.property(written).is_none());
        unknown.any(|written| {
            nearest(written, self.spec.properties.iter().map(|known| known.name)) == Some(name)
        })
    }

    fn property(self, name: &str) -> Option<(&'a Value, Kind)> {
        let tree = self.node.tree;
        let found = |entry: &&crate::syntax::Entry| entry.name.is_some_and(|key| tree.string(key) == name);
        let entry = self.node.entries().iter().find(found)?;
        Some((&entry.value, self.spec.property(name)?.kind))
    }

    fn argument_kind(self, index: usize) -> Option<Kind> {
        let expected = self.spec.arguments;
        expected.fixed.get(index).copied().or(expected.rest).map(|argument| argument.kind)
    }

    fn text_of(self, value: &Value, kind: Kind) -> Option<Located<String>> {
        matches(self.node.tree, value, kind).ok()?;
        let text = match value.kind {
            ValueKind::String(text) => {
                bare_word(self.node.tree, value).unwrap_or(self.node.tree.string(text)).to_owned()
            }
            ValueKind::Boolean(value) => value.to_string(),
            _ => self.node.tree.source(value.span).to_owned(),
        };
        Some(Located::new(text, self.node.tree.place(value.span)))
    }

    fn whole_of(self, value: &Value, kind: Kind) -> Option<Located<u32>> {
        matches(self.node.tree, value, kind).ok()?;
        let number = whole_number(self.node.tree.source(value.span))?;
        Some(Located::new(u32::try_from(number).ok()?, self.node.tree.place(value.span)))
    }

    fn literal_of(self, value: &Value) -> Option<Located<DefaultValue>> {
        let tree = self.node.tree;
        let literal = match value.kind {
            ValueKind::String(text) => DefaultValue::Text(tree.string(text).to_owned()),
            ValueKind::Integer => {
                let source = tree.source(value.span);
                DefaultValue::Number(whole_number(source).map_or_else(|| digits(source), |n| n.to_string()))
            }
            ValueKind::Decimal => DefaultValue::Number(digits(tree.source(value.span))),
            ValueKind::Boolean(value) => DefaultValue::Boolean(value),
            ValueKind::Null => DefaultValue::Null,
            ValueKind::NotFinite => return None,
        };
        Some(Located::new(literal, tree.place(value.span)))
    }
}

/// The text of a value that was written without quotes, without the commas and colons of other languages.
pub fn bare_word<'a>(tree: &'a Tree, value: &Value) -> Option<&'a str> {
    let ValueKind::String(text) = value.kind else { return None };
    let first = tree.text.as_bytes().get(text.span.start as usize);
    if matches!(first, Some(b'"' | b'#')) {
        return None;
    }
    let word = tree.string(text);
    let (first, last) = (word.as_bytes().first(), word.as_bytes().last());
    if first != Some(&b',') && !matches!(last, Some(b',' | b':')) {
        return Some(word);
    }
    // Commas and colons at the ends were reported: they stand there as in other languages, and are not meant.
    let plain = word.trim_matches(',');
    let name = plain.trim_end_matches(':');
    Some(if name.is_empty() { plain } else { name })
}

/// Names with commas between them, each at its own place where the text has no escapes.
fn split_names(tree: &Tree, text: Text) -> Vec<Located<String>> {
    let mut names = Vec::new();
    let mut offset = 0usize;
    for part in tree.string(text).split(',') {
        let name = part.trim();
        if !name.is_empty() {
            let before = offset + (part.len() - part.trim_start().len());
            let span = match text.storage {
                Storage::Source(span) => {
                    Span::new(span.start + before as u32, span.start + (before + name.len()) as u32)
                }
                Storage::Unescaped(_) => text.span,
            };
            names.push(Located::new(name.to_owned(), tree.place(span)));
        }
        offset += part.len() + 1;
    }
    names
}

/// Whether a value is of a kind; else what was expected, as a phrase.
pub fn matches(tree: &Tree, value: &Value, kind: Kind) -> Result<(), String> {
    match (kind, value.kind) {
        (Kind::Literal, ValueKind::NotFinite) => Err("a text, a number, `#true`, `#false` or `#null`".into()),
        (_, ValueKind::String(text)) => matches_text(tree.string(text), kind),
        (Kind::Literal, _) => Ok(()),
        (Kind::Whole(least, most), ValueKind::Integer) => match whole_number(tree.source(value.span)) {
            Some(number) if (i128::from(least)..=i128::from(most)).contains(&number) => Ok(()),
            _ => Err(format!("a whole number from {least} to {most}")),
        },
        (Kind::Money | Kind::Percent, ValueKind::Integer | ValueKind::Decimal) => {
            matches_decimal(tree.source(value.span), kind)
        }
        (Kind::Version, ValueKind::Integer | ValueKind::Decimal) => matches_version(tree.source(value.span)),
        _ => Err(expected(kind)),
    }
}

/// Whether a text is of a kind; else what was expected, as a phrase.
pub fn matches_text(text: &str, kind: Kind) -> Result<(), String> {
    if text.as_bytes().contains(&0) {
        return Err("a text without U+0000, which no target can hold".into());
    }
    let fits = match kind {
        Kind::Text | Kind::Literal => true,
        Kind::Name => !text.trim().is_empty(),
        Kind::NameList => text.split(',').all(|part| !part.trim().is_empty()),
        Kind::OneOf(words) => words.contains(&text),
        Kind::Date => Date::from_str(text).is_ok(),
        Kind::DateStart => date_start(text).is_some(),
        Kind::Version => return matches_version(text),
        Kind::InstanceClass => is_instance_class(text),
        Kind::DailyWindow => DailyWindow::parse(text).is_some(),
        Kind::WeeklyWindow => WeeklyWindow::parse(text).is_some(),
        Kind::CidrList => text.split(',').all(|part| parse_network(part.trim()).is_some()),
        Kind::EndpointList => text.split(',').all(|part| Endpoint::parse(part.trim()).is_some()),
        Kind::Whole(..) | Kind::Money | Kind::Percent => false,
    };
    if fits { Ok(()) } else { Err(expected(kind)) }
}

fn matches_decimal(source: &str, kind: Kind) -> Result<(), String> {
    let most = if kind == Kind::Percent { Decimal::ONE_HUNDRED } else { Decimal::MAX };
    match Decimal::from_str(&digits(source)) {
        Ok(number) if !number.is_sign_negative() && number.scale() <= 4 && number <= most => Ok(()),
        _ => Err(expected(kind)),
    }
}

fn matches_version(text: &str) -> Result<(), String> {
    let mut parts = text.split('.');
    let major = parts.next().and_then(|part| part.parse::<u32>().ok());
    let minor = parts.next().map(str::parse::<u32>);
    let fits = major.is_some_and(|major| (15..=18).contains(&major))
        && minor.is_none_or(|minor| minor.is_ok())
        && parts.next().is_none();
    if fits { Ok(()) } else { Err(expected(Kind::Version)) }
}

/// What a kind expects, as a phrase.
pub fn expected(kind: Kind) -> String {
    match kind {
        Kind::Text => "a text".into(),
        Kind::Name => "a text that is not empty".into(),
        Kind::NameList => "names, with commas between them, in one quoted text".into(),
        Kind::Whole(least, most) => format!("a whole number from {least} to {most}"),
        Kind::Money => {
            "an amount such as `0.23`, not negative, with at most four digits after the point".into()
        }
        Kind::Percent => {
            "a percentage such as `99.99`, from 0 to 100, with at most four digits after the point".into()
        }
        Kind::Literal => "a literal".into(),
        Kind::OneOf(words) => {
            let quoted: Vec<_> = words.iter().map(|word| format!("`{word}`")).collect();
            match quoted.split_last() {
                Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
                _ => quoted.concat(),
            }
        }
        Kind::Date => "a day such as `\"2026-01-31\"`".into(),
        Kind::DateStart => {
            "a day, month or year such as `\"2026-01-31\"`, `\"2026-01\"` or `\"2026\"`".into()
        }
        Kind::Version => "a PostgreSQL version from 15 to 18, such as `\"16.3\"`".into(),
        Kind::InstanceClass => "a class of an RDS instance, such as `db.t3.medium`".into(),
        Kind::DailyWindow => "at least 30 minutes of every day, such as `\"03:00-04:00\"`".into(),
        Kind::WeeklyWindow => {
            "at least 30 minutes and at most a day of every week, such as `\"mon:04:00-mon:05:00\"`".into()
        }
        Kind::CidrList => {
            "networks such as `\"10.0.0.0/16, 10.1.0.0/16\"`, none with a bit behind its prefix".into()
        }
        Kind::EndpointList => "hosts with their ports, such as `\"kafka-1.example:9093\"`".into(),
    }
}

/// The first day of a day, month or year.
fn date_start(text: &str) -> Option<Date> {
    let full = match text.len() {
        4 => format!("{text}-01-01"),
        7 => format!("{text}-01"),
        10 => text.to_owned(),
        _ => return None,
    };
    Date::from_str(&full).ok()
}

/// A whole number in any of KDL's spellings.
pub fn whole_number(source: &str) -> Option<i128> {
    let (negative, unsigned) = match source.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, source.strip_prefix('+').unwrap_or(source)),
    };
    let plain = digits(unsigned);
    let number = match plain.get(..2) {
        Some("0x") => i128::from_str_radix(&plain[2..], 16).ok()?,
        Some("0o") => i128::from_str_radix(&plain[2..], 8).ok()?,
        Some("0b") => i128::from_str_radix(&plain[2..], 2).ok()?,
        _ => plain.parse().ok()?,
    };
    Some(if negative { -number } else { number })
}

fn digits(source: &str) -> String {
    source.chars().filter(|character| *character != '_').collect()
}
