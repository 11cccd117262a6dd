//! The table `_syncapp_undo` beside the checkpoints: a row a load that can be taken back.

use syncapp_connector::Keep;
use syncapp_model::{Result, StreamKey, StreamName};
use tokio_postgres::types::{ToSql, Type};

use super::checkpoint::Checkpoints;
use super::client::Client;
use super::journal::any;
use super::sql;
use crate::journal::Entry;

/// The table `_syncapp_undo` of one schema.
pub(super) struct Entries {
    table: String,
}

/// A row of it.
pub(super) struct Kept {
    pub(super) seq: i64,
    pub(super) key: StreamKey,
    pub(super) entry: Entry,
}

impl Entries {
    /// Its name without its schema.
    pub(super) const TABLE: &'static str = "_syncapp_undo";

    pub(super) fn beside(checkpoints: &Checkpoints) -> Self {
        Self {
            table: sql::table(&StreamName::within(checkpoints.schema(), Self::TABLE)),
        }
    }

    async fn exist(&self, client: &Client) -> Result<bool> {
        let query = format!("select 1 where to_regclass({}) is not null", sql::text(&self.table));
        any(client, &query).await
    }

    /// Makes it where it is not there, before a load's transaction takes locks. Two at once wait for each other.
    pub(super) async fn prepare(&self, client: &Client) -> Result<()> {
        if self.exist(client).await? {
            return Ok(());
        }
        let Self { table } = self;
        let lock = sql::text(&format!("syncapp:{table}"));
        client
            .run(&format!(
                "select pg_advisory_xact_lock(hashtext({lock})); create table if not exists {table} \
                 (seq bigint generated always as identity primary key, project text not null, sync text not null, \
                 stream text not null, run_id text not null, until bigint not null, entry text not null)"
            ))
            .await
    }

    pub(super) async fn add(&self, client: &Client, key: &StreamKey, keep: &Keep, entry: &Entry) -> Result<()> {
        let spelled = entry.spell()?;
        let insert = format!(
            "insert into {} (project, sync, stream, run_id, until, entry) values ($1, $2, $3, $4, $5, $6)",
            self.table
        );
        let values: [(&(dyn ToSql + Sync), Type); 6] = [
            (&key.project, Type::TEXT),
            (&key.sync, Type::TEXT),
            (&key.stream, Type::TEXT),
            (&keep.run_id, Type::TEXT),
            (&keep.until, Type::INT8),
            (&spelled, Type::TEXT),
        ];
        let added = client.inner.execute_typed(&insert, &values).await;
        added.map(drop).map_err(|error| client.error(&error))
    }

    /// Drops a stream's journals that are older than they were to become.
    pub(super) async fn expire(&self, client: &Client, key: &StreamKey, now: i64) -> Result<()> {
        if !self.exist(client).await? {
            return Ok(());
        }
        let rest = format!("{} and until < {now}", of(key));
        for kept in self.read(client, &rest).await? {
            self.forget(client, &kept).await?;
        }
        Ok(())
    }

    /// The loads of a run, the last one first.
    pub(super) async fn of_run(&self, client: &Client, run_id: &str) -> Result<Vec<Kept>> {
        self.read(client, &format!("run_id = {}", sql::text(run_id))).await
    }

    async fn read(&self, client: &Client, condition: &str) -> Result<Vec<Kept>> {
        let query = format!(
            "select seq, project, sync, stream, entry from {} where {condition} order by seq desc",
            self.table
        );
        let rows = client.inner.query_typed(&query, &[]).await;
        let rows = rows.map_err(|error| client.error(&error))?;
        let kept = rows.iter().map(|row| {
            Ok(Kept {
                seq: row.get(0),
                key: StreamKey {
                    project: row.get(1),
                    sync: row.get(2),
                    stream: row.get(3),
                },
                entry: Entry::read(row.get(4))?,
            })
        });
        kept.collect()
    }

    /// Runs of a stream whose loads came after one, the newest first.
    pub(super) async fn later(&self, client: &Client, key: &StreamKey, seq: i64, run_id: &str) -> Result<Vec<String>> {
        let query = format!(
            "select run_id from {} where {} and seq > {seq} and run_id <> {} group by run_id order by max(seq) desc",
            self.table,
            of(key),
            sql::text(run_id)
        );
        let rows = client.inner.query_typed(&query, &[]).await;
        let rows = rows.map_err(|error| client.error(&error))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Drops a load's journal and its entry.
    pub(super) async fn forget(&self, client: &Client, kept: &Kept) -> Result<()> {
        if let Some(journal) = &kept.entry.journal {
            client
                .run(&format!("drop table if exists {}", sql::table(journal)))
                .await?;
        }
        let delete = format!("delete from {} where seq = {}", self.table, kept.seq);
        client.execute(&delete).await.map(drop)
    }
}

/// The condition for a stream's rows.
pub(super) fn of(key: &StreamKey) -> String {
    format!(
        "project = {} and sync = {} and stream = {}",
        sql::text(&key.project),
        sql::text(&key.sync),
        sql::text(&key.stream)
    )
}
