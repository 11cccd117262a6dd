//! The key that seals the audit log: in a file of the operator's, in one of the agent's folder, or made of the token.
//!
//! It is never in the store, so that whoever can write the store cannot seal what they leave of the log.

use std::path::Path;

use syncapp_control::access::AuditKey;
use syncapp_model::{Code, Error, Result, Secret};

use super::settings::Settings;
use super::token;

/// The file in an agent's folder that holds the key it made.
const FILE: &str = "audit.key";
/// The fewest characters of a key.
const SHORTEST: usize = 32;

/// The key of an agent with these settings.
pub(crate) fn of(settings: &Settings) -> Result<AuditKey> {
    if let Some(path) = &settings.access.audit_key_file {
        return read(path);
    }
    // All agents of one database have one token, and no folder in common.
    if settings.database.is_some() {
        return Ok(AuditKey::of(token::of(settings)?.reveal()));
    }
    let kept = token::made(&settings.home, FILE, "the audit log's key", "give an `audit_key_file`")?;
    Ok(AuditKey::of(kept.reveal()))
}

fn read(path: &Path) -> Result<AuditKey> {
    let refused = |why: &str| {
        Error::new(Code::UnreadableFile, format!("the audit log's key {why}"))
            .file(path.display())
            .help("write the output of `openssl rand -hex 32` into it, and let only the agent's user read it")
    };
    let text = std::fs::read_to_string(path).map_err(|problem| refused("cannot be read").driver(problem))?;
    let key = Secret::new(text.trim());
    if key.reveal().len() < SHORTEST {
        return Err(refused("could be guessed"));
    }
    Ok(AuditKey::of(key.reveal()))
}
