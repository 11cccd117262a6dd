//! The envelope: a value under a data key of its own, the data key under a master key.
//!
//! ```text
//!   sealed      = nonce (24) | XChaCha20-Poly1305(data key,   value,    "value" ∥ project ∥ name ∥ version)
//!   sealed_key  = nonce (24) | XChaCha20-Poly1305(master key, data key, "key"   ∥ project ∥ name ∥ version ∥ key id)
//! ```
//!
//! Invariants:
//! - Every nonce and every data key is made by chance; a data key seals one value.
//! - What is associated is written with its lengths: two different rows never have the same. So whatever part of a row is put
//!   into another one, it does not open there.

use chacha20poly1305::aead::{Aead as _, Generate, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use syncapp_control::{SealedKey, SealedSecret, SecretId};
use syncapp_model::{Code, Error, Result, Secret};
use zeroize::Zeroizing;

use crate::keys::{LENGTH, MasterKey};

/// How many bytes a nonce has.
const NONCE: usize = 24;

/// A version of a secret, sealed; nobody is said to have given it.
pub(crate) fn seal(master: &MasterKey, id: &SecretId, version: u32, value: &Secret) -> Result<SealedSecret> {
    let data_key = Zeroizing::new(chance::<[u8; LENGTH]>()?);
    Ok(SealedSecret {
        sealed: encrypt(&data_key, value.reveal().as_bytes(), &about_value(id, version))?,
        data_key: seal_key(master, id, version, &data_key)?,
        set_by: None,
    })
}

/// The value of a sealed secret; `master` is the key that it names.
pub(crate) fn open(master: &MasterKey, secret: &SealedSecret) -> Result<Secret> {
    let SealedKey { id, version, .. } = &secret.data_key;
    let data_key = open_key(master, &secret.data_key)?;
    let value = decrypt(&data_key, &secret.sealed, &about_value(id, *version)).ok_or_else(|| damaged(id))?;
    // The bytes are handed on, not copied.
    String::from_utf8(value).map(Secret::new).map_err(|problem| {
        drop(Zeroizing::new(problem.into_bytes()));
        damaged(id)
    })
}

/// The same data key under another master key.
pub(crate) fn move_key(from: &MasterKey, to: &MasterKey, data_key: &SealedKey) -> Result<SealedKey> {
    let opened = open_key(from, data_key)?;
    seal_key(to, &data_key.id, data_key.version, &opened)
}

fn seal_key(master: &MasterKey, id: &SecretId, version: u32, data_key: &[u8; LENGTH]) -> Result<SealedKey> {
    Ok(SealedKey {
        id: id.clone(),
        version,
        key: master.id().clone(),
        sealed: encrypt(master.bytes(), data_key, &about_key(master, id, version))?,
    })
}

fn open_key(master: &MasterKey, data_key: &SealedKey) -> Result<Zeroizing<[u8; LENGTH]>> {
    let SealedKey { id, version, .. } = data_key;
    let opened = decrypt(master.bytes(), &data_key.sealed, &about_key(master, id, *version)).map(Zeroizing::new);
    let bytes = opened.and_then(|opened| <[u8; LENGTH]>::try_from(opened.as_slice()).ok());
    bytes.map(Zeroizing::new).ok_or_else(|| damaged(id))
}

fn about_value(id: &SecretId, version: u32) -> Vec<u8> {
    about("value", &[&id.project, &id.name], version)
}

fn about_key(master: &MasterKey, id: &SecretId, version: u32) -> Vec<u8> {
    about("key", &[&id.project, &id.name, &master.id().0], version)
}

/// What is sealed, of which version of whom: each text behind its length.
fn about(what: &str, texts: &[&str], version: u32) -> Vec<u8> {
    let mut about = b"syncapp vault 1\0".to_vec();
    for text in [&[what], texts].concat() {
        about.extend((text.len() as u64).to_be_bytes());
        about.extend(text.as_bytes());
    }
    about.extend(version.to_be_bytes());
    about
}

fn encrypt(key: &[u8; LENGTH], msg: &[u8], aad: &[u8]) -> Result<Vec<u8>> {
    let nonce = XNonce::from(chance::<[u8; NONCE]>()?);
    let sealed = XChaCha20Poly1305::new(key.into()).encrypt(&nonce, Payload { msg, aad });
    let sealed = sealed.map_err(|problem| Error::internal("a secret cannot be sealed").driver(problem))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// `None` where it was sealed by another key, for something else, or was changed.
fn decrypt(key: &[u8; LENGTH], sealed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
    let (nonce, msg) = sealed.split_first_chunk::<NONCE>()?;
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt(nonce.into(), Payload { msg, aad }).ok()
}

/// Bytes that nobody can foresee.
pub(crate) fn chance<T: Generate>() -> Result<T> {
    T::try_generate().map_err(|problem| Error::internal("the system gives no chance").driver(problem))
}

fn damaged(id: &SecretId) -> Error {
    Error::new(
        Code::SecretDamaged,
        format!("the secret `{}` of `{}` does not open: its row was changed", id.name, id.project),
    )
    .help("set it again by `syncapp secrets set`; if nobody has restored a part of the store, somebody has written into it")
}

#[cfg(test)]
mod tests;
