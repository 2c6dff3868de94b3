//! Counts the steps that a check and a build of registers of four sizes take, and prints them, a line for each kind of
//! register. Counts nothing unless the library was compiled by the `rustc` beside this file.

mod kinds;

use freehold::session::{self, Selection};
use freehold::source::Memory;
use freehold::templates::Templates;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

static STEPS: AtomicU64 = AtomicU64::new(0);

/// Called at every step of the library.
#[unsafe(no_mangle)]
extern "C" fn __sanitizer_cov_trace_pc() {
    STEPS.fetch_add(1, Ordering::Relaxed);
}

/// How many things registers hold, each time twice as many.
const SIZES: [usize; 4] = [500, 1_000, 2_000, 4_000];

fn main() {
    for (kind, make) in kinds::KINDS {
        print(kind, SIZES.map(|count| steps(&one_file(make(count)))));
    }
    print("include", SIZES.map(|count| steps(&included_files(count))));
    // What the count is for: it has to show where things are compared pairwise.
    let pairwise = [50, 100, 200, 400].map(|count| {
        let files = one_file(kinds::KINDS[0].1(count));
        (0..count).map(|_| steps(&files)).sum::<u64>()
    });
    print("planted", pairwise);
}

fn print(kind: &str, counts: [u64; 4]) {
    println!("{kind}: {}", counts.map(|count| count.to_string()).join(" "));
}

fn one_file(text: String) -> Memory {
    let mut files = Memory::default();
    files.insert("model.kdl", text);
    files
}

/// A model file that includes so many others.
fn included_files(count: usize) -> Memory {
    let mut files = one_file((count..2 * count).map(|file| format!("include \"f{file}.kdl\"\n")).collect());
    for file in count..2 * count {
        files.insert(format!("f{file}.kdl"), format!("team t{file}\n"));
    }
    files
}

/// How many steps a register takes: to check it, and to build it where it has no errors.
fn steps(files: &Memory) -> u64 {
    let before = STEPS.load(Ordering::Relaxed);
    let checked = session::check(files, Path::new("model.kdl"), None, &mut |_| {});
    if !checked.has_errors() {
        let templates =
            Templates::new(&BTreeMap::new()).expect("the templates that come with the program are right");
        let made = session::generate(
            &checked.register,
            &checked.locks,
            &templates,
            &Selection::default(),
            &mut |_| {},
        );
        assert!(!made.expect("a register without errors builds").files.is_empty());
    }
    STEPS.load(Ordering::Relaxed) - before
}
