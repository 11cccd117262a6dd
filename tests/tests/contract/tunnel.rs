//! Effects of the keys of an SSH tunnel. The database's host has a name that only the SSH server knows, so that no other
//! way leads there.

use std::fs;
use std::net::TcpListener;
use std::process::Command;

use syncapp_tests::server::mariadb::{Login as MariaLogin, MariaDb};
use syncapp_tests::server::postgres::Login;
use syncapp_tests::server::sshd::{INSIDE, PASSPHRASE, PASSWORD, Sshd, USER};

use super::case::sync;
use super::connections::{shop, wait};
use super::place::Place;

const SQLITE: &str = "{ connector: sqlite, path: to.db }";

/// A connection through a tunnel, as seen from the SSH server.
struct Inside<'a> {
    keys: String,
    stream: String,
    sshd: &'a Sshd,
}

impl Inside<'_> {
    /// What a run says, by the code of its error, where the connection has these keys in `ssh`.
    fn run(&self, place: &Place, ssh: &str) -> Result<(), String> {
        let connection = format!("{{ {}, ssh: {{ {ssh} }} }}", self.keys);
        self.read(place, &connection)
    }

    fn read(&self, place: &Place, connection: &str) -> Result<(), String> {
        place.put("sync.yaml", sync(connection, SQLITE, &self.stream, "into: t"));
        let _ = fs::remove_file(place.path("to.db"));
        let ran = place.syncapp(&["run", "sync.yaml"]);
        if ran.code != 0 {
            return Err(ran.stderr);
        }
        assert_eq!(place.rows("to.db", "select id from t order by id"), ["1", "2"]);
        Ok(())
    }

    /// The keys of a user with that key, without those that say which server it is.
    fn visitor(&self, key: &str) -> String {
        let keys = self.sshd.keys(key);
        keys.split(", host_key").next().unwrap().to_owned()
    }
}

pub(crate) fn postgres() {
    let shop = shop();
    let Login {
        port,
        database,
        user,
        password,
        ..
    } = &shop.reader;
    effects(
        &format!(
            "connector: postgres, host: {INSIDE}, port: {port}, database: {database}, user: {user}, password: {password}, \
             tls: {{ mode: prefer }}"
        ),
        "public.orders",
        &format!("port: {port}"),
    );
}

pub(crate) fn mysql() {
    let databases = wait(async {
        let databases = MariaDb::shared().await.databases().await;
        let table = format!("{}.orders", databases.reader.database);
        databases
            .owner
            .run(&format!("create table {table}(id int primary key)"))
            .await;
        databases
            .owner
            .run(&format!("insert into {table} values (1), (2)"))
            .await;
        databases
    });
    let MariaLogin {
        port,
        database,
        user,
        password,
    } = &databases.reader;
    effects(
        &format!(
            "connector: mysql, host: {INSIDE}, port: {port}, database: {database}, user: {user}, password: \"{}\", \
             tls: {{ mode: prefer }}",
            password.replace('\\', "\\\\")
        ),
        &format!("{database}.orders"),
        &format!("port: {port}"),
    );
}

fn effects(keys: &str, stream: &str, port: &str) {
    let sshd = wait(Sshd::start(&[]));
    let inside = Inside {
        keys: keys.into(),
        stream: stream.into(),
        sshd: &sshd,
    };
    signing_in(&inside);
    host_keys(&inside);
    let place = Place::new();
    let direct = inside.read(&place, &format!("{{ {keys} }}")).unwrap_err();
    assert!(
        direct.contains(&format!("the host {INSIDE} has no address")),
        "{direct}"
    );
    // The server gets no further, or may not.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let elsewhere = format!(
        "{{ {}, ssh: {{ {} }} }}",
        keys.replace(port, &format!("port: {closed}")),
        sshd.keys("ed25519")
    );
    let said = inside.read(&place, &elsewhere).unwrap_err();
    assert!(
        said.contains("source.unreachable") && said.contains(&format!("gets no connection to {INSIDE}:{closed}")),
        "{said}"
    );
    let strict = wait(Sshd::start(&["AllowTcpForwarding no"]));
    let said = inside.run(&place, &strict.keys("ed25519")).unwrap_err();
    assert!(said.contains("source.permission_denied"), "{said}");
}

