//! A service and what it owns.

use super::{
    Call, CalledBy, Consistency, Consumption, Deploy, EnumId, Located, ProjectionId, RpcId, ServerId,
    TableId, TeamId, TopicId,
};
use crate::source::Place;

/// A `service` node.
#[derive(Clone, Debug)]
pub struct Service {
    /// The name.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// The team that runs it.
    pub team: Option<TeamId>,
    /// What it is for.
    pub summary: Option<Located<String>>,
    /// What it must not do.
    pub excludes: Vec<Located<String>>,
    /// Its database.
    pub database: Option<Database>,
    /// Stores of other kinds.
    pub stores: Vec<Store>,
    /// Extensions of its database.
    pub extensions: Vec<Located<String>>,
    /// Enums, in order.
    pub enums: Vec<EnumId>,
    /// Tables, in order.
    pub tables: Vec<TableId>,
    /// Read copies, in order.
    pub projections: Vec<ProjectionId>,
    /// Topics, in order.
    pub topics: Vec<TopicId>,
    /// Events for which people write the handler.
    pub consumes: Vec<Consumption>,
    /// RPCs that it serves, in order.
    pub rpcs: Vec<RpcId>,
    /// RPCs that it calls.
    pub calls: Vec<Call>,
    /// Externs that call it.
    pub called_by: Vec<CalledBy>,
    /// How it is run.
    pub deploy: Option<Deploy>,
    /// `latency p95-ms=`.
    pub latency_p95_ms: Option<Located<u32>>,
    /// How closely it has to agree with what it refers to and copies, with the platform's filled in.
    pub consistency: Consistency,
    /// `sql` nodes, in order.
    pub sql: Vec<SqlNode>,
    /// The node.
    pub place: Place,
}

/// The `database` of a service.
#[derive(Clone, Debug)]
pub struct Database {
    /// The name.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// The server it lives on.
    pub server: Option<ServerId>,
    /// Connections of one replica's pool. Default: 8.
    pub pool: u32,
    /// The node.
    pub place: Place,
}

/// What kind of store a `store` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreKind {
    /// Redis.
    Redis,
    /// Neo4j.
    Neo4j,
    /// ClickHouse.
    ClickHouse,
    /// OpenSearch.
    OpenSearch,
    /// Amazon S3.
    S3,
}

/// A `store` node: owned and documented, not migrated.
#[derive(Clone, Debug)]
pub struct Store {
    /// The kind.
    pub kind: StoreKind,
    /// The name.
    pub name: Located<String>,
    /// What it holds.
    pub holds: Vec<Located<String>>,
    /// The node.
    pub place: Place,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// What it is for.
    pub summary: Option<Located<String>>,
}

/// An `enum` node.
#[derive(Clone, Debug)]
pub struct EnumType {
    /// The service that owns it.
    pub service: super::ServiceId,
    /// The name.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// Its values, in order.
    pub values: Vec<EnumValue>,
    /// What it is for.
    pub summary: Option<Located<String>>,
    /// The node.
    pub place: Place,
}

/// A value of an enum.
#[derive(Clone, Debug)]
pub struct EnumValue {
    /// The value.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// What it is for.
    pub summary: Option<Located<String>>,
}

/// A `sql` node: the way out for views, triggers, row security.
#[derive(Clone, Debug)]
pub struct SqlNode {
    /// The name.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// The table of the service after which it runs. Default: after everything.
    pub after: Option<Located<TableId>>,
    /// The statement that makes it.
    pub up: Located<String>,
    /// The statement that removes it.
    pub down: Located<String>,
    /// The node.
    pub place: Place,
}
