//! What an operator reads of a run later, in PostgreSQL.

use async_trait::async_trait;
use sqlx::query;
use syncapp_control::{LogLine, Logged, RunId, RunLog};
use syncapp_model::Result;

use super::columns;
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::steps;
use crate::words;

#[async_trait]
impl RunLog for PostgresStore {
    async fn log(&self, run: RunId, lines: &[LogLine]) -> Result<()> {
        timely(async {
            let mut rows = self.begin().await?;
            steps::log(&mut rows, run, lines).await?;
            rows.commit(()).await
        })
        .await
    }

    async fn logged(&self, run: RunId, after: u32, limit: usize) -> Result<Vec<Logged>> {
        let sql = "select number, at, level, stream, text, code, help from run_log \
             where run = $1 and number > $2 order by number limit $3";
        timely(async {
            let read = query(sql).bind(run.0).bind(after as i32).bind(words::limit(limit));
            let rows = read.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(columns::line).collect()
        })
        .await
    }
}
