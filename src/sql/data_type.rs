//! Types of PostgreSQL in the spelling of its `format_type`, so that two spellings of one type are equal.

use super::builtin_types::{BuiltinType, Modifiers, TYPES, TypeFamily};
use foldhash::{HashMap, HashMapExt};
use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

/// A built-in type with its modifiers, perhaps an array of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataType {
    /// The element type as `format_type` writes it, such as `character varying(255)`.
    name: Cow<'static, str>,
    /// The name without modifiers, such as `character varying`.
    base: &'static str,
    family: TypeFamily,
    /// The length, or the precision, or the digits of a second.
    modifier: Option<u32>,
    scale: i32,
    is_array: bool,
}

/// Why a text is no type of PostgreSQL that a column can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeError {
    /// PostgreSQL has no such type; an enum or an extension may.
    Unknown,
    /// `serial` and its kin: no types, but a shorthand for a sequence with a type, which is given here.
    Serial(&'static str),
    /// A type of arguments and results alone, such as `anyelement` or `void`.
    Pseudo,
    /// The type exists, but does not take these modifiers; the phrase says why.
    Modifiers(String),
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static BuiltinType>> = LazyLock::new(|| {
    let mut by_name = HashMap::new();
    for builtin in TYPES {
        by_name.insert(builtin.name, builtin);
        by_name.extend(builtin.aliases.iter().map(|alias| (*alias, builtin)));
    }
    by_name
});

/// Types that only functions take or give; PostgreSQL manual, "Pseudo-Types".
#[rustfmt::skip]
const PSEUDO_TYPES: &[&str] = &[
    "any", "anyarray", "anycompatible", "anycompatiblearray", "anycompatiblemultirange",
    "anycompatiblenonarray", "anycompatiblerange", "anyelement", "anyenum", "anymultirange", "anynonarray",
    "anyrange", "cstring", "event_trigger", "fdw_handler", "index_am_handler", "internal",
    "language_handler", "pg_ddl_command", "record", "table_am_handler", "trigger", "tsm_handler", "unknown",
    "void",
];

impl DataType {
    /// Reads a type in any spelling that PostgreSQL accepts, such as `varchar(255)`, `INT8`, `timestamptz(3)[]`.
    /// `None` where PostgreSQL has no such type, or does not accept these modifiers.
    pub fn parse(text: &str) -> Option<DataType> {
        DataType::read(text).ok()
    }

    /// Like [`DataType::parse`], saying why a text is no type.
    ///
    /// # Errors
    /// Where the text is no type that a column can have.
    pub fn read(text: &str) -> Result<DataType, TypeError> {
        let spelling = Spelling::read(text).ok_or(TypeError::Unknown)?;
        let words = spelling.words.as_str();
        if let Some(instead) = serial_type(words) {
            return Err(TypeError::Serial(instead));
        }
        if PSEUDO_TYPES.contains(&words) {
            return Err(TypeError::Pseudo);
        }
        let (base, numbers) = match words {
            "float" => (float_type(&spelling.numbers)?, &[][..]),
            _ => (words, spelling.numbers.as_slice()),
        };
        let builtin = if base.starts_with("interval ") { "interval" } else { base };
        let builtin: &BuiltinType = BY_NAME.get(builtin).ok_or(TypeError::Unknown)?;
        build(builtin, base, numbers, spelling.is_array)
    }

    /// The element type, without `[]`.
    pub fn element(&self) -> &str {
        &self.name
    }

    /// The element type without modifiers, such as `character varying` of `varchar(255)`.
    pub fn base(&self) -> &'static str {
        self.base
    }

    /// What the element type's values are like.
    pub fn family(&self) -> TypeFamily {
        self.family
    }

    /// Whether this is an array. PostgreSQL keeps no number of dimensions.
    pub fn is_array(&self) -> bool {
        self.is_array
    }

    /// 1 for an array, else 0: PostgreSQL takes `int[]` and `int[3][3]` for one type.
    pub fn dimensions(&self) -> u8 {
        u8::from(self.is_array)
    }

    /// The length of `character varying(255)` or `bit(8)`, in characters or bits.
    pub fn length(&self) -> Option<u32> {
        matches!(self.family, TypeFamily::Text | TypeFamily::Bits).then_some(self.modifier).flatten()
    }

    /// Precision and scale of `numeric(12,2)`, in digits.
    pub fn precision(&self) -> Option<(u32, i32)> {
        let precision = (self.family == TypeFamily::Decimal).then_some(self.modifier).flatten()?;
        Some((precision, self.scale))
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        // format_type writes one pair of brackets, however many dimensions were declared.
        if self.is_array { formatter.write_str("[]") } else { Ok(()) }
    }
}

