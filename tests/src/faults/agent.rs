//! An agent that is killed at random moments: no run that it accepted is lost, no tick of a schedule is missing or comes
//! twice, and the targets hold what the source does.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use reqwest::Method;
use rusqlite::{Connection, OpenFlags};
use uuid::Uuid;

use super::Dice;
use super::shop::{Shop, endings};
use super::ticks::{KeptTick, Micros};
use crate::agent::Agent;
use crate::server::postgres::Postgres;
use crate::syncapp::Syncapp;

/// How long after its start an agent is killed at the latest, in seconds.
const LONGEST: f64 = 2.5;

/// Each kill after so many others waits until a stream is carried.
const EVERY: usize = 4;
/// How often it is looked whether one is.
const LOOKS: usize = 500;

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
            "agent seed {}, {} kills: runs ended {ended:?}; {} ticks ran, {} were skipped; {} claims after a death; \
             {} differences",
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
        let mut shop = Shop::open(server, 0).await;
        let mut syncapp = Syncapp::default();
        shop.furnish(&mut syncapp);
        let mut agent = Agent::started_with(syncapp, &format!("{}\nlease = \"1s\"", Shop::SETTINGS)).await;
        shop.push(&agent).await;
        let mut dice = Dice::new(self.seed);
        for kill in 0..self.kills {
            shop.go_on(&format!("kill-{kill}")).await;
            shop.ask(&[&agent], Duration::from_secs_f64(dice.between(0.0, LONGEST)))
                .await;
            if kill % EVERY == 0 {
                until_busy(&agent).await;
            }
            agent.kill();
            agent.begin();
        }
        agent.kill();
        agent.start_again().await;
        let mut differences = Vec::new();
        let runs = shop.judge(&agent, &mut differences).await;
        let file = agent.syncapp().home().join("syncapp.db");
        let store =
            Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the store can be opened");
        let applied = applied(&store);
        let kept = async |sync: &str| kept_ticks(&store, sync);
        let ticks = shop.judge_ticks(&applied, kept, &runs, &mut differences).await;
        let again = "select coalesce(sum(epoch - 1), 0) from task where epoch > 1";
        AgentKilled {
            tried: self,
            ended: endings(&runs),
            ticks,
            claimed_again: store
                .query_row(again, [], |row| row.get(0))
                .expect("the store can be read"),
            differences,
        }
    }
}

/// Returns while a stream is carried, if one comes soon.
async fn until_busy(agent: &Agent) {
    for _ in 0..LOOKS {
        let running = agent
            .try_ask(Method::GET, "/runs?state=running&limit=1", None, None)
            .await;
        if running.is_some_and(|running| running.body["items"][0].is_object()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// When each version was applied.
fn applied(store: &Connection) -> Vec<Micros> {
    let sql = "select applied_at from version where project = 'shop' order by number";
    let mut rows = store.prepare(sql).expect("the store can be read");
    let rows = rows.query_map([], |row| row.get(0));
    rows.and_then(Iterator::collect).expect("the store can be read")
}

fn kept_ticks(store: &Connection, sync: &str) -> Vec<KeptTick> {
    let sql = "select nominal_at, strftime('%Y-%m-%dT%H:%M:%SZ', nominal_at / 1000000, 'unixepoch'), hex(run) from tick \
               where project = 'shop' and sync = ?1 order by nominal_at";
    let mut rows = store.prepare(sql).expect("the store can be read");
    let rows = rows.query_map([sync], |row| {
        Ok(KeptTick {
            at: row.get(0)?,
            spelled: row.get(1)?,
            run: Uuid::parse_str(&row.get::<_, String>(2)?).ok(),
        })
    });
    rows.and_then(Iterator::collect).expect("the store can be read")
}
