//! A private Redis: Debian's server, an unprivileged user, a free port, a temporary folder, and nothing on disk.

use std::fs;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use super::account::Account;
use super::guard::Guard;
use super::port;
use crate::signal;

/// Who sets up, and is never tested.
const OWNER: &str = "canary-owner-7d21c4";
/// A password that has to be escaped in an address.
const PASSWORD: &str = "canary/p@ss:w%rd?x";

/// A running Redis. Dropping it ends it at once and removes all it has written.
#[derive(Debug)]
pub struct Redis {
    guard: Guard,
    port: u16,
    /// Who was made in it: made again after a restart, as a file of users would do.
    users: Mutex<Vec<User>>,
}

/// A user who may do what SyncApp needs with names that begin with its own, and nothing else.
#[derive(Debug, Clone)]
pub struct User {
    /// The server's port on 127.0.0.1.
    pub port: u16,
    /// Its name, with which its keys and channels begin.
    pub name: String,
    /// Its password.
    pub password: String,
}

impl Redis {
    /// The server that the tests of this process share; it ends with the process.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<Redis> = OnceCell::const_new();
        SHARED.get_or_init(|| Self::start(&[], &[])).await
    }

    /// Starts a server of its own, with more options and files; `{folder}` in options stands for where they lie.
    pub async fn start(options: &[&str], files: &[(&str, String)]) -> Self {
        let account = Account::unprivileged("redis");
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-redis-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            for (name, contents) in files {
                fs::write(folder.join(name), contents).expect("the server's folder can be written");
            }
            account.own(&folder).expect("a folder can be given away");
            let place = folder.display().to_string();
            let port_text = port.to_string();
            let mut line = vec![
                "redis-server",
                "--port",
                &port_text,
                "--bind",
                "127.0.0.1",
                "--dir",
                &place,
            ];
            line.extend(["--save", "", "--appendonly", "no", "--requirepass", OWNER]);
            let options: Vec<String> = options
                .iter()
                .map(|option| option.replace("{folder}", &place))
                .collect();
            line.extend(options.iter().map(String::as_str));
            let mut server = Self {
                guard: Guard::new(folder.clone(), "KILL", &account.command(line)),
                port,
                users: Mutex::default(),
            };
            server.guard.start();
            if server.guard.takes_connections(port).await {
                return server;
            }
            let log = server.guard.log();
            assert!(
                log.contains("Address already in use"),
                "Redis does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("Redis found no free port");
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// A fresh user.
    pub async fn user(&self) -> User {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let user = User {
            port: self.port,
            name: format!("fleet_{}", NEXT.fetch_add(1, Ordering::Relaxed)),
            password: PASSWORD.into(),
        };
        self.run(&user.making()).await;
        self.users.lock().expect("no test holds this").push(user.clone());
        user
    }

    /// Runs a command, with spaces between its words, as the owner.
    pub async fn run(&self, command: &str) -> String {
        let answer = self.ask(command).await;
        answer.unwrap_or_else(|e| panic!("{command}: {e}\n{}", self.guard.log()))
    }

    async fn ask(&self, command: &str) -> io::Result<String> {
        let mut server = BufReader::new(TcpStream::connect(("127.0.0.1", self.port)).await?);
        let mut answer = String::new();
        for line in [&format!("AUTH {OWNER}"), command] {
            server.write_all(format!("{line}\r\n").as_bytes()).await?;
            answer.clear();
            server.read_line(&mut answer).await?;
            if answer.starts_with('-') {
                return Err(io::Error::other(answer));
            }
        }
        Ok(answer)
    }

    /// All that it keeps, as it writes it to a disk.
    pub async fn dump(&self) -> Vec<u8> {
        // What is squeezed cannot be searched.
        self.run("CONFIG SET rdbcompression no").await;
        self.run("SAVE").await;
        std::fs::read(self.guard.folder().join("dump.rdb")).expect("it was written")
    }

    /// Forgets everything but the users.
    pub async fn flush(&self) {
        self.run("FLUSHALL").await;
    }

    /// Pulls the plug: all it has is lost.
    pub fn crash(&mut self) {
        self.guard.stop("KILL");
    }

    /// Starts it again after a [`crash`](Self::crash), on the same port, with the same users and nothing else.
    pub async fn restart(&mut self) {
        loop {
            self.guard.start();
            if self.guard.takes_connections(self.port).await {
                break;
            }
            // Somebody was given the port in the meantime: they may let it go again.
            let log = self.guard.log();
            assert!(
                log.contains("Address already in use"),
                "Redis does not start again:\n{log}"
            );
            self.guard.stop("KILL");
        }
        let users = self.users.lock().expect("no test holds this").clone();
        for user in users {
            self.run(&user.making()).await;
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
}

impl User {
    fn making(&self) -> String {
        let Self { name, password, .. } = self;
        format!(
            "ACL SETUSER {name} on >{password} ~{name}:* &{name}:topic:* -@all +get +set +del +incr +pexpire +pttl +multi +exec \
             +publish +psubscribe"
        )
    }

    /// Its address, the password included.
    pub fn url(&self) -> String {
        self.url_on("redis", self.port)
    }

    /// The same by another scheme on another port.
    pub fn url_on(&self, scheme: &str, port: u16) -> String {
        let escaped = self
            .password
            .replace('%', "%25")
            .replace('/', "%2F")
            .replace('@', "%40");
        let escaped = escaped.replace(':', "%3A").replace('?', "%3F");
        format!("{scheme}://{}:{escaped}@127.0.0.1:{port}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_goes_and_comes_with_its_users_and_nothing_else() {
        let mut server = Redis::start(&[], &[]).await;
        let user = server.user().await;
        let whoami = format!("ACL DRYRUN {} GET {}:x", user.name, user.name);
        server.run("SET kept 1").await;
        server.flush().await;
        assert_eq!(server.run("EXISTS kept").await, ":0\r\n");
        server.run("SET kept 1").await;
        server.crash();
        assert!(server.ask("PING").await.is_err());
        server.restart().await;
        assert_eq!(server.run("EXISTS kept").await, ":0\r\n");
        assert_eq!(server.run(&whoami).await, "+OK\r\n");
        let (folder, process) = (server.guard.folder().to_owned(), server.guard.server().unwrap());
        drop(server);
        assert!(!folder.exists() && !std::path::Path::new(&format!("/proc/{process}")).exists());
    }
}
