//! From files to the resolved register.

use super::Register;
use crate::diagnostic::Finding;
use crate::source::{FileSystem, Sources};
use std::path::Path;

/// What loading gives: a register as whole as it could be read, and what was wrong with the rest.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every file that was read, in the order of reading.
    pub sources: Sources,
    /// The register. Parts with mistakes are left out of it.
    pub register: Register,
    /// What reading and resolving found, unsorted.
    pub findings: Vec<Finding>,
}

/// Reads the model file and what it includes, and resolves it.
pub fn load(_files: &dyn FileSystem, _model: &Path) -> Loaded {
    Loaded::default()
}
