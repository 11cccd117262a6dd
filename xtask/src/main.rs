//! The one door to developers' chores: `cargo xtask COMMAND`.

mod bench;
mod faults;
mod instructions;
mod openapi;
mod repository;
mod teeth;
mod tidy;
mod tree;

use std::io::{self, Write};
use std::process::ExitCode;

use repository::Repository;

/// A chore: its name, what it does, and how; `true` when all is well.
type Chore = (
    &'static str,
    &'static str,
    fn(&Repository, &mut dyn Write) -> io::Result<bool>,
);

/// All chores. A new one is a module and a line here.
const CHORES: &[Chore] = &[
    (
        "tidy",
        "checks arrows between crates, names, sizes and texts",
        tidy::run,
    ),
    (
        "bench",
        "measures against the bare pipe between two servers, into docs/benchmarks.md; `--instructions` counts those of codecs",
        bench::run,
    ),
    (
        "openapi",
        "writes the description of the agent's interface anew; `--check` says whether it is stale",
        openapi::run,
    ),
    (
        "faults",
        "kills syncs at random moments, writes beside them, and compares source and target",
        faults::run,
    ),
];

fn main() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    let wanted = std::env::args().nth(1);
    let Some((_, _, chore)) = CHORES.iter().find(|(name, ..)| Some(*name) == wanted.as_deref()) else {
        writeln!(out, "usage: cargo xtask COMMAND\n")?;
        for (name, about, _) in CHORES {
            writeln!(out, "  {name:<8} {about}")?;
        }
        return Ok(ExitCode::from(2));
    };
    let fine = chore(&Repository::open()?, &mut out)?;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
