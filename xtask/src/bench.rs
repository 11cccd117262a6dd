//! `cargo xtask bench`: SyncApp against the bare pipe, in one run, into `docs/benchmarks.md`.
//!
//! Everything after `bench` goes to `bench/run_all.sh own`: `-n 5` for five rounds, `-w W1,W3` for some workloads,
//! `-p limit,syncapp,duckdb` for peers that are installed. `--scale` measures the curves of `bench/scale.py` anew, and `--agent`
//! only what an agent costs, `--api` only what its interface bears, `--desktop` only what a window costs: the page's other parts stay.
//! With `--instructions` nothing of this happens: see
//! [`instructions`].

use std::io::{self, Write};
use std::process::{Command, Stdio};

use crate::instructions;
use crate::repository::Repository;

const SCALE: &str = "--scale";
const AGENT: &str = "--agent";
const API: &str = "--api";
const DESKTOP: &str = "--desktop";
const PAGE: &str = "docs/benchmarks.md";
/// The parts of the page behind the tables of workloads.
const CURVES: &str = "## How it scales\n";
const FIGURES: &str = "## The agent\n";
const FACE: &str = "## The interface\n";
const WINDOW: &str = "## The desktop\n";

const HEAD: &str = "\
# Benchmarks

Written by `cargo xtask bench`. `limit` is a bare shell pipe between the two servers, with one connection a side;
`bench/README.md` says what each workload and column means. `of limit` is throughput over the limit's, pair by pair in
the same round: above 1 is faster than the pipe. `peak MB` is the program's own.

";

pub(crate) fn run(repository: &Repository, out: &mut dyn Write) -> io::Result<bool> {
    let options: Vec<String> = std::env::args().skip(2).collect();
    if options.iter().any(|word| word == instructions::FLAG) {
        return instructions::run(repository, &options, out);
    }
    let root = &repository.root;
    let built = Command::new("cargo")
        .args(["build", "--profile", "bench", "--workspace", "--bins", "--locked"])
        .current_dir(root)
        .status()?;
    if !built.success() {
        return Ok(false);
    }
    let target = repository.target();
    let mut path = std::ffi::OsString::from(target.join("release"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut tables = |program: &str, words: &[&str]| -> io::Result<Option<String>> {
        let ran = Command::new(program)
            .args(words)
            .env("PATH", &path)
            .current_dir(root)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        out.write_all(&ran.stdout)?;
        let printed = String::from_utf8_lossy(&ran.stdout);
        let begin = printed.find("\n### ").filter(|_| ran.status.success());
        Ok(begin.map(|at| printed[at..].to_owned()))
    };
    let page = std::fs::read_to_string(root.join(PAGE)).unwrap_or_default();
    let mut parts = [(AGENT, FIGURES), (API, FACE), (DESKTOP, WINDOW)].into_iter();
    let part = parts.rfind(|(flag, _)| options.iter().any(|word| word == flag));
    if let Some((flag, head)) = part {
        let mut pace = Command::new(target.join("release/pace"));
        pace.arg(flag.trim_start_matches('-'));
        let ran = pace.stderr(Stdio::inherit()).output()?;
        out.write_all(&ran.stdout)?;
        if ran.status.success() {
            let figures = String::from_utf8_lossy(&ran.stdout);
            std::fs::write(root.join(PAGE), with_part(&page, head, &figures))?;
        }
        return Ok(ran.status.success());
    }
    let mut words = vec!["own"];
    words.extend(options.iter().map(String::as_str).filter(|word| *word != SCALE));
    let Some(mut found) = tables("bench/run_all.sh", &words)? else {
        return Ok(false);
    };
    if options.iter().any(|word| word == SCALE) {
        let Some(curves) = tables("bench/scale.py", &[])? else {
            return Ok(false);
        };
        found.extend(["\n", CURVES, &curves]);
        let kept = [FIGURES, FACE, WINDOW].iter().filter_map(|part| page.find(part)).min();
        found += kept.map_or("", |at| &page[at - 1..]);
    } else {
        let kept = [CURVES, FIGURES, FACE, WINDOW]
            .iter()
            .filter_map(|part| page.find(part))
            .min();
        found += kept.map_or("", |at| &page[at - 1..]);
    }
    let command = ["cargo xtask bench"]
        .into_iter()
        .chain(options.iter().map(String::as_str))
        .collect::<Vec<_>>();
    let text = format!("{HEAD}Command: `{}`, on {}.\n{found}", command.join(" "), machine());
    std::fs::write(root.join(PAGE), text)?;
    Ok(true)
}

/// The page with this in the place of its part of that head, or behind all others.
fn with_part(page: &str, head: &str, part: &str) -> String {
    let begin = page.find(head).unwrap_or(page.len());
    let rest = &page[begin..];
    let end = rest
        .get(1..)
        .and_then(|rest| rest.find("\n## "))
        .map_or(page.len(), |at| begin + at + 2);
    let (before, behind) = (page[..begin].trim_end(), page[end..].trim());
    let parts = [before, part.trim_end(), behind];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n\n") + "\n"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_takes_the_place_of_its_own_alone() {
        let page = "# B\n\n## A\n\none\n\n## The agent\n\nold\n\n## The interface\n\nlast\n";
        let agent = with_part(page, FIGURES, "## The agent\n\nnew\n");
        assert_eq!(agent, page.replace("old", "new"));
        let face = with_part(&agent, FACE, "## The interface\n\nx\n");
        assert_eq!(face, agent.replace("last", "x"));
        assert_eq!(
            with_part("# B\n", FACE, "## The interface\n\nx\n"),
            "# B\n\n## The interface\n\nx\n"
        );
    }
}
