//! What the compiler writes: one file each, pure functions from the register to texts.

pub mod bootstrap;
pub mod consumers;
pub mod docs;
pub mod kafka;
pub mod kubernetes;
pub mod migrations;
pub mod prometheus;
pub mod protobuf;
pub mod reconciliation;
mod service_drawing;
mod sql_text;
pub mod terraform;

pub use service_drawing::ServiceDrawing;

/// A file to write: what it holds, and from which node of the register.
/// The writer puts a header before it that says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The path below the output folder, with `/` between its parts; the first part is the backend's folder.
    pub path: String,
    /// The node of the register that it is made from, such as `service identity`; [`REGISTER`] where it is all of it.
    pub node: String,
    /// The text, without the header.
    pub contents: String,
}

/// The node of a file that is made from all of the register.
pub const REGISTER: &str = "the register";

/// An output of the compiler. Its name is also the name of its folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// SQL migrations, and what an administrator runs before them.
    Sql,
    /// Messages and RPCs, as a module of Protobuf.
    Proto,
    /// Queries and scripts that compare services with what they refer to and copy.
    Reconciliation,
    /// What runs in a cluster, for kustomize.
    Kubernetes,
    /// Topics and ACLs, as scripts for Kafka's own tools, where Strimzi does not make them.
    Kafka,
    /// Alerts.
    Prometheus,
    /// Servers, buckets and secrets in AWS.
    Terraform,
    /// Programs that publish and consume events, in Rust.
    Consumers,
    /// Documentation of the whole register.
    Docs,
}

impl Backend {
    /// Every backend, in the order in which they run.
    pub const ALL: [Backend; 9] = [
        Backend::Sql,
        Backend::Proto,
        Backend::Reconciliation,
        Backend::Kubernetes,
        Backend::Kafka,
        Backend::Prometheus,
        Backend::Terraform,
        Backend::Consumers,
        Backend::Docs,
    ];

    /// The name, as `--only` takes it and as its folder is called.
    pub fn name(self) -> &'static str {
        match self {
            Backend::Sql => "sql",
            Backend::Proto => "proto",
            Backend::Reconciliation => "reconciliation",
            Backend::Kubernetes => "kubernetes",
            Backend::Kafka => "kafka",
            Backend::Prometheus => "prometheus",
            Backend::Terraform => "terraform",
            Backend::Consumers => "consumers",
            Backend::Docs => "docs",
        }
    }

    /// The backend whose folder a path below the output folder lies in.
    pub fn of_path(path: &str) -> Option<Backend> {
        Backend::by_name(path.split('/').next().unwrap_or(""))
    }

    /// The backend of a name.
    pub fn by_name(name: &str) -> Option<Backend> {
        Backend::ALL.into_iter().find(|backend| backend.name() == name)
    }
}
