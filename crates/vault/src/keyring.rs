//! The system's keyring: Secret Service on Linux, the keychain of macOS, the credentials of Windows.
//!
//! All of it blocks.

use std::sync::Arc;

use keyring_core::{CredentialStore, Entry};
use syncapp_model::{Code, Error, Result, Secret};

use crate::keys::MasterKey;
use crate::place::GIVE;

/// What its entries are of.
pub(crate) const SERVICE: &str = "syncapp";

/// The key of an entry, if it is there.
pub(crate) fn read_key(name: &str) -> Result<Option<MasterKey>> {
    match read(name)? {
        Some(text) => MasterKey::parse(text.reveal(), &format!("the keyring's entry `{name}`")).map(Some),
        None => Ok(None),
    }
}

/// Puts a key into an entry.
pub(crate) fn write_key(name: &str, key: &MasterKey) -> Result<()> {
    entry(name)?
        .set_password(&key.text())
        .map_err(|problem| failed(&problem))
}

/// The text of an entry, if it is there.
pub fn read(name: &str) -> Result<Option<Secret>> {
    match entry(name)?.get_password() {
        Ok(text) => Ok(Some(Secret::new(text))),
        Err(keyring_core::Error::NoEntry) => Ok(None),
        Err(problem) => Err(failed(&problem)),
    }
}

/// Puts a text into an entry, in the place of the one before.
pub fn write(name: &str, text: &Secret) -> Result<()> {
    entry(name)?
        .set_password(text.reveal())
        .map_err(|problem| failed(&problem))
}

/// Takes an entry out; whether it was there.
pub fn delete(name: &str) -> Result<bool> {
    match entry(name)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(keyring_core::Error::NoEntry) => Ok(false),
        Err(problem) => Err(failed(&problem)),
    }
}

fn entry(name: &str) -> Result<Entry> {
    let store = store()?;
    Entry::new_in_store(&store, SERVICE, name).map_err(|problem| failed(&problem))
}

#[cfg(target_os = "linux")]
fn store() -> Result<Arc<CredentialStore>> {
    let store = zbus_secret_service_keyring_store::Store::new();
    store.map(|store| store as _).map_err(|problem| failed(&problem))
}

#[cfg(target_os = "macos")]
fn store() -> Result<Arc<CredentialStore>> {
    let store = apple_native_keyring_store::keychain::Store::new();
    store.map(|store| store as _).map_err(|problem| failed(&problem))
}

#[cfg(windows)]
fn store() -> Result<Arc<CredentialStore>> {
    let store = windows_native_keyring_store::Store::new();
    store.map(|store| store as _).map_err(|problem| failed(&problem))
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn store() -> Result<Arc<CredentialStore>> {
    Err(failed(&keyring_core::Error::NoDefaultStore))
}

/// The driver's words name what failed; what an entry holds is not in those that are taken.
fn failed(problem: &keyring_core::Error) -> Error {
    let failed = Error::new(Code::KeyringFailed, "the system's keyring cannot be used").help(GIVE);
    match problem {
        keyring_core::Error::PlatformFailure(cause) | keyring_core::Error::NoStorageAccess(cause) => {
            failed.driver(cause)
        }
        keyring_core::Error::NoDefaultStore => failed.driver("this system has none that is known"),
        keyring_core::Error::Ambiguous(_) => failed.driver("there are several entries of that name"),
        keyring_core::Error::BadEncoding(_) | keyring_core::Error::BadDataFormat(..) => {
            failed.driver("the entry is no text")
        }
        _ => failed,
    }
}
