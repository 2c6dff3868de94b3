//! Names in SQL: what PostgreSQL takes as a name, quoted only where it has to be.

use super::keywords::NEEDS_QUOTES;
use crate::schema::ObjectName;
use foldhash::HashSet;
use std::fmt;
use std::sync::LazyLock;

/// The longest name that PostgreSQL keeps, in bytes (`NAMEDATALEN - 1`); it cuts longer ones in silence.
pub const LONGEST_IDENTIFIER: usize = 63;

/// Why a text cannot be a name in PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    /// It has no characters.
    #[error("it is empty")]
    Empty,
    /// It has more than 63 bytes.
    #[error("it is longer than the 63 bytes that PostgreSQL keeps")]
    TooLong,
    /// It holds a control character.
    #[error("it holds a control character")]
    ControlCharacter,
}

/// A name in SQL. Its `Display` is safe to write into a statement: quoted where it has to be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identifier(String);

impl Identifier {
    /// A name, checked.
    ///
    /// # Errors
    /// Where PostgreSQL would refuse it or cut it.
    pub fn new(name: &str) -> Result<Identifier, IdentifierError> {
        check_identifier(name)?;
        Ok(Identifier(name.to_owned()))
    }

    /// The name without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether PostgreSQL takes a text as a name, whole.
///
/// # Errors
/// Says why not.
pub fn check_identifier(name: &str) -> Result<(), IdentifierError> {
    if name.is_empty() {
        Err(IdentifierError::Empty)
    } else if name.chars().any(char::is_control) {
        Err(IdentifierError::ControlCharacter)
    } else if name.len() > LONGEST_IDENTIFIER {
        Err(IdentifierError::TooLong)
    } else {
        Ok(())
    }
}

impl fmt::Display for Identifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_identifier(formatter, &self.0)
    }
}

/// Writes a name as PostgreSQL's `quote_ident` does: bare where it is lower case, digits and `_`, and no
/// keyword that may not stand for itself. A NUL, which no statement can hold, is left out.
pub fn write_identifier(target: &mut impl fmt::Write, name: &str) -> fmt::Result {
    if !needs_quotes(name) {
        return target.write_str(name);
    }
    target.write_char('"')?;
    for character in name.chars().filter(|character| *character != '\0') {
        if character == '"' {
            target.write_char('"')?;
        }
        target.write_char(character)?;
    }
    target.write_char('"')
}

/// Every name of every statement is looked up here.
static KEYWORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| NEEDS_QUOTES.iter().copied().collect());

fn needs_quotes(name: &str) -> bool {
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    !starts_well || !plain || KEYWORDS.contains(name)
}

/// The name of a table, type or function with its schema. `public` is left out, since migrations run with it
/// in their search path.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QualifiedName {
    schema: String,
    name: String,
}

impl QualifiedName {
    /// A name in a PostgreSQL schema.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> QualifiedName {
        QualifiedName { schema: schema.into(), name: name.into() }
    }
}

impl From<&ObjectName> for QualifiedName {
    fn from(name: &ObjectName) -> QualifiedName {
        QualifiedName::new(name.schema.as_str(), name.name.as_str())
    }
}

impl fmt::Display for QualifiedName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.schema != "public" {
            write_identifier(formatter, &self.schema)?;
            formatter.write_str(".")?;
        }
        write_identifier(formatter, &self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(name: &str) -> String {
        Identifier::new(name).unwrap().to_string()
    }

    #[test]
    fn names_are_quoted_only_where_they_have_to_be() {
        for bare in ["users", "_x", "a1", "name", "status", "key", "type", "value"] {
            assert_eq!(quoted(bare), bare);
        }
        for name in ["user", "order", "Users", "1a", "a b", "a$", "é", "a-b", "select", "between", "values"]
        {
            assert_eq!(quoted(name), format!("\"{name}\""));
        }
        assert_eq!(quoted("a\"; DROP TABLE x; --"), "\"a\"\"; DROP TABLE x; --\"");
    }

    #[test]
    fn names_that_postgresql_would_change_are_refused() {
        assert_eq!(Identifier::new(""), Err(IdentifierError::Empty));
        assert_eq!(Identifier::new("a\0"), Err(IdentifierError::ControlCharacter));
        assert_eq!(Identifier::new("a\nb"), Err(IdentifierError::ControlCharacter));
        assert!(Identifier::new(&"a".repeat(63)).is_ok());
        assert_eq!(Identifier::new(&"a".repeat(64)), Err(IdentifierError::TooLong));
        assert_eq!(Identifier::new(&"é".repeat(32)), Err(IdentifierError::TooLong));
    }

    #[test]
    fn every_keyword_is_quoted() {
        assert!(NEEDS_QUOTES.iter().all(|keyword| quoted(keyword) == format!("\"{keyword}\"")));
    }

    #[test]
    fn a_schema_other_than_public_is_written() {
        assert_eq!(QualifiedName::new("public", "user").to_string(), "\"user\"");
        assert_eq!(QualifiedName::new("audit", "log").to_string(), "audit.log");
    }
}
