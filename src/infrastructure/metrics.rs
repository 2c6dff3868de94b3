//! Names of metrics: those that the programs which are made from a register show, and those of well-known exporters that
//! alerts ask. Units are in the names, as Prometheus has it.

/// Shown by relays: for how many seconds the oldest event that was not published yet has waited, parked ones left out; 0 where
/// none waits.
pub const OUTBOX_OLDEST_SECONDS: &str = "freehold_outbox_oldest_seconds";
/// Shown by relays: events that the relay gave up on. Later events of their keys wait behind them.
pub const OUTBOX_PARKED_EVENTS: &str = "freehold_outbox_parked_events";
/// Shown by consumers: messages that went to a topic of dead letters, since the program started.
pub const CONSUMER_DEAD_LETTERS: &str = "freehold_consumer_dead_letters_total";
/// Shown by everything with a pool of connections: those that are in use.
pub const POOL_CONNECTIONS_IN_USE: &str = "freehold_pool_connections_in_use";
/// Shown by everything with a pool of connections: the most that it opens.
pub const POOL_CONNECTIONS_MAX: &str = "freehold_pool_connections_max";

/// Shown by gRPC servers: calls that were answered, with their `grpc_code`.
pub const GRPC_HANDLED: &str = "grpc_server_handled_total";
/// Shown by gRPC servers: a histogram of how long answers took, in seconds.
pub const GRPC_SECONDS_BUCKET: &str = "grpc_server_handling_seconds_bucket";

/// Of postgres_exporter: connections to each database.
pub const POSTGRES_CONNECTIONS: &str = "pg_stat_database_numbackends";
/// Of postgres_exporter: seconds that a statement took in all.
pub const POSTGRES_STATEMENT_SECONDS: &str = "pg_stat_statements_seconds_total";
/// Of postgres_exporter: how often a statement ran.
pub const POSTGRES_STATEMENT_CALLS: &str = "pg_stat_statements_calls_total";
/// Of postgres_exporter: how many seconds a replica is behind.
pub const POSTGRES_REPLICATION_LAG: &str = "pg_replication_lag_seconds";

/// Of kafka_exporter, which Strimzi runs, too: messages that a consumer group has not read yet.
pub const KAFKA_GROUP_LAG: &str = "kafka_consumergroup_lag";

/// Of kube-state-metrics: 1 for a Job that failed.
pub const JOB_FAILED: &str = "kube_job_failed";
/// Of kube-state-metrics: when a Job started, in seconds since 1970.
pub const JOB_START_TIME: &str = "kube_job_status_start_time";
/// Of kube-state-metrics: when a CronJob was made, in seconds since 1970.
pub const CRON_JOB_CREATED: &str = "kube_cronjob_created";
/// Of kube-state-metrics: when a Job of a CronJob last succeeded, in seconds since 1970.
pub const CRON_JOB_LAST_SUCCESS: &str = "kube_cronjob_status_last_successful_time";
