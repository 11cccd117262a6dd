//! How fast SyncApp is where no test can say so: `cargo xtask bench`.

pub mod desk;
pub mod face;
pub mod heart;

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

/// What has come of it.
pub struct Measured {
    /// A page's section.
    pub page: String,
    /// What did not hold, each in words.
    pub broken: Vec<String>,
}

impl Measured {
    /// A section that begins so, with a table.
    fn under(head: &str) -> Self {
        Self {
            page: format!("## {head}\n\n| what | figure |\n|---|---|\n"),
            broken: Vec::new(),
        }
    }

    fn row(&mut self, what: &str, figure: &str) {
        // Writing to a String cannot fail.
        let _ = writeln!(self.page, "| {what} | {figure} |");
    }

    /// The same of something that has a bound.
    fn bounded(&mut self, what: &str, figure: &str, holds: bool) {
        self.row(what, figure);
        if !holds {
            self.broken.push(format!("{what}: {figure}"));
        }
    }
}

/// The time that a process has spent on processors.
fn cpu(process: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("the process lives");
    let numbers: Vec<i64> = stat
        .rsplit(") ")
        .next()
        .unwrap_or_default()
        .split(' ')
        .filter_map(|word| word.parse().ok())
        .collect();
    // After the state, which is no number: utime and stime are the eleventh and twelfth, in hundredths of a second.
    Duration::from_millis((numbers[10] + numbers[11]).unsigned_abs() * 10)
}

/// What the host of this machine has taken of its processors since it started, and all that they had to give; in their own unit.
fn stolen() -> (u64, u64) {
    let stat = fs::read_to_string("/proc/stat").expect("/proc can be read");
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in the first two.
    let numbers = stat.split_whitespace().skip(1).map_while(|word| word.parse().ok());
    let numbers: Vec<u64> = numbers.take(8).collect();
    (numbers.get(7).copied().unwrap_or_default(), numbers.iter().sum())
}

/// What it has taken since then, in words.
fn taken_since((stolen_then, all_then): (u64, u64)) -> String {
    let (stolen, all) = stolen();
    let taken = stolen.saturating_sub(stolen_then) as f64 / all.saturating_sub(all_then).max(1) as f64;
    format!("the machine's host took {:.0} % of its cores", taken * 100.0)
}

/// The memory that a process holds, in megabytes.
fn memory(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).expect("the process lives");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap_or_default();
    line.split_whitespace()
        .next()
        .and_then(|kib| kib.parse::<u64>().ok())
        .unwrap_or_default()
        / 1024
}
