//! `syncapp completions`: a script for a shell.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::args::Cli;
use crate::failure::Exit;
use crate::output;

pub(crate) fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "syncapp", &mut script);
    output::line(String::from_utf8_lossy(&script).trim_end());
    Exit::Done
}
