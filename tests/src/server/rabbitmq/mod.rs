//! A private RabbitMQ: Debian's server, an unprivileged user, free ports, a temporary folder, a port mapper (epmd) of its own.
//!
//! `rabbitmqctl` takes a second a call, as it starts an Erlang of its own. Instead the server is started with an [`door`]
//! through which it is told Erlang expressions.

mod door;
mod vhost;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;

pub use vhost::VirtualHost;

use super::account::Account;
use super::guard::Guard;
use super::port;
use crate::signal;

/// How long a start may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// How a server is set up.
#[derive(Debug, Clone, Default)]
pub struct Options {
    settings: Vec<String>,
    files: Vec<(String, String)>,
}

impl Options {
    /// With a line of `rabbitmq.conf`; `{folder}` stands for where the [files](Self::file) lie.
    pub fn setting(mut self, line: &str) -> Self {
        self.settings.push(line.to_owned());
        self
    }

    /// With a file that the server can read.
    pub fn file(mut self, name: &str, contents: &str) -> Self {
        self.files.push((name.to_owned(), contents.to_owned()));
        self
    }

    /// Starts a server of its own.
    pub async fn start(self) -> RabbitMq {
        RabbitMq::launch(&self).await
    }
}

/// A running RabbitMQ. Dropping it ends it at once and removes all it has written.
#[derive(Debug)]
pub struct RabbitMq {
    guard: Guard,
    /// Where Erlang looks up ports by name. It goes after the server.
    mapper: Guard,
    port: u16,
    /// What was made in it: made again when its data is lost, as an operator would.
    hosts: std::sync::Mutex<Vec<VirtualHost>>,
}

impl RabbitMq {
    /// Starts a server of its own; for tests that stop it. Others take [`RabbitMq::shared`].
    pub async fn start() -> Self {
        Options::default().start().await
    }

