//! The work grows with the size of a register alone. Steps are counted, not timed: the library is compiled once more, so
//! that it counts them, and `count_steps.rs` is run with it.

use std::collections::BTreeMap;
use std::process::Command;

/// The steps for registers of four sizes, each twice the one before.
type Counts = [f64; 4];

fn counted() -> BTreeMap<String, Counts> {
    let ran = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--example", "count_steps"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("RUSTC_WORKSPACE_WRAPPER", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scaling/rustc"))
        .output()
        .expect("cargo starts");
    let printed = String::from_utf8(ran.stdout).expect("it prints text");
    assert!(ran.status.success(), "{}\n{printed}", String::from_utf8_lossy(&ran.stderr));
    let line = |line: &str| {
        let (kind, counts) = line.split_once(": ").expect("a kind stands before its counts");
        let counts: Vec<f64> = counts.split(' ').map(|count| count.parse().expect("a number")).collect();
        (kind.to_owned(), Counts::try_from(counts).expect("there are four sizes"))
    };
    printed.lines().map(line).collect()
}

/// Which part of the growth to the greatest of three sizes goes beyond twice the growth to the second: nothing where work is
/// proportional, a half where all of it is done for every pair of things.
fn excess(few: f64, more: f64, most: f64) -> f64 {
    ((most - more) - 2.0 * (more - few)) / (most - more)
}

/// Whether some work is done for every pair of things. Sorting and names that get longer exceed a little too, but by the same
/// part at every size, less than three hundredths; work for pairs is twice the part among twice as many, until it is most of it.
fn is_pairwise([first, second, third, fourth]: Counts) -> bool {
    let (before, after) = (excess(first, second, third), excess(second, third, fourth));
    after > 0.2 || (after > 0.03 && after > 1.4 * before)
}

#[test]
fn twice_as_many_take_twice_as_many_steps() {
    let mut counted = counted();
    let planted = counted.remove("planted").expect("what compares pairwise was counted");
    assert!(is_pairwise(planted), "work for every pair is not seen: {planted:?}");
    assert!(counted.len() > 30);
    let mut faults = Vec::new();
    for (kind, counts) in &counted {
        assert!(counts[0] > 100_000.0, "{kind}: nothing was counted: {counts:?}");
        if is_pairwise(*counts) {
            faults.push(format!("{kind}: {counts:?}"));
        }
    }
    assert!(faults.is_empty(), "work for every pair among\n{}", faults.join("\n"));
}

#[test]
fn a_step_for_every_pair_is_seen_beside_much_other_work() {
    let sizes = [500.0, 1_000.0, 2_000.0, 4_000.0];
    let proportional = sizes.map(|n: f64| 12_000.0 * n);
    assert!(!is_pairwise(proportional));
    assert!(!is_pairwise(sizes.map(|n: f64| 12_000.0 * n + 100.0 * n * n.log2())));
    assert!(is_pairwise(sizes.map(|n: f64| 12_000.0 * n + 0.5 * n * n)));
}
