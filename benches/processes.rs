//! The program as a whole, from outside: wall time and peak memory of `check` and `build`, medians of several runs,
//! over synthetic registers of growing size. Run with `cargo bench --bench processes`.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark runs processes and reads the clock"
)]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use wait4::Wait4;

const RUNS: usize = 5;
const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];

struct Figures {
    wall: Duration,
    peak_memory_mib: f64,
}

fn main() {
    println!("{:>8} {:>22} {:>12} {:>12}", "tables", "command", "wall ms", "peak MiB");
    for tables in SIZES {
        let folder = tempfile::tempdir().expect("a temporary folder");
        measure_size(folder.path(), tables);
    }
}

fn measure_size(folder: &Path, tables: usize) {
    let model = folder.join("model/synthetic.kdl");
    std::fs::create_dir_all(folder.join("model")).expect("a folder for the model");
    let register = support::register(tables);
    std::fs::write(&model, &register).expect("the model is written");
    print(tables, "check", || {}, &["check", "--model", text(&model)]);
    run(&["build", "--model", text(&model)]);
    let changed = register.replacen("column body text nullable", "column body text", 1);
    let mut is_changed = false;
    let toggle = || {
        is_changed = !is_changed;
        std::fs::write(&model, if is_changed { &changed } else { &register }).expect("the model is written");
    };
    print(tables, "build, one change", toggle, &["build", "--model", text(&model)]);
}

/// Prints the medians of several runs after one that does not count.
fn print(tables: usize, name: &str, mut before: impl FnMut(), arguments: &[&str]) {
    let mut walls = Vec::new();
    let mut peaks = Vec::new();
    for round in 0..=RUNS {
        before();
        let figures = run(arguments);
        if round > 0 {
            walls.push(figures.wall);
            peaks.push(figures.peak_memory_mib);
        }
    }
    walls.sort();
    peaks.sort_by(f64::total_cmp);
    let wall = walls[RUNS / 2].as_secs_f64() * 1000.0;
    println!("{tables:>8} {name:>22} {wall:>12.1} {:>12.1}", peaks[RUNS / 2]);
}

fn run(arguments: &[&str]) -> Figures {
    let start = Instant::now();
    let child = Command::new(env!("CARGO_BIN_EXE_freehold"))
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let ended = child.wait4().expect("the program ends");
    let wall = start.elapsed();
    assert!(ended.status.success(), "`freehold {}` failed: {:?}", arguments.join(" "), ended.status);
    Figures { wall, peak_memory_mib: ended.rusage.maxrss as f64 / (1024.0 * 1024.0) }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary path is text")
}
