//! What there is, a page at a time, in PostgreSQL.

use std::collections::BTreeMap;
use std::time::SystemTime;

use async_trait::async_trait;
use sqlx::{AssertSqlSafe, query};
use syncapp_control::{Lists, Moved, Run, RunId, RunList, RunPlace, Schedule};
use syncapp_model::Result;

use super::columns::{self, count, get, instant, number, run_columns, schedule_columns, stamp};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::page::{Argument, page};
use crate::words;

#[async_trait]
impl Lists for PostgresStore {
    async fn runs(&self, list: &RunList, after: Option<RunPlace>, limit: usize) -> Result<Vec<Run>> {
        let (page, arguments) = page(list, after, limit);
        let sql = format!(concat!("select ", run_columns!(), " from run {}"), page);
        timely(async {
            // Made of fixed parts: whatever comes from outside is bound.
            let mut read = query(AssertSqlSafe(sql));
            for argument in arguments {
                read = match argument {
                    Argument::Text(text) => read.bind(text),
                    Argument::At(at) => read.bind(stamp(at)),
                    Argument::Run(id) => read.bind(id.0),
                    Argument::Count(count) => read.bind(count),
                };
            }
            let rows = read.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(columns::run).collect()
        })
        .await
    }

    async fn moved(&self, runs: &[RunId]) -> Result<BTreeMap<RunId, Moved>> {
        let runs: Vec<_> = runs.iter().map(|run| run.0).collect();
        let sql =
            "select run, sum(rows_written)::bigint, sum(bytes_read)::bigint from task where run = any($1) group by run";
        timely(async {
            let rows = query(sql).bind(runs).fetch_all(&self.pool).await.map_err(failed)?;
            let moved = |row| {
                let (rows, bytes) = (count(row, 1)?, count(row, 2)?);
                Ok((RunId(get(row, 0)?), Moved { rows, bytes }))
            };
            rows.iter().map(moved).collect()
        })
        .await
    }

    async fn projects(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, u32)>> {
        let sql = "select name, newest from project where name > $1 and newest > 0 order by name limit $2";
        timely(async {
            let read = query(sql).bind(after.unwrap_or_default()).bind(words::limit(limit));
            let rows = read.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(|row| Ok((get(row, 0)?, number(row, 1)?))).collect()
        })
        .await
    }

    async fn versions(&self, project: &str, before: Option<u32>, limit: usize) -> Result<Vec<(u32, SystemTime)>> {
        let sql = "select number, applied_at from version where project = $1 and number < $2 \
             order by number desc limit $3";
        let before = before.map_or(i64::MAX, i64::from);
        timely(async {
            let read = query(sql).bind(project).bind(before).bind(words::limit(limit));
            let rows = read.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(|row| Ok((number(row, 0)?, instant(row, 1)?))).collect()
        })
        .await
    }

    async fn schedules(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<Schedule>> {
        let sql = concat!(
            "select ",
            schedule_columns!(),
            "null from schedule where project = $1 and sync > $2 order by sync limit $3"
        );
        timely(async {
            let read = query(sql).bind(project).bind(after.unwrap_or_default());
            let rows = read.bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(columns::schedule).collect()
        })
        .await
    }
}
