//! Which function or operator a call means: PostgreSQL manual, chapter "Type Conversion";
//! `src/backend/parser/parse_func.c` and `parse_oper.c`.

use super::coerce::{Conversions, Inputs};
use crate::sql::catalog::{Function, Operator, TypeId, TypeKind};
use std::borrow::Cow;

/// One of those that a call may mean.
#[derive(Clone)]
pub(super) struct Candidate<'c, T> {
    pub item: &'c T,
    /// The types that it takes, as many as there are arguments.
    pub arguments: Cow<'c, [TypeId]>,
}

/// What a call means.
pub(super) enum Resolution<'c, T> {
    /// This one. Whether its types are just those of the arguments.
    Found(Candidate<'c, T>, bool),
    /// None takes such arguments.
    NoMatch,
    /// Several do, and none is better than the others.
    Ambiguous,
    /// It cannot be told here.
    NotKnown,
}

impl<'a> Conversions<'a> {
    /// What an operator means between operands, or before one.
    pub fn operator(&self, name: &str, inputs: Inputs<'_>) -> Resolution<'static, Operator> {
        let has = |operator: &&Operator| {
            operator.operands.len() == inputs.len() && self.surroundings.has(operator.section)
        };
        let candidates = self.catalog.operators(name).iter().filter(has);
        let candidates: Vec<Candidate<'static, Operator>> = candidates
            .map(|item| Candidate { item, arguments: Cow::Borrowed(item.operands.as_slice()) })
            .collect();
        // A constant is first taken for one of the other side's type.
        let other = inputs.iter().flatten().next().copied();
        let assumed: Option<Vec<TypeId>> = inputs.iter().map(|input| input.or(other)).collect();
        if let Some(assumed) = assumed
            && let Some(found) = exact(&candidates, &assumed)
        {
            return Resolution::Found(found, true);
        }
        self.select(candidates, inputs)
    }

    /// What a function means.
    pub fn function(
        &self,
        functions: &'static [Function],
        inputs: Inputs<'_>,
    ) -> Resolution<'static, Function> {
        let functions = functions.iter().filter(|function| self.surroundings.has(function.section));
        let mut candidates: Vec<Candidate<'static, Function>> = Vec::new();
        for candidate in functions.filter_map(|function| candidate(function, inputs.len())) {
            let is_plain = |one: &Candidate<'_, Function>| one.item.arguments.len() == inputs.len();
            match candidates.iter_mut().find(|other| other.arguments == candidate.arguments) {
                Some(other) if is_plain(&candidate) && !is_plain(other) => *other = candidate,
                Some(other) if is_plain(other) => {}
                Some(_) => return Resolution::NotKnown,
                None => candidates.push(candidate),
            }
        }
        let given: Option<Vec<TypeId>> = inputs.iter().copied().collect();
        if let Some(given) = given
            && let Some(found) = exact(&candidates, &given)
        {
            return Resolution::Found(found, true);
        }
        self.select(candidates, inputs)
    }

    fn select<T>(
        &self,
        candidates: Vec<Candidate<'static, T>>,
        inputs: Inputs<'_>,
    ) -> Resolution<'static, T> {
        let mut candidates = candidates;
        candidates.retain(|candidate| self.can_become(inputs, &candidate.arguments));
        let has_domain = |candidate: &Candidate<'_, T>| {
            candidate.arguments.iter().any(|argument| argument.kind() == TypeKind::Domain)
        };
        if candidates.iter().any(has_domain) {
            return Resolution::NotKnown;
        }
        match candidates.len() {
            0 => Resolution::NoMatch,
            1 => candidates.pop().map_or(Resolution::NoMatch, |found| Resolution::Found(found, false)),
            _ => match self.best(candidates, inputs) {
                Some(found) => Resolution::Found(found, false),
                None => Resolution::Ambiguous,
            },
        }
    }

    /// `func_select_candidate`: the best of several that all take the arguments.
    fn best<T>(
        &self,
        candidates: Vec<Candidate<'static, T>>,
        inputs: Inputs<'_>,
    ) -> Option<Candidate<'static, T>> {
        let count = |is_good: &dyn Fn(TypeId, TypeId) -> bool, candidate: &Candidate<'_, T>| {
            let pairs = inputs.iter().zip(candidate.arguments.iter());
            pairs.filter(|(input, argument)| input.is_some_and(|input| is_good(input, **argument))).count()
        };
        let same = |input: TypeId, argument: TypeId| input == argument;
        let mut candidates = most(candidates, |candidate| count(&same, candidate));
        if candidates.len() == 1 {
            return candidates.pop();
        }
        let preferred = |input: TypeId, argument: TypeId| {
            input == argument || argument.is_preferred() && argument.category() == input.category()
        };
        candidates = most(candidates, |candidate| count(&preferred, candidate));
        if candidates.len() == 1 {
            return candidates.pop();
        }
        if inputs.iter().all(Option::is_some) {
            return None;
        }
        candidates = by_category(candidates, inputs);
        if candidates.len() == 1 {
            return candidates.pop();
        }
        // Last: constants may be of the one type that all others have.
        let mut known = inputs.iter().flatten();
        let first = *known.next()?;
        if known.any(|other| *other != first) {
            return None;
        }
        let assumed = vec![Some(first); inputs.len()];
        candidates.retain(|candidate| self.can_become(&assumed, &candidate.arguments));
        if candidates.len() == 1 { candidates.pop() } else { None }
    }
}

