//! The desktop: a window over the front end, and behind it, in the same process, an agent of its own.
//!
//! ```text
//!   page ── ask, pull ──► request (what may be asked) ─┬─► syncapp::desk: routes, runs, schedules   ─┬─► the folder of data
//!                                                      └─► agents: those that are stored             │
//!        ── other commands ──► secrets, preferences, dialogs                                         └─► the keyring
//! ```
//!
//! Invariants:
//! - A page reaches `/api/*` of this process and of stored agents, and the commands of `commands/`; no plugin, no file, no other address.
//! - No token, no password and no authority of the system enters the page.
//! - All that is kept is in the folder of data, and all secrets are in the keyring (or sealed where there is none).

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod agents;
mod bodies;
mod commands;
mod failed;
mod file;
mod first;
mod folder;
mod preferences;
mod quit;
mod request;
mod secrets;
mod shell;
mod start;
mod updates;
mod window;

use std::io::{Write as _, stderr};
use std::process::ExitCode;

use clap::Parser;

use folder::Arguments;

fn main() -> ExitCode {
    // Several TLS libraries are linked: the first one installed is the one that is used.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match start::run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            // It may be before anybody hears of logs. Nobody can be told that standard error is closed.
            let _ = writeln!(stderr().lock(), "SyncApp cannot start: {problem}");
            ExitCode::FAILURE
        }
    }
}
