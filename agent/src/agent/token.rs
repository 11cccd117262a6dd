//! The token that a caller shows: the operator's, or one that the agent makes for its own machine.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use syncapp_model::{Code, Error, Result, Secret};
use tempfile::NamedTempFile;

use super::settings::Settings;

/// The file in an agent's folder that holds the token it made.
const FILE: &str = "agent.token";

/// The token of an agent with these settings. Where others can reach it, it has to be the operator's.
pub(super) fn of(settings: &Settings) -> Result<Secret> {
    if let Some(token) = &settings.token {
        return Ok(token.clone());
    }
    if settings.is_reachable() {
        return Err(
            Error::new(Code::MissingKey, "an agent that others can reach has no token").help(
                "set SYNCAPP_TOKEN to the output of `openssl rand -hex 32`, the same for all agents of one database",
            ),
        );
    }
    let path = settings.home.join(FILE);
    let failed = |problem: std::io::Error| {
        Error::new(Code::UnreadableFile, "the agent's token cannot be kept")
            .file(path.display())
            .help("make the folder writable, or set SYNCAPP_TOKEN")
            .driver(problem)
    };
    let make = || -> std::io::Result<()> {
        // Whole or not at all, and never another one's: a token that is there stays.
        let mut file = NamedTempFile::new_in(&settings.home)?;
        write!(file, "{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(&path) {
            Err(problem) if problem.error.kind() != ErrorKind::AlreadyExists => Err(problem.error),
            _ => Ok(()),
        }
    };
    make().map_err(failed)?;
    kept(&settings.home).ok_or_else(|| failed(ErrorKind::InvalidData.into()))
}

/// The token that an agent of this folder has made.
pub(crate) fn kept(home: &Path) -> Option<Secret> {
    let text = fs::read_to_string(home.join(FILE)).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}
