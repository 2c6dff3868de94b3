//! What the catalogs of PostgreSQL say of functions, operators, casts, types and operator classes, and those of the
//! extensions that come with it. The files are made and checked by `tests/postgres/catalog_data.rs`; each opens with
//! what its columns are. A file has sections, `[pg_catalog]` and one for each extension.

mod read;
mod types;

pub use types::{TypeId, TypeKind, base_type_of};

use foldhash::HashMap;
use read::Line;
use std::sync::LazyLock;
use types::type_id;

/// A major version of PostgreSQL whose catalog is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Major {
    /// PostgreSQL 15.
    Fifteen,
    /// PostgreSQL 18.
    Eighteen,
}

/// How much a function may change what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// The same at any time.
    Immutable,
    /// The same within a statement.
    Stable,
    /// Different with every call.
    Volatile,
}

/// A section of the files: 0 is PostgreSQL itself, others are extensions.
pub type Section = u8;

/// What a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunctionKind {
    /// A function.
    Plain,
    /// An aggregate function.
    Aggregate,
    /// A window function.
    Window,
    /// A procedure.
    Procedure,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Where it comes from.
    pub section: Section,
    /// The types that it takes.
    pub arguments: Vec<TypeId>,
    /// Whether the last argument, an array, may be given as any number of its elements.
    pub is_variadic: bool,
    /// How many of the last arguments have a default.
    pub defaults: usize,
    /// The type that it gives.
    pub result: TypeId,
    /// How much it may change.
    pub volatility: Volatility,
    /// What it is.
    pub kind: FunctionKind,
    /// Whether it gives several rows.
    pub gives_set: bool,
    /// Whether it is written in SQL, and so may become something else when a query is planned.
    pub is_sql: bool,
}

/// An operator.
#[derive(Debug)]
pub struct Operator {
    /// Where it comes from.
    pub section: Section,
    /// The types on its sides; one where it stands before its operand.
    pub operands: Vec<TypeId>,
    /// The type that it gives.
    pub result: TypeId,
    /// That of the function behind it.
    pub volatility: Volatility,
    /// Whether that function is written in SQL, and so may become something else when a query is planned.
    pub is_sql: bool,
}

/// Where PostgreSQL applies a cast by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CastContext {
    /// Everywhere.
    Implicit,
    /// Where a value is stored in a column.
    Assignment,
    /// Nowhere: it has to be written.
    Explicit,
}

/// A cast.
#[derive(Clone, Copy, Debug)]
pub struct Cast {
    /// Where it comes from.
    pub section: Section,
    /// Where PostgreSQL applies it by itself.
    pub context: CastContext,
    /// Whether the value stays what it is.
    pub is_binary: bool,
    /// Whether the value goes through its text.
    pub is_textual: bool,
    /// That of the function behind it.
    pub volatility: Volatility,
}

/// An operator class.
#[derive(Debug)]
pub struct OperatorClass {
    /// Where it comes from.
    pub section: Section,
    /// The access method.
    pub method: &'static str,
    /// The name.
    pub name: &'static str,
    /// The type that it takes.
    pub input: TypeId,
    /// Whether it is taken where none is written.
    pub is_default: bool,
}

/// The catalog of a major version.
#[derive(Debug)]
pub struct Catalog {
    functions: HashMap<&'static str, Vec<Function>>,
    operators: HashMap<&'static str, Vec<Operator>>,
    casts: HashMap<(TypeId, TypeId), Vec<Cast>>,
    operator_classes: HashMap<&'static str, Vec<OperatorClass>>,
}

/// The sections by name, with the one major whose objects are known where that is not both.
static SECTIONS: LazyLock<Vec<(&'static str, Option<Major>)>> =
    LazyLock::new(|| read::sections(FUNCTIONS).collect());

const FUNCTIONS: &str = include_str!("functions.tsv");
const OPERATORS: &str = include_str!("operators.tsv");
const CASTS: &str = include_str!("casts.tsv");
const OPERATOR_CLASSES: &str = include_str!("operator_classes.tsv");

/// The section of an extension; `None` for one that is not listed.
pub fn section_of(extension: &str) -> Option<Section> {
    let position = SECTIONS.iter().position(|(name, _)| *name == extension)?;
    Section::try_from(position).ok().filter(|section| *section != 0)
}

/// The extension of a section; `None` for PostgreSQL itself.
pub fn extension_of(section: Section) -> Option<&'static str> {
    SECTIONS.get(usize::from(section)).filter(|_| section != 0).map(|(name, _)| *name)
}

