//! The process's own figures, by the names that Prometheus's own libraries give them.

use std::time::{SystemTime, UNIX_EPOCH};

use cpu_time::ProcessTime;
use metrics::{describe_gauge, gauge};

pub(crate) fn describe() {
    describe_gauge!("process_cpu_seconds_total", "Time on processors");
    describe_gauge!("process_resident_memory_bytes", "Memory that is held");
    describe_gauge!("process_open_fds", "Open files and connections");
    describe_gauge!("process_max_fds", "How many of them there may be");
    describe_gauge!("process_threads", "Threads");
    describe_gauge!("process_start_time_seconds", "When the process began, since 1970");
}

/// Reads them. What this system does not tell is left out.
pub(crate) fn read() {
    let cpu = ProcessTime::try_now().map(|time| time.as_duration().as_secs_f64());
    if let Ok(seconds) = cpu {
        // A gauge, since a counter counts whole numbers here; it never falls.
        gauge!("process_cpu_seconds_total").set(seconds);
    }
    if let Ok(status) = std::fs::read_to_string("/proc/self/status") {
        if let Some(kilobytes) = number_after(&status, "VmRSS:") {
            gauge!("process_resident_memory_bytes").set(kilobytes * 1024.0);
        }
        if let Some(threads) = number_after(&status, "Threads:") {
            gauge!("process_threads").set(threads);
        }
    }
    if let Ok(open) = std::fs::read_dir("/proc/self/fd") {
        gauge!("process_open_fds").set(open.count() as f64);
    }
    if let Ok(limits) = std::fs::read_to_string("/proc/self/limits")
        && let Some(most) = number_after(&limits, "Max open files")
    {
        gauge!("process_max_fds").set(most);
    }
    if let Some(began) = began() {
        gauge!("process_start_time_seconds").set(began);
    }
}

/// When this process began: its folder is as old as it is.
fn began() -> Option<f64> {
    let made = std::fs::metadata("/proc/self").ok()?.modified().ok()?;
    let made: SystemTime = made;
    made.duration_since(UNIX_EPOCH).ok().map(|since| since.as_secs_f64())
}

/// The first number behind a word.
fn number_after(text: &str, word: &str) -> Option<f64> {
    let (_, behind) = text.split_once(word)?;
    behind.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read() {
        let status = "Name:\tx\nVmRSS:\t   1234 kB\nThreads:\t7\n";
        assert_eq!(number_after(status, "VmRSS:"), Some(1234.0));
        assert_eq!(number_after(status, "Threads:"), Some(7.0));
        assert_eq!(number_after(status, "VmSwap:"), None);
        assert_eq!(
            number_after("Max open files            unlimited", "Max open files"),
            None
        );
    }
}
