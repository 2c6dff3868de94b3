//! Publishes what lies in the outbox of the service {{ view.service }}.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::program::run(|stop| runtime::relay::main({{ view.library }}::PUBLISHER, stop))
}
