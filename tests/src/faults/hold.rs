//! Locks that hold a run at a known moment, and how to see that it has come there.

use std::time::{Duration, Instant};

use mysql_async::Conn;
use mysql_async::prelude::Queryable;
use tokio_postgres::Client;

use super::target::Target;
use super::workload::{Kind, System, Workload};
use crate::server::postgres::Database;
use crate::syncapp::Running;

/// How long a run may take to get somewhere.
const PATIENCE: Duration = Duration::from_mins(2);

/// What a run wants to change when it commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The target's table: its rows have not landed.
    Table,
    /// The stream's checkpoint.
    Checkpoint,
}

/// Places that are held one after the other; the run is killed at the last one.
pub type Moment = &'static [Place];

impl Kind {
    /// The moments of a commit.
    pub fn moments(self) -> &'static [Moment] {
        use Place::{Checkpoint, Table};
        match (self.into, self.workload) {
            // A file's lock holds whoever looks at it as well.
            (System::Sqlite, _) => &[],
            // An append copies into the table itself: it has its lock from the beginning.
            (_, Workload::Append) => &[&[Checkpoint]],
            // The last one: the tables have changed their names, and the checkpoint does not say it yet.
            (System::MariaDb, Workload::Refresh) => &[&[Checkpoint], &[Table], &[Table, Checkpoint]],
            _ => &[&[Checkpoint], &[Table]],
        }
    }
}

/// A session that holds a lock.
#[derive(Debug)]
pub enum Holder {
    /// In PostgreSQL.
    Postgres(Client),
    /// In MariaDB.
    MariaDb(Box<Conn>),
}

impl Holder {
    /// Takes a lock in PostgreSQL that stays with the holder.
    pub async fn take(database: &Database, statement: &str) -> Self {
        let client = database.owner.client().await;
        let taken = client.batch_execute(&format!("begin; {statement}")).await;
        taken.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
        Self::Postgres(client)
    }

    /// Holds a source's rows back: a run that waits for them has claimed its target.
    pub async fn source(database: &Database) -> Self {
        Self::take(database, "lock table public.orders in access exclusive mode").await
    }

    /// Lets the run go on.
    pub async fn release(self) {
        match self {
            Self::Postgres(client) => client
                .batch_execute("rollback")
                .await
                .unwrap_or_else(|e| panic!("rollback: {e:?}")),
            Self::MariaDb(mut conn) => {
                for statement in ["rollback", "unlock tables"] {
                    let done = conn.query_drop(statement).await;
                    done.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
                }
            }
        }
    }
}

impl Target {
    /// Holds a place of the target.
    ///
    /// # Panics
    /// In SQLite.
    pub async fn hold(&self, place: Place) -> Holder {
        match self {
            Self::Postgres(database) => {
                let statement = match place {
                    Place::Table => "lock table landing.orders in share mode",
                    Place::Checkpoint => "select from landing._syncapp_checkpoint for update",
                };
                Holder::take(database, statement).await
            }
            Self::MariaDb(databases) => {
                let landing = &databases.writer.database;
                let statements = match place {
                    Place::Table => vec![format!("lock tables {landing}.orders read")],
                    Place::Checkpoint => vec![
                        "start transaction".to_owned(),
                        format!("select 1 from {landing}._syncapp_checkpoint for update"),
                    ],
                };
                let conn = databases.owner.connect().await;
                let mut conn = conn.unwrap_or_else(|e| panic!("{}: {e:?}", databases.owner.user));
                for statement in statements {
                    let done = conn.query_drop(&statement).await;
                    done.unwrap_or_else(|e| panic!("{statement}: {e:?}"));
                }
                Holder::MariaDb(conn.into())
            }
            Self::Sqlite(path) => panic!("nothing is held in {}", path.display()),
        }
    }

    /// Waits until the run wants a place that is held; `false` when it ended before.
    pub async fn until_at(&self, running: &mut Running, place: Place) -> bool {
        match self {
            Self::Postgres(database) => until_waiting(running, database, &database.writer.user).await,
            Self::MariaDb(databases) => {
                let user = &databases.writer.user;
                let query = match place {
                    Place::Table => format!(
                        "select 1 from information_schema.processlist \
                         where user = '{user}' and state like 'Waiting for table%lock'"
                    ),
                    // `innodb_trx` tells nothing new to whoever asks more often than ten times a second.
                    Place::Checkpoint => format!(
                        "select 1 from information_schema.processlist \
                         where user = '{user}' and state = 'Updating' and info like 'update %\\_syncapp\\_checkpoint%'"
                    ),
                };
                until(running, async || !databases.owner.texts(&query).await.is_empty()).await
            }
            Self::Sqlite(path) => panic!("nothing is held in {}", path.display()),
        }
    }

    /// Waits until the run has its load open, or has ended.
    pub async fn until_loading(&self, running: &mut Running, workload: Workload) {
        match self {
            Self::Postgres(database) => {
                let copying = format!(
                    "select 1 from pg_stat_activity \
                     where usename = '{}' and state = 'active' and query like 'copy%'",
                    database.writer.user
                );
                until(running, async || !database.texts(&copying).await.is_empty()).await;
            }
            // An append has no table of its own.
            Self::MariaDb(_) if workload == Workload::Append => {}
            Self::MariaDb(databases) => {
                let staged = format!(
                    "select 1 from information_schema.tables \
                     where table_schema = '{}' and table_name like '\\_syncapp\\_stage%'",
                    databases.writer.database
                );
                until(running, async || !databases.owner.texts(&staged).await.is_empty()).await;
            }
            Self::Sqlite(_) => {}
        }
    }
}

/// Waits until the run, as that user, wants a lock in PostgreSQL; `false` when it ended before.
pub async fn until_waiting(running: &mut Running, database: &Database, user: &str) -> bool {
    let query = format!("select 1 from pg_stat_activity where usename = '{user}' and wait_event_type = 'Lock'");
    until(running, async || !database.texts(&query).await.is_empty()).await
}

/// Waits until something holds; `false` when the run ended before.
async fn until(running: &mut Running, mut there: impl AsyncFnMut() -> bool) -> bool {
    let begun = Instant::now();
    while !there().await {
        if running.ended().is_some() {
            return false;
        }
        assert!(begun.elapsed() < PATIENCE, "a run never came where it should wait");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    true
}
