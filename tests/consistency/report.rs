//! What was followed, and what led nowhere.

use std::collections::BTreeMap;

/// The outcome of all checks.
#[derive(Debug, Default)]
pub struct Report {
    /// What led nowhere, each with its kind before it.
    pub faults: Vec<String>,
    /// How often something of a kind was followed.
    pub followed: BTreeMap<&'static str, usize>,
}

impl Report {
    /// Counts one of a kind, and says what is wrong where it does not hold.
    pub fn expect(&mut self, kind: &'static str, holds: bool, wrong: impl FnOnce() -> String) {
        *self.followed.entry(kind).or_default() += 1;
        if !holds {
            self.faults.push(format!("{kind}: {}", wrong()));
        }
    }
}
