//! Partitions come and go: librdkafka tells of it in the middle of a poll, and waits for the answer of the main loop.

use rdkafka::ClientContext;
use rdkafka::TopicPartitionList;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::mpsc::UnboundedSender;

/// A change of the partitions that this member of the group works on.
#[derive(Clone, Debug)]
pub(super) enum Rebalance {
    /// These come; nothing is fetched before they are assigned.
    Come(TopicPartitionList),
    /// These go to other members, who begin once they are unassigned.
    Go(TopicPartitionList),
}

/// What librdkafka calls.
pub(super) struct Context {
    rebalances: UnboundedSender<Rebalance>,
    is_closing: AtomicBool,
    commit_failed: AtomicBool,
}

impl Context {
    /// Passes changes on.
    pub fn new(rebalances: UnboundedSender<Rebalance>) -> Context {
        Context { rebalances, is_closing: AtomicBool::new(false), commit_failed: AtomicBool::new(false) }
    }

    /// Passes nothing on any more: the main loop has ended.
    pub fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
    }

    /// Whether offsets could not be committed since this was asked last.
    pub fn take_commit_failed(&self) -> bool {
        self.commit_failed.swap(false, Ordering::AcqRel)
    }
}

impl ClientContext for Context {
    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!(%error, reason, "librdkafka reports an error");
    }
}

impl ConsumerContext for Context {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        kind: RDKafkaRespErr,
        partitions: &mut TopicPartitionList,
    ) {
        let comes = kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        let rebalance =
            if comes { Rebalance::Come(partitions.clone()) } else { Rebalance::Go(partitions.clone()) };
        let is_closing = self.is_closing.load(Ordering::Acquire);
        if is_closing || self.rebalances.send(rebalance).is_err() {
            let answer = if comes {
                consumer.incremental_assign(partitions)
            } else {
                consumer.incremental_unassign(partitions)
            };
            if let Err(error) = answer {
                tracing::warn!(%error, "a rebalance could not be answered");
            }
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            self.commit_failed.store(true, Ordering::Release);
            tracing::warn!(%error, "offsets could not be committed");
        }
    }
}