/// Whether PostgreSQL finds a type of its own, or of one of its catalogs, under a name before any in the database; or
/// reads the name as one of its words for types, as it does `serial` even in quotation marks.
pub fn is_catalog_type(name: &str) -> bool {
    let element = name.strip_prefix('_').unwrap_or(name);
    BY_NAME.contains_key(element)
        || PSEUDO_TYPES.contains(&element)
        || ["int2vector", "oidvector", "gtsvector"].contains(&element)
        || serial_type(element).is_some()
        || element.starts_with("pg_")
}

/// The names of all types in every spelling, for suggestions.
pub fn type_names() -> impl Iterator<Item = &'static str> + Clone {
    TYPES.iter().flat_map(|builtin| std::iter::once(builtin.name).chain(builtin.aliases.iter().copied()))
}

fn serial_type(words: &str) -> Option<&'static str> {
    match words {
        "serial" | "serial4" => Some("integer"),
        "bigserial" | "serial8" => Some("bigint"),
        "smallserial" | "serial2" => Some("smallint"),
        _ => None,
    }
}

/// `float(n)` is `real` up to 24 binary digits and `double precision` up to 53.
fn float_type(numbers: &[i64]) -> Result<&'static str, TypeError> {
    match numbers {
        [] | [25..=53] => Ok("double precision"),
        [1..=24] => Ok("real"),
        _ => Err(TypeError::Modifiers("the precision of `float` is from 1 to 53".to_owned())),
    }
}

fn build(
    builtin: &'static BuiltinType,
    words: &str,
    numbers: &[i64],
    is_array: bool,
) -> Result<DataType, TypeError> {
    let mut data_type = DataType {
        name: Cow::Borrowed(builtin.name),
        base: builtin.name,
        family: builtin.family,
        modifier: None,
        scale: 0,
        is_array,
    };
    match builtin.modifiers {
        Modifiers::None if numbers.is_empty() => {}
        Modifiers::None => {
            return Err(TypeError::Modifiers(format!("`{}` takes no modifiers", builtin.name)));
        }
        Modifiers::Length { limit, default } => set_length(&mut data_type, numbers, limit, default)?,
        Modifiers::Decimal => set_precision(&mut data_type, numbers)?,
        Modifiers::Seconds { suffix } => {
            if let Some(digits) = second_digits(builtin.name, numbers)? {
                let front = builtin.name.strip_suffix(suffix).unwrap_or(builtin.name);
                data_type.name = format!("{front}({digits}){suffix}").into();
                data_type.modifier = Some(digits);
            }
        }
        Modifiers::Interval => set_interval(&mut data_type, words, numbers)?,
    }
    Ok(data_type)
}

fn set_length(
    data_type: &mut DataType,
    numbers: &[i64],
    limit: u32,
    default: Option<u32>,
) -> Result<(), TypeError> {
    let length = match numbers {
        [] => default,
        [number] => Some(u32::try_from(*number).unwrap_or(0)),
        _ => Some(0),
    };
    let Some(length) = length else { return Ok(()) };
    if length == 0 || length > limit {
        let reason = format!("`{}` takes one length from 1 to {limit}", data_type.base);
        return Err(TypeError::Modifiers(reason));
    }
    if data_type.base == "bpchar" {
        data_type.base = "character";
    }
    data_type.name = format!("{}({length})", data_type.base).into();
    data_type.modifier = Some(length);
    Ok(())
}

