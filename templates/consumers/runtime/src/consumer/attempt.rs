//! One try to have an event's effect, guarded against handlers that panic or never end.

use super::error::HandlingError;
use futures_util::FutureExt;
use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

/// How long a try may take. A connection that died without a word, or a handler that never ends, must not hold up a partition
/// for ever.
pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// Awaits what a try does. What it left half done in a transaction is rolled back by whoever called it.
///
/// # Errors
/// It failed, panicked, or took too long.
pub(super) async fn guarded<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, HandlingError>>,
) -> Result<T, HandlingError> {
    let caught = AssertUnwindSafe(work).catch_unwind();
    match tokio::time::timeout(limit, caught).await {
        Ok(Ok(result)) => result,
        Ok(Err(panic)) => Err(format!("the handler panicked: {}", said(panic.as_ref())).into()),
        Err(_) => Err(format!("it took longer than {} s", limit.as_secs()).into()),
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("it did not say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        let panicking = async {
            if std::hint::black_box(true) {
                panic!("no {}", 1);
            }
            Ok(())
        };
        let error = guarded(LIMIT, panicking).await.expect_err("it panicked");
        assert_eq!(error.to_string(), "the handler panicked: no 1");
        assert!(guarded(LIMIT, async { Ok(1) }).await.is_ok());
    }
}
