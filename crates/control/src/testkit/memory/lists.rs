use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::SystemTime;

use async_trait::async_trait;
use syncapp_model::Result;

use super::MemoryStore;
use crate::{Lists, Moved, Run, RunId, RunList, RunPlace, RunsOf, Schedule};

#[async_trait]
impl Lists for MemoryStore {
    async fn runs(&self, list: &RunList, after: Option<RunPlace>, limit: usize) -> Result<Vec<Run>> {
        let rows = self.rows();
        let is_in = |run: &&Run| match &list.of {
            RunsOf::All => true,
            RunsOf::Project(project) => run.project == *project,
            RunsOf::Sync(id) => run.project == id.project && run.sync == id.sync,
        };
        let matches = |run: &&Run| {
            is_in(run)
                && list.state.is_none_or(|state| run.state == state)
                && after.is_none_or(|after| run.place() < after)
        };
        let mut runs: Vec<Run> = rows.runs.values().filter(matches).cloned().collect();
        runs.sort_by_key(|run| Reverse(run.place()));
        runs.truncate(limit);
        Ok(runs)
    }

    async fn moved(&self, runs: &[RunId]) -> Result<BTreeMap<RunId, Moved>> {
        let rows = self.rows();
        let known = runs.iter().filter(|run| rows.runs.contains_key(run));
        let sum = |run: &RunId| {
            rows.of(*run).fold(Moved::default(), |sum, task| Moved {
                rows: sum.rows + task.progress.written,
                bytes: sum.bytes + task.progress.bytes,
            })
        };
        Ok(known.map(|run| (*run, sum(run))).collect())
    }

    async fn projects(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, u32)>> {
        let rows = self.rows();
        let newest = rows.versions.iter().filter_map(|(project, versions)| {
            let newest = versions.last()?;
            Some((project.clone(), newest.number))
        });
        let later = newest.filter(|(project, _)| after.is_none_or(|after| project.as_str() > after));
        Ok(later.take(limit).collect())
    }

    async fn versions(&self, project: &str, before: Option<u32>, limit: usize) -> Result<Vec<(u32, SystemTime)>> {
        let rows = self.rows();
        let versions = rows.versions.get(project).into_iter().flatten().rev();
        let earlier = versions.filter(|version| before.is_none_or(|before| version.number < before));
        let told = earlier.map(|version| (version.number, version.applied_at));
        Ok(told.take(limit).collect())
    }

    async fn schedules(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<Schedule>> {
        let rows = self.rows();
        let mine = rows
            .schedules
            .values()
            .filter(|schedule| schedule.id.project == project);
        let later = mine.filter(|schedule| after.is_none_or(|after| schedule.id.sync.as_str() > after));
        Ok(later.take(limit).cloned().collect())
    }
}
