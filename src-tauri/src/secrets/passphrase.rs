//! Secrets sealed in the folder's store under a key that is made of a passphrase: for systems without a keyring.
//!
//! Invariants: neither the passphrase nor the key is kept; the file beside the store holds what the key is made with, and what it is
//! called, which says whether a passphrase is the right one.

use std::path::Path;
use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use syncapp_control::SealedSecrets;
use syncapp_model::{Code, Error, Result, Secret};
use syncapp_vault::{KeyPlace, Keys, MasterKey, SealedVault};
use zeroize::Zeroizing;

use crate::file;

/// The file with what the key is made with.
const FILE: &str = "passphrase.json";
/// The fewest characters of a passphrase.
const SHORTEST: usize = 12;
/// RFC 9106's second choice for Argon2id: 64 MiB, three passes, four lanes. Whoever takes the folder away may try for long.
const MEMORY: u32 = 64 << 10;
const PASSES: u32 = 3;
const LANES: u32 = 4;

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Made {
    /// In base64.
    salt: String,
    memory: u32,
    passes: u32,
    lanes: u32,
    /// What the key is called.
    key: String,
}

/// Whether somebody has chosen a passphrase.
pub(super) fn is_chosen(folder: &Path) -> bool {
    folder.join(FILE).exists()
}

/// The key that a passphrase makes, in base64: the one that is known, or a new one where none is. Takes its time.
pub(super) fn open(folder: &Path, passphrase: &Secret) -> Result<Secret> {
    let path = folder.join(FILE);
    if let Some(made) = file::read::<Made>(&path)? {
        let text = derive(passphrase, &made)?;
        return if MasterKey::parse(text.reveal(), "the passphrase")?.id().0 == made.key {
            Ok(text)
        } else {
            let error = Error::new(Code::InvalidValue, "the passphrase is another one");
            Err(error.help("give the one that was chosen first; without it nothing that is sealed opens"))
        };
    }
    if passphrase.reveal().chars().count() < SHORTEST {
        let error = Error::new(Code::InvalidValue, "the passphrase could be guessed");
        return Err(error.help(format!(
            "give {SHORTEST} characters or more, and keep them: nobody can find them again"
        )));
    }
    let mut made = Made {
        salt: STANDARD.encode(rand::random::<[u8; 16]>()),
        memory: MEMORY,
        passes: PASSES,
        lanes: LANES,
        key: String::new(),
    };
    let text = derive(passphrase, &made)?;
    made.key
        .clone_from(&MasterKey::parse(text.reveal(), "the passphrase")?.id().0);
    file::write(&path, &made)?;
    Ok(text)
}

/// The vault under that key.
pub(super) fn vault(folder: &Path, sealed: Arc<dyn SealedSecrets>, key: Secret) -> SealedVault {
    let keys = Keys {
        places: vec![KeyPlace::Given(key)],
        home: folder.to_owned(),
    };
    SealedVault::new(sealed, keys)
}

fn derive(passphrase: &Secret, made: &Made) -> Result<Secret> {
    let damaged = || {
        Error::new(
            Code::SecretDamaged,
            "what the passphrase's key is made with was changed",
        )
    };
    let salt = STANDARD.decode(&made.salt).map_err(|_| damaged())?;
    // A file that asks for all of the machine's memory is none of ours.
    if made.memory > MEMORY * 16 || made.passes > PASSES * 16 {
        return Err(damaged());
    }
    let params = Params::new(made.memory, made.passes, made.lanes, None).map_err(|_| damaged())?;
    let mut key = Zeroizing::new([0; 32]);
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let filled = argon2.hash_password_into(passphrase.reveal().as_bytes(), &salt, key.as_mut());
    filled.map_err(|problem| Error::internal("no key can be made of the passphrase").driver(problem))?;
    Ok(Secret::new(STANDARD.encode(key.as_ref())))
}
