//! Commands that are named and not built yet: they say so.

use syncapp_model::{Code, Error};

use crate::args::Later;
use crate::failure::{Exit, Failure};

pub(crate) fn later(command: &Later) -> Result<Exit, Failure> {
    Err(refuse(name(command)))
}

/// The error about a command.
pub(super) fn refuse(command: &str) -> Failure {
    Error::new(
        Code::NotAvailable,
        format!("`syncapp {command}` is planned, and not built yet"),
    )
    .help("see docs/limits.md for what is there")
    .into()
}

fn name(command: &Later) -> &'static str {
    match command {
        Later::Push(_) => "push",
        Later::Secrets(_) => "secrets",
        Later::Login(_) => "login",
        Later::Doctor(_) => "doctor",
        Later::Agent(_) => "agent",
    }
}
