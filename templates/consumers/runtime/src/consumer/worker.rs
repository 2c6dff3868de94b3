//! What works on one partition while others work on theirs.

use rdkafka::Message;
use rdkafka::message::OwnedMessage;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How many messages are handled together at most.
const BATCH: usize = 100;
/// From how many waiting messages on no more are fetched.
const MANY: usize = 200;
/// Down to how many waiting messages that stays so.
const FEW: usize = 50;

/// A partition of a topic.
pub(super) type Partition = (String, i32);

/// Handles the messages of one partition.
pub(super) trait Handler: Send + 'static {
    /// Handles messages in their order, and says how many of them: fewer than all only where it was told to stop.
    fn handle(
        &mut self,
        messages: &[OwnedMessage],
        stop: &CancellationToken,
    ) -> impl Future<Output = usize> + Send;
}

/// What a worker has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Done {
    /// The partition.
    pub partition: Partition,
    /// The offset behind the last message that was handled.
    pub next_offset: i64,
}

/// A worker, as seen from the main loop.
pub(super) struct Worker {
    queue: UnboundedSender<OwnedMessage>,
    waiting: Arc<AtomicUsize>,
    /// Whether no messages are fetched for it.
    pub is_paused: bool,
    stop: CancellationToken,
    task: AbortOnDropHandle<()>,
}

impl Worker {
    /// Starts one.
    pub fn start(partition: Partition, handler: impl Handler, done: UnboundedSender<Done>) -> Worker {
        let (queue, receiver) = mpsc::unbounded_channel();
        let (waiting, stop) = (Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let task = tokio::spawn(work(partition, handler, receiver, Arc::clone(&waiting), done, stop.clone()));
        Worker { queue, waiting, is_paused: false, stop, task: AbortOnDropHandle::new(task) }
    }

    /// Gives it a message.
    pub fn push(&self, message: OwnedMessage) {
        self.waiting.fetch_add(1, Ordering::Relaxed);
        // One that has ended handles nothing more, and its partition goes to somebody else.
        let _ = self.queue.send(message);
    }

    /// Whether no more messages should be fetched for it.
    pub fn has_many(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) >= MANY
    }

    /// Whether messages should be fetched for it again.
    pub fn has_few(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) <= FEW
    }

    /// Whether it has ended, which it should not before it is told to stop.
    pub fn has_ended(&self) -> bool {
        self.task.is_finished()
    }

    /// Tells it to stop after the transaction that it is in.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Waits until it has stopped. One that does not stop in time is cut off: its transaction is rolled back.
    pub async fn join(mut self, deadline: Instant) {
        if tokio::time::timeout_at(deadline, &mut self.task).await.is_err() {
            tracing::warn!("a worker did not stop in time and is cut off");
            self.task.abort();
            // It has ended in either case.
            let _ = self.task.await;
        }
    }
}

async fn work(
    partition: Partition,
    mut handler: impl Handler,
    mut queue: UnboundedReceiver<OwnedMessage>,
    waiting: Arc<AtomicUsize>,
    done: UnboundedSender<Done>,
    stop: CancellationToken,
) {
    let mut messages = Vec::with_capacity(BATCH);
    while stop.run_until_cancelled(queue.recv_many(&mut messages, BATCH)).await.is_some_and(|count| count > 0) {
        let handled = handler.handle(&messages, &stop).await;
        waiting.fetch_sub(messages.len(), Ordering::Relaxed);
        if let Some(last) = messages[..handled.min(messages.len())].last() {
            let next_offset = last.offset() + 1;
            // The main loop hears it for as long as there are workers.
            let _ = done.send(Done { partition: partition.clone(), next_offset });
        }
        if handled < messages.len() {
            return;
        }
        messages.clear();
    }
}
