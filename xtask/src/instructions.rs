//! `cargo xtask bench --instructions`: what codecs and expressions cost in instructions, against a stored baseline.
//!
//! Each case of `tests/benches/micro` runs once under callgrind, in a process of its own, and what counts is what
//! happens inside of the function `measured`. Unlike times, counts are the same whatever else the machine does.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::repository::Repository;

pub(crate) const FLAG: &str = "--instructions";
const SAVE: &str = "--save";
const BASELINE: &str = "bench/instructions.json";

/// A case that takes so many percent more than its baseline fails.
const BOUND: f64 = 5.0;

/// As `tests/benches/micro/orders.rs` says.
const ROWS: f64 = 4096.0;

const ABOUT: &str = "Instructions a row, written by `cargo xtask bench --instructions --save`. They hold for this \
    toolchain, this valgrind and this kind of processor: elsewhere, save a baseline of the unchanged tree first.";

/// By the case's name.
type Counts = BTreeMap<String, f64>;

/// What was counted, and with what.
#[derive(Debug, PartialEq)]
struct Baseline {
    toolchain: String,
    counts: Counts,
}

pub(crate) fn run(repository: &Repository, options: &[String], out: &mut dyn Write) -> io::Result<bool> {
    let words: Vec<&str> = options
        .iter()
        .map(String::as_str)
        .filter(|word| *word != FLAG)
        .collect();
    let (flags, wanted): (Vec<&str>, Vec<&str>) = words.into_iter().partition(|word| word.starts_with('-'));
    let save = flags == [SAVE];
    if !(flags.is_empty() || save && wanted.is_empty()) {
        writeln!(
            out,
            "usage: cargo xtask bench {FLAG} [{SAVE} | CASE...]\n\n\
             Counts the instructions a row of each case, or of those whose names hold one of the words, and compares\n\
             them with {BASELINE}. Fails when one takes {BOUND} % more, or is not there.\n\n  \
             {SAVE}  writes what is counted as the new baseline"
        )?;
        return Ok(false);
    }
    let root = &repository.root;
    if !Command::new("scripts/setup")
        .arg("instructions")
        .current_dir(root)
        .status()?
        .success()
    {
        return Ok(false);
    }
    let program = build(repository)?;
    let folder = repository.target().join("instructions");
    std::fs::create_dir_all(&folder)?;
    let asked = |name: &String| wanted.is_empty() || wanted.iter().any(|word| name.contains(word));
    let mut now = Baseline {
        toolchain: toolchain(repository)?,
        counts: Counts::new(),
    };
    for name in cases(&program)?.into_iter().filter(|name| asked(name)) {
        let count = count(&program, &name, &folder)?;
        now.counts.insert(name, count);
    }
    let path = root.join(BASELINE);
    if save {
        std::fs::write(&path, now.to_json()?)?;
        writeln!(out, "{} cases are in {BASELINE}", now.counts.len())?;
        return Ok(true);
    }
    let mut before = Baseline::from_json(&std::fs::read_to_string(&path)?)?;
    before.counts.retain(|name, _| asked(name));
    let fine = compare(&before, &now, out)?;
    writeln!(
        out,
        "\nfunction by function: callgrind_annotate {}/GROUP-CASE.out",
        folder.display()
    )?;
    Ok(fine)
}

/// Builds the micro-benchmarks as `cargo bench` does.
fn build(repository: &Repository) -> io::Result<PathBuf> {
    let arguments = "bench --workspace --bench micro --no-run --locked --message-format json-render-diagnostics";
    let built = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(arguments.split_whitespace())
        .current_dir(&repository.root)
        .stderr(Stdio::inherit())
        .output()?;
    let messages = String::from_utf8_lossy(&built.stdout);
    let program = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        let is_it = message["target"]["name"] == "micro" && message["executable"].is_string();
        is_it.then(|| PathBuf::from(message["executable"].as_str().unwrap_or_default()))
    });
    program
        .filter(|_| built.status.success())
        .ok_or_else(|| io::Error::other("the micro-benchmarks could not be built"))
}

/// The names of all cases.
fn cases(program: &Path) -> io::Result<Vec<String>> {
    let listed = output(Command::new(program).args(["--list", "--format", "terse"]))?;
    let names = listed.lines().filter_map(|line| line.strip_suffix(": benchmark"));
    Ok(names.map(ToOwned::to_owned).collect())
}

/// Instructions a row of one case, to a hundredth: the cheapest take less than one.
fn count(program: &Path, name: &str, folder: &Path) -> io::Result<f64> {
    let found = folder.join(format!("{}.out", name.replace('/', "-")));
    let mut into = OsString::from("--callgrind-out-file=");
    into.push(&found);
    output(
        Command::new("valgrind")
            .args([
                "--tool=callgrind",
                "--collect-atstart=no",
                "--toggle-collect=micro::measured*",
            ])
            .arg(into)
            .arg(program)
            .args(["--test", "--exact", name])
            // Else criterion asks cargo where to write.
            .env("CRITERION_HOME", folder),
    )?;
    let summary = std::fs::read_to_string(&found)?;
    let all = summary.lines().find_map(|line| line.strip_prefix("summary: "));
    match all.and_then(|all| all.trim().parse::<f64>().ok()) {
        Some(all) if all > 0.0 => Ok((all / ROWS * 100.0).round() / 100.0),
        _ => Err(io::Error::other(format!("nothing was counted of {name}"))),
    }
}

