//! The only writer of files: all or nothing, and only what changed.
