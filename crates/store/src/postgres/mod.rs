//! The store of a fleet: a schema of a PostgreSQL database.
//!
//! Invariants:
//! - Each call is one transaction at `read committed`, or one statement. Rows are locked before they are read for a change, in
//!   the order of [`crate::steps`]; the unique indexes `run_key` and `run_at_work` hold what locks alone would have to.
//! - The time is the database's: `clock_timestamp()` after a lock, `now()` in what is one statement, so that an index serves.
//! - A call ends within [`PATIENCE`], whatever the server does. A server that is away, restarts, or is too busy is a transient
//!   error; the next call connects again.
//! - The role needs nothing but a schema of its own. Names have no schema: the first one of its `search_path` is meant.

mod access;
mod access_rows;
mod address;
mod columns;
mod errors;
mod figures;
mod limits;
mod lists;
mod log;
mod migrate;
mod notices;
mod outbox;
mod projects;
mod retention;
mod rows;
mod schedules;
mod submissions;
mod tasks;
mod vault;
mod workers;

use std::time::Duration;

use sqlx::postgres::{PgPool, PgPoolOptions};
use sqlx::{Executor as _, Postgres, Transaction, raw_sql};
use syncapp_model::Result;

use errors::failed;

/// How long a call may take. Less than half of a lease, so that a heartbeat can be made again.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a call waits for a connection.
const DOOR: Duration = Duration::from_secs(3);
/// How many connections a process has at most.
const CONNECTIONS: u32 = 10;

/// What each session begins with. The server gives up before its client does, so that no statement runs on unseen; a commit
/// is durable when it returns, whatever the database's own default is.
const SESSION: &str = "set application_name = 'syncapp';
    set statement_timeout = '8s';
    set lock_timeout = '5s';
    set idle_in_transaction_session_timeout = '10s';
    select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') = 'off'";

/// A store in a schema. Clones share their connections.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
}

/// An open transaction. Dropping it takes it back.
struct PostgresRows {
    transaction: Transaction<'static, Postgres>,
}

impl PostgresStore {
    /// Opens the store of a connection string, `postgres://user:password@host/database`, and brings its schema to the newest
    /// form. Unless its `sslmode` says otherwise, the server has to show who it is, but for one on loopback.
    pub async fn open(url: &str) -> Result<Self> {
        let store = Self::at(url)?;
        store.migrate().await?;
        Ok(store)
    }

    /// The same, connected to nothing yet: what is asked of it is to be [migrated](Self::migrate) first.
    pub fn at(url: &str) -> Result<Self> {
        Ok(Self { pool: connect(url)? })
    }

    /// Brings its schema to the newest form.
    pub async fn migrate(&self) -> Result<()> {
        migrate::run(&self.pool).await
    }

    /// Begins a transaction.
    async fn begin(&self) -> Result<PostgresRows> {
        let begun = self.pool.begin_with("begin isolation level read committed read write");
        Ok(PostgresRows {
            transaction: begun.await.map_err(failed)?,
        })
    }
}

/// Connections, made when they are needed.
fn connect(url: &str) -> Result<PgPool> {
    Ok(PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(DOOR)
        .after_connect(|connection, _| Box::pin(async move { connection.execute(SESSION).await.map(drop) }))
        .connect_lazy_with(address::parse(url)?))
}

impl PostgresRows {
    /// Takes it back, with its locks, and begins anew.
    async fn restart(&mut self) -> Result<()> {
        let restart = raw_sql("rollback and chain").execute(&mut *self.transaction).await;
        restart.map(drop).map_err(failed)
    }

    /// Makes it durable; what came of it. When this fails it may have happened all the same.
    async fn commit<T>(self, done: T) -> Result<T> {
        self.transaction.commit().await.map_err(failed)?;
        Ok(done)
    }
}

/// The call, or an error when it takes too long.
async fn timely<T>(call: impl Future<Output = Result<T>> + Send) -> Result<T> {
    tokio::time::timeout(PATIENCE, call)
        .await
        .unwrap_or_else(|_| Err(errors::silent()))
}

#[cfg(test)]
mod tests;
