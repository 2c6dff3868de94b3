//! Where what a register declares stands on the wire, for outputs that use messages and methods by name.

use super::file::{Field, TypeName};
use crate::semantic::model::{ColumnIndex, EnumId, EventId, RpcId, TableId, TopicId};
use foldhash::HashMap;

/// What the services of a register say to each other, by the ids of the register.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Events.
    pub events: HashMap<EventId, EventOnWire>,
    /// The envelopes of topics.
    pub envelopes: HashMap<TopicId, TypeName>,
    /// The names of topics at the broker.
    pub topics: HashMap<TopicId, String>,
    /// Messages that hold a list, so that there may be none: the field that has the values.
    pub lists: HashMap<TypeName, Field>,
    /// Enums that are in messages.
    pub enums: HashMap<EnumId, EnumOnWire>,
    /// RPCs.
    pub rpcs: HashMap<RpcId, MethodOnWire>,
    /// RPCs that fill read copies, by the table that is copied.
    pub snapshots: HashMap<TableId, SnapshotOnWire>,
}

impl Index {
    /// Takes over what another service says.
    pub fn extend(&mut self, other: Index) {
        self.events.extend(other.events);
        self.envelopes.extend(other.envelopes);
        self.topics.extend(other.topics);
        self.lists.extend(other.lists);
        self.enums.extend(other.enums);
        self.rpcs.extend(other.rpcs);
        self.snapshots.extend(other.snapshots);
    }
}

/// An event.
#[derive(Clone, Debug)]
pub struct EventOnWire {
    /// Its message.
    pub message: TypeName,
    /// The fields of that.
    pub fields: Vec<Field>,
    /// The columns that the first fields hold, in their order; empty for an event that is about no table.
    pub columns: Vec<ColumnIndex>,
    /// The field of the envelope that it is in; empty until envelopes are made.
    pub member: String,
}

/// An enum.
#[derive(Clone, Debug)]
pub struct EnumOnWire {
    /// Its type.
    pub name: TypeName,
    /// The names of its values, in the order of the register.
    pub values: Vec<String>,
}

/// A method.
#[derive(Clone, Debug)]
pub struct MethodOnWire {
    /// The service of Protobuf that has it; its name is a name in the package of a message.
    pub service: TypeName,
    /// Its name.
    pub name: String,
    /// What is asked.
    pub request: TypeName,
    /// The fields of that.
    pub request_fields: Vec<Field>,
    /// What is answered.
    pub response: TypeName,
    /// The fields of that.
    pub response_fields: Vec<Field>,
    /// The time limit in milliseconds.
    pub timeout_ms: u32,
}

/// A method that gives all rows of a table, page by page.
#[derive(Clone, Debug)]
pub struct SnapshotOnWire {
    /// The method.
    pub method: MethodOnWire,
    /// A row in its response.
    pub row: TypeName,
    /// The fields of that: what identifies the row, its version, the others.
    pub row_fields: Vec<Field>,
    /// The columns that they hold, without that of the version, which is behind the first [`Self::identifying`] ones.
    pub columns: Vec<ColumnIndex>,
    /// How many of the columns identify the row.
    pub identifying: usize,
    /// Rows of a page at most.
    pub page_size: u32,
}
