//! The audit log: entries in a chain, and a head that is sealed.
//!
//! Each entry's hash is over the hash of the entry before it and all of its own fields, each with its length. The head is the
//! newest entry's number and hash, with a MAC whose key the store does not hold: whoever can write the store can cut the log's
//! end off, but not seal what is left.

use std::fmt;
use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use syncapp_model::Secret;

use super::digest::hex;
use crate::SecretId;

/// What is in front of all that is sealed, so that the key's MACs mean nothing else.
const SEAL: &[u8] = b"syncapp audit head 1";
/// What is in front of all that is hashed.
const CHAIN: &[u8] = b"syncapp audit entry 1";
/// What the key of callers comes from.
const CALLERS: &[u8] = b"syncapp callers key 1";
/// What is in front of a secret whose fingerprint is taken.
const SECRET: &[u8] = b"syncapp secret fingerprint 1";
/// How long a text of an entry may be, in characters.
const LONGEST: usize = 20_000;

/// The key that heads are sealed with.
#[derive(Clone)]
pub struct AuditKey([u8; 32]);

/// A key for something else than heads.
pub(super) struct SealingKey([u8; 32]);

/// Who does something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// A kind and a name: `user ada`, `token 0192… (ci)`, `agent`, `nobody`.
    pub actor: String,
    /// An address.
    pub origin: String,
}

/// An entry to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEntry {
    /// Who, and from where.
    pub by: By,
    /// What it does: `project.push`.
    pub action: String,
    /// To what: `project shop`.
    pub object: String,
    /// What it was before, as JSON. Secrets are not in it.
    pub before: Option<String>,
    /// What it becomes, as JSON. Secrets are not in it.
    pub after: Option<String>,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its place in the chain, from 1.
    pub number: u64,
    /// When it was written, in the store's time, in whole microseconds.
    pub at: SystemTime,
    /// What it tells.
    pub told: NewEntry,
    /// The chain up to it.
    pub hash: [u8; 32],
}

/// The end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The newest entry's number; 0 where there is none.
    pub number: u64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The seal.
    pub mac: [u8; 32],
}

impl AuditKey {
    /// The key of some secret text of 128 bits or more.
    pub fn of(secret: &str) -> Self {
        Self(mac(secret.as_bytes(), &[b"syncapp audit key 1"]))
    }

    /// A key for what is remembered of callers, which tells nothing of this one.
    pub(super) fn for_callers(&self) -> SealingKey {
        SealingKey(mac(&self.0, &[CALLERS]))
    }

    /// What shows that a secret is another one than before, and nothing else of it: without the key nobody can try what it may be, and
    /// another secret of the same value has another one.
    pub fn fingerprint(&self, id: &SecretId, value: &Secret) -> String {
        let lengths = [&id.project, &id.name].map(|text| (text.len() as u64).to_be_bytes());
        let [project, name] = &lengths;
        let about: [&[u8]; 5] = [SECRET, project, id.project.as_bytes(), name, id.name.as_bytes()];
        let mac = mac(&self.0, &[&about[..], &[value.reveal().as_bytes()]].concat());
        hex(&mac[..6])
    }

    fn seal(&self, number: u64, hash: [u8; 32]) -> AuditHead {
        let mac = mac(&self.0, &[SEAL, &number.to_be_bytes(), &hash]);
        AuditHead { number, hash, mac }
    }

    /// Whether a head was sealed with it.
    pub fn sealed(&self, head: &AuditHead) -> bool {
        let parts: [&[u8]; 3] = [SEAL, &head.number.to_be_bytes(), &head.hash];
        hmac(&self.0, &parts).verify_slice(&head.mac).is_ok()
    }

    /// The entries to write for this one after a head as it was found, and the head after them; `last` is the number of the newest
    /// entry that is there, 0 where there is none. Where the head is not what this key has sealed, or is not there although
    /// entries are, an entry says so first: the log goes on, and shows it.
    pub fn append(
        &self,
        head: Option<AuditHead>,
        last: u64,
        entry: &NewEntry,
        at: SystemTime,
    ) -> (Vec<AuditEntry>, AuditHead) {
        let broken = match &head {
            Some(head) => !self.sealed(head),
            None => last > 0,
        };
        let from = head.unwrap_or_else(|| self.seal(0, [0; 32]));
        let mut entries = Vec::new();
        let (mut number, mut hash) = (from.number.max(last), from.hash);
        for told in broken.then(NewEntry::broken).iter().chain([entry]) {
            number += 1;
            let next = AuditEntry::new(number, at, told.kept(), hash);
            hash = next.hash;
            entries.push(next);
        }
        (entries, self.seal(number, hash))
    }
}

impl SealingKey {
    /// The MAC of parts.
    pub(super) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.0, parts)
    }

    /// Whether it is the MAC of these parts.
    pub(super) fn fits(&self, mac: &[u8; 32], parts: &[&[u8]]) -> bool {
        hmac(&self.0, parts).verify_slice(mac).is_ok()
    }
}

fn mac(key: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    hmac(key, parts).finalize().into_bytes().into()
}

fn hmac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| unreachable!("any length will do"));
    for part in parts {
        hmac.update(part);
    }
    hmac
}

impl fmt::Debug for AuditKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl fmt::Display for AuditHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.number, hex(&self.hash))
    }
}

impl NewEntry {
    /// The action of the entry that tells of a head that was not sealed with the key.
    pub const BROKEN: &str = "audit.broken";

    fn broken() -> Self {
        Self {
            by: By {
                actor: "agent".into(),
                origin: String::new(),
            },
            action: Self::BROKEN.into(),
            object: "audit log".into(),
            before: None,
            after: None,
        }
    }

    /// As it is kept: without U+0000, which PostgreSQL cannot hold, and not endless.
    fn kept(&self) -> Self {
        let text = |text: &str| text.replace('\0', "\u{fffd}").chars().take(LONGEST).collect::<String>();
        Self {
            by: By {
                actor: text(&self.by.actor),
                origin: text(&self.by.origin),
            },
            action: text(&self.action),
            object: text(&self.object),
            before: self.before.as_deref().map(text),
            after: self.after.as_deref().map(text),
        }
    }
}

impl AuditEntry {
    fn new(number: u64, at: SystemTime, told: NewEntry, before: [u8; 32]) -> Self {
        let hash = chained(number, at, &told, before);
        Self { number, at, told, hash }
    }

    /// Whether it follows the entry of this hash, and is as it was written.
    pub(super) fn follows(&self, before: [u8; 32]) -> bool {
        chained(self.number, self.at, &self.told, before) == self.hash
    }
}

fn chained(number: u64, at: SystemTime, told: &NewEntry, before: [u8; 32]) -> [u8; 32] {
    let micros = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64;
    let mut hash = Sha256::new();
    for part in [CHAIN, &before, &number.to_be_bytes(), &micros.to_be_bytes()] {
        hash.update(part);
    }
    let NewEntry {
        by,
        action,
        object,
        before,
        after,
    } = told;
    let texts = [Some(&by.actor), Some(&by.origin), Some(action), Some(object)];
    for text in texts.into_iter().chain([before.as_ref(), after.as_ref()]) {
        // Where there is none: a length that no text has.
        let length = text.map_or(u64::MAX, |text| text.len() as u64);
        hash.update(length.to_be_bytes());
        hash.update(text.map_or("", String::as_str));
    }
    hash.finalize().into()
}
