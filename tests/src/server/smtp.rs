//! A private mail server: Debian's aiosmtpd, an unprivileged user, a free port and a temporary folder. It keeps what it is sent.

use std::fs;
use std::time::{Duration, Instant};

use super::account::Account;
use super::guard::Guard;
use super::port;

/// How long a mail may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running mail server. Dropping it ends it at once and removes all it has written.
#[derive(Debug)]
pub struct Smtp {
    guard: Guard,
    port: u16,
    mails: std::path::PathBuf,
}

impl Smtp {
    /// Starts one.
    pub async fn start() -> Self {
        let account = Account::unprivileged("mail");
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-smtp-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            account.own(&folder).expect("a folder can be given away");
            let mails = folder.join("mails");
            let line = [
                "/usr/bin/python3".to_owned(),
                "-m".into(),
                "aiosmtpd".into(),
                "--nosetuid".into(),
                "--listen".into(),
                format!("127.0.0.1:{port}"),
                "--class".into(),
                "aiosmtpd.handlers.Mailbox".into(),
                mails.display().to_string(),
            ];
            let mut server = Self {
                guard: Guard::new(folder.clone(), "KILL", &account.command(line)),
                port,
                mails,
            };
            server.guard.start();
            if server.guard.takes_connections(port).await {
                return server;
            }
            let log = server.guard.log();
            assert!(
                log.contains("address already in use"),
                "the mail server does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("the mail server found no free port");
    }

    /// Its address.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Crashes it: what it has keeps.
    pub fn crash(&mut self) {
        self.guard.stop("KILL");
    }

    /// Starts it again.
    pub async fn start_again(&mut self) {
        self.guard.start();
        assert!(self.guard.takes_connections(self.port).await, "{}", self.guard.log());
    }

    /// The mails that have arrived, in no order.
    pub fn mails(&self) -> Vec<String> {
        let files = fs::read_dir(self.mails.join("new")).into_iter().flatten().flatten();
        files.filter_map(|file| fs::read_to_string(file.path()).ok()).collect()
    }

    /// The mails when there are so many.
    pub async fn until(&self, count: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            assert!(begun.elapsed() < PATIENCE, "{mails:#?}\n{}", self.guard.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
