//! Keeps a server and its folder, and takes both away when the test is gone.
//!
//! A shell stands between the test and the server. It reads orders from a pipe; when the pipe closes, because the guard
//! was dropped or because the test process died in whatever way, the shell ends the server and removes the folder. (The
//! kernel's own "signal when the parent dies" is about the parent *thread*, and so of no use in a threaded test runner.)

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

const SCRIPT: &str = r#"
folder=$1 signal=$2; shift 2
server=
halt() { [ -z "$server" ] || { kill -s "$1" "$server"; wait "$server"; server=; }; }
while read -r order argument; do
  case $order in
    start) "$@" </dev/null >>"$folder/log" 2>&1 & server=$!; echo "$server" ;;
    stop) halt "$argument"; echo 0 ;;
    wait) wait "$server"; echo $?; server= ;;
  esac
done
halt "$signal"
rm -rf "$folder"
"#;

/// A server process with its folder. Dropping it ends the one and removes the other.
#[derive(Debug)]
pub struct Guard {
    shell: Child,
    orders: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    folder: PathBuf,
    server: Option<u32>,
}

impl Guard {
    /// Takes the folder over. `command` runs the server in the foreground, and `signal` (`QUIT`, `KILL`) ends it at
    /// once.
    pub fn new(folder: PathBuf, signal: &str, command: &[OsString]) -> Self {
        let errors = fs::File::create(folder.join("guard.log")).expect("the server's folder can be written");
        let mut shell = Command::new("sh")
            .args(["-c", SCRIPT, "guard"])
            .args([folder.as_os_str(), OsStr::new(signal)])
            .args(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(errors)
            .process_group(0)
            .spawn()
            .expect("sh starts");
        let orders = shell.stdin.take();
        let replies = BufReader::new(shell.stdout.take().expect("standard output is a pipe"));
        Self {
            shell,
            orders,
            replies,
            folder,
            server: None,
        }
    }

    /// Starts the server; it may need a while until it answers.
    pub fn start(&mut self) {
        assert!(self.server.is_none(), "the server runs already");
        self.server = Some(self.order("start"));
    }

    /// Sends a signal to the server and waits for its end.
    pub fn stop(&mut self, signal: &str) {
        self.order(&format!("stop {signal}"));
        self.server = None;
    }

    /// Waits until the server ends by itself; its exit code.
    pub fn wait(&mut self) -> u32 {
        assert!(self.server.is_some(), "the server does not run");
        let code = self.order("wait");
        self.server = None;
        code
    }

    /// Whether the server process lives.
    pub fn is_running(&self) -> bool {
        let Some(server) = self.server else { return false };
        let stat = fs::read_to_string(format!("/proc/{server}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
    }

    /// Waits until the server takes connections on loopback; `false` when it has ended instead.
    pub async fn takes_connections(&self, port: u16) -> bool {
        let begun = Instant::now();
        while self.is_running() {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
                return true;
            }
            assert!(begun.elapsed() < PATIENCE, "the server is not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        false
    }

    /// The server's process id while it runs.
    pub fn server(&self) -> Option<u32> {
        self.server
    }

    /// The folder that goes with the server.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the server has said so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    fn order(&mut self, order: &str) -> u32 {
        let orders = self.orders.as_mut().expect("the guard is not dropped");
        writeln!(orders, "{order}").expect("the guard takes orders");
        let mut reply = String::new();
        self.replies.read_line(&mut reply).expect("the guard replies");
        reply.trim().parse().expect("the guard replies with a number")
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.orders.take());
        // Nothing can be done about a failure here, and a panic in a drop would hide the test's own.
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sleeper() -> Guard {
        let folder = tempfile::tempdir().unwrap().keep();
        Guard::new(folder, "KILL", &["sleep".into(), "1000".into()])
    }

    fn lives(pid: u32) -> bool {
        Path::new(&format!("/proc/{pid}")).exists()
    }

    #[test]
    fn a_drop_ends_the_server_and_removes_the_folder() {
        let mut guard = sleeper();
        guard.start();
        let (pid, folder) = (guard.server().unwrap(), guard.folder().to_owned());
        assert!(guard.is_running() && folder.exists());
        drop(guard);
        assert!(!lives(pid), "the server lives on");
        assert!(!folder.exists(), "the folder is still there");
    }

    #[test]
    fn a_panic_does_the_same() {
        let mut guard = sleeper();
        guard.start();
        let (pid, folder) = (guard.server().unwrap(), guard.folder().to_owned());
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || {
            let _held = guard;
            panic!("a test fails");
        }));
        assert!(outcome.is_err());
        assert!(!lives(pid) && !folder.exists());
    }

    #[test]
    fn a_stopped_server_can_be_started_again() {
        let mut guard = sleeper();
        guard.start();
        let first = guard.server().unwrap();
        guard.stop("TERM");
        assert!(!guard.is_running() && !lives(first));
        guard.start();
        assert!(guard.is_running());
        assert_ne!(guard.server(), Some(first));
    }

    #[test]
    fn a_server_that_ends_by_itself_is_seen() {
        let folder = tempfile::tempdir().unwrap().keep();
        let mut guard = Guard::new(
            folder,
            "KILL",
            &["sh".into(), "-c".into(), "echo last words; exit 3".into()],
        );
        guard.start();
        assert_eq!(guard.wait(), 3);
        assert_eq!(guard.log(), "last words\n");
        assert!(!guard.is_running());
    }
}
