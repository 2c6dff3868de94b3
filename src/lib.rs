//! Freehold compiles one register of who owns which data into everything that makes the ownership real.
//! `docs/architecture.md` says what each module owns and what it must not know.
#![warn(missing_docs, clippy::iter_over_hash_type, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod diagnostic;
pub mod source;
pub mod syntax;
