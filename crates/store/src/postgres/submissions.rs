//! Runs, as they come in, in PostgreSQL.

use async_trait::async_trait;
use sqlx::query;
use syncapp_control::{NewRun, Run, RunId, Submissions, Submitted};
use syncapp_model::Result;

use super::columns::{self, run_columns};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::steps;
use crate::words;

#[async_trait]
impl Submissions for PostgresStore {
    async fn submit(&self, run: &NewRun) -> Result<Submitted> {
        timely(async {
            let mut rows = self.begin().await?;
            let submitted = steps::submit(&mut rows, run).await?;
            rows.commit(submitted).await
        })
        .await
    }

    async fn run(&self, id: RunId) -> Result<Option<Run>> {
        let sql = concat!("select ", run_columns!(), " from run where id = $1");
        timely(async {
            let row = query(sql).bind(id.0).fetch_optional(&self.pool).await;
            row.map_err(failed)?.as_ref().map(columns::run).transpose()
        })
        .await
    }

    async fn cancel(&self, id: RunId) -> Result<Option<Run>> {
        timely(async {
            let mut rows = self.begin().await?;
            let run = steps::cancel(&mut rows, id).await?;
            rows.commit(run).await
        })
        .await
    }

    async fn unfollowed(&self, limit: usize) -> Result<Vec<Run>> {
        let sql = concat!(
            "select ",
            run_columns!(),
            " from run where state = 'done' and not followed order by finished_at limit $1"
        );
        timely(async {
            let rows = query(sql).bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(columns::run).collect()
        })
        .await
    }

    async fn followed(&self, id: RunId) -> Result<()> {
        let sql = "update run set followed = true where id = $1 and not followed";
        timely(async {
            let done = query(sql).bind(id.0).execute(&self.pool).await;
            done.map(drop).map_err(failed)
        })
        .await
    }
}
