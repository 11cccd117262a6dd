//! A folder for one test, the real program run in it, and what its files hold afterwards.

use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::Value as Json;
use syncapp_tests::server::postgres::{Database, Login, Postgres};
use tempfile::TempDir;

/// A folder of its own: files, databases, and the program's own store in `home`.
pub(crate) struct Place {
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// How the program ended and what it said.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    /// With a file of that text.
    pub(crate) fn file(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        self.put(name, text);
        self
    }

    /// With an SQLite database that a script has made.
    pub(crate) fn sqlite(self, name: &str, sql: &str) -> Self {
        self.alter(name, sql);
        self
    }

    /// With a variable of the program's environment.
    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn put(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn alter(&self, name: &str, sql: &str) {
        Connection::open(self.path(name)).unwrap().execute_batch(sql).unwrap();
    }

    /// The text of a file.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The rows of a query, each as `a|b`, or the database's complaint.
    pub(crate) fn rows(&self, name: &str, sql: &str) -> Vec<String> {
        let look = || -> rusqlite::Result<Vec<String>> {
            let connection = Connection::open(self.path(name))?;
            let mut statement = connection.prepare(sql)?;
            let width = statement.column_count();
            let rows = statement.query_map([], |row| {
                let cells: rusqlite::Result<Vec<String>> = (0..width).map(|at| row.get(at).map(spell)).collect();
                Ok(cells?.join("|"))
            })?;
            rows.collect()
        };
        look().unwrap_or_else(|problem| vec![problem.to_string()])
    }

    /// All files below the folder with their bytes, except the program's own, for "exactly as before". Of an SQLite
    /// database its users' tables count: a run that fails may have raised its fence.
    pub(crate) fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        walk(self.folder.path(), &mut found);
        let own = |path: &Path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with("_syncapp"))
        };
        found.retain(|path| !path.starts_with(self.path("home")) && !own(path));
        let read = |path: PathBuf| {
            let is_database = path.extension() == Some(OsStr::new("db"));
            let bytes = if is_database {
                dump(&path).into_bytes()
            } else {
                fs::read(&path).unwrap_or_default()
            };
            (path, bytes)
        };
        let mut contents: Vec<_> = found.into_iter().map(read).collect();
        contents.retain(|(path, bytes)| path.extension() != Some(OsStr::new("db")) || !bytes.is_empty());
        contents.sort();
        contents
    }

    /// The program with the test's environment and nothing of the machine's.
    pub(crate) fn command(&self, line: &[&str]) -> Command {
        let mut command = Command::new(line[0]);
        command.args(&line[1..]).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command
            .env("SYNCAPP_HOME", self.path("home"))
            .current_dir(self.folder.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs `syncapp` with these arguments.
    pub(crate) fn syncapp(&self, arguments: &[&str]) -> Ran {
        self.run(&[&[program().as_str()], arguments].concat())
    }

    /// Runs any command.
    pub(crate) fn run(&self, line: &[&str]) -> Ran {
        self.ran(&self.command(line).output().unwrap())
    }

    /// Starts `run --json`, and waits until its stream has begun; the lines that follow.
    pub(crate) fn reading(&self) -> (Child, Lines<BufReader<ChildStdout>>) {
        let mut run = self
            .command(&[&program(), "run", "sync.yaml", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
        let begins = |line: std::io::Result<String>| line.is_ok_and(|line| line.contains("stream_started"));
        assert!(lines.any(begins), "the stream has begun");
        (run, lines)
    }

    /// What a command left, once nothing in it shows a secret.
    pub(crate) fn ran(&self, output: &Output) -> Ran {
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert!(
            !ran.stdout.contains("canary-"),
            "a secret in standard output: {}",
            ran.stdout
        );
        assert!(
            !ran.stderr.contains("canary-"),
            "a secret in standard error: {}",
            ran.stderr
        );
        let mut kept = Vec::new();
        walk(&self.path("home"), &mut kept);
        for path in kept {
            let bytes = match fs::read(&path) {
                // Another command that runs at the same time has ended.
                Err(gone) if gone.kind() == ErrorKind::NotFound => continue,
                read => read.unwrap(),
            };
            let canary = bytes.windows(7).any(|window| window == b"canary-");
            assert!(!canary, "a secret in {}", path.display());
        }
        ran
    }

    /// Text in which nothing depends on the machine or the moment.
    pub(crate) fn steady(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "[folder]")
    }
}

impl Ran {
    /// Ends the test unless it ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self
    }

    /// Ends the test unless it failed, by whichever code.
    #[track_caller]
    pub(crate) fn exits_with_failure(self) -> Self {
        assert!(
            matches!(self.code, 1 | 2),
            "{} {}\n{}",
            self.code,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Its standard output as one JSON value a line.
    pub(crate) fn json(&self) -> Vec<Json> {
        let parsed = self.stdout.lines().map(serde_json::from_str);
        parsed
            .collect::<Result<_, _>>()
            .unwrap_or_else(|problem| panic!("{problem}: {}", self.stdout))
    }
}

/// The program, which the workspace's build puts beside the tests.
pub(crate) fn program() -> String {
    let own = std::env::current_exe().unwrap();
    let path = own.ancestors().nth(2).unwrap().join("syncapp");
    let build = "build it with `cargo build --workspace --bins`";
    assert!(path.is_file(), "there is no {}: {build}", path.display());
    path.display().to_string()
}

/// A database of the shared server.
pub(crate) async fn database() -> Database {
    Postgres::shared().await.database().await
}

/// The keys of a connection to PostgreSQL, in braces.
pub(crate) fn postgres(login: &Login) -> String {
    format!("{{ connector: postgres, url: \"{}\" }}", login.url())
}

fn spell(value: Value) -> String {
    match value {
        Value::Null => "NULL".into(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Text(text) => text,
        Value::Blob(bytes) => format!("{} bytes", bytes.len()),
    }
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            walk(&entry.path(), found);
        } else {
            found.push(entry.path());
        }
    }
}

/// The definitions and rows of a database's own tables.
fn dump(path: &Path) -> String {
    let look = || -> rusqlite::Result<String> {
        let connection = Connection::open(path)?;
        let sql = "select name, sql from sqlite_schema where type = 'table' and name not like '\\_syncapp%' escape '\\'
                   and name not like 'sqlite%' order by name";
        let mut tables = connection.prepare(sql)?;
        let mut text = String::new();
        let tables: rusqlite::Result<Vec<(String, String)>> =
            tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect();
        for (name, definition) in tables? {
            text.push_str(&definition);
            let mut rows = connection.prepare(&format!("select * from \"{name}\""))?;
            let width = rows.column_count();
            let mut rows = rows.query([])?;
            while let Some(row) = rows.next()? {
                text.push('\n');
                for at in 0..width {
                    text.push_str(&spell(row.get(at)?));
                    text.push('|');
                }
            }
        }
        Ok(text)
    };
    look().unwrap_or_else(|problem| problem.to_string())
}
