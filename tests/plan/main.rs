//! Plans: proved by execution, refused when they are spoilt; every precondition of the executor.

mod preconditions;
mod proof;
mod schemas;
