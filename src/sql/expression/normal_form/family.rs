//! Operators and the families of their operands: where PostgreSQL turns one side into the other's type, the
//! term does too, so that both forms say it.

use super::Converter;
use super::term::{Head, Term, Width};
use crate::sql::TypeFamily;

/// Functions that give an integer, whatever they take.
#[rustfmt::skip]
const INTEGER_FUNCTIONS: &[&str] = &[
    "array_length", "array_lower", "array_ndims", "array_position", "array_upper", "ascii", "bit_length",
    "cardinality", "char_length", "character_length", "json_array_length", "jsonb_array_length", "length",
    "num_nonnulls", "num_nulls", "octet_length", "position", "strpos",
];

/// Functions that give text, whatever they take.
#[rustfmt::skip]
const TEXT_FUNCTIONS: &[&str] = &[
    "concat", "concat_ws", "format", "initcap", "jsonb_typeof", "json_typeof", "left", "lower", "md5",
    "regexp_replace", "repeat", "replace", "reverse", "right", "split_part", "to_char", "to_hex", "translate",
    "upper",
];

/// Functions that give a timestamp.
#[rustfmt::skip]
const TIMESTAMP_FUNCTIONS: &[&str] = &[
    "clock_timestamp", "current_timestamp", "localtimestamp", "now", "statement_timestamp", "to_timestamp",
    "transaction_timestamp",
];

/// Functions of `double precision` and `numeric` alone.
const FLOAT_FUNCTIONS: &[&str] =
    &["cbrt", "degrees", "exp", "ln", "log", "log10", "pow", "power", "radians", "sign", "sqrt"];

/// Functions of the same types where they have one argument.
const ROUNDING_FUNCTIONS: &[&str] = &["ceil", "ceiling", "floor", "round", "trunc"];

/// Functions of timestamps but not of dates.
const MOMENT_FUNCTIONS: &[&str] = &["age", "date_trunc", "to_char"];

/// Functions that extension citext has in a version of its own; it leaves all others to text.
#[rustfmt::skip]
const CITEXT_FUNCTIONS: &[&str] = &[
    "max", "min", "regexp_match", "regexp_matches", "regexp_replace", "regexp_split_to_array", "replace",
    "split_part", "strpos", "translate",
];

