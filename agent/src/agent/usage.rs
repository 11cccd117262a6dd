//! What an attempt costs.
//!
//! The streams of a process share its threads and its memory, so that nobody can say whose a cycle or a byte is. The time on
//! processors is shared out evenly among the attempts that are at work; the memory is that of the whole process.

use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;

use syncapp_control::Usage;

/// One attempt's account. It is open as long as this lives.
pub(super) struct Gauge {
    opened: Duration,
}

#[derive(Default)]
struct Books {
    /// How many accounts are open.
    open: u32,
    /// What the process had taken when the last one was opened or closed.
    at: Duration,
    /// What a whole share has come to since the process began.
    share: Duration,
}

static BOOKS: LazyLock<Mutex<Books>> = LazyLock::new(Mutex::default);

impl Books {
    /// Shares out what was taken since the last time.
    fn settle(&mut self, now: Duration) {
        if self.open > 0 {
            self.share += now.saturating_sub(self.at) / self.open;
        }
        self.at = now;
    }
}

impl Gauge {
    pub(super) fn start() -> Self {
        let mut books = BOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        books.settle(cpu());
        books.open += 1;
        Self { opened: books.share }
    }

    /// What it has cost so far.
    pub(super) fn read(&self) -> Usage {
        let mut books = BOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        books.settle(cpu());
        Usage {
            cpu: books.share.saturating_sub(self.opened),
            peak_bytes: peak(),
        }
    }
}

impl Drop for Gauge {
    fn drop(&mut self) {
        let mut books = BOOKS.lock().unwrap_or_else(PoisonError::into_inner);
        books.settle(cpu());
        books.open -= 1;
    }
}

/// The process's time on processors; zero where the system does not tell.
fn cpu() -> Duration {
    cpu_time::ProcessTime::try_now().map_or(Duration::ZERO, |time| time.as_duration())
}

/// The most memory that the process has held, in bytes; zero where the system does not tell.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or_default() * 1024
}
