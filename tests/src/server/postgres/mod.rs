//! A private PostgreSQL: Debian's server binaries, an unprivileged user, a free port, a temporary folder.

mod database;
mod template;

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};

pub use database::{Database, Login};

use super::account::Account;
use super::guard::Guard;
use super::port;
use super::small_disk::SmallDisk;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);
/// The folder of the small disk.
const SMALL_DISK: &str = "small";

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    durable: bool,
    settings: Vec<String>,
    files: Vec<(String, String)>,
    small_disk: Option<u32>,
}

impl Options {
    /// With `fsync` on. Without it commits survive a [`crash`](Postgres::crash) of the server, but not of the machine.
    pub fn durable(mut self) -> Self {
        self.durable = true;
        self
    }

    /// With a setting of `postgresql.conf`.
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push(format!("{name}={value}"));
        self
    }

    /// With a file beside the server's folder of data, readable to the server only; `{folder}` in settings stands for
    /// where it lies.
    pub fn file(mut self, name: &str, contents: &str) -> Self {
        self.files.push((name.to_owned(), contents.to_owned()));
        self
    }

    /// With a disk of so many MiB that is not the one of its data: [`Postgres::small_disk`].
    pub fn small_disk(mut self, megabytes: u32) -> Self {
        self.small_disk = Some(megabytes);
        self
    }

    /// Starts a server of its own.
    pub async fn start(self) -> Postgres {
        Postgres::launch(&self).await
    }
}

/// A running PostgreSQL. Dropping it stops it at once and removes all it has written.
#[derive(Debug)]
pub struct Postgres {
    guard: Guard,
    port: u16,
}

impl Postgres {
    /// Starts a server of its own; for tests that stop it. Others take [`Postgres::shared`].
    pub async fn start() -> Self {
        Options::default().start().await
    }

    /// The server that the tests of this process share; it ends with the process.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Postgres> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    async fn launch(options: &Options) -> Self {
        let account = Account::unprivileged("postgres");
        for _ in 0..5 {
            let port = port::free();
            let folder = template::folder();
            let mut command = command(account, &folder, port, options);
            if let Some(megabytes) = options.small_disk {
                let disk = SmallDisk::over(&folder.join(SMALL_DISK), megabytes);
                command = disk.command(account, command);
            }
            let guard = Guard::new(folder.clone(), "QUIT", &command);
            for (name, contents) in &options.files {
                write_private(&folder.join(name), contents);
            }
            if options.small_disk.is_some() {
                fs::create_dir(folder.join(SMALL_DISK)).expect("the server's folder can be written");
            }
            template::fill(&folder, account);
            let mut server = Self { guard, port };
            server.guard.start();
            if server.is_ready().await {
                return server;
            }
            let log = server.guard.log();
            assert!(log.contains("could not bind"), "PostgreSQL does not start:\n{log}");
        }
        panic!("PostgreSQL found no free port");
    }

    /// Waits until the server says that it is ready; `false` when it has ended instead.
    async fn is_ready(&self) -> bool {
        let begun = Instant::now();
        let status = self.guard.folder().join("data/postmaster.pid");
        while self.guard.is_running() {
            let lines = fs::read_to_string(&status).unwrap_or_default();
            // A restart finds the file of the server that was killed: it must be this one's.
            let own = lines.lines().next() == self.guard.server().map(|pid| pid.to_string()).as_deref();
            if own && lines.lines().nth(7).is_some_and(|state| state.trim() == "ready") {
                return true;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "PostgreSQL is not ready:\n{}",
                self.guard.log()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        false
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where the small disk is, as the server sees it: a place for a tablespace.
    pub fn small_disk(&self) -> String {
        self.guard.folder().join(SMALL_DISK).display().to_string()
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        self.guard.log()
    }

    /// Pulls the plug: no checkpoint, every connection is cut.
    pub fn crash(&mut self) {
        self.guard.stop("QUIT");
    }

    /// Ends the server in order, cutting its connections.
    pub fn stop(&mut self) {
        self.guard.stop("INT");
    }

    /// Starts it again after [`crash`](Self::crash) or [`stop`](Self::stop), on the same port with the same data.
    pub async fn restart(&mut self) {
        let begun = Instant::now();
        loop {
            self.guard.start();
            if self.is_ready().await {
                return;
            }
            // Somebody was given the port in the meantime: they may let it go again.
            let log = self.guard.log();
            assert!(
                log.contains("could not bind") && begun.elapsed() < PATIENCE,
                "PostgreSQL does not start again:\n{log}"
            );
            self.guard.stop("QUIT");
        }
    }

    /// The superuser: for setting up and looking at what arrived, never for what is tested.
    pub fn owner(&self, database: &str) -> Login {
        Login {
            host: "127.0.0.1".into(),
            port: self.port,
            database: database.into(),
            user: template::OWNER.into(),
            password: template::PASSWORD.into(),
        }
    }

    /// A fresh database with its roles.
    pub async fn database(&self) -> Database {
        Database::create(self, None).await
    }

    /// A database with all that another one holds, and roles of its own. Nobody may be connected to the other one.
    pub async fn copy_of(&self, original: &Database) -> Database {
        Database::create(self, Some(original)).await
    }
}

/// TLS keys are refused when others may read them.
fn write_private(path: &Path, contents: &str) {
    let file = fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .mode(0o600)
        .open(path);
    file.and_then(|mut file| file.write_all(contents.as_bytes()))
        .unwrap_or_else(|e| panic!("{} cannot be written: {e}", path.display()));
}

fn command(account: Account, folder: &Path, port: u16, options: &Options) -> Vec<OsString> {
    let mut settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "unix_socket_directories=".into(),
        "shared_buffers=32MB".into(),
        "max_connections=200".into(),
        "timezone=UTC".into(),
    ];
    if !options.durable {
        settings.extend(["fsync=off", "full_page_writes=off"].map(String::from));
    }
    let place = folder.display().to_string();
    settings.extend(
        options
            .settings
            .iter()
            .map(|setting| setting.replace("{folder}", &place)),
    );
    let mut line = vec![template::binaries().join("postgres").into_os_string()];
    line.extend(["-D".into(), folder.join("data").into_os_string()]);
    line.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
    account.command(line)
}

impl Login {
    /// Connects. The connection ends when the client is dropped.
    pub async fn connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = tokio_postgres::Config::new()
            .host(&self.host)
            .port(self.port)
            .dbname(&self.database)
            .user(&self.user)
            .password(&self.password)
            .connect(NoTls)
            .await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Connects, or ends the test with the reason.
    pub async fn client(&self) -> Client {
        self.connect()
            .await
            .unwrap_or_else(|e| panic!("{} cannot connect: {e:?}", self.user))
    }
}

#[cfg(test)]
mod tests;
