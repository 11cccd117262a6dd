//! A private SSH server: Debian's sshd on a free port, in namespaces of its own. There is a user `bastion` with a password,
//! a host name that nobody else knows, and every session ends with the server.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::account::{Account, is_root};
use super::guard::Guard;
use super::port;
use crate::signal;

/// Who may sign in.
pub const USER: &str = "bastion";
/// By this password, or by one of the [keys](Sshd::key).
pub const PASSWORD: &str = "canary-bastion";
/// What protects the key `protected`.
pub const PASSPHRASE: &str = "canary-passphrase";
/// The name of 127.0.0.1 that only this server knows.
pub const INSIDE: &str = "db.inside.example";

/// What only the server sees of the machine; then the shell becomes the server.
const MOUNTS: &str = r#"
set -e; folder=$1; shift
mount -t tmpfs tmpfs /run; mkdir -m 755 /run/sshd
for name in passwd shadow hosts; do mount --bind "$folder/$name" "/etc/$name"; done
exec "$@""#;

/// A running server. Dropping it ends it with all its sessions and removes all it has written.
#[derive(Debug)]
pub struct Sshd {
    guard: Guard,
    port: u16,
}

impl Sshd {
    /// Starts a server, with more lines for its configuration.
    pub async fn start(lines: &[&str]) -> Self {
        for _ in 0..5 {
            let port = port::free();
            let folder = tempfile::Builder::new().prefix("syncapp-sshd-").tempdir();
            let folder = folder.expect("a temporary folder can be made").keep();
            furnish(&folder, port, lines);
            let guard = Guard::new(folder.clone(), "KILL", &command(&folder));
            let mut server = Self { guard, port };
            server.guard.start();
            if server.guard.takes_connections(port).await {
                return server;
            }
            let log = server.guard.log();
            assert!(log.contains("Address already in use"), "sshd does not start:\n{log}");
        }
        panic!("sshd found no free port");
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's public key, as a sync file or a file of known hosts has it.
    pub fn host_key(&self) -> String {
        public(&self.guard.folder().join("host"))
    }

    /// The file of a private key: `ed25519`, `protected` and `rsa` sign in, and `stranger` does not.
    pub fn key(&self, name: &str) -> PathBuf {
        self.guard.folder().join(name)
    }

    /// The keys of a connection's `ssh`, without braces, for a user with that key.
    pub fn keys(&self, name: &str) -> String {
        format!(
            "host: 127.0.0.1, port: {}, user: {USER}, key: {}, host_key: \"{}\"",
            self.port,
            self.key(name).display(),
            self.host_key()
        )
    }

    /// The server's log so far.
    pub fn log(&self) -> String {
        self.guard.log()
    }

    /// How many visitors there are.
    pub fn sessions(&self) -> usize {
        self.visitors().len()
    }

    /// Ends all sessions at once, as a firewall would. The server takes new ones. Returns how many there were.
    pub fn cut(&self) -> usize {
        let visitors = self.visitors();
        for process in &visitors {
            signal::send(*process, "KILL");
        }
        visitors.len()
    }

    /// The processes of sessions: the listening server's children.
    fn visitors(&self) -> Vec<u32> {
        let outer = self.guard.server().expect("sshd runs");
        children(outer).into_iter().flat_map(children).collect()
    }
}

fn children(process: u32) -> Vec<u32> {
    let listed = fs::read_to_string(format!("/proc/{process}/task/{process}/children")).unwrap_or_default();
    listed.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

/// Makes keys, users and the configuration.
fn furnish(folder: &Path, port: u16, lines: &[&str]) {
    let keys = [
        ("host", "ed25519", ""),
        ("ed25519", "ed25519", ""),
        ("protected", "ed25519", PASSPHRASE),
        ("rsa", "rsa", ""),
        ("stranger", "ed25519", ""),
    ];
    for (name, kind, passphrase) in keys {
        let arguments = ["-q", "-t", kind, "-N", passphrase, "-C", name, "-f", name];
        output(Command::new("ssh-keygen").args(arguments).current_dir(folder));
    }
    let allowed: Vec<String> = ["ed25519", "protected", "rsa"]
        .iter()
        .map(|name| public(&folder.join(name)) + "\n")
        .collect();
    let hash = output(Command::new("openssl").args(["passwd", "-6", PASSWORD]));
    let own = |flag: &str| output(Command::new("id").arg(flag));
    // The same user as the tests', under a name of its own: sshd that is not root can be nobody else.
    let user = format!("{USER}:x:{}:{}::/:/bin/sh\n", own("-u"), own("-g"));
    let users = fs::read_to_string("/etc/passwd").expect("/etc/passwd can be read");
    let place = folder.display();
    let configuration = format!(
        "ListenAddress 127.0.0.1:{port}\nHostKey {place}/host\nPidFile none\nAuthorizedKeysFile {place}/authorized_keys\n\
         StrictModes no\nUsePAM no\nUseDNS no\nPermitRootLogin yes\nLogLevel VERBOSE\n{}\n",
        lines.join("\n")
    );
    for (name, text) in [
        ("authorized_keys", allowed.concat()),
        ("passwd", user + &users),
        ("shadow", format!("{USER}:{hash}:19000:0:99999:7:::\n")),
        ("hosts", format!("127.0.0.1 localhost {INSIDE}\n")),
        ("configuration", configuration),
    ] {
        fs::write(folder.join(name), text).expect("the server's folder can be written");
    }
}

fn command(folder: &Path) -> Vec<OsString> {
    // The first process of a namespace takes all others with it.
    let mut line: Vec<OsString> = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        .map(Into::into)
        .into();
    if !is_root() {
        line.extend(["--user", "--map-current-user", "--keep-caps"].map(OsString::from));
    }
    line.extend(["sh", "-c", MOUNTS, "sh"].map(OsString::from));
    line.push(folder.into());
    line.extend(["/usr/sbin/sshd", "-D", "-e", "-f"].map(OsString::from));
    line.push(folder.join("configuration").into());
    Account::own_user().command(line)
}

/// A public key without its comment.
fn public(private: &Path) -> String {
    let text = fs::read_to_string(private.with_extension("pub")).expect("ssh-keygen made it");
    text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

fn output(command: &mut Command) -> String {
    let ran = command
        .output()
        .unwrap_or_else(|e| panic!("{command:?}: {e}: run scripts/setup"));
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{command:?}: {said}");
    String::from_utf8_lossy(&ran.stdout).trim().to_owned()
}
