//! What the desktop costs, and how soon it can be used: `cargo xtask bench --desktop`.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use rusqlite::Connection;
use serde_json::Value as Json;

use super::{Measured, memory};
use crate::desktop::what::{button, containing, field, heading, link, project, role, row, text};
use crate::desktop::{Desk, Keyring, Window};

/// How often it is started; the first start is not counted.
const STARTS: usize = 10;
/// How many tables the catalog has.
const TABLES: usize = 20_000;
/// What is typed to find one of them.
const TYPED: &str = "table_19";

/// How soon a window can be used, a catalog that is known is open, and a key has filtered it, at the latest, in milliseconds.
const USABLE: u128 = 1500;
const OPENED: f64 = 300.0;
const FILTERED: f64 = 50.0;
/// How much memory it may take at rest, in megabytes.
const IDLE: u64 = 200;

const HEAD: &str = "\
The desktop

`cargo xtask bench --desktop`. It fails where a bound of `tests/src/pace/desk.rs` does not hold.";

const FILE: &str = "version: 1
connections:
  many: { connector: sqlite, path: ./many.db }
  lake: { connector: sqlite, path: ./lake.db }
syncs:
  many: { source: many, destination: lake, streams: { table_0: { } } }
";

/// Notes when somebody presses something or types, and when the list of streams is drawn for the last time after that.
const WATCH: &str = "window.pace = { from: 0, to: 0 };
    for (const kind of ['click', 'input']) {
      addEventListener(kind, () => { pace.from = performance.now(); }, { capture: true });
    }
    const look = () => {
      const list = document.querySelector('aside[aria-label=Streams]');
      const now = list?.innerText ?? '';
      if (now !== pace.seen) {
        pace.seen = now;
        pace.to = performance.now();
      }
    };
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });";

/// All of it.
pub async fn measure() -> Measured {
    let mut measured = Measured::under(HEAD);
    let desk = Desk::new(Keyring::Unlocked).await;
    let (starts, idle) = starts(&desk).await;
    let (median, longest) = (starts[STARTS / 2], starts[STARTS - 1]);
    measured.bounded(
        &format!("from the start to a window with what can be done in it, {STARTS} starts"),
        &format!("median {median} ms, longest {longest} ms"),
        median < USABLE,
    );
    measured.bounded(
        "memory at rest, without the web view's own processes",
        &format!("{idle} MB"),
        idle < IDLE,
    );
    let Catalog { first, again, keys } = catalog(&desk).await;
    measured.row(
        &format!("a source of {TABLES} tables, from the button to the list, discovery by SQLite included"),
        &format!("{first:.0} ms"),
    );
    measured.bounded(
        "the same, once it is known what the source holds",
        &format!("{again:.0} ms"),
        again < OPENED,
    );
    let longest = keys.iter().copied().fold(0.0, f64::max);
    measured.bounded(
        &format!("filtering it, from a key to the list, {} keys", keys.len()),
        &format!("longest {longest:.0} ms"),
        longest < FILTERED,
    );
    measured
}

/// The milliseconds of each start, in order of their size, and the megabytes of the last one.
async fn starts(desk: &Desk) -> (Vec<u128>, u64) {
    desk.open().await.close().await;
    let (mut took, mut idle) = (Vec::new(), 0);
    for _ in 0..STARTS {
        let window = desk.open().await;
        window.find(button("Run flights")).await;
        took.push(window.age().as_millis());
        tokio::time::sleep(Duration::from_secs(2)).await;
        idle = tree(window.process()).into_iter().map(memory).sum();
        window.close().await;
    }
    took.sort_unstable();
    (took, idle)
}

/// How long a large catalog takes, in milliseconds.
struct Catalog {
    /// To be there for the first time.
    first: f64,
    /// To be there once more.
    again: f64,
    /// To be filtered, key by key.
    keys: Vec<f64>,
}

async fn catalog(desk: &Desk) -> Catalog {
    let mut tables = String::from("begin;");
    for number in 0..TABLES {
        let _ = write!(
            tables,
            "create table table_{number} (id integer primary key, name text);"
        );
    }
    tables.push_str("commit;");
    let many = Connection::open(desk.data().join("many.db")).expect("the folder can be written");
    many.execute_batch(&tables).expect("tables can be made");
    let window = desk.open().await;
    window.push("many", FILE).await;
    window.click(project("many")).await;
    window.find(heading("many")).await;
    window.click(link("many").within(row("many"))).await;
    window.script(WATCH, vec![]).await;
    let first = opens(&window).await;
    window.script("history.back()", vec![]).await;
    let again = opens(&window).await;
    let streams = || role("complementary", "Streams");
    let filter = window.find(field("Filter streams")).await;
    let mut keys = Vec::new();
    for (at, letter) in TYPED.char_indices() {
        let sent = filter.send_keys(&letter.to_string()).await;
        sent.expect("it takes keys");
        // The list is settled when what was typed is drawn, and nothing after it.
        let shown = format!("{}{letter}", &TYPED[..at]);
        window.find(containing("button", &shown).within(streams())).await;
        keys.push(passed(&window).await);
    }
    Catalog { first, again, keys }
}

/// From the button to the list.
async fn opens(window: &Window<'_>) -> f64 {
    window.click(button("Open designer")).await;
    let held = text(&format!("of {TABLES}"));
    window.find(held.within(role("complementary", "Streams"))).await;
    passed(window).await
}

/// The milliseconds between what was done last and what was drawn last.
async fn passed(window: &Window<'_>) -> f64 {
    let rest = "return new Promise((done) => setTimeout(() => done(pace.to - pace.from), 300))";
    let Json::Number(passed) = window.script(rest, vec![]).await else {
        return f64::NAN;
    };
    passed.as_f64().unwrap_or(f64::NAN).max(0.0)
}

/// A process and all that it has begun, without the processes of the web view.
fn tree(root: u32) -> Vec<u32> {
    let processes: Vec<(u32, u32)> = fs::read_dir("/proc")
        .expect("/proc can be read")
        .flatten()
        .filter_map(|entry| {
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let (name, rest) = stat.rsplit_once(") ")?;
            let parent = rest.split(' ').nth(1)?.parse().ok()?;
            let own = !name.contains("(WebKit");
            own.then_some((entry.file_name().to_str()?.parse().ok()?, parent))
        })
        .collect();
    let mut tree = vec![root];
    let mut at = 0;
    while let Some(&parent) = tree.get(at) {
        tree.extend(processes.iter().filter(|(_, of)| *of == parent).map(|(own, _)| *own));
        at += 1;
    }
    tree
}
