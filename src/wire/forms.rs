//! Values of columns as they stand on the wire, in SQL: which expression gives them, and which takes them back. None depends on
//! a setting of the session, but for the text of types that have no other form than PostgreSQL's own.

use crate::semantic::model::{ColumnIndex, ColumnType, Table};
use crate::sql::{DataType, Literal, TypeFamily};

/// How values of a column become values of a message. It follows from the column's type, as the type on the wire does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    element: Element,
    is_array: bool,
}

/// How one value does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Boolean,
    /// `smallint` and `integer`.
    Integer,
    BigInteger,
    Real,
    Double,
    Bytes,
    /// `timestamp with time zone`: microseconds since 1970.
    Instant,
    /// `date` and `timestamp`: ISO 8601.
    Calendar,
    /// `time with time zone`.
    TimeWithZone,
    Interval,
    Money,
    /// An enum of the service.
    Enum,
    /// Whatever is text on the wire, and has the text that PostgreSQL gives it.
    Text,
}

/// What a column's value is once it is in its form: a type of PostgreSQL that every driver knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// `boolean`.
    Boolean,
    /// `integer`.
    Integer,
    /// `bigint`.
    BigInteger,
    /// `real`.
    Real,
    /// `double precision`.
    Double,
    /// `bytea`.
    Bytes,
    /// `bigint`, of microseconds since 1970; [`FAR_AWAY`] where the wire has no such time.
    Instant,
    /// `text`, a label of an enum of the service.
    Enum,
    /// `text`.
    Text,
}

/// What stands for points in time that the wire does not have: `infinity` and `-infinity`.
pub const FAR_AWAY: i64 = i64::MAX;

impl Form {
    /// The form of a column.
    pub fn of(column_type: &ColumnType) -> Form {
        match column_type {
            ColumnType::Builtin(data_type) => {
                Form { element: Element::of(data_type), is_array: data_type.is_array() }
            }
            ColumnType::Enum(_, dimensions) => Form { element: Element::Enum, is_array: *dimensions > 0 },
            ColumnType::Extension(name) | ColumnType::Unknown(name) => {
                Form { element: Element::Text, is_array: name.ends_with("[]") }
            }
        }
    }

    /// What a value is in this form, or each value of an array.
    pub fn carrier(&self) -> Carrier {
        match self.element {
            Element::Boolean => Carrier::Boolean,
            Element::Integer => Carrier::Integer,
            Element::BigInteger => Carrier::BigInteger,
            Element::Real => Carrier::Real,
            Element::Double => Carrier::Double,
            Element::Bytes => Carrier::Bytes,
            Element::Instant => Carrier::Instant,
            Element::Enum => Carrier::Enum,
            Element::Calendar
            | Element::TimeWithZone
            | Element::Interval
            | Element::Money
            | Element::Text => Carrier::Text,
        }
    }

    /// Whether values are arrays of that.
    pub fn is_array(&self) -> bool {
        self.is_array
    }

    /// The value that an expression of SQL gives, such as a column, in its form. An array that cannot be sent, because it has
    /// several dimensions, becomes one that holds a NULL, which cannot be sent either.
    pub fn to_wire(&self, value: &str) -> String {
        let cast = |target: &str| {
            let brackets = if self.is_array { "[]" } else { "" };
            format!("{value}::{target}{brackets}")
        };
        match self.element {
            Element::Boolean | Element::BigInteger | Element::Real | Element::Double | Element::Bytes => {
                value.to_owned()
            }
            Element::Integer => cast("integer"),
            Element::Text | Element::Enum => cast("text"),
            Element::Money => {
                let brackets = if self.is_array { "[]" } else { "" };
                format!("{value}::numeric{brackets}::text{brackets}")
            }
            Element::Instant => self.each(value, "bigint", |value| {
                format!(
                    "CASE WHEN isfinite({value}) THEN (extract(epoch FROM {value}) * 1000000)::bigint \
                     WHEN {value} IS NOT NULL THEN {FAR_AWAY} END"
                )
            }),
            Element::Calendar => self.each(value, "text", |value| format!("to_jsonb({value}) #>> '{{}}'")),
            Element::TimeWithZone => self.each(value, "text", |value| {
                format!("regexp_replace({value}::text, '([+-][0-9][0-9])$', '\\1:00')")
            }),
            Element::Interval => self.each(value, "text", interval),
        }
    }

