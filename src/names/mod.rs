//! What is legal in PostgreSQL, Kubernetes, RDS, Kafka, Protobuf, Rust and HCL, and the names derived from others.
