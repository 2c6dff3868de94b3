//! The rules: one file each, with its page, an example that fires and one that passes.
//! To add one: write `src/rules/<name>.rs` with `pub(super) const RULE`, and name it in `mod` and [`RULES`].

use crate::diagnostic::{Finding, Severity};
use crate::semantic::Register;

/// How much of a register a rule has to see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One table at a time.
    Table,
    /// One service at a time.
    Service,
    /// The whole register.
    Platform,
}

/// A rule.
pub struct Rule {
    /// Its name, in kebab-case; reads well after `allow`. The file has the same name with `_`.
    pub name: &'static str,
    /// How grave its findings are unless `lint` says otherwise.
    pub severity: Severity,
    /// How much of a register it has to see.
    pub scope: Scope,
    /// What it does, and why what it finds is bad: Markdown, shown by `explain`.
    pub page: &'static str,
    /// A register in which it fires, and no other rule.
    pub fires: &'static str,
    /// The same register mended: nothing fires.
    pub passes: &'static str,
    /// Finds.
    pub check: fn(&Register, &mut Vec<Finding>),
}

/// Every rule, by name.
pub const RULES: &[&Rule] = &[];
