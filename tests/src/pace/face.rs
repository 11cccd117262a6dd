//! What an agent's interface bears while runs go on: `cargo xtask bench --api`.
//!
//! One agent on SQLite carries runs that wait for slow sources. Callers ask it at a fixed rate, whether or not it has answered what was
//! asked before: what is late counts from when it was due. Then many watch the runs, and each progress is compared with when the
//! source gave the row, and with when the first of the watchers heard of it. [`bounds`] says what of this has to hold.

mod bounds;
mod heard;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use reqwest::Client;
use serde_json::Value as Json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{sleep_until, timeout};

use heard::{Heard, Reckoned};

use super::{Measured, cpu, memory, stolen, taken_since};
use crate::agent::Agent;
use crate::server::postgres::{Database, Postgres};
use crate::syncapp::Syncapp;

/// How much is asked of it.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Runs that go on.
    pub runs: usize,
    /// Reads a second.
    pub rate: u32,
    /// Connections that they come by.
    pub callers: usize,
    /// Those who watch.
    pub watchers: usize,
    /// For how long each is measured.
    pub time: Duration,
}

impl Default for Load {
    fn default() -> Self {
        Self {
            runs: 20,
            rate: 2000,
            callers: 64,
            watchers: 1000,
            time: Duration::from_secs(30),
        }
    }
}

/// How often a source offers a row. Each fills a batch by itself, so that each is an event of its own.
const EVERY: Duration = Duration::from_secs(1);
const ROW: usize = 1_100_000;
/// A small row is offered at once behind each: without it the server would keep the end of the first, in a buffer of 8 kB, until
/// the next one is there.
const PUSH: usize = 16_384;
/// How long watchers may take to be there, before anything is measured.
const PATIENCE: Duration = Duration::from_secs(30);

const HEAD: &str = "\
The interface

`cargo xtask bench --api`, callers and agent on the same two cores. It fails where `tests/src/pace/face/bounds.rs` says so. Each source
offers a row of 1.1 MB a second, a batch of its own and so an event of its own; no two of them at one time, for sources know nothing of
each other. What is late counts from when the row was due to the event at the watcher: the server's making of the row, the agent's
reading of it and the event's way are in it.";

/// All of it.
pub async fn measure(load: Load) -> Measured {
    let database = Postgres::shared().await.database().await;
    let mut syncapp = Syncapp::default();
    syncapp.set("READER", &database.reader.url());
    let settings = format!(
        "variables = [\"READER\"]\nrequests_per_minute = 0\nslots = {}",
        load.runs
    );
    let agent = Agent::started_with(syncapp, &settings).await;
    agent.push("slow", &file(load.runs), None).await.done();
    let mut runs = Vec::new();
    for number in 0..load.runs {
        runs.push(agent.run("slow", &format!("s{number}")).await);
    }
    for run in &runs {
        let going = |run: &Json| run["state"] == "running" && run["streams"][0]["rows_read"] != "0";
        agent.until(run, going).await;
    }
    let token = agent.make_token("viewer", None).await;
    let mut measured = Measured::under(HEAD);
    let mut row = |what: String, figure: String| measured.row(&what, &figure);
    let place = Place {
        url: agent.url().to_owned(),
        token,
        runs: runs.clone(),
        process: agent.process(),
    };
    let (first, used, before) = (memory(agent.process()), cpu(agent.process()), stolen());
    let read = reads(&place, load).await;
    let (used, taken) = (cpu(agent.process()).saturating_sub(used), taken_since(before));
    row(
        format!(
            "{} reads a second by an API token, {} runs going, one process on SQLite",
            load.rate, load.runs
        ),
        format!(
            "{:.0} a second answered, {} refused; median {} ms, p99 {} ms, longest {} ms",
            read.rate,
            read.failed,
            millis(read.at(0.5)),
            millis(read.at(0.99)),
            millis(read.at(1.0))
        ),
    );
    row(
        "what that takes of the agent".to_owned(),
        format!(
            "{:.0} % of a core",
            used.as_secs_f64() / read.took.as_secs_f64() * 100.0
        ),
    );
    row("meanwhile no program could answer".to_owned(), taken);
    let second = memory(agent.process());
    let watched = watch(&place, load, &database).await;
    row(
        format!(
            "{} watchers of these runs: from the row at the source to each of them",
            load.watchers
        ),
        format!(
            "{} of {} heard, median {} ms, p99 {} ms, longest {} ms",
            watched.heard.late.len(),
            watched.heard.late.len() + watched.heard.missed,
            millis(at(&watched.heard.late, 0.5)),
            millis(at(&watched.heard.late, 0.99)),
            millis(at(&watched.heard.late, 1.0))
        ),
    );
    row(
        "from the first who hears of it to the last".to_owned(),
        format!(
            "p99 {} ms, longest {} ms",
            millis(at(&watched.heard.spread, 0.99)),
            millis(at(&watched.heard.spread, 1.0))
        ),
    );
    row(
        "memory before, after the reads, in the middle of the watch, and at its end".to_owned(),
        format!(
            "{first}, {second}, {} and {} MB",
            watched.memory.middle, watched.memory.end
        ),
    );
    measured.broken = bounds::broken(&load, &read, &watched);
    measured
}

