//! What the compiler writes for Kubernetes, read back.

mod cluster;
mod consistency;
mod jobs;
mod network;
mod random;
mod shapes;
mod strimzi;
mod values;
