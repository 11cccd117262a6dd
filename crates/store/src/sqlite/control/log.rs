//! What an operator reads of a run later, in SQLite.

use async_trait::async_trait;
use rusqlite::params;
use syncapp_control::{LogLine, Logged, RunId, RunLog};
use syncapp_model::Result;

use super::columns::{self, bytes};
use super::{SqliteStore, at_once};
use crate::steps;
use crate::words;

#[async_trait]
impl RunLog for SqliteStore {
    async fn log(&self, run: RunId, lines: &[LogLine]) -> Result<()> {
        let lines = lines.to_vec();
        self.transaction(move |rows| at_once(steps::log(rows, run, &lines)))
            .await
    }

    async fn logged(&self, run: RunId, after: u32, limit: usize) -> Result<Vec<Logged>> {
        let sql = "select number, at, level, stream, text, code, help from run_log \
             where run = ? and number > ? order by number limit ?";
        self.read(move |c| {
            c.prepare_cached(sql)?
                .query_map(params![bytes(run), after, words::limit(limit)], columns::line)?
                .collect()
        })
        .await
    }
}
