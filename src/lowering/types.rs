//! Types of columns as PostgreSQL's `format_type` spells them.

use super::PUBLIC;
use crate::semantic::Register;
use crate::semantic::model::{ColumnType, Service};
use crate::sql::{QualifiedName, extension_type, is_known_extension};

/// A type in the database of the service that declares it.
pub fn own_type(register: &Register, column_type: &ColumnType) -> String {
    match column_type {
        ColumnType::Builtin(data_type) => data_type.to_string(),
        ColumnType::Enum(id, dimensions) => {
            let name = QualifiedName::new(PUBLIC, register.enums[*id].name.as_str());
            // PostgreSQL keeps no number of dimensions.
            if *dimensions == 0 { name.to_string() } else { format!("{name}[]") }
        }
        ColumnType::Extension(text) | ColumnType::Unknown(text) => text.clone(),
    }
}

/// The type that a column of another service has in a copy: enums of that service, and types of extensions that
/// the copy's service does not have, are kept as text.
pub fn copied_type(register: &Register, keeper: &Service, column_type: &ColumnType) -> String {
    let text = |is_array| if is_array { "text[]".to_owned() } else { "text".to_owned() };
    match column_type {
        ColumnType::Builtin(data_type) => data_type.to_string(),
        ColumnType::Enum(_, dimensions) => text(*dimensions > 0),
        ColumnType::Extension(name) => {
            let mut extensions = keeper.extensions.iter().map(|extension| extension.as_str());
            let brings_it =
                |extension: &str| extension_type(extension, name).is_some() || !is_known_extension(extension);
            if extensions.any(brings_it) { name.clone() } else { text(name.ends_with("[]")) }
        }
        ColumnType::Unknown(_) => own_type(register, column_type),
    }
}
