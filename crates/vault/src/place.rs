//! Where master keys lie.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use syncapp_model::{Code, Error, Result, Secret};
use zeroize::Zeroizing;

use crate::keyring;
use crate::keys::MasterKey;

/// What is read of a file at the most: a key takes 44 bytes.
const LONGEST: u64 = 1024;

/// What to do where there is no key.
pub(crate) const GIVE: &str = "set SYNCAPP_MASTER_KEY to the output of `openssl rand -base64 32`, or to `file:PATH` of a file with \
    it that nobody else may read; and keep it: without it no secret opens";

/// Where a master key lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyPlace {
    /// The key itself, written in base64.
    Given(Secret),
    /// A file with it, which only its user may read.
    File(PathBuf),
    /// An entry of that name in the system's keyring.
    Keyring(String),
}

impl KeyPlace {
    /// The entry that holds the key where nothing is said.
    pub const USUAL: &'static str = "master-key";

    /// `file:PATH`, `keyring:NAME`, or the key itself.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim().split_once(':') {
            Some(("file", path)) if !path.is_empty() => Some(Self::File(path.into())),
            Some(("keyring", name)) if !name.is_empty() => Some(Self::Keyring(name.to_owned())),
            Some(_) => None,
            None if text.trim().is_empty() => None,
            None => Some(Self::Given(Secret::new(text.trim()))),
        }
    }

    fn read(&self) -> Result<Option<MasterKey>> {
        match self {
            Self::Given(key) => MasterKey::parse(key.reveal(), "`master_key`").map(Some),
            Self::File(path) => file(path).map(Some),
            Self::Keyring(name) => keyring::read_key(name),
        }
    }
}

/// The master keys: the first one seals, each of them opens.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Where they lie.
    pub places: Vec<KeyPlace>,
    /// A folder in which only one process at a time makes a key.
    pub home: PathBuf,
}

impl Keys {
    /// Reads all of them. With `make` the first one is made where it is an entry of the keyring that is not there yet. Blocks.
    pub(crate) fn read(&self, make: bool) -> Result<Vec<MasterKey>> {
        if self.places.is_empty() {
            return Err(Error::new(Code::MissingKey, "no master key is given").help(GIVE));
        }
        let mut keys = Vec::new();
        for (number, place) in self.places.iter().enumerate() {
            let key = match (place.read()?, place) {
                (None, KeyPlace::Keyring(name)) if make && number == 0 => Some(self.make(name)?),
                (key, _) => key,
            };
            keys.push(key.ok_or_else(|| absent(place))?);
        }
        Ok(keys)
    }

    /// Makes a key in the keyring, unless somebody else was faster.
    fn make(&self, name: &str) -> Result<MasterKey> {
        let locked = File::create(self.home.join("keyring.lock")).and_then(|file| file.lock().map(|()| file));
        let lock = locked.map_err(|problem| {
            Error::new(Code::UnreadableFile, "SyncApp's folder cannot be written")
                .file(self.home.display())
                .help("make it writable, or choose another one by SYNCAPP_HOME")
                .driver(problem)
        })?;
        if let Some(key) = keyring::read_key(name)? {
            return Ok(key);
        }
        keyring::write_key(name, &MasterKey::make()?)?;
        let kept = keyring::read_key(name)?;
        drop(lock);
        kept.ok_or_else(|| {
            Error::new(Code::KeyringFailed, "the system's keyring did not keep the master key").help(GIVE)
        })
    }
}

fn absent(place: &KeyPlace) -> Error {
    let name = match place {
        KeyPlace::Keyring(name) => name.as_str(),
        KeyPlace::Given(_) | KeyPlace::File(_) => "",
    };
    Error::new(
        Code::KeyringFailed,
        format!("the system's keyring has no entry `{name}` of `{}`", keyring::SERVICE),
    )
    .help("give the master key that the secrets were sealed with by SYNCAPP_MASTER_KEY, or put it into the keyring")
}

fn file(path: &Path) -> Result<MasterKey> {
    let unreadable = |problem: std::io::Error| {
        Error::new(Code::UnreadableFile, "the file of the master key cannot be read")
            .file(path.display())
            .help("check its name, and that you may read it")
            .driver(problem)
    };
    let file = File::open(path).map_err(unreadable)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(unreadable)?.permissions().mode();
        if mode & 0o077 != 0 {
            let error = Error::new(Code::WeakKey, "others may read the file of the master key");
            let error = error.file(path.display());
            return Err(error.help(format!(
                "`chmod 600` it (its mode is {:o}); if others had it, make a new key",
                mode & 0o777
            )));
        }
    }
    let mut text = Zeroizing::new(String::new());
    file.take(LONGEST).read_to_string(&mut text).map_err(unreadable)?;
    MasterKey::parse(&text, &format!("`{}`", path.display()))
}

#[cfg(test)]
mod tests;
