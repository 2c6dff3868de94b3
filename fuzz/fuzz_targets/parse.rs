//! Reading KDL: whatever the text, no panic, and a tree that is whole.
#![no_main]

#[path = "../../tests/syntax_support/invariants.rs"]
mod invariants;

use freehold::source::FileId;
use freehold::syntax::{parse, restrict};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let parse = parse(FileId(0), text.into());
    invariants::check_invariants(text, &parse);
    restrict(&parse.tree);
});
