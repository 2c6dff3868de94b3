//! How a value gets from a row into a message and back: as few types in Rust as the wire has, and SQL that turns every other
//! into one of them, whatever the settings of the session.

use crate::semantic::model::{ColumnType, EnumId};
use crate::sql::{DataType, TypeFamily};

/// What a value, or each of a list, is in Rust between a row and a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Bool,
    Bytes,
    Double,
    Float,
    Int32,
    Int64,
    Text,
    /// A point in time: microseconds since 1970 in SQL, a `Timestamp` in a message.
    Time,
}

impl Value {
    /// Its type as sqlx takes and gives it.
    pub fn rust(self) -> &'static str {
        match self {
            Value::Bool => "bool",
            Value::Bytes => "Vec<u8>",
            Value::Double => "f64",
            Value::Float => "f32",
            Value::Int32 => "i32",
            Value::Int64 | Value::Time => "i64",
            Value::Text => "String",
        }
    }

    /// Its type in PostgreSQL.
    fn sql(self) -> &'static str {
        match self {
            Value::Bool => "boolean",
            Value::Bytes => "bytea",
            Value::Double => "double precision",
            Value::Float => "real",
            Value::Int32 => "integer",
            Value::Int64 | Value::Time => "bigint",
            Value::Text => "text",
        }
    }
}

/// How values of a column travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Form {
    pub value: Value,
    pub is_list: bool,
    /// The enum whose value it is on the wire; its label in SQL.
    pub enumeration: Option<EnumId>,
    element: Element,
}

/// How an element is written as SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    /// As it is.
    Same,
    /// By a cast.
    Cast,
    /// ISO 8601, which JSON has in every session.
    Json,
    TimeWithZone,
    Interval,
    Microseconds,
    /// `money`, whose text depends on the session.
    Money,
}

impl Form {
    /// That of a column in the database of the service that declares it.
    pub fn of(column_type: &ColumnType) -> Form {
        match column_type {
            ColumnType::Builtin(data_type) => Form::of_builtin(data_type),
            ColumnType::Enum(id, dimensions) => Form {
                value: Value::Text,
                is_list: *dimensions > 0,
                enumeration: Some(*id),
                element: Element::Cast,
            },
            ColumnType::Extension(name) | ColumnType::Unknown(name) => Form {
                value: Value::Text,
                is_list: name.ends_with("[]"),
                enumeration: None,
                element: Element::Cast,
            },
        }
    }

    fn of_builtin(data_type: &DataType) -> Form {
        let (value, element) = match (data_type.family(), data_type.base()) {
            (TypeFamily::Boolean, _) => (Value::Bool, Element::Same),
            (TypeFamily::Integer, "bigint") => (Value::Int64, Element::Same),
            (TypeFamily::Integer, "integer") => (Value::Int32, Element::Same),
            (TypeFamily::Integer, _) => (Value::Int32, Element::Cast),
            (TypeFamily::Float, "real") => (Value::Float, Element::Same),
            (TypeFamily::Float, _) => (Value::Double, Element::Same),
            (TypeFamily::Bytes, _) => (Value::Bytes, Element::Same),
            (TypeFamily::Timestamp, "timestamp with time zone") => (Value::Time, Element::Microseconds),
            (TypeFamily::Timestamp | TypeFamily::Date, _) => (Value::Text, Element::Json),
            (TypeFamily::Time, "time with time zone") => (Value::Text, Element::TimeWithZone),
            (TypeFamily::Interval, _) => (Value::Text, Element::Interval),
            (TypeFamily::Money, _) => (Value::Text, Element::Money),
            (TypeFamily::Text, "text" | "character varying") => (Value::Text, Element::Same),
            _ => (Value::Text, Element::Cast),
        };
        Form { value, is_list: data_type.is_array(), enumeration: None, element }
    }

    #[allow(dead_code, reason = "asked by what publishes")]
    /// The SQL expression that gives a value of the SQL expression `column` as it travels.
    pub fn selected(&self, column: &str) -> String {
        if !self.is_list {
            return self.element_of(column);
        }
        match self.element {
            Element::Same => column.to_owned(),
            Element::Cast => format!("{column}::{}[]", self.value.sql()),
            _ => format!(
                "CASE WHEN {column} IS NOT NULL THEN ARRAY(SELECT {} FROM unnest({column}) WITH ORDINALITY AS list (element, \
                 place) ORDER BY place) END",
                self.element_of("element")
            ),
        }
    }