    /// The same as JSON, as Protobuf writes it. `values` are the labels of the enum with their names on the wire.
    pub fn to_json(&self, value: &str, values: &[(&str, &str)]) -> String {
        match self.element {
            Element::BigInteger => format!("{value}::text{}", if self.is_array { "[]" } else { "" }),
            Element::Bytes => {
                self.each(value, "text", |value| format!("translate(encode({value}, 'base64'), chr(10), '')"))
            }
            Element::Instant => self.each(value, "text", |value| {
                format!("(to_jsonb({value} AT TIME ZONE 'UTC') #>> '{{}}') || 'Z'")
            }),
            Element::Enum => self.each(value, "text", |value| label_on_wire(value, values)),
            _ => self.to_wire(value),
        }
    }

    /// The same as text, for a key of a message.
    pub fn to_key(&self, value: &str) -> String {
        match self.element {
            _ if self.is_array => format!("{}::text", self.to_wire(value)),
            Element::Boolean | Element::Integer | Element::BigInteger | Element::Real | Element::Double => {
                format!("{value}::text")
            }
            Element::Bytes | Element::Instant => self.to_json(value, &[]),
            _ => self.to_wire(value),
        }
    }

    /// A value of [`Form::to_key`], such as a parameter, as a value of a column of `data_type`.
    pub fn from_key(&self, value: &str, data_type: &str) -> String {
        match self.element {
            Element::Bytes if !self.is_array => format!("decode({value}::text, 'base64')"),
            _ => format!("{value}::text::{data_type}"),
        }
    }

    /// A value in its form, such as a parameter, as a value of a column of `data_type`.
    pub fn from_wire(&self, value: &str, data_type: &str) -> String {
        match self.element {
            Element::Instant => self.each(&self.typed(value, "bigint"), "timestamptz", |value| {
                format!("'epoch'::timestamptz + {value} * interval '1 microsecond'")
            }),
            Element::Boolean
            | Element::Integer
            | Element::BigInteger
            | Element::Real
            | Element::Double
            | Element::Bytes => value.to_owned(),
            _ => format!("{}::{data_type}", self.typed(value, "text")),
        }
    }

    fn typed(&self, value: &str, carrier: &str) -> String {
        format!("{value}::{carrier}{}", if self.is_array { "[]" } else { "" })
    }

    /// What `element` says of the value, or of each value of an array, which then is one of `target`.
    fn each(&self, value: &str, target: &str, element: impl Fn(&str) -> String) -> String {
        if !self.is_array {
            return element(value);
        }
        format!(
            "CASE WHEN array_ndims({value}) > 1 THEN ARRAY[NULL]::{target}[] WHEN {value} IS NOT NULL THEN ARRAY(SELECT {} \
             FROM unnest({value}) WITH ORDINALITY AS element (value, position) ORDER BY element.position) END",
            element("element.value")
        )
    }
}

/// Columns of a row as the key of a message, or as what an event tells of: text, of several columns a JSON array of texts.
/// `value` gives the expression of a column.
pub fn key_of_row(table: &Table, columns: &[ColumnIndex], value: impl Fn(&str) -> String) -> String {
    let columns = columns.iter().filter_map(|number| Some((*number, table.columns.get(*number)?)));
    let parts: Vec<(ColumnIndex, String)> = columns
        .map(|(number, column)| {
            let form = Form::of(&column.data_type.value);
            (number, form.to_key(&value(column.name.as_str())))
        })
        .collect();
    match parts.as_slice() {
        [(number, only)] if table.is_required(*number) => only.clone(),
        [(_, only)] => format!("coalesce({only}, '')"),
        _ => {
            let parts: Vec<&str> = parts.iter().map(|(_, part)| part.as_str()).collect();
            format!("jsonb_build_array({})::text", parts.join(", "))
        }
    }
}

