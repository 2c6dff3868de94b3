//! What the compiler writes for Kubernetes, read back.

mod cluster;
mod jobs;
mod network;
mod objects;
mod random;
mod registers;
mod shapes;
mod strimzi;
mod values;
