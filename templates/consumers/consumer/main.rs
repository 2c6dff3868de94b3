//! Consumes as the group that the variable `KAFKA_GROUP` names, until the process is told to end.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::program::run({{ view.crate_name }}::run)
}
