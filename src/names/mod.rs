//! What is legal as a name in each target, and the names that are derived from others.

mod plural;
mod rpc;

pub use plural::plural;
pub use rpc::{rpc_batch_get, rpc_batch_get_by, rpc_exists, rpc_exists_by, rpc_get, rpc_get_by, rpc_list};
