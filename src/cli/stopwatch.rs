//! How long the stages of a run take, and, on a terminal, how far it has come. The only reader of the clock for this.

use crate::session::Stage;
use indicatif::{ProgressBar, ProgressFinish};
use std::fmt::Write;
use std::time::{Duration, Instant};

/// How often the progress is drawn.
const TICK: Duration = Duration::from_millis(100);

/// Time by stage, in the order in which the stages ended.
pub(super) struct Stopwatch {
    since: Instant,
    /// Draws on stderr, and nothing where that is no terminal.
    progress: ProgressBar,
    stages: Vec<(Stage, Duration)>,
}

impl Stopwatch {
    pub(super) fn start() -> Stopwatch {
        let progress = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
        progress.enable_steady_tick(TICK);
        Stopwatch { since: Instant::now(), progress, stages: Vec::new() }
    }

    /// Takes the progress off the terminal, so that something else can be printed there.
    pub(super) fn hide_progress(&self) {
        self.progress.finish_and_clear();
    }

    /// A stage has ended; the next one begins.
    pub(super) fn lap(&mut self, stage: Stage) {
        let now = Instant::now();
        let passed = now - self.since;
        self.since = now;
        self.progress.set_message(format!("{} done", stage.name()));
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
