//! Which operator classes an index can take for a type.

use super::Surroundings;
use super::coerce::Conversions;
use crate::sql::catalog::{Catalog, Major, OperatorClass, TypeId, extension_of};
use std::collections::BTreeSet;

/// Why an index does not take an operator class.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClassProblem {
    /// There is none of this name.
    Unknown,
    /// It comes with this extension, which the service lacks.
    Lacking(&'static str),
    /// It is one of these access methods.
    OtherMethods(BTreeSet<&'static str>),
    /// It takes these types.
    OtherTypes(BTreeSet<TypeId>),
}

impl Surroundings {
    /// Why an index of an access method does not take an operator class for a type; `None` where it does, and where that
    /// cannot be told. Only what every version of PostgreSQL that may be meant refuses counts.
    pub fn class_problem(&self, method: &str, class: &str, id: Option<TypeId>) -> Option<ClassProblem> {
        let mut last = None;
        for major in self.majors() {
            last = Some(self.class_problem_on(*major, method, class, id)?);
        }
        last
    }

    fn class_problem_on(
        &self,
        major: Major,
        method: &str,
        class: &str,
        id: Option<TypeId>,
    ) -> Option<ClassProblem> {
        if self.is_open(major) || self.may_make(class) {
            return None;
        }
        let catalog = Catalog::of(major);
        let all = catalog.operator_classes(class);
        let usable = || all.iter().filter(|one| self.has(one.section));
        if usable().next().is_none() {
            let extension = all.iter().find_map(|one| extension_of(one.section));
            return Some(extension.map_or(ClassProblem::Unknown, ClassProblem::Lacking));
        }
        let of_method = || usable().filter(|one| one.method == method);
        if of_method().next().is_none() {
            return Some(ClassProblem::OtherMethods(usable().map(|one| one.method).collect()));
        }
        let conversions = Conversions { catalog, surroundings: self };
        let takes = |one: &OperatorClass| id.is_none_or(|id| conversions.is_binary(id, one.input));
        if of_method().any(takes) {
            return None;
        }
        Some(ClassProblem::OtherTypes(of_method().map(|one| one.input).collect()))
    }

    /// Whether an access method has an operator class for a type that goes without saying, in some version of PostgreSQL
    /// that may be meant. So, too, where that cannot be told.
    pub fn has_default_class(&self, method: &str, id: TypeId) -> bool {
        self.majors().iter().any(|major| {
            let catalog = Catalog::of(*major);
            let conversions = Conversions { catalog, surroundings: self };
            let takes = |one: &OperatorClass| {
                one.method == method
                    && one.is_default
                    && self.has(one.section)
                    && conversions.is_binary(id, one.input)
            };
            self.is_open(*major) || self.may_make("class") || catalog.all_operator_classes().any(takes)
        })
    }

    /// The operator classes that an access method has here, by name.
    pub fn class_names(&self, method: &str) -> BTreeSet<&'static str> {
        let all = self.majors().iter().flat_map(|major| Catalog::of(*major).all_operator_classes());
        all.filter(|one| one.method == method && self.has(one.section)).map(|one| one.name).collect()
    }
}
