//! The types of expressions: what PostgreSQL's parser says of operators, functions and casts, from its own catalog.
//! What is not understood has no type, and nothing is said of it: better a mistake that PostgreSQL finds than a finding
//! where there is none.

mod call;
mod coerce;
mod constant;
mod infer;
mod operation;
mod operator_classes;
mod problem;
mod resolve;
mod surroundings;
mod typed;

pub use operator_classes::ClassProblem;
pub use problem::{ProblemKind, TypeProblem};
pub use surroundings::{EnumValues, Surroundings};

use super::columns::{ColumnUse, columns_in};
use super::{ExpressionError, grouping, parse};
use crate::sql::catalog::{Catalog, Major, TypeId};
use coerce::Conversions;
use infer::Typer;
use sqlparser::ast::Expr;
use typed::{Type, Typed};

/// An expression that was read once, to be looked at in several tables.
#[derive(Debug)]
pub struct ParsedExpression {
    text: String,
    tree: Expr,
    columns: Vec<ColumnUse>,
    /// Whether the tree is the one that PostgreSQL reads; else nothing is said of its types.
    is_understood: bool,
}

/// What an expression has to be where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// A condition.
    Condition,
    /// A value that a column of the type takes.
    Value(TypeId),
    /// A value that is assigned to a column of the type through its text, so that only constants are judged.
    Assigned(TypeId),
    /// A value of any type.
    Anything,
}

/// Where an expression stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// What it has to be.
    pub wanted: Wanted,
    /// Whether it has to give the same at any time.
    pub is_unchanging: bool,
}

impl ParsedExpression {
    /// Reads a text.
    ///
    /// # Errors
    /// As those of [`super::expression`].
    pub fn read(text: &str) -> Result<ParsedExpression, ExpressionError> {
        let tree = parse(text)?;
        let columns = columns_in(text, &tree);
        let is_operator = |name: &str| {
            [Major::Fifteen, Major::Eighteen]
                .into_iter()
                .any(|major| !Catalog::of(major).operators(name).is_empty())
        };
        let is_understood = grouping::is_as_postgresql_reads(text, &tree, &is_operator);
        Ok(ParsedExpression { text: text.to_owned(), tree, columns, is_understood })
    }

    /// Every use of a column, in order.
    pub fn columns(&self) -> &[ColumnUse] {
        &self.columns
    }

    /// Why PostgreSQL refuses the expression; `None` where it takes it, and where it cannot be told. With several
    /// versions of PostgreSQL around, only what each of them refuses counts.
    pub fn problem(
        &self,
        surroundings: &Surroundings,
        column_type: &dyn Fn(&str) -> Option<TypeId>,
        place: Place,
    ) -> Option<TypeProblem> {
        let mut last = None;
        for major in surroundings.majors() {
            last = Some(self.problem_on(*major, surroundings, column_type, place)?);
        }
        last
    }

    /// The type that the expression has in every version of PostgreSQL that may be meant, where it can be told.
    pub fn type_id(
        &self,
        surroundings: &Surroundings,
        column_type: &dyn Fn(&str) -> Option<TypeId>,
    ) -> Option<TypeId> {
        let mut found = None;
        for major in surroundings.majors() {
            let typed = self.typed(&typer(*major, surroundings, &self.text, column_type)).ok()?;
            let own = match typed.kind {
                Type::Of(id) => id,
                Type::Constant(_) => TypeId::named("text")?,
                Type::NotKnown => return None,
            };
            if *found.get_or_insert(own) != own {
                return None;
            }
        }
        found
    }

    fn typed(&self, typer: &Typer<'_>) -> Result<Typed, Box<TypeProblem>> {
        if self.is_understood { typer.infer(&self.tree, 0) } else { Ok(Typed::not_known()) }
    }

    fn problem_on(
        &self,
        major: Major,
        surroundings: &Surroundings,
        column_type: &dyn Fn(&str) -> Option<TypeId>,
        place: Place,
    ) -> Option<TypeProblem> {
        let typer = typer(major, surroundings, &self.text, column_type);
        let typed = match self.typed(&typer) {
            Ok(typed) => typed,
            Err(problem) => return Some(*problem),
        };
        let fits = match place.wanted {
            Wanted::Condition => typer.condition(&typed, "a condition is wanted here"),
            Wanted::Value(wanted) => typer.value(&typed, wanted),
            Wanted::Assigned(wanted) => typer.constant(&typed, wanted),
            Wanted::Anything => Ok(()),
        };
        if let Err(problem) = fits {
            return Some(*problem);
        }
        // PostgreSQL looks at this before it turns the value into the column's type.
        let change = typed.change.filter(|_| place.is_unchanging)?;
        Some(TypeProblem {
            kind: ProblemKind::Changes,
            message: change.what,
            offset: change.at.0,
            length: change.at.1,
            help: None,
        })
    }
}

fn typer<'a>(
    major: Major,
    surroundings: &'a Surroundings,
    text: &'a str,
    column_type: &'a dyn Fn(&str) -> Option<TypeId>,
) -> Typer<'a> {
    let conversions = Conversions { catalog: Catalog::of(major), surroundings };
    Typer { text, conversions, column_type, is_open: surroundings.is_open(major) }
}
