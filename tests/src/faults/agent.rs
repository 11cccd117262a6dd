//! An agent that is killed at random moments: no run that it accepted is lost, no tick of a schedule is missing or comes
//! twice, and the targets hold what the source does.
//!
//! A schedule merges and appends every second, others ask for runs by hand, and rows come meanwhile. Whoever asks and is not
//! answered asks again under the same key: so each of them is one run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Value as Json, json};
use tokio::time::{sleep, timeout};

use super::Dice;
use crate::agent::{Agent, is_over};
use crate::server::postgres::{Database, Postgres};
use crate::syncapp::Syncapp;

/// After how long the agent's tasks are taken from it when it has died.
const LEASE: &str = "lease = \"1s\"\nvariables = [\"READER\", \"WRITER\"]";
/// How long after its start an agent is killed at the latest.
const LONGEST: f64 = 2.5;
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
    schedule: { cron: \"*/2 * * * * *\", overlap: queue, misfire: once }
    streams:
      public.event: { into: landing.appended, mode: incremental, cursor: id, write: append }
  refresh:
    source: source
    destination: target
    streams:
      public.item: { into: landing.refreshed }
";

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct AgentKills {
    /// Repeats the same choices; what a kill meets still depends on the machine.
    pub seed: u64,
    /// How many times the agent is killed.
    pub kills: usize,
}

/// What was found.
#[derive(Debug)]
pub struct AgentKilled {
    tried: AgentKills,
    /// Runs that ended, by how.
    pub ended: BTreeMap<String, usize>,
    /// Ticks that ran, and that were skipped.
    pub ticks: (usize, usize),
    /// How often a worker had claimed a stream that another one had died with.
    pub claimed_again: i64,
    /// What must not be.
    pub differences: Vec<String>,
}

impl fmt::Display for AgentKilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            tried, ended, ticks, ..
        } = self;
        write!(
            f,
            "agent seed {}, {} kills: runs ended {ended:?}; {} ticks ran, {} were skipped; {} claims after a death; {} differences",
            tried.seed,
            tried.kills,
            ticks.0,
            ticks.1,
            self.claimed_again,
            self.differences.len()
        )?;
        self.differences
            .iter()
            .try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

impl AgentKills {
    /// Kills an agent over and over, then lets it come to rest and looks at everything.
    pub async fn run(self, server: &Postgres) -> AgentKilled {
        let database = server.database().await;
        database
            .run(
                "create table public.item (id bigint primary key, version bigint not null, text text not null);
                 create table public.event (id bigint primary key, text text not null);
                 create sequence public.version;
                 grant select on all tables in schema public to public;
                 insert into public.item select i, nextval('public.version'), 'item ' || i from generate_series(1, 100000) i;
                 insert into public.event select i, 'event ' || i from generate_series(1, 100000) i",
            )
            .await;
        let mut syncapp = Syncapp::default();
        syncapp.set("READER", &database.reader.url());
        syncapp.set("WRITER", &database.writer.url());
        let mut agent = Agent::started_with(syncapp, LEASE).await;
        agent.push("shop", FILE, None).await.done();
        let mut dice = Dice::new(self.seed);
        let mut asked = BTreeMap::new();
        for kill in 0..self.kills {
            self.live(&agent, &database, &mut dice, kill, &mut asked).await;
            agent.kill();
            agent.begin();
        }
        agent.kill();
        agent.start_again().await;
        self.judge(&agent, &database, asked).await
    }

    /// Rows come and runs are asked for, until the moment of the kill.
    async fn live(
        self,
        agent: &Agent,
        database: &Database,
        dice: &mut Dice,
        kill: usize,
        asked: &mut BTreeMap<String, Option<String>>,
    ) {
        let moment = Duration::from_secs_f64(dice.between(0.0, LONGEST));
        let change = database.run(
            "update public.item set version = nextval('public.version'), text = text || '.' where id % 97 = floor(random() * 97);
             insert into public.event select m + i, 'event ' || m + i from generate_series(1, 50) i, (select max(id) m from public.event) e",
        );
        change.await;
        asked.insert(format!("kill-{kill}"), None);
        let asking = async {
            loop {
                for (key, run) in asked.iter_mut().filter(|(_, run)| run.is_none()) {
                    *run = ask(agent, key).await;
                }
                sleep(Duration::from_millis(20)).await;
            }
        };
        let _: Result<(), _> = timeout(moment, asking).await;
    }

