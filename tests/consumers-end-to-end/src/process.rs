//! A process that is killed, told to end and asked how it is.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a program may take to end when it is told to.
const END: Duration = Duration::from_secs(40);
/// How long an answer over HTTP may take.
const ANSWER: Duration = Duration::from_secs(5);

/// Starts a program and sends it the signal that is read, or one at the end of the input: when the test is gone, however it ended.
/// Ends as the program does.
const SUPERVISE: &str = r#"
    log=$1 last=$2
    shift 2
    exec 3<&0
    "$@" </dev/null 3<&- >>"$log" 2>&1 &
    child=$!
    (
        read -r signal || signal=$last
        kill "-$signal" "$child"
    ) <&3 3<&- 2>/dev/null &
    reader=$!
    exec 3<&- </dev/null
    wait "$child" 2>/dev/null
    code=$?
    kill "$reader" 2>/dev/null
    exit "$code"
"#;

/// A process with a log.
pub struct Process {
    /// What it is called in reports.
    pub name: String,
    log: PathBuf,
    supervisor: Child,
}

impl Process {
    /// Starts a command, with a log of its own to which it adds. `last` is the signal that it gets when this is dropped.
    pub fn start(name: &str, command: &Command, folder: &Path, last: &str) -> Process {
        let log = folder.join(format!("{name}.log"));
        let mut supervisor = Command::new("sh");
        supervisor.args(["-c", SUPERVISE, "sh"]).arg(&log).arg(last);
        supervisor.arg(command.get_program()).args(command.get_args());
        supervisor.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let supervisor = supervisor.stdin(Stdio::piped()).current_dir("/").process_group(0).spawn().unwrap();
        Process { name: name.to_owned(), log, supervisor }
    }

    /// Whether it runs.
    pub fn runs(&mut self) -> bool {
        self.supervisor.try_wait().unwrap().is_none()
    }

    /// Kills it: it gets no chance to finish anything.
    pub fn kill(mut self) {
        assert!(self.runs(), "{} had ended by itself:\n{}", self.name, self.last_of_log());
        self.signal("KILL");
        assert_eq!(self.ends(), Some(128 + 9), "{} was not killed", self.name);
    }

    /// Tells it to end, and waits.
    ///
    /// # Panics
    /// It had ended before, or does not end in time, or not well.
    pub fn stop(mut self) {
        assert!(self.runs(), "{} had ended by itself:\n{}", self.name, self.last_of_log());
        self.signal("TERM");
        assert_eq!(self.ends(), Some(0), "{} did not end well:\n{}", self.name, self.last_of_log());
    }

    fn signal(&mut self, signal: &str) {
        writeln!(self.supervisor.stdin.as_mut().unwrap(), "{signal}").unwrap();
    }

    fn ends(&mut self) -> Option<i32> {
        let deadline = Instant::now() + END;
        while Instant::now() < deadline {
            if let Some(status) = self.supervisor.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("{} does not end:\n{}", self.name, self.last_of_log());
    }

    /// The end of what it wrote into its log.
    pub fn last_of_log(&self) -> String {
        let text = std::fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(25)..].join("\n")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        // What cannot be waited for has ended.
        let _ = self.supervisor.wait();
    }
}

/// A command of a program with its variables, and no others but where programs are found.
pub fn program(path: impl AsRef<OsStr>, variables: &[(&str, String)]) -> Command {
    let mut command = Command::new(path);
    command.envs(variables.iter().map(|(name, value)| (*name, value)));
    command
}

/// A port of this machine that nobody listens on, nor on the next one.
pub fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

/// What is answered over HTTP, with the status before it.
pub fn get(address: SocketAddr, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, ANSWER)?;
    stream.set_read_timeout(Some(ANSWER))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {address}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