/// The extensions that are listed, by name: those that come with PostgreSQL, and few others.
pub fn extensions() -> impl Iterator<Item = &'static str> + Clone {
    SECTIONS.iter().skip(1).map(|(name, _)| *name)
}

/// Whether everything that a section holds in a major version is listed.
pub fn is_complete(section: Section, major: Major) -> bool {
    SECTIONS.get(usize::from(section)).is_some_and(|(_, only)| only.is_none_or(|only| only == major))
}

impl Catalog {
    /// The catalog of a major version, read once.
    pub fn of(major: Major) -> &'static Catalog {
        static FIFTEEN: LazyLock<Catalog> = LazyLock::new(|| Catalog::read(Major::Fifteen));
        static EIGHTEEN: LazyLock<Catalog> = LazyLock::new(|| Catalog::read(Major::Eighteen));
        match major {
            Major::Fifteen => &FIFTEEN,
            Major::Eighteen => &EIGHTEEN,
        }
    }

    fn read(major: Major) -> Catalog {
        let mut catalog = Catalog {
            functions: HashMap::default(),
            operators: HashMap::default(),
            casts: HashMap::default(),
            operator_classes: HashMap::default(),
        };
        for line in lines(FUNCTIONS, major) {
            catalog.functions.entry(line.field(0)).or_default().extend(function(line));
        }
        for line in lines(OPERATORS, major) {
            catalog.operators.entry(line.field(0)).or_default().extend(operator(line));
        }
        for line in lines(CASTS, major) {
            if let Some((pair, cast)) = cast(line) {
                catalog.casts.entry(pair).or_default().push(cast);
            }
        }
        for line in lines(OPERATOR_CLASSES, major) {
            catalog.operator_classes.entry(line.field(1)).or_default().extend(operator_class(line));
        }
        catalog
    }

    /// The functions of a name, of PostgreSQL and of all extensions.
    pub fn functions(&self, name: &str) -> &[Function] {
        self.functions.get(name).map_or(&[], Vec::as_slice)
    }

    /// The names of all functions, in no order.
    pub fn function_names(&self) -> impl Iterator<Item = (&'static str, &[Function])> + Clone {
        self.functions.iter().map(|(name, functions)| (*name, functions.as_slice()))
    }

    /// The operators of a name, of PostgreSQL and of all extensions.
    pub fn operators(&self, name: &str) -> &[Operator] {
        self.operators.get(name).map_or(&[], Vec::as_slice)
    }

    /// The casts from one type to another: one for each section that has one.
    pub fn casts(&self, source: TypeId, target: TypeId) -> &[Cast] {
        self.casts.get(&(source, target)).map_or(&[], Vec::as_slice)
    }

    /// The operator classes of a name, of all access methods and types.
    pub fn operator_classes(&self, name: &str) -> &[OperatorClass] {
        self.operator_classes.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every operator class, in no order.
    pub fn all_operator_classes(&self) -> impl Iterator<Item = &OperatorClass> {
        self.operator_classes.values().flatten()
    }
}

/// The lines of a file that hold for a major version.
fn lines(text: &'static str, major: Major) -> impl Iterator<Item = Line> {
    let mut section = None;
    read::lines(text).filter_map(move |line| match line {
        Err(name) => {
            let position = SECTIONS.iter().position(|(known, _)| *known == name);
            section = position.and_then(|position| Section::try_from(position).ok());
            None
        }
        Ok(line) => {
            let holds = line.only.is_none_or(|only| only == major);
            section.filter(|_| holds).map(|section| line.of(section))
        }
    })
}

