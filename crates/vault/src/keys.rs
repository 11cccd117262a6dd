//! Master keys: 32 bytes by chance, and what is taken for no such thing.
//!
//! Invariants: a key is zeroed when it is dropped, and is in no error, log or name; a key that somebody could guess is none.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};
use syncapp_control::KeyId;
use syncapp_model::{Code, Error, Result};
use zeroize::Zeroizing;

use crate::envelope::chance;

/// How many bytes a key has.
pub(crate) const LENGTH: usize = 32;

/// Chance has fewer different bytes than that among 32 less than once in 10^14 keys.
const DIFFERENT: usize = 16;

/// Words whose hashes are no keys: `echo -n WORD | sha256sum` is not by chance.
const WORDS: [&str; 8] = ["", "changeme", "key", "master", "password", "secret", "syncapp", "test"];

/// How to make one.
const MAKE: &str = "make one by `openssl rand -base64 32`";

/// A key that data keys are sealed with.
#[derive(Clone)]
pub struct MasterKey {
    id: KeyId,
    bytes: Zeroizing<[u8; LENGTH]>,
}

impl MasterKey {
    /// Reads a key, written in base64. `shown` is where it comes from, for people.
    pub fn parse(text: &str, shown: &str) -> Result<Self> {
        let wrong = |why: String| Error::new(Code::WeakKey, why).help(MAKE);
        let text = text.trim();
        let bytes = Zeroizing::new(
            STANDARD
                .decode(text)
                .map_err(|_| wrong(format!("the master key of {shown} is not base64")))?,
        );
        let length = bytes.len();
        let bytes: [u8; LENGTH] = bytes.as_slice().try_into().map_err(|_| {
            wrong(format!(
                "the master key of {shown} has {length} bytes, and has to have {LENGTH}"
            ))
        })?;
        let bytes = Zeroizing::new(bytes);
        if let Some(weak) = weakness(&bytes) {
            return Err(wrong(format!("the master key of {shown} could be guessed: {weak}")));
        }
        Ok(Self::of(bytes))
    }

    /// A new key, by chance.
    pub(crate) fn make() -> Result<Self> {
        Ok(Self::of(Zeroizing::new(chance()?)))
    }

    fn of(bytes: Zeroizing<[u8; LENGTH]>) -> Self {
        let hash = Sha256::new()
            .chain_update(b"syncapp master key id\0")
            .chain_update(bytes.as_ref())
            .finalize();
        let mut start = [0; 8];
        start.copy_from_slice(&hash[..8]);
        let id = KeyId(format!("{:016x}", u64::from_be_bytes(start)));
        Self { id, bytes }
    }

    /// What it is called.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.bytes
    }

    /// As [`parse`](Self::parse) reads it.
    pub(crate) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.bytes.as_ref()))
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// Why these bytes did not come by chance.
fn weakness(bytes: &[u8; LENGTH]) -> Option<&'static str> {
    let mut seen = [false; 256];
    for byte in bytes {
        seen[usize::from(*byte)] = true;
    }
    let step = bytes[1].wrapping_sub(bytes[0]);
    if seen.iter().filter(|seen| **seen).count() < DIFFERENT {
        Some("it repeats itself")
    } else if bytes.windows(2).all(|pair| pair[1].wrapping_sub(pair[0]) == step) {
        Some("it counts")
    } else if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        Some("it is a text, not bytes by chance")
    } else if WORDS.iter().any(|word| Sha256::digest(word)[..] == bytes[..]) {
        Some("it is the hash of a common word")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_could_be_guessed_is_none() {
        let counting: [u8; 32] = std::array::from_fn(|at| at as u8);
        let backwards: [u8; 32] = std::array::from_fn(|at| 0x9f - at as u8);
        let cases: [(&[u8], &str); 13] = [
            (&[0; 32], "repeats"),
            (&[0xff; 32], "repeats"),
            (b"0123456789abcdef0123456789abcdef", "text"),
            (b"an example key that somebody has", "text"),
            (&[1, 2, 3, 4, 5, 6, 7, 8].repeat(4), "repeats"),
            (&counting, "counts"),
            (&backwards, "counts"),
            (&Sha256::digest(""), "common word"),
            (&Sha256::digest("password"), "common word"),
            (&[], "0 bytes"),
            (&[7; 16], "16 bytes"),
            (&counting[..31], "31 bytes"),
            (&[&counting[..], &[1]].concat(), "33 bytes"),
        ];
        for (bytes, expected) in cases {
            let text = STANDARD.encode(bytes);
            let error = MasterKey::parse(&text, "SYNCAPP_MASTER_KEY").unwrap_err();
            let why = &error.report().why;
            assert!(
                why.contains(expected) && why.contains("SYNCAPP_MASTER_KEY"),
                "{expected}: {why}"
            );
            assert!(
                error
                    .report()
                    .help
                    .as_deref()
                    .unwrap()
                    .contains("openssl rand -base64 32")
            );
            assert!(text.is_empty() || !format!("{error:?}").contains(&text));
        }
        for text in ["?", "hunter2 hunter2", "AAAA=AAAA"] {
            let error = MasterKey::parse(text, "x").unwrap_err();
            assert!(error.report().why.contains("not base64"));
            assert!(!format!("{error:?}").contains(text));
        }
    }

    #[test]
    fn keys_by_chance_are_taken() {
        for _ in 0..1000 {
            let key = MasterKey::make().unwrap();
            let again = MasterKey::parse(&format!("{}\n", *key.text()), "x").unwrap();
            assert_eq!((again.id(), again.bytes()), (key.id(), key.bytes()));
            assert_eq!(again.id().0.len(), 16);
            assert!(!format!("{key:?}").contains(key.text().as_str()));
        }
    }
}