fn set_precision(data_type: &mut DataType, numbers: &[i64]) -> Result<(), TypeError> {
    let (precision, scale) = match numbers {
        [] => return Ok(()),
        [precision] => (*precision, 0),
        [precision, scale] => (*precision, *scale),
        _ => (0, 0),
    };
    if !(1..=1000).contains(&precision) || !(-1000..=1000).contains(&scale) {
        let reason = "`numeric` takes a precision from 1 to 1000 and a scale from -1000 to 1000";
        return Err(TypeError::Modifiers(reason.to_owned()));
    }
    data_type.name = format!("numeric({precision},{scale})").into();
    data_type.modifier = u32::try_from(precision).ok();
    data_type.scale = i32::try_from(scale).unwrap_or(0);
    Ok(())
}

fn second_digits(name: &str, numbers: &[i64]) -> Result<Option<u32>, TypeError> {
    match numbers {
        [] => Ok(None),
        [digits @ 0..=6] => Ok(u32::try_from(*digits).ok()),
        _ => {
            let front = name.split(' ').next().unwrap_or(name);
            Err(TypeError::Modifiers(format!("`{front}` takes one number of digits from 0 to 6")))
        }
    }
}

/// The fields that an interval can be limited to; those that end in seconds take digits.
#[rustfmt::skip]
const INTERVAL_FIELDS: &[&str] = &[
    "year", "month", "day", "hour", "minute", "second", "year to month", "day to hour", "day to minute",
    "day to second", "hour to minute", "hour to second", "minute to second",
];

fn set_interval(data_type: &mut DataType, words: &str, numbers: &[i64]) -> Result<(), TypeError> {
    let fields = words.strip_prefix("interval").unwrap_or("").trim_start();
    if !fields.is_empty() && !INTERVAL_FIELDS.contains(&fields) {
        return Err(TypeError::Modifiers(format!("`interval` has no fields `{fields}`")));
    }
    if !fields.is_empty() {
        data_type.name = format!("interval {fields}").into();
    }
    if let Some(digits) = second_digits("interval", numbers)? {
        if !fields.is_empty() && !fields.ends_with("second") {
            return Err(TypeError::Modifiers(format!("`interval {fields}` has no digits of a second")));
        }
        data_type.name.to_mut().push_str(&format!("({digits})"));
        data_type.modifier = Some(digits);
    }
    Ok(())
}

/// A type's text taken apart: lower-case words with single spaces, the numbers in parentheses, brackets.
struct Spelling {
    words: String,
    numbers: Vec<i64>,
    is_array: bool,
}

impl Spelling {
    fn read(text: &str) -> Option<Spelling> {
        // Longer than any type, whatever its spaces.
        if text.len() > 256 {
            return None;
        }
        let (element, is_array) = strip_array(text.trim())?;
        let (words, numbers) = match element.split_once('(') {
            None => (element.to_owned(), Vec::new()),
            Some((front, rest)) => {
                let (inside, behind) = rest.split_once(')')?;
                let numbers: Option<Vec<i64>> =
                    inside.split(',').map(|part| part.trim().parse().ok()).collect();
                (format!("{front} {behind}"), numbers?)
            }
        };
        Some(Spelling { words: normal_words(&words), numbers, is_array })
    }
}

/// The words without the schema that built-in types are in.
fn normal_words(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words = lower.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
    match words.strip_prefix("pg_catalog.") {
        // A qualified name is looked up as it stands: `pg_catalog.char` is the one-byte type.
        Some("char") => "\"char\"".to_owned(),
        Some(name) => name.trim_matches('"').to_owned(),
        None => words,
    }
}

