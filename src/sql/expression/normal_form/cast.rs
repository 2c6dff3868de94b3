//! Casts: which of them PostgreSQL adds or drops when it stores an expression.

use super::family::width_of;
use super::term::{Head, Term, Width};
use super::{Converter, constant};
use crate::sql::{DataType, TypeFamily};

impl Converter<'_> {
    /// A term turned into a type. `None` where what PostgreSQL prints depends on the session.
    pub(super) fn cast_to(&self, term: Term, type_text: &str) -> Option<Term> {
        let data_type = DataType::parse(type_text);
        let name = match &data_type {
            Some(data_type) => data_type.to_string(),
            None => other_type(type_text)?,
        };
        match term {
            Term::Null => Some(Term::Null),
            Term::Text(text) => literal(text, data_type.as_ref(), name),
            Term::Number(digits, width) => Some(number(digits, width, data_type.as_ref(), name)),
            Term::Boolean(value) if name == "boolean" => Some(Term::Boolean(value)),
            Term::List(Head::Array, elements) if data_type.as_ref().is_none_or(DataType::is_array) => {
                self.array(elements, &name)
            }
            term if self.is_of_type(&term, data_type.as_ref()) => Some(term),
            term => Some(Term::List(Head::Cast(name), vec![term])),
        }
    }

    /// Elements of an array get its type, each by itself, if they are constants.
    fn array(&self, elements: Vec<Term>, name: &str) -> Option<Term> {
        let relabeled = |term: &Term| match term {
            Term::Column(column) => {
                self.is_of_type(&Term::Column(column.clone()), DataType::parse(name).as_ref())
            }
            other => other.is_literal(),
        };
        if !elements.iter().all(relabeled) {
            return Some(Term::List(Head::Cast(name.to_owned()), vec![Term::List(Head::Array, elements)]));
        }
        let element_type = name.strip_suffix("[]").unwrap_or(name);
        let cast = |term: Term| match term {
            Term::Column(_) => Some(term),
            literal => self.cast_to(literal, element_type),
        };
        Some(Term::List(Head::Array, elements.into_iter().map(cast).collect::<Option<_>>()?))
    }

    /// Whether the cast changes nothing: the term has the type already, or `character varying` is only
    /// relabeled as `text`, as PostgreSQL does for every operator and function of text.
    fn is_of_type(&self, term: &Term, data_type: Option<&DataType>) -> bool {
        let Some(target) = data_type else { return false };
        match term {
            Term::Column(name) => self.column(name).is_some_and(|own| {
                let unpadded =
                    |data_type: &DataType| matches!(data_type.base(), "text" | "character varying");
                let relabeled = unpadded(&own) && unpadded(target) && target.length().is_none();
                own.is_array() == target.is_array() && (own == *target || relabeled)
            }),
            Term::List(Head::Function(_) | Head::Operator(_), _) => {
                target.base() == "text" && !target.is_array() && self.family(term) == Some(TypeFamily::Text)
            }
            Term::List(Head::Cast(name), _) => DataType::parse(name).is_some_and(|own| {
                own == *target
                    || own.base() == "character varying" && Some(target) == text_type(own.is_array()).as_ref()
            }),
            _ => false,
        }
    }
}

/// A string as a constant of a type. A constant is stored as a value, so that its spelling is lost.
fn literal(text: String, data_type: Option<&DataType>, name: String) -> Option<Term> {
    let Some(data_type) = data_type.filter(|data_type| !data_type.is_array()) else {
        return Some(Term::Text(text));
    };
    Some(match data_type.family() {
        TypeFamily::Integer | TypeFamily::Decimal | TypeFamily::Float => {
            return Some(numeric_literal(text, data_type, name));
        }
        TypeFamily::Boolean => constant::boolean(&text).map_or(Term::Text(text), Term::Boolean),
        TypeFamily::Text | TypeFamily::Bits if data_type.length().is_some() => {
            Term::List(Head::Cast(name), vec![Term::Text(text)])
        }
        TypeFamily::Interval if name == "interval" => Term::Text(constant::interval(&text)?),
        TypeFamily::Date => Term::Text(constant::date(&text)?),
        TypeFamily::Timestamp if data_type.base() == "timestamp with time zone" => {
            Term::Text(constant::moment(&text)?)
        }
        TypeFamily::Time if data_type.base() == "time without time zone" => {
            Term::Text(constant::time(&text)?)
        }
        TypeFamily::Range if text != "empty" => return None,
        TypeFamily::Timestamp => Term::Text(constant::timestamp(&text)?),
        TypeFamily::Uuid => Term::Text(text.to_ascii_lowercase()),
        TypeFamily::Json if name == "jsonb" => Term::Text(constant::json(&text)?),
        _ => Term::Text(text),
    })
}

fn numeric_literal(text: String, data_type: &DataType, name: String) -> Term {
    let (sign, unsigned) = match text.trim().strip_prefix('-') {
        Some(unsigned) => ("-", unsigned),
        None => ("", text.trim()),
    };
    let Some((digits, _)) = constant::number(unsigned) else {
        // NaN and infinity.
        return Term::List(Head::Cast(name), vec![Term::Text(text)]);
    };
    let width = width_of(data_type.family());
    number(format!("{sign}{digits}"), width, Some(data_type), name)
}

/// A number as a constant of a type.
fn number(digits: String, width: Option<Width>, data_type: Option<&DataType>, name: String) -> Term {
    let target = data_type.filter(|data_type| !data_type.is_array() && data_type.precision().is_none());
    match target.and_then(|data_type| width_of(data_type.family())) {
        // What gets wider keeps its value. To become narrower is to be rounded.
        Some(target) if width.is_none_or(|width| width <= target) => Term::Number(digits, Some(target)),
        _ => Term::List(Head::Cast(name), vec![Term::Number(digits, width)]),
    }
}

/// The name of an enum or of an extension's type.
fn other_type(text: &str) -> Option<String> {
    let plain = text.chars().all(|c| c.is_alphanumeric() || "_.,()[] \"$".contains(c));
    if !plain || text.len() > 256 {
        return None;
    }
    let folded = if text.contains('"') { text.replace('"', "") } else { text.to_lowercase() };
    let name = folded.strip_prefix("public.").unwrap_or(&folded);
    Some(name.replace(", ", ","))
}

fn text_type(is_array: bool) -> Option<DataType> {
    DataType::parse(if is_array { "text[]" } else { "text" })
}
