//! A campaign while it runs: one kill or one takeover, the run after it, and what is compared.

use std::time::Duration;

use tokio_postgres::Client;

use super::dice::Dice;
use super::hold::{Holder, Moment, until_waiting};
use super::target::{Mark, Target};
use super::{Campaign, Report, System};
use crate::server::postgres::Database;
use crate::syncapp::{Running, Syncapp};

/// Longer than what an increment leaves for clocks: behind it the next lower bound is the greatest value itself.
const REST: Duration = Duration::from_millis(1200);

/// The command that is killed.
const RUN: [&str; 2] = ["run", "sync.yaml"];

pub(super) struct Step<'a> {
    pub(super) campaign: &'a Campaign,
    pub(super) dice: Dice,
    pub(super) syncapp: Syncapp,
    pub(super) source: Database,
    pub(super) target: Target,
    /// A transaction in the source that began before the last run and is still open.
    pub(super) late: Option<Client>,
    /// What the target held when it was last looked at after a run that ended.
    pub(super) held: String,
    pub(super) report: Report,
}

/// What was there before a run that is killed, and what it would have brought.
struct Stakes {
    mark: Mark,
    old: String,
    new: String,
}

impl Step<'_> {
    /// The first load, with a transaction open beside it, and the length of a usual run.
    pub(super) async fn prepare(&mut self) {
        self.open_late().await;
        let mut took = Duration::ZERO;
        for run in 0..3 {
            self.change().await;
            if run == 1 {
                tokio::time::sleep(REST).await;
            }
            took = self.syncapp.succeed(&RUN).await.took;
            self.compare("an undisturbed run").await;
            self.commit_late().await;
        }
        self.report.typical = took;
    }

    /// One kill at a random moment, and the run after it.
    pub(super) async fn kill(&mut self) {
        let what = format!("kill {}", self.report.kills() + 1);
        let stakes = self.stakes().await;
        // Half of the kills fall where commits do.
        let part = if self.dice.below(2) == 0 {
            self.dice.between(0.0, 1.0)
        } else {
            self.dice.between(0.7, 1.0)
        };
        let what = format!("{what} at {part:.2}");
        let running = self.syncapp.start(&RUN);
        tokio::time::sleep(self.report.typical.mul_f64(part)).await;
        let killed = running.kill();
        // The next run may begin while the servers still believe that the killed one lives.
        let at_once = self.dice.below(2) == 0;
        let seen = self.judge(&what, &stakes, at_once).await;
        if !killed {
            self.report.missed += 1;
            // It was over by then: so long does a run not take.
            self.report.typical = self.report.typical.mul_f64(part.max(0.2));
        } else if seen.epoch == stakes.mark.epoch {
            self.report.unclaimed += 1;
        } else if seen.committed == stakes.mark.committed {
            self.report.before += 1;
        } else {
            self.report.after += 1;
        }
        self.recover(&what, &seen).await;
    }

    /// A kill at each moment that locks can hold a run at, and the runs after them.
    pub(super) async fn kill_held(&mut self) {
        for moment in self.campaign.kind.moments() {
            let what = format!("kill at {moment:?}");
            self.commit_late().await;
            let stakes = self.stakes().await;
            let (gate, mut running) = self.start_behind_gate().await;
            let holder = self.until_at(moment, &mut running, gate).await;
            let killed = running.kill() && holder.is_some();
            if let Some(holder) = holder {
                holder.release().await;
            }
            let seen = self.judge(&what, &stakes, false).await;
            self.note(&what, killed && seen.epoch > stakes.mark.epoch, || {
                "the run was over before it came there".into()
            });
            self.report.held += 1;
            self.recover(&what, &seen).await;
        }
    }

    /// A run that sleeps while another one does its work.
    pub(super) async fn overtake(&mut self) {
        if self.campaign.kind.into == System::Sqlite {
            return;
        }
        let what = "an overtaken run";
        self.commit_late().await;
        self.change().await;
        let (gate, mut running) = self.start_behind_gate().await;
        // Before it has made the table that its rows wait in, or after.
        if self.dice.below(2) == 0 {
            let workload = self.campaign.kind.workload;
            self.target.until_loading(&mut running, workload).await;
        }
        running.signal("STOP");
        gate.release().await;
        self.change().await;
        let rival = self.syncapp.run(&RUN).await;
        self.note(what, rival.code == Some(0), || {
            format!("the other one ends with {:?}: {}", rival.code, rival.output)
        });
        // The sleeper's sessions are still there.
        let wanted = self.target.wanted(&self.source).await;
        let (mark, held) = (self.target.mark().await, self.target.held().await);
        self.note(what, held == wanted, || {
            format!("the source has {wanted}, the other one brought {held}")
        });
        running.signal("CONT");
        let ended = running.end().await;
        let fenced = ended.code == Some(1) && ended.output.contains("destination.fenced");
        self.note(what, fenced, || {
            format!("it ends with {:?}: {}", ended.code, ended.output)
        });
        let now = self.target.mark().await;
        self.note(what, now == mark, || {
            format!("the checkpoint was {mark:?} and is {now:?}")
        });
        self.report.overtaken += 1;
        self.compare_with(&wanted, what).await;
    }

    /// Changes the source, and remembers what is there.
    async fn stakes(&mut self) -> Stakes {
        self.change().await;
        Stakes {
            mark: self.target.mark().await,
            old: self.held.clone(),
            new: self.target.wanted(&self.source).await,
        }
    }

    /// Starts a run that has claimed its target and waits for the source's rows.
    async fn start_behind_gate(&mut self) -> (Holder, Running) {
        let gate = Holder::source(&self.source).await;
        let mut running = self.syncapp.start(&RUN);
        let waits = until_waiting(&mut running, &self.source, &self.source.reader.user).await;
        self.note("a run", waits, || "it did not wait for the source's rows".into());
        (gate, running)
    }

    /// Lets a run go on to a moment, where the holder keeps it; `None` when it ended before.
    async fn until_at(&self, moment: Moment, running: &mut Running, gate: Holder) -> Option<Holder> {
        let mut holder = gate;
        for place in moment {
            let next = self.target.hold(*place).await;
            holder.release().await;
            holder = next;
            if !self.target.until_at(running, *place).await {
                return None;
            }
        }
        Some(holder)
    }

    /// What a killed run may leave: what was there, or what should be there, as its checkpoint says.
    async fn judge(&mut self, what: &str, stakes: &Stakes, at_once: bool) -> Mark {
        let Stakes { mark, old, new } = stakes;
        if !at_once {
            let left = self.target.rest(&self.source).await;
            self.note(what, left.is_empty(), || {
                format!("still there after the kill: {left:?}")
            });
        }
        let seen = self.target.mark().await;
        if !at_once {
            let held = self.target.held().await;
            let fine = held == *if seen.committed == mark.committed { old } else { new };
            self.note(what, fine, || format!("held {held}, before {old}, wanted {new}"));
        }
        self.note(what, seen.epoch >= mark.epoch, || {
            format!("the epoch fell from {} to {}", mark.epoch, seen.epoch)
        });
        seen
    }

    /// Changes the source once more, and runs to the end.
    async fn recover(&mut self, what: &str, seen: &Mark) {
        self.change().await;
        self.commit_late().await;
        if self.dice.below(3) == 0 {
            self.open_late().await;
        }
        if self.campaign.kind.workload.is_incremental() && self.dice.below(6) == 0 {
            tokio::time::sleep(REST).await;
        }
        let ended = self.syncapp.run(&RUN).await;
        self.note(what, ended.code == Some(0), || {
            format!("the next run ends with {:?}: {}", ended.code, ended.output)
        });
        // The machine may become faster or slower.
        self.report.typical = (self.report.typical * 3 + ended.took) / 4;
        self.compare(what).await;
        let last = self.target.mark().await;
        self.note(what, last.epoch > seen.epoch, || {
            format!("the epoch went from {} to {}", seen.epoch, last.epoch)
        });
    }

    /// Compares source and target after a run that has ended, and looks for what it left.
    async fn compare(&mut self, when: &str) {
        let wanted = self.target.wanted(&self.source).await;
        self.compare_with(&wanted, when).await;
    }

    async fn compare_with(&mut self, wanted: &str, when: &str) {
        let held = self.target.held().await;
        self.note(when, wanted == held, || {
            format!("the source has {wanted}, the target {held}")
        });
        self.held = held;
        let left = self.target.leftovers(&self.source, &self.syncapp).await;
        self.note(when, left.is_empty(), || format!("left behind: {left:?}"));
    }

    fn note(&mut self, what: &str, fine: bool, text: impl FnOnce() -> String) {
        if !fine {
            self.report.differences.push(format!("{what}: {}", text()));
        }
    }

    async fn change(&mut self) {
        self.campaign.kind.workload.change(&self.source, &mut self.dice).await;
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
