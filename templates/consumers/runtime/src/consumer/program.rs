//! A consumer as a program: its settings, and what it shows over HTTP.

use super::group::{DatabaseGroup, SimpleGroup};
use super::retries::Retries;
use super::{Surroundings, run, run_without_database};
use crate::database;
use crate::fill::{Copy, keep_filled};
use crate::health::{self, Health, Metrics};
use crate::kafka::KafkaSettings;
use crate::program::Fatal;
use crate::settings::{self, SettingsError};
use sqlx::PgPool;
use std::pin::Pin;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The group.
const GROUP: &str = "KAFKA_GROUP";
/// The service's database.
const DATABASE: &str = "DATABASE_URL";
/// How long a member of the group may be silent before its partitions go to others.
const SESSION_TIMEOUT: Duration = Duration::from_secs(15);

/// A program that consumes as one group of a service.
pub struct Program {
    group: String,
    surroundings: Surroundings,
    fills: Vec<Fill>,
}

/// Fills a read copy until it is told to stop.
type Fill = Box<dyn FnOnce(PgPool, CancellationToken) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

impl Program {
    /// Reads the settings of Kafka and the name of the group, `KAFKA_GROUP`.
    ///
    /// # Errors
    /// One is missing or cannot be used.
    pub fn from_environment(stop: CancellationToken) -> Result<Program, SettingsError> {
        let surroundings = Surroundings {
            kafka: KafkaSettings::from_environment()?,
            health: Health::default(),
            metrics: Metrics::default(),
            retries: Retries::default(),
            session_timeout: SESSION_TIMEOUT,
            stop,
        };
        Ok(Program { group: settings::required(GROUP)?, surroundings, fills: Vec::new() })
    }

    /// The name of the group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Fills a read copy beside consuming.
    pub fn fill(&mut self, copy: impl Copy) {
        self.fills.push(Box::new(|database, stop| Box::pin(keep_filled(copy, database, stop))));
    }

    /// Why this program cannot run: the service has no group of this name.
    pub fn unknown_group(&self) -> Fatal {
        SettingsError::Invalid { name: GROUP, problem: "names no consumer group of this service" }.into()
    }

    /// Consumes with the database of the variable `DATABASE_URL`, with at most `connections`, until told to stop.
    ///
    /// # Errors
    /// The database is not named, or consuming fails for good.
    pub async fn run(mut self, group: impl DatabaseGroup, connections: u32) -> Result<(), Fatal> {
        let database = database::pool(DATABASE, &settings::required(DATABASE)?, connections)?;
        let surroundings = self.surroundings.clone();
        database::show(&database, &surroundings.metrics);
        let fills = std::mem::take(&mut self.fills);
        let stop = &surroundings.stop;
        let mut filling: JoinSet<()> =
            fills.into_iter().map(|fill| fill(database.clone(), stop.child_token())).collect();
        let result = self.with_health(run(group, database, &surroundings)).await;
        // What has begun when the program was told to end is one page, which is done before.
        stop.cancel();
        while filling.join_next().await.is_some() {}
        result
    }

    /// Consumes without a database until told to stop.
    ///
    /// # Errors
    /// Consuming fails for good.
    pub async fn run_without_database(self, group: impl SimpleGroup) -> Result<(), Fatal> {
        let surroundings = self.surroundings.clone();
        self.with_health(run_without_database(group, &surroundings)).await
    }

    /// Answers questions for health and metrics while something is done, to its end.
    async fn with_health(self, work: impl Future<Output = Result<(), Fatal>>) -> Result<(), Fatal> {
        let Surroundings { health, metrics, .. } = self.surroundings;
        let addresses = health::addresses()?;
        let serving = health::serve(&addresses, health, metrics, CancellationToken::new());
        tokio::select! {
            result = work => result,
            result = serving => result.map_err(Fatal::from),
        }
    }
}
