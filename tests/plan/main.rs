//! Plans: proved by execution, refused when they are spoilt.

mod proof;
mod schemas;