impl Element {
    fn of(data_type: &DataType) -> Element {
        match (data_type.family(), data_type.base()) {
            (TypeFamily::Boolean, _) => Element::Boolean,
            (TypeFamily::Integer, "bigint") => Element::BigInteger,
            (TypeFamily::Integer, _) => Element::Integer,
            (TypeFamily::Float, "real") => Element::Real,
            (TypeFamily::Float, _) => Element::Double,
            (TypeFamily::Bytes, _) => Element::Bytes,
            (TypeFamily::Timestamp, "timestamp with time zone") => Element::Instant,
            (TypeFamily::Timestamp | TypeFamily::Date, _) => Element::Calendar,
            (TypeFamily::Time, "time with time zone") => Element::TimeWithZone,
            (TypeFamily::Interval, _) => Element::Interval,
            (TypeFamily::Money, _) => Element::Money,
            _ => Element::Text,
        }
    }
}

/// ISO 8601, whatever `IntervalStyle` is. PostgreSQL 17 and newer have intervals without an end.
fn interval(value: &str) -> String {
    let part = |name: &str| format!("extract({name} FROM {value})");
    format!(
        "CASE WHEN isfinite({value}) THEN format('P%sY%sM%sDT%sH%sM%sS', {}, {}, {}, {}, {}, trim_scale({})) \
         ELSE {value}::text END",
        part("year"),
        part("month"),
        part("day"),
        part("hour"),
        part("minute"),
        part("second")
    )
}

/// A label that is not known stays as it is, so that whoever reads the JSON finds it.
fn label_on_wire(value: &str, values: &[(&str, &str)]) -> String {
    let cases = values
        .iter()
        .map(|(label, name)| format!(" WHEN {} THEN {}", Literal::text(*label), Literal::text(*name)));
    format!("CASE {value}::text{} ELSE {value}::text END", cases.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str) -> Form {
        Form::of(&ColumnType::Builtin(DataType::parse(name).unwrap_or_else(|| panic!("{name} is a type"))))
    }

    #[test]
    fn a_value_is_cast_where_a_cast_is_enough() {
        assert_eq!(form("smallint").to_wire("x"), "x::integer");
        assert_eq!(form("bigint[]").to_wire("x"), "x");
        assert_eq!(form("uuid[]").to_wire("x"), "x::text[]");
        assert_eq!(form("money[]").to_wire("x"), "x::numeric[]::text[]");
        assert_eq!(form("bigint").to_json("x", &[]), "x::text");
        assert_eq!(form("uuid").from_wire("$1", "uuid"), "$1::text::uuid");
        assert_eq!(form("numeric(9,2)[]").from_wire("$1", "numeric(9,2)[]"), "$1::text[]::numeric(9,2)[]");
    }

    #[test]
    fn what_a_form_is_carried_by_follows_from_the_type() {
        let of_enum = Form { element: Element::Enum, is_array: false };
        assert_eq!(of_enum.carrier(), Carrier::Enum);
        assert_eq!(
            of_enum.to_json("x", &[("it's", "A_B")]),
            "CASE x::text WHEN 'it''s' THEN 'A_B' ELSE x::text END"
        );
        for (name, carrier) in [
            ("smallint", Carrier::Integer),
            ("numeric", Carrier::Text),
            ("timestamptz(3)", Carrier::Instant),
            ("timestamp", Carrier::Text),
            ("bytea", Carrier::Bytes),
        ] {
            assert_eq!(form(name).carrier(), carrier, "{name}");
        }
    }
}