/// Takes `[]`, `[3]`, `ARRAY` and `ARRAY[3]` from the end. `None`: brackets with something else in them.
fn strip_array(text: &str) -> Option<(&str, bool)> {
    let mut element = text;
    let mut dimensions = 0;
    while let Some(open) = element.strip_suffix(']') {
        let (front, size) = open.rsplit_once('[')?;
        let size = size.trim();
        if !size.is_empty() && size.parse::<u32>().is_err() {
            return None;
        }
        dimensions += 1;
        element = front.trim_end();
    }
    // PostgreSQL has at most six dimensions (MAXDIM).
    if dimensions > 6 {
        return None;
    }
    let word_start = element.len().checked_sub("array".len());
    if let Some(start) = word_start.filter(|start| element.is_char_boundary(*start)) {
        let (front, word) = element.split_at(start);
        let stands_alone = front.ends_with(|c: char| c.is_ascii_whitespace() || c == ')');
        if word.eq_ignore_ascii_case("array") && stands_alone {
            return (dimensions <= 1).then_some((front.trim_end(), true));
        }
    }
    Some((element, dimensions > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_comes_out_as_format_type_writes_it() {
        let cases = [
            ("int", "integer"),
            ("INT8", "bigint"),
            ("varchar", "character varying"),
            ("VarChar ( 255 )", "character varying(255)"),
            ("char", "character(1)"),
            ("\"char\"", "\"char\""),
            ("bpchar", "bpchar"),
            ("bpchar(5)", "character(5)"),
            ("national character varying(9)", "character varying(9)"),
            ("numeric(12)", "numeric(12,0)"),
            ("decimal( 12 , 2 )", "numeric(12,2)"),
            ("numeric(3,-2)", "numeric(3,-2)"),
            ("double   precision", "double precision"),
            ("float(24)", "real"),
            ("float", "double precision"),
            ("time", "time without time zone"),
            ("timetz(2)", "time(2) with time zone"),
            ("timestamp(3) with time zone", "timestamp(3) with time zone"),
            ("timestamptz(3)[]", "timestamp(3) with time zone[]"),
            ("timestamp", "timestamp without time zone"),
            ("bit", "bit(1)"),
            ("bit varying(8)", "bit varying(8)"),
            ("varbit", "bit varying"),
            ("interval day to second (3)", "interval day to second(3)"),
            ("interval(2)", "interval(2)"),
            ("INTERVAL YEAR TO MONTH", "interval year to month"),
            ("int[3][3]", "integer[]"),
            ("int ARRAY", "integer[]"),
            ("varchar(5) array[4]", "character varying(5)[]"),
            ("pg_catalog.int4", "integer"),
            ("pg_catalog.char", "\"char\""),
            ("tstzmultirange", "tstzmultirange"),
            ("regclass", "regclass"),
        ];
        for (text, expected) in cases {
            let data_type = DataType::parse(text).unwrap_or_else(|| panic!("{text} is a type"));
            assert_eq!(data_type.to_string(), expected, "{text}");
            assert_eq!(DataType::parse(expected), Some(data_type), "{expected}");
        }
    }

    #[test]
    fn what_is_no_type_is_refused_with_its_reason() {
        assert_eq!(DataType::read("bigserial"), Err(TypeError::Serial("bigint")));
        assert_eq!(DataType::read("anyelement"), Err(TypeError::Pseudo));
        for text in
            ["string", "", "int unsigned", "text[", "text]", "varchar(", "int[x]", "é", "(3)", "array"]
        {
            assert_eq!(DataType::read(text), Err(TypeError::Unknown), "{text}");
        }
        for text in [
            "varchar(0)",
            "varchar(10485761)",
            "numeric(1001)",
            "numeric(2,3,4)",
            "int(11)",
            "timestamp(7)",
            "interval day(3)",
            "interval week",
            "float(54)",
            "varchar(-1)",
            "text(5)",
        ] {
            assert!(matches!(DataType::read(text), Err(TypeError::Modifiers(_))), "{text}");
        }
        assert_eq!(DataType::parse(&"int[]".repeat(100_000)), None);
    }
}
