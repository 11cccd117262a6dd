//! The program under test, as a user runs it: the real binary, with a folder, a store and temporary files of its own.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::server::account::Account;
use crate::server::small_disk::SmallDisk;
use crate::signal;

/// How long a run may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// One user's SyncApp.
#[derive(Debug)]
pub struct Syncapp {
    place: TempDir,
    variables: Vec<(String, String)>,
}

/// A command that was started.
#[derive(Debug)]
pub struct Running {
    child: Child,
    begun: Instant,
    output: PathBuf,
    /// The most memory that it was seen with.
    memory: u64,
}

/// A command that ended by itself.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code.
    pub code: Option<i32>,
    /// What it printed, errors included.
    pub output: String,
    /// How long it took.
    pub took: Duration,
    /// The most memory that it was seen with, in MiB, without the pages of files, which the system can take back.
    pub memory: u64,
}

impl Default for Syncapp {
    fn default() -> Self {
        let place = tempfile::tempdir().expect("a temporary folder can be made");
        for folder in ["home", "work", "temporary"] {
            fs::create_dir(place.path().join(folder)).expect("the folder can be written");
        }
        Self {
            place,
            variables: Vec::new(),
        }
    }
}

impl Syncapp {
    /// The folder that commands run in.
    pub fn folder(&self) -> PathBuf {
        self.place.path().join("work")
    }

    /// Where it keeps what lasts.
    pub fn home(&self) -> PathBuf {
        self.place.path().join("home")
    }

    /// Sets a variable of its environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A variable of its environment that was set.
    pub fn variable(&self, name: &str) -> Option<&str> {
        let set = self.variables.iter().find(|(set, _)| set == name);
        set.map(|(_, value)| value.as_str())
    }

    /// Where it puts temporary files.
    pub fn temporary(&self) -> PathBuf {
        self.place.path().join("temporary")
    }

    /// Writes a file into the folder.
    pub fn file(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).expect("the folder can be written");
    }

    /// A program with this user's folder and environment.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder())
            .env("SYNCAPP_HOME", self.home())
            .env("TMPDIR", self.temporary())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// Where the newest command writes.
    fn output(&self) -> PathBuf {
        self.place.path().join("output")
    }

    /// What the newest command has said so far.
    pub fn said(&self) -> String {
        fs::read_to_string(self.output()).unwrap_or_default()
    }

    /// Starts a command.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let output = self.output();
        let log = File::create(&output).expect("the folder can be written");
        let child = self
            .command(program())
            .args(arguments)
            .stdout(log.try_clone().expect("a file can be shared"))
            .stderr(log)
            .spawn()
            .expect("syncapp starts");
        Running {
            child,
            begun: Instant::now(),
            output,
            memory: 0,
        }
    }

    /// Runs the sync file on a disk of so many MiB: the folder `out`, with what is in it.
    pub fn run_on_small_disk(&self, megabytes: u32) -> Ended {
        let (begun, out) = (Instant::now(), self.folder().join("out"));
        // The disk goes with its namespace: what is on it is brought there and back.
        let script = "cp -a out.kept/. out && \"$@\"; code=$?; rm -r out.kept && cp -a out out.kept; exit $code";
        fs::rename(&out, self.folder().join("out.kept")).expect("the folder can be written");
        fs::create_dir(&out).expect("the folder can be written");
        let program = program().into_os_string();
        let line = ["sh", "-c", script, "sh"].map(Into::into).into_iter();
        let line = line.chain([program, "run".into(), "sync.yaml".into()]);
        let line = SmallDisk::over(&out, megabytes).command(Account::own_user(), line);
        let ended = self
            .command(&line[0])
            .args(&line[1..])
            .output()
            .expect("unshare starts");
        fs::remove_dir(&out).expect("nothing was written below the disk");
        fs::rename(self.folder().join("out.kept"), &out).expect("the folder can be written");
        Ended {
            code: ended.status.code(),
            output: String::from_utf8_lossy(&[ended.stdout, ended.stderr].concat()).into_owned(),
            took: begun.elapsed(),
            memory: 0,
        }
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).end().await
    }

    /// Runs a command that must succeed.
    pub async fn succeed(&self, arguments: &[&str]) -> Ended {
        let ended = self.run(arguments).await;
        assert_eq!(ended.code, Some(0), "{arguments:?}:\n{}", ended.output);
        ended
    }
}

impl Running {
    /// What it is when it has ended.
    pub fn ended(&mut self) -> Option<Ended> {
        let status = self.child.try_wait().expect("a child can be asked")?;
        Some(Ended {
            code: status.code(),
            output: fs::read_to_string(&self.output).unwrap_or_default(),
            took: self.begun.elapsed(),
            memory: self.memory,
        })
    }

    /// The most memory that it had so far.
    fn memory(&self) -> Option<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let kilobytes = |what: &str| -> Option<u64> {
            let line = status.lines().find_map(|line| line.strip_prefix(what))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(kilobytes("VmHWM:")?.saturating_sub(kilobytes("RssFile:")?) / 1024)
    }

    /// The process's number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub async fn end(mut self) -> Ended {
        // It may have gone on for long before.
        let asked = Instant::now();
        loop {
            self.memory = self.memory().unwrap_or_default().max(self.memory);
            if let Some(ended) = self.ended() {
                return ended;
            }
            if asked.elapsed() > PATIENCE {
                let said = fs::read_to_string(&self.output).unwrap_or_default();
                self.kill();
                panic!("syncapp does not end:\n{said}");
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Stops its clock (`STOP`), or lets it go on (`CONT`).
    pub fn signal(&self, signal: &str) {
        signal::send(self.child.id(), signal);
        while signal == "STOP" && !self.sleeps() {
            std::thread::yield_now();
        }
    }

    /// Whether all of its threads are stopped, or have ended.
    fn sleeps(&self) -> bool {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id()));
        let mut states = tasks.into_iter().flatten().flatten().filter_map(|task| {
            let stat = fs::read_to_string(task.path().join("stat")).ok()?;
            stat.rsplit(") ").next()?.chars().next()
        });
        states.all(|state| matches!(state, 'T' | 'Z' | 'X'))
    }

    /// Ends it by SIGKILL; `false` when it was over before.
    pub fn kill(mut self) -> bool {
        let lives = self.ended().is_none();
        // Between the two it may end by itself: then there is nothing left to kill.
        let _ = self.child.kill();
        let status = self.child.wait().expect("a child can be waited for");
        lives && status.code().is_none()
    }
}

/// A test that fails leaves nothing running.
impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, but for such a test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program under test.
fn program() -> PathBuf {
    built("syncapp")
}

/// A binary that was built with this program: beside it, or one folder up.
pub(crate) fn built(name: &str) -> PathBuf {
    let own = std::env::current_exe().expect("a program knows its path");
    own.ancestors()
        .skip(1)
        .take(2)
        .map(|folder: &Path| folder.join(name))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("no {name} beside {}: cargo build --workspace --bins", own.display()))
}
