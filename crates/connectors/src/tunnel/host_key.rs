//! Which key an SSH server must show: the one in the sync file, or those that a file of known hosts has for it.
//!
//! A key that is not known is never accepted, and none is ever written down.

use std::borrow::Cow;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use base64::prelude::{BASE64_STANDARD, Engine};
use hmac::{Hmac, KeyInit, Mac};
use russh::Preferred;
use russh::keys::{Algorithm, HashAlg, PublicKey};
use sha1::Sha1;
use syncapp_model::{Code, Error, Pattern, Result, Side};

use super::config::{Ssh, Trusted};

/// The keys of one server.
pub(super) struct HostKeys {
    /// The server as a file of known hosts names it: `bastion`, `[bastion]:2222`.
    name: String,
    /// The file, where there is one.
    file: Option<String>,
    entries: Vec<Entry>,
}

/// A key and where it stands.
struct Entry {
    /// Its line in the file; 0 for the sync file's own.
    line: usize,
    revoked: bool,
    key: PublicKey,
}

impl HostKeys {
    /// Reads what is known of a server.
    pub(super) fn read(ssh: &Ssh) -> Result<Self> {
        let name = if ssh.port == 22 {
            ssh.host.to_lowercase()
        } else {
            format!("[{}]:{}", ssh.host.to_lowercase(), ssh.port)
        };
        let (file, text) = match &ssh.trusted {
            Trusted::Key(key) => {
                let entry = Entry {
                    line: 0,
                    revoked: false,
                    key: (**key).clone(),
                };
                return Ok(Self {
                    name,
                    file: None,
                    entries: vec![entry],
                });
            }
            Trusted::File(file) => (Some(file), text_of(file, true)?),
            Trusted::Usual(Some(file)) => (Some(file), text_of(file, false)?),
            Trusted::Usual(None) => (None, String::new()),
        };
        let lines = text.lines().enumerate();
        let entries = lines.filter_map(|(at, line)| entry(at + 1, line, &name)).collect();
        Ok(Self {
            name,
            file: file.map(|file| file.display().to_string()),
            entries,
        })
    }

    /// The algorithms to ask the server for, those of the known keys first: a server shows only one of its keys.
    pub(super) fn algorithms(&self) -> Cow<'static, [Algorithm]> {
        // Signatures by SHA-1 are forged.
        let mut all: Vec<Algorithm> = Preferred::DEFAULT.key.to_vec();
        all.retain(|algorithm| *algorithm != Algorithm::Rsa { hash: None });
        let known = |algorithm: &Algorithm| {
            let mut trusted = self.entries.iter().filter(|entry| !entry.revoked);
            trusted.any(|entry| match (entry.key.algorithm(), algorithm) {
                (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
                (own, algorithm) => own == *algorithm,
            })
        };
        all.sort_by_key(|algorithm| !known(algorithm));
        all.into()
    }

    /// Accepts the key that a server shows, or says why not.
    pub(super) fn verify(&self, shown: &PublicKey, side: Side) -> Result<()> {
        let fingerprint = shown.fingerprint(HashAlg::Sha256);
        let kind = shown.algorithm().to_string();
        let same = |entry: &&Entry| entry.key.key_data() == shown.key_data();
        let place = |entry: &Entry| match &self.file {
            Some(file) => format!("{file}, line {}", entry.line),
            None => "`host_key`".to_owned(),
        };
        let changed = |why: String, help: String| Err(Error::new(Code::HostKeyChanged(side), why).help(help));
        if let Some(entry) = self.entries.iter().filter(same).find(|entry| entry.revoked) {
            return changed(
                format!(
                    "DANGER: the SSH server {} shows a key that was revoked in {}: {kind} {fingerprint}",
                    self.name,
                    place(entry)
                ),
                "do not connect: someone may have stolen the key and stand between; ask who runs the server".into(),
            );
        }
        if self.entries.iter().any(|entry| same(&entry)) {
            return Ok(());
        }
        if let Some(entry) = self.entries.iter().find(|entry| !entry.revoked) {
            return changed(
                format!(
                    "DANGER: the SSH server {} shows another key than it is known by ({}): {kind} {fingerprint}",
                    self.name,
                    place(entry)
                ),
                format!(
                    "someone may stand between and listen: ask who runs the server whether its key changed; only then \
                     put the new key in place of the one in {}",
                    place(entry)
                ),
            );
        }
        let mut bare = shown.clone();
        bare.set_comment("");
        let line = bare.to_openssh().unwrap_or_default();
        let file = self.file.as_deref().unwrap_or("a file named by `known_hosts`");
        let why = format!(
            "the SSH server {} is not known; it shows the key {kind} {fingerprint}",
            self.name
        );
        Err(Error::new(Code::HostKeyUnknown(side), why).help(format!(
            "compare the fingerprint with the one its operator tells; then add the line `{} {line}` to {file}, or set \
             `ssh: {{ host_key: \"{line}\" }}`",
            self.name
        )))
    }
}

fn text_of(file: &Path, needed: bool) -> Result<String> {
    match fs::read(file) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(problem) if problem.kind() == ErrorKind::NotFound && !needed => Ok(String::new()),
        Err(problem) => Err(
            Error::new(Code::UnreadableFile, "the file of known SSH servers cannot be read")
                .file(file.display())
                .help("give a file in `known_hosts` that this user may read, or the server's key in `host_key`")
                .driver(problem),
        ),
    }
}

/// A line's key, where it is about that server. Certificates are not asked for, so their authorities do not count.
fn entry(line: usize, text: &str, name: &str) -> Option<Entry> {
    let mut words = text.split_ascii_whitespace().peekable();
    let revoked = match words.next_if(|word| word.starts_with('@')) {
        Some("@revoked") => true,
        Some(_) => return None,
        None => false,
    };
    let hosts = words.next().filter(|hosts| !hosts.starts_with('#'))?;
    let (kind, key) = (words.next()?, words.next()?);
    if !names(hosts, name) {
        return None;
    }
    let key = PublicKey::from_openssh(&format!("{kind} {key}")).ok()?;
    Some(Entry { line, revoked, key })
}

/// Whether a line's first word is about that server: one hashed name, or patterns of which none may forbid it.
fn names(hosts: &str, name: &str) -> bool {
    if let Some(hashed) = hosts.strip_prefix("|1|") {
        return hashed
            .split_once('|')
            .is_some_and(|(salt, hash)| hashes(salt, hash, name));
    }
    let matches = |pattern: &str| Pattern::Glob(pattern.to_lowercase().replace('*', "**")).matches(name);
    let mut named = false;
    for pattern in hosts.split(',') {
        match pattern.strip_prefix('!') {
            Some(forbidden) if matches(forbidden) => return false,
            Some(_) => {}
            None => named |= matches(pattern),
        }
    }
    named
}

fn hashes(salt: &str, hash: &str, name: &str) -> bool {
    let (Ok(salt), Ok(hash)) = (BASE64_STANDARD.decode(salt), BASE64_STANDARD.decode(hash)) else {
        return false;
    };
    let mac = Hmac::<Sha1>::new_from_slice(&salt);
    mac.is_ok_and(|mac| mac.chain_update(name).verify_slice(&hash).is_ok())
}

#[cfg(test)]
mod tests;