fn exact<T>(candidates: &[Candidate<'static, T>], types: &[TypeId]) -> Option<Candidate<'static, T>> {
    let found = candidates.iter().find(|candidate| *candidate.arguments == *types)?;
    Some(Candidate { item: found.item, arguments: found.arguments.clone() })
}

/// Those that score highest.
fn most<T>(
    candidates: Vec<Candidate<'static, T>>,
    score: impl Fn(&Candidate<'_, T>) -> usize,
) -> Vec<Candidate<'static, T>> {
    let scores: Vec<usize> = candidates.iter().map(&score).collect();
    let highest = scores.iter().max().copied();
    let scored = candidates.into_iter().zip(scores);
    scored.filter(|(_, score)| Some(*score) == highest).map(|(candidate, _)| candidate).collect()
}

/// Guesses the category of each constant, and keeps those that take it; all where that tells nothing.
fn by_category<T>(candidates: Vec<Candidate<'static, T>>, inputs: Inputs<'_>) -> Vec<Candidate<'static, T>> {
    let mut wanted: Vec<(usize, u8, bool)> = Vec::new();
    for (position, _) in inputs.iter().enumerate().filter(|(_, input)| input.is_none()) {
        let mut slot: Option<(u8, bool)> = None;
        let mut is_conflict = false;
        for candidate in &candidates {
            let Some(argument) = candidate.arguments.get(position) else { continue };
            let (category, is_preferred) = (argument.category(), argument.is_preferred());
            match &mut slot {
                None => slot = Some((category, is_preferred)),
                Some((known, has_preferred)) if *known == category => *has_preferred |= is_preferred,
                Some(known) if category == b'S' => *known = (category, is_preferred),
                Some(_) => is_conflict = true,
            }
        }
        match slot {
            Some((category, has_preferred)) if !is_conflict || category == b'S' => {
                wanted.push((position, category, has_preferred));
            }
            _ => return candidates,
        }
    }
    let keeps = |candidate: &Candidate<'static, T>| {
        wanted.iter().all(|(position, category, has_preferred)| {
            candidate.arguments.get(*position).is_some_and(|argument| {
                argument.category() == *category && (!has_preferred || argument.is_preferred())
            })
        })
    };
    if !candidates.iter().any(keeps) {
        return candidates;
    }
    candidates.into_iter().filter(|candidate| keeps(candidate)).collect()
}

/// A function for so many arguments: with those left out that have defaults, with the last one repeated where it
/// is variadic. `None` where it takes another number.
fn candidate(function: &'static Function, count: usize) -> Option<Candidate<'static, Function>> {
    let declared = function.arguments.as_slice();
    let fewest = declared.len().saturating_sub(function.defaults);
    if function.is_variadic && count + 1 >= declared.len() && count >= 1 {
        let (last, front) = declared.split_last()?;
        let element = match last.catalog_name() {
            Some("any") => *last,
            Some("anyarray") => TypeId::named("anyelement")?,
            Some("anycompatiblearray") => TypeId::named("anycompatible")?,
            _ => last.element()?,
        };
        let repeated = count.checked_sub(front.len()).filter(|repeated| *repeated > 0)?;
        let mut arguments = front.to_vec();
        arguments.extend(std::iter::repeat_n(element, repeated));
        return Some(Candidate { item: function, arguments: Cow::Owned(arguments) });
    }
    (fewest..=declared.len())
        .contains(&count)
        .then(|| Candidate { item: function, arguments: Cow::Borrowed(&declared[..count]) })
}
