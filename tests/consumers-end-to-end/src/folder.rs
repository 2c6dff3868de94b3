//! The folder of a run, and what ends with it.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Waits until nobody holds the other end of its input any more, then ends the broker and clears up: so nothing is left of a run
/// once its process has ended, however it did. `FREEHOLD_TEST_KEEP` leaves the folder, with its logs.
const REAP: &str = r#"
    cat >/dev/null
    bash "$2" kill "$1/kafka"
    [ -n "${FREEHOLD_TEST_KEEP-}" ] || rm -rf "$1"
"#;

/// The root of the project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The script that installs, starts and ends Kafka.
pub fn kafka_script() -> PathBuf {
    root().join("tests/consumers/kafka.sh")
}

/// A folder that is removed when this is dropped.
pub struct Folder {
    pub path: PathBuf,
    reaper: Child,
}

impl Folder {
    pub fn new() -> Folder {
        // Paths of sockets are limited to about 100 bytes, so not below a temporary folder of any depth.
        let folder = tempfile::Builder::new().prefix("freehold-").tempdir_in("/tmp").unwrap();
        // The server of PostgreSQL may run as somebody else.
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let reaper = Command::new("sh")
            .args(["-c", REAP, "sh"])
            .arg(folder.path())
            .arg(kafka_script())
            .stdin(Stdio::piped())
            // Not in the terminal's group: an interrupt is for the test, and this follows it.
            .process_group(0)
            .spawn()
            .unwrap();
        Folder { path: folder.keep(), reaper }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.reaper.stdin.take());
        // What cannot be waited for has ended.
        let _ = self.reaper.wait();
    }
}
