//! A project for agents to be killed with: rows come and change, schedules merge and append them, and others ask for runs.
//!
//! Whoever asks and is not answered asks again under the same key: so each of them is one run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value as Json, json};
use tokio::time::{sleep, timeout};

use super::ticks::{self, KeptTick, Lifetime, Micros};
use super::watch;
use crate::agent::{Agent, is_over};
use crate::server::postgres::{Database, Postgres};
use crate::syncapp::Syncapp;

const FILE: &str = "\
version: 1
connections:
  source: { connector: postgres, url: \"${READER}\" }
  target: { connector: postgres, url: \"${WRITER}\" }
syncs:
  merge:
    source: source
    destination: target
    schedule: { cron: \"* * * * * *\", overlap: skip, misfire: once }
    streams:
      public.item: { into: landing.merged, mode: incremental, cursor: version, write: merge }
  append:
    source: source
    destination: target
    schedule: { every: 2s, overlap: queue, misfire: once }
    streams:
      public.event: { into: landing.appended, mode: incremental, cursor: id, write: append }
  refresh:
    source: source
    destination: target
    streams:
      public.item: { into: landing.refreshed }
";

/// The project, and what was asked for.
pub(super) struct Shop {
    database: Database,
    /// How many more syncs there are, of one row each.
    small: usize,
    /// Keys, and the runs that they became.
    asked: BTreeMap<String, Option<String>>,
    /// When somebody set out to push it.
    begun: Micros,
}

impl Shop {
    pub(super) async fn open(server: &Postgres, small: usize) -> Self {
        let database = server.database().await;
        database
            .run(
                "create table public.item (id bigint primary key, version bigint not null, text text not null);
                 create table public.event (id bigint primary key, text text not null);
                 create table public.small (id bigint primary key);
                 create sequence public.version;
                 grant select on all tables in schema public to public;
                 insert into public.item select i, nextval('public.version'), 'item ' || i from generate_series(1, 100000) i;
                 insert into public.event select i, 'event ' || i from generate_series(1, 100000) i;
                 insert into public.small values (1)",
            )
            .await;
        Self {
            database,
            small,
            asked: BTreeMap::new(),
            begun: 0,
        }
    }

    /// What an agent's `agent.toml` has to say.
    pub(super) const SETTINGS: &str = "variables = [\"READER\", \"WRITER\"]";

    /// Gives an agent what the file names.
    pub(super) fn furnish(&self, syncapp: &mut Syncapp) {
        syncapp.set("READER", &self.database.reader.url());
        syncapp.set("WRITER", &self.database.writer.url());
    }

    /// The syncs that have a schedule, and how many seconds lie between two of their ticks.
    fn schedules(&self) -> Vec<(String, i64)> {
        let own = [("merge".to_owned(), 1), ("append".to_owned(), 2)];
        own.into_iter()
            .chain((0..self.small).map(|number| (format!("small{number}"), 5)))
            .collect()
    }

    fn file(&self) -> String {
        (0..self.small).fold(FILE.to_owned(), |mut file, number| {
            let streams = format!("public.small: {{ into: landing.small{number}, write: merge }}");
            let sync =
                format!("source: source, destination: target, schedule: {{ every: 5s }}, streams: {{ {streams} }}");
            // Writing to a String cannot fail.
            let _ = writeln!(file, "  small{number}: {{ {sync} }}");
            file
        })
    }

    /// Pushes it for the first time, and watches the target from its first claims on.
    pub(super) async fn push(&mut self, agent: &Agent) {
        self.begun = now();
        agent.push("shop", &self.file(), None).await.done();
        watch::begin(&self.database, watch::TARGET).await;
    }

    /// Rows come, rows change, and somebody wants a run.
    pub(super) async fn go_on(&mut self, key: &str) {
        let change = self.database.run(
            "update public.item set version = nextval('public.version'), text = text || '.' where id % 97 = floor(random() * 97);
             insert into public.event select m + i, 'event ' || m + i
               from generate_series(1, 50) i, (select max(id) m from public.event) e",
        );
        change.await;
        self.asked.insert(key.to_owned(), None);
    }

    /// Asks these agents in turn for the runs that are wanted, for so long.
    pub(super) async fn ask(&mut self, agents: &[&Agent], time: Duration) {
        let asking = async {
            for agent in agents.iter().cycle() {
                for (key, run) in self.asked.iter_mut().filter(|(_, run)| run.is_none()) {
                    *run = ask(agent, key).await;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let _: Result<(), _> = timeout(time, asking).await;
    }

    /// Lets agents that nobody disturbs come to rest, and looks at runs and tables; all runs there are.
    pub(super) async fn judge(&self, agent: &Agent, differences: &mut Vec<String>) -> Vec<Json> {
        // Nothing is scheduled any more, and what waits is worked off: a slow machine has much of it.
        let pushed = agent.get("/projects/shop").await.done();
        let file: String = FILE
            .lines()
            .filter(|line| !line.contains("schedule"))
            .fold(String::new(), |file, line| file + line + "\n");
        let version = pushed["version"].as_u64().map(|version| version as u32);
        agent.push("shop", &file, version).await.done();
        if let Err(stuck) = agent.rest().await {
            differences.push(stuck);
            return agent.all("/runs", 200).await;
        }
        for (key, run) in &self.asked {
            let again = ask(agent, key).await.expect("an agent that nobody disturbs answers");
            if run.as_ref().is_some_and(|run| *run != again) {
                differences.push(format!("{key} was {run:?}, and is {again}"));
            }
            let ended = agent.over(&again).await;
            if ended["state"] != "done" {
                differences.push(format!("{key} is not done: {ended}"));
            }
        }
        // Each sync runs once more, for the rows that came last.
        for sync in ["merge", "append", "refresh"] {
            let last = agent.run("shop", sync).await;
            agent.over(&last).await;
        }
        let runs = agent.all("/runs", 200).await;
        if let Some(going) = runs.iter().find(|run| !is_over(run)) {
            differences.push(format!("a run is not over: {going}"));
        }
        for (source, target) in [("item", "merged"), ("event", "appended"), ("item", "refreshed")] {
            let source = self.database.text(&hash(&format!("public.{source}"))).await;
            let found = self.database.text(&hash(&format!("landing.{target}"))).await;
            if source != found {
                differences.push(format!("{target} is {found}, not {source}"));
            }
        }
        self.judge_small(&runs, differences).await;
        watch::judge(&self.database, watch::TARGET, differences).await;
        runs
    }

    /// Each small table holds what its source does, if a run of it has ended; all of them in one query.
    async fn judge_small(&self, runs: &[Json], differences: &mut Vec<String>) {
        let done = runs.iter().filter(|run| run["state"] == "done");
        let done: BTreeSet<&str> = done.filter_map(|run| run["sync"].as_str()).collect();
        let small = (0..self.small).map(|number| format!("small{number}"));
        let landed: Vec<String> = small.filter(|table| done.contains(table.as_str())).collect();
        let tables = "select tablename::text from pg_tables where schemaname = 'landing'";
        let there = self.database.texts(tables).await;
        let (there, missing): (Vec<String>, Vec<String>) = landed
            .into_iter()
            .partition(|table| there.contains(&Some(table.clone())));
        differences.extend(missing.iter().map(|table| format!("{table} is not there")));
        let source = hash("public.small");
        let compared: Vec<String> = there
            .iter()
            .map(|table| {
                let landed = hash(&format!("landing.{table}"));
                format!("(select '{table}' where ({landed}) is distinct from ({source}))")
            })
            .collect();
        if !compared.is_empty() {
            let different = self.database.texts(&compared.join(" union all ")).await;
            let told = different.into_iter().flatten();
            differences.extend(told.map(|table| format!("{table} is not its source")));
        }
    }

    /// The ticks of all schedules, held to those that time alone means: how many ran, and how many were skipped. `applied`
    /// is when the store applied the two versions, `kept` the ticks that it has of a sync.
    pub(super) async fn judge_ticks(
        &self,
        applied: &[Micros],
        kept: impl AsyncFn(&str) -> Vec<KeptTick>,
        runs: &[Json],
        differences: &mut Vec<String>,
    ) -> (usize, usize) {
        let [begun, ended] = *applied else {
            differences.push(format!("there are {} versions, not two", applied.len()));
            return (0, 0);
        };
        let life = Lifetime {
            asked: self.begun,
            begun,
            ended,
        };
        let mut both = (0, 0);
        for (sync, every) in self.schedules() {
            let kept = kept(&sync).await;
            let (ran, skipped) = ticks::check((&sync, every), &life, &kept, runs, differences);
            both = (both.0 + ran, both.1 + skipped);
        }
        both
    }
}

/// A query of how many rows a table has, and of a hash of all of them.
fn hash(table: &str) -> String {
    format!("select count(*) || ' ' || md5(string_agg(t::text, '|' order by id)) from {table} t")
}

/// By this machine's clock, which its servers and agents have as well.
fn now() -> Micros {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| now.as_micros() as Micros)
}

/// Asks for a run; `None` where nobody answers, or cannot.
async fn ask(agent: &Agent, key: &str) -> Option<String> {
    let path = "/projects/shop/syncs/refresh/runs";
    let answer = agent.try_ask(Method::POST, path, Some(json!({})), Some(key)).await?;
    if answer.status.is_server_error() {
        return None;
    }
    assert!(answer.status.is_success(), "{key}: {:#}", answer.body);
    answer.body["run"].as_str().map(str::to_owned)
}

/// How the runs ended.
pub(super) fn endings(runs: &[Json]) -> BTreeMap<String, usize> {
    let mut ended = BTreeMap::new();
    for run in runs {
        *ended
            .entry(run["state"].as_str().unwrap_or_default().to_owned())
            .or_default() += 1;
    }
    ended
}
