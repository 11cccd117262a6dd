//! Who is told of the ends of runs, in PostgreSQL.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::query;
use syncapp_control::{EndedRun, Notice, Notices, RunId};
use syncapp_model::Result;
use uuid::Uuid;

use super::columns::{self, get, interval, number, run_columns};
use super::errors::failed;
use super::{PostgresStore, timely};
use crate::words;

const ANNOUNCE: &str = "with settled as (
      update run set announced = true where id = $1 and not announced returning id
    ), told as (
      insert into notice (run, channel) select id, channel from settled, unnest($2::text[]) as channel
    )
    select count(*) from settled";

/// Those that take at once do not wait for each other.
const TAKE: &str = "with free as (
      select run, channel from notice where free_at <= now() order by free_at, run, channel limit $1
      for update skip locked
    )
    update notice set free_at = now() + $2, tries = tries + 1 from free
    where notice.run = free.run and notice.channel = free.channel
    returning notice.run, notice.channel, notice.tries";

#[async_trait]
impl Notices for PostgresStore {
    async fn unannounced(&self, age: Duration, limit: usize) -> Result<Vec<EndedRun>> {
        let sql = concat!(
            "select ",
            run_columns!(),
            ", (select before.state from run as before where before.project = run.project and before.sync = run.sync \
               and (before.submitted_at, before.id) < (run.submitted_at, run.id) \
               and before.state in ('done', 'partial', 'failed') \
               order by before.submitted_at desc, before.id desc limit 1) \
             from run where finished_at >= now() - $1 and finished_at is not null and not announced \
             order by finished_at, id limit $2"
        );
        timely(async {
            let read = query(sql).bind(interval(age)).bind(words::limit(limit));
            let rows = read.fetch_all(&self.pool).await.map_err(failed)?;
            rows.iter().map(ended).collect()
        })
        .await
    }

    async fn announce(&self, run: RunId, channels: &[String]) -> Result<bool> {
        timely(async {
            let settled = query(ANNOUNCE).bind(run.0).bind(channels);
            let settled = settled.fetch_one(&self.pool).await.map_err(failed)?;
            Ok(get::<i64>(&settled, 0)? == 1)
        })
        .await
    }

    async fn take_notices(&self, limit: usize, time: Duration) -> Result<Vec<Notice>> {
        timely(async {
            let take = query(TAKE).bind(words::limit(limit)).bind(interval(time));
            let rows = take.fetch_all(&self.pool).await.map_err(failed)?;
            let mut taken: Vec<Notice> = rows.iter().map(notice).collect::<Result<_>>()?;
            taken.sort_unstable_by(|one, other| (one.run, &one.channel).cmp(&(other.run, &other.channel)));
            Ok(taken)
        })
        .await
    }

    async fn told(&self, run: RunId, channel: &str) -> Result<()> {
        timely(async {
            let delete = query("delete from notice where run = $1 and channel = $2");
            let done = delete.bind(run.0).bind(channel).execute(&self.pool).await;
            done.map(drop).map_err(failed)
        })
        .await
    }

    async fn postpone(&self, run: RunId, channel: &str, wait: Duration) -> Result<()> {
        timely(async {
            let update = query("update notice set free_at = now() + $3 where run = $1 and channel = $2");
            let update = update.bind(run.0).bind(channel).bind(interval(wait));
            update.execute(&self.pool).await.map(drop).map_err(failed)
        })
        .await
    }
}

fn ended(row: &PgRow) -> Result<EndedRun> {
    let before: Option<&str> = get(row, 16)?;
    Ok(EndedRun {
        run: columns::run(row)?,
        before: before.map(words::run_state).transpose()?,
    })
}

fn notice(row: &PgRow) -> Result<Notice> {
    Ok(Notice {
        run: RunId(get::<Uuid>(row, 0)?),
        channel: get(row, 1)?,
        tries: number(row, 2)?,
    })
}
