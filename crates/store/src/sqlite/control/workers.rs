//! Who is there, in SQLite.

use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Row, params};
use syncapp_control::{ClaimedTask, Heard, Presence, Workers};
use syncapp_model::Result;

use super::columns::{instant, optional_instant, task_id, word};
use super::{NOW, SqliteStore};
use crate::words;

const DAY: Duration = Duration::from_hours(24);

const CLAIMS: &str = "select task.run, task.number, task.worker, run.project, run.sync, task.stream, task.pool, task.started_at \
    from task indexed by task_leased join run on run.id = task.run \
    where task.lease_until is not null and task.worker is not null \
    order by task.worker, task.run, task.number limit ?";

#[async_trait]
impl Workers for SqliteStore {
    async fn here(&self, worker: &Presence) -> Result<()> {
        let worker = worker.clone();
        let pools = words::names_to_text(&worker.pools)?;
        let forget = format!("delete from worker where seen_at < {NOW} - ? and name <> ?");
        let here = format!(
            "insert into worker (name, pools, slots, since, seen_at) values (?, ?, ?, {NOW}, {NOW})
             on conflict (name) do update set pools = excluded.pools, slots = excluded.slots, seen_at = excluded.seen_at"
        );
        self.transaction(move |rows| {
            rows.step(|c| {
                c.prepare_cached(&forget)?
                    .execute(params![words::duration_micros(DAY), worker.name])?;
                c.prepare_cached(&here)?
                    .execute(params![worker.name, pools, worker.slots])?;
                Ok(())
            })
        })
        .await
    }

    async fn gone(&self, name: &str) -> Result<()> {
        let name = name.to_owned();
        self.transaction(move |rows| {
            rows.step(|c| {
                c.prepare_cached("delete from worker where name = ?")?
                    .execute([&name])?;
                Ok(())
            })
        })
        .await
    }

    async fn workers(&self, since: Duration, limit: usize) -> Result<Vec<Heard>> {
        let sql = format!(
            "select name, pools, slots, since, seen_at from worker where seen_at > {NOW} - ? order by name limit ?"
        );
        self.read(move |c| {
            let arguments = params![words::duration_micros(since), words::limit(limit)];
            c.prepare_cached(&sql)?.query_map(arguments, heard)?.collect()
        })
        .await
    }

    async fn claims(&self, limit: usize) -> Result<Vec<ClaimedTask>> {
        self.read(move |c| {
            c.prepare_cached(CLAIMS)?
                .query_map([words::limit(limit)], claim)?
                .collect()
        })
        .await
    }
}

fn heard(row: &Row<'_>) -> rusqlite::Result<Heard> {
    let pools: String = row.get(1)?;
    Ok(Heard {
        worker: Presence {
            name: row.get(0)?,
            pools: word(words::names_from_text(&pools))?,
            slots: row.get(2)?,
        },
        since: instant(row, 3)?,
        seen_at: instant(row, 4)?,
    })
}

fn claim(row: &Row<'_>) -> rusqlite::Result<ClaimedTask> {
    Ok(ClaimedTask {
        task: task_id(row)?,
        worker: row.get(2)?,
        project: row.get(3)?,
        sync: row.get(4)?,
        stream: row.get(5)?,
        pool: row.get(6)?,
        started_at: optional_instant(row, 7)?,
    })
}