impl Converter<'_> {
    /// What the values of a term are like; `None` where that is not known.
    pub(super) fn family(&self, term: &Term) -> Option<TypeFamily> {
        match term {
            Term::Column(name) => self
                .column(name)
                .filter(|data_type| !data_type.is_array())
                .map(|data_type| data_type.family()),
            Term::Number(_, width) => width.map(family_of),
            Term::Boolean(_) => Some(TypeFamily::Boolean),
            Term::Text(_) | Term::Null => None,
            Term::List(head, terms) => self.list_family(head, terms),
        }
    }

    fn list_family(&self, head: &Head, terms: &[Term]) -> Option<TypeFamily> {
        match head {
            Head::And | Head::Or | Head::Not | Head::Any(_) | Head::All(_) => Some(TypeFamily::Boolean),
            Head::Cast(name) => {
                let data_type = crate::sql::DataType::parse(name)?;
                (!data_type.is_array()).then(|| data_type.family())
            }
            Head::Function(name) => self.function_family(name, terms),
            Head::Operator(symbol) => self.operator_family(symbol, terms),
            Head::Case => self.common_family(terms.get(terms.len() / 2..)?),
            Head::Collate(_) => Some(TypeFamily::Text),
            Head::Array | Head::Row | Head::Subscript | Head::Named(_) | Head::Field(_) => None,
        }
    }

    fn function_family(&self, name: &str, arguments: &[Term]) -> Option<TypeFamily> {
        if INTEGER_FUNCTIONS.binary_search(&name).is_ok() {
            return Some(TypeFamily::Integer);
        }
        if TEXT_FUNCTIONS.contains(&name) {
            return Some(TypeFamily::Text);
        }
        if TIMESTAMP_FUNCTIONS.contains(&name) {
            return Some(TypeFamily::Timestamp);
        }
        match name {
            "extract" => Some(TypeFamily::Decimal),
            "date_part" | "random" => Some(TypeFamily::Float),
            "current_date" => Some(TypeFamily::Date),
            "gen_random_uuid" | "uuid_generate_v4" | "uuidv4" | "uuidv7" => Some(TypeFamily::Uuid),
            "coalesce" | "greatest" | "least" | "nullif" | "abs" | "mod" => self.common_family(arguments),
            _ => None,
        }
    }

    fn operator_family(&self, symbol: &str, operands: &[Term]) -> Option<TypeFamily> {
        use TypeFamily::{Date, Integer, Interval, Timestamp};
        match symbol {
            "->>" | "#>>" => return Some(TypeFamily::Text),
            "->" | "#>" => return Some(TypeFamily::Json),
            "+" | "-" | "*" | "/" | "%" | "^" => {}
            "=" | "<>" | "<" | ">" | "<=" | ">=" | "~~" | "!~~" | "~~*" | "!~~*" => {
                return Some(TypeFamily::Boolean);
            }
            _ if symbol.starts_with("IS ") => return Some(TypeFamily::Boolean),
            _ => return None,
        }
        let [left, right] = operands else {
            return self.family(operands.first()?);
        };
        let (left, right) = (self.family(left)?, self.family(right)?);
        match (left, symbol, right) {
            (Timestamp, "-", Timestamp) => Some(Interval),
            (Timestamp, "+" | "-", Interval) | (Interval, "+", Timestamp) => Some(Timestamp),
            (Date, "+" | "-", Interval) => Some(Timestamp),
            (Date, "-", Date) => Some(Integer),
            (Date, "+" | "-", Integer) => Some(Date),
            (Interval, "+" | "-", Interval) => Some(Interval),
            _ => Some(family_of(width_of(left)?.max(width_of(right)?))),
        }
    }

    /// The family of the terms whose family is known, if it is one; the widest of numbers.
    fn common_family(&self, terms: &[Term]) -> Option<TypeFamily> {
        let mut common: Option<TypeFamily> = None;
        for term in terms {
            if matches!(term, Term::Text(_) | Term::Null) {
                continue;
            }
            let family = self.family(term)?;
            common = Some(match common {
                None => family,
                Some(before) if before == family => family,
                Some(before) => family_of(width_of(before)?.max(width_of(family)?)),
            });
        }
        common
    }

    pub(super) fn comparison(&self, symbol: &str, left: Term, right: Term) -> Option<Term> {
        Some(Term::operator(symbol, self.unify(vec![left, right])?))
    }

    pub(super) fn arithmetic(&self, symbol: &str, left: Term, right: Term) -> Term {
        let (left, right) = match symbol {
            // To a moment, only an interval can be added.
            "+" => {
                let (left_family, right_family) = (self.family(&left), self.family(&right));
                (self.as_interval(left, right_family), self.as_interval(right, left_family))
            }
            // There is no remainder of two widths, so PostgreSQL widens the narrower column.
            "%" => (self.without_widening(left), self.without_widening(right)),
            _ => (left, right),
        };
        let is_whole = |term: &Term| self.family(term) == Some(TypeFamily::Integer);
        if symbol == "^" && is_whole(&left) && is_whole(&right) {
            return Term::operator("^", vec![widened(left, Width::Float), widened(right, Width::Float)]);
        }
        let operands = vec![left, right];
        let operands = match self.widest(&operands) {
            Some(widest) => operands.into_iter().map(|term| self.to_width(term, widest)).collect(),
            // A constant beside a moment may be an interval or a moment: it stays what it says.
            None => operands.into_iter().map(Term::without_width).collect(),
        };
        Term::operator(symbol, operands)
    }

    /// A column of whole numbers without a cast to a wider type of them, which changes no value.
    fn without_widening(&self, term: Term) -> Term {
        match term {
            Term::List(Head::Cast(name), mut inner) => match inner.as_slice() {
                [Term::Column(column)] if self.is_narrower(column, &name) => inner.remove(0),
                _ => Term::List(Head::Cast(name), inner),
            },
            other => other,
        }
    }

    fn is_narrower(&self, column: &str, than: &str) -> bool {
        self.column(column).filter(|data_type| !data_type.is_array()).is_some_and(|data_type| {
            matches!((data_type.base(), than), ("smallint", "integer" | "bigint") | ("integer", "bigint"))
        })
    }

    fn as_interval(&self, term: Term, other: Option<TypeFamily>) -> Term {
        let is_moment = matches!(other, Some(TypeFamily::Timestamp | TypeFamily::Interval));
        match term {
            Term::Text(text) if is_moment => {
                super::constant::interval(&text).map_or_else(|| Term::Text(text), Term::Text)
            }
            other => other,
        }
    }

    pub(super) fn any_or_all(&self, symbol: &str, left: Term, right: Term, any: bool) -> Option<Term> {
        let (left, right) = match right {
            Term::List(Head::Array, elements) => {
                let mut all = vec![left];
                all.extend(elements);
                let mut unified = self.unify(all)?.into_iter();
                let left = unified.next().unwrap_or(Term::Null);
                (left, Term::List(Head::Array, unified.collect()))
            }
            other => (left.without_width(), other),
        };
        let head = if any { Head::Any(symbol.to_owned()) } else { Head::All(symbol.to_owned()) };
        Some(Term::List(head, vec![left, right]))
    }

    /// A WHEN of a CASE with an operand is compared with it.
    pub(super) fn matched(&self, operand: &Term, value: Term) -> Option<Term> {
        self.unify(vec![operand.clone(), value])?.pop()
    }

    /// An argument of a function whose parameter types are not known.
    pub(super) fn as_argument(&self, term: Term) -> Term {
        match term {
            // There is hardly a function of `character`: PostgreSQL turns it into text for the call.
            Term::List(Head::Cast(name), mut inner) if name == "text" && self.is_padded_text(&inner) => {
                inner.pop().unwrap_or(Term::Null)
            }
            other => other.without_width(),
        }
    }

    /// A column of `citext` without its cast to text, where nothing but text fits.
    pub(super) fn without_cast_of_citext(&self, term: Term) -> Term {
        match term {
            Term::List(Head::Cast(name), mut inner) if name == "text" => match inner.as_slice() {
                [Term::Column(column)] if (self.column_type)(column).as_deref() == Some("citext") => {
                    inner.remove(0)
                }
                _ => Term::List(Head::Cast(name), inner),
            },
            other => other,
        }
    }

    fn is_padded_text(&self, terms: &[Term]) -> bool {
        match terms {
            [Term::List(Head::Cast(name), _)] => name == "bpchar",
            [Term::Column(name)] => self
                .column(name)
                .is_some_and(|data_type| data_type.base() == "character" && !data_type.is_array()),
            _ => false,
        }
    }

    /// The widest of terms that are all numbers, or constants that may become one.
    fn widest(&self, terms: &[Term]) -> Option<Width> {
        let mut widest = None;
        for term in terms {
            if !matches!(term, Term::Text(_) | Term::Null) {
                widest = widest.max(Some(width_of(self.family(term)?)?));
            }
        }
        widest
    }

    fn is_varying_text(&self, term: &Term) -> bool {
        match term {
            Term::Column(name) => self
                .column(name)
                .is_some_and(|data_type| data_type.base() == "character varying" && !data_type.is_array()),
            _ => false,
        }
    }

    /// Terms that PostgreSQL turns into one type: the sides of an operator, results of CASE and COALESCE,
    /// elements of an array.
    pub(super) fn unify(&self, terms: Vec<Term>) -> Option<Vec<Term>> {
        if let Some(widest) = self.widest(&terms) {
            return Some(terms.into_iter().map(|term| self.to_width(term, widest)).collect());
        }
        let name = terms.iter().find_map(|term| self.literal_type(term));
        let is_padded = |term: &Term| self.is_padded_text(std::slice::from_ref(term));
        let is_varying = |term: &Term| self.is_varying_text(term);
        let has_padded = terms.iter().any(is_padded);
        let is_text = |term: &Term| self.family(term) == Some(TypeFamily::Text);
        let has_text = terms.iter().any(|term| is_text(term) && !is_padded(term) && !is_varying(term));
        let retyped = |term: Term| match (term, &name) {
            (Term::Text(text), Some(name)) => self.cast_to(Term::Text(text), name),
            // Beside other text, `character` loses its padding.
            (term, _) if has_text && is_padded(&term) => {
                Some(Term::List(Head::Cast("text".to_owned()), vec![term]))
            }
            (term, _) if has_padded && !has_text && is_varying(&term) => {
                Some(Term::List(Head::Cast("bpchar".to_owned()), vec![term]))
            }
            (term, _) => Some(term.without_width()),
        };
        terms.into_iter().map(retyped).collect()
    }

    /// The type that a constant beside this term gets.
    fn literal_type(&self, term: &Term) -> Option<String> {
        if let Term::Column(name) = term {
            let data_type = self.column(name).filter(|data_type| !data_type.is_array())?;
            return Some(data_type.base().to_owned());
        }
        // `json` can neither be compared nor searched.
        (self.family(term) == Some(TypeFamily::Json)).then(|| "jsonb".to_owned())
    }

    /// An operator whose sides keep their own types, but that a constant takes the type of documents.
    pub(super) fn other_operator(&self, symbol: &str, left: Term, right: Term) -> Term {
        let documents = [&left, &right].map(|term| self.family(term) == Some(TypeFamily::Json));
        let as_document = |term: Term| match term {
            Term::Text(text) => Term::Text(super::constant::json(&text).unwrap_or(text)),
            other => other.without_width(),
        };
        match (symbol, documents) {
            ("@>" | "<@", [true, _] | [_, true]) => {
                Term::operator(symbol, vec![as_document(left), as_document(right)])
            }
            _ => Term::operator(symbol, vec![left.without_width(), right.without_width()]),
        }
    }

    /// Functions of floating-point numbers and of moments, to which PostgreSQL turns integers and dates.
    pub(super) fn arguments(&self, name: &str, terms: Vec<Term>) -> Option<Vec<Term>> {
        let takes_floats =
            FLOAT_FUNCTIONS.contains(&name) || terms.len() == 1 && ROUNDING_FUNCTIONS.contains(&name);
        let terms: Vec<Term> = if takes_floats {
            let is_whole = |term: &Term| self.family(term) == Some(TypeFamily::Integer);
            if terms.iter().all(is_whole) {
                terms.into_iter().map(|term| widened(term, Width::Float)).collect()
            } else {
                self.unify(terms)?
            }
        } else {
            terms
        };
        let takes_moments = MOMENT_FUNCTIONS.contains(&name);
        let as_moment = |term: Term| match self.family(&term) {
            Some(TypeFamily::Date) if takes_moments => {
                Term::List(Head::Cast("timestamp with time zone".to_owned()), vec![term])
            }
            _ if CITEXT_FUNCTIONS.contains(&name) => self.as_argument(term),
            _ => self.without_cast_of_citext(self.as_argument(term)),
        };
        Some(terms.into_iter().map(as_moment).collect())
    }

    fn to_width(&self, term: Term, widest: Width) -> Term {
        match term {
            Term::Text(text) => {
                let name = type_of(widest).unwrap_or("bigint");
                self.cast_to(Term::Text(text.clone()), name).unwrap_or(Term::Text(text))
            }
            term => match self.family(&term).and_then(width_of) {
                Some(width) if width < widest => widened(term, widest),
                _ => term,
            },
        }
    }
}

fn widened(term: Term, width: Width) -> Term {
    match (term, type_of(width)) {
        (Term::Number(digits, _), _) => Term::Number(digits, Some(width)),
        (term, Some(name)) => Term::List(Head::Cast(name.to_owned()), vec![term]),
        (term, None) => term,
    }
}

/// The type that PostgreSQL turns the narrower side into.
fn type_of(width: Width) -> Option<&'static str> {
    match width {
        Width::Integer => None,
        Width::Decimal => Some("numeric"),
        Width::Float => Some("double precision"),
    }
}

pub(super) fn width_of(family: TypeFamily) -> Option<Width> {
    match family {
        TypeFamily::Integer => Some(Width::Integer),
        TypeFamily::Decimal => Some(Width::Decimal),
        TypeFamily::Float => Some(Width::Float),
        _ => None,
    }
}

fn family_of(width: Width) -> TypeFamily {
    match width {
        Width::Integer => TypeFamily::Integer,
        Width::Decimal => TypeFamily::Decimal,
        Width::Float => TypeFamily::Float,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_searched_list_is_sorted() {
        assert!(super::INTEGER_FUNCTIONS.is_sorted());
    }
}
