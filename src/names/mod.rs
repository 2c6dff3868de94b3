//! What is legal as a name in each target, and the names that are derived from others.

mod derived;
mod file_stem;
mod plural;
mod protobuf;
mod roles;
mod rpc;
mod shortened;
mod target;
pub mod variable;

pub use derived::{
    crate_name, database_variable, environment_variable, hcl_name, kubernetes_name, maintenance_function,
    rust_identifier,
};
pub use file_stem::file_stem;
pub use plural::plural;
pub use protobuf::{
    json_name, protobuf_enum_prefix, protobuf_enum_suffix, protobuf_enum_value, protobuf_envelope,
    protobuf_envelope_field, protobuf_field, protobuf_message, protobuf_package_part, protobuf_request,
    protobuf_response, protobuf_service, protobuf_snapshot_service, rpc_snapshot,
};
pub use roles::DatabaseRoles;
pub use rpc::{rpc_batch_get, rpc_batch_get_by, rpc_exists, rpc_exists_by, rpc_get, rpc_get_by, rpc_list};
pub use shortened::{partition_index_name, sequence_name, shortened};
pub use target::{NameProblem, Target, check};
