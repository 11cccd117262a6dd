//! `cargo xtask bench`: SyncApp against the bare pipe, in one run, into `docs/benchmarks.md`.
//!
//! Everything after `bench` goes to `bench/run_all.sh own`: `-n 5` for five rounds, `-w W1,W3` for some workloads,
//! `-p limit,syncapp,duckdb` for peers that are installed.

use std::io::{self, Write};
use std::process::{Command, Stdio};

use crate::repository::Repository;

const HEAD: &str = "\
# Benchmarks

Written by `cargo xtask bench`. `limit` is a bare shell pipe between the two servers, with one connection a side;
`bench/README.md` says what each workload and column means. `of limit` is throughput over the limit's, pair by pair in
the same round: above 1 is faster than the pipe. `peak MB` is the program's own.

";

pub(crate) fn run(repository: &Repository, out: &mut dyn Write) -> io::Result<bool> {
    let root = &repository.root;
    let built = Command::new("cargo")
        .args(["build", "--profile", "bench", "--workspace", "--bins", "--locked"])
        .current_dir(root)
        .status()?;
    if !built.success() {
        return Ok(false);
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), Into::into);
    let mut path = std::ffi::OsString::from(target.join("release"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let options: Vec<String> = std::env::args().skip(2).collect();
    let ran = Command::new("bench/run_all.sh")
        .arg("own")
        .args(&options)
        .env("PATH", path)
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    out.write_all(&ran.stdout)?;
    let printed = String::from_utf8_lossy(&ran.stdout);
    let Some(tables) = printed
        .find("\n### ")
        .map(|at| &printed[at + 1..])
        .filter(|_| ran.status.success())
    else {
        return Ok(false);
    };
    let command = ["cargo xtask bench"]
        .into_iter()
        .chain(options.iter().map(String::as_str))
        .collect::<Vec<_>>();
    let text = format!("{HEAD}Command: `{}`, on {}.\n\n{tables}", command.join(" "), machine());
    std::fs::write(root.join("docs/benchmarks.md"), text)?;
    Ok(true)
}

/// The processor and its cores, as the kernel says.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    format!(
        "{} ({cores} cores)",
        model.map_or("an unknown processor", |(_, name)| name)
    )
}
