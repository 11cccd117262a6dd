//! The kill campaign: syncs that are killed at random moments must leave the target as it was or as it should be, and
//! the next run must bring it to the source's state, without a duplicate, a hole or a leftover.

pub mod dice;
mod target;
mod workload;

use std::fmt;
use std::time::Duration;

pub use dice::Dice;
pub use target::{Mark, Target};
use tokio_postgres::Client;
pub use workload::{KINDS, Kind, System, Workload};

use crate::server::mariadb::MariaDb;
use crate::server::postgres::{Database, Postgres};
use crate::syncapp::Syncapp;

/// The command that is killed.
const RUN: [&str; 2] = ["run", "sync.yaml"];

/// What a campaign is made of.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Repeats the same choices; the moments of the kills still depend on the machine.
    pub seed: u64,
    /// How many runs are killed.
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
    /// How long a run takes that nobody kills.
    pub typical: Duration,
    /// What must not be.
    pub differences: Vec<String>,
}

impl Report {
    /// How many runs were killed.
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
             ({} missed; a run takes {} ms); {} differences",
            self.kills(),
            self.unclaimed,
            self.before,
            self.after,
            self.missed,
            self.typical.as_millis(),
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
            report: Report {
                campaign: self.clone(),
                unclaimed: 0,
                before: 0,
                after: 0,
                missed: 0,
                typical: Duration::ZERO,
                differences: Vec::new(),
            },
        };
        step.prepare().await;
        // A run that is over before its kill is another step, but not without end.
        for _ in 0..self.kills * 10 {
            if step.report.kills() == self.kills {
                break;
            }
            step.take().await;
        }
        step.report
    }
}

/// A campaign while it runs.
struct Step<'a> {
    campaign: &'a Campaign,
    dice: Dice,
    syncapp: Syncapp,
    source: Database,
    target: Target,
    /// A transaction in the source that began before the last run and is still open.
    late: Option<Client>,
    report: Report,
}

impl Step<'_> {
    /// The first load, with a transaction open beside it, and the length of a usual run.
    async fn prepare(&mut self) {
        self.open_late().await;
        let mut took = Duration::ZERO;
        for _ in 0..3 {
            self.campaign.kind.workload.change(&self.source, &mut self.dice).await;
            took = self.syncapp.succeed(&RUN).await.took;
            self.compare("an undisturbed run").await;
            self.commit_late().await;
        }
        self.report.typical = took;
    }

    /// One kill and the run after it.
    async fn take(&mut self) {
        let number = self.report.kills() + 1;
        self.campaign.kind.workload.change(&self.source, &mut self.dice).await;
        let (mark, old) = (self.target.mark().await, self.target.held().await);
        let new = self.target.wanted(&self.source).await;
        // Half of the kills fall where commits do.
        let part = if self.dice.below(2) == 0 {
            self.dice.between(0.0, 1.0)
        } else {
            self.dice.between(0.7, 1.0)
        };
        let running = self.syncapp.start(&RUN);
        tokio::time::sleep(self.report.typical.mul_f64(part)).await;
        let killed = running.kill();
        // The next run may begin while the servers still believe that the killed one lives.
        let at_once = self.dice.below(2) == 0;
        if !at_once {
            let left = self.target.rest(&self.source).await;
            self.note(number, left.is_empty(), || {
                format!("still there after the kill: {left:?}")
            });
        }
        let seen = self.target.mark().await;
        if !killed {
            self.report.missed += 1;
            // It was over by then: so long does a run not take.
            self.report.typical = self.report.typical.mul_f64(part.max(0.2));
        } else if seen.epoch == mark.epoch {
            self.report.unclaimed += 1;
        } else if seen.committed == mark.committed {
            self.report.before += 1;
        } else {
            self.report.after += 1;
        }
        if !at_once {
            let held = self.target.held().await;
            let fine = if seen.committed == mark.committed {
                held == old
            } else {
                held == new
            };
            self.note(number, fine, || {
                format!("killed at {part:.2}: held {held}, before {old}, wanted {new}")
            });
        }
        self.note(number, seen.epoch >= mark.epoch, || {
            format!("the epoch fell from {} to {}", mark.epoch, seen.epoch)
        });

        self.campaign.kind.workload.change(&self.source, &mut self.dice).await;
        self.commit_late().await;
        if self.campaign.kind.workload.is_incremental() && self.dice.below(3) == 0 {
            self.open_late().await;
        }
        let ended = self.syncapp.run(&RUN).await;
        self.note(number, ended.code == Some(0), || {
            format!("the next run ends with {:?}: {}", ended.code, ended.output)
        });
        // The machine may become faster or slower.
        self.report.typical = (self.report.typical * 3 + ended.took) / 4;
        self.compare(&format!("kill {number} at {part:.2}")).await;
        let last = self.target.mark().await;
        self.note(number, last.epoch > seen.epoch, || {
            format!("the epoch went from {} to {}", seen.epoch, last.epoch)
        });
    }

    /// Compares source and target after a run that has ended, and looks for what it left.
    async fn compare(&mut self, when: &str) {
        let (wanted, held) = (self.target.wanted(&self.source).await, self.target.held().await);
        if wanted != held {
            self.report
                .differences
                .push(format!("{when}: the source has {wanted}, the target {held}"));
        }
        let left = self.target.leftovers(&self.source, &self.syncapp).await;
        if !left.is_empty() {
            self.report.differences.push(format!("{when}: left behind: {left:?}"));
        }
    }

    fn note(&mut self, number: usize, fine: bool, text: impl FnOnce() -> String) {
        if !fine {
            self.report.differences.push(format!("kill {number}: {}", text()));
        }
    }

    async fn open_late(&mut self) {
        if !self.campaign.kind.workload.is_incremental() {
            return;
        }
        let client = self.source.owner.client().await;
        let insert = self.campaign.kind.workload.late(&mut self.dice);
        client
            .batch_execute(&format!("begin; {insert}"))
            .await
            .unwrap_or_else(|e| panic!("{insert}: {e:?}"));
        self.late = Some(client);
    }

    async fn commit_late(&mut self) {
        if let Some(client) = self.late.take() {
            client
                .batch_execute("commit")
                .await
                .unwrap_or_else(|e| panic!("commit: {e:?}"));
        }
    }
}
