//! How often and how fast something is tried again.

use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often and how fast an event is tried again before it is given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Tries at once, before the event is put aside.
    pub immediate: u32,
    /// How long the second of them waits; each further one twice as long.
    pub immediate_delay: Duration,
    /// Tries after that, while later events of its key wait behind it.
    pub delayed: u32,
    /// How long the first of them waits; each further one four times as long.
    pub delayed_delay: Duration,
    /// How often it is looked for events that are due.
    pub look_every: Duration,
    /// How long to wait at most between two tries while the database or the broker is away.
    pub longest_wait: Duration,
}

impl Default for Retries {
    /// Three tries within a tenth of a second, then five within an hour: after 10 s, 40 s, 3 min, 11 min and 43 min.
    fn default() -> Retries {
        Retries {
            immediate: 3,
            immediate_delay: Duration::from_millis(20),
            delayed: 5,
            delayed_delay: Duration::from_secs(10),
            look_every: Duration::from_secs(1),
            longest_wait: Duration::from_secs(10),
        }
    }
}

impl Retries {
    /// How long to wait before the next try at once, after `tries` of them.
    pub(super) fn immediate_wait(&self, tries: u32) -> Duration {
        self.immediate_delay.saturating_mul(2u32.saturating_pow(tries.saturating_sub(1)))
    }

    /// How long to wait before the next delayed try, after `tries` of them.
    pub(super) fn delayed_wait(&self, tries: u32) -> Duration {
        self.delayed_delay.saturating_mul(4u32.saturating_pow(tries))
    }
}

/// Waits that grow from one to the next.
#[derive(Debug)]
pub(super) struct Backoff {
    next: Duration,
    most: Duration,
}

impl Backoff {
    /// The first wait while something is away.
    const FIRST: Duration = Duration::from_millis(100);

    /// Waits while the database or the broker is away.
    pub fn while_away(retries: &Retries) -> Backoff {
        Backoff { next: Backoff::FIRST.min(retries.longest_wait), most: retries.longest_wait }
    }

    /// Waits, longer than the time before. False where it was told to stop meanwhile.
    pub async fn wait(&mut self, stop: &CancellationToken) -> bool {
        let wait = self.next;
        self.next = (wait * 2).min(self.most);
        sleep_unless_stopped(wait, stop).await
    }
}

/// Sleeps. False where it was told to stop meanwhile.
pub(super) async fn sleep_unless_stopped(time: Duration, stop: &CancellationToken) -> bool {
    stop.run_until_cancelled(tokio::time::sleep(time)).await.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let retries = Retries::default();
        let seconds: Vec<u64> = (0..5).map(|tries| retries.delayed_wait(tries).as_secs()).collect();
        assert_eq!(seconds, [10, 40, 160, 640, 2560]);
        assert_eq!(retries.immediate_wait(1), Duration::from_millis(20));
        assert_eq!(retries.immediate_wait(2), Duration::from_millis(40));
        assert!(retries.delayed_wait(u32::MAX) > Duration::from_secs(2560));
    }

    #[tokio::test]
    async fn a_wait_ends_when_told_to_stop() {
        let stop = CancellationToken::new();
        let mut backoff = Backoff { next: Duration::from_millis(1), most: Duration::from_millis(3) };
        assert!(backoff.wait(&stop).await);
        assert!(backoff.wait(&stop).await);
        assert_eq!(backoff.next, backoff.most);
        stop.cancel();
        assert!(!backoff.wait(&stop).await);
    }
}
