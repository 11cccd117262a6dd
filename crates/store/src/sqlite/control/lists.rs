//! What there is, a page at a time, in SQLite.

use std::collections::BTreeMap;
use std::time::SystemTime;

use async_trait::async_trait;
use rusqlite::types::{ToSqlOutput, Value};
use rusqlite::{Row, ToSql, params, params_from_iter};
use syncapp_control::{Lists, Moved, Run, RunId, RunList, RunPlace, Schedule};
use syncapp_model::Result;

use super::SqliteStore;
use super::columns::{self, RUN, SCHEDULE, count, instant, run_id};
use crate::page::{Argument, page};
use crate::words;

#[async_trait]
impl Lists for SqliteStore {
    async fn runs(&self, list: &RunList, after: Option<RunPlace>, limit: usize) -> Result<Vec<Run>> {
        let (page, arguments) = page(list, after, limit);
        let sql = format!("select {RUN} from run {page}");
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map(params_from_iter(arguments), columns::run)?
                .collect()
        })
        .await
    }

    async fn moved(&self, runs: &[RunId]) -> Result<BTreeMap<RunId, Moved>> {
        let runs: Vec<_> = runs.iter().map(|run| Argument::Run(*run)).collect();
        let places = vec!["?"; runs.len()].join(", ");
        let sql =
            format!("select run, sum(rows_written), sum(bytes_read) from task where run in ({places}) group by run");
        self.read(move |c| {
            let moved = |row: &Row<'_>| {
                let (rows, bytes) = (count(row, 1)?, count(row, 2)?);
                Ok((run_id(row.get(0)?), Moved { rows, bytes }))
            };
            c.prepare(&sql)?.query_map(params_from_iter(runs), moved)?.collect()
        })
        .await
    }

    async fn projects(&self, after: Option<&str>, limit: usize) -> Result<Vec<(String, u32)>> {
        let after = after.unwrap_or_default().to_owned();
        let sql = "select name, newest from project where name > ? and newest > 0 order by name limit ?";
        self.read(move |c| {
            c.prepare_cached(sql)?
                .query_map(params![after, words::limit(limit)], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })?
                .collect()
        })
        .await
    }

    async fn versions(&self, project: &str, before: Option<u32>, limit: usize) -> Result<Vec<(u32, SystemTime)>> {
        let project = project.to_owned();
        let before = before.map_or(i64::MAX, i64::from);
        let sql =
            "select number, applied_at from version where project = ? and number < ? order by number desc limit ?";
        self.read(move |c| {
            c.prepare_cached(sql)?
                .query_map(params![project, before, words::limit(limit)], |row| {
                    Ok((row.get(0)?, instant(row, 1)?))
                })?
                .collect()
        })
        .await
    }

    async fn schedules(&self, project: &str, after: Option<&str>, limit: usize) -> Result<Vec<Schedule>> {
        let (project, after) = (project.to_owned(), after.unwrap_or_default().to_owned());
        let sql = format!("select {SCHEDULE}, null from schedule where project = ? and sync > ? order by sync limit ?");
        self.read(move |c| {
            c.prepare_cached(&sql)?
                .query_map(params![project, after, words::limit(limit)], columns::schedule)?
                .collect()
        })
        .await
    }
}

impl ToSql for Argument {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Text(text) => text.as_str().into(),
            Self::At(at) => words::micros(*at).into(),
            Self::Run(id) => ToSqlOutput::Owned(Value::Blob(id.0.as_bytes().to_vec())),
            Self::Count(count) => (*count).into(),
        })
    }
}
