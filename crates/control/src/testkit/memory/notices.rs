use std::time::Duration;

use async_trait::async_trait;
use syncapp_model::Result;

use super::{MemoryStore, Untold};
use crate::{EndedRun, Notice, Notices, Run, RunId, RunState};

#[async_trait]
impl Notices for MemoryStore {
    async fn unannounced(&self, age: Duration, limit: usize) -> Result<Vec<EndedRun>> {
        let since = self.time() - age;
        let rows = self.rows();
        let is_news = |run: &&Run| run.finished_at.is_some_and(|at| at >= since) && !rows.announced.contains(&run.id);
        let mut news: Vec<&Run> = rows.runs.values().filter(is_news).collect();
        news.sort_by_key(|run| (run.finished_at, run.id));
        let ended = |run: &Run| {
            let earlier =
                |other: &&Run| other.project == run.project && other.sync == run.sync && other.place() < run.place();
            let counts = |other: &&Run| other.state.is_final() && other.state != RunState::Cancelled;
            let earlier = rows.runs.values().filter(earlier).filter(counts);
            EndedRun {
                run: run.clone(),
                before: earlier.max_by_key(|run| run.place()).map(|run| run.state),
            }
        };
        Ok(news.into_iter().take(limit).map(ended).collect())
    }

    async fn announce(&self, run: RunId, channels: &[String]) -> Result<bool> {
        let mut rows = self.rows();
        if !rows.runs.contains_key(&run) || !rows.announced.insert(run) {
            return Ok(false);
        }
        for channel in channels {
            let untold = Untold {
                tries: 0,
                taken_until: None,
            };
            rows.notices.insert((run, channel.clone()), untold);
        }
        Ok(true)
    }

    async fn take_notices(&self, limit: usize, time: Duration) -> Result<Vec<Notice>> {
        let now = self.time();
        let mut rows = self.rows();
        let free = rows.notices.iter_mut();
        let free = free.filter(|(_, row)| row.taken_until.is_none_or(|until| until <= now));
        let taken = free.take(limit).map(|((run, channel), row)| {
            row.taken_until = Some(now + time);
            row.tries += 1;
            Notice {
                run: *run,
                channel: channel.clone(),
                tries: row.tries,
            }
        });
        Ok(taken.collect())
    }

    async fn told(&self, run: RunId, channel: &str) -> Result<()> {
        self.rows().notices.remove(&(run, channel.to_owned()));
        Ok(())
    }

    async fn postpone(&self, run: RunId, channel: &str, wait: Duration) -> Result<()> {
        let until = self.time() + wait;
        if let Some(row) = self.rows().notices.get_mut(&(run, channel.to_owned())) {
            row.taken_until = Some(until);
        }
        Ok(())
    }
}