/// By how much a source's rows are behind those of the first, so that each has its own moment.
fn behind(number: usize, syncs: usize) -> Duration {
    EVERY * number as u32 / syncs as u32
}

/// Syncs whose sources offer a row at each whole [`EVERY`] after their statements began and what they are [`behind`], and a small one
/// with it.
fn file(syncs: usize) -> String {
    let mut file = "version: 1\nconnections:\n  from: { connector: postgres, url: \"${READER}\" }\n  to: { connector: files, path: out, \
                    format: csv }\nsyncs:\n"
        .to_owned();
    let every = EVERY.as_secs();
    for number in 0..syncs {
        let behind = behind(number, syncs).as_millis();
        let query = format!(
            "select i as s{number}_, repeat('x', case when i % 2 = 1 then {ROW} else {PUSH} end) as text from generate_series(1, 200000) i \
             where case when i % 2 = 1 then pg_sleep_until(statement_timestamp() + (i + 1) / 2 * interval '{every} s' + interval '{behind} \
             ms') is not null else true end"
        );
        let _ = writeln!(
            file,
            "  s{number}: {{ source: from, destination: to, streams: {{ s{number}: {{ query: \"{query}\" }} }} }}"
        );
    }
    file
}

/// The number of the row that these are up to, with the small ones behind them.
fn row_of(rows_read: u64) -> u64 {
    rows_read.div_ceil(2)
}

/// Where is asked, and about what.
struct Place {
    url: String,
    token: String,
    runs: Vec<String>,
    /// The agent's process.
    process: u32,
}

/// What came of reads.
struct Read {
    rate: f64,
    failed: usize,
    took: Duration,
    late: Vec<Duration>,
}

impl Read {
    fn at(&self, share: f64) -> Duration {
        at(&self.late, share)
    }
}

/// Asks at a fixed rate.
async fn reads(place: &Place, load: Load) -> Read {
    let run = &place.runs[0];
    let paths = [
        "/runs?limit=20".to_owned(),
        format!("/runs/{run}"),
        "/projects".to_owned(),
        "/projects/slow".to_owned(),
        format!("/runs/{run}/logs"),
        "/me".to_owned(),
    ];
    let urls: Arc<Vec<String>> = Arc::new(paths.iter().map(|path| format!("{}/api/v1{path}", place.url)).collect());
    // One connection each. To make so many takes these two cores a good part of a second.
    let clients: Vec<Client> = (0..load.callers).map(|_| Client::new()).collect();
    let begun = Instant::now() + Duration::from_millis(100);
    let each = Duration::from_secs(1) * load.callers as u32 / load.rate;
    let asked = load.time.div_duration_f64(each) as u32;
    let mut callers = Vec::new();
    for (caller, client) in clients.into_iter().enumerate() {
        let (urls, token) = (urls.clone(), place.token.clone());
        let own = begun + each * caller as u32 / load.callers as u32;
        callers.push(tokio::spawn(async move {
            let (mut late, mut failed) = (Vec::new(), 0);
            for number in 0..asked {
                let due = own + each * number;
                sleep_until(due.into()).await;
                let url = &urls[(number as usize + caller) % urls.len()];
                let answer = client.get(url).bearer_auth(&token).send().await;
                let answered = match answer {
                    Ok(answer) if answer.status().is_success() => answer.bytes().await.is_ok(),
                    _ => false,
                };
                if answered {
                    late.push(due.elapsed());
                } else {
                    failed += 1;
                }
            }
            (late, failed)
        }));
    }
    let (mut late, mut failed) = (Vec::new(), 0);
    for caller in callers {
        let (own, without) = caller.await.expect("a caller comes to its end");
        late.extend(own);
        failed += without;
    }
    let took = begun.elapsed();
    late.sort();
    Read {
        rate: late.len() as f64 / took.as_secs_f64(),
        failed,
        took,
        late,
    }
}

/// What came of watching.
struct Watched {
    /// What all heard.
    heard: Reckoned,
    /// Why those who heard no more did not.
    lost: Vec<String>,
    memory: Memory,
}

/// Megabytes of the agent while it was watched, each the median of a quarter of that time.
struct Memory {
    /// In the quarter before the middle.
    middle: u64,
    /// In the last quarter.
    end: u64,
}

