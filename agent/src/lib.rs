//! SyncApp's hosts: the command line and its agent ([`command_line`]), and what a desktop sits in front of ([`desk`]). They compose the
//! crates below them and own nothing of their own.

mod agent;
mod args;
mod commands;
pub mod desk;
mod failure;
mod history;
mod log;
mod output;
mod profile;
mod progress;
mod project;
mod remote;
mod scope;
mod secrets;
mod variables;

use std::io;
use std::num::NonZero;
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Failure};

pub use log::log_filter;

/// The program `syncapp`: does what its arguments say.
pub fn command_line() -> ExitCode {
    let cli = Cli::parse();
    // Several TLS libraries are linked: the first one installed is the one that is used.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(problem) => {
            output::note(&format!("the program cannot start its threads: {problem}"));
            return Exit::Failed.into();
        }
    };
    let exit = runtime
        .block_on(dispatch(cli.command))
        .unwrap_or_else(|failure| failure.report());
    // What is still blocked in a driver must not hold the program up.
    runtime.shutdown_timeout(std::time::Duration::from_millis(500));
    exit.into()
}

/// What runs the engine. One core is left to the threads that block (SQLite, Parquet), and on a small machine to its database: two
/// threads that wake each other for each few kilobytes cost more there than they bring.
pub fn runtime() -> io::Result<Runtime> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.saturating_sub(1).max(1))
        .enable_all()
        .build()
}

async fn dispatch(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(args) => commands::run::run(args).await,
        Command::Copy(args) => commands::copy::copy(args).await,
        Command::Check(args) => commands::check::check(args).await,
        Command::Discover(args) => commands::discover::discover(args).await,
        Command::Plan(args) => commands::plan::plan(args).await,
        Command::Verify(args) => commands::verify::verify(args).await,
        Command::Preview(args) => commands::preview::preview(args).await,
        Command::Push(args) => commands::push::push(args).await,
        Command::Agent(args) => commands::agent::agent(args).await,
        Command::Audit(args) => commands::audit::audit(args).await,
        Command::Schema => commands::schema::schema(),
        Command::State(args) => commands::state::state(args).await,
        Command::Rejects(args) => commands::rejects::rejects(args).await,
        Command::Undo(args) => commands::undo::undo(args).await,
        Command::Runs(args) => commands::runs::runs(args).await,
        Command::Secrets(args) => commands::secrets::secrets(args).await,
        Command::Completions { shell } => Ok(commands::completions::completions(shell)),
        Command::Later(later) => commands::later::later(&later),
    }
}
