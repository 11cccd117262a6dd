//! Runs, as they come in, in SQLite.

use async_trait::async_trait;
use syncapp_control::{NewRun, Run, RunId, Submissions, Submitted};
use syncapp_model::Result;

use super::columns::{self, RUN, bytes};
use super::rows::read_run;
use super::{SqliteStore, at_once};
use crate::steps;
use crate::words;

#[async_trait]
impl Submissions for SqliteStore {
    async fn submit(&self, run: &NewRun) -> Result<Submitted> {
        let run = run.clone();
        self.transaction(move |rows| at_once(steps::submit(rows, &run))).await
    }

    async fn run(&self, id: RunId) -> Result<Option<Run>> {
        self.read(move |c| read_run(c, id)).await
    }

    async fn cancel(&self, id: RunId) -> Result<Option<Run>> {
        self.transaction(move |rows| at_once(steps::cancel(rows, id))).await
    }

    async fn unfollowed(&self, limit: usize) -> Result<Vec<Run>> {
        let sql = format!(
            "select {RUN} from run indexed by run_unfollowed \
             where state = 'done' and followed = 0 order by finished_at limit ?"
        );
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map([words::limit(limit)], columns::run)?
                .collect()
        })
        .await
    }

    async fn followed(&self, id: RunId) -> Result<()> {
        let sql = "update run set followed = 1 where id = ? and followed = 0";
        self.with(move |c, _| c.execute(sql, [bytes(id)]).map(drop)).await
    }
}
