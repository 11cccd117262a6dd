//! The agent, and what is sent to one.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::agent::settings::Role;

#[derive(Debug, Args)]
pub(crate) struct Push {
    /// The sync file
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The agent's address
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7700")]
    pub(crate) agent: String,
    /// Sends the values that the file's secrets have on this machine: the agent's vault keeps them
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) with_secrets: bool,
    /// Says what would change, and changes nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Prints it as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Agent {
    /// Its configuration
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// What it does: all of it where nothing is said
    #[arg(long, value_delimiter = ',')]
    pub(crate) roles: Vec<Role>,
    /// The pools whose streams it carries
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) pools: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(subcommand)]
    pub(crate) action: AuditAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuditAction {
    /// Looks whether an agent's audit log is what was written
    Verify {
        /// The agent's configuration
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// A head that the agent has logged, as NUMBER:HASH: the log must still hold it
        #[arg(long, value_name = "HEAD", value_parser = head)]
        head: Option<Head>,
    },
}

/// An entry's number, and its hash.
pub(crate) type Head = (u64, [u8; 32]);

/// Reads `NUMBER:HASH`.
fn head(text: &str) -> Result<Head, String> {
    let wrong = || "write it as the agent has logged it, NUMBER:HASH".to_owned();
    let (number, hash) = text.split_once(':').ok_or_else(wrong)?;
    let digits = (0..hash.len()).step_by(2).map(|at| hash.get(at..at + 2));
    let bytes: Option<Vec<u8>> = digits.map(|pair| u8::from_str_radix(pair?, 16).ok()).collect();
    let hash = bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(wrong)?;
    Ok((number.parse().map_err(|_| wrong())?, hash))
}
