//! How many streams use a connection at once, in SQLite.

use rusqlite::{Connection, params};

use super::NOW;
use super::columns::{self, first};
use crate::rows::Waiting;
use crate::words;

/// Only runs of these states have a task that is leased.
const CARRIED: &str = "select count(*) from run indexed by run_limited
       cross join task indexed by task_carried on task.run = run.id and task.lease_until is not null
       where run.project = ?1 and run.state in ('running', 'stalled', 'cancelling') and run.finished_at is null
         and (run.source = ?2 or run.destination = ?2) and (run.source is not null or run.destination is not null)";

pub(super) fn carried(c: &Connection, project: &str, connection: &str) -> rusqlite::Result<u32> {
    c.prepare_cached(CARRIED)?.query_row([project, connection], first)
}

pub(super) fn waiting(c: &Connection, project: &str, connection: &str, limit: usize) -> rusqlite::Result<Vec<Waiting>> {
    // A hint that somebody has ever taken out of the outbox may have led nowhere already.
    let sql = format!(
        "select task.run, task.number, task.pool, run.source, run.source_streams, run.destination,
           run.destination_streams
         from run indexed by run_limited cross join task on task.run = run.id
         where run.project = ?1 and run.state <> 'held' and run.finished_at is null
           and (run.source = ?2 or run.destination = ?2) and (run.source is not null or run.destination is not null)
           and (task.state = 'queued' or task.state = 'waiting' and task.next_try_at <= {NOW})
           and not exists (select 1 from outbox where outbox.run = task.run and outbox.number = task.number
             and outbox.free_at = 0)
         order by task.hinted_at, task.run, task.number limit ?3"
    );
    c.prepare_cached(&sql)?
        .query_map(params![project, connection, words::limit(limit)], |row| {
            Ok(Waiting {
                task: columns::task_id(row)?,
                pool: row.get(2)?,
                limits: columns::limits(row, 3)?,
            })
        })?
        .collect()
}
