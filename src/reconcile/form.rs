//! How values are made comparable between two servers: which form of a column two servers agree on, whatever their
//! settings, collations and versions are.

use crate::semantic::model::ColumnType;
use crate::sql::{DataType, TypeFamily};

/// What a column is turned into before it is compared. It follows from the type that the owner gives the column, since a
/// copy holds the same type, or text in place of a type that its database lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// As it is: integers, UUIDs, times and the like have one meaning and one text under the settings of the session.
    AsIs,
    /// Integers of eight bytes. PostgreSQL folds their halves, so that -1 and 4294967295 have one hash, as 1 and 4294967296.
    BigInteger,
    /// As text, byte by byte: texts whatever their collation, enums, types of extensions, types without a hash.
    Text,
    /// Numbers of any scale: `1.0` and `1.00` are equal. Those without a precision may be infinite.
    Decimal {
        /// Whether they have a precision.
        has_precision: bool,
    },
    /// Floating point: `-0` and `0` are equal.
    Float,
    /// Bytes.
    Bytes,
    /// `json` and `jsonb`: neither the order of keys nor spaces count.
    Json,
    /// `money`, whose text depends on the locale.
    Money,
    /// Arrays whose text is the form of their elements already.
    TextArray,
    /// Arrays of `json`.
    JsonArray,
    /// Arrays of numbers, element by element.
    NumberArray(Box<Form>),
}

impl Form {
    /// The form of a column of the owner.
    pub fn of(column_type: &ColumnType) -> Form {
        match column_type {
            ColumnType::Builtin(data_type) if data_type.is_array() => Form::of_array(data_type),
            ColumnType::Builtin(data_type) => Form::of_element(data_type),
            ColumnType::Enum(_, 0) => Form::Text,
            ColumnType::Enum(..) => Form::TextArray,
            ColumnType::Extension(name) | ColumnType::Unknown(name) if name.ends_with("[]") => {
                Form::TextArray
            }
            ColumnType::Extension(_) | ColumnType::Unknown(_) => Form::Text,
        }
    }

    fn of_element(data_type: &DataType) -> Form {
        match data_type.family() {
            TypeFamily::Integer if data_type.base() == "bigint" => Form::BigInteger,
            TypeFamily::Integer
            | TypeFamily::Boolean
            | TypeFamily::Date
            | TypeFamily::Time
            | TypeFamily::Timestamp
            | TypeFamily::Uuid => Form::AsIs,
            TypeFamily::Decimal => Form::Decimal { has_precision: data_type.precision().is_some() },
            TypeFamily::Float => Form::Float,
            TypeFamily::Bytes => Form::Bytes,
            TypeFamily::Money => Form::Money,
            TypeFamily::Json if data_type.base() != "jsonpath" => Form::Json,
            // '1 month' and '30 days' are equal and mean different times.
            TypeFamily::Interval
            | TypeFamily::Json
            | TypeFamily::Text
            | TypeFamily::Bits
            | TypeFamily::Network
            | TypeFamily::Geometric
            | TypeFamily::Range
            | TypeFamily::TextSearch
            | TypeFamily::Xml
            | TypeFamily::ObjectIdentifier
            | TypeFamily::System => Form::Text,
        }
    }

    fn of_array(data_type: &DataType) -> Form {
        match Form::of_element(data_type) {
            Form::Json => Form::JsonArray,
            form @ (Form::Decimal { .. } | Form::Float | Form::Money) => Form::NumberArray(Box::new(form)),
            _ => Form::TextArray,
        }
    }

    /// What is hashed and compared between servers of one major version: one expression, or two with a comma between them,
    /// where PostgreSQL gives different values one hash. The hash of a record takes NULL for 0, as do those of numbers zero,
    /// NaN or all infinite ones; that of `jsonb` leaves out where objects and arrays end, and that of an array its dimensions.
    pub fn hashed(&self, column: &str) -> String {
        match self {
            Form::AsIs | Form::Bytes => column.to_owned(),
            Form::BigInteger => format!("{column}, ({column} >> 32)::integer"),
            Form::Float | Form::Decimal { has_precision: true } => format!("{column}, {column} IS NULL"),
            Form::Decimal { has_precision: false } => {
                format!(
                    "{column}, CASE WHEN abs({column}) >= 'Infinity' THEN {column}::text END COLLATE \"C\""
                )
            }
            Form::Money => format!("{column}::numeric, {column} IS NULL"),
            Form::Text | Form::TextArray | Form::Json | Form::JsonArray | Form::NumberArray(_) => {
                format!("{} COLLATE \"C\"", self.canonical(column))
            }
        }
    }

