//! Plans: proved by execution, refused when they are spoilt; every precondition of the executor.

mod difference;
mod facts;
mod preconditions;
mod proof;
mod schemas;
mod soundness;
mod standing;
