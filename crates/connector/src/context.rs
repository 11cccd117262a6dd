//! Where a configuration stands, which files it may name, and where its connections may go.

use std::path::{Component, Path, PathBuf};

use syncapp_model::{Code, Error, Result};

use crate::Network;

/// Where a configuration stands.
#[derive(Debug, Clone)]
pub struct Context {
    base: PathBuf,
    /// The folders that files have to lie in; anywhere where it is `None`.
    roots: Option<Vec<PathBuf>>,
    network: Network,
}

impl Context {
    /// Relative paths start from `base`, and any file may be named: the configuration is its user's own.
    pub fn at(base: impl Into<PathBuf>) -> Self {
        Self {
            base: base.into(),
            roots: None,
            network: Network::open(),
        }
    }

    /// Relative paths start from `base`, and only what lies in one of `roots` may be named: the configuration is somebody
    /// else's.
    pub fn within(base: impl Into<PathBuf>, roots: Vec<PathBuf>) -> Self {
        Self {
            base: base.into(),
            roots: Some(roots),
            network: Network::open(),
        }
    }

    /// The same, and its connections go only where this network leads.
    pub fn through(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// Where its connections may go.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// A path that the configuration's `key` names, as an absolute or base-relative one. Links are followed before it is
    /// held against the roots.
    pub fn resolve(&self, key: &str, path: impl AsRef<Path>) -> Result<PathBuf> {
        let path = self.base.join(path);
        let Some(roots) = &self.roots else {
            return Ok(path);
        };
        let real = real(&path);
        let inside = |root: &PathBuf| {
            real.as_ref()
                .is_some_and(|real| root.canonicalize().is_ok_and(|root| real.starts_with(root)))
        };
        if roots.iter().any(inside) {
            return Ok(path);
        }
        let why = format!("`{key}` names a file outside the folders that this agent may use");
        Err(Error::new(Code::InvalidValue, why).help(
            "the agent's operator lists the folders in `files` of agent.toml; relative paths begin in the first one",
        ))
    }
}

/// The path with links followed, as far as it is there; `None` where what is not there yet goes upwards.
fn real(path: &Path) -> Option<PathBuf> {
    let there = path
        .ancestors()
        .find_map(|ancestor| Some((ancestor, ancestor.canonicalize().ok()?)));
    let (ancestor, real) = there?;
    let rest = path.strip_prefix(ancestor).ok()?;
    let plain = rest.components().all(|part| matches!(part, Component::Normal(_)));
    plain.then(|| real.join(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn files_lie_in_the_roots() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("data");
        fs::create_dir_all(root.join("in")).unwrap();
        fs::write(folder.path().join("secret"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path(), root.join("link")).unwrap();
        let context = Context::within(&root, vec![root.clone()]);
        let inside = root.join("in/new.db");
        for (path, expected) in [
            (Path::new("new.db"), true),
            (Path::new("in/new.db"), true),
            (Path::new("in/../new.db"), true),
            (Path::new("."), true),
            (&inside, true),
            (Path::new("../secret"), false),
            (Path::new("new/../../secret"), false),
            (Path::new("/etc/passwd"), false),
            #[cfg(unix)]
            (Path::new("link/secret"), false),
            #[cfg(unix)]
            (Path::new("link/new"), false),
        ] {
            assert_eq!(context.resolve("path", path).is_ok(), expected, "{}", path.display());
        }
        assert!(Context::within(&root, Vec::new()).resolve("path", "new.db").is_err());
        assert!(Context::at(&root).resolve("path", "/etc/passwd").is_ok());
    }
}
