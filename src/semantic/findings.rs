//! A list of findings with a bound: a text of megabytes can hold a mistake in every word.

use crate::diagnostic::Finding;
use crate::syntax::TOO_MANY_MISTAKES;
use foldhash::{HashSet, HashSetExt};

/// Findings up to a number; one more says that there were others.
pub struct Findings {
    found: Vec<Finding>,
    most: usize,
    of: &'static str,
    /// What was said, and where, so that what is wrong in a shape is said once and not for every table that uses it.
    said: HashSet<(crate::source::Place, String)>,
}

impl Findings {
    /// None yet, and at most so many `of` something: `mistakes of form`.
    pub fn at_most(most: usize, of: &'static str) -> Findings {
        Findings { found: Vec::new(), most, of, said: HashSet::new() }
    }

    /// Adds a finding, unless the same was said of the same place.
    pub fn push(&mut self, finding: Finding) {
        if self.found.len() > self.most {
            return;
        }
        if let Some(place) = finding.primary()
            && !self.said.insert((place, finding.message.clone()))
        {
            return;
        }
        if self.found.len() < self.most {
            self.found.push(finding);
            return;
        }
        let message = format!("there are more than {} {}", self.most, self.of);
        let mut last = Finding::error(TOO_MANY_MISTAKES, message).help("mend the others first");
        last.labels = finding.labels.into_iter().take(1).collect();
        if let Some(label) = last.labels.first_mut() {
            label.message = "nothing from here on is reported".to_owned();
        }
        self.found.push(last);
    }

    /// The findings in the order in which they were found.
    pub fn into_vec(self) -> Vec<Finding> {
        self.found
    }
}
