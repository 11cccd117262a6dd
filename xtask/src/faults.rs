//! `cargo xtask faults`: the long kill campaign, with the programs as they are now.
//!
//! `--release` builds and takes optimised programs (the profile `bench`). `--teeth` tries what the campaigns notice, see
//! [`crate::teeth`]; words behind it choose protections. `--simulation` runs the control plane's histories, 100,000 of them or
//! as many as the word behind it says. Everything else after `faults` goes to the campaign: `--kills
//! 200`, `--seed 7`, `--rows 50000`, `--workload merge` (may be given again; all of them where it is not); or
//! `--writers`, `--minutes 10`, `--from mariadb`.

use std::io::{self, Write};
use std::process::Command;

use crate::repository::Repository;
use crate::teeth;

pub(crate) fn run(repository: &Repository, out: &mut dyn Write) -> io::Result<bool> {
    let mut words: Vec<String> = std::env::args().skip(2).collect();
    if words.first().is_some_and(|word| word == "--teeth") {
        return teeth::run(repository, &repository.target(), &words[1..], out);
    }
    if words.first().is_some_and(|word| word == "--simulation") {
        return simulation(repository, words.get(1).map_or("100000", String::as_str));
    }
    let given = words.len();
    words.retain(|word| word != "--release");
    let (profile, folder) = if words.len() < given {
        ("bench", "release")
    } else {
        ("dev", "debug")
    };
    let built = Command::new("cargo")
        .args(["build", "--workspace", "--bins", "--locked", "--profile", profile])
        .current_dir(&repository.root)
        .status()?;
    if !built.success() {
        return Ok(false);
    }
    out.flush()?;
    let ran = Command::new(repository.target().join(folder).join("faults"))
        .args(words)
        .status()?;
    Ok(ran.success())
}

/// A failing seed prints its schedule of events, and how to have it again.
fn simulation(repository: &Repository, seeds: &str) -> io::Result<bool> {
    let ran = Command::new("cargo")
        .args([
            "test",
            "--locked",
            "--package",
            "syncapp-control",
            "--test",
            "simulation",
        ])
        .args(["seeds", "--", "--nocapture"])
        .env("SIMULATION_SEEDS", seeds)
        .current_dir(&repository.root)
        .status()?;
    Ok(ran.success())
}
