//! Whether a column can hold the key of another.

use crate::semantic::Register;
use crate::semantic::model::ColumnType;
use crate::sql::DataType;

/// Whether a column of the first type can hold every key of the second, and compares with it without a cast.
/// Texts of any length limit agree unless the referring one is shorter; everything else has to be the same type.
/// Enums of two services agree when name and values do. Unknown types are left to rule `unknown-type`.
pub fn keys_agree(register: &Register, referring: &ColumnType, target: &ColumnType) -> bool {
    match (referring, target) {
        (ColumnType::Unknown(_), _) | (_, ColumnType::Unknown(_)) => true,
        (ColumnType::Enum(own, own_dimensions), ColumnType::Enum(other, other_dimensions)) => {
            let (own, other) = (&register.enums[*own], &register.enums[*other]);
            let values = |of: &'_ crate::semantic::model::EnumType| {
                of.values.iter().map(|value| value.name.value.clone()).collect::<Vec<_>>()
            };
            own_dimensions == other_dimensions
                && own.name.value == other.name.value
                && (std::ptr::eq(own, other) || own.service != other.service && values(own) == values(other))
        }
        (ColumnType::Builtin(own), ColumnType::Builtin(other)) => {
            own == other
                || text_limit(own).zip(text_limit(other)).is_some_and(|(own, other)| match (own, other) {
                    (None, _) => true,
                    (Some(own), Some(other)) => own >= other,
                    (Some(_), None) => false,
                })
        }
        _ => referring == target,
    }
}

/// How many characters a `text` or `varchar` holds: `Some(None)` without a limit; `None` for other types.
fn text_limit(data_type: &DataType) -> Option<Option<u32>> {
    if data_type.dimensions() > 0 {
        return None;
    }
    match data_type.element() {
        "text" | "character varying" => Some(None),
        other => {
            let limit = other.strip_prefix("character varying(")?.strip_suffix(')')?;
            limit.parse().ok().map(Some)
        }
    }
}
