//! All that runs together: the servers, and the programs of identity, user, moderation and search.

use crate::folder::Folder;
use crate::kafka::Kafka;
use crate::postgres::Postgres;
use crate::process::{Process, free_port, get, program};
use crate::until;
use contracts::nova::identity::v1::identity_snapshot_service_server::IdentitySnapshotServiceServer;
use nova_identity_producer::snapshots::Snapshots;
use runtime::consumer::HeardTopic;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tonic::transport::Server;

/// How long a program may take until it is ready.
const READY: Duration = Duration::from_secs(60);
/// Partitions of each topic but those of dead letters.
pub(crate) const PARTITIONS: i32 = 4;

/// Where the programs are.
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    pub identity_relay: &'static str,
    pub user_relay: &'static str,
    pub user_consumer: &'static str,
    pub moderation_consumer: &'static str,
    pub search_consumer: &'static str,
}

/// A consuming service that runs here, whose group has its name.
#[derive(Clone, Copy, Debug)]
pub struct Consumer {
    pub service: &'static str,
    /// Its read copy of `identity.users`.
    pub copy: &'static str,
    /// What it hears.
    pub topics: &'static [HeardTopic],
}

/// The consuming services.
pub const CONSUMERS: [Consumer; 3] = [
    Consumer { service: "user", copy: "user_cache", topics: nova_user_consumer::groups::user::TOPICS },
    Consumer {
        service: "moderation",
        copy: "moderated_users",
        topics: nova_moderation_consumer::groups::moderation::TOPICS,
    },
    Consumer {
        service: "search",
        copy: "searchable_users",
        topics: nova_search_consumer::groups::search::TOPICS,
    },
];

/// The servers, and what the programs need to know of them.
pub struct World {
    // In this order they end.
    pub postgres: Postgres,
    pub kafka: Kafka,
    pub folder: Folder,
    programs: Programs,
    /// Where the identity service answers.
    identity: SocketAddr,
}

impl World {
    /// Starts the servers, and in this process the identity service's answers to who fills a copy.
    pub async fn start(programs: Programs) -> World {
        let folder = Folder::new();
        let kafka = Kafka::start(&folder.path);
        let postgres = Postgres::start(&folder.path).await;
        let topics = CONSUMERS.iter().flat_map(|consumer| consumer.topics);
        let mut names: Vec<&str> = topics.clone().map(|topic| topic.name).collect();
        names.sort_unstable();
        names.dedup();
        kafka.make_topics(&names, PARTITIONS).await;
        kafka.make_topics(&topics.map(|topic| topic.dead_letters).collect::<Vec<_>>(), 1).await;
        let identity = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let snapshots = Snapshots::new(postgres.pool("identity", "app", 4));
        let service = Server::builder().add_service(IdentitySnapshotServiceServer::new(snapshots));
        tokio::spawn(service.serve(identity));
        World { postgres, kafka, folder, programs, identity }
    }

    /// Starts the relay of identity or user.
    pub fn relay(&self, service: &str) -> Running {
        let path =
            if service == "identity" { self.programs.identity_relay } else { self.programs.user_relay };
        let database = ("DATABASE_DIRECT_URL", self.postgres.url(service, "app"));
        self.run(&format!("{service}-relay"), path, vec![database])
    }

    /// Starts a consumer.
    pub fn consumer(&self, service: &str) -> Running {
        self.replica(service, &format!("{service}-consumer"))
    }

    /// Starts a consumer under another name.
    pub fn replica(&self, service: &str, name: &str) -> Running {
        let path = match service {
            "user" => self.programs.user_consumer,
            "moderation" => self.programs.moderation_consumer,
            _ => self.programs.search_consumer,
        };
        let variables = vec![
            ("KAFKA_GROUP", service.to_owned()),
            ("DATABASE_URL", self.postgres.url(service, "app")),
            ("IDENTITY_ADDRESS", self.identity.to_string()),
        ];
        self.run(name, path, variables)
    }

    fn run(&self, name: &str, path: &str, mut variables: Vec<(&'static str, String)>) -> Running {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        variables.push(("HTTP_ADDRESS", address.to_string()));
        variables.push(("KAFKA_BOOTSTRAP_SERVERS", self.kafka.servers()));
        variables.push(("PGAPPNAME", name.to_owned()));
        let process = Process::start(name, &program(path, &variables), &self.folder.path, "KILL");
        Running { process, address }
    }

    /// How many messages of its topics a consumer has not done with.
    pub fn behind(&self, consumer: &Consumer) -> Result<i64, String> {
        consumer.topics.iter().map(|topic| self.kafka.behind(consumer.service, topic.name, PARTITIONS)).sum()
    }

    /// Every message of a topic.
    pub fn messages(&self, topic: &str) -> Vec<rdkafka::message::OwnedMessage> {
        self.kafka.messages(topic, PARTITIONS)
    }
}

/// A program that runs.
pub struct Running {
    pub process: Process,
    address: SocketAddr,
}

impl Running {
    /// Waits until it says that it does its work.
    pub async fn ready(&mut self) {
        let (name, address) = (self.process.name.clone(), self.address);
        until(&format!("{name} is ready"), READY, || async move {
            let answer = get(address, "/health/ready").map_err(|error| error.to_string())?;
            let status = answer.lines().next().unwrap_or_default();
            if status.contains(" 200 ") { Ok(()) } else { Err(status.to_owned()) }
        })
        .await;
    }

    /// The value of a metric, by its name with its labels; 0 where there is none.
    pub fn metric(&self, sample: &str) -> f64 {
        let text = get(self.address, "/metrics").unwrap();
        let value = text.lines().find_map(|line| line.strip_prefix(sample)?.strip_prefix(' '));
        value.map_or(0.0, |value| value.parse().unwrap())
    }

    /// How many messages of a topic had an outcome.
    pub fn messages(&self, topic: &str, outcome: &str) -> f64 {
        self.metric(&format!("freehold_consumer_messages_total{{topic=\"{topic}\",outcome=\"{outcome}\"}}"))
    }
}