fn signing_in(inside: &Inside<'_>) {
    let sshd = inside.sshd;
    let place = Place::new().variable("BASTION_PASSWORD", PASSWORD);
    let home = place.path("user");
    let place = place.variable("HOME", &home.display().to_string());
    for name in ["user/.ssh/id", "beside/id"] {
        place.put(name, fs::read(sshd.key("ed25519")).unwrap());
    }
    let (own, server) = (sshd.keys("ed25519"), format!("host_key: \"{}\"", sshd.host_key()));
    let port = format!("port: {}", sshd.port());
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let key = format!("key: {}", sshd.key("ed25519").display());
    let password = format!("host: 127.0.0.1, {port}, user: {USER}, {server}, password");
    for (ssh, want) in [
        (own.clone(), ""),
        (own.replace("host: 127.0.0.1, ", ""), "config.missing_key"),
        (own.replace("127.0.0.1", "no-such-host.invalid"), "source.unreachable"),
        (own.replace(&port, &format!("port: {closed}")), "source.unreachable"),
        (own.replace(&format!("user: {USER}, "), ""), "config.missing_key"),
        (own.replace(USER, "nobody-knows"), "source.auth_failed"),
        (own.replace(&format!("{key}, "), ""), "config.missing_key"),
        (own.replace(&key, "key: ~/.ssh/id"), ""),
        (own.replace(&key, "key: beside/id"), ""),
        (own.replace(&key, "key: beside/none"), "config.unreadable_file"),
        (own.replace(&key, "key: sync.yaml"), "config.unreadable_file"),
        (sshd.keys("rsa"), ""),
        (sshd.keys("stranger"), "source.auth_failed"),
        (sshd.keys("protected"), "source.auth_failed"),
        (format!("{}, passphrase: {PASSPHRASE}", sshd.keys("protected")), ""),
        (
            format!("{}, passphrase: canary-wrong", sshd.keys("protected")),
            "source.auth_failed",
        ),
        (format!("{password}: \"${{BASTION_PASSWORD}}\""), ""),
        (format!("{password}: canary-wrong"), "source.auth_failed"),
        (format!("{own}, password: canary-wrong"), "config.conflict"),
    ] {
        says(inside.run(&place, &ssh), want, &ssh);
    }
}

fn host_keys(inside: &Inside<'_>) {
    let sshd = inside.sshd;
    let place = Place::new();
    let home = place.path("user");
    let place = place.variable("HOME", &home.display().to_string());
    let other = fs::read_to_string(sshd.key("stranger").with_extension("pub")).unwrap();
    let name = format!("[127.0.0.1]:{}", sshd.port());
    let own = sshd.host_key();
    place.put("known", format!("{name} {own}\n"));
    place.put("hashed", format!("{name} {own}\n"));
    let hash = ["ssh-keygen", "-q", "-H", "-f", "hashed"];
    place.run(&hash).exits(0);
    assert!(place.text("hashed").starts_with("|1|"));
    place.put("changed", format!("{name} {other}"));
    place.put("revoked", format!("{name} {own}\n@revoked * {own}\n"));
    place.put("empty", "");
    let visitor = inside.visitor("ed25519");
    for (key, want) in [
        ("known_hosts: known", ""),
        ("known_hosts: hashed", ""),
        ("known_hosts: empty", "source.host_key_unknown"),
        ("known_hosts: changed", "source.host_key_changed"),
        ("known_hosts: revoked", "source.host_key_changed"),
        ("known_hosts: nowhere", "config.unreadable_file"),
        (&format!("host_key: \"{}\"", other.trim()), "source.host_key_changed"),
        ("host_key: canary-none", "config.invalid_value"),
        (&format!("host_key: \"{own}\", known_hosts: known"), "config.conflict"),
    ] {
        says(inside.run(&place, &format!("{visitor}, {key}")), want, key);
    }
    // Without either it is the user's own file, which need not be there.
    let said = inside.run(&place, &visitor).unwrap_err();
    let print = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(sshd.key("host"))
        .output()
        .unwrap();
    let print = String::from_utf8(print.stdout).unwrap();
    for part in [
        "source.host_key_unknown",
        print.split(' ').nth(1).unwrap(),
        &format!("`{name} {own}`"),
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    place.put("user/.ssh/known_hosts", place.text("known"));
    says(inside.run(&place, &visitor), "", "~/.ssh/known_hosts");
}

#[track_caller]
fn says(ran: Result<(), String>, want: &str, keys: &str) {
    match ran {
        Ok(()) => assert_eq!(want, "", "it works with {keys}"),
        Err(said) => {
            assert!(!want.is_empty() && said.contains(want), "{want:?} for {keys}: {said}");
            assert!(said.contains("= help: "), "{keys}: {said}");
        }
    }
}
