//! Topics, events, read copies, RPCs and calls.

use super::{
    ColumnIndex, ColumnType, EventId, ExternId, Index, Located, OnDelete, RpcId, Service, ServiceId, TableId,
    TopicId,
};
use crate::names;
use crate::source::Place;
use std::collections::BTreeMap;

/// A `projection` node: a read copy of another service's table.
#[derive(Clone, Debug)]
pub struct Projection {
    /// The service that keeps the copy.
    pub service: ServiceId,
    /// The name of the copy's table.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// The table that is copied. `None`: the name did not resolve, or it is a projection.
    pub source: Option<TableId>,
    /// Where the source was written.
    pub source_place: Place,
    /// The projection that `of=` named, which rule `projection-of-projection` reports.
    pub source_projection: Option<super::ProjectionId>,
    /// The columns that hold the topic's `id`, with their names here.
    pub key: Vec<ProjectedColumn>,
    /// The carried columns, with their names here.
    pub columns: Vec<ProjectedColumn>,
    /// Indexes over the copy; their columns are counted as in [`Projection::column_names`].
    pub indexes: Vec<Index>,
    /// What the copy is for.
    pub summary: Option<Located<String>>,
    /// The node.
    pub place: Place,
}

impl Projection {
    /// The names of the copy's columns: key, carried ones, then those of the compiler.
    pub fn column_names(&self) -> Vec<&str> {
        let declared = self.key.iter().chain(&self.columns).map(|column| column.name.as_str());
        declared.chain(PROJECTION_COLUMNS).collect()
    }
}

/// The table of events on their way to the broker, which the compiler adds to services with topics.
pub const OUTBOX_TABLE: &str = "outbox_events";
/// The channel of PostgreSQL on which a relay hears of new rows in the outbox.
pub const OUTBOX_CHANNEL: &str = "outbox_events";
/// The table of events that were processed, which the compiler adds to services on whose database events have an effect.
pub const PROCESSED_EVENTS_TABLE: &str = "processed_events";
/// The table of events that could not be handled yet, which stands wherever that of processed events does.
pub const PARKED_EVENTS_TABLE: &str = "parked_events";
/// The table of how far read copies are filled, which the compiler adds to services that keep some.
pub const PROJECTION_FILLS_TABLE: &str = "projection_fills";
/// The column that the compiler adds to tables with a topic: the time of the insert, one up with every update.
pub const ROW_VERSION_COLUMN: &str = "row_version";

impl crate::semantic::Register {
    /// The Protobuf package of a service without its version, if it is new: `nova.identity`.
    pub fn protobuf_package(&self, service: &Service) -> String {
        let platform = self.platform.name.iter().map(|name| name.as_str());
        let parts: Vec<String> =
            platform.chain([service.name.as_str()]).map(names::protobuf_package_part).collect();
        parts.join(".")
    }

    /// Whether events of others have an effect on a service's database, and so leave a trace in it.
    pub fn records_processed_events(&self, service: &Service) -> bool {
        let mut references = service.tables.iter().flat_map(|table| &self.tables[*table].references);
        !service.consumes.is_empty()
            || !service.projections.is_empty()
            || references.any(|id| self.references[*id].on_delete.value != OnDelete::Keep)
    }

    /// Consumer groups of a service: those that are named in `consumes`, and its own, which is called as the service is
    /// and consumes everything else: events without a group, read copies, delete policies.
    pub fn consumer_groups<'a>(&'a self, service: &'a Service) -> BTreeMap<&'a str, Place> {
        let own = (service.name.as_str(), service.name.place);
        let mut groups: BTreeMap<&str, Place> = BTreeMap::new();
        for consumed in &service.consumes {
            let (group, place) = consumed.group.as_ref().map_or(own, |group| (group.as_str(), group.place));
            groups.entry(group).or_insert(place);
        }
        let references = service.tables.iter().flat_map(|table| &self.tables[*table].references);
        let mut policies = references.map(|reference| self.references[*reference].on_delete.value);
        if !service.projections.is_empty() || policies.any(|policy| policy != OnDelete::Keep) {
            groups.insert(own.0, own.1);
        }
        groups
    }
}

/// The columns of a read copy that the compiler owns.
pub const PROJECTION_COLUMNS: [&str; 3] = ["source_version", "source_deleted_at", "synced_at"];

/// A column of a read copy.
#[derive(Clone, Debug)]
pub struct ProjectedColumn {
    /// The column of the source.
    pub source: ColumnIndex,
    /// Its name in the copy.
    pub name: Located<String>,
    /// The name it had in the copy.
    pub was: Option<Located<String>>,
}

/// A `topic` node.
#[derive(Clone, Debug)]
pub struct Topic {
    /// The service that publishes it.
    pub service: ServiceId,
    /// The name on the wire.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// What it tells of.
    pub subject: TopicSubject,
    /// `partitions=`. Default: the platform's.
    pub partitions: Option<Located<u32>>,
    /// `retention-days=`. Default: the platform's.
    pub retention_days: Option<Located<u32>>,
    /// `outbox=trigger`: triggers write the outbox, not the application.
    pub outbox_by_trigger: bool,
    /// `compact`.
    pub compact: Option<Place>,
    /// Columns that all its events carry.
    pub carries: Vec<Located<ColumnIndex>>,
    /// Its events, in order.
    pub events: Vec<EventId>,
    /// The node.
    pub place: Place,
    /// What it is for.
    pub summary: Option<Located<String>>,
}

