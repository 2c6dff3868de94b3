//! What services say to each other, as plain data: files, messages, enums and methods with their names and numbers.
//!
//! It is made from the register and from the lock, which knows the numbers. It is of Protobuf's nature, but knows
//! nothing of its text: documentation is whole sentences of whatever the register says, and nobody has quoted them yet.

mod entities;
mod envelopes;
mod events;
mod fields;
mod file;
mod forms;
mod index;
mod lowering;
mod rpcs;
mod snapshots;
mod table_rpcs;
mod types;

pub use file::{
    Documentation, EnumType, EnumValue, Field, FieldType, File, Idempotency, Message, Method, Oneof,
    Presence, Reserved, Scalar, Service, TypeName,
};
pub use forms::{Carrier, FAR_AWAY, Form, key_of_row};
pub use index::{EnumOnWire, EventOnWire, Index, MethodOnWire, SnapshotOnWire};
pub use lowering::{Uses, Wire, lower};
pub use types::{type_format, wire_type};
