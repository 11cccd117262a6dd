//! Who is told of the ends of runs, in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use syncapp_control::{EndedRun, Notice, Notices, Run, RunId, RunState};
use syncapp_model::Result;

use super::columns::{self, RUN, bytes, run_id, word};
use super::{NOW, SqliteStore};
use crate::words;

#[async_trait]
impl Notices for SqliteStore {
    async fn unannounced(&self, age: Duration, limit: usize) -> Result<Vec<EndedRun>> {
        let sql = format!(
            "select {RUN} from run indexed by run_unannounced \
             where finished_at >= {NOW} - ? and announced = 0 order by finished_at, id limit ?"
        );
        self.read(move |c| {
            let arguments = params![words::duration_micros(age), words::limit(limit)];
            let ended: Vec<Run> = c
                .prepare_cached(&sql)?
                .query_map(arguments, columns::run)?
                .collect::<rusqlite::Result<_>>()?;
            let before = |run: Run| {
                let before = before(c, &run)?;
                Ok(EndedRun { run, before })
            };
            ended.into_iter().map(before).collect()
        })
        .await
    }

    async fn announce(&self, run: RunId, channels: &[String]) -> Result<bool> {
        let channels = channels.to_vec();
        let settle = "update run set announced = 1 where id = ? and announced = 0";
        self.transaction(move |rows| {
            rows.step(|c| {
                let settled = c.prepare_cached(settle)?.execute([bytes(run)])? == 1;
                if settled {
                    let mut insert = c.prepare_cached("insert into notice (run, channel) values (?, ?)")?;
                    for channel in &channels {
                        insert.execute(params![bytes(run), channel])?;
                    }
                }
                Ok(settled)
            })
        })
        .await
    }

    async fn take_notices(&self, limit: usize, time: Duration) -> Result<Vec<Notice>> {
        let free = format!(
            "select run, channel, tries + 1 from notice where free_at <= {NOW} order by free_at, run, channel limit ?"
        );
        let update = format!("update notice set free_at = {NOW} + ?, tries = tries + 1 where run = ? and channel = ?");
        self.transaction(move |rows| {
            rows.step(|c| {
                let taken: Vec<Notice> = c
                    .prepare_cached(&free)?
                    .query_map([words::limit(limit)], notice)?
                    .collect::<rusqlite::Result<_>>()?;
                let mut update = c.prepare_cached(&update)?;
                for notice in &taken {
                    update.execute(params![words::duration_micros(time), bytes(notice.run), notice.channel])?;
                }
                Ok(taken)
            })
        })
        .await
    }

    async fn told(&self, run: RunId, channel: &str) -> Result<()> {
        let channel = channel.to_owned();
        let sql = "delete from notice where run = ? and channel = ?";
        self.with(move |c, _| c.execute(sql, params![bytes(run), channel]).map(drop))
            .await
    }

    async fn postpone(&self, run: RunId, channel: &str, wait: Duration) -> Result<()> {
        let channel = channel.to_owned();
        let sql = format!("update notice set free_at = {NOW} + ? where run = ? and channel = ?");
        self.with(move |c, _| {
            c.execute(&sql, params![words::duration_micros(wait), bytes(run), channel])
                .map(drop)
        })
        .await
    }
}

/// How the run before it of the same sync ended, of those that were not cancelled.
fn before(c: &Connection, run: &Run) -> rusqlite::Result<Option<RunState>> {
    let sql = "select state from run indexed by run_list_sync where project = ? and sync = ? \
         and (submitted_at, id) < (?, ?) and state in ('done', 'partial', 'failed') \
         order by submitted_at desc, id desc limit 1";
    let arguments = params![run.project, run.sync, words::micros(run.submitted_at), bytes(run.id)];
    let state = c
        .prepare_cached(sql)?
        .query_row(arguments, |row| row.get::<_, String>(0));
    state
        .optional()?
        .map(|state| word(words::run_state(&state)))
        .transpose()
}

fn notice(row: &Row<'_>) -> rusqlite::Result<Notice> {
    Ok(Notice {
        run: run_id(row.get(0)?),
        channel: row.get(1)?,
        tries: row.get(2)?,
    })
}