fn function(line: Line) -> Option<Function> {
    let types = line.field(1);
    let (types, is_variadic) = types.strip_suffix("...").map_or((types, false), |types| (types, true));
    let flags = line.field(4);
    Some(Function {
        section: line.section,
        arguments: types.split_ascii_whitespace().map(type_id).collect::<Option<_>>()?,
        is_variadic,
        defaults: line.field(2).parse().ok()?,
        // A few functions of extensions give rows of a type that is made for them, and not listed.
        result: type_id(line.field(3)).or_else(|| type_id("record"))?,
        volatility: volatility(flags),
        kind: match flags.as_bytes().get(1) {
            Some(b'a') => FunctionKind::Aggregate,
            Some(b'w') => FunctionKind::Window,
            Some(b'p') => FunctionKind::Procedure,
            _ => FunctionKind::Plain,
        },
        gives_set: flags.get(2..).is_some_and(|flags| flags.contains('s')),
        is_sql: flags.get(2..).is_some_and(|flags| flags.contains('q')),
    })
}

fn operator(line: Line) -> Option<Operator> {
    let sides = [line.field(1), line.field(2)];
    let sides = sides.iter().filter(|side| **side != "-");
    Some(Operator {
        section: line.section,
        operands: sides.map(|side| type_id(side)).collect::<Option<_>>()?,
        result: type_id(line.field(3))?,
        volatility: volatility(line.field(4)),
        is_sql: line.field(4).ends_with('q'),
    })
}

fn cast(line: Line) -> Option<((TypeId, TypeId), Cast)> {
    let cast = Cast {
        section: line.section,
        context: match line.field(2) {
            "i" => CastContext::Implicit,
            "a" => CastContext::Assignment,
            _ => CastContext::Explicit,
        },
        is_binary: line.field(3) == "b",
        is_textual: line.field(3) == "i",
        volatility: volatility(line.field(4)),
    };
    Some(((type_id(line.field(0))?, type_id(line.field(1))?), cast))
}

fn operator_class(line: Line) -> Option<OperatorClass> {
    Some(OperatorClass {
        section: line.section,
        method: line.field(0),
        name: line.field(1),
        input: type_id(line.field(2))?,
        is_default: line.field(3) == "d",
    })
}

/// From the catalog's letter; what has none does not change.
fn volatility(letters: &str) -> Volatility {
    match letters.as_bytes().first() {
        Some(b's') => Volatility::Stable,
        Some(b'v') => Volatility::Volatile,
        _ => Volatility::Immutable,
    }
}

#[cfg(test)]
mod tests {
    use super::types::TYPES;
    use super::*;

    #[test]
    fn every_line_of_every_file_is_read() {
        for major in [Major::Fifteen, Major::Eighteen] {
            let catalog = Catalog::of(major);
            let pairs = [
                (lines(FUNCTIONS, major).count(), catalog.functions.values().map(Vec::len).sum::<usize>()),
                (lines(OPERATORS, major).count(), catalog.operators.values().map(Vec::len).sum()),
                (lines(CASTS, major).count(), catalog.casts.values().map(Vec::len).sum()),
                (
                    lines(OPERATOR_CLASSES, major).count(),
                    catalog.operator_classes.values().map(Vec::len).sum(),
                ),
            ];
            for (written, read) in pairs {
                assert!(written == read && read > 200, "{written} lines, {read} read");
            }
        }
        assert!(TYPES.len() > 120 && extensions().count() > 40);
    }

    #[test]
    fn versions_and_extensions_are_told_apart() {
        let only_newer = |name| {
            Catalog::of(Major::Fifteen).functions(name).is_empty()
                && !Catalog::of(Major::Eighteen).functions(name).is_empty()
        };
        assert!(only_newer("uuidv7") && !only_newer("lower"));
        let trigram = section_of("pg_trgm").expect("it comes with PostgreSQL");
        assert!(Catalog::of(Major::Fifteen).functions("similarity").iter().all(|one| one.section == trigram));
        assert_eq!(extension_of(trigram), Some("pg_trgm"));
        assert_eq!(
            (section_of("pg_catalog"), section_of("timescaledb"), extension_of(0)),
            (None, None, None)
        );
    }
}