    /// The value as a text that servers of all versions write alike.
    pub fn canonical(&self, column: &str) -> String {
        match self {
            Form::AsIs | Form::BigInteger | Form::Text | Form::TextArray => format!("{column}::text"),
            Form::Decimal { .. } => format!("trim_scale({column})::text"),
            Form::Float => format!("({column} + '0')::text"),
            Form::Bytes => format!("encode({column}, 'hex')"),
            Form::Json => canonical_json(&format!("{column}::jsonb::text")),
            Form::Money => format!("trim_scale({column}::numeric)::text"),
            Form::JsonArray => format!("{column}::jsonb[]::text"),
            Form::NumberArray(element) => format!(
                "CASE WHEN {column} IS NOT NULL THEN concat(array_dims({column}), ARRAY(SELECT {} FROM \
                 unnest({column}) WITH ORDINALITY AS element (value, position) ORDER BY position)::text) END",
                element.canonical("value")
            ),
        }
    }

    /// The value of a column of this form and type from its [`Form::canonical`] text.
    pub(super) fn parse(&self, text: &str, cast: &str) -> String {
        match self {
            Form::Bytes => format!("decode({text}, 'hex')"),
            _ => format!("({text})::{cast}"),
        }
    }
}

/// `jsonb` keeps the zeros at the end of a number, which count as little there as in a `numeric`. A number follows `[`, a
/// space or nothing, and stands before `,`, `]`, `}` or nothing. What looks like one within a string stays: strings are
/// matched first, and put back as they are. Most values have no such number, and need no regular expression.
fn canonical_json(text: &str) -> String {
    let string = r#"("(?:[^"\\]|\\.)*")"#;
    let end = "(?=[],}]|$)";
    let trimmed =
        format!(r"regexp_replace({text}, '{string}|((?:^|[[ ])-?[0-9]+\.[0-9]*[1-9])0+{end}', '\1\2', 'g')");
    let whole = format!(r"regexp_replace({trimmed}, '{string}|((?:^|[[ ])-?[0-9]+)\.0+{end}', '\1\2', 'g')");
    format!("CASE WHEN {text} LIKE '%.%0%' THEN {whole} ELSE {text} END")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(data_type: &str) -> Form {
        let data_type = DataType::parse(data_type).unwrap_or_else(|| panic!("{data_type} is a type"));
        Form::of(&ColumnType::Builtin(data_type))
    }

    #[test]
    fn what_has_no_hash_or_a_collation_is_compared_as_text() {
        for name in
            ["text", "varchar(9)", "char(3)", "bit(4)", "xml", "tsvector", "point", "interval", "jsonpath"]
        {
            assert_eq!(form(name), Form::Text, "{name}");
            assert_eq!(form(name).hashed("x"), "x::text COLLATE \"C\"", "{name}");
        }
        assert_eq!(Form::of(&ColumnType::Extension("citext".into())), Form::Text);
        assert!(form("json").hashed("x").contains("x::jsonb::text"));
        assert_eq!(form("timestamptz").hashed("x"), "x");
    }

    #[test]
    fn big_integers_are_hashed_with_their_upper_half() {
        assert_eq!(form("bigint").hashed("x"), "x, (x >> 32)::integer");
        assert_eq!(form("bigint").canonical("x"), "x::text");
        assert_eq!(form("integer").hashed("x"), "x");
    }

    #[test]
    fn what_hashes_as_null_is_told_from_it() {
        assert_eq!(form("real").hashed("x"), "x, x IS NULL");
        assert_eq!(form("numeric(9,2)").hashed("x"), "x, x IS NULL");
        assert!(form("numeric").hashed("x").contains("abs(x) >= 'Infinity'"));
    }

    #[test]
    fn arrays_are_compared_as_text_with_their_dimensions() {
        assert_eq!(form("uuid[]").hashed("x"), "x::text COLLATE \"C\"");
        assert_eq!(form("json[]").canonical("x"), "x::jsonb[]::text");
        assert_eq!(Form::of(&ColumnType::Extension("citext[]".into())), Form::TextArray);
        assert!(form("numeric[]").canonical("x").contains("trim_scale(value)"));
    }
}
