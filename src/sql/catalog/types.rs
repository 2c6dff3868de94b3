//! Types by number: those of the catalog, arrays of them, and the enums of a service.

use super::read::{self, Line};
use super::{Section, Volatility, volatility};
use foldhash::HashMap;
use std::sync::LazyLock;

const FILE: &str = include_str!("types.tsv");

/// A type of the catalog, an enum of a service, or an array of either. The same in every major version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(u32);

/// What kind of type one is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeKind {
    /// A plain type, arrays among them.
    Base,
    /// An enum.
    Enum,
    /// A range.
    Range,
    /// A multirange.
    Multirange,
    /// A type of arguments and results alone.
    Pseudo,
    /// Another type under a name of its own.
    Domain,
}

/// A type of the catalog.
#[derive(Debug)]
pub(super) struct CatalogType {
    section: &'static str,
    name: &'static str,
    category: u8,
    is_preferred: bool,
    kind: TypeKind,
    is_collatable: bool,
    is_subscripted: bool,
    input: Volatility,
    output: Volatility,
    element: Option<&'static str>,
    subtype: Option<&'static str>,
}

/// Every type that is no array.
pub(super) static TYPES: LazyLock<Vec<CatalogType>> = LazyLock::new(|| {
    let mut section = "";
    let read = read::lines(FILE).filter_map(|line| match line {
        Err(name) => {
            section = name;
            None
        }
        Ok(line) => Some(read_type(section, line)),
    });
    read.collect()
});

static BY_NAME: LazyLock<HashMap<&'static str, u32>> =
    LazyLock::new(|| TYPES.iter().zip(0..).map(|(data_type, number)| (data_type.name, number)).collect());

fn read_type(section: &'static str, line: Line) -> CatalogType {
    let (category, flags, changes) = (line.field(1), line.field(2), line.field(3));
    let name = |field: &'static str| (field != "-").then_some(field);
    CatalogType {
        section,
        name: line.field(0),
        category: category.as_bytes().first().copied().unwrap_or(b'X'),
        is_preferred: category.ends_with('*'),
        kind: match flags.as_bytes().first() {
            Some(b'r') => TypeKind::Range,
            Some(b'm') => TypeKind::Multirange,
            Some(b'p') => TypeKind::Pseudo,
            Some(b'd') => TypeKind::Domain,
            _ => TypeKind::Base,
        },
        is_collatable: flags.contains('c'),
        is_subscripted: flags.contains('s'),
        input: volatility(changes),
        output: volatility(changes.get(1..).unwrap_or_default()),
        element: name(line.field(4)),
        subtype: name(line.field(5)),
    }
}

/// The type of a catalog's name, such as `int4`, `_int4` or `anyelement`.
pub(super) fn type_id(name: &str) -> Option<TypeId> {
    if let Some(number) = BY_NAME.get(name) {
        return Some(TypeId(number * 2));
    }
    let number = BY_NAME.get(name.strip_prefix('_')?)?;
    Some(TypeId(number * 2 + 1))
}

/// `format_type`'s names of types whose catalog's name is another.
#[rustfmt::skip]
const NAMES: &[(&str, &str)] = &[
    ("smallint", "int2"), ("integer", "int4"), ("bigint", "int8"), ("real", "float4"), ("double precision", "float8"),
    ("character varying", "varchar"), ("character", "bpchar"), ("\"char\"", "char"), ("boolean", "bool"),
    ("time without time zone", "time"), ("time with time zone", "timetz"),
    ("timestamp without time zone", "timestamp"), ("timestamp with time zone", "timestamptz"),
    ("\"bit\"", "bit"), ("bit varying", "varbit"),
];

/// The type of a name without modifiers as `format_type` writes it: `integer`, `character varying`.
pub fn base_type_of(name: &str) -> Option<TypeId> {
    let known = NAMES.iter().find(|(shown, _)| *shown == name);
    type_id(known.map_or(name, |(_, catalog)| catalog))
}

impl TypeId {
    /// An enum, by its number in its service.
    pub fn of_enum(number: usize) -> Option<TypeId> {
        let number = u32::try_from(TYPES.len().checked_add(number)?).ok()?;
        number.checked_mul(2).map(TypeId)
    }

