//! `cargo xtask faults`: the long kill campaign, with the programs as they are now.
//!
//! Everything after `faults` goes to the campaign: `--kills 200`, `--seed 7`, `--rows 50000`, `--workload merge` (may be
//! given again; all of them where it is not).

use std::io::{self, Write};
use std::process::Command;

use crate::repository::Repository;

pub(crate) fn run(repository: &Repository, out: &mut dyn Write) -> io::Result<bool> {
    let root = &repository.root;
    let built = Command::new("cargo")
        .args(["build", "--workspace", "--bins", "--locked"])
        .current_dir(root)
        .status()?;
    if !built.success() {
        return Ok(false);
    }
    out.flush()?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let ran = Command::new(target.join("debug/faults"))
        .args(std::env::args().skip(2))
        .status()?;
    Ok(ran.success())
}
