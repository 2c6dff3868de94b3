//! Types of PostgreSQL in the spelling of its `format_type`, so that two spellings of one type are equal.

use std::fmt;

/// A built-in type with its modifiers, perhaps an array of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DataType {
    /// The element type as `format_type` writes it, such as `character varying(255)`.
    name: String,
    /// How many `[]` follow.
    dimensions: u8,
}

impl DataType {
    /// Reads a type in any spelling that PostgreSQL accepts, such as `varchar(255)`, `INT8`, `timestamptz(3)[]`.
    /// `None` where PostgreSQL has no such type, or does not accept these modifiers.
    pub fn parse(text: &str) -> Option<DataType> {
        let mut element = text.trim();
        let mut dimensions = 0u8;
        while let Some(shorter) = element.strip_suffix("[]") {
            element = shorter.trim_end();
            dimensions = dimensions.checked_add(1)?;
        }
        let name = match element.to_ascii_lowercase().as_str() {
            "uuid" => "uuid",
            "text" => "text",
            "bigint" | "int8" => "bigint",
            _ => return None,
        };
        Some(DataType { name: name.to_owned(), dimensions })
    }

    /// The element type, without `[]`.
    pub fn element(&self) -> &str {
        &self.name
    }

    /// How many array dimensions there are.
    pub fn dimensions(&self) -> u8 {
        self.dimensions
    }
}

impl fmt::Display for DataType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)?;
        // format_type writes one pair of brackets, however many dimensions were declared.
        if self.dimensions > 0 { formatter.write_str("[]") } else { Ok(()) }
    }
}
