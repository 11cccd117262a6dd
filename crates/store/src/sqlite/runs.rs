//! The history of runs in SQLite.

use async_trait::async_trait;
use rusqlite::{Connection, ToSql, TransactionBehavior};
use syncapp_control::{Outcome, RunFilter, RunId, RunRecord, Runs};
use syncapp_model::{Code, Error, Result};

use super::liveness::Liveness;
use super::{SqliteStore, rows};

#[async_trait]
impl Runs for SqliteStore {
    async fn started(&self, run: &RunRecord) -> Result<()> {
        // Held before it is seen, so that nobody takes it for dead.
        self.inner.liveness.hold(run.id).map_err(|e| self.unlockable(e))?;
        self.write(run).await
    }

    async fn finished(&self, run: &RunRecord) -> Result<()> {
        self.write(run).await?;
        self.inner.liveness.release(run.id);
        Ok(())
    }

    async fn history(&self, filter: &RunFilter) -> Result<Vec<RunRecord>> {
        let filter = filter.clone();
        let limit = filter.limit.map_or(-1, |limit| i64::try_from(limit).unwrap_or(-1));
        self.with(move |connection, liveness| {
            read(
                connection,
                liveness,
                "(?1 is null or project = ?1) and (?2 is null or sync = ?2) order by id desc limit ?3",
                &[&filter.project, &filter.sync, &limit],
            )
        })
        .await
    }

    async fn run(&self, id: RunId) -> Result<Option<RunRecord>> {
        let runs = self.with(move |connection, liveness| read(connection, liveness, "id = ?1", &[id.0.as_bytes()]));
        Ok(runs.await?.pop())
    }
}

impl SqliteStore {
    async fn write(&self, run: &RunRecord) -> Result<()> {
        let run = run.clone();
        self.transaction(move |rows| rows.step(|c| rows::write(c, &run))).await
    }

    fn unlockable(&self, e: std::io::Error) -> Error {
        Error::new(Code::StoreFailed, "a run cannot be marked as running")
            .file(self.inner.file.display())
            .help("make the folder writable, or choose another one by SYNCAPP_HOME")
            .driver(e)
    }
}

fn read(
    connection: &mut Connection,
    liveness: &Liveness,
    condition: &str,
    parameters: &[&dyn ToSql],
) -> rusqlite::Result<Vec<RunRecord>> {
    let sql = format!("select {} from runs where {condition}", rows::RUN_COLUMNS);
    let transaction = connection.transaction()?;
    let mut runs = transaction
        .prepare_cached(&sql)?
        .query_map(parameters, rows::run)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    for run in &mut runs {
        run.streams = rows::streams(&transaction, run.id)?;
    }
    transaction.commit()?;
    for run in &mut runs {
        // Where nothing can be said about the lock the run counts as alive: the next look may know.
        if run.outcome == Outcome::Running && matches!(liveness.is_held(run.id), Ok(false)) {
            *run = bury(connection, liveness, run.id)?;
        }
    }
    Ok(runs)
}

/// Marks a run that nobody holds as interrupted, unless it has finished since it was read; returns what it is now.
fn bury(connection: &mut Connection, liveness: &Liveness, id: RunId) -> rusqlite::Result<RunRecord> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute(
        "update runs set outcome = ?1 where id = ?2 and outcome = ?3",
        (Outcome::Interrupted.name(), id.0.as_bytes(), Outcome::Running.name()),
    )?;
    let sql = format!("select {} from runs where id = ?", rows::RUN_COLUMNS);
    let mut run = transaction.query_row(&sql, [id.0.as_bytes()], rows::run)?;
    run.streams = rows::streams(&transaction, id)?;
    transaction.commit()?;
    liveness.forget(id);
    Ok(run)
}
