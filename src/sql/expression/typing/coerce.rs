//! Which types PostgreSQL turns into which: `src/backend/parser/parse_coerce.c`.

use super::Surroundings;
use crate::sql::catalog::{Cast, CastContext, Catalog, TypeId, TypeKind, Volatility};

/// How a value becomes one of another type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// How much what turns it may change.
    pub volatility: Volatility,
}

/// The types of arguments; `None` is a constant in quotation marks, or NULL, which has no type yet.
pub(super) type Inputs<'a> = &'a [Option<TypeId>];

/// The rules by which types are turned into others, with the extensions of a service.
#[derive(Clone, Copy)]
pub(super) struct Conversions<'a> {
    pub catalog: &'static Catalog,
    pub surroundings: &'a Surroundings,
}

/// The types that stand for polymorphic ones in a call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Generic {
    element: Option<TypeId>,
    range: Option<TypeId>,
    multirange: Option<TypeId>,
    compatible: Option<TypeId>,
    compatible_range: Option<TypeId>,
    compatible_multirange: Option<TypeId>,
}

impl Conversions<'_> {
    fn cast(&self, source: TypeId, target: TypeId) -> Option<Cast> {
        let casts = self.catalog.casts(source, target).iter();
        casts.copied().find(|cast| self.surroundings.has(cast.section))
    }

    /// `find_coercion_pathway`: how a value of one type becomes one of another where a context allows it.
    pub fn path(&self, source: TypeId, target: TypeId, context: CastContext) -> Option<Path> {
        let with = |volatility| Some(Path { volatility });
        // What stands behind a domain is not kept.
        if source == target || target.kind() == TypeKind::Domain || source.kind() == TypeKind::Domain {
            return with(Volatility::Immutable);
        }
        if let Some(cast) = self.cast(source, target) {
            let volatility = if cast.is_textual { textual(source, target) } else { cast.volatility };
            return (cast.context <= context).then_some(Path { volatility });
        }
        if let (Some(source), Some(target)) = (source.element(), target.element())
            && let Some(path) = self.path(source, target, context)
        {
            return Some(path);
        }
        let is_text = |id: TypeId| id.category() == b'S';
        let is_textual = context >= CastContext::Assignment && is_text(target)
            || context == CastContext::Explicit && is_text(source);
        if is_textual { with(textual(source, target)) } else { None }
    }

    /// Whether a value of one type is one of the other as it stands (`IsBinaryCoercible`).
    pub fn is_binary(&self, source: TypeId, target: TypeId) -> bool {
        if source == target {
            return true;
        }
        match target.catalog_name() {
            Some("any" | "anyelement" | "anycompatible") => true,
            Some("anyarray" | "anycompatiblearray") => source.is_array(),
            Some("anynonarray" | "anycompatiblenonarray") => !source.is_array(),
            Some("anyenum") => source.kind() == TypeKind::Enum,
            Some("anyrange" | "anycompatiblerange") => source.kind() == TypeKind::Range,
            Some("anymultirange" | "anycompatiblemultirange") => source.kind() == TypeKind::Multirange,
            _ => self
                .cast(source, target)
                .is_some_and(|cast| cast.is_binary && cast.context == CastContext::Implicit),
        }
    }

    /// `can_coerce_type`, without being asked.
    pub fn can_become(&self, inputs: Inputs<'_>, targets: &[TypeId]) -> bool {
        let mut is_generic = false;
        for (input, target) in inputs.iter().zip(targets) {
            if is_polymorphic(*target) {
                is_generic = true;
                continue;
            }
            let Some(input) = input else { continue };
            let fits = target.catalog_name() == Some("any")
                || self.path(*input, *target, CastContext::Implicit).is_some();
            if !fits {
                return false;
            }
        }
        !is_generic || self.generic(inputs, targets).is_some()
    }

    /// `select_common_type`: the type that several become; `None` where they do not become one.
    pub fn common(&self, inputs: Inputs<'_>) -> Option<TypeId> {
        let mut found: Option<TypeId> = None;
        for next in inputs.iter().flatten() {
            let Some(current) = found else {
                found = Some(*next);
                continue;
            };
            if *next == current {
                continue;
            }
            if next.category() != current.category() {
                return None;
            }
            let becomes = |one, other| self.path(one, other, CastContext::Implicit).is_some();
            if !current.is_preferred() && becomes(current, *next) && !becomes(*next, current) {
                found = Some(*next);
            }
        }
        found.or_else(|| TypeId::named("text"))
    }

    /// `check_generic_type_consistency`: what polymorphic types stand for, where the arguments fit each other.
    pub fn generic(&self, inputs: Inputs<'_>, targets: &[TypeId]) -> Option<Generic> {
        let mut generic = Generic::default();
        let mut array = None;
        let mut compatible = Vec::new();
        let (mut no_array, mut is_enum, mut compatible_no_array) = (false, false, false);
        for (input, target) in inputs.iter().zip(targets) {
            let Some(name) = target.catalog_name().filter(|_| is_polymorphic(*target)) else { continue };
            no_array |= name == "anynonarray";
            is_enum |= name == "anyenum";
            compatible_no_array |= name == "anycompatiblenonarray";
            let Some(input) = *input else { continue };
            match name {
                "anyarray" => same(&mut array, input)?,
                "anyrange" => same(&mut generic.range, input)?,
                "anymultirange" => same(&mut generic.multirange, input)?,
                "anycompatible" | "anycompatiblenonarray" => compatible.push(Some(input)),
                "anycompatiblearray" => compatible.push(Some(input.element()?)),
                "anycompatiblerange" => {
                    same(&mut generic.compatible_range, of_kind(input, TypeKind::Range)?)?;
                    compatible.push(Some(input.subtype()?));
                }
                "anycompatiblemultirange" => {
                    same(&mut generic.compatible_multirange, of_kind(input, TypeKind::Multirange)?)?;
                    compatible.push(Some(input.subtype()?.subtype()?));
                }
                _ => same(&mut generic.element, input)?,
            }
        }
        if let Some(array) = array {
            same(&mut generic.element, array.element()?)?;
        }
        if let Some(multirange) = generic.multirange {
            same(&mut generic.range, of_kind(multirange, TypeKind::Multirange)?.subtype()?)?;
        }
        if let Some(range) = generic.range {
            same(&mut generic.element, of_kind(range, TypeKind::Range)?.subtype()?)?;
        }
        let element_is_array = generic.element.is_some_and(TypeId::is_array);
        let element_is_enum = generic.element.is_some_and(|element| element.kind() == TypeKind::Enum);
        if no_array && element_is_array || is_enum && !element_is_enum {
            return None;
        }
        if !compatible.is_empty() {
            let common = self.common(&compatible)?;
            let becomes = |input: &TypeId| self.path(*input, common, CastContext::Implicit).is_some();
            let subtype = generic.compatible_range.and_then(TypeId::subtype);
            let fits = compatible.iter().flatten().all(becomes)
                && !(compatible_no_array && common.is_array())
                && subtype.is_none_or(|subtype| subtype == common);
            if !fits {
                return None;
            }
            generic.compatible = Some(common);
        }
        Some(generic)
    }
}

