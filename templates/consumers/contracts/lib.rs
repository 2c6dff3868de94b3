//! What services say to each other: messages of topics, requests and responses of RPCs, as the module of Protobuf has them.
//! A package is a module: the message `nova.identity.v1.UserCreated` is `nova::identity::v1::UserCreated`.

#![forbid(unsafe_code)]

#[allow(missing_docs, clippy::all, reason = "prost and tonic write it")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}

pub use generated::*;

/// The module itself, as an encoded `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
