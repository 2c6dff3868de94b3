//! The `freehold` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    freehold::cli::run(std::env::args_os())
}
