//! A private MariaDB: Debian's server, an unprivileged user, a free port, a temporary folder.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use mysql_async::prelude::Queryable;
use mysql_async::{Conn, OptsBuilder, Row};
use tokio::sync::OnceCell;

use super::account::Account;
use super::guard::Guard;
use super::port;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
const PASSWORD: &str = "pass'w\\ord";

/// A running MariaDB. Dropping it stops it at once and removes all it has written.
#[derive(Debug)]
pub struct MariaDb {
    guard: Guard,
    port: u16,
}

/// Who connects, and to which database.
#[derive(Debug, Clone)]
pub struct Login {
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The database.
    pub database: String,
    /// The user.
    pub user: String,
    /// Its password.
    pub password: String,
}

/// Two databases with a user each, who may do no more than a sync needs.
#[derive(Debug, Clone)]
pub struct Databases {
    /// May read the database `src…`.
    pub reader: Login,
    /// Owns all in the database `landing…`.
    pub writer: Login,
    /// Who sets up and looks, and is never tested.
    pub owner: Login,
}

impl MariaDb {
    /// The server that the tests of this process share; it ends with the process.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<MariaDb> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start(&[], &[])).await
    }

    /// Starts a server of its own, with more options and files; `{folder}` in options stands for where they lie.
    pub async fn start(options: &[&str], files: &[(&str, String)]) -> Self {
        let account = Account::unprivileged("mysql");
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-mariadb-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            for (name, contents) in files {
                fs::write(folder.join(name), contents).expect("the server's folder can be written");
            }
            account.own(&folder).expect("a folder can be given away");
            install(account, &folder);
            let guard = Guard::new(folder.clone(), "KILL", &command(account, &folder, port, options));
            let mut server = Self { guard, port };
            server.guard.start();
            if server.is_ready().await {
                return server;
            }
            let log = server.guard.log();
            assert!(log.contains("Can't start server"), "MariaDB does not start:\n{log}");
        }
        panic!("MariaDB found no free port");
    }

    /// Waits until the server answers; `false` when it has ended instead.
    async fn is_ready(&self) -> bool {
        let begun = Instant::now();
        while self.guard.is_running() {
            if self.owner("mysql").connect().await.is_ok() {
                return true;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "MariaDB is not ready:\n{}",
                self.guard.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    /// Pulls the plug and starts it again, on the same port with the same data.
    pub async fn crash(&mut self) {
        self.guard.stop("KILL");
        self.guard.start();
        assert!(
            self.is_ready().await,
            "MariaDB does not start again:\n{}",
            self.guard.log()
        );
    }

    /// The superuser: for setting up and looking at what arrived, never for what is tested.
    pub fn owner(&self, database: &str) -> Login {
        Login {
            port: self.port,
            database: database.into(),
            user: "root".into(),
            password: String::new(),
        }
    }

    /// Two fresh databases with their users.
    pub async fn databases(&self) -> Databases {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let login = |what: &str, user: &str| Login {
            port: self.port,
            database: format!("{what}_{number}"),
            user: format!("{user}_{number}"),
            password: PASSWORD.into(),
        };
        let made = Databases {
            reader: login("src", "reader"),
            writer: login("landing", "writer"),
            owner: self.owner("mysql"),
        };
        for (login, rights) in [(&made.reader, "select"), (&made.writer, "all")] {
            let (database, user) = (&login.database, &login.user);
            for statement in [
                format!("create database {database} character set utf8mb4"),
                format!("create user {user}@'127.0.0.1' identified by 'pass''w\\\\ord'"),
                format!("grant {rights} on {database}.* to {user}@'127.0.0.1'"),
            ] {
                made.owner.run(&statement).await;
            }
        }
        made
    }
}

impl Login {
    /// Its URL, the password included.
    pub fn url(&self) -> String {
        let escaped = self.password.replace('\'', "%27").replace('\\', "%5C");
        let Self {
            port, database, user, ..
        } = self;
        format!("mysql://{user}:{escaped}@127.0.0.1:{port}/{database}")
    }

    /// Connects.
    pub async fn connect(&self) -> Result<Conn, mysql_async::Error> {
        let options = OptsBuilder::default()
            .ip_or_hostname("127.0.0.1")
            .tcp_port(self.port)
            .user(Some(&self.user))
            .pass(Some(&self.password))
            .db_name(Some(&self.database))
            .setup(vec![
                "set session sql_mode = 'STRICT_ALL_TABLES,PIPES_AS_CONCAT,ANSI_QUOTES'",
            ])
            .prefer_socket(false);
        Conn::new(options).await
    }

    /// Runs one statement.
    pub async fn run(&self, statement: &str) {
        let mut conn = self.connect().await.unwrap_or_else(|e| panic!("{}: {e:?}", self.user));
        conn.query_drop(statement)
            .await
            .unwrap_or_else(|e| panic!("{statement}: {e:?}"));
    }

    /// What a query with one column answers.
    pub async fn texts(&self, query: &str) -> Vec<Option<String>> {
        let mut conn = self.connect().await.unwrap_or_else(|e| panic!("{}: {e:?}", self.user));
        let rows: Vec<Row> = conn.query(query).await.unwrap_or_else(|e| panic!("{query}: {e:?}"));
        rows.into_iter()
            .map(|row| {
                row.get::<Option<Vec<u8>>, _>(0)
                    .flatten()
                    .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            })
            .collect()
    }
}

fn install(account: Account, folder: &Path) {
    let mut line = account
        .command([
            "mariadb-install-db",
            "--no-defaults",
            "--auth-root-authentication-method=normal",
        ])
        .into_iter();
    let program = line.next().expect("a command has a program");
    let made = Command::new(program)
        .args(line)
        .arg(format!("--datadir={}", folder.join("data").display()))
        .arg("--skip-test-db")
        .env("TMPDIR", folder)
        .output()
        .expect("mariadb-install-db starts: run scripts/setup");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "mariadb-install-db: {said}");
}

fn command(account: Account, folder: &Path, port: u16, options: &[&str]) -> Vec<OsString> {
    let place = |name: &str| folder.join(name).display().to_string();
    let mut line = vec![server().into_os_string()];
    line.extend(
        [
            "--no-defaults".to_owned(),
            format!("--datadir={}", place("data")),
            format!("--port={port}"),
            "--bind-address=127.0.0.1".into(),
            format!("--socket={}", place("socket")),
            format!("--pid-file={}", place("pid")),
            // A server that starts clears its temporary folder: none shares another's.
            format!("--tmpdir={}", folder.display()),
            "--innodb-flush-log-at-trx-commit=2".into(),
            "--max-connections=300".into(),
        ]
        .map(OsString::from),
    );
    let options = options
        .iter()
        .map(|option| option.replace("{folder}", &folder.display().to_string()));
    line.extend(options.map(OsString::from));
    account.command(line)
}

fn server() -> PathBuf {
    ["/usr/sbin/mariadbd", "/usr/bin/mariadbd"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.exists())
        .expect("there is no mariadbd: run scripts/setup")
}