/// What a topic tells of.
#[derive(Clone, Debug)]
pub enum TopicSubject {
    /// Rows of a table of the service.
    Table {
        /// The table.
        table: TableId,
        /// `key=`: the columns that order.
        key: Vec<Located<ColumnIndex>>,
        /// `id=`: the columns that identify. Default: the primary key without partition columns.
        id: Vec<Located<ColumnIndex>>,
    },
    /// `producers=all`: anything, of any service, keyed by a field.
    AllProducers {
        /// `key=`: the field that orders.
        key: Option<Located<String>>,
    },
    /// The table's name did not resolve, and a finding says so.
    Unresolved,
}

/// When an event is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventTrigger {
    /// A row was created.
    Created,
    /// A carried column changed.
    Updated,
    /// A row was deleted, or marked as deleted.
    Deleted,
}

/// An `event` node.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its topic.
    pub topic: TopicId,
    /// The name.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// `when=`; `None`: the application publishes it.
    pub trigger: Option<EventTrigger>,
    /// `version=`. Default: 1.
    pub version: u32,
    /// Columns that it carries beside the topic's.
    pub carries: Vec<Located<ColumnIndex>>,
    /// Fields of an event that the application publishes.
    pub fields: Vec<Field>,
    /// What it tells.
    pub summary: Option<Located<String>>,
    /// The node.
    pub place: Place,
}

/// An event for which people write the handler.
#[derive(Clone, Debug)]
pub struct Consumption {
    /// The event. `None`: the name did not resolve, and a finding says so.
    pub event: Option<EventId>,
    /// The consumer group, where written.
    pub group: Option<Located<String>>,
    /// Where the event was named.
    pub place: Place,
}

/// A `field` node of a message.
#[derive(Clone, Debug)]
pub struct Field {
    /// The name.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// The type.
    pub kind: Located<FieldType>,
    /// `nullable`.
    pub nullable: bool,
    /// `repeated`.
    pub repeated: bool,
    /// What it holds.
    pub summary: Option<Located<String>>,
}

/// The type of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// A column type.
    Column(ColumnType),
    /// The entity of a table.
    Entity(TableId),
}

/// What an RPC does.
#[derive(Clone, Debug)]
pub enum RpcKind {
    /// `get`: one row.
    Get,
    /// `batch-get`: rows by many keys, at most `max`. Default: 100.
    BatchGet {
        /// How many keys a request may hold.
        max: u32,
    },
    /// `exists`.
    Exists,
    /// `list`: pages of rows.
    List {
        /// `order=`: the columns that rows are in the order of, each with whether it descends.
        order: Vec<(Located<ColumnIndex>, bool)>,
        /// `page-size=`. Default: 50.
        page_size: u32,
    },
    /// `rpc`: written out.
    Custom {
        /// The fields of the request.
        request: Vec<Field>,
        /// The fields of the response.
        response: Vec<Field>,
        /// Which sides stream.
        stream: Stream,
        /// `version=`. Default: 1.
        version: u32,
        /// `not-idempotent`.
        idempotent: bool,
    },
}

/// Which sides of an RPC stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Stream {
    /// None.
    #[default]
    None,
    /// The caller.
    Client,
    /// The owner.
    Server,
    /// Both.
    Both,
}

/// An RPC that a service serves.
#[derive(Clone, Debug)]
pub struct Rpc {
    /// The service that serves it.
    pub service: ServiceId,
    /// Its name: written out, or derived from the entity.
    pub name: Located<String>,
    /// The name it had.
    pub was: Option<Located<String>>,
    /// What it does.
    pub kind: RpcKind,
    /// The table, but for `rpc`.
    pub table: Option<TableId>,
    /// `by=`: the columns that select, where written; else the identifying columns are meant.
    pub by: Vec<Located<ColumnIndex>>,
    /// `timeout-ms=`. Default: the platform's.
    pub timeout_ms: Option<Located<u32>>,
    /// What it is for.
    pub summary: Option<Located<String>>,
    /// The node.
    pub place: Place,
}

impl Rpc {
    /// `version=`; those that are derived from tables are version 1.
    pub fn version(&self) -> u32 {
        match &self.kind {
            RpcKind::Custom { version, .. } => *version,
            _ => 1,
        }
    }
}

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// An RPC of a service.
    Rpc(RpcId),
    /// An RPC of an extern.
    Extern(ExternId),
}

/// One RPC named in `calls`.
#[derive(Clone, Debug)]
pub struct Call {
    /// What is called. `None`: the name did not resolve, and a finding says so.
    pub callee: Option<Callee>,
    /// The name as written.
    pub name: Located<String>,
    /// `timeout-ms=`.
    pub timeout_ms: Option<Located<u32>>,
    /// `cache-seconds=`.
    pub cache_seconds: Option<Located<u32>>,
    /// Where it was named.
    pub place: Place,
}

/// One name in `called-by`.
#[derive(Clone, Debug)]
pub struct CalledBy {
    /// The extern.
    pub caller: ExternId,
    /// Where it was named.
    pub place: Place,
}
