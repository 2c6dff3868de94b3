//! Which type on the wire a type of PostgreSQL has, and in which form its values stand there.

use super::file::{FieldType, Scalar, TypeName};
use crate::sql::{DataType, TypeFamily};

/// The type on the wire of a built-in type; of an array, that of its elements.
///
/// Where Protobuf has a type that holds every value, it is that one. Any other type is text: a reader that does not know
/// it can pass it on as it is, and no digit is lost.
pub fn wire_type(data_type: &DataType) -> FieldType {
    FieldType::Scalar(match (data_type.family(), data_type.base()) {
        (TypeFamily::Boolean, _) => Scalar::Bool,
        (TypeFamily::Integer, "bigint") => Scalar::Int64,
        (TypeFamily::Integer, _) => Scalar::Int32,
        (TypeFamily::Float, "real") => Scalar::Float,
        (TypeFamily::Float, _) => Scalar::Double,
        (TypeFamily::Bytes, _) => Scalar::Bytes,
        (TypeFamily::Timestamp, "timestamp with time zone") => {
            return FieldType::Message(TypeName::timestamp());
        }
        _ => Scalar::String,
    })
}

/// The form of the values of a built-in type where its type on the wire does not say it: a sentence.
/// `docs/language.md`, "Types on the wire", says the same at length.
pub fn type_format(data_type: &DataType) -> Option<String> {
    let sentence = match (data_type.family(), data_type.base()) {
        (TypeFamily::Integer, "smallint") => "From -32768 to 32767.",
        (TypeFamily::Decimal | TypeFamily::Money, _) => "A decimal number.",
        (TypeFamily::Text, _) => {
            return data_type.length().map(|length| match length {
                1 => "At most 1 character.".to_owned(),
                _ => format!("At most {length} characters."),
            });
        }
        (TypeFamily::Date, _) => "A date, as `2026-01-31`.",
        (TypeFamily::Time, "time with time zone") => "A time of day with its offset, as `13:45:00.5+02:00`.",
        (TypeFamily::Time, _) => "A time of day, as `13:45:00.5`.",
        (TypeFamily::Timestamp, "timestamp without time zone") => {
            "A date and time without a zone, as `2026-01-31T13:45:00.5`."
        }
        (TypeFamily::Interval, _) => "A duration in ISO 8601, as `P1Y2M3DT4H5M6.5S`.",
        (TypeFamily::Uuid, _) => "A UUID.",
        (TypeFamily::Json, "json" | "jsonb") => "JSON.",
        (
            TypeFamily::Json
            | TypeFamily::Bits
            | TypeFamily::Network
            | TypeFamily::Geometric
            | TypeFamily::Range
            | TypeFamily::TextSearch
            | TypeFamily::Xml
            | TypeFamily::ObjectIdentifier
            | TypeFamily::System,
            base,
        ) => return Some(text_of(base)),
        _ => return None,
    };
    Some(sentence.to_owned())
}

/// The same for a type that has no other form than PostgreSQL's own.
pub(super) fn text_of(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "An" } else { "A" };
    format!("{article} `{name}` in PostgreSQL's own text.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_keeps_every_value() {
        let cases = [
            ("bigint", "int64", None),
            ("int", "int32", None),
            ("smallint", "int32", Some("From -32768 to 32767.")),
            ("real", "float", None),
            ("float8", "double", None),
            ("numeric(12,2)", "string", Some("A decimal number.")),
            ("timestamptz(3)", "google.protobuf.Timestamp", None),
            ("timestamp", "string", Some("A date and time without a zone, as `2026-01-31T13:45:00.5`.")),
            ("varchar(50)[]", "string", Some("At most 50 characters.")),
            ("text", "string", None),
            ("bytea", "bytes", None),
            ("inet", "string", Some("An `inet` in PostgreSQL's own text.")),
        ];
        for (name, expected, format) in cases {
            let data_type = DataType::parse(name).expect("a type");
            assert_eq!(wire_type(&data_type).full_name(), expected, "{name}");
            assert_eq!(type_format(&data_type).as_deref(), format, "{name}");
        }
    }
}
