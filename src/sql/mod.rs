//! SQL of PostgreSQL: identifiers, literals, types, expressions and the rendering of statements.

mod access_method;
mod builtin_types;
mod catalog;
mod data_type;
mod default_literal;
mod expression;
mod extension_names;
mod extension_trust;
mod extension_types;
mod identifier;
mod keywords;
mod lexer;
mod literal;
mod render;
mod render_table;
mod statement;

pub use access_method::{AccessMethod, MOST_INDEX_COLUMNS, access_method};
pub use builtin_types::TypeFamily;
pub use catalog::TypeId;
pub use data_type::{DataType, TypeError, is_catalog_type, type_names};
pub use default_literal::{literal_problem, plain_elements};
pub use expression::{
    ClassProblem, ColumnUse, EnumValues, ExpressionError, ParsedExpression, Place, ProblemKind, Surroundings,
    TypeProblem, Wanted, column_uses, columns_of, default_expression, expression, expression_with,
};
pub use extension_names::extension_names;
pub use extension_trust::is_trusted_extension;
pub use extension_types::{extension_of_type, extension_type, is_known_extension};
pub use identifier::{
    Identifier, IdentifierError, LONGEST_IDENTIFIER, QualifiedName, check_identifier, write_identifier,
};
pub use literal::{LineComment, Literal, Number};
pub use render::render;
pub use statement::statement;
