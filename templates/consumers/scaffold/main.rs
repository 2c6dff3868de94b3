//! Consumes events for the service {{ view.service }}, as the group that the variable `KAFKA_GROUP` names.

mod handlers;

use handlers::Handlers;
use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::program::run(|stop| consumer::run(Handlers, stop))
}