fn textual(source: TypeId, target: TypeId) -> Volatility {
    source.output().max(target.input())
}

fn of_kind(id: TypeId, kind: TypeKind) -> Option<TypeId> {
    (id.kind() == kind).then_some(id)
}

/// Keeps a type, or finds it to be the one that was kept.
fn same(kept: &mut Option<TypeId>, input: TypeId) -> Option<()> {
    (*kept.get_or_insert(input) == input).then_some(())
}

/// Whether a type of arguments stands for others.
pub(super) fn is_polymorphic(id: TypeId) -> bool {
    id.kind() == TypeKind::Pseudo
        && id.catalog_name().is_some_and(|name| name.starts_with("any") && name != "any")
}

/// What a polymorphic type is in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Actual {
    /// This type.
    Type(TypeId),
    /// Only constants without a type are there to tell: PostgreSQL refuses that.
    Undetermined,
    /// It cannot be told here.
    NotKnown,
}

impl Generic {
    /// `enforce_generic_type_consistency` for one type: itself where it is not polymorphic.
    pub fn actual(&self, declared: TypeId) -> Actual {
        let Some(name) = declared.catalog_name().filter(|_| is_polymorphic(declared)) else {
            return Actual::Type(declared);
        };
        let or = |found: Option<TypeId>| found.map_or(Actual::Undetermined, Actual::Type);
        let compatible = || self.compatible.or_else(|| TypeId::named("text"));
        match name {
            "anyelement" | "anynonarray" | "anyenum" => or(self.element),
            "anyarray" => match self.element {
                None => Actual::Undetermined,
                // An array in an array has no type of its own.
                Some(element) => element.array().map_or(Actual::NotKnown, Actual::Type),
            },
            "anycompatible" | "anycompatiblenonarray" => or(compatible()),
            "anycompatiblearray" => {
                compatible().and_then(TypeId::array).map_or(Actual::NotKnown, Actual::Type)
            }
            "anyrange" if self.range.is_some() => or(self.range),
            "anymultirange" if self.multirange.is_some() => or(self.multirange),
            "anycompatiblerange" if self.compatible_range.is_some() => or(self.compatible_range),
            _ => Actual::NotKnown,
        }
    }
}
