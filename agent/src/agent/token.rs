//! The token that a caller shows: the operator's, or one that the agent makes for its own machine.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use syncapp_model::{Code, Error, Result, Secret};
use tempfile::NamedTempFile;

use super::chance;
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
    made(&settings.home, FILE, "the agent's token", "set SYNCAPP_TOKEN")
}

/// A token that nobody is told.
pub(super) fn drawn() -> Secret {
    Secret::new(hex::encode(chance::drawn::<32>()))
}

/// What a file of the agent's folder holds: 256 bits by chance, made when they are asked for first.
pub(super) fn made(home: &Path, file: &str, what: &str, instead: &str) -> Result<Secret> {
    let path = home.join(file);
    let failed = |problem: std::io::Error| {
        Error::new(Code::UnreadableFile, format!("{what} cannot be kept"))
            .file(path.display())
            .help(format!("make the folder writable, or {instead}"))
            .driver(problem)
    };
    let make = || -> std::io::Result<()> {
        // Whole or not at all, and never another one's: what is there stays.
        let mut file = NamedTempFile::new_in(home)?;
        file.write_all(drawn().reveal().as_bytes())?;
        file.as_file().sync_all()?;
        match file.persist_noclobber(&path) {
            Err(problem) if problem.error.kind() != ErrorKind::AlreadyExists => Err(problem.error),
            _ => Ok(()),
        }
    };
    if !path.exists() {
        make().map_err(failed)?;
    }
    read(&path).ok_or_else(|| failed(ErrorKind::InvalidData.into()))
}

/// The token that an agent of this folder has made.
pub(crate) fn kept(home: &Path) -> Option<Secret> {
    read(&home.join(FILE))
}

fn read(path: &Path) -> Option<Secret> {
    let text = fs::read_to_string(path).ok()?;
    let text = text.trim();
    (!text.is_empty()).then(|| Secret::new(text))
}
