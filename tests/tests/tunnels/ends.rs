//! Connections of a sync file through a tunnel, and their servers.

use syncapp_tests::server::mariadb::{self, MariaDb};
use syncapp_tests::server::postgres::{Database, Login, Options, Postgres};
use syncapp_tests::server::sshd::{INSIDE, Sshd};

/// A connection to PostgreSQL as the SSH server sees it, with more keys.
pub(super) fn postgres(login: &Login, sshd: &Sshd, more: &str) -> String {
    let Login {
        port,
        database,
        user,
        password,
        ..
    } = login;
    format!(
        "{{ connector: postgres, host: {INSIDE}, port: {port}, database: {database}, user: {user}, password: {password}, \
         ssh: {{ {} }}, {more} }}",
        sshd.keys("ed25519")
    )
}

/// The same to MariaDB.
pub(super) fn mysql(login: &mariadb::Login, sshd: &Sshd, more: &str) -> String {
    let mariadb::Login {
        port,
        database,
        user,
        password,
    } = login;
    format!(
        "{{ connector: mysql, host: {INSIDE}, port: {port}, database: {database}, user: {user}, password: \"{}\", \
         ssh: {{ {} }}, {more} }}",
        password.replace('\\', "\\\\"),
        sshd.keys("ed25519")
    )
}

/// TLS that is not verified, for tests that are about something else.
pub(super) const LAX: &str = "tls: { mode: prefer }";

/// Both servers with a certificate for a name.
pub(super) async fn servers(certificate: &str, key: &str) -> (Postgres, MariaDb) {
    let postgres = Options::default()
        .file("server.crt", certificate)
        .file("server.key", key)
        .setting("ssl", "on")
        .setting("ssl_cert_file", "{folder}/server.crt")
        .setting("ssl_key_file", "{folder}/server.key");
    let files = [("server.crt", certificate.to_owned()), ("server.key", key.to_owned())];
    let options = ["--ssl-cert={folder}/server.crt", "--ssl-key={folder}/server.key"];
    (postgres.start().await, MariaDb::start(&options, &files).await)
}

/// Rows enough to fill every buffer on the way, and a text in each.
pub(super) async fn fill(database: &Database, rows: u32) {
    let make = format!(
        "create table public.events (id int primary key, text text not null);
         insert into public.events select i, repeat(md5(i::text), 8) from generate_series(1, {rows}) i;
         grant select on public.events to public"
    );
    database.run(&make).await;
}
