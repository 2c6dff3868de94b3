//! The only writer of files: compares what is made with what stands on the disk, refuses to overwrite what
//! people wrote, and replaces each file atomically.
//!
//! There is no manifest. A file is ours if it opens with our mark (see [`header`]); it was edited if its digest is
//! wrong. So after a crash at any moment every file is whole, old or new, and the next build completes.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the writer is the end that writes files"
)]

mod apply;
mod compare;
mod diff;
pub mod header;
mod state;

pub use apply::{HeldFolder, Step, Written, create, write, write_compared};
pub use compare::{Change, Comparing, Comparison, Refusal, RefusalReason, Target, compare};
pub use diff::unified_diff;
pub use state::State;

use crate::text::printable_path;
use std::path::{Path, PathBuf};

/// Temporary files have names that begin and end so, in the folder of the file that they become.
const TEMPORARY: (&str, &str) = (".freehold-", ".tmp");

/// The output could not be read or written. Nothing is half-written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The operating system refused.
    #[error("cannot {action} `{}`: {source}", printable_path(path))]
    Io {
        /// What was to be done, such as `read`.
        action: &'static str,
        /// To which file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A file of the state is not what was read.
    #[error(
        "`{}` was changed while the build was running; nothing was written, run it again",
        printable_path(path)
    )]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A backend made a file that cannot be written: the compiler is wrong.
    #[error("the compiler made a file that cannot be written, `{path}`: {reason}")]
    Unwritable {
        /// The path below the output folder.
        path: String,
        /// Why.
        reason: &'static str,
    },
}

impl WriteError {
    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> WriteError {
        let path = path.to_path_buf();
        move |source| WriteError::Io { action, path, source }
    }
}
