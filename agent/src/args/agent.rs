//! The agent, and what is sent to one.

use std::path::PathBuf;

use clap::Args;

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
