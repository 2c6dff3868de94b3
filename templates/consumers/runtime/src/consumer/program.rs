//! A consumer as a program: its settings, and what it shows over HTTP.

use super::group::{DatabaseGroup, SimpleGroup};
use super::retries::Retries;
use super::{Surroundings, run, run_without_database};
use crate::database;
use crate::health::{self, Health, Metrics};
use crate::kafka::KafkaSettings;
use crate::program::Fatal;
use crate::settings::{self, SettingsError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The group.
const GROUP: &str = "KAFKA_GROUP";
/// The service's database.
const DATABASE: &str = "DATABASE_URL";
/// How long a member of the group may be silent before its partitions go to others.
const SESSION_TIMEOUT: Duration = Duration::from_secs(15);

/// A program that consumes as one group of a service.
#[derive(Clone, Debug)]
pub struct Program {
    group: String,
    surroundings: Surroundings,
}

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
        Ok(Program { group: settings::required(GROUP)?, surroundings })
    }

    /// The name of the group.
    pub fn group(&self) -> &str {
        &self.group
    }

    /// Why this program cannot run: the service has no group of this name.
    pub fn unknown_group(&self) -> Fatal {
        SettingsError::Invalid { name: GROUP, problem: "names no consumer group of this service" }.into()
    }

    /// Consumes with the database of the variable `DATABASE_URL`, with at most `connections`, until told to stop.
    ///
    /// # Errors
    /// The database is not named, or consuming fails for good.
    pub async fn run(self, group: impl DatabaseGroup, connections: u32) -> Result<(), Fatal> {
        let database = database::pool(DATABASE, &settings::required(DATABASE)?, connections)?;
        let surroundings = self.surroundings.clone();
        self.with_health(run(group, database, &surroundings)).await
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
        let serving = health::serve(health::default_address(), health, metrics, CancellationToken::new());
        tokio::select! {
            result = work => result,
            result = serving => result.map_err(Fatal::from),
        }
    }
}
