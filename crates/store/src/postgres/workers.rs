//! Who is there, in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::{ClaimedTask, Heard, Presence, Workers};
use syncapp_model::Result;

use super::columns::{get, instant, interval, optional_instant, task_id};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::words;

const HERE: &str = "with forgotten as (delete from worker where seen_at < now() - interval '1 day' and name <> $1)
    insert into worker (name, pools, slots, since, seen_at) values ($1, $2, $3, now(), now())
    on conflict (name) do update set pools = excluded.pools, slots = excluded.slots, seen_at = excluded.seen_at";

const CLAIMS: &str =
    "select task.run, task.number, task.worker, run.project, run.sync, task.stream, task.pool, task.started_at
    from task join run on run.id = task.run where task.lease_until is not null and task.worker is not null
    order by task.worker, task.run, task.number limit $1";

#[async_trait]
impl Workers for PostgresStore {
    async fn here(&self, worker: &Presence) -> Result<()> {
        let here = query(HERE).bind(&worker.name).bind(&worker.pools);
        let here = here.bind(i64::from(worker.slots));
        timely(async { here.execute(&self.pool).await.map(drop).map_err(failed) }).await
    }

    async fn gone(&self, name: &str) -> Result<()> {
        let gone = query("delete from worker where name = $1").bind(name);
        timely(async { gone.execute(&self.pool).await.map(drop).map_err(failed) }).await
    }

    async fn workers(&self, since: Duration, limit: usize) -> Result<Vec<Heard>> {
        let sql =
            "select name, pools, slots, since, seen_at from worker where seen_at > now() - $1 order by name limit $2";
        timely(async {
            let heard = query(sql).bind(interval(since)).bind(words::limit(limit));
            let rows = heard.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(heard_of).collect()
        })
        .await
    }

    async fn claims(&self, limit: usize) -> Result<Vec<ClaimedTask>> {
        timely(async {
            let rows = query(CLAIMS).bind(words::limit(limit)).fetch_all(&self.pool).await;
            rows.map_err(failed)?.iter().map(claim).collect()
        })
        .await
    }
}

fn heard_of(row: &PgRow) -> Result<Heard> {
    Ok(Heard {
        worker: Presence {
            name: get(row, 0)?,
            pools: get(row, 1)?,
            slots: get::<i64>(row, 2)? as u32,
        },
        since: instant(row, 3)?,
        seen_at: instant(row, 4)?,
    })
}

fn claim(row: &PgRow) -> Result<ClaimedTask> {
    Ok(ClaimedTask {
        task: task_id(row)?,
        worker: get(row, 2)?,
        project: get(row, 3)?,
        sync: get(row, 4)?,
        stream: get(row, 5)?,
        pool: get(row, 6)?,
        started_at: optional_instant(row, 7)?,
    })
}
