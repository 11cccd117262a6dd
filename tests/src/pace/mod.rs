//! How fast an agent is, and what it costs: `cargo xtask bench --agent`.

pub mod desk;
pub mod face;

use std::fmt::Write as _;
use std::fs;
use std::time::{Duration, Instant};

use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tokio::time::sleep;

use crate::agent::Agent;
use crate::fleet::{Fleet, Servers};
use crate::syncapp::Syncapp;

/// For how long costs are watched.
const WATCHED: Duration = Duration::from_secs(30);
/// How many schedules an idle agent has.
const SCHEDULES: usize = 10_000;
/// How many schedules start each second, and for how long.
const STARTS: usize = 100;
/// Streams of the slow source, and how many a worker carries at once.
const STREAMS: usize = 48;
const SLOTS: usize = 4;

/// All of it, as a page's section.
pub async fn measure() -> String {
    let mut page = String::from("## The agent\n\n| what | figure |\n|---|---|\n");
    let mut row = |what: &str, figure: String| {
        // Writing to a String cannot fail.
        let _ = writeln!(page, "| {what} | {figure} |");
    };
    let (cpu, memory) = idle(0).await;
    row("idle, no configuration", format!("{cpu:.2} % of a core, {memory} MB"));
    let (cpu, memory) = idle(SCHEDULES).await;
    row(
        &format!("idle, {SCHEDULES} scheduled syncs"),
        format!("{cpu:.2} % of a core, {memory} MB"),
    );
    let (count, middle, late) = starts().await;
    let figure = format!("{count} starts, median {middle} ms, p99 {late} ms");
    row(
        &format!("tick to start, {STARTS} starts a second, one process on SQLite"),
        figure,
    );
    let mut first = None;
    for workers in [1, 2, 4] {
        let seconds = slow_source(workers).await;
        let first = *first.get_or_insert(seconds);
        let figure = format!("{seconds:.1} s, {:.2} times the speed of one", first / seconds);
        row(
            &format!("{STREAMS} streams of a source that takes a second each, {workers} workers"),
            figure,
        );
    }
    page
}

/// The share of a core in percent, and the megabytes, of an agent that has nothing to do.
async fn idle(schedules: usize) -> (f64, u64) {
    let agent = Agent::start("").await;
    if schedules > 0 {
        let schedule = |number: usize| format!("{{ cron: \"{} {} * * *\" }}", number % 60, (hour() + 2) % 24);
        agent.push("many", &syncs(schedules, schedule), None).await.done();
    }
    sleep(Duration::from_secs(2)).await;
    let before = cpu(agent.process());
    sleep(WATCHED).await;
    let used = cpu(agent.process()).saturating_sub(before);
    (
        used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0,
        memory(agent.process()),
    )
}

/// How many runs were started by their schedules, and how many milliseconds after their ticks: the median, and p99.
async fn starts() -> (usize, i64, i64) {
    let agent = Agent::start("slots = 16").await;
    let from = Connection::open(agent.syncapp().folder().join("from.db")).expect("the folder can be written");
    from.execute_batch("create table t (id integer primary key); insert into t values (1)")
        .expect("a table can be made");
    agent
        .push("many", &syncs(STARTS, |_| "{ every: 1s }".into()), None)
        .await
        .done();
    sleep(WATCHED).await;
    let store = Connection::open_with_flags(
        agent.syncapp().home().join("syncapp.db"),
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    );
    let store = store.expect("the store can be opened");
    let sql = "select task.started_at - run.trigger_at from task join run on run.id = task.run
               where run.trigger = 'tick' and task.started_at is not null order by 1";
    let mut late = store.prepare(sql).expect("the store can be read");
    let late: Vec<i64> = late
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .expect("the store can be read");
    let at = |share: f64| {
        late.get((late.len() as f64 * share) as usize)
            .map_or(-1, |micros| micros / 1000)
    };
    (late.len(), at(0.5), at(0.99))
}

/// How many seconds so many workers take for streams that wait for their source.
async fn slow_source(workers: usize) -> f64 {
    let servers = Servers::start().await;
    let database = servers.postgres.database().await;
    let roles: Vec<&str> = ["api", "scheduler"]
        .into_iter()
        .chain((0..workers).map(|_| "worker"))
        .collect();
    let settings = format!("variables = [\"READER\", \"WRITER\"]\nslots = {SLOTS}");
    let furnish = |syncapp: &mut Syncapp| {
        syncapp.set("READER", &database.reader.url());
        syncapp.set("WRITER", &database.writer.url());
    };
    let fleet = Fleet::start(servers, &roles, &settings, furnish).await;
    let mut file =
        "version: 1\nconnections:\n  from: { connector: postgres, url: \"${READER}\" }\n  to: { connector: postgres, \
                    url: \"${WRITER}\" }\nsyncs:\n  slow:\n    source: from\n    destination: to\n    streams:\n"
            .to_owned();
    for number in 0..STREAMS {
        let query = "select 1 as id where pg_sleep(1) is not null";
        let _ = writeln!(
            file,
            "      public.s{number}: {{ into: landing.s{number}, query: \"{query}\" }}"
        );
    }
    let agent = &fleet.members[0];
    agent.push("slow", &file, None).await.done();
    // All workers are there, and have made their connections.
    let warm = agent.run("slow", "slow").await;
    agent.over(&warm).await;
    let begun = Instant::now();
    let started = agent
        .ask(Method::POST, "/projects/slow/syncs/slow/runs", Some(json!({})))
        .await
        .done();
    let run = agent.over(started["run"].as_str().unwrap_or_default()).await;
    assert_eq!(run["state"], "done", "{run:#}");
    begun.elapsed().as_secs_f64()
}

/// A file of syncs between SQLite files, with a schedule each.
fn syncs(count: usize, schedule: impl Fn(usize) -> String) -> String {
    let mut file = "version: 1\nconnections:\n  from: { connector: sqlite, path: from.db }\n".to_owned();
    for number in 0..count.min(STARTS) {
        let _ = writeln!(file, "  to{number}: {{ connector: sqlite, path: to{number}.db }}");
    }
    file.push_str("syncs:\n");
    for number in 0..count {
        let (to, when) = (number % STARTS, schedule(number));
        let _ = writeln!(
            file,
            "  s{number}: {{ source: from, destination: to{to}, schedule: {when}, streams: {{ t: {{ into: t{number} }} }} }}"
        );
    }
    file
}

/// This hour, UTC.
fn hour() -> u64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap_or_default();
    since.as_secs() / 3600 % 24
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