impl Memory {
    /// Of what was seen, in the order of time.
    fn of(seen: &[u64]) -> Self {
        let quarter = seen.len().div_ceil(4);
        let median = |from: usize| {
            let mut part: Vec<u64> = seen.iter().skip(from).take(quarter).copied().collect();
            part.sort_unstable();
            part.get(part.len() / 2).copied().unwrap_or_default()
        };
        Self {
            middle: median(seen.len().saturating_sub(2 * quarter) / 2),
            end: median(seen.len().saturating_sub(quarter)),
        }
    }
}

async fn watch(place: &Place, load: Load, database: &Database) -> Watched {
    let (heard, mut hearing) = unbounded_channel();
    let mut watchers = Vec::new();
    for watcher in 0..load.watchers {
        let run = watcher % place.runs.len();
        let url = format!("{}/api/v1/runs/{}/events", place.url, place.runs[run]);
        watchers.push(tokio::spawn(listen(url, place.token.clone(), watcher, heard.clone())));
    }
    drop(heard);
    let mut all: Vec<Heard> = Vec::new();
    // Each is told at once how the run stands. Who is not there in time has missed rows.
    let arrived = async {
        let mut there = HashSet::new();
        while there.len() < load.watchers {
            let Some(heard) = hearing.recv().await else { return };
            there.insert(heard.watcher);
            all.push(heard);
        }
    };
    let _ = timeout(PATIENCE, arrived).await;
    let (begun, from) = (SystemTime::now(), Instant::now());
    let mut memories = Vec::new();
    for second in 1..=load.time.as_secs() as u32 {
        sleep_until((from + Duration::from_secs(1) * second).into()).await;
        memories.push(memory(place.process));
    }
    let ended = SystemTime::now();
    let mut lost = Vec::new();
    for watcher in watchers {
        if watcher.is_finished() {
            lost.extend(watcher.await.ok());
        } else {
            watcher.abort();
        }
    }
    while let Ok(heard) = hearing.try_recv() {
        all.push(heard);
    }
    let starts = starts(database, place.runs.len()).await;
    Watched {
        heard: heard::reckon(&all, load.watchers, &starts, (begun, ended)),
        lost,
        memory: Memory::of(&memories),
    }
}

/// Says what one watcher hears, as long as there is anything; and then why there is nothing more.
async fn listen(url: String, token: String, watcher: usize, heard: UnboundedSender<Heard>) -> String {
    let mut watching = match Client::new().get(url).bearer_auth(token).send().await {
        Ok(answer) if answer.status().is_success() => answer,
        Ok(answer) => return format!("it is answered {}", answer.status()),
        Err(problem) => return problem.to_string(),
    };
    let (mut kept, mut last) = (String::new(), None);
    loop {
        let part = match watching.chunk().await {
            Ok(Some(part)) => part,
            Ok(None) => return "the stream has ended".to_owned(),
            Err(problem) => return problem.to_string(),
        };
        let at = SystemTime::now();
        kept += &String::from_utf8_lossy(&part);
        while let Some(end) = kept.find("\n\n") {
            let event: String = kept.drain(..end + 2).collect();
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            let run_now: Json = data
                .and_then(|data| serde_json::from_str(data).ok())
                .unwrap_or_default();
            let rows = run_now["streams"][0]["rows_read"]
                .as_str()
                .and_then(|rows| rows.parse().ok())
                .map(row_of);
            if let Some(row) = rows.filter(|row| last != Some(*row)) {
                last = Some(row);
                let _ = heard.send(Heard { watcher, row, at });
            }
        }
    }
}

/// When the statements of the runs began and what they are [`behind`], by the number of their sync.
async fn starts(database: &Database, runs: usize) -> Vec<SystemTime> {
    let sql = format!(
        "select (extract(epoch from query_start) * 1000000)::bigint from pg_stat_activity where usename = '{}' and state = 'active' and \
         query like '%pg_sleep%' order by substring(query from 's([0-9]+)_')::int",
        database.reader.user
    );
    let found = database.texts(&sql).await;
    let micros = found.iter().flatten().filter_map(|text| text.parse().ok());
    let starts: Vec<SystemTime> = micros
        .enumerate()
        .map(|(number, micros)| SystemTime::UNIX_EPOCH + Duration::from_micros(micros) + behind(number, runs))
        .collect();
    assert_eq!(starts.len(), runs, "a run has ended");
    starts
}

/// What so great a share of them is not above; they are in order.
fn at(times: &[Duration], share: f64) -> Duration {
    let last = times.len().saturating_sub(1);
    let place = (times.len() as f64 * share) as usize;
    times.get(place.min(last)).copied().unwrap_or_default()
}

fn millis(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}
