//! SQL of PostgreSQL: identifiers, literals, types, expressions and the rendering of statements.

mod data_type;

pub use data_type::DataType;
