//! Freehold compiles one register of who owns which data into everything that makes the ownership real.
//! `docs/architecture.md` says what each module owns and what it must not know.
#![warn(missing_docs, clippy::iter_over_hash_type, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod backends;
pub mod cli;
pub mod diagnostic;
pub mod graph;
pub mod infrastructure;
pub mod live;
pub mod lock;
pub mod lowering;
pub mod names;
pub mod plan;
pub mod reconcile;
pub mod rules;
pub mod schema;
pub mod semantic;
pub mod session;
pub mod source;
pub mod sql;
pub mod syntax;
pub mod templates;
pub mod text;
pub mod wire;
pub mod writer;