    /// A type of the catalog by the catalog's name; for names that are written in the code.
    pub fn named(name: &str) -> Option<TypeId> {
        type_id(name)
    }

    /// The number of an enum in its service, also of an array of it.
    pub fn enum_number(self) -> Option<usize> {
        (self.0 as usize / 2).checked_sub(TYPES.len())
    }

    fn catalog(self) -> Option<&'static CatalogType> {
        TYPES.get(self.0 as usize / 2)
    }

    /// The type itself, where it is no array.
    fn plain(self) -> Option<&'static CatalogType> {
        self.catalog().filter(|_| !self.is_array())
    }

    /// Whether this is an array.
    pub fn is_array(self) -> bool {
        self.0 % 2 == 1
    }

    /// The array of this type; `None` for an array and for what has no arrays.
    pub fn array(self) -> Option<TypeId> {
        (!self.is_array() && self.kind() != TypeKind::Pseudo).then_some(TypeId(self.0 | 1))
    }

    /// The elements of an array.
    pub fn element(self) -> Option<TypeId> {
        self.is_array().then_some(TypeId(self.0 & !1))
    }

    /// What kind of type this is.
    pub fn kind(self) -> TypeKind {
        match (self.is_array(), self.catalog()) {
            (true, _) => TypeKind::Base,
            (false, Some(known)) => known.kind,
            (false, None) => TypeKind::Enum,
        }
    }

    /// The letter of the type's category, `typcategory`.
    pub fn category(self) -> u8 {
        match (self.is_array(), self.catalog()) {
            (true, _) => b'A',
            (false, Some(known)) => known.category,
            (false, None) => b'E',
        }
    }

    /// Whether PostgreSQL prefers it among those of its category.
    pub fn is_preferred(self) -> bool {
        self.plain().is_some_and(|known| known.is_preferred)
    }

    /// Whether a collation can order its values.
    pub fn is_collatable(self) -> bool {
        self.catalog().is_some_and(|known| known.is_collatable)
    }

    /// Whether `[...]` can stand behind it.
    pub fn is_subscripted(self) -> bool {
        self.is_array() || self.plain().is_some_and(|known| known.is_subscripted)
    }

    /// The type that a range is of, and the range that a multirange is of.
    pub fn subtype(self) -> Option<TypeId> {
        type_id(self.plain()?.subtype?)
    }

    /// The element of a type that is no array but has some: of `point`.
    pub fn inner_element(self) -> Option<TypeId> {
        type_id(self.plain()?.element?)
    }

    /// How much reading a value from text may change. For an array: that of its elements, and never less than stable.
    pub fn input(self) -> Volatility {
        self.through_text(self.catalog().map(|known| known.input))
    }

    /// How much writing a value as text may change.
    pub fn output(self) -> Volatility {
        self.through_text(self.catalog().map(|known| known.output))
    }

    fn through_text(self, known: Option<Volatility>) -> Volatility {
        // Arrays and enums are looked up when they are read and written.
        if self.is_array() { Volatility::Stable } else { known.unwrap_or(Volatility::Stable) }
    }

    /// Whether the type is there only with this extension.
    pub fn extension(self) -> Option<&'static str> {
        self.catalog().map(|known| known.section).filter(|section| *section != "pg_catalog")
    }

    /// The catalog's name; `None` for an enum and for an array.
    pub fn catalog_name(self) -> Option<&'static str> {
        self.plain().map(|known| known.name)
    }

    /// The name as `format_type` writes it; `None` for an enum.
    pub fn shown(self) -> Option<String> {
        let name = self.catalog()?.name;
        let shown = NAMES.iter().find(|(_, catalog)| *catalog == name).map_or(name, |(shown, _)| shown);
        let shown = if name == "bit" { "bit" } else { shown };
        Some(if self.is_array() { format!("{shown}[]") } else { shown.to_owned() })
    }

    /// Which section of an extension has to be declared for it. 0: none.
    pub fn section(self) -> Section {
        self.extension().and_then(super::section_of).unwrap_or(0)
    }
}
