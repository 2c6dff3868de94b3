//! The outputs: one file each, pure functions from the register and its schemas to paths and bytes.
