//! How long the stages of a run take. The only reader of the clock for this.

use crate::session::Stage;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Time by stage, in the order in which the stages ended.
pub(super) struct Stopwatch {
    since: Instant,
    stages: Vec<(Stage, Duration)>,
}

impl Stopwatch {
    pub(super) fn start() -> Stopwatch {
        Stopwatch { since: Instant::now(), stages: Vec::new() }
    }

    /// A stage has ended; the next one begins.
    pub(super) fn lap(&mut self, stage: Stage) {
        let now = Instant::now();
        let passed = now - self.since;
        self.since = now;
        match self.stages.iter_mut().find(|(known, _)| *known == stage) {
            Some((_, total)) => *total += passed,
            None => self.stages.push((stage, passed)),
        }
    }

    /// One line per stage, in milliseconds, and the sum.
    pub(super) fn table(&self) -> String {
        let mut table = String::new();
        for (stage, passed) in &self.stages {
            let _ = writeln!(table, "{:<10}{:>10.1} ms", stage.name(), passed.as_secs_f64() * 1000.0);
        }
        let total: Duration = self.stages.iter().map(|(_, passed)| passed).sum();
        let _ = writeln!(table, "{:<10}{:>10.1} ms", "total", total.as_secs_f64() * 1000.0);
        table
    }
}
