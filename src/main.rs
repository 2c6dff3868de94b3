//! The `freehold` program.

fn main() {}