    async fn judge(self, agent: &Agent, database: &Database, asked: BTreeMap<String, Option<String>>) -> AgentKilled {
        let mut differences = Vec::new();
        for (key, run) in asked {
            let again = ask(agent, &key).await.expect("an agent that nobody kills answers");
            if run.as_ref().is_some_and(|run| *run != again) {
                differences.push(format!("{key} was {run:?}, and is {again}"));
            }
            if agent.over(&again).await["state"] != "done" {
                differences.push(format!("{key} is not done"));
            }
        }
        // Each sync once more, for the rows that came last.
        for sync in ["merge", "append", "refresh"] {
            let last = agent.run("shop", sync).await;
            agent.over(&last).await;
        }
        // Nothing is scheduled any more.
        let pushed = agent.get("/projects/shop").await.done();
        let file = FILE
            .lines()
            .filter(|line| !line.contains("schedule"))
            .collect::<Vec<_>>()
            .join("\n");
        agent
            .push("shop", &file, pushed["version"].as_u64().map(|version| version as u32))
            .await
            .done();
        let mut runs = agent.all("/runs", 200).await;
        for run in &mut runs {
            if !is_over(run) {
                let id = run["id"].as_str().unwrap_or_default().to_owned();
                *run = agent.over(&id).await;
            }
        }
        let store = Connection::open_with_flags(
            agent.syncapp().home().join("syncapp.db"),
            OpenFlags::SQLITE_OPEN_READ_ONLY,
        );
        let store = store.expect("the store can be opened");
        let mut ticks = (0, 0);
        for (sync, every) in [("merge", 1), ("append", 2)] {
            let (ran, skipped) = check_ticks(&store, sync, every, &runs, &mut differences);
            ticks.0 += ran;
            ticks.1 += skipped;
        }
        for (source, target) in [("item", "merged"), ("event", "appended"), ("item", "refreshed")] {
            let hash = |table: &str| {
                format!("select count(*) || ' ' || md5(string_agg(t::text, '|' order by id)) from {table} t")
            };
            let (source, found) = (
                database.text(&hash(&format!("public.{source}"))).await,
                database.text(&hash(&format!("landing.{target}"))).await,
            );
            if source != found {
                differences.push(format!("{target} is {found}, not {source}"));
            }
        }
        let mut ended = BTreeMap::new();
        for run in &runs {
            *ended
                .entry(run["state"].as_str().unwrap_or_default().to_owned())
                .or_default() += 1;
        }
        let again = store.query_row(
            "select coalesce(sum(epoch - 1), 0) from task where epoch > 1",
            [],
            |row| row.get(0),
        );
        AgentKilled {
            tried: self,
            ended,
            ticks,
            claimed_again: again.expect("the store can be read"),
            differences,
        }
    }
}

/// Asks for a run; `None` where nobody answers.
async fn ask(agent: &Agent, key: &str) -> Option<String> {
    let answer = agent
        .try_ask(
            Method::POST,
            "/projects/shop/syncs/refresh/runs",
            Some(json!({})),
            Some(key),
        )
        .await?;
    assert!(answer.status.is_success(), "{key}: {:#}", answer.body);
    answer.body["run"].as_str().map(str::to_owned)
}

/// Each instant from the first on is there once, and ran or says why not; a run of its own is behind each that ran.
fn check_ticks(
    store: &Connection,
    sync: &str,
    every: i64,
    runs: &[Json],
    differences: &mut Vec<String>,
) -> (usize, usize) {
    let mut rows = store
        .prepare(
            "select nominal_at, run is not null from tick where project = 'shop' and sync = ?1 order by nominal_at",
        )
        .expect("the store can be read");
    let rows = rows.query_map([sync], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)));
    let ticks: Vec<(i64, bool)> = rows.and_then(Iterator::collect).expect("the store can be read");
    for pair in ticks.windows(2) {
        let apart = (pair[1].0 - pair[0].0) / 1_000_000;
        if apart != every {
            differences.push(format!("{sync}: {apart} s between two ticks, at {}", pair[0].0));
        }
    }
    let ran = ticks.iter().filter(|(_, ran)| *ran).count();
    let scheduled = |run: &&Json| run["sync"] == sync && run["trigger"]["kind"] == "schedule";
    let told: Vec<&str> = runs
        .iter()
        .filter(scheduled)
        .filter_map(|run| run["trigger"]["tick"].as_str())
        .collect();
    if told.len() != ran || told.iter().collect::<BTreeSet<_>>().len() != ran {
        differences.push(format!(
            "{sync}: {ran} ticks ran, and there are {} runs of ticks",
            told.len()
        ));
    }
    (ran, ticks.len() - ran)
}
