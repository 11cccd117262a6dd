//! The kill campaign: syncs that are killed at random moments, or while a lock holds them within a commit, must leave the
//! target as it was or as it should be, and the next run must bring it to the source's state, without a duplicate, a hole
//! or a leftover. A run that slept while another one did its work must change nothing.

mod agent;
pub mod dice;
mod fleet;
mod hold;
mod shop;
mod step;
mod target;
mod ticks;
mod watch;
mod workload;
mod writers;

use std::fmt;
use std::time::Duration;

pub use agent::{AgentKilled, AgentKills};
pub use dice::Dice;
pub use fleet::{Fault, FleetFaults, FleetFound};
pub use hold::{Holder, Moment, Place, until_waiting};
use step::Step;
pub use target::{Mark, Target};
pub use workload::{KINDS, Kind, System, Workload};
pub use writers::{Writers, Written};

use crate::server::mariadb::MariaDb;
use crate::server::postgres::Postgres;
use crate::syncapp::Syncapp;

/// After so many kills one more run is held, and one is overtaken.
const EVERY: usize = 6;

/// What a campaign is made of.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Repeats the same choices; the moments of the kills still depend on the machine.
    pub seed: u64,
    /// How many runs are killed at random moments; those that are held or overtaken come on top.
    pub kills: usize,
    /// Rows in the source when it begins.
    pub rows: u64,
    /// What is synced, and where to.
    pub kind: Kind,
}

/// What a campaign found.
#[derive(Debug)]
pub struct Report {
    campaign: Campaign,
    /// Kills before the run had claimed its target.
    pub unclaimed: usize,
    /// Kills between claim and commit.
    pub before: usize,
    /// Kills after the commit.
    pub after: usize,
    /// Runs that were over before their kill; they do not count.
    pub missed: usize,
    /// Kills while a lock held the run within its commit.
    pub held: usize,
    /// Runs that were overtaken by another one.
    pub overtaken: usize,
    /// How long a run takes that nobody kills.
    pub typical: Duration,
    /// What must not be.
    pub differences: Vec<String>,
}

impl Report {
    /// How many runs were killed at random moments.
    pub fn kills(&self) -> usize {
        self.unclaimed + self.before + self.after
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Campaign { seed, rows, kind, .. } = &self.campaign;
        write!(
            f,
            "{kind:<16} seed {seed}, {rows} rows, {} kills: {} before the claim, {} before the commit, {} after it \
             ({} missed; a run takes {} ms); {} more within a commit, {} runs overtaken; {} differences",
            self.kills(),
            self.unclaimed,
            self.before,
            self.after,
            self.missed,
            self.typical.as_millis(),
            self.held,
            self.overtaken,
            self.differences.len()
        )?;
        self.differences
            .iter()
            .try_for_each(|difference| write!(f, "\n  {difference}"))
    }
}

impl Campaign {
    /// Runs it on a server.
    pub async fn run(&self, server: &Postgres) -> Report {
        let syncapp = Syncapp::default();
        let source = server.database().await;
        let target = match self.kind.into {
            System::Postgres => Target::Postgres(server.database().await.into()),
            System::Sqlite => Target::Sqlite(syncapp.folder().join("lake.db")),
            System::MariaDb => Target::MariaDb(MariaDb::shared().await.databases().await.into()),
        };
        syncapp.file("sync.yaml", &self.kind.workload.sync_file(&source, &target));
        self.kind.workload.fill(&source, self.rows).await;
        let mut step = Step {
            campaign: self,
            dice: Dice::new(self.seed),
            syncapp,
            source,
            target,
            late: None,
            held: String::new(),
            report: Report {
                campaign: self.clone(),
                unclaimed: 0,
                before: 0,
                after: 0,
                missed: 0,
                held: 0,
                overtaken: 0,
                typical: Duration::ZERO,
                differences: Vec::new(),
            },
        };
        step.prepare().await;
        // A run that is over before its kill is another step, but not without end.
        for turn in 0..self.kills * 10 {
            if step.report.kills() == self.kills {
                break;
            }
            step.kill().await;
            match turn % EVERY {
                0 => step.kill_held().await,
                1 => step.overtake().await,
                _ => {}
            }
        }
        step.report
    }
}
