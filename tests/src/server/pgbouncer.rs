//! A private PgBouncer in transaction mode before a PostgreSQL: between two transactions a client has no session of its
//! own.

use std::fs;
use std::path::Path;

use super::account::Account;
use super::guard::Guard;
use super::port;
use super::postgres::{Database, Login, Postgres};

/// A running PgBouncer. Dropping it ends it and removes all it has written.
#[derive(Debug)]
pub struct PgBouncer {
    guard: Guard,
    port: u16,
}

impl PgBouncer {
    /// Starts one before a server, with so many connections for each user of each database.
    pub async fn start(server: &Postgres, pool: u32) -> Self {
        let account = Account::unprivileged("postgres");
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-pgbouncer-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            furnish(&folder, port, server, pool);
            account.own(&folder).expect("a folder can be given away");
            let line = [
                "/usr/sbin/pgbouncer".into(),
                folder.join("configuration").into_os_string(),
            ];
            let guard = Guard::new(folder.clone(), "KILL", &account.command(line));
            let mut bouncer = Self { guard, port };
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

    /// A database whose reader and writer go through the pooler. Its owner does not.
    pub fn before(&self, database: &Database) -> Database {
        let through = |login: &Login| Login {
            port: self.port,
            ..login.clone()
        };
        Database {
            reader: through(&database.reader),
            writer: through(&database.writer),
            ..database.clone()
        }
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        self.guard.log()
    }
}

fn furnish(folder: &Path, port: u16, server: &Postgres, pool: u32) {
    // Users are looked up in the server, as there are always new ones.
    let owner = server.owner("postgres");
    let place = folder.display();
    let configuration = format!(
        "[databases]\n* = host=127.0.0.1 port={} auth_user={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
         unix_socket_dir =\npool_mode = transaction\ndefault_pool_size = {pool}\nmax_client_conn = 500\n\
         auth_type = scram-sha-256\nauth_file = {place}/users\n\
         auth_query = select usename, passwd from pg_shadow where usename = $1\n",
        server.port(),
        owner.user,
    );
    for (name, text) in [
        ("users", format!("\"{}\" \"{}\"\n", owner.user, owner.password)),
        ("configuration", configuration),
    ] {
        fs::write(folder.join(name), text).expect("the pooler's folder can be written");
    }
}
