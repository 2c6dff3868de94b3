//! Constants in quotation marks, which become values of a type when PostgreSQL reads the expression.

use super::Surroundings;
use super::problem::{ProblemKind, TypeProblem};
use super::typed::At;
use crate::sql::catalog::{TypeId, TypeKind};
use crate::sql::{DataType, Literal, literal_problem, plain_elements};

/// Why a type does not take a text.
pub(super) fn problem(surroundings: &Surroundings, id: TypeId, text: &str, at: At) -> Option<TypeProblem> {
    if text.contains('\0') {
        return None;
    }
    let (reason, kind) = reason(surroundings, id, text)?;
    let message =
        format!("`{}` does not take {}: {reason}", surroundings.shown(id), Literal::text(shortened(text)));
    Some(TypeProblem { kind, message, offset: at.0, length: at.1, help: None })
}

fn reason(surroundings: &Surroundings, id: TypeId, text: &str) -> Option<(String, ProblemKind)> {
    let element = id.element().unwrap_or(id);
    if element.kind() == TypeKind::Enum {
        let values = surroundings.values(element)?;
        let texts = if id.is_array() { plain_elements(text)? } else { vec![text] };
        let unknown = texts.into_iter().find(|text| !values.iter().any(|value| value == text))?;
        let kind = ProblemKind::UnknownValue(element.enum_number()?, unknown.to_owned());
        return Some(("the enum has no such value".to_owned(), kind));
    }
    // Without a length: it would cut the text, not refuse it.
    let name = match element.catalog_name()? {
        "bit" => "\"bit\"".to_owned(),
        "bpchar" => "bpchar".to_owned(),
        _ => element.shown()?,
    };
    let name = if id.is_array() { format!("{name}[]") } else { name };
    let data_type = DataType::parse(&name)?;
    let reason = literal_problem(&data_type, &Literal::text(text))?;
    Some((reason, ProblemKind::Other))
}

/// As much of a text as a message shows.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
