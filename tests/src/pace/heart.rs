//! How fast an agent is, and what it costs: `cargo xtask bench --agent`.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::json;
use tokio::time::sleep;

use super::{Measured, cpu, memory, stolen, taken_since};
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

const HEAD: &str = "\
The agent

`cargo xtask bench --agent`, on the same machine. It fails where a bound of `tests/src/pace/heart.rs` does not hold. A page of 50 among
1,000,000 runs takes less than 50 ms in either store: asserted by
`SYNCAPP_TEST_RUNS=1000000 cargo test --workspace --test stores -- pages plans`.";

/// What an idle agent may take of a core, in percent, with all those schedules; and of memory, in megabytes, with none.
const IDLE: (f64, u64) = (5.0, 60);
/// How many starts there are at least: of the last second some are still under way.
const LEAST: usize = STARTS * (WATCHED.as_secs() as usize - 1);
/// How late 99 % of starts may be at most, in milliseconds.
const P99: i64 = 1000;
/// How many times as fast as one worker four of them are, at least.
const FOUR: f64 = 3.5;

/// All of it.
pub async fn measure() -> Measured {
    let mut measured = Measured::under(HEAD);
    let (cpu, memory) = idle(0).await;
    let figure = format!("{cpu:.2} % of a core, {memory} MB");
    measured.bounded("idle, no configuration", &figure, memory < IDLE.1);
    let (cpu, memory) = idle(SCHEDULES).await;
    let figure = format!("{cpu:.2} % of a core, {memory} MB");
    measured.bounded(&format!("idle, {SCHEDULES} scheduled syncs"), &figure, cpu < IDLE.0);
    let before = stolen();
    let (count, middle, late) = starts().await;
    let taken = taken_since(before);
    measured.bounded(
        &format!("tick to start, {STARTS} starts a second, one process on SQLite"),
        &format!("{count} starts, median {middle} ms, p99 {late} ms; {taken}"),
        late < P99 && count >= LEAST,
    );
    let mut first = None;
    for workers in [1, 2, 4] {
        let before = stolen();
        let seconds = slow_source(workers).await;
        let (times, taken) = (*first.get_or_insert(seconds) / seconds, taken_since(before));
        measured.bounded(
            &format!("{STREAMS} streams of a source that takes a second each, {workers} workers"),
            &format!("{seconds:.1} s, {times:.2} times the speed of one; {taken}"),
            workers < 4 || times >= FOUR,
        );
    }
    measured
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
