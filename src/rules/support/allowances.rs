//! Which `allow` silences which finding: the innermost one of the rule whose node holds the finding's place.

use crate::semantic::model::Allow;
use crate::source::Place;
use foldhash::{HashMap, HashMapExt};
use std::cmp::Reverse;

/// The allowances of a register by rule, ready to be asked. Asking takes the logarithm of their number and the
/// depth of nesting, not their number.
pub struct Allowances<'a> {
    by_rule: HashMap<&'a str, RuleAllowances>,
}

#[derive(Default)]
struct RuleAllowances {
    /// The first that holds for the whole register.
    everywhere: Option<usize>,
    /// Sorted by file, then start, then the wider first; no place twice.
    scopes: Vec<AllowanceScope>,
}

struct AllowanceScope {
    place: Place,
    allow: usize,
    /// The next wider scope that holds this one.
    outer: Option<usize>,
}

impl<'a> Allowances<'a> {
    pub fn new(allows: &'a [Allow]) -> Allowances<'a> {
        let mut by_rule: HashMap<&str, RuleAllowances> = HashMap::new();
        for (number, allow) in allows.iter().enumerate() {
            let rule = by_rule.entry(allow.rule.as_str()).or_default();
            match allow.scope {
                None => rule.everywhere = rule.everywhere.or(Some(number)),
                Some(place) => rule.scopes.push(AllowanceScope { place, allow: number, outer: None }),
            }
        }
        let by_rule = by_rule.into_iter().map(|(name, mut rule)| {
            rule.nest();
            (name, rule)
        });
        Allowances { by_rule: by_rule.collect() }
    }

    /// The number of the `allow` that silences a finding of a rule at a place.
    pub fn silencing(&self, rule: &str, place: Option<Place>) -> Option<usize> {
        let rule = self.by_rule.get(rule)?;
        place.and_then(|place| rule.innermost(place)).or(rule.everywhere)
    }
}

impl RuleAllowances {
    /// Sorts the scopes and finds for each the one around it. Nodes nest, so one pass with a stack is enough.
    fn nest(&mut self) {
        self.scopes.sort_by_key(|scope| {
            (scope.place.file, scope.place.span.start, Reverse(scope.place.span.end), scope.allow)
        });
        self.scopes.dedup_by_key(|scope| scope.place);
        let mut open: Vec<usize> = Vec::new();
        for number in 0..self.scopes.len() {
            let place = self.scopes[number].place;
            while open.last().is_some_and(|outer| !self.scopes[*outer].place.contains(place)) {
                open.pop();
            }
            self.scopes[number].outer = open.last().copied();
            open.push(number);
        }
    }

    fn innermost(&self, place: Place) -> Option<usize> {
        let key = (place.file, place.span.start);
        let after = self.scopes.partition_point(|scope| (scope.place.file, scope.place.span.start) <= key);
        let mut candidate = after.checked_sub(1);
        while let Some(number) = candidate {
            let scope = &self.scopes[number];
            if scope.place.contains(place) {
                return Some(scope.allow);
            }
            candidate = scope.outer;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::model::Located;
    use crate::source::{FileId, Span};
    use proptest::prelude::*;

    fn place(start: u32, end: u32) -> Place {
        Place { file: FileId(0), span: Span::new(start, end) }
    }

    fn allow(scope: Option<Place>) -> Allow {
        Allow {
            rule: Located::new("r".to_owned(), place(0, 0)),
            reason: Located::new("because".to_owned(), place(0, 0)),
            until: None,
            scope,
            place: place(0, 0),
        }
    }

    #[test]
    fn the_innermost_scope_wins_and_the_register_comes_last() {
        let allows = [allow(None), allow(Some(place(0, 50))), allow(Some(place(10, 20)))];
        let allowances = Allowances::new(&allows);
        assert_eq!(allowances.silencing("r", Some(place(12, 13))), Some(2));
        assert_eq!(allowances.silencing("r", Some(place(30, 31))), Some(1));
        assert_eq!(allowances.silencing("r", Some(place(60, 61))), Some(0));
        assert_eq!(allowances.silencing("r", None), Some(0));
        assert_eq!(allowances.silencing("other", Some(place(12, 13))), None);
    }

    /// Places that nest or lie apart, as nodes do: those of a complete binary tree over 64 bytes.
    fn nested() -> impl Strategy<Value = Place> {
        (0u32..6, 0u32..64).prop_map(|(level, at)| {
            let width = 64 >> level;
            let start = at / width * width;
            place(start, start + width)
        })
    }

    proptest! {
        #[test]
        fn a_finding_is_silenced_exactly_when_some_scope_holds_it(
            scopes in proptest::collection::vec(nested(), 0..12),
            at in 0u32..64,
        ) {
            let allows: Vec<Allow> = scopes.iter().map(|scope| allow(Some(*scope))).collect();
            let found = Allowances::new(&allows).silencing("r", Some(place(at, at + 1)));
            let narrowest = scopes.iter().filter(|scope| scope.contains(place(at, at + 1))).map(|s| s.span.len()).min();
            prop_assert_eq!(found.map(|number| scopes[number].span.len()), narrowest);
        }
    }
}
