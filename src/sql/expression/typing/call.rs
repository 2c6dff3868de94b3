//! Calls of functions, the special syntax that SQL has for some of them, and casts.

use super::coerce::Actual;
use super::infer::{Inferred, Typer, problem, text, value_type};
use super::operation::{covering, with_help};
use super::problem::{ProblemKind, TypeProblem};
use super::resolve::Resolution;
use super::typed::{At, Change, Type, Typed};
use crate::sql::catalog::{CastContext, Function, FunctionKind, TypeId, TypeKind, Volatility, extension_of};
use crate::sql::expression::columns::folded;
use sqlparser::ast::{
    CastKind, CeilFloorKind, DataType, DateTimeField, Expr, Function as Call, FunctionArg, FunctionArgExpr,
    FunctionArguments, TrimWhereField,
};

/// Words with a syntax of their own, which are no plain functions: PostgreSQL's grammar, `func_expr_common_subexpr`.
#[rustfmt::skip]
const SPECIAL: &[&str] = &[
    "array", "bigint", "bit", "boolean", "cast", "char", "character", "collation", "convert", "dec", "decimal", "exists",
    "extract", "float", "grouping", "int", "integer", "interval", "json", "json_array", "json_arrayagg", "json_exists",
    "json_object", "json_objectagg", "json_query", "json_scalar", "json_serialize", "json_table", "json_value",
    "merge_action", "national", "nchar", "none", "normalize", "numeric", "operator", "out", "position", "real", "row", "setof",
    "smallint", "time", "timestamp", "treat", "values", "varchar", "xmlattributes", "xmlconcat", "xmlelement",
    "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot", "xmlserialize", "xmltable",
];

