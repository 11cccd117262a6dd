//! Commands that are named and not built yet: they say so.

use syncapp_model::{Code, Error};

use crate::args::Later;
use crate::failure::{Exit, Failure};

pub(crate) fn later(command: &Later) -> Result<Exit, Failure> {
    let why = format!("`syncapp {}` is planned, and not built yet", name(command));
    let refused = Error::new(Code::NotAvailable, why);
    Err(refused.help("see docs/limits.md for what is there").into())
}

fn name(command: &Later) -> &'static str {
    match command {
        Later::Login(_) => "login",
        Later::Doctor(_) => "doctor",
    }
}