    /// The server that the tests of this process share; it ends with the process.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<RabbitMq> = OnceCell::const_new();
        SHARED.get_or_init(Self::start).await
    }

    async fn launch(options: &Options) -> Self {
        let account = Account::unprivileged("rabbitmq");
        for _ in 0..5 {
            let Some((mapper, epmd)) = mapper(account).await else {
                continue;
            };
            let port = port::free();
            let folder = folder();
            furnish(&folder, port, options);
            account.own(&folder).expect("a folder can be given away");
            let line = command(account, &folder, port, epmd);
            let mut server = Self {
                guard: Guard::new(folder, "KILL", &line),
                mapper,
                port,
                hosts: std::sync::Mutex::default(),
            };
            server.guard.start();
            if server.is_ready().await {
                return server;
            }
            let log = server.log();
            assert!(
                log.contains("eaddrinuse"),
                "RabbitMQ does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("RabbitMQ found no free port");
    }

    /// Waits until the server takes clients and expressions; `false` when it has ended instead.
    async fn is_ready(&self) -> bool {
        let begun = Instant::now();
        while self.guard.is_running() {
            // The door opens after the last listener.
            if door::ask(self.guard.folder(), "ok").await.is_ok() {
                return true;
            }
            assert!(begun.elapsed() < PATIENCE, "RabbitMQ is not ready:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's log so far, and what the port mapper has said.
    pub fn log(&self) -> String {
        self.guard.log() + &self.mapper.log()
    }

    /// All that it has written: messages that are kept, and its log.
    pub fn kept(&self) -> Vec<u8> {
        let mut kept = self.log().into_bytes();
        let mut folders = vec![self.guard.folder().join("data")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    kept.extend(std::fs::read(path).unwrap_or_default());
                }
            }
        }
        kept
    }

    /// What Erlang expressions, each but the last with a comma behind it, are worth in the server.
    pub async fn eval(&self, expressions: &str) -> String {
        let answer = door::ask(self.guard.folder(), expressions).await;
        answer.unwrap_or_else(|e| panic!("{expressions}: {e}\n{}", self.log()))
    }

    /// Pulls the plug. What this version keeps to itself for up to three minutes is written first: one that is killed soon after a
    /// quorum queue is made forgets where its log lies, and the queue never works again.
    pub async fn crash(&mut self) {
        let flush = door::ask(self.guard.folder(), "[dets:sync(Table)||Table<-dets:all()]");
        // One that hangs is killed as it is.
        let _ = tokio::time::timeout(Duration::from_secs(5), flush).await;
        self.guard.stop("KILL");
        // Else the next start would look ready at once.
        let _ = fs::remove_file(self.guard.folder().join(door::NAME));
    }

    /// Starts it again after a [`crash`](Self::crash), on the same port with the same data.
    pub async fn restart(&mut self) {
        let begun = Instant::now();
        loop {
            self.guard.start();
            if self.is_ready().await {
                return;
            }
            // Somebody was given the port in the meantime: they may let it go again.
            let log = self.log();
            assert!(
                log.contains("eaddrinuse") && begun.elapsed() < PATIENCE,
                "RabbitMQ does not start again:\n{log}"
            );
            self.crash().await;
        }
    }

    /// Starts it again after a [`crash`](Self::crash) without any data, as after the loss of its disk. Virtual hosts and users
    /// are made anew, and are empty.
    pub async fn restart_wiped(&mut self) {
        let data = self.guard.folder().join("data");
        fs::remove_dir_all(data).expect("the data of a server that is stopped can be removed");
        self.restart().await;
        let hosts = self.hosts.lock().expect("no test holds this").clone();
        for host in hosts {
            self.eval(&host.making()).await;
        }
    }

    /// Stops it in its tracks: connections stay open, and nothing is answered.
    pub fn freeze(&self) {
        signal::send(self.guard.server().expect("the server runs"), "STOP");
    }

    /// Lets it go on after a [`freeze`](Self::freeze).
    pub fn thaw(&self) {
        signal::send(self.guard.server().expect("the server runs"), "CONT");
    }

    /// Says that it is short of memory, or not any more: then it takes nothing from those who publish.
    pub async fn alarm(&self, is_on: bool) {
        let verb = if is_on { "set" } else { "clear" };
        let note = if is_on { ",[]}" } else { "" };
        let open = if is_on { "{" } else { "" };
        self.eval(&format!(
            "rabbit_alarm:{verb}_alarm({open}{{resource_limit,memory,node()}}{note})"
        ))
        .await;
    }

    /// How long somebody may have a message without an ack before it closes their channel; it looks every five seconds, or more
    /// often. For channels that are opened from now on.
    pub async fn consumer_timeout(&self, limit: Duration) {
        let (limit, tick) = (limit.as_millis(), limit.min(Duration::from_secs(5)).as_millis());
        self.eval(&format!(
            "[application:set_env(rabbit,Name,Value)||{{Name,Value}}<-[{{consumer_timeout,{limit}}},{{channel_tick_interval,{tick}}}]]"
        ))
        .await;
    }

    /// A fresh virtual host with its user.
    pub async fn virtual_host(&self) -> VirtualHost {
        let host = VirtualHost::new(self.port);
        self.eval(&host.making()).await;
        self.hosts.lock().expect("no test holds this").push(host.clone());
        host
    }
}

fn folder() -> std::path::PathBuf {
    let folder = tempfile::Builder::new().prefix("syncapp-rabbitmq-").tempdir();
    folder.expect("a temporary folder can be made").keep()
}

/// A port mapper, and its port; `None` where that was taken meanwhile.
async fn mapper(account: Account) -> Option<(Guard, u16)> {
    let (folder, port) = (folder(), port::free());
    account.own(&folder).expect("a folder can be given away");
    let line = account.command(["epmd", "-address", "127.0.0.1", "-port", &port.to_string()]);
    let mut guard = Guard::new(folder, "KILL", &line);
    guard.start();
    guard.takes_connections(port).await.then_some((guard, port))
}

fn furnish(folder: &Path, port: u16, options: &Options) {
    let mut settings = format!(
        "listeners.tcp.1 = 127.0.0.1:{port}\nloopback_users = none\nlog.file = false\nlog.console = true\n\
         vm_memory_high_watermark.absolute = 1GB\ndisk_free_limit.absolute = 10MB\nraft.wal_max_size_bytes = 16777216\n"
    );
    let place = folder.display().to_string();
    for line in &options.settings {
        settings.push_str(&line.replace("{folder}", &place));
        settings.push('\n');
    }
    let own = [("rabbitmq.conf", settings), ("plugins", "[].\n".to_owned())];
    let files = own.iter().map(|(name, contents)| (*name, contents.as_str()));
    let given = options
        .files
        .iter()
        .map(|(name, contents)| (name.as_str(), contents.as_str()));
    for (name, contents) in files.chain(given) {
        fs::write(folder.join(name), contents).expect("the server's folder can be written");
    }
}

fn command(account: Account, folder: &Path, port: u16, epmd: u16) -> Vec<OsString> {
    let place = |name: &str| folder.join(name).display().to_string();
    let mut line: Vec<OsString> = vec!["env".into()];
    let variables = [
        // The shell becomes the server instead of waiting for it.
        ("RUNNING_UNDER_SYSTEMD", "true".to_owned()),
        ("HOME", place("")),
        ("ERL_EPMD_PORT", epmd.to_string()),
        ("RABBITMQ_NODENAME", format!("syncapp{port}@localhost")),
        ("RABBITMQ_DIST_PORT", port::free().to_string()),
        ("RABBITMQ_CONF_ENV_FILE", "/dev/null".into()),
        ("RABBITMQ_CONFIG_FILE", place("rabbitmq")),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", place("advanced")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", place("plugins")),
        ("RABBITMQ_MNESIA_BASE", place("data")),
        ("RABBITMQ_LOG_BASE", place("logs")),
        // Two schedulers that sleep when there is nothing to do: tests share the machine.
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none".into(),
        ),
    ];
    line.extend(variables.map(|(name, value)| format!("{name}={value}").into()));
    line.extend(["/usr/lib/rabbitmq/bin/rabbitmq-server".into(), "-eval".into()]);
    line.push(door::opening(folder).into());
    account.command(line)
}

#[cfg(test)]
mod tests;