impl Typer<'_> {
    /// What a call or a cast gives.
    pub fn call(&self, tree: &Expr, depth: usize) -> Inferred {
        let below = |inner: &Expr| self.infer(inner, depth + 1);
        let at = self.at(tree);
        match tree {
            Expr::Function(call) => self.function(tree, call, depth),
            Expr::Cast { expr, data_type, kind: CastKind::Cast | CastKind::DoubleColon, .. } => {
                self.cast(expr, data_type, at, depth)
            }
            Expr::TypedString(typed) => {
                let value = Expr::Value(typed.value.clone());
                self.cast(&value, &typed.data_type, at, depth)
            }
            Expr::Interval(interval) => {
                let value = below(&interval.value)?;
                if let (None, Some(id)) = (&interval.leading_field, TypeId::named("interval")) {
                    self.constant(&value, id)?;
                }
                Ok(Typed::fixed(TypeId::named("interval"), value.at))
            }
            Expr::AtTimeZone { timestamp, time_zone } => {
                let arguments = vec![below(time_zone)?, below(timestamp)?];
                let at = covering(&arguments);
                self.apply("timezone", arguments, at)
            }
            Expr::Extract { expr, .. } => {
                let source = below(expr)?;
                let field = Typed { kind: Type::Constant(None), ..Typed::fixed(None, source.at) };
                let at = source.at;
                self.apply("extract", vec![field, source], at)
            }
            Expr::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.apply("ceil", vec![below(expr)?], at)
            }
            Expr::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
                self.apply("floor", vec![below(expr)?], at)
            }
            Expr::Position { expr, r#in } => self.apply("position", vec![below(r#in)?, below(expr)?], at),
            _ => self.text_call(tree, at, depth),
        }
    }

    /// SUBSTRING, TRIM and OVERLAY with their words between the arguments.
    fn text_call(&self, tree: &Expr, at: At, depth: usize) -> Inferred {
        let below = |inner: &Expr| self.infer(inner, depth + 1);
        match tree {
            Expr::Substring { expr, substring_from, substring_for, shorthand, .. } => {
                let mut arguments = vec![below(expr)?];
                match substring_from {
                    Some(start) => arguments.push(below(start)?),
                    None => arguments.push(Typed::fixed(TypeId::named("int4"), at)),
                }
                if let Some(length) = substring_for {
                    arguments.push(below(length)?);
                }
                self.apply(if *shorthand { "substr" } else { "substring" }, arguments, at)
            }
            Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
                let name = match trim_where {
                    None | Some(TrimWhereField::Both) => "btrim",
                    Some(TrimWhereField::Leading) => "ltrim",
                    Some(TrimWhereField::Trailing) => "rtrim",
                };
                let characters = trim_what.as_deref().into_iter().chain(trim_characters.iter().flatten());
                let mut arguments = vec![below(expr)?];
                for characters in characters {
                    arguments.push(below(characters)?);
                }
                self.apply(name, arguments, at)
            }
            Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut arguments = vec![below(expr)?, below(overlay_what)?, below(overlay_from)?];
                arguments.extend(overlay_for.as_deref().map(below).transpose()?);
                self.apply("overlay", arguments, at)
            }
            _ => Ok(Typed::not_known()),
        }
    }

    fn function(&self, tree: &Expr, call: &Call, depth: usize) -> Inferred {
        let is_plain = call.filter.is_none()
            && call.over.is_none()
            && call.null_treatment.is_none()
            && call.within_group.is_empty()
            && matches!(call.parameters, FunctionArguments::None)
            && !call.uses_odbc_syntax;
        let parts: Option<Vec<_>> = call.name.0.iter().map(|part| part.as_ident()).collect();
        let (name, is_quoted) = match parts.as_deref() {
            Some([name]) => (folded(name), name.quote_style.is_some()),
            Some([schema, name]) if folded(schema) == "pg_catalog" => (folded(name), true),
            _ => return Ok(Typed::not_known()),
        };
        let at = (self.at(tree).0, name.len());
        let list = match &call.args {
            FunctionArguments::List(list)
                if is_plain && list.duplicate_treatment.is_none() && list.clauses.is_empty() =>
            {
                list
            }
            FunctionArguments::None if is_plain && !is_quoted => {
                return Ok(
                    value_type(&name).map_or_else(Typed::not_known, |id| self.session_value(tree, &name, id))
                );
            }
            _ => return Ok(Typed::not_known()),
        };
        let mut arguments = Vec::new();
        let mut is_named = false;
        for argument in &list.args {
            let inner = match argument {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(inner)) => inner,
                FunctionArg::Named { arg: FunctionArgExpr::Expr(inner), .. }
                | FunctionArg::ExprNamed { arg: FunctionArgExpr::Expr(inner), .. } => {
                    is_named = true;
                    inner
                }
                _ => return Ok(Typed::not_known()),
            };
            arguments.push(self.infer(inner, depth + 1)?);
        }
        if is_named {
            return Ok(Typed::not_known());
        }
        if !is_quoted {
            // PostgreSQL reads these words for the precision of a time.
            if let (Some(id), [_]) = (value_type(&name), arguments.as_slice()) {
                return Ok(self.session_value(tree, &name, id));
            }
            if let Some(typed) = self.special(&name, &arguments, at)? {
                return Ok(typed);
            }
        }
        self.apply(&name, arguments, at)
    }

    /// What looks like a function and has rules of its own.
    fn special(&self, name: &str, arguments: &[Typed], at: At) -> Result<Option<Typed>, Box<TypeProblem>> {
        match name {
            "coalesce" if !arguments.is_empty() => {
                let common = self.common(arguments, "the arguments of `coalesce`", at)?;
                Ok(Some(Typed::coalesce(common, at, arguments)))
            }
            "greatest" | "least" if !arguments.is_empty() => {
                let common = self.common(arguments, &format!("the arguments of `{name}`"), at)?;
                Ok(Some(Typed::case(common, at, &[], arguments)))
            }
            "nullif" => {
                let [left, right] = arguments else { return Ok(Some(Typed::not_known())) };
                self.compared("=", left.clone(), right.clone())?;
                // It gives what stands on the left of the comparison, as that takes it.
                let kind = match (&left.kind, &right.kind) {
                    (Type::Of(id), _) if id.catalog_name() == Some("varchar") => Type::NotKnown,
                    (Type::Of(id), Type::Of(other)) if id == other => Type::Of(*id),
                    (Type::Of(id), Type::Constant(_)) => Type::Of(*id),
                    (Type::Constant(_), Type::Constant(_)) => text(),
                    _ => Type::NotKnown,
                };
                Ok(Some(Typed { kind, ..Typed::call(None, at, arguments, None) }))
            }
            _ if SPECIAL.binary_search(&name).is_ok() => Ok(Some(Typed::not_known())),
            _ => Ok(None),
        }
    }

    /// A function over arguments.
    pub fn apply(&self, name: &str, arguments: Vec<Typed>, at: At) -> Inferred {
        let surroundings = self.conversions.surroundings;
        if surroundings.may_make(name) {
            return Ok(Typed::not_known());
        }
        let all = self.conversions.catalog.functions(name);
        if !all.iter().any(|function| surroundings.has(function.section)) {
            return self.unknown_function(name, all, arguments.len(), at);
        }
        let inputs: Result<Vec<_>, ()> = arguments.iter().map(Typed::input).collect();
        let Ok(inputs) = inputs else { return Ok(self.half_known(name, all, arguments, at)) };
        let (found, is_exact) = match self.conversions.function(all, &inputs) {
            Resolution::Found(found, is_exact) => (found, is_exact),
            // A type's name before one argument is a cast.
            _ if inputs.len() == 1 && surroundings.written_type(name).is_some() => {
                return Ok(Typed::not_known());
            }
            Resolution::NoMatch | Resolution::Ambiguous if self.is_open => return Ok(Typed::not_known()),
            Resolution::NotKnown => return Ok(Typed::not_known()),
            Resolution::NoMatch => return Err(self.no_match(name, all, &inputs, at)),
            Resolution::Ambiguous => {
                let message =
                    format!("PostgreSQL cannot tell which `{name}` is meant for {}", self.listed(&inputs));
                return Err(with_help(
                    problem(message, at),
                    "write the type of what stands in quotation marks: `'...'::text`",
                ));
            }
        };
        let is_cast = inputs.len() == 1 && surroundings.written_type(name).is_some();
        if !is_exact && (self.is_open || is_cast) {
            return Ok(Typed::not_known());
        }
        let function = found.item;
        if let Some(what) = refused_kind(function) {
            return Err(problem(format!("`{name}` {what}"), at));
        }
        let what = || format!("`{name}`, whose result changes by itself");
        let own = (function.volatility != Volatility::Immutable).then(|| Change { what: what(), at });
        let typed = self.applied(function.result, &found.arguments, &inputs, &arguments, own, at)?;
        if function.is_sql {
            // What is written in SQL may turn out to be anything once it is planned.
            return Ok(Typed { kind: typed.kind, at, ..Typed::not_known() });
        }
        Ok(typed)
    }

    /// A function over an argument of a type that is not known: what it gives, where that is the same in any case.
    fn half_known(&self, name: &str, all: &'static [Function], arguments: Vec<Typed>, at: At) -> Typed {
        let takes = |function: &&Function| {
            let most = if function.is_variadic { usize::MAX } else { function.arguments.len() };
            let fewest = function
                .arguments
                .len()
                .saturating_sub(function.defaults + usize::from(function.is_variadic));
            self.conversions.surroundings.has(function.section) && (fewest..=most).contains(&arguments.len())
        };
        let mut fitting = all.iter().filter(takes);
        let always = fitting.clone().next().is_some()
            && fitting.all(|function| function.volatility != Volatility::Immutable && !function.is_sql);
        if always && !self.is_open && self.conversions.surroundings.written_type(name).is_none() {
            let what = format!("`{name}`, whose result changes by itself");
            Typed::call(None, at, &arguments, Some(Change { what, at }))
        } else {
            Typed { at, ..Typed::not_known() }
        }
    }

    fn unknown_function(&self, name: &str, all: &[Function], count: usize, at: At) -> Inferred {
        let is_cast = count == 1 && self.conversions.surroundings.written_type(name).is_some();
        if self.is_open || is_cast {
            return Ok(Typed::not_known());
        }
        let mut unknown = problem(format!("there is no function `{name}`"), at);
        let extension = all.iter().find_map(|function| extension_of(function.section));
        match extension {
            Some(extension) => {
                unknown.message = format!("the function `{name}` is of an extension that the service lacks");
                let shown =
                    if extension.contains('-') { format!("\"{extension}\"") } else { extension.to_owned() };
                unknown.help = Some(format!("write `extension {shown}` in the service"));
            }
            None => unknown.kind = ProblemKind::UnknownFunction(name.to_owned()),
        }
        Err(unknown)
    }

    fn no_match(&self, name: &str, all: &[Function], inputs: &[Option<TypeId>], at: At) -> Box<TypeProblem> {
        let message = match inputs {
            [] => format!("`{name}` wants arguments"),
            _ => format!("no function `{name}` takes {}", self.listed(inputs)),
        };
        let known = all.iter().filter(|function| self.conversions.surroundings.has(function.section));
        let signatures: Vec<String> =
            known.map(|function| format!("`{}`", self.signature(name, function))).collect();
        match signatures.len() {
            1..=4 => with_help(problem(message, at), format!("there is {}", signatures.join(", "))),
            _ => problem(message, at),
        }
    }

    fn signature(&self, name: &str, function: &Function) -> String {
        let arguments: Vec<String> = function.arguments.iter().map(|id| self.shown(*id)).collect();
        format!("{name}({})", arguments.join(", "))
    }

    /// What a function or an operator gives once its arguments have become what it takes.
    pub fn applied(
        &self,
        result: TypeId,
        declared: &[TypeId],
        inputs: &[Option<TypeId>],
        parts: &[Typed],
        own: Option<Change>,
        at: At,
    ) -> Inferred {
        let Some(generic) = self.conversions.generic(inputs, declared) else { return Ok(Typed::not_known()) };
        let mut change = None;
        for ((declared, input), part) in declared.iter().zip(inputs).zip(parts) {
            match (generic.actual(*declared), input) {
                (Actual::Undetermined, None) if !self.is_open => {
                    let message = "PostgreSQL cannot tell the type of this constant";
                    return Err(with_help(
                        problem(message, part.at),
                        "write its type behind it: `'...'::text`",
                    ));
                }
                (Actual::Type(actual), None) => self.constant(part, actual)?,
                (Actual::Type(actual), Some(own)) => {
                    change = change.or_else(|| self.conversion(*own, actual, CastContext::Implicit, part));
                }
                _ => {}
            }
        }
        let id = match generic.actual(result) {
            Actual::Type(id) if !matches!(id.kind(), TypeKind::Pseudo | TypeKind::Domain) => Some(id),
            _ => None,
        };
        Ok(Typed::call(id, at, parts, own.or(change)))
    }

    fn cast(&self, inner: &Expr, data_type: &DataType, at: At, depth: usize) -> Inferred {
        let target = self.conversions.surroundings.written_type(&data_type.to_string());
        let mut bare = inner;
        while let Expr::Nested(nested) = bare {
            bare = nested;
        }
        if let (Expr::Array(array), Some(element)) = (bare, target.and_then(TypeId::element)) {
            return self.typed_array(&array.elem, element, at, depth);
        }
        let typed = self.infer(inner, depth + 1)?;
        let Some(target) = target else { return Ok(Typed { kind: Type::NotKnown, ..typed }) };
        let converted = match typed.kind {
            Type::Of(own) => {
                if !self.is_open && self.conversions.path(own, target, CastContext::Explicit).is_none() {
                    let message = format!(
                        "PostgreSQL has no cast from `{}` to `{}`",
                        self.shown(own),
                        self.shown(target)
                    );
                    return Err(problem(message, typed.at));
                }
                self.conversion(own, target, CastContext::Explicit, &typed)
            }
            Type::Constant(_) => {
                self.constant(&typed, target)?;
                None
            }
            Type::NotKnown => None,
        };
        let (at, may_be_null) = (typed.at, typed.may_be_null);
        let change = converted.filter(|_| !self.is_open);
        let cast = Typed::call(Some(target), at, &[typed], change);
        // A cast gives NULL for NULL alone.
        Ok(Typed { may_be_null, ..cast })
    }

    /// The elements of `ARRAY[...]::type[]` become that type one by one.
    fn typed_array(&self, elements: &[Expr], element: TypeId, at: At, depth: usize) -> Inferred {
        let mut parts = Vec::new();
        for inner in elements {
            let part = match inner {
                Expr::Array(array) => self.typed_array(&array.elem, element, at, depth + 1)?,
                other => self.infer(other, depth + 1)?,
            };
            match part.kind {
                Type::Constant(_) => self.constant(&part, element)?,
                Type::Of(own) if !own.is_array() && !self.is_open => {
                    if self.conversions.path(own, element, CastContext::Explicit).is_none() {
                        let message = format!(
                            "PostgreSQL has no cast from `{}` to `{}`",
                            self.shown(own),
                            self.shown(element)
                        );
                        return Err(problem(message, part.at));
                    }
                    let change = self.conversion(own, element, CastContext::Explicit, &part);
                    parts.push(Typed::call(Some(element), part.at, &[part], change));
                    continue;
                }
                _ => {}
            }
            parts.push(part);
        }
        let may_be_constant = parts.iter().all(|part| part.may_be_constant);
        let change = parts.iter().find_map(|part| part.change.clone());
        Ok(Typed { change, may_be_constant, ..Typed::fixed(element.array(), at) })
    }
}

/// Why a function has no place in an expression of a table.
fn refused_kind(function: &Function) -> Option<&'static str> {
    match function.kind {
        FunctionKind::Aggregate => {
            Some("is an aggregate function, which has no place here: there is only one row")
        }
        FunctionKind::Window => Some("is a window function, which has no place here: there is only one row"),
        FunctionKind::Procedure => Some("is a procedure, which gives no value"),
        FunctionKind::Plain if function.gives_set => Some("gives several rows, where one value is wanted"),
        FunctionKind::Plain => None,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_searched_list_is_sorted() {
        assert!(super::SPECIAL.is_sorted());
    }
}