    #[allow(dead_code, reason = "asked by what publishes")]
    fn element_of(&self, column: &str) -> String {
        match self.element {
            Element::Same => column.to_owned(),
            Element::Cast => format!("{column}::{}", self.value.sql()),
            Element::Json => format!("to_json({column}) #>> '{{}}'"),
            Element::TimeWithZone => format!(
                "{column}::time::text || CASE WHEN extract(timezone FROM {column}) < 0 THEN '-' ELSE '+' END || \
                 to_char(make_interval(secs => abs(extract(timezone FROM {column}))::double precision), 'HH24:MI')"
            ),
            Element::Interval => {
                let part = |part: &str| format!("extract({part} FROM {column})");
                let parts = ["year", "month", "day", "hour", "minute", "second"].map(part).join(", ");
                // format() makes a text of NULLs, too.
                format!("CASE WHEN {column} IS NOT NULL THEN format('P%sY%sM%sDT%sH%sM%sS', {parts}) END")
            }
            Element::Microseconds => format!("(extract(epoch FROM {column}) * 1000000)::bigint"),
            Element::Money => format!("{column}::numeric::text"),
        }
    }

    /// The SQL expression that makes a value of a column of type `column_type` from the parameter of this number.
    pub fn parameter(&self, number: usize, column_type: &str) -> String {
        let list = if self.is_list { "[]" } else { "" };
        let moment = |value: &str| format!("timestamptz 'epoch' + {value} * interval '1 microsecond'");
        match (self.element, self.is_list) {
            (Element::Same, _) => format!("${number}"),
            (Element::Microseconds, false) => moment(&format!("${number}::bigint")),
            (Element::Microseconds, true) => format!(
                "CASE WHEN ${number}::bigint[] IS NOT NULL THEN ARRAY(SELECT {} FROM unnest(${number}::bigint[]) WITH ORDINALITY \
                 AS list (element, place) ORDER BY place) END",
                moment("element")
            ),
            // A text that is no number of the session's currency is one of numeric.
            (Element::Money, false) => format!("${number}::text::numeric::{column_type}"),
            (Element::Money, true) => format!("${number}::text[]::numeric[]::{column_type}"),
            _ => format!("${number}::{}{list}::{column_type}", self.value.sql()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str) -> Form {
        Form::of(&ColumnType::Builtin(DataType::parse(name).expect("a type")))
    }

    #[test]
    fn a_type_of_the_wire_needs_no_cast() {
        for name in
            ["boolean", "integer", "bigint", "real", "double precision", "bytea", "text", "varchar(9)"]
        {
            assert_eq!(form(name).selected("x"), "x", "{name}");
            assert_eq!(form(name).parameter(1, name), "$1", "{name}");
        }
        assert_eq!(form("smallint").selected("x"), "x::integer");
        assert_eq!(form("smallint").parameter(2, "smallint"), "$2::integer::smallint");
    }

    #[test]
    fn any_other_is_text() {
        assert_eq!(form("uuid").selected("x"), "x::text");
        assert_eq!(form("uuid[]").selected("x"), "x::text[]");
        assert_eq!(form("uuid").parameter(1, "uuid"), "$1::text::uuid");
        assert_eq!(form("uuid[]").parameter(1, "uuid[]"), "$1::text[]::uuid[]");
        assert_eq!(form("date").selected("x"), "to_json(x) #>> '{}'");
    }

    #[test]
    fn a_point_in_time_is_microseconds() {
        assert_eq!(form("timestamptz").value.rust(), "i64");
        assert_eq!(form("timestamptz").selected("x"), "(extract(epoch FROM x) * 1000000)::bigint");
        assert_eq!(
            form("timestamptz").parameter(3, "timestamptz"),
            "timestamptz 'epoch' + $3::bigint * interval '1 microsecond'"
        );
    }
}
