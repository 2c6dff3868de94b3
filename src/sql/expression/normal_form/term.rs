//! The normal form as a tree, and its text.

use std::fmt::Write;

/// How wide a number is: PostgreSQL turns the narrower side of an operator into the wider type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Width {
    Integer,
    Decimal,
    Float,
}

/// What stands at the head of a list of terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Head {
    And,
    Or,
    Not,
    /// An operator, or one of PostgreSQL's tests such as `IS NULL`.
    Operator(String),
    /// The operator holds for one of the array's elements.
    Any(String),
    /// The operator holds for each of the array's elements.
    All(String),
    Function(String),
    /// Turned into this type.
    Cast(String),
    /// Operand (or NULL), then pairs of condition and result, then the result of ELSE.
    Case,
    Array,
    Row,
    Subscript,
    /// An argument with its name.
    Named(String),
    Field(String),
    Collate(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    Column(String),
    /// Digits, and the width where it decides something.
    Number(String, Option<Width>),
    Text(String),
    Boolean(bool),
    Null,
    List(Head, Vec<Term>),
}

impl Term {
    pub fn operator(symbol: impl Into<String>, operands: Vec<Term>) -> Term {
        Term::List(Head::Operator(symbol.into()), operands)
    }

    pub fn function(name: impl Into<String>, arguments: Vec<Term>) -> Term {
        Term::List(Head::Function(name.into()), arguments)
    }

    pub fn not(operand: Term) -> Term {
        Term::List(Head::Not, vec![operand])
    }

    /// AND or OR, without those that stand directly in it.
    pub fn junction(head: Head, operands: Vec<Term>) -> Term {
        let mut flat = Vec::with_capacity(operands.len());
        for operand in operands {
            match operand {
                Term::List(inner, nested) if inner == head => flat.extend(nested),
                other => flat.push(other),
            }
        }
        Term::List(head, flat)
    }

    /// Whether this is a constant by itself.
    pub fn is_literal(&self) -> bool {
        !matches!(self, Term::Column(_) | Term::List(..))
    }

    /// A number whose width decides nothing here.
    pub fn without_width(self) -> Term {
        match self {
            Term::Number(digits, _) => Term::Number(digits, None),
            other => other,
        }
    }

    /// The text, in which no two different terms are the same.
    pub fn write(&self, out: &mut String) {
        match self {
            Term::Column(name) => quote(out, name, '"'),
            Term::Number(digits, width) => {
                out.push_str(digits);
                out.push_str(match width {
                    None => "",
                    Some(Width::Integer) => "i",
                    Some(Width::Decimal) => "d",
                    Some(Width::Float) => "f",
                });
            }
            Term::Text(text) => quote(out, text, '\''),
            Term::Boolean(value) => out.push_str(if *value { "true" } else { "false" }),
            Term::Null => out.push_str("null"),
            Term::List(head, terms) => {
                out.push('(');
                write_head(out, head);
                for term in terms {
                    out.push(' ');
                    term.write(out);
                }
                out.push(')');
            }
        }
    }
}

fn write_head(out: &mut String, head: &Head) {
    let (word, name) = match head {
        Head::And => ("and", None),
        Head::Or => ("or", None),
        Head::Not => ("not", None),
        Head::Operator(symbol) => return out.push_str(symbol),
        Head::Any(symbol) => ("any", Some(symbol)),
        Head::All(symbol) => ("all", Some(symbol)),
        Head::Function(name) => ("call", Some(name)),
        Head::Cast(name) => ("cast", Some(name)),
        Head::Case => ("case", None),
        Head::Array => ("array", None),
        Head::Row => ("row", None),
        Head::Subscript => ("subscript", None),
        Head::Named(name) => ("named", Some(name)),
        Head::Field(name) => ("field", Some(name)),
        Head::Collate(name) => ("collate", Some(name)),
    };
    out.push_str(word);
    if let Some(name) = name {
        let _ = write!(out, " {name}");
    }
}

fn quote(out: &mut String, text: &str, mark: char) {
    out.push(mark);
    for character in text.chars() {
        if character == mark {
            out.push(mark);
        }
        out.push(character);
    }
    out.push(mark);
}
