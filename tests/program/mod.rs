//! Running the program, for the tests of the command line.
#![allow(dead_code, reason = "not every test file uses all of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_freehold");

/// A register that lacks nothing.
pub const GOOD: &str = include_str!("../../templates/init/register.kdl");

/// A folder with `model/register.kdl`.
pub fn project(register: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    put(folder.path(), "model/register.kdl", register);
    folder
}

/// Writes a file, with the folders above it.
pub fn put(folder: &Path, path: &str, text: impl AsRef<[u8]>) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().expect("it has a folder")).expect("made");
    std::fs::write(path, text).expect("written");
}

/// The program in a folder, with arguments that are separated by spaces, without the environment's colours.
pub fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments.split_whitespace()).current_dir(folder);
    for name in ["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR"] {
        command.env_remove(name);
    }
    command
}

/// How the program ended.
pub struct Ran {
    /// The exit code.
    pub code: i32,
    /// What it wrote to stdout.
    pub stdout: String,
    /// What it wrote to stderr.
    pub stderr: String,
}

/// How a run ended; it must not have panicked.
pub fn ran(output: Output) -> Ran {
    let ran = Ran {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
    };
    assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
    ran
}

/// Runs the program in a folder.
pub fn run(folder: &Path, arguments: &str) -> Ran {
    ran(command(folder, arguments).output().expect("the program starts"))
}

/// Every file below a folder by its path, with its bytes.
pub fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = walkdir::WalkDir::new(folder).into_iter().map(|entry| entry.expect("it can be read"));
    let files = entries.filter(|entry| entry.file_type().is_file());
    files
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).expect("it is below").to_path_buf();
            (path, std::fs::read(entry.path()).expect("it can be read"))
        })
        .collect()
}