/// What counts depend on beside the code.
fn toolchain(repository: &Repository) -> io::Result<String> {
    let rustc = output(Command::new("rustc").arg("-vV").current_dir(&repository.root))?;
    let host = rustc
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap_or_default();
    let release = rustc.lines().next().unwrap_or_default();
    let valgrind = output(Command::new("valgrind").arg("--version"))?;
    Ok(format!("{release}, {host}, {}", valgrind.trim()))
}

fn output(command: &mut Command) -> io::Result<String> {
    let output = command.output()?;
    if output.status.success() {
        return String::from_utf8(output.stdout).map_err(io::Error::other);
    }
    let reason = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!(
        "{}: {reason}",
        command.get_program().display()
    )))
}

impl Baseline {
    fn to_json(&self) -> io::Result<String> {
        let file = json!({ "about": ABOUT, "toolchain": self.toolchain, "instructions": self.counts });
        Ok(serde_json::to_string_pretty(&file)? + "\n")
    }

    fn from_json(text: &str) -> io::Result<Self> {
        let file: Value = serde_json::from_str(text)?;
        Ok(Self {
            toolchain: file["toolchain"].as_str().unwrap_or_default().to_owned(),
            counts: serde_json::from_value(file["instructions"].clone())?,
        })
    }
}

/// Prints each case beside its baseline; whether all are there, and none takes much more.
fn compare(before: &Baseline, now: &Baseline, out: &mut dyn Write) -> io::Result<bool> {
    if before.toolchain != now.toolchain {
        writeln!(
            out,
            "The baseline is of another toolchain: changes below may not be the code's.\n  baseline  {}\n  now       {}\n",
            before.toolchain, now.toolchain
        )?;
    }
    writeln!(
        out,
        "{:<36} {:>10} {:>10} {:>9}",
        "instructions a row", "baseline", "now", "change"
    )?;
    let mut wrong = 0;
    let mut names: Vec<&String> = before.counts.keys().chain(now.counts.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        let shown = |count: Option<&f64>| count.map_or_else(|| "–".to_owned(), |count| format!("{count:.2}"));
        let (old, new) = (before.counts.get(name), now.counts.get(name));
        let (change, fault) = match (old, new) {
            (Some(old), Some(new)) => {
                let change = (new - old) / old * 100.0;
                let fault = if change > BOUND { "  too many" } else { "" };
                (format!("{change:+.1} %"), fault)
            }
            (None, _) => (String::new(), "  not in the baseline"),
            (_, None) => (String::new(), "  gone"),
        };
        wrong += usize::from(!fault.is_empty());
        writeln!(
            out,
            "{name:<36} {:>10} {:>10} {change:>9}{fault}",
            shown(old),
            shown(new)
        )?;
    }
    if wrong > 0 {
        writeln!(
            out,
            "\nnot as the baseline says: {wrong} (bound: {BOUND} %). Where that is meant: `cargo xtask bench {FLAG} {SAVE}`"
        )?;
    }
    Ok(wrong == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(counts: &[(&str, f64)]) -> Baseline {
        Baseline {
            toolchain: "rustc 1".to_owned(),
            counts: counts
                .iter()
                .map(|(name, count)| ((*name).to_owned(), *count))
                .collect(),
        }
    }

    #[test]
    fn what_fails_and_what_does_not() {
        let old = [("a", 100.0), ("b", 10.0)];
        for (now, fine, said) in [
            (&[("a", 100.0), ("b", 10.0)][..], true, "+0.0 %"),
            (&[("a", 105.0), ("b", 10.0)], true, "+5.0 %"),
            (&[("a", 105.1), ("b", 10.0)], false, "too many"),
            (&[("a", 50.0), ("b", 10.0)], true, "-50.0 %"),
            (&[("a", 100.0)], false, "gone"),
            (&[("a", 100.0), ("b", 10.0), ("c", 1.0)], false, "not in the baseline"),
        ] {
            let mut out = Vec::new();
            assert_eq!(
                compare(&baseline(&old), &baseline(now), &mut out).unwrap(),
                fine,
                "{now:?}"
            );
            let out = String::from_utf8(out).unwrap();
            assert!(out.contains(said) && !out.contains("another toolchain"), "{out}");
        }
    }

    #[test]
    fn another_toolchain_is_said() {
        let (old, mut now) = (baseline(&[("a", 1.0)]), baseline(&[("a", 1.0)]));
        now.toolchain = "rustc 2".to_owned();
        let mut out = Vec::new();
        assert!(compare(&old, &now, &mut out).unwrap());
        assert!(String::from_utf8(out).unwrap().contains("another toolchain"));
    }

    #[test]
    fn a_baseline_is_read_as_it_was_written() {
        let written = baseline(&[("group/case", 12.3)]);
        assert_eq!(Baseline::from_json(&written.to_json().unwrap()).unwrap(), written);
    }
}
