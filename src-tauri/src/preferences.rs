//! What somebody prefers on this machine. The folder of data is not among it: it is said at the start.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use syncapp_model::{Code, Error, Result};
use url::Url;

use crate::agents::roots;
use crate::file;

/// The file with them.
const FILE: &str = "preferences.json";

/// What is preferred.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Preferred {
    /// What agents are reached through.
    proxy: Option<String>,
    /// A PEM file of authorities that agents are believed by, besides the machine's.
    ca: Option<String>,
    /// The environment that holds here, in those files that have it.
    environment: Option<String>,
    /// Whether the program tells about itself, at the collector that the standard variables name.
    pub(crate) telemetry: bool,
    /// Whether the desktop shows notifications.
    pub(crate) notifications: bool,
}

/// How agents are reached.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    pub(crate) proxy: Option<Url>,
    pub(crate) ca: Option<PathBuf>,
}

impl Preferred {
    /// The environment that holds here.
    pub(crate) fn environment(&self) -> Option<String> {
        given(self.environment.as_deref()).map(str::to_owned)
    }

    /// How agents are reached, if that can be so.
    fn way(&self) -> Result<Way> {
        Ok(Way {
            proxy: given(self.proxy.as_deref()).map(proxy).transpose()?,
            ca: given(self.ca.as_deref()).map(PathBuf::from),
        })
    }
}

/// A text, if it says anything.
fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// A proxy's address. One with a password is refused: it would lie in a file.
fn proxy(text: &str) -> Result<Url> {
    let url = Url::parse(text).ok().filter(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none();
        is_plain && matches!(url.scheme(), "http" | "https") && url.has_host()
    });
    url.ok_or_else(|| {
        let error = Error::new(Code::InvalidValue, "this is not the address of a proxy");
        error.help("give one without a user and a password, such as http://proxy.example.net:3128")
    })
}

/// What is preferred, and the file with it.
pub(crate) struct Preferences {
    file: PathBuf,
    held: Mutex<(Preferred, Way)>,
}

impl Preferences {
    /// Those of a folder.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        let file = folder.join(FILE);
        let preferred: Preferred = file::read(&file)?.unwrap_or_else(|| Preferred {
            notifications: true,
            ..Preferred::default()
        });
        let way = preferred.way()?;
        Ok(Self {
            file,
            held: Mutex::new((preferred, way)),
        })
    }

    /// What is preferred now.
    pub(crate) fn now(&self) -> Preferred {
        self.held().0.clone()
    }

    /// How agents are reached now.
    pub(crate) fn way(&self) -> Way {
        self.held().1.clone()
    }

    /// Prefers something else from now on; telemetry and an environment, from the next start on.
    pub(crate) fn set(&self, preferred: Preferred) -> Result<()> {
        let way = preferred.way()?;
        roots(way.ca.as_deref())?;
        file::write(&self.file, &preferred)?;
        *self.held() = (preferred, way);
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, (Preferred, Way)> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_preferred_outlasts_the_program() {
        let folder = tempfile::tempdir().unwrap();
        let preferences = Preferences::open(folder.path()).unwrap();
        assert!(!preferences.now().telemetry, "off where nobody has said so");
        let preferred = Preferred {
            proxy: Some("http://proxy.example.net:3128".into()),
            notifications: false,
            ..Preferred::default()
        };
        preferences.set(preferred.clone()).unwrap();
        let again = Preferences::open(folder.path()).unwrap();
        assert_eq!(again.now(), preferred);
        assert_eq!(again.way().proxy.unwrap().host_str(), Some("proxy.example.net"));
    }

    #[test]
    fn what_cannot_be_is_refused_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let preferences = Preferences::open(folder.path()).unwrap();
        let before = preferences.now();
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "").unwrap();
        let proxies = [
            "http://user:hunter2@proxy:3128",
            "proxy:3128",
            "socks5://proxy:1080",
            "?",
        ];
        let proxies = proxies.map(|proxy| (Some(proxy.to_owned()), None));
        let authorities = [folder.path().join("none.pem"), empty];
        let authorities = authorities.map(|path| (None, Some(path.display().to_string())));
        for (proxy, ca) in proxies.into_iter().chain(authorities) {
            let preferred = Preferred {
                proxy,
                ca,
                ..Preferred::default()
            };
            let error = preferences.set(preferred).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"));
            assert_eq!(preferences.now(), before);
        }
    }
}
