//! From files to the resolved register: the model file, what it includes, and what all of it means.

use super::Register;
use super::includes::read_all;
use super::resolve::resolve;
use super::validate::validate;
use crate::diagnostic::Finding;
use crate::source::{FileSystem, Place, Sources};
use crate::syntax::restrict;
use std::io;
use std::path::{Path, PathBuf};

/// The folder beside the model file that holds what builds froze. It is no part of the register.
pub const LOCK_FOLDER: &str = "lock";

/// What loading gives: a register as whole as it could be read, and what was wrong with the rest.
#[derive(Debug, Default)]
pub struct Loaded {
    /// Every file that was read, in the order of reading.
    pub sources: Sources,
    /// The register. Parts with mistakes are left out of it.
    pub register: Register,
    /// What reading and resolving found, unsorted.
    pub findings: Vec<Finding>,
    /// A file that the outside world refused to give: nothing can be said of the register then.
    pub failure: Option<ReadFailure>,
}

/// A file that could not be read.
#[derive(Debug)]
pub struct ReadFailure {
    /// The file, relative to the root.
    pub path: PathBuf,
    /// What the file system says.
    pub error: io::Error,
    /// The `include` that asked for it; `None` for the model file.
    pub place: Option<Place>,
}

/// Reads the model file and what it includes, and resolves it. `model` is relative to the root of `files`.
pub fn load(files: &dyn FileSystem, model: &Path) -> Loaded {
    let (mut loaded, trees) = read_all(files, model);
    // Form and meaning are read from the same trees, and neither needs what the other finds.
    let of_tree = |tree| restrict(tree).into_iter().chain(validate(tree));
    let form = || trees.iter().flat_map(of_tree).collect::<Vec<_>>();
    let (of_form, (register, of_meaning)) = rayon::join(form, || resolve(&trees));
    loaded.register = register;
    loaded.findings.extend(of_form);
    loaded.findings.extend(of_meaning);
    loaded
}
