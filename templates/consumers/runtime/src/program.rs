//! A program from its start to its end: logs, signals, the exit code.

use std::error::Error;
use std::io;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// What ends a program before it was told to end.
pub type Fatal = Box<dyn Error + Send + Sync>;

/// Runs a program: its logs are lines of JSON on the standard error, as `RUST_LOG` asks for them, `info` by default. SIGTERM
/// and SIGINT cancel what `main` is given; it then finishes what it has begun and returns. The exit code is 1 where it fails.
pub fn run<F>(main: impl FnOnce(CancellationToken) -> F) -> ExitCode
where
    F: Future<Output = Result<(), Fatal>>,
{
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(io::stderr).init();
    let result = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Fatal::from).and_then(
        |runtime| {
            runtime.block_on(async {
                let stop = CancellationToken::new();
                tokio::spawn(cancel_on_signals(stop.clone())?);
                main(stop).await
            })
        },
    );
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %error, "the program cannot go on");
            ExitCode::FAILURE
        }
    }
}

/// Waits for a signal that ends the process, then cancels.
fn cancel_on_signals(stop: CancellationToken) -> io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("told to end");
        stop.cancel();
    })
}
