//! Secrets, and where they are kept.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Args)]
pub(crate) struct Secrets {
    #[command(subcommand)]
    pub(crate) action: SecretsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SecretsAction {
    /// Sets a secret to what standard input or a file holds
    Set {
        /// Its name: `secret://NAME` in a sync file
        name: String,
        #[command(flatten)]
        at: SecretsAt,
        /// A file that holds the value; standard input where it is not given
        #[arg(long, value_name = "FILE")]
        from_file: Option<PathBuf>,
    },
    /// Lists the names of secrets, never their values
    List {
        #[command(flatten)]
        at: SecretsAt,
        /// Prints them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Forgets a secret
    Delete {
        /// Its name
        name: String,
        #[command(flatten)]
        at: SecretsAt,
    },
    /// Seals all secrets anew under the first of the master keys, while others read them
    Rotate {
        /// The configuration of the agent whose vault it is; this machine's own where it is not given
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Prints what was done as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Whose secrets.
#[derive(Debug, Args)]
pub(crate) struct SecretsAt {
    /// The project that they belong to; on this machine they may be for the files of all projects
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// The address of the agent whose vault it is; this machine's own where it is not given
    #[arg(long, value_name = "URL", requires = "project", conflicts_with = "config")]
    pub(crate) agent: Option<String>,
    /// The configuration of the agent whose vault it is, for whoever may read its store and its master key
    #[arg(long, value_name = "FILE", requires = "project")]
    pub(crate) config: Option<PathBuf>,
}
