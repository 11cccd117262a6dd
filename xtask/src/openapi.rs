//! `cargo xtask openapi`: the description of the agent's interface, as its routes make it, into `crates/api/openapi.json`. With
//! `--check` it is only compared.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use crate::repository::Repository;

const FILE: &str = "crates/api/openapi.json";

pub(crate) fn run(repository: &Repository, out: &mut dyn Write) -> io::Result<bool> {
    // Of the whole workspace, so that it is what tests have built.
    let built = Command::new("cargo")
        .args(["build", "--quiet", "--locked", "--workspace", "--example", "openapi"])
        .current_dir(&repository.root)
        .status()?;
    if !built.success() {
        return Ok(false);
    }
    let printed = Command::new(repository.target().join("debug/examples/openapi"))
        .stderr(Stdio::inherit())
        .output()?;
    if !printed.status.success() {
        return Ok(false);
    }
    let path = repository.root.join(FILE);
    if std::fs::read(&path).is_ok_and(|kept| kept == printed.stdout) {
        writeln!(out, "openapi: {FILE} is as the routes say")?;
        return Ok(true);
    }
    if std::env::args().any(|word| word == "--check") {
        writeln!(out, "openapi: {FILE} is stale: refresh it by `cargo xtask openapi`")?;
        return Ok(false);
    }
    std::fs::write(&path, printed.stdout)?;
    writeln!(out, "openapi: {FILE} is written")?;
    Ok(true)
}
