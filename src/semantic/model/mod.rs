//! The resolved register: what a register means, free of how it was spelt, with places to show.

mod deployment;
mod environment;
mod keys;
mod messaging;
mod platform;
mod service;
mod table;
mod values;

pub use deployment::*;
pub use environment::*;
pub use keys::{column_indices, column_set, same_columns};
pub use messaging::*;
pub use platform::*;
pub use service::*;
pub use table::*;
pub use values::*;

use super::arena::{Arena, Id};
use crate::source::Place;

/// The id of a [`Service`].
pub type ServiceId = Id<Service>;
/// The id of a [`Table`].
pub type TableId = Id<Table>;
/// The id of a [`Projection`].
pub type ProjectionId = Id<Projection>;
/// The id of a [`Topic`].
pub type TopicId = Id<Topic>;
/// The id of an [`Event`].
pub type EventId = Id<Event>;
/// The id of a [`Rpc`].
pub type RpcId = Id<Rpc>;
/// The id of a [`Reference`].
pub type ReferenceId = Id<Reference>;
/// The id of an [`EnumType`].
pub type EnumId = Id<EnumType>;
/// The id of a [`Server`].
pub type ServerId = Id<Server>;
/// The id of an [`Extern`].
pub type ExternId = Id<Extern>;
/// The id of a [`Team`].
pub type TeamId = Id<Team>;

/// A value and the place where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub place: Place,
}

impl<T> Located<T> {
    /// A value with its place.
    pub fn new(value: T, place: Place) -> Located<T> {
        Located { value, place }
    }
}

impl Located<String> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.value
    }
}

/// A whole register, resolved. Everything lies in arenas in the order of the register.
#[derive(Debug, Default)]
pub struct Register {
    /// What holds for all services.
    pub platform: Platform,
    /// Teams.
    pub teams: Arena<Team>,
    /// PostgreSQL servers.
    pub servers: Arena<Server>,
    /// Callers and callees outside the register.
    pub externs: Arena<Extern>,
    /// Services.
    pub services: Arena<Service>,
    /// Enums of all services.
    pub enums: Arena<EnumType>,
    /// Tables of all services, without those that the compiler adds.
    pub tables: Arena<Table>,
    /// Read copies of all services.
    pub projections: Arena<Projection>,
    /// Topics of all services.
    pub topics: Arena<Topic>,
    /// Events of all topics.
    pub events: Arena<Event>,
    /// RPCs of all services, those derived from tables and those written out.
    pub rpcs: Arena<Rpc>,
    /// References of all tables.
    pub references: Arena<Reference>,
    /// Every `environment`, in order; at most [`MOST_ENVIRONMENTS`].
    pub environments: Vec<DeclaredEnvironment>,
    /// Every `allow`.
    pub allows: Vec<Allow>,
}

/// An `allow` node: silences a rule in the node that holds it, and below.
#[derive(Clone, Debug)]
pub struct Allow {
    /// The rule's name.
    pub rule: Located<String>,
    /// Why.
    pub reason: Located<String>,
    /// The last day on which it holds.
    pub until: Option<Located<jiff::civil::Date>>,
    /// The node that holds it; `None` at the top of a file: the whole register.
    pub scope: Option<Place>,
    /// The `allow` node.
    pub place: Place,
}
