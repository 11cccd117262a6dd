//! A private PgBouncer in transaction mode before a PostgreSQL: between two transactions a client has no session of its
//! own.

use std::fs;
use std::path::Path;

use super::account::Account;
use super::guard::Guard;
use super::port;
use super::postgres::{Database, Login};

/// A running PgBouncer. Dropping it ends it and removes all it has written.
#[derive(Debug)]
pub struct PgBouncer {
    guard: Guard,
    database: Database,
}

impl PgBouncer {
    /// Starts one before a database, with so many connections for its reader and as many for its writer.
    pub async fn start(database: &Database, pool: u32) -> Self {
        let account = Account::unprivileged("postgres");
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-pgbouncer-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            furnish(&folder, port, database, pool);
            account.own(&folder).expect("a folder can be given away");
            let line = [
                "/usr/sbin/pgbouncer".into(),
                folder.join("configuration").into_os_string(),
            ];
            let guard = Guard::new(folder.clone(), "KILL", &account.command(line));
            let database = behind(database, port);
            let mut bouncer = Self { guard, database };
            bouncer.guard.start();
            if bouncer.guard.takes_connections(port).await {
                return bouncer;
            }
            let log = bouncer.guard.log();
            assert!(
                log.contains("Address already in use"),
                "PgBouncer does not start (run scripts/setup):\n{log}"
            );
        }
        panic!("PgBouncer found no free port");
    }

    /// The database, whose reader and writer go through the pooler. Its owner does not.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.guard.log()
    }
}

impl Drop for PgBouncer {
    /// Tells a failed test's reader what the pooler said.
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("PgBouncer said:\n{}", self.log());
        }
    }
}

fn behind(database: &Database, port: u16) -> Database {
    let through = |login: &Login| Login { port, ..login.clone() };
    Database {
        reader: through(&database.reader),
        writer: through(&database.writer),
        ..database.clone()
    }
}

/// Database and users are listed: PgBouncer is known to crash where it looks them up at their first use (its issue 1452).
fn furnish(folder: &Path, port: u16, database: &Database, pool: u32) {
    let Database {
        name, reader, writer, ..
    } = database;
    let users = [reader, writer].map(|login| format!("\"{}\" \"{}\"\n", login.user, login.password));
    let configuration = format!(
        "[databases]\n{name} = host={} port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\npool_mode = transaction\ndefault_pool_size = {pool}\nmax_client_conn = 500\n\
         auth_type = scram-sha-256\nauth_file = {}/users\n",
        reader.host,
        reader.port,
        folder.display(),
    );
    for (name, text) in [("users", users.concat()), ("configuration", configuration)] {
        fs::write(folder.join(name), text).expect("the pooler's folder can be written");
    }
}
