//! `syncapp`: the command line, and the headless agent.

use std::process::ExitCode;

fn main() -> ExitCode {
    syncapp::command_line()
}
