//! The repository on disk: its files as git knows them, and its packages as cargo knows them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Where all paths start.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) root: PathBuf,
}

impl Repository {
    /// The one that this program was built from.
    pub(crate) fn open() -> io::Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize()?;
        Ok(Self { root })
    }

    /// Cargo's target folder.
    pub(crate) fn target(&self) -> PathBuf {
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.root.join("target"), Into::into)
    }

    /// All files that git tracks or would track, relative to the root, in their order.
    pub(crate) fn files(&self) -> io::Result<Vec<String>> {
        let list = self.output("git", &["ls-files", "-z", "--cached", "--others", "--exclude-standard"])?;
        let mut files: Vec<_> = list
            .split('\0')
            .filter(|path| !path.is_empty() && self.root.join(path).is_file())
            .map(ToOwned::to_owned)
            .collect();
        files.sort_unstable();
        files.dedup();
        Ok(files)
    }

    /// The file's text; `None` where it is no text.
    pub(crate) fn text(&self, path: &str) -> io::Result<Option<String>> {
        Ok(String::from_utf8(std::fs::read(self.root.join(path))?).ok())
    }

    /// `cargo metadata` of our own packages, with their direct dependencies.
    pub(crate) fn packages(&self) -> io::Result<Value> {
        let arguments = ["metadata", "--no-deps", "--format-version", "1"];
        let text = self.output(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), &arguments)?;
        Ok(serde_json::from_str(&text)?)
    }

    fn output(&self, program: &str, arguments: &[&str]) -> io::Result<String> {
        let output = Command::new(program).args(arguments).current_dir(&self.root).output()?;
        if !output.status.success() {
            let reason = String::from_utf8_lossy(&output.stderr);
            return Err(io::Error::other(format!("{program} {}: {reason}", arguments.join(" "))));
        }
        String::from_utf8(output.stdout).map_err(io::Error::other)
    }
}
